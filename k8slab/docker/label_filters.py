"""The ``label`` and ``label!`` filters that lists and prunes of every kind take."""

from __future__ import annotations

from collections.abc import Mapping


def has_label(labels: Mapping[str, str], wanted: str) -> bool:
    """Return whether *labels* has *wanted*, ``key`` or ``key=value``."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def labels_match(filters: Mapping[str, list[str]], labels: Mapping[str, str]) -> bool:
    """Return whether *labels* has every ``label`` and none of the ``label!`` of *filters*."""
    return all(has_label(labels, one) for one in filters.get("label", ())) and not any(
        has_label(labels, one) for one in filters.get("label!", ())
    )
