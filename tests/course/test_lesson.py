"""A lesson: results, hints that fit the state and say more each time, solutions, answers, and its misuse."""

from pathlib import Path

import pytest

import k8slab
from k8slab.course.content import Say
from k8slab.course.lesson import Lesson, assets_folder
from k8slab.course.progress import Progress
from k8slab.course.verdict import Status
from k8slab.sim.errors import LabError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lesson(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT / "assets")
    return Lesson("15", progress=Progress(Say("en"), tmp_path / "progress.json"))


@pytest.fixture
def start_page(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT / "assets")
    return Lesson("00", progress=Progress(Say("en"), tmp_path / "progress.json"))


def test_opening_a_lesson_goes_to_the_assets_wherever_the_notebook_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("K8SLAB_PROGRESS", str(tmp_path / "progress.json"))
    for folder in ("notebooks", "notebooks/zh"):
        (ROOT / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(ROOT / folder)
        assert repr(k8slab.lesson("15", language="zh")) == "第 15 课：ReplicaSet 与 Deployment"
        assert Path.cwd() == ROOT / "assets" and Path("manifests/15-web.yaml").exists()
    monkeypatch.chdir(tmp_path)
    assert assets_folder() == ROOT / "assets"


def test_two_lessons_have_two_labs_and_the_same_lesson_does_the_same(lesson, tmp_path):
    other = Lesson("15", progress=lesson.progress)
    for one in (lesson, other):
        one.lab.kubectl("apply -f manifests/15-web.yaml")
        one.lab.run(5)
    assert lesson.lab is not other.lab and lesson.lab.trace.text() == other.lab.trace.text()


def test_hints_say_more_each_time_and_start_over_for_the_next_condition(lesson):
    lesson.start("15-1")
    titles = [lesson.hint("15-1").title for _ in range(4)]
    assert titles == ["Hint 1 of 3 for 15-1", "Hint 2 of 3 for 15-1", "Hint 3 of 3 for 15-1", "Hint 3 of 3 for 15-1"]
    pod = lesson.lab.kubectl("get pods -l app=web -o name").stdout.split()[0]
    lesson.lab.kubectl(f"label {pod} app=debug --overwrite")
    lesson.lab.run(0.2)
    result = lesson.check("15-1")
    assert result.status is Status.NOT_YET and "owns 2 ready Pods, not 3" in result.sentence
    hint = lesson.hint("15-1")
    assert hint.title == "Hint 1 of 3 for 15-1" and "Has time passed" in hint.text
    lesson.lab.run(10)
    assert lesson.check("15-1").passed
    assert "nothing is left" in str(lesson.hint("15-1"))


def test_when_it_has_become_impossible_check_and_hint_say_how_to_begin_anew(lesson):
    lesson.start("15-4")
    lesson.lab.kubectl("delete deployment news")
    result = lesson.check("15-4")
    assert result.status is Status.STUCK and 'lesson.start("15-4")' in result.sentence
    assert 'lesson.start("15-4")' in lesson.hint("15-4").text


def test_a_bound_that_was_broken_once_can_be_kept_the_next_time(lesson):
    lesson.start("15-2")
    lesson.lab.kubectl("set image deployment/shop web=nginx:1.28")
    lesson.lab.kubectl("rollout status deployment/shop")
    broken = lesson.check("15-2")
    assert broken.status is Status.NOT_YET and "Pods were ready, not 9" in broken.sentence
    strategy = "spec: {strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}}"
    lesson.lab.kubectl(["patch", "deployment", "shop", "--patch", strategy])
    lesson.lab.kubectl("set image deployment/shop web=nginx:1.29")
    lesson.lab.kubectl("rollout status deployment/shop")
    assert lesson.check("15-2").passed, lesson.check("15-2")


def test_two_updates_are_one_update_too_few_requests_are_not_enough(lesson):
    lesson.start("15-3")
    lesson.lab.kubectl("apply -f manifests/15-3-pay-polite.yaml")
    lesson.lab.kubectl("rollout status deployment/pay")
    lesson.lab.run(30)
    lesson.lab.kubectl("set image deployment/pay web=nginx:1.28")
    lesson.lab.kubectl("rollout status deployment/pay")
    result = lesson.check("15-3")
    assert result.status is Status.NOT_YET and "of 10 000 requests have been sent" in result.sentence, result


def test_recreate_leaves_requests_without_anybody(lesson):
    lesson.start("15-3")
    strategy = '{"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}'
    lesson.lab.kubectl(["patch", "deployment", "pay", "--patch", strategy])
    lesson.lab.kubectl("set image deployment/pay web=nginx:1.28")
    lesson.lab.run(60)
    lines = {line.text: line.passed for line in lesson.check("15-3").lines}
    assert any("found no ready Pod at all" in text for text, passed in lines.items() if not passed)


def test_answers_are_judged_and_predictions_are_noted(start_page):
    assert start_page.check("00-2").status is Status.NOT_STARTED
    wrong = start_page.answer("00-2", "kubelet")
    assert wrong.status is Status.NOT_YET and "never makes a Pod" in wrong.sentence
    assert start_page.answer("00-2", "c").passed and start_page.progress.is_passed("00-2")
    assert "Nobody judges a prediction" in str(start_page.answer("00-predict", "a"))
    assert start_page.progress.answer("00-predict") == "a"


def test_the_solution_shows_its_commands(lesson):
    shown = str(lesson.solution("15-4"))
    assert "rollout undo deployment/news" in shown and shown.startswith("One solution of 15-4")


def test_the_glossary_gives_both_languages(lesson, start_page):
    assert "`maxSurge` 最大超出数:" in str(lesson.glossary()) and "`Pod`" not in str(lesson.glossary())
    assert str(start_page.glossary("Pod")).splitlines()[1].startswith("`Pod` Pod（不译）:")


@pytest.mark.parametrize(
    ("misuse", "complaint"),
    [
        (lambda lesson: lesson.check("15-9"), "has no exercise '15-9'; it has: 15-1, 15-2"),
        (lambda lesson: lesson.answer("15-1", "a"), "is done in the lab, not answered"),
        (lambda lesson: lesson.glossary("pods"), "the glossary does not have pods"),
        (lambda lesson: Lesson("42"), "there is no chapter '42' yet; there are: 00, 15"),
        (lambda lesson: Lesson("15", "fr"), 'speaks "en" or "zh"'),
    ],
)
def test_misuse_is_told_what_to_do_instead(lesson, misuse, complaint):
    with pytest.raises(LabError, match=complaint):
        misuse(lesson)
