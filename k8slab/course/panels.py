"""The panels of a lesson: an exercise with its buttons, and questions with their choices.

A panel shows a scene and reports clicks; what they mean is decided by the `Lesson`, by the same calls that a learner can make
in a cell. Without a kernel a panel is HTML, a picture and plain text that say the same (the HTML carries a quiz's answers folded in).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from k8slab.course import questions
from k8slab.course.card import card
from k8slab.course.content import Question, Say
from k8slab.course.said import blocks, inline
from k8slab.sim.errors import LabError
from k8slab.views import tokens
from k8slab.views.widgets.view import module

if TYPE_CHECKING:
    from k8slab.course.lesson import Lesson

STATIC = Path(__file__).parent / "static"


def ours(*names: str) -> str:
    """Return the files *names* of our own ``static/`` as one text."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)


class Panel(anywidget.AnyWidget):
    """What both panels share: a scene for the browser, clicks from it, and the twins for readers without a kernel."""

    _css = module("tokens.css", "view.css") + ours("panels.css")
    language = traitlets.Unicode("en").tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(language=lesson.say.language)
        self._lesson = lesson
        self.on_msg(self._on_message)

    def _on_message(self, widget: Any, message: Mapping[str, Any], buffers: Any) -> None:
        try:
            self.press(str(message.get("press", "")), message)
        except LabError as error:
            self.scene = {**self.scene, "trouble": str(error)}

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Do what a click on *button* means."""
        raise NotImplementedError(button)

    def text(self, say: Say) -> str:
        """Return the panel in words."""
        raise NotImplementedError

    def html(self) -> str:
        """Return the panel as HTML: its first line is the title."""
        title, _, rest = self.text(self._lesson.say).partition("\n")
        return f"<p><strong>{inline(title)}</strong></p>{blocks(rest)}"

    def __repr__(self) -> str:
        return self.text(self._lesson.say)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        live, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        twins = {"text/plain": repr(self), "text/html": self.html(), "image/png": card(self.text(Say("en")))}
        return {**live, **twins}, {**metadata, "image/png": {"width": tokens.FIGURE["width"]}}


class ExercisePanel(Panel):
    """One exercise: its task, how far it is, and the buttons Check, Hint and Solution (or the choices, where it is a question)."""

    _esm = module("dom.js") + ours("panels.js", "exercise.js")

    def __init__(self, lesson: Lesson, name: str) -> None:
        super().__init__(lesson)
        self._name = name
        self._shown: dict[str, Any] = {"hint": None, "solution": None}
        self._show()

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Check, hint, solution or answer, as in a cell."""
        if button == "hint":
            hint = self._lesson.hint(self._name)
            self._shown["hint"] = {"title": hint.title, "html": blocks(hint.text)}
        elif button == "solution":
            shown = self._lesson.solution(self._name)
            self._shown["solution"] = {"title": shown.title, "html": blocks(shown.text)}
        elif button == "answer":
            self._lesson.answer(self._name, str(message.get("choice", "")))
        self._show()

    def _show(self) -> None:
        lesson, say = self._lesson, self._lesson.say
        exercise = lesson.chapter.exercises[self._name]
        result = lesson.check(self._name)
        given = lesson.progress.answer(self._name) if exercise.question else None
        chosen = questions.LETTERS.index(given) if given else None
        self.scene = {
            "name": self._name,
            "title": f"{say('exercise')} {self._name} · {exercise.title.say(say.language)}",
            "task": inline(exercise.task.say(say.language)),
            "status": str(result.status),
            "label": result.label + say("colon").strip(),
            "sentence": inline(result.sentence),
            "lines": [{"html": inline(line.text), "passed": line.passed} for line in result.lines],
            "question": _marked_up(questions.question_scene(exercise.question, chosen, say))
            if exercise.question
            else None,
            "words": {key: say(key) for key in ("button.check", "button.hint", "button.solution", "holds", "fails")},
            "trouble": lesson.progress.trouble,
            **self._shown,
        }

    def text(self, say: Say) -> str:
        """Return the task and how far it is."""
        exercise = self._lesson.chapter.exercises[self._name]
        head = f"{say('exercise')} {self._name} · {exercise.title.say(say.language)}"
        lines = [head, exercise.task.say(say.language)]
        if exercise.question:
            scene = questions.question_scene(exercise.question, None, say)
            lines += [scene["text"], *_choices(scene)]
        status = self.scene["status"]
        if status == "not-started":
            sentence = exercise.not_started.say(say.language)
        else:
            sentence = self._lesson.check(self._name).sentence if say.language == self._lesson.say.language else ""
        said = f"{say(f'status.{status}')}{say('colon')}{sentence}" if sentence else say(f"status.{status}")
        return "\n".join([*lines, said])


class QuestionPanel(Panel):
    """Questions, each with its choices; where they are *judged*, a choice is answered at once with why it is right or not."""

    _esm = module("dom.js") + ours("panels.js", "questions.js")

    def __init__(self, lesson: Lesson, asked: Mapping[str, Question], *, judged: bool) -> None:
        super().__init__(lesson)
        self._asked = asked
        self._judged = judged
        self._show()

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Take the choice of one question."""
        name, choice = str(message.get("question", "")), message.get("choice")
        if button != "answer" or name not in self._asked or not isinstance(choice, int):
            return
        if not 0 <= choice < len(self._asked[name].choices):
            return
        if self._judged:
            self._lesson.progress.set_quiz(self._lesson.number, int(name), choice)
        else:
            self._lesson.answer(name, questions.LETTERS[choice])
        self._show()

    def _chosen(self, name: str) -> int | None:
        if self._judged:
            return self._lesson.progress.quiz(self._lesson.number).get(name)
        given = self._lesson.progress.answer(name)
        return questions.LETTERS.index(given) if given else None

    def _show(self) -> None:
        say = self._lesson.say
        shown = []
        for name, question in self._asked.items():
            scene = questions.question_scene(question, self._chosen(name), say, judged=self._judged)
            shown.append({**_marked_up(scene), "name": name})
        right = sum(one["right"] is True for one in shown)
        self.scene = {
            "title": say("quiz") if self._judged else say("predict"),
            "judged": self._judged,
            "questions": shown,
            "score": say("quiz.score", right=right, questions=len(shown)) if self._judged else "",
            "words": {key: say(key) for key in ("right", "wrong")},
            "trouble": self._lesson.progress.trouble,
        }

    def text(self, say: Say) -> str:
        """Return the questions with their choices, and for a quiz the answers at the very end."""
        lines = [say("quiz") if self._judged else say("predict")]
        for name, question in self._asked.items():
            scene = questions.question_scene(question, None, say)
            number = f"{name}. " if self._judged else ""
            lines += ["", number + scene["text"], *_choices(scene)]
        if self._judged:
            answers = ", ".join(f"{name} {questions.LETTERS[asked.right]}" for name, asked in self._asked.items())
            lines += ["", say("quiz.answers", answers=answers)]
        return "\n".join(lines)

    def html(self) -> str:
        """Return the questions; a quiz's answers are folded away under each."""
        say = self._lesson.say
        parts = [f"<p><strong>{html.escape(say('quiz') if self._judged else say('predict'))}</strong></p>"]
        for name, question in self._asked.items():
            number = f"{name}. " if self._judged else ""
            scene = questions.question_scene(question, None, say)
            listed = "".join(f"<br>{inline(choice.strip())}" for choice in _choices(scene))
            parts.append(f"<p>{number}{inline(scene['text'])}{listed}</p>")
            if self._judged:
                right = question.choices[question.right]
                because = f"{questions.LETTERS[question.right]}) {inline(right.because.say(say.language))}"
                parts.append(f"<details><summary>{html.escape(say('quiz.answer'))}</summary><p>{because}</p></details>")
        return "".join(parts)


def _choices(scene: Mapping[str, Any]) -> list[str]:
    return [f"  {choice['letter']}) {choice['text']}" for choice in scene["choices"]]


def _marked_up(scene: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scene of a question with its texts as HTML."""
    choices = [{**choice, "text": inline(choice["text"])} for choice in scene["choices"]]
    return {**scene, "text": inline(scene["text"]), "because": inline(scene["because"]), "choices": choices}
