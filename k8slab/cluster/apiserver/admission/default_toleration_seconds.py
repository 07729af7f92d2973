"""DefaultTolerationSeconds: a Pod stays five minutes on a node that is not ready or cannot be reached, unless it says otherwise.

Models plugin/pkg/admission/defaulttolerationseconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.strategies.strategy import Obj

NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
TOLERATION_SECONDS = 300


class DefaultTolerationSeconds(Plugin):
    """Adds the two tolerations of new Pods."""

    name = "DefaultTolerationSeconds"
    resources = ("pods",)

    def admit(self, attributes: Attributes) -> None:
        spec: Obj = attributes.obj.setdefault("spec", {})
        tolerations = spec.get("tolerations") or ()
        missing = [key for key in (NOT_READY, UNREACHABLE) if not _tolerates(tolerations, key)]
        if missing:
            spec["tolerations"] = [*tolerations, *map(_toleration, missing)]


def _tolerates(tolerations: Sequence[Obj], key: str) -> bool:
    return any(
        toleration.get("key", "") in ("", key) and toleration.get("effect", "") in ("", "NoExecute")
        for toleration in tolerations
    )


def _toleration(key: str) -> Obj:
    return {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATION_SECONDS}
