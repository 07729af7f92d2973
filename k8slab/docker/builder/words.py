"""Variables and quotes in a Dockerfile: ``$NAME``, ``${NAME:-default}``, ``${NAME%pattern}``, ``${NAME/from/to}``.

Models frontend/dockerfile/shell/lex.go: close to a shell's, but not one (no commands, no arithmetic).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from k8slab.docker.builder.quoting import quote

SPECIAL = "@*#?-$!0"
DEEPEST = 50


class ExpansionError(ValueError):
    """A word that cannot be expanded; the text is BuildKit's."""


@dataclass(slots=True)
class Expanded:
    """What a word became: its *text*, the *words* it falls into, the variables it *used* and those that were *missing*."""

    text: str
    words: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def expand(
    text: str, env: Mapping[str, str], escape: str = "\\", *, raw_quotes: bool = False, keep_unset: bool = False
) -> Expanded:
    """Return *text* with variables of *env* put in and quotes taken off (unless *raw_quotes*). Raises `ExpansionError`.

    *keep_unset* leaves variables alone that are not in *env*.
    """
    if "$" not in text and "'" not in text and '"' not in text and escape not in text:
        return Expanded(text, text.split())
    scanner = _Scanner(text, env, escape, raw_quotes, keep_unset)
    try:
        return scanner.run()
    except ExpansionError as error:
        raise ExpansionError(f"failed to process {quote(text)}: {error}") from None


class _Words:
    """Collects words: only blanks that came from outside quotes part them."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.word = ""
        self.inside = False

    def add(self, text: str) -> None:
        for mark in text:
            if not mark.isspace():
                self.add_raw(mark)
            elif self.inside and self.word:
                self.done.append(self.word)
                self.word, self.inside = "", False

    def add_raw(self, text: str) -> None:
        self.word += text
        self.inside = True

    def finish(self) -> list[str]:
        return [*self.done, self.word] if self.word else self.done


class _Scanner:
    def __init__(self, text: str, env: Mapping[str, str], escape: str, raw_quotes: bool, keep_unset: bool) -> None:
        self.text, self.env, self.escape = text, env, escape
        self.raw_quotes, self.keep_unset = raw_quotes, keep_unset
        self.at = 0
        self.depth = 0
        self.used: list[str] = []
        self.missing: list[str] = []

    def run(self) -> Expanded:
        text, words = self._until("", False)
        return Expanded(text, words, self.used, self.missing)

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _next(self) -> str:
        mark = self._peek()
        self.at += 1
        return mark

    def _until(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpansionError("substitutions are nested too deeply")
        out: list[str] = []
        words = _Words()
        while mark := self._peek():
            if stop and mark == stop:
                self.at += 1
                self.depth -= 1
                return "".join(out), words.finish()
            if mark == "$":
                value = self._dollar()
                out.append(value)
                words.add(value)
            elif mark in "'\"":
                value = self._single_quoted() if mark == "'" else self._double_quoted(raw_escapes)
                out.append(value)
                words.add_raw(value)
            else:
                self.at += 1
                if mark == self.escape:
                    if raw_escapes or self.raw_quotes:
                        out.append(mark)
                        words.add_raw(mark)
                    mark = self._next()
                    if not mark:
                        break
                    words.add_raw(mark)
                else:
                    words.add(mark)
                out.append(mark)
        self.depth -= 1
        if stop:
            raise ExpansionError(f"unexpected end of statement while looking for matching {stop}")
        return "".join(out), words.finish()

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.at = len(self.text)
            raise ExpansionError("unexpected end of statement while looking for matching single-quote")
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        return f"'{inner}'" if self.raw_quotes else inner

    def _double_quoted(self, raw_escapes: bool) -> str:
        out = [self._next()] if self.raw_quotes else []
        if not self.raw_quotes:
            self.at += 1
        while True:
            mark = self._peek()
            if not mark:
                raise ExpansionError("unexpected end of statement while looking for matching double-quote")
            if mark == "$":
                out.append(self._dollar())
                continue
            self.at += 1
            if mark == '"':
                return "".join(out) + ('"' if self.raw_quotes else "")
            if mark == self.escape:
                if raw_escapes or self.raw_quotes:
                    out.append(mark)
                following = self._peek()
                if not following:
                    continue
                if following in ('"', "$", self.escape):
                    mark = self._next()
                elif raw_escapes or self.raw_quotes:
                    continue
            out.append(mark)

    def _dollar(self) -> str:
        self.at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._value(name)
            return f"${name}" if value is None and self.keep_unset else value or ""
        start = self.at - 1
        self.at += 1
        if not self._peek():
            raise ExpansionError("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise ExpansionError("syntax error: bad substitution")
        name = self._name()
        mark = self._next()
        modifier = mark
        if mark == "}":
            value = self._value(name)
            return f"${{{name}}}" if value is None and self.keep_unset else value or ""
        null_is_unset = mark == ":"
        if null_is_unset:
            mark = self._next()
            modifier += mark
        if mark and mark in "+-?#%":
            word = self._part("}", raw_escapes=mark in "#%")
            value = self._value(name)
            if value is None and self.keep_unset:
                return self.text[start : self.at]
            return self._modified(name, mark, word, value, null_is_unset)
        if mark == "/" and not null_is_unset:
            return self._replaced(name, start)
        if not mark:
            raise ExpansionError("syntax error: missing '}'")
        raise ExpansionError(f"unsupported modifier ({modifier}) in substitution")

    def _part(self, stop: str, *, raw_escapes: bool) -> str:
        try:
            return self._until(stop, raw_escapes)[0]
        except ExpansionError:
            if not self._peek():
                missing = "'}'" if stop == "}" else "'/' in ${}"
                raise ExpansionError(f"syntax error: missing {missing}") from None
            raise

    def _modified(self, name: str, mark: str, word: str, value: str | None, null_is_unset: bool) -> str:
        is_unset = value is None or (null_is_unset and not value)
        if mark == "-":
            return word if is_unset else value or ""
        if mark == "+":
            return "" if is_unset else word
        if mark == "?":
            if is_unset:
                state = "unset" if value is None else "empty"
                raise ExpansionError(f"{name}: {word or f'is not allowed to be {state}'}")
            return value or ""
        greedy = word.startswith(mark)
        pattern = word[1:] if greedy else word
        text = value or ""
        if mark == "#":
            found = _pattern(pattern, greedy).match(text)
            return text[found.end() :] if found else text
        # the shortest (or longest) suffix: try every start from the end (or the beginning)
        whole = _pattern(pattern, greedy=True)
        starts = range(len(text) + 1) if greedy else range(len(text), -1, -1)
        for start in starts:
            if whole.fullmatch(text, start):
                return text[:start]
        return text

    def _replaced(self, name: str, start: int) -> str:
        every = self._peek() == "/"
        if every:
            self.at += 1
        pattern = self._part("/", raw_escapes=True)
        replacement = self._part("}", raw_escapes=True)
        value = self._value(name)
        if value is None and self.keep_unset:
            return self.text[start : self.at]
        return _pattern(pattern, greedy=True).sub(lambda _: replacement, value or "", count=0 if every else 1)

    def _name(self) -> str:
        first = self._peek()
        if first.isdigit():
            start = self.at
            while self._peek().isdigit():
                self.at += 1
            return self.text[start : self.at]
        if first and first in SPECIAL:
            self.at += 1
            return first
        start = self.at
        while (mark := self._peek()) and (mark.isalnum() or mark == "_"):
            self.at += 1
        return self.text[start : self.at]

    def _value(self, name: str) -> str | None:
        value = self.env.get(name)
        known = self.missing if value is None else self.used
        if name not in known:
            known.append(name)
        return value


def _pattern(pattern: str, greedy: bool) -> re.Pattern[str]:
    """Return a shell pattern (``*`` and ``?`` only) as a regular expression."""
    out: list[str] = []
    marks = iter(range(len(pattern)))
    for position in marks:
        mark = pattern[position]
        if mark == "*":
            if not out or out[-1] not in (".*", ".*?"):  # a row of stars is one star, and would cost exponential time
                out.append(".*" if greedy else ".*?")
        elif mark == "?":
            out.append(".")
        elif mark == "\\":
            following = pattern[position + 1 : position + 2]
            if following in ("}", "/"):
                continue
            if following not in ("*", "?", "\\"):
                raise ExpansionError(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{following}'")
            out.append(re.escape(following))
            next(marks, None)
        else:
            out.append(re.escape(mark))
    return re.compile("".join(out), re.DOTALL)
