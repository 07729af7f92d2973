"""What a chapter says in its cells: ``content/NN.yaml``, each sentence in English and in Chinese.

The files are checked when they are read: a sentence without its twin, a condition without three hints or a question without
exactly one right choice is an error of ours and says where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec
import yaml

from k8slab.sim.errors import LabError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
HINT_LEVELS = 3


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence in both languages, with ``{fields}`` to fill in."""

    en: str
    zh: str

    def say(self, language: Language, **fields: object) -> str:
        """Return the sentence in *language*."""
        return (self.en if language == "en" else self.zh).format(**fields)


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that must hold: what is said when it holds, what when it does not, and three hints, each saying more."""

    holds: Text
    fails: Text
    hints: tuple[Text, Text, Text]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer to choose. *because* is said once it was chosen; *also* are other words for it."""

    text: Text
    because: Text
    right: bool = False
    also: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and its choices, of which one is right."""

    text: Text
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if [choice.right for choice in self.choices].count(True) != 1:
            raise ValueError(f"exactly one choice must be right: {self.text.en}")

    @property
    def right(self) -> int:
        """The place of the right choice."""
        return [choice.right for choice in self.choices].index(True)


class Exercise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exercise. One with a *question* is answered; the others are done in the lab and judged by their *conditions*."""

    title: Text
    task: Text
    not_started: Text
    first_hints: tuple[Text, Text, Text]
    passed: Text
    solution: Text
    start: tuple[str, ...] = ()
    conditions: Mapping[str, Condition] = {}
    stuck: Mapping[str, Text] = {}
    question: Question | None = None


class Chapter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that one chapter says outside its notebook."""

    title: Text
    nodes: int = 3
    predictions: Mapping[str, Question] = {}
    exercises: Mapping[str, Exercise] = {}
    quiz: tuple[Question, ...] = ()


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A term of art: its Chinese name, and what it is in one sentence."""

    zh: str
    meaning: Text
    chapter: str


def load(name: str) -> Any:
    """Return ``content/<name>.yaml`` as plain values."""
    return yaml.safe_load(resources.files(__package__).joinpath("content", f"{name}.yaml").read_text(encoding="utf-8"))


def numbers() -> list[str]:
    """Return the numbers of the chapters that there are, in order."""
    names = (entry.name for entry in resources.files(__package__).joinpath("content").iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name[:2].isdigit())


@cache
def chapter(number: str) -> Chapter:
    """Return what chapter *number* ("15") says. Raises `LabError` for one that there is not."""
    if number not in numbers():
        raise LabError(f"there is no chapter {number!r} yet; there are: {', '.join(numbers())}")
    return msgspec.convert(load(number), Chapter)


@cache
def frame() -> Mapping[str, Text]:
    """Return the words of the frame itself: labels, buttons, results."""
    return msgspec.convert(load("frame"), dict[str, Text])


@cache
def glossary() -> Mapping[str, Word]:
    """Return the glossary by English term."""
    return msgspec.convert(load("glossary"), dict[str, Word])


class Say:
    """The frame's words in one language: ``say("check")``."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise LabError(f'a lesson speaks "en" or "zh", not {language!r}: k8slab.lesson("15", language="en")')
        self.language: Language = language

    def __call__(self, key: str, **fields: object) -> str:
        return frame()[key].say(self.language, **fields)
