"""Label selectors: what they select, and upstream's words for what they cannot be."""

import pytest
from lightkube.models.meta_v1 import LabelSelector, LabelSelectorRequirement

from k8slab.apimachinery import labels

WEB = {"app": "web", "tier": "front", "weight": "7"}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier!=back", True),
        ("app!=web", False),
        ("colour!=red", True),
        ("app in (db, web)", True),
        ("app notin (db,web)", False),
        ("colour notin (red)", True),
        ("tier", True),
        ("!tier", False),
        ("!colour", True),
        ("weight>6,weight<8", True),
        ("app>6", False),
        ("app in ()", False),
        ("in in (in)", False),
    ],
)
def test_a_selector_selects_by_all_its_requirements(text, selected):
    assert labels.parse(text).matches(WEB) is selected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a in (x", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("=x", "found '=', expected: !, identifier, or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
    ],
)
def test_a_malformed_selector_is_refused_in_upstreams_words(text, message):
    with pytest.raises(ValueError) as refused:
        labels.parse(text)
    assert str(refused.value) == message


def test_a_key_that_no_label_can_have_is_refused():
    with pytest.raises(ValueError, match="name part must consist of alphanumeric characters"):
        labels.parse("-bad=x")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("b=2,a=1", "a=1,b=2"),
        ("a in (z,y)", "a in (y,z)"),
        ("!x,y", "!x,y"),
        ("w>3", "w>3"),
        ("a!=b", "a!=b"),
    ],
)
def test_a_selector_is_written_sorted_by_key(text, shown):
    assert str(labels.parse(text)) == shown


def test_no_label_selector_selects_nothing_and_an_empty_one_everything():
    assert not labels.from_label_selector(None).matches(WEB)
    assert labels.from_label_selector(LabelSelector()).matches({})
    assert labels.from_label_selector({}).is_everything


def test_labels_and_expressions_must_all_hold():
    selector = LabelSelector(
        matchLabels={"app": "web"},
        matchExpressions=[LabelSelectorRequirement(key="tier", operator="NotIn", values=["back"])],
    )
    chosen = labels.from_label_selector(selector)
    assert chosen.matches(WEB)
    assert not chosen.matches({"app": "web", "tier": "back"})
    assert chosen.matches({"app": "web"})
    assert str(chosen) == "app in (web),tier notin (back)"


def test_an_unknown_operator_is_refused():
    with pytest.raises(ValueError, match='"Equals" is not a valid label selector operator'):
        labels.from_label_selector({"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["b"]}]})


def test_a_selector_cell_without_requirements_reads_none():
    assert labels.format_label_selector({}) == "<none>"
    assert labels.format_label_selector({"matchLabels": {"b": "2", "a": "1"}}) == "a=1,b=2"


def test_a_map_selects_objects_that_have_all_of_it():
    assert labels.from_map({"app": "web"}).matches(WEB)
    assert not labels.from_map({"app": "web", "x": "y"}).matches(WEB)
