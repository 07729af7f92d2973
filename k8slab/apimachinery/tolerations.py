"""Taints and tolerations: may this Pod be on that node in spite of its taint?

Models k8s.io/component-helpers scheduling/corev1 (ToleratesTaint). Left out: the operators Lt and Gt (alpha).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def tolerates(tolerations: Iterable[Any] | None, taint: Any) -> bool:
    """Whether one of *tolerations* tolerates *taint*."""
    return any(matches(toleration, taint) for toleration in tolerations or ())


def matches(toleration: Any, taint: Any) -> bool:
    """Whether *toleration* speaks of *taint*: an empty effect or key (with Exists) means any."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return bool(toleration.key) and (toleration.value or "") == (taint.value or "")


def first_untolerated(taints: Iterable[Any], tolerations: Iterable[Any] | None) -> Any | None:
    """Return the first of *taints* that nothing tolerates, or None."""
    wanted = list(tolerations or ())
    for taint in taints:
        if not tolerates(wanted, taint):
            return taint
    return None
