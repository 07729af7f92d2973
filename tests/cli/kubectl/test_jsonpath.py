"""JSONPath templates; what is expected was printed by the real kubectl."""

import pytest

from k8slab.cli.kubectl.jsonpath import JSONPath, JSONPathError, relaxed

DATA = {
    "kind": "List",
    "items": [
        {"metadata": {"name": "a", "labels": {"x.y/z": "1"}}, "n": 1, "ok": True, "l": [1, 2, 3]},
        {"metadata": {"name": "b"}, "n": 2, "ok": False},
    ],
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{.items[*].metadata.name}", "a b"),
        ('{range .items[*]}{.metadata.name}{"\\t"}{.n}{"\\n"}{end}', "a\t1\nb\t2\n"),
        ("{range .items[*]}{range .l[*]}{@},{end};{end}", "1,2,3,;;"),
        ("{.items[?(@.n>1)].metadata.name}", "b"),
        ('{.items[?(@.metadata.name=="a")].n}', "1"),
        ('{.items[?(@.metadata.name!="a")].n}', "2"),
        ("{.items[?(@.l)].n}", "1"),
        ("{..name}", "a b"),
        ("{.items[0].metadata.labels.x\\.y/z}", "1"),
        ("{.items[0].metadata.labels['x\\.y/z']}", "1"),
        ("{.items[0]['metadata','n']}", '{"labels":{"x.y/z":"1"},"name":"a"} 1'),
        ("{.items[-1:].n}", "2"),
        ("{.items[-1].n}", "2"),
        ("{.items[0].l[0:3:2]}", "1 3"),
        ("{.items[0].l}", "[1,2,3]"),
        ("{.items[*].ok}", "true false"),
        ("{.foo}x{.kind}", "xList"),
        ("{$.kind} of {@.items[0].n}", "List of 1"),
        ("{'single'}{\"\\u00e9\"}", "singleé"),
        ("no braces", "no braces"),
        ("{1}{2.5}{true}", "12.5true"),
    ],
)
def test_a_template_prints(template, expected):
    assert JSONPath(template).print(DATA) == expected


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{.items", "unclosed action"),
        ("{.items[a]}", "invalid array index a"),
        ("{.items[0", "unterminated array"),
        ("{.items[?(@.n", "unterminated filter"),
        ("{#}", "unrecognized character in action: U+0023 '#'"),
        ('{"a}', "unterminated quoted string"),
        ("{....x}", "invalid multiple recursive descent"),
        ("{.items[5]}", "array index out of bounds: index 5, length 2"),
        ("{.kind[0]}", "string is not array or slice"),
        ("{.items[1:0]}", "starting index 1 is greater than ending index 0"),
        ("{end}", "not in range, nothing to end"),
        ("{foo}", "unrecognized identifier foo"),
        ("{.items[?(@.metadata.name>1)]}", "incompatible types for comparison"),
    ],
)
def test_a_template_that_does_not_fit_is_refused(template, sentence):
    with pytest.raises(JSONPathError) as caught:
        JSONPath(template).print(DATA)
    assert str(caught.value) == sentence


def test_a_missing_key_is_an_error_only_if_asked_for():
    assert JSONPath("{.nope}").print(DATA) == ""
    with pytest.raises(JSONPathError, match="nope is not found"):
        JSONPath("{.nope}", allow_missing=False).print(DATA)


@pytest.mark.parametrize("path", [".a.b", "a.b", "{.a.b}", "{a.b}"])
def test_a_field_may_be_written_without_braces_and_dot(path):
    assert relaxed(path) == "{.a.b}"
