"""``.dockerignore``: which files of a context the builder never sees.

Models moby/patternmatcher and its ignorefile reader: one pattern a line, ``#`` comments, ``!`` takes back; the last pattern that
matches a path or one of its parents decides.
"""

from __future__ import annotations

import posixpath

from k8slab.docker.builder import globs
from k8slab.docker.builder.errors import BuildError

MOST_PATTERNS = 20_000


class Ignore:
    """The patterns of one file."""

    def __init__(self, text: str = "") -> None:
        self.patterns: list[tuple[list[str], bool]] = []
        for row in text.removeprefix("\ufeff").split("\n"):
            self._add(row)
        self.has_exceptions = any(negated for _, negated in self.patterns)

    def _add(self, row: str) -> None:
        if row.startswith("#"):
            return
        pattern = row.strip()
        if not pattern:
            return
        negated = pattern.startswith("!")
        if negated:
            pattern = pattern[1:].strip()
            if not pattern:
                raise BuildError('failed to parse dockerignore: illegal exclusion pattern: "!"')
        clean = posixpath.normpath(pattern)
        if len(clean) > 1:
            clean = clean.lstrip("/")
        if clean == ".":
            return
        parts: list[str] = []
        for part in clean.split("/"):
            if part.startswith("**") and part != "**":
                parts += ["**", part.lstrip("*").join(("*", ""))]
            elif part:
                parts.append(part)
        try:
            for part in parts:
                globs.matches(part, "")
        except globs.BadPattern:
            raise BuildError(f"error checking context: {globs.BadPattern()}") from None
        self.patterns.append((parts, negated))
        if len(self.patterns) > MOST_PATTERNS:
            raise BuildError("failed to parse dockerignore: too many patterns")

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def excludes(self, path: str) -> bool:
        """Return whether *path* (relative, with slashes) is left out."""
        parts = path.split("/")
        excluded = False
        for pattern, negated in self.patterns:
            if negated == excluded and any(
                globs.path_matches(pattern, parts[:count]) for count in range(len(parts), 0, -1)
            ):
                excluded = not negated
        return excluded
