"""From expanded pieces to arguments: which characters split, which stay together, which may be patterns.

Models POSIX 2.6.5 (field splitting) and the quote removal around it.
"""

from __future__ import annotations

from k8slab.machine.shell import patterns

WHITE = " \t\n"
#: No value may become longer: a script that doubles a string for ever must end.
LONGEST_VALUE = 32 << 20


class TooLong(Exception):
    """A value outgrew what the lab keeps."""


class Fields:
    """Collects the fields that one word becomes. *split* and *ifs* rule what unquoted expansions do."""

    __slots__ = ("_after_white", "_pattern", "_size", "_text", "done", "ifs", "open", "quoted")

    def __init__(self, ifs: str | None) -> None:
        #: None: nothing splits (assignments, case words, here-documents).
        self.ifs = ifs
        self.done: list[tuple[str, str]] = []
        self.open = False
        self.quoted = False
        self._text: list[str] = []
        self._pattern: list[str] = []
        self._after_white = False
        self._size = 0

    def _grow(self, text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST_VALUE:
            raise TooLong

    def literal(self, text: str) -> None:
        """Add unquoted text of the word itself: it does not split, but may be a pattern."""
        if text:
            self.open = True
            self._after_white = False
            self._grow(text)
            self._text.append(text)
            self._pattern.append(text)

    def quote(self, text: str) -> None:
        """Add quoted text: neither splits nor matches; even when empty it makes a field."""
        self.open = True
        self._after_white = False
        self._grow(text)
        self._text.append(text)
        self._pattern.append(patterns.escape(text))

    def expanded(self, text: str) -> None:
        """Add what an unquoted expansion gave: it splits at IFS and may be a pattern."""
        if not text:
            return
        self._grow(text)
        ifs = self.ifs
        if ifs is None or not any(char in ifs for char in text):
            self.open = True
            self._after_white = False
            self._text.append(text)
            self._pattern.append(text.replace("\\", "\\\\"))
            return
        start = None
        for at, char in enumerate(text):
            if char not in ifs:
                if start is None:
                    start = at
                continue
            if start is not None:
                self._add(text[start:at])
                start = None
            if char in WHITE:
                if self.open:
                    self.finish()
                    self._after_white = True
            elif self.open:
                self.finish()
            elif self._after_white:
                self._after_white = False
            else:
                self.done.append(("", ""))
        if start is not None:
            self._add(text[start:])

    def _add(self, text: str) -> None:
        self.open = True
        self._after_white = False
        self._text.append(text)
        self._pattern.append(text.replace("\\", "\\\\"))

    def finish(self) -> None:
        """End the field under way."""
        if self.open:
            self.done.append(("".join(self._text), "".join(self._pattern)))
            self._text, self._pattern = [], []
            self.open = False

    def joined(self) -> str:
        """Return all as one text (no splitting was wanted)."""
        return "".join(self._text)

    def pattern(self) -> str:
        """Return all as one pattern."""
        return "".join(self._pattern)
