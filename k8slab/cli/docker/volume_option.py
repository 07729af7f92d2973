"""``-v data:/var/lib/mysql:ro``: what it is, a named volume, a folder of the host, or a volume without a name.

Models cli/compose/loader/volume.go (ParseVolume). What the engine thinks of it is the engine's business.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass


@dataclass(slots=True)
class VolumeSpec:
    """A volume as ``-v`` asks for it; without a source it is one that the engine names."""

    source: str = ""
    target: str = ""

    @property
    def is_bind(self) -> bool:
        """Whether the source is a path of the host."""
        return self.source[:1] in (".", "/", "~") or re.match(r"[a-zA-Z]:[\\/]", self.source) is not None


def parse(text: str) -> VolumeSpec:
    """Return what *text* asks for. Raises ValueError."""
    if not text:
        raise ValueError("invalid empty volume spec")
    if len(text) <= 2:
        return VolumeSpec(target=text)
    found = VolumeSpec()
    part = ""
    for position, letter in enumerate(text + "\0"):
        last = position == len(text)
        if letter == ":" and len(part) == 1 and part.isalpha():
            part += letter  # a drive of Windows
        elif letter == ":" or last:
            _put(found, part, last, text)
            part = ""
        else:
            part += letter
    return found


def _put(found: VolumeSpec, part: str, last: bool, text: str) -> None:
    if not part:
        raise ValueError(f"invalid spec: {text}: empty section between colons")
    if not found.source and last:
        found.target = part
    elif not found.source:
        found.source = part
    elif not found.target:
        found.target = part
    elif not last:
        raise ValueError(f"invalid spec: {text}: too many colons")


def bind(text: str, cwd: str) -> str:
    """Return *text* as the API takes it: a path that begins with a dot is below *cwd*."""
    host, mark, rest = text.partition(":")
    if mark and host.startswith("."):
        host = posixpath.normpath(posixpath.join(cwd, host))
    return host + mark + rest
