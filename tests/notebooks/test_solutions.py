"""Every exercise: its solution passes, its wrong solutions are refused with the failing condition named, and before anything
was done it says "not started"."""

from pathlib import Path

import pytest

from k8slab.course import content
from k8slab.course.chapters import JUDGES
from k8slab.course.content import Say
from k8slab.course.lesson import Lesson
from k8slab.course.progress import Progress
from k8slab.course.verdict import NotStarted, Status, Stuck, first_failing

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "notebooks" / "solutions"
EXERCISES = [name for number in content.numbers() for name in content.chapter(number).exercises]
#: A wrong solution, and why it is refused: the condition that fails first, or the reason for being stuck.
REFUSED = {
    "00-1-wrong": "wanted",
    "00-1-wrong-anew": "same",
    "00-2-wrong": None,
    "15-1-wrong": "orphan",
    "15-2-wrong": "fewest",
    "15-3-wrong": "starting",
    "15-3-wrong-first": "stopped",
    "15-4-wrong": "revision",
    "15-5-wrong": "lost",
    "15-5-wrong-two-labels": "adopted",
}


@pytest.fixture
def begun(monkeypatch, tmp_path):
    """Open the lesson of an exercise and set its scene; return the lesson."""
    monkeypatch.chdir(ROOT / "assets")

    def begin(name, language="en"):
        lesson = Lesson(name[:2], language, progress=Progress(Say(language), tmp_path / "progress.json"))
        if lesson.chapter.exercises[name].start:
            lesson.start(name)
        return lesson

    return begin


def play(solution, lesson):
    """Run the file *solution* as a learner would run its lines in a cell."""
    source = (SOLUTIONS / f"{solution}.py").read_text(encoding="utf-8")
    exec(compile(source, solution, "exec"), {"lesson": lesson, "lab": lesson.lab})


def test_every_exercise_has_a_solution_and_a_wrong_one():
    files = {path.stem for path in SOLUTIONS.glob("*.py")}
    assert files == {*EXERCISES, *REFUSED}
    assert {name[:4] for name in REFUSED} == set(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes_and_before_it_nothing_was_started(name, begun):
    lesson = begun(name)
    before = lesson.check(name)
    assert before.status is Status.NOT_STARTED, before
    play(name, lesson)
    result = lesson.check(name)
    assert result.passed, result
    assert lesson.progress.is_passed(name)


@pytest.mark.parametrize("solution", REFUSED)
def test_the_wrong_solution_is_refused_with_the_failing_condition_named(solution, begun):
    name = solution[:4]
    lesson = begun(name)
    play(solution, lesson)
    result = lesson.check(name)
    assert result.status in (Status.NOT_YET, Status.STUCK), result
    assert result.sentence and not lesson.progress.is_passed(name)
    if name not in JUDGES:
        return
    verdict = JUDGES[name](lesson.lab)
    assert not isinstance(verdict, NotStarted)
    assert (verdict.reason if isinstance(verdict, Stuck) else first_failing(verdict)) == REFUSED[solution], result


@pytest.mark.parametrize("name", [name for name in EXERCISES if name in JUDGES])
def test_an_exercise_can_be_begun_anew_and_then_solved(name, begun):
    lesson = begun(name)
    wrong = next(solution for solution in REFUSED if solution.startswith(f"{name}-"))
    play(wrong, lesson)
    lesson.start(name)
    assert lesson.check(name).status is Status.NOT_STARTED, lesson.check(name)
    play(name, lesson)
    assert lesson.check(name).passed, lesson.check(name)


def test_results_speak_the_learners_language(begun):
    lesson = begun("15-1", "zh")
    assert repr(lesson.check("15-1")) == "15-1  还没开始：`web` 的 3 个 Pod 都还是开头那几个。"
