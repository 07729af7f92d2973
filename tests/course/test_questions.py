"""Answers are understood as a learner gives them: a letter, a number, or the words."""

import pytest

from k8slab.course import content
from k8slab.course.content import Say
from k8slab.course.questions import choice_of, question_scene
from k8slab.sim.errors import LabError


@pytest.fixture
def who_noticed():
    return content.chapter("00").exercises["00-2"].question


@pytest.mark.parametrize(
    "answer",
    [
        "c",
        "C)",
        3,
        "the ReplicaSet controller",
        "ReplicaSet",
        "replicaset-controller",
        "replicaset controller",
        "ReplicaSet 控制器",
        "副本集控制器",
    ],
)
def test_every_way_to_say_it_counts(who_noticed, answer):
    assert choice_of(who_noticed, answer) == who_noticed.right == 2


@pytest.mark.parametrize("answer", ["z", "", 0, 5, "etcd", None])
def test_what_is_no_choice_is_refused_with_the_choices(who_noticed, answer):
    with pytest.raises(LabError, match=r"is none of the choices.*c\) the ReplicaSet controller"):
        choice_of(who_noticed, answer)


def test_a_prediction_is_noted_and_not_judged(who_noticed):
    scene = question_scene(who_noticed, 0, Say("en"), judged=False)
    assert scene["right"] is None and scene["because"].startswith("Noted.")
    assert question_scene(who_noticed, 0, Say("en"))["right"] is False
    assert question_scene(who_noticed, None, Say("zh"))["because"] == ""
