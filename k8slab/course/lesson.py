"""One lesson: its lab, its exercises with checks, hints and solutions, its quiz, and the learner's progress.

``lesson = k8slab.lesson("15")`` opens one; every call shows its result in the cell, and each has its twin in a panel.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from k8slab.cli import magics
from k8slab.course import content, questions
from k8slab.course.chapters import JUDGES
from k8slab.course.content import HINT_LEVELS, Exercise, Question, Say
from k8slab.course.progress import Progress
from k8slab.course.said import Said
from k8slab.course.verdict import Line, NotStarted, Result, Status, Stuck, Verdict, first_failing, result_of
from k8slab.lab import Lab
from k8slab.sim.errors import LabError
from k8slab.views.words import Words

if TYPE_CHECKING:
    from k8slab.course.panels import ExercisePanel, QuestionPanel
    from k8slab.views.figures.picture import Picture
    from k8slab.views.rollout_recorder import RolloutRecorder
    from k8slab.views.widgets.board import ClusterBoard
    from k8slab.views.widgets.events import EventStream
    from k8slab.views.widgets.inspector import ObjectInspector
    from k8slab.views.widgets.ownership import OwnershipGraph
    from k8slab.views.widgets.theatre import RolloutTheatre

ASSETS = Path("assets")
#: What kubectl says when a scene is set for the first time.
NOTHING_TO_CLEAR = "No resources found"


def open_lesson(number: str, language: str = "en") -> Lesson:
    """Open lesson *number*: ``%kubectl`` works on its lab, and ``manifests/...`` means the same in every edition.

    (The working directory becomes the course's folder ``assets``.)
    """
    lesson = Lesson(number, language)
    os.chdir(assets_folder())
    magics.hand_over(
        kubectl=lambda line, stdin: lesson.lab.show(lesson.lab.kubectl(magics.words_of(line), stdin)),
        docker=lambda line, stdin: lesson.lab.show(lesson.lab.docker(line, stdin)),
    )
    return lesson


def assets_folder() -> Path:
    """Return the course's folder ``assets``: the nearest above the working directory, or beside the installed course."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / ASSETS / "manifests").is_dir():
            return folder / ASSETS
    raise LabError("the folder assets/manifests was not found: run the notebooks inside a clone of the course.")


class Lesson:
    """Lesson *number* ("15") in *language* ("en" or "zh"), with a lab of its own."""

    def __init__(self, number: str, language: str = "en", *, progress: Progress | None = None) -> None:
        self.number = number
        self.chapter = content.chapter(number)
        self.say = Say(language)
        self.progress = progress or Progress(self.say)
        self._hints_given: dict[tuple[str, str], int] = {}

    def __repr__(self) -> str:
        return self.say("lesson", number=self.number, title=self.chapter.title.say(self.say.language))

    @cached_property
    def lab(self) -> Lab:
        """The lab of this lesson, built on first use."""
        return Lab(nodes=self.chapter.nodes, seed=self.number)

    # -- exercises ---------------------------------------------------------------------------------------------------

    def start(self, name: str) -> Said:
        """Set the scene of exercise *name*, anew if it was begun before; show the commands that did it."""
        shown = []
        for step in self._exercise(name).start:
            program, _, rest = step.partition(" ")
            if program == "run":
                self.lab.run(float(rest))
                shown.append(self.say("start.ran", seconds=rest))
                continue
            done = self.lab.kubectl(rest)
            if done.text.strip() not in ("", NOTHING_TO_CLEAR):
                shown.append(f"$ {step}\n{done}")
        self._hints_given = {key: level for key, level in self._hints_given.items() if key[0] != name}
        return Said(
            "\n".join("    " + line for part in shown for line in part.splitlines()), self.say("start", id=name)
        )

    def check(self, name: str) -> Result:
        """Judge exercise *name* by the state of the lab, or by the answer given."""
        exercise = self._exercise(name)
        if exercise.question:
            result = self._judge_answer(name, exercise, exercise.question)
        else:
            result = result_of(name, exercise, self._verdict(name), self.say)
        if result.passed:
            self.progress.set_passed(name)
        return result

    def hint(self, name: str) -> Said:
        """Say one hint for exercise *name*, fit for where it stands; asking again says more, up to three times."""
        exercise = self._exercise(name)
        verdict = NotStarted() if exercise.question else self._verdict(name)
        if isinstance(verdict, Stuck):
            return Said(result_of(name, exercise, verdict, self.say).sentence, self.say("hint.title", id=name))
        if self.check(name).passed:
            return Said(self.say("hint.none", id=name))
        failing = first_failing(verdict)
        hints = exercise.conditions[failing].hints if failing else exercise.first_hints
        key = (name, failing or "")
        level = self._hints_given[key] = min(self._hints_given.get(key, 0) + 1, HINT_LEVELS)
        title = self.say("hint", id=name, level=level, levels=HINT_LEVELS)
        return Said(hints[level - 1].say(self.say.language), title)

    def solution(self, name: str) -> Said:
        """Show one way to do exercise *name*, and why it works."""
        why = self._exercise(name).solution.say(self.say.language)
        written = assets_folder().parent / "notebooks" / "solutions" / f"{name}.py"
        code = "".join(f"    {line}\n" for line in written.read_text(encoding="utf-8").strip().splitlines())
        return Said(f"{why}\n\n{code}", self.say("solution", id=name))

    def answer(self, name: str, answer: object) -> Result | Said:
        """Give *answer* (a letter or the words) to the prediction or exercise called *name*."""
        question = self._question(name)
        place = questions.choice_of(question, answer)
        self.progress.set_answer(name, questions.LETTERS[place])
        if name in self.chapter.exercises:
            return self.check(name)
        chosen = f"{questions.LETTERS[place]}) {question.choices[place].text.say(self.say.language)}"
        return Said(self.say("predict.noted"), chosen)

    # -- panels ------------------------------------------------------------------------------------------------------

    def exercise(self, name: str) -> ExercisePanel:
        """Return the panel of exercise *name*: its task, check, hints and solution by click."""
        from k8slab.course.panels import ExercisePanel

        self._exercise(name)
        return ExercisePanel(self, name)

    def predict(self, name: str) -> QuestionPanel:
        """Return the panel of the prediction called *name*; the answer is kept, not judged."""
        from k8slab.course.panels import QuestionPanel

        return QuestionPanel(self, {name: self._question(name)}, judged=False)

    def quiz(self) -> QuestionPanel:
        """Return the quiz of this chapter."""
        from k8slab.course.panels import QuestionPanel

        asked = {str(number): question for number, question in enumerate(self.chapter.quiz, 1)}
        return QuestionPanel(self, asked, judged=True)

    def glossary(self, *terms: str) -> Said:
        """Say what *terms* mean, or all the words of this chapter: English, Chinese, and one sentence."""
        words = content.glossary()
        unknown = [term for term in terms if term not in words]
        if unknown:
            raise LabError(f"the glossary does not have {', '.join(unknown)}; it has: {', '.join(words)}")
        asked = terms or [term for term, word in words.items() if word.chapter == self.number]
        lines = [f"`{term}` {words[term].zh}: {words[term].meaning.say(self.say.language)}" for term in asked]
        return Said("\n".join(lines), self.say("glossary"))

    # -- views of this lesson's lab, in its language -------------------------------------------------------------------

    def board(self) -> ClusterBoard:
        """Return the living cluster: nodes, Pods, a Pod's story, and the time bar."""
        from k8slab.views.widgets.board import ClusterBoard

        return ClusterBoard(self.lab.client, self.lab, language=self.say.language)

    def graph(self, deployment: str = "") -> OwnershipGraph:
        """Return who owns whom: *deployment* and what is below it, or everything."""
        from k8slab.views.widgets.ownership import OwnershipGraph

        return OwnershipGraph(self.lab.client, self.lab, of=deployment, language=self.say.language)

    def events(self) -> EventStream:
        """Return what the components tell about what they do."""
        from k8slab.views.widgets.events import EventStream

        return EventStream(self.lab.client, self.lab, language=self.say.language)

    def inspect(self, kind: str, name: str) -> ObjectInspector:
        """Return the object *name* of *kind* ("Deployment") as the API server tells it, and what changed since the last look."""
        from k8slab.views.widgets.inspector import ObjectInspector

        return ObjectInspector(self.lab.client, self.lab, kind=kind, name=name, language=self.say.language)

    def theatre(self, deployment: str) -> RolloutTheatre:
        """Return the theatre for rollouts of *deployment*."""
        from k8slab.views.widgets.theatre import RolloutTheatre

        return RolloutTheatre(self.lab.client, self.lab, deployment=deployment, language=self.say.language)

    def record(self, deployment: str) -> RolloutRecorder:
        """Return a record of *deployment* that begins now, to be shown by `figure` or `animation` later."""
        from k8slab.views.rollout_recorder import RolloutRecorder

        record = RolloutRecorder(self.lab, deployment)
        record.read()  # what is there now belongs to it, however soon the first change comes
        return record

    def figure(self, record: RolloutRecorder, message: str | None = None) -> Picture:
        """Return *record* as one picture; *message* is its title, in English."""
        from k8slab.views.figures.rollout import rollout_figure

        return self._retold(rollout_figure(record.scene(requests=False), message=message), record)

    def animation(self, record: RolloutRecorder) -> Picture:
        """Return *record* as a recorded animation."""
        from k8slab.views.figures.animation import rollout_animation

        return self._retold(rollout_animation(record.scene(requests=False)), record)

    def _retold(self, picture: Picture, record: RolloutRecorder) -> Picture:
        """Figures speak English; what they say in words is in the lesson's language."""
        picture.said = record.scene(requests=False, words=Words(self.say.language))["said"]
        return picture

    # -- parts -------------------------------------------------------------------------------------------------------

    def _verdict(self, name: str) -> Verdict:
        return JUDGES[name](self.lab)

    def _judge_answer(self, name: str, exercise: Exercise, question: Question) -> Result:
        given = self.progress.answer(name)
        if given is None:
            return result_of(name, exercise, NotStarted(), self.say)
        choice = question.choices[questions.choice_of(question, given)]
        line = Line(f"{given}) {choice.text.say(self.say.language)}", choice.right)
        status = Status.PASSED if choice.right else Status.NOT_YET
        return Result(name, status, choice.because.say(self.say.language), (line,), self.say)

    def _exercise(self, name: str) -> Exercise:
        if name not in self.chapter.exercises:
            known = ", ".join(self.chapter.exercises)
            raise LabError(f"lesson {self.number} has no exercise {name!r}; it has: {known}")
        return self.chapter.exercises[name]

    def _question(self, name: str) -> Question:
        if name in self.chapter.predictions:
            return self.chapter.predictions[name]
        question = self._exercise(name).question
        if question is None:
            raise LabError(
                f'exercise {name} is done in the lab, not answered: ask lesson.check("{name}") how far it is'
            )
        return question
