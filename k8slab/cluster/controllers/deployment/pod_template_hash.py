"""The pod-template-hash: a short name for a Pod template, so that each template has its own ReplicaSet.

Models controller.ComputeHash and rand.SafeEncodeString: FNV-1a of the template, in characters that spell no words. Upstream
hashes Go's printed form of the struct; here it is the template's JSON, so the hashes differ from a real cluster's.
"""

from __future__ import annotations

from typing import Any

import msgspec

from k8slab.sim.chance import SUFFIX_ALPHABET

LABEL = "pod-template-hash"
_MAX_NAME_LENGTH = 253


def compute(template: Any, collision_count: int | None) -> str:
    """Return the hash of *template*. A *collision_count* makes another one of the same template."""
    data = msgspec.json.encode(template, order="sorted")
    if collision_count is not None:
        data += collision_count.to_bytes(8, "little")
    return safe_encode(str(fnv1a_32(data)))


def fnv1a_32(data: bytes) -> int:
    """Return the 32-bit FNV-1a hash of *data*."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def safe_encode(text: str) -> str:
    """Return *text* in letters and digits that make no bad words."""
    return "".join(SUFFIX_ALPHABET[ord(character) % len(SUFFIX_ALPHABET)] for character in text)


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
