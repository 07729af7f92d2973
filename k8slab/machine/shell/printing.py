"""``printf`` and ``echo``: formats and backslashes, shared by the shell's builtins and by the programs of the same name.

Models dash's bltin/printf.c and coreutils' printf.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
DIRECTIVE = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|-?\d+)?)?([a-zA-Z%])")
WIDEST = 100_000


class Stop(Exception):
    """``\\c``: nothing more is written. Carries what was written before."""


def unescape(text: str, *, echo: bool = False, more: str = "") -> tuple[str, bool]:
    """Return *text* with its backslash sequences replaced, and whether ``\\c`` ended it.

    *echo*: octal numbers need a leading 0 (``\\0101``). *more*: further sequences that count, such as ``xe`` for hex and escape.
    """
    if "\\" not in text:
        return text, False
    out: list[str] = []
    at, end = 0, len(text)
    while at < end:
        char = text[at]
        if char != "\\" or at + 1 == end:
            out.append(char)
            at += 1
            continue
        following = text[at + 1]
        if following == "c":
            return "".join(out), True
        if following in ESCAPES:
            out.append(ESCAPES[following])
            at += 2
            continue
        if following == "e" and "e" in more:
            out.append("\x1b")
            at += 2
            continue
        if following == "x" and "x" in more and (match := re.compile(r"[0-9a-fA-F]{1,2}").match(text, at + 2)):
            out.append(_byte(int(match[0], 16)))
            at = match.end()
            continue
        octal = re.compile(r"0[0-7]{0,3}" if echo else r"[0-7]{1,3}").match(text, at + 1)
        if octal:
            out.append(_byte(int(octal[0], 8) & 0xFF))
            at = octal.end()
            continue
        out.append("\\" + following)
        at += 2
    return "".join(out), False


def _byte(code: int) -> str:
    return chr(code) if code < 128 else bytes([code]).decode(errors="surrogateescape")


def echo(words: list[str], *, escapes: bool, options: str) -> str:
    """Return what ``echo`` writes for *words* (without its name). *escapes*: backslashes count without being asked for.

    *options* are the letters that echo takes: ``n`` for dash, ``neE`` for the others.
    """
    newline, at = True, 0
    while at < len(words) and re.fullmatch(f"-[{options}]+", words[at]) and (options != "n" or words[at] == "-n"):
        for letter in words[at][1:]:
            if letter == "n":
                newline = False
            else:
                escapes = letter == "e"
        at += 1
        if options == "n":
            break
    text = " ".join(words[at:])
    if escapes:
        text, stopped = unescape(text, echo=True, more="" if options == "n" else "ex")
        if stopped:
            return text
    return text + ("\n" if newline else "")


def printf(words: list[str], complain: Callable[[str], object], *, gnu: bool = False) -> tuple[str, int]:
    """Return what ``printf`` writes for *words* (the format first), and its status; *complain* gets what is wrong."""
    printer = _Printer(words[0], words[1:], complain, gnu)
    with contextlib.suppress(Stop):
        printer.all()
    return "".join(printer.out), printer.status


class _Printer:
    def __init__(self, template: str, arguments: list[str], complain: Callable[[str], object], gnu: bool) -> None:
        self.template = template
        self.arguments = arguments
        self.complain = complain
        self.gnu = gnu
        self.out: list[str] = []
        self.status = 0
        self.at = 0
        self.size = 0

    def all(self) -> None:
        while True:
            before = self.at
            self._once()
            if self.at >= len(self.arguments) or self.at == before:
                return

    def _next(self) -> str | None:
        if self.at >= len(self.arguments):
            return None
        self.at += 1
        return self.arguments[self.at - 1]

    def _write(self, text: str) -> None:
        self.size += len(text)
        if self.size > 64 << 20:
            raise Stop
        self.out.append(text)

    def _once(self) -> None:
        template, position = self.template, 0
        while position < len(template):
            percent = template.find("%", position)
            piece = template[position:] if percent < 0 else template[position:percent]
            text, stopped = unescape(piece, more="ex" if self.gnu else "e")
            self._write(text)
            if stopped:
                raise Stop
            if percent < 0:
                return
            match = DIRECTIVE.match(template, percent)
            if match is None:
                bad = template[percent:]
                self.complain(f"{bad}: invalid directive" if not self.gnu else f"'{bad}': missing format character")
                self.status = 2 if not self.gnu else 1
                raise Stop
            position = match.end()
            self._directive(match)

    def _directive(self, match: re.Match[str]) -> None:
        flags, width, precision, kind = match[1], match[2], match[3], match[4]
        if kind == "%":
            self._write("%")
            return
        if width == "*":
            value = self._number(self._next())
            width = str(abs(value))
            flags += "-" if value < 0 else ""
        if precision == "*":
            precision = str(self._number(self._next()))
        has_precision = "." in match[0]
        limit = min(int(precision or 0), WIDEST) if has_precision else -1
        argument = self._next()
        stopped = False
        if kind == "s":
            text = argument or ""
            if limit >= 0:
                text = text[:limit]
        elif kind == "b":
            text, stopped = unescape(argument or "", echo=True, more="ex")
        elif kind == "c":
            text = (argument or "")[:1]
        elif kind in "diouxX":
            text = self._integer(kind, flags, limit, self._number(argument))
        elif kind in "eEfFgGaA":
            text = self._float(kind, flags, limit, argument)
        elif kind == "q":
            text = "'" + (argument or "").replace("'", "'\\''") + "'"
        else:
            self.complain(
                f"%{kind}: invalid directive" if not self.gnu else f"%{kind}: invalid conversion specification"
            )
            self.status = 2 if not self.gnu else 1
            raise Stop
        self._write(_padded(text, flags, min(int(width or 0), WIDEST), kind, limit))
        if stopped:
            raise Stop

    def _integer(self, kind: str, flags: str, limit: int, value: int) -> str:
        if kind in "di":
            digits, sign = str(abs(value)), "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
        else:
            value %= 1 << 64
            sign = ""
            digits = {"o": f"{value:o}", "u": str(value), "x": f"{value:x}", "X": f"{value:X}"}[kind]
            if "#" in flags and value:
                sign = {"o": "0", "x": "0x", "X": "0X"}.get(kind, "")
        return sign + (digits.zfill(limit) if limit > 0 else digits)

    def _float(self, kind: str, flags: str, limit: int, argument: str | None) -> str:
        text = (argument or "0").strip()
        try:
            value = float(text)
        except ValueError:
            match = re.match(r"[-+]?\d*\.?\d*(?:[eE][-+]?\d+)?", text)
            value = float(match[0]) if match and re.search(r"\d", match[0]) else 0.0
            self._bad_number(text, bool(match and match[0]))
        if kind in "aA":
            return value.hex() if kind == "a" else value.hex().upper()
        sign = "+" if "+" in flags else " " if " " in flags else ""
        return f"{value:{sign}{'#' if '#' in flags else ''}.{6 if limit < 0 else min(limit, 300)}{kind}}"

    def _number(self, text: str | None) -> int:
        if text is None or text == "":
            if text == "" and self.gnu:
                self._bad_number("", False)
            return 0
        if text[0] in "\"'":
            return ord(text[1]) if len(text) > 1 else 0
        match = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)", text)
        if match is None:
            self._bad_number(text, False)
            return 0
        digits = match[2]
        rest = text[match.end() :]
        if digits[:2].lower() == "0x":
            value = int(digits, 16)
        elif digits.startswith("0") and len(digits) > 1:
            octal = re.match(r"[0-7]+", digits)
            assert octal is not None
            value = int(octal[0], 8)
            rest = digits[octal.end() :] + rest
        else:
            value = int(digits) if len(digits) < 25 else (1 << 63) - 1
        if rest.strip():
            self._bad_number(text, True)
        return -value if match[1] == "-" else value

    def _bad_number(self, text: str, partly: bool) -> None:
        if self.gnu:
            quoted = f"‘{text}’"
            self.complain(
                f"{quoted}: value not completely converted" if partly else f"{quoted}: expected a numeric value"
            )
        else:
            self.complain(f"{text}: not completely converted" if partly else f"{text}: expected numeric value")
        self.status = 1


def _padded(text: str, flags: str, width: int, kind: str, limit: int) -> str:
    if len(text) >= width:
        return text
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and kind not in "sbcq" and not (limit >= 0 and kind in "diouxX"):
        sign = re.match(r"[-+ ]?(?:0[xX])?", text)
        assert sign is not None
        return sign[0] + text[sign.end() :].rjust(width - sign.end(), "0")
    return text.rjust(width)
