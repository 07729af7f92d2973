"""Content-addressed blobs: bytes whose name is their SHA-256. Image configs and manifests live here, as in every registry.

Models opencontainers/go-digest and containerd's content store. JSON is encoded as Go does it, since a digest is made of it.
Left out: compression; a layer's blob is its plain tar, so its digest is its diff id.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest_of(data: bytes) -> str:
    """Return ``sha256:...`` of *data*."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    """Return whether *text* is a whole digest."""
    return _DIGEST.fullmatch(text) is not None


def short(digest: str) -> str:
    """Return the twelve digits that people see (stringid.TruncateID)."""
    return digest.removeprefix("sha256:")[:12]


def encode(value: Any) -> bytes:
    """Return *value* as compact JSON, with Go's escapes for ``<``, ``>`` and ``&``."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for mark, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(mark, escape)
    return text.encode(errors="surrogatepass")


class Blobs:
    """A store of blobs by digest."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep *data*; return its digest."""
        digest = digest_of(data)
        self._blobs[digest] = data
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return the blob called *digest*, or None."""
        return self._blobs.get(digest)

    def drop(self, digest: str) -> None:
        """Forget the blob called *digest*."""
        self._blobs.pop(digest, None)

    def __contains__(self, digest: object) -> bool:
        return digest in self._blobs

    def __len__(self) -> int:
        return len(self._blobs)
