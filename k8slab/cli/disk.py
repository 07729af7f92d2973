"""The learner's own files, as a command line reads them: only those that it names."""

from __future__ import annotations

from pathlib import Path


class Disk:
    """The real disk behind the `Files` protocol of ``seam.py``."""

    def read(self, path: str) -> str:
        """Return the text of the file *path*."""
        return Path(path).expanduser().read_text(encoding="utf-8")

    def list(self, path: str) -> list[str]:
        """Return the names in the folder *path*, sorted. Raises NotADirectoryError for a file."""
        return sorted(entry.name for entry in Path(path).expanduser().iterdir())
