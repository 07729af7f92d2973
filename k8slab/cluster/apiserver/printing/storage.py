"""Cells of volumes and claims. Models helper.GetAccessModesAsString."""

from __future__ import annotations

from collections.abc import Sequence

UNSET = "<unset>"
_SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def access_modes(modes: Sequence[str] | None) -> str:
    """Return access modes in short: ``RWO,ROX``."""
    return ",".join(short for mode, short in _SHORT.items() if mode in (modes or ()))
