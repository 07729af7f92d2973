"""Field selectors."""

import pytest

from k8slab.apimachinery import fields

RUNNING = {"status.phase": "Running", "spec.nodeName": "node-1"}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("status.phase=Running", True),
        ("status.phase==Running,spec.nodeName!=node-2", True),
        ("status.phase!=Running", False),
        ("spec.nodeName=", False),
        ("metadata.name=", True),
    ],
)
def test_a_field_selector_compares_text(text, selected):
    assert fields.parse(text).matches(RUNNING) is selected


def test_requirements_come_sorted_by_path():
    selector = fields.parse("b!=2,a==1")
    assert list(selector.requirements) == [("a", "=", "1"), ("b", "!=", "2")]
    assert str(selector) == "a=1,b!=2"
    assert selector.exact("a") == "1"
    assert selector.exact("b") is None


def test_commas_and_equals_signs_may_be_escaped():
    selector = fields.parse(r"metadata.name=a\,b\=c")
    assert selector.exact("metadata.name") == "a,b=c"
    assert str(selector) == r"metadata.name=a\,b\=c"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'"),
        ("a=b=c", "invalid field selector: unescaped character in value: '='"),
        ("a=b\\x", 'invalid field selector: invalid escape sequence: "\\\\x"'),
    ],
)
def test_a_malformed_field_selector_is_refused(text, message):
    with pytest.raises(ValueError) as refused:
        fields.parse(text)
    assert str(refused.value) == message
