"""The pod-template-hash: a short name for a Pod template, so that each template has its own ReplicaSet.

Models EqualIgnoreHash and the naming of ReplicaSets in pkg/controller/deployment; the hash itself is in
``apimachinery/hashing.py`` and is the one that a real cluster would compute.
"""

from __future__ import annotations

from typing import Any

LABEL = "pod-template-hash"
_MAX_NAME_LENGTH = 253


def equal_ignore_hash(one: Any, other: Any) -> bool:
    """Whether two Pod templates are the same but for the hash label."""
    return (
        one.spec == other.spec
        and _without_hash(one.metadata.labels) == _without_hash(other.metadata.labels)
        and (one.metadata.annotations or {}) == (other.metadata.annotations or {})
        and (one.metadata.finalizers or []) == (other.metadata.finalizers or [])
    )


def _without_hash(labels: dict[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in (labels or {}).items() if key != LABEL}


def replica_set_name(deployment_name: str, hash: str) -> str:
    """Return ``web-5d4f8``; a very long name of the Deployment is cut."""
    return f"{deployment_name[: _MAX_NAME_LENGTH - len(hash) - 1]}-{hash}"
