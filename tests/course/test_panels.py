"""The panels: a click does what the call does, and every panel has its picture and its words."""

import base64
from pathlib import Path

import pytest

from k8slab.course.card import wrapped
from k8slab.course.content import Say
from k8slab.course.lesson import Lesson
from k8slab.course.progress import Progress
from k8slab.views import tokens

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def opened(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT / "assets")

    def open_lesson(number="15", language="en"):
        return Lesson(number, language, progress=Progress(Say(language), tmp_path / "progress.json"))

    return open_lesson


def click(panel, press, **more):
    panel._on_message(panel, {"press": press, **more}, [])
    return panel.scene


def test_check_hint_and_solution_by_click(opened):
    lesson = opened()
    lesson.start("15-1")
    panel = lesson.exercise("15-1")
    assert panel.scene["status"] == "not-started" and panel.scene["hint"] is None
    assert "SELECTOR" in click(panel, "hint")["hint"]["html"]
    assert "<pre>" in click(panel, "solution")["solution"]["html"]
    pod = lesson.lab.kubectl("get pods -l app=web -o name").stdout.split()[0]
    lesson.lab.kubectl(f"label {pod} app=debug --overwrite")
    lesson.lab.run(10)
    scene = click(panel, "check")
    assert scene["status"] == "passed" and [line["passed"] for line in scene["lines"]] == [True, True]


def test_an_answer_by_click_is_kept(opened):
    panel = opened("00").exercise("00-2")
    assert click(panel, "answer", choice="a")["status"] == "not-yet"
    assert click(panel, "answer", choice="c")["status"] == "passed"
    assert opened("00").exercise("00-2").scene["question"]["chosen"] == 2


def test_a_prediction_by_click_is_kept_and_not_judged(opened):
    lesson = opened()
    panel = lesson.predict("15-predict")
    (question,) = click(panel, "answer", question="15-predict", choice=1)["questions"]
    assert question["chosen"] == 1 and question["right"] is None and lesson.progress.answer("15-predict") == "b"


def test_the_quiz_says_at_once_what_is_right_and_keeps_the_score(opened):
    panel = opened().quiz()
    assert panel.scene["score"] == "0 of 5 right"
    scene = click(panel, "answer", question="1", choice=0)
    assert scene["questions"][0]["right"] is True and scene["score"] == "1 of 5 right"
    scene = click(panel, "answer", question="1", choice=1)
    assert scene["questions"][0]["right"] is False and scene["questions"][0]["because"]
    assert opened().quiz().scene["questions"][0]["chosen"] == 1


@pytest.mark.parametrize(
    "message",
    [
        {"press": "answer", "question": "9", "choice": 0},
        {"press": "answer", "question": "1", "choice": 9},
        {"press": "?"},
        {},
    ],
)
def test_a_message_that_means_nothing_changes_nothing(opened, message):
    panel = opened().quiz()
    before = panel.scene
    panel._on_message(panel, message, [])
    assert panel.scene == before


def test_what_a_learner_names_cannot_become_markup(opened):
    lesson = opened("00")
    panel = lesson.exercise("00-2")
    scene = click(panel, "answer", choice="<img src=x onerror=alert(1)>")
    assert "is none of the choices" in scene["trouble"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_panel_has_a_picture_html_and_words(opened, language):
    lesson = opened(language=language)
    for panel in (lesson.exercise("15-1"), lesson.predict("15-predict"), lesson.quiz()):
        bundle, metadata = panel._repr_mimebundle_()
        picture = bundle["image/png"]
        assert picture.startswith(b"\x89PNG") or base64.b64decode(picture).startswith(b"\x89PNG")
        assert metadata["image/png"]["width"] == tokens.FIGURE["width"]
        assert bundle["text/plain"] == repr(panel) and "object at 0x" not in repr(panel)
        assert bundle["text/html"].startswith("<")


def test_the_words_of_a_quiz_fold_its_answers_away(opened):
    panel = opened(language="zh").quiz()
    assert panel.html().count("<details>") == 5
    assert repr(panel).splitlines()[-1] == "答案：1 a, 2 b, 3 a, 4 b, 5 b"


def test_long_lines_are_parted_and_keep_their_indent():
    pieces = wrapped("  a) " + "word " * 60, 400)
    assert len(pieces) > 3 and all(piece.startswith("  ") for piece in pieces)
    assert " ".join(" ".join(pieces).split()) == ("a) " + "word " * 60).strip()
