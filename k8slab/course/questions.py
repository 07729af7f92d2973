"""Questions with choices: predictions, card sorts and quizzes. Understanding what the learner answered, and what to say to it."""

from __future__ import annotations

from typing import Any

from k8slab.course.content import Question, Say
from k8slab.sim.errors import LabError

LETTERS = "abcdefgh"


def choice_of(question: Question, answer: object) -> int:
    """Return the place of the choice that *answer* means: its letter, its number from 1, or its text in either language.

    Raises `LabError` that lists the choices for anything else.
    """
    plain = _plain(answer)
    for place, choice in enumerate(question.choices):
        names = {
            LETTERS[place],
            str(place + 1),
            _plain(choice.text.en),
            _plain(choice.text.zh),
            *map(_plain, choice.also),
        }
        if plain in names:
            return place
    offered = "; ".join(f"{LETTERS[place]}) {choice.text.en}" for place, choice in enumerate(question.choices))
    raise LabError(f"{answer!r} is none of the choices. Answer with a letter or the words: {offered}")


def _plain(answer: object) -> str:
    return "".join(letter for letter in str(answer).lower() if letter.isalnum())


def question_scene(question: Question, chosen: int | None, say: Say, *, judged: bool = True) -> dict[str, Any]:
    """Return how *question* is shown: ``{"text", "choices": [{"letter", "text"}], "chosen", "right", "because"}``.

    "chosen" is -1 and "because" empty before an answer; "right" is None then, and always where answers are not *judged*.
    """
    answered = chosen is not None and 0 <= chosen < len(question.choices)
    choice = question.choices[chosen] if chosen is not None and answered else None
    return {
        "text": question.text.say(say.language),
        "choices": [
            {"letter": LETTERS[place], "text": one.text.say(say.language)} for place, one in enumerate(question.choices)
        ],
        "chosen": chosen if answered else -1,
        "right": choice.right if choice and judged else None,
        "because": (choice.because.say(say.language) if judged else say("predict.noted")) if choice else "",
    }
