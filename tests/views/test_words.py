"""What views say: every sentence in both languages, with the same fields, and none that a module asks for is missing."""

from __future__ import annotations

import re
import string

import pytest

from k8slab.sim.errors import LabError
from k8slab.views import tokens
from k8slab.views.widgets import board, events, inspector, ownership, theatre
from k8slab.views.words import LANGUAGES, Words, _table

WIDGETS = [
    board.ClusterBoard,
    theatre.RolloutTheatre,
    ownership.OwnershipGraph,
    events.EventStream,
    inspector.ObjectInspector,
]


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(_table()))
def test_both_languages_say_it_with_the_same_fields(key):
    sentences = _table()[key]
    assert sorted(sentences) == sorted(LANGUAGES)
    assert fields(sentences["en"]) == fields(sentences["zh"])
    assert all(text.strip() for text in sentences.values())


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_a_widget_is_given_every_sentence_that_its_module_asks_for(widget):
    """Keys that the module puts together (`state.${…}`) are checked by their group."""
    module = str(widget._esm)
    asked = set(re.findall(r'say\(model, "([a-z0-9. -]+)"', module)) | set(
        re.findall(r'frame\(root, model, "([a-z.]+)"', module)
    )
    groups = {key.split(".")[0] for key in asked} | {
        group for group, _ in re.findall(r"say\(model, `([a-z]+)\.(\$)", module)
    }
    assert asked <= set(_table())
    assert groups <= set(widget.spoken)


def test_a_count_reads_as_people_count():
    assert Words("en").count(1, "Pod") == "1 Pod"
    assert Words("en").count(2, "ReplicaSet") == "2 ReplicaSets"
    assert Words("en").count(2, "Ingress") == "2 Ingresses"
    assert Words("zh").count(2, "Pod") == "2 个 Pod"


def test_a_language_that_views_do_not_speak_is_refused_with_what_to_do():
    with pytest.raises(LabError, match="views speak en and zh, not 'de'"):
        Words("de")


def test_modules_load_nothing_from_a_network():
    for path in sorted(tokens.STATIC.iterdir()):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|\bfetch\(|XMLHttpRequest|\bimport\s*\(", text), path.name
