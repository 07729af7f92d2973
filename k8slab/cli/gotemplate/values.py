"""How Go prints plain values: fmt's verbs on what JSON can hold. Models package fmt; left out: pointers, %x of strings with spaces."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class TemplateFailure(Exception):
    """A template function refuses its arguments. *plain*: Go does not prefix it with "error calling"."""

    def __init__(self, message: str, *, plain: bool = False) -> None:
        super().__init__(message)
        self.plain = plain


class _NoValue:
    def __repr__(self) -> str:
        return "<no value>"


#: What a template gets for something that is not there.
NO_VALUE = _NoValue()


def type_name(value: Any) -> str:
    """Return Go's name for the type of *value*."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    if isinstance(value, (list, tuple)):
        return "[]interface {}"
    return "<nil>"


def float_text(value: float) -> str:
    """Return *value* as strconv.FormatFloat(value, 'g', -1, 64) does: an exponent from a million on."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    power = Decimal(repr(value)).adjusted()
    if -4 <= power < 6:
        return f"{value!r}".removesuffix(".0")
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:  # Python writes an exponent later than Go does
        digits = mantissa.lstrip("-").replace(".", "").strip("0")
        mantissa = ("-" if value < 0 else "") + digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def plain(value: Any) -> str:
    """Return *value* as %v prints it."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Mapping):
        printed = getattr(value, "printed", None)  # a struct says itself how it is printed
        if printed is not None:
            return str(printed())
        return "map[" + " ".join(f"{plain(key)}:{plain(value[key])}" for key in sorted(value, key=str)) + "]"
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(map(plain, value)) + "]"
    return str(value)


def quoted(text: str) -> str:
    """Return *text* as %q prints it."""
    return json.dumps(text, ensure_ascii=False).replace("\\u007f", "\\x7f").replace("\\b", "\\b")


def sprint(values: list[Any]) -> str:
    """Return the values joined as fmt.Sprint: a blank between two that are both no strings."""
    out = []
    for i, value in enumerate(values):
        if i and not isinstance(value, str) and not isinstance(values[i - 1], str):
            out.append(" ")
        out.append(plain(value))
    return "".join(out)


def sprintln(values: list[Any]) -> str:
    """Return the values joined by blanks, and a newline."""
    return " ".join(map(plain, values)) + "\n"


VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*)?)?(?P<verb>.)?", re.DOTALL)


def sprintf(form: str, values: list[Any]) -> str:
    """Return *form* filled in with *values*, mistakes included (``%!d(string=x)``, ``%!(EXTRA ...)``)."""
    rest = list(values)

    def fill(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb is None:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        width, precision = match["width"], match["precision"]
        if width == "*":
            width = str(rest.pop(0)) if rest else None
        if precision == "*":
            precision = str(rest.pop(0)) if rest else None
        if not rest:
            return f"%!{verb}(MISSING)"
        value = rest.pop(0)
        text = _verb(verb, value, match["flags"], int(precision) if precision else None, "." in match[0])
        if width and len(text) < int(width):
            if "-" in match["flags"]:
                return text.ljust(int(width))
            return text.zfill(int(width)) if "0" in match["flags"] else text.rjust(int(width))
        return text

    text = VERB.sub(fill, form)
    if rest:
        text += "%!(EXTRA " + ", ".join(f"{type_name(v)}={plain(v)}" for v in rest) + ")"
    return text


def _verb(verb: str, value: Any, flags: str, precision: int | None, has_precision: bool) -> str:
    wrong = f"%!{verb}({type_name(value)}={plain(value)})"
    is_int = isinstance(value, int) and not isinstance(value, bool)
    match verb:
        case "v":
            return quoted(value) if "#" in flags and isinstance(value, str) else plain(value)
        case "s":
            if not isinstance(value, str):
                return wrong if isinstance(value, (int, float)) else plain(value)
            return value[:precision] if precision is not None else value
        case "q":
            return quoted(value) if isinstance(value, str) else f"'{chr(value)}'" if is_int else wrong
        case "d":
            return ("+" if "+" in flags and value >= 0 else "") + str(value) if is_int else wrong
        case "t":
            return plain(value) if isinstance(value, bool) else wrong
        case "x" | "X" | "o" | "b":
            if isinstance(value, str) and verb in "xX":
                return format(value.encode().hex(), "s") if verb == "x" else value.encode().hex().upper()
            return format(value, verb) if is_int else wrong
        case "c":
            return chr(value) if is_int else wrong
        case "f" | "F" | "e" | "g":
            if not isinstance(value, float):
                return wrong
            if verb == "g" and precision is None:
                return float_text(value)
            return format(
                value,
                f".{precision if has_precision and precision is not None else 0 if has_precision else 6}{verb.lower()}",
            )
        case "T":
            return type_name(value)
    return wrong
