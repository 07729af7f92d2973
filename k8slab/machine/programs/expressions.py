"""``expr`` and ``seq``: small calculations on the command line."""

from __future__ import annotations

import re
from typing import Any

from k8slab.machine.programs.regex import BadPattern, compile_posix
from k8slab.machine.programs.tool import Call, Steps, quoted
from k8slab.machine.shell import printing


def seq(call: Call) -> Steps:
    options, words = (
        call.options("ws:f:", {"equal-width": "w", "separator=": "s", "format=": "f"})
        if not any(re.match(r"-\d", word) for word in call.args)
        else (None, call.args)
    )
    separator = options.get("s", "\n") if options is not None else "\n"
    if not words or len(words) > 3:
        return (
            call.missing_operand()
            if not words
            else call.fail(f"extra operand {quoted(words[3])}\nTry 'seq --help' for more information.")
        )
    for word in words:
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", word):
            return call.fail(
                f"invalid floating point argument: {'‘' + word + '’'}\nTry 'seq --help' for more information."
            )
    values = [float(word) for word in words]
    first, step, last = (
        (1.0, 1.0, values[0])
        if len(values) == 1
        else (values[0], 1.0, values[1])
        if len(values) == 2
        else (values[0], values[1], values[2])
    )
    if step == 0:
        return call.fail(
            f"invalid Zero increment value: {'‘' + words[1] + '’'}\nTry 'seq --help' for more information."
        )
    places = max(len(word.partition(".")[2]) for word in words)
    width = max(len(f"{first:.{places}f}"), len(f"{last:.{places}f}")) if options is not None and "w" in options else 0
    count = 0
    while (
        (value := first + count * step) <= last + 1e-9 if step > 0 else (value := first + count * step) >= last - 1e-9
    ):
        text = f"{value:.{places}f}".zfill(width)
        if options is not None and "f" in options:
            text, _ = printing.printf([options.get("f"), str(value)], lambda _: None)
        call.out((separator if count else "") + text)
        count += 1
        if not count % 5000:
            yield from call.flush()
            if call.process.step(200):
                yield from call.process.pay()
    if count:
        call.out("\n")
    return 0


def expr(call: Call) -> int:
    try:
        value = _Expr(call.args).value()
    except (BadPattern, ValueError) as error:
        return call.fail(str(error), 2)
    call.line(value)
    return 1 if value in ("", "0") else 0


class _Expr:
    """``expr``'s little grammar, from the loosest operator down."""

    LEVELS = (("|",), ("&",), ("=", "==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"), (":",))

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0

    def value(self) -> str:
        if not self.words:
            raise ValueError("missing operand\nTry 'expr --help' for more information.")
        result = self._level(0)
        if self.at < len(self.words):
            raise ValueError(f"syntax error: unexpected argument {'‘' + self.words[self.at] + '’'}")
        return result

    def _level(self, number: int) -> str:
        if number == len(self.LEVELS):
            return self._primary()
        left = self._level(number + 1)
        while self.at < len(self.words) and self.words[self.at] in self.LEVELS[number]:
            operator = self.words[self.at]
            self.at += 1
            left = self._apply(operator, left, self._level(number + 1))
        return left

    def _primary(self) -> str:
        if self.at >= len(self.words):
            raise ValueError(f"syntax error: missing argument after {'‘' + self.words[-1] + '’'}")
        word = self.words[self.at]
        self.at += 1
        if word == "(":
            result = self._level(0)
            if self.words[self.at : self.at + 1] != [")"]:
                raise ValueError("syntax error: expecting ')'")
            self.at += 1
            return result
        if word == "length" and self.at < len(self.words):
            return str(len(self._primary()))
        if word == "substr" and self.at + 2 < len(self.words):
            text, begin, count = self._primary(), int(self._primary()), int(self._primary())
            return text[begin - 1 : begin - 1 + count] if begin > 0 else ""
        if word == "match" and self.at + 1 < len(self.words):
            text = self._primary()
            return self._apply(":", text, self._primary())
        return word

    def _apply(self, operator: str, left: str, right: str) -> str:
        if operator == "|":
            return left if left not in ("", "0") else right if right not in ("",) else "0"
        if operator == "&":
            return left if left not in ("", "0") and right not in ("", "0") else "0"
        if operator == ":":
            match = compile_posix(right, extended=False).match(left)
            if match is None:
                return "" if "\\(" in right else "0"
            return (match[1] or "") if match.re.groups else str(match.end())
        numbers = re.fullmatch(r"-?\d+", left) and re.fullmatch(r"-?\d+", right)
        if operator in ("=", "==", "!=", "<", "<=", ">", ">="):
            one: Any = int(left) if numbers else left
            two: Any = int(right) if numbers else right
            outcomes = {
                "=": one == two,
                "==": one == two,
                "!=": one != two,
                "<": one < two,
                "<=": one <= two,
                ">": one > two,
                ">=": one >= two,
            }
            return str(int(outcomes[operator]))
        if not numbers:
            raise ValueError("non-integer argument")
        a, b = int(left), int(right)
        if operator in "/%" and b == 0:
            raise ValueError("division by zero")
        quotient = 0 if operator not in "/%" else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return str({"+": a + b, "-": a - b, "*": a * b, "/": quotient, "%": a - quotient * b}[operator])
