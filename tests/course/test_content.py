"""What a chapter says: every sentence in both languages, with the same fields, and nothing left over."""

import re
import string

import msgspec
import pytest

from k8slab.course import content
from k8slab.course.chapters import JUDGES
from k8slab.course.content import Condition, Text

FIELD = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts(value):
    """Return every `Text` inside *value*."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [text for name in value.__struct_fields__ for text in texts(getattr(value, name))]
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, (tuple, list)):
        return [text for one in value for text in texts(one)]
    return []


def all_texts():
    found = [*texts(dict(content.frame())), *texts(dict(content.glossary()))]
    for number in content.numbers():
        found += texts(content.chapter(number))
    return found


@pytest.mark.parametrize("text", all_texts(), ids=lambda text: text.en[:40])
def test_both_languages_fill_in_the_same_fields(text):
    fields = [{name for _, name, _, _ in string.Formatter().parse(one) if name} for one in (text.en, text.zh)]
    assert fields[0] == fields[1]
    assert text.say("en", **dict.fromkeys(fields[0], "x")) and text.say("zh", **dict.fromkeys(fields[0], "x"))


@pytest.mark.parametrize("text", all_texts(), ids=lambda text: text.en[:40])
def test_english_sentences_hold_no_chinese(text):
    assert not CHINESE.search(text.en)


def test_every_exercise_can_be_judged():
    done_in_the_lab = {
        name
        for number in content.numbers()
        for name, exercise in content.chapter(number).exercises.items()
        if not exercise.question
    }
    assert done_in_the_lab == set(JUDGES)


@pytest.mark.parametrize("number", content.numbers())
def test_every_exercise_done_in_the_lab_has_conditions_and_a_scene(number):
    for name, exercise in content.chapter(number).exercises.items():
        assert exercise.question or (exercise.conditions and exercise.start), name
        assert all(isinstance(one, Condition) for one in exercise.conditions.values())


@pytest.mark.parametrize("number", content.numbers())
def test_every_chapter_has_a_prediction_a_quiz_of_three_to_five_and_words(number):
    chapter = content.chapter(number)
    assert chapter.predictions
    assert 3 <= len(chapter.quiz) <= 5
    assert any(word.chapter == number for word in content.glossary().values())


def test_the_right_answer_is_not_always_in_the_same_place():
    for number in content.numbers():
        assert len({question.right for question in content.chapter(number).quiz}) > 1


def test_a_question_without_exactly_one_right_choice_is_refused():
    choice = {"text": {"en": "a", "zh": "a"}, "because": {"en": "b", "zh": "b"}}
    for choices in ([choice, choice], [{**choice, "right": True}] * 2):
        with pytest.raises(msgspec.ValidationError, match="exactly one choice must be right"):
            msgspec.convert({"text": {"en": "?", "zh": "?"}, "choices": choices}, content.Question)


def test_a_sentence_without_its_twin_is_refused():
    with pytest.raises(msgspec.ValidationError, match="zh"):
        msgspec.convert({"en": "alone"}, Text)
