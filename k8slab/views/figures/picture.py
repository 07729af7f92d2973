"""What a figure function returns: PNG bytes for the eye, a sentence or two for everybody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k8slab.views import tokens


class Picture:
    """A still or recorded picture. A notebook shows it as ``image/png``; its ``text/plain`` says in words what it shows."""

    def __init__(self, png: bytes, said: str, width: int = tokens.FIGURE["width"]) -> None:
        self.png = png
        self.said = said
        self.width = width

    def __repr__(self) -> str:
        return self.said

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": self.png, "text/plain": self.said}, {"image/png": {"width": self.width}}

    def save(self, path: str | Path) -> None:
        """Write the PNG to *path*."""
        Path(path).write_bytes(self.png)
