"""Field selectors: ``--field-selector status.phase=Running,spec.nodeName!=node-1``. Only equality, only a few fields.

Models apimachinery pkg/fields (ParseSelector, with its backslash escapes). Which fields a kind knows is its strategy's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from k8slab.apimachinery import gojson


class Requirement(NamedTuple):
    """``path operator value``, where *operator* is ``=`` or ``!=``."""

    path: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All of *requirements* must hold."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether an object whose selectable *fields* map path to value is selected."""
        return all((fields.get(path, "") == value) == (operator == "=") for path, operator, value in self.requirements)

    def exact(self, path: str) -> str | None:
        """Return the one value that *path* must have, or None if more than one would do."""
        return next((value for at, operator, value in self.requirements if at == path and operator == "="), None)

    def __str__(self) -> str:
        return ",".join(f"{path}{operator}{escape(value)}" for path, operator, value in self.requirements)


@lru_cache(maxsize=4096)
def parse(text: str) -> FieldSelector:
    """Return the selector written as *text*. Raises ValueError in upstream's words."""
    requirements = []
    for term in _split_terms(text):
        if not term:
            continue
        path, operator, value = _split_term(term, text)
        requirements.append(Requirement(path, operator, _unescape(value)))
    return FieldSelector(tuple(sorted(requirements, key=lambda requirement: requirement.path)))


def escape(value: str) -> str:
    """Return *value* as it must be written in a selector."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


def _split_terms(text: str) -> list[str]:
    terms, start, escaped = [], 0, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            terms.append(text[start:index])
            start = index + 1
    terms.append(text[start:])
    return terms


def _split_term(term: str, whole: str) -> tuple[str, str, str]:
    for index in range(len(term)):
        for sign, operator in (("!=", "!="), ("==", "="), ("=", "=")):
            if term.startswith(sign, index):
                return term[:index], operator, term[index + len(sign) :]
    raise ValueError(f"invalid selector: '{whole}'; can't understand '{term}'")


def _unescape(value: str) -> str:
    if not any(character in value for character in "\\,="):
        return value
    text, escaped = [], False
    for character in value:
        if escaped:
            if character not in "\\,=":
                raise ValueError(
                    f"invalid field selector: invalid escape sequence: {gojson.quote(chr(92) + character)}"
                )
            text.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in ",=":
            raise ValueError(f"invalid field selector: unescaped character in value: '{character}'")
        else:
            text.append(character)
    if escaped:
        raise ValueError(f"invalid field selector: invalid escape sequence: {gojson.quote(chr(92))}")
    return "".join(text)
