"""Label selectors: the questions that tie Kubernetes together ("which Pods are mine?").

Models apimachinery pkg/labels (Selector, Parse and its messages) and metav1.LabelSelectorAsSelector.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from k8slab.apimachinery import gojson, names

IN, NOT_IN, EXISTS, DOES_NOT_EXIST = "in", "notin", "exists", "!"
EQUALS, DOUBLE_EQUALS, NOT_EQUALS, GREATER_THAN, LESS_THAN = "=", "==", "!=", "gt", "lt"
_BINARY = (IN, NOT_IN, EQUALS, DOUBLE_EQUALS, NOT_EQUALS, GREATER_THAN, LESS_THAN)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one key. *values* are sorted."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether *labels* meet this condition. An absent key meets ``!=`` and ``notin``."""
        value = labels.get(self.key)
        match self.operator:
            case "in" | "=" | "==":
                return value is not None and value in self.values
            case "notin" | "!=":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        try:
            number, limit = int(value or ""), int(self.values[0])
        except ValueError:
            return False
        return number > limit if self.operator == GREATER_THAN else number < limit

    def __str__(self) -> str:
        if self.operator == EXISTS:
            return self.key
        if self.operator == DOES_NOT_EXIST:
            return "!" + self.key
        if self.operator in (IN, NOT_IN):
            return f"{self.key} {self.operator} ({','.join(self.values)})"
        sign = {GREATER_THAN: ">", LESS_THAN: "<"}.get(self.operator, self.operator)
        return f"{self.key}{sign}{self.values[0] if self.values else ''}"


@dataclass(frozen=True, slots=True)
class Selector:
    """All of *requirements* must hold; without any, everything is selected, except by `NOTHING`."""

    requirements: tuple[Requirement, ...] = ()
    selects_nothing: bool = False

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with *labels* is selected."""
        if self.selects_nothing:
            return False
        there = labels or {}
        return all(requirement.matches(there) for requirement in self.requirements)

    @property
    def is_everything(self) -> bool:
        """Whether no label could make a difference because all objects are selected."""
        return not self.requirements and not self.selects_nothing

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


EVERYTHING = Selector()
NOTHING = Selector(selects_nothing=True)


def _selector(requirements: list[Requirement]) -> Selector:
    return Selector(tuple(sorted(requirements, key=lambda requirement: requirement.key)))


def from_map(labels: Mapping[str, str] | None) -> Selector:
    """Return the selector that wants all of *labels* (a Service's, a ReplicationController's); none want nothing special."""
    return _selector([Requirement(key, EQUALS, (value,)) for key, value in (labels or {}).items()])


_OPERATORS = {"In": IN, "NotIn": NOT_IN, "Exists": EXISTS, "DoesNotExist": DOES_NOT_EXIST}


def from_label_selector(selector: Any) -> Selector:
    """Return the Selector of a metav1.LabelSelector (struct or dict). None selects nothing, an empty one everything.

    Raises ValueError for an operator that does not exist.
    """
    if selector is None:
        return NOTHING
    if isinstance(selector, dict):
        match_labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    else:
        match_labels, expressions = selector.matchLabels, selector.matchExpressions
    if not expressions:
        return _from_pairs(tuple((match_labels or {}).items()))
    requirements = [Requirement(key, IN, (value,)) for key, value in (match_labels or {}).items()]
    for expression in expressions:
        if isinstance(expression, dict):
            key, operator, values = expression.get("key", ""), expression.get("operator", ""), expression.get("values")
        else:
            key, operator, values = expression.key, expression.operator, expression.values
        if operator not in _OPERATORS:
            raise ValueError(f"{gojson.quote(operator)} is not a valid label selector operator")
        requirements.append(_new_requirement(key, _OPERATORS[operator], values or []))
    return _selector(requirements)


@lru_cache(maxsize=4096)
def _from_pairs(pairs: tuple[tuple[str, str], ...]) -> Selector:
    return _selector([Requirement(key, EQUALS, (value,)) for key, value in pairs])


def format_label_selector(selector: Any) -> str:
    """Return a metav1.LabelSelector as ``kubectl get -o wide`` shows it: ``<none>`` for one without requirements."""
    try:
        return str(from_label_selector(selector)) or "<none>"
    except ValueError:
        return "<error>"


@lru_cache(maxsize=4096)
def parse(text: str) -> Selector:
    """Return the selector written as *text*: ``app=web,tier in (a, b),!canary,release``.

    Raises ValueError with upstream's words, as after "unable to parse requirement: ".
    """
    return _selector(_Parser(text).parse())


def parse_requirements(text: str) -> list[Requirement]:
    """Return the requirements of *text* as `parse` finds them, sorted by key."""
    return list(parse(text).requirements)


def _new_requirement(key: str, operator: str, values: list[str]) -> Requirement:
    problems = [_problem("key", key, message) for message in names.qualified_name(key)]
    if operator in (IN, NOT_IN) and not values:
        problems.append(_problem("values", list(values), "for 'in', 'notin' operators, values set can't be empty"))
    if operator in (EQUALS, DOUBLE_EQUALS, NOT_EQUALS) and len(values) != 1:
        problems.append(_problem("values", list(values), "exact-match compatibility requires one single value"))
    if operator in (GREATER_THAN, LESS_THAN):
        if len(values) != 1:
            problems.append(_problem("values", list(values), "for 'Gt', 'Lt' operators, exactly one value is required"))
        for index, value in enumerate(values):
            if not re.fullmatch(r"[+-]?\d+", value):
                problems.append(
                    _problem(f"values[{index}]", value, "for 'Gt', 'Lt' operators, the value must be an integer")
                )
    if operator in (EXISTS, DOES_NOT_EXIST) and values:
        problems.append(_problem("values", list(values), "values set must be empty for exists and does not exist"))
    for index, value in enumerate(values):
        problems += [_problem(f"values[{index}][{key}]", value, message) for message in names.label_value(value)]
    if problems:
        raise ValueError(problems[0] if len(problems) == 1 else "[" + ", ".join(problems) + "]")
    return Requirement(key, operator, tuple(sorted(values)))


def _problem(field: str, value: Any, message: str) -> str:
    return f"{field}: Invalid value: {gojson.marshal(value)}: {message}"


_SYMBOLS = {")": ")", ",": ",", "!": "!", "==": "==", "=": "=", ">": "gt", "<": "lt", "!=": "!=", "(": "("}
_WORDS = {"in": IN, "notin": NOT_IN}
_END = ""


class _Parser:
    """A recursive-descent parser over the tokens of a selector, as upstream's, so that the errors agree."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    # A token is (kind, literal); kind is "id", an operator, "(", ")", "," or "end".

    def _look(self, words_are_values: bool = False) -> tuple[str, str]:
        kind, literal = self._tokens[self._at]
        if words_are_values and kind in (IN, NOT_IN):
            kind = "id"
        return kind, literal

    def _take(self, words_are_values: bool = False) -> tuple[str, str]:
        token = self._look(words_are_values)
        if token[0] != "end":
            self._at += 1
        return token

    def parse(self) -> list[Requirement]:
        requirements: list[Requirement] = []
        while True:
            kind, literal = self._look(words_are_values=True)
            if kind in ("id", "!"):
                try:
                    requirements.append(self._requirement())
                except ValueError as error:
                    raise ValueError(f"unable to parse requirement: {error}") from None
                kind, literal = self._take(words_are_values=True)
                if kind == "end":
                    return requirements
                if kind != ",":
                    raise ValueError(f"found '{literal}', expected: ',' or 'end of string'")
                following, what = self._look(words_are_values=True)
                if following not in ("id", "!"):
                    raise ValueError(f"found '{what}', expected: identifier after ','")
            elif kind == "end":
                return requirements
            else:
                raise ValueError(f"found '{literal}', expected: !, identifier, or 'end of string'")

    def _requirement(self) -> Requirement:
        kind, literal = self._take(words_are_values=True)
        if kind == "!":
            operator = DOES_NOT_EXIST
            kind, literal = self._take(words_are_values=True)
        else:
            operator = ""
        if kind != "id":
            raise ValueError(f"found '{literal}', expected: identifier")
        for message in names.qualified_name(literal):
            raise ValueError(_problem("key", literal, message))
        key = literal
        if operator:
            return _new_requirement(key, operator, [])
        kind, literal = self._look()
        if kind in ("end", ","):
            return _new_requirement(key, EXISTS, [])
        self._take()
        if kind not in _BINARY:
            # Upstream lists the operators of a Go map's sort: binary ones and the two that take no value.
            raise ValueError(f"found '{literal}', expected: {_EXPECTED_OPERATORS}")
        values = self._values() if kind in (IN, NOT_IN) else [self._exact_value()]
        return _new_requirement(key, kind, values)

    def _values(self) -> list[str]:
        kind, literal = self._take(words_are_values=True)
        if kind != "(":
            raise ValueError(f"found '{literal}' expected: '('")
        kind, literal = self._look(words_are_values=True)
        if kind in ("id", ","):
            values = self._identifiers()
            kind, literal = self._take(words_are_values=True)
            if kind != ")":
                raise ValueError(f"found '{literal}', expected: ')'")
            return values
        if kind == ")":
            self._take()
            return [""]
        raise ValueError(f"found '{literal}', expected: ',', ')' or identifier")

    def _identifiers(self) -> list[str]:
        values: dict[str, None] = {}
        while True:
            kind, literal = self._take(words_are_values=True)
            if kind == "id":
                values[literal] = None
                following, what = self._look(words_are_values=True)
                if following == ",":
                    continue
                if following == ")":
                    return sorted(values)
                raise ValueError(f"found '{what}', expected: ',' or ')'")
            if kind == ",":
                if not values:
                    values[""] = None
                following, _ = self._look(words_are_values=True)
                if following == ")":
                    values[""] = None
                    return sorted(values)
                if following == ",":
                    self._take(words_are_values=True)
                    values[""] = None
            else:
                raise ValueError(f"found '{literal}', expected: ',', or identifier")

    def _exact_value(self) -> str:
        kind, _ = self._look(words_are_values=True)
        if kind in ("end", ","):
            return ""
        kind, literal = self._take(words_are_values=True)
        if kind != "id":
            raise ValueError(f"found '{literal}', expected: identifier")
        return literal


_EXPECTED_OPERATORS = "in, notin, =, ==, !=, gt, lt"


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character in " \t\r\n":
            at += 1
        elif character in "=!(),<>":
            # The longest known symbol wins; upstream reads special characters greedily.
            end = at + 1
            while end < len(text) and text[end] in "=!(),<>" and text[at : end + 1] in _SYMBOLS:
                end += 1
            symbol = text[at:end]
            tokens.append((_SYMBOLS[symbol], symbol))
            at = end
        else:
            end = at
            while end < len(text) and text[end] not in "=!(),<> \t\r\n":
                end += 1
            word = text[at:end]
            tokens.append((_WORDS.get(word, "id"), word))
            at = end
    tokens.append(("end", _END))
    return tokens
