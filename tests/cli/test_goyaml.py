"""YAML in the hand of Go's tools. What is expected here was printed by the real kubectl."""

import json
import random

import pytest
import yaml

from k8slab.cli import goyaml


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain words", "plain words"),
        ("", '""'),
        ("n", '"n"'),
        ("yes", '"yes"'),
        ("null", '"null"'),
        ("1", '"1"'),
        ("1.5", '"1.5"'),
        ("1e3", '"1e3"'),
        ("0x1F", '"0x1F"'),
        ("1_000", '"1_000"'),
        ("5m", "5m"),
        ("12:30", '"12:30"'),
        ("2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z"'),
        (".inf", '".inf"'),
        ("<<", "<<"),
        ("* * * * *", "'* * * * *'"),
        ("it's", "it's"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"),
        ("- x", "'- x'"),
        ("-x", "-x"),
        (" lead", "' lead'"),
        ('{"a":1}', "'{\"a\":1}'"),
        ("tab\tinside", '"tab\\tinside"'),
        ("bell\x07", '"bell\\a"'),
        ("a\nb", "|-\n  a\n  b"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\n\n", "|+\n  a\n"),
        (" a\nb", "|2-\n   a\n  b"),
        ("trailing \nblank", '"trailing \\nblank"'),
        (True, "true"),
        (None, "null"),
        (0.5, "0.5"),
        (3.0, "3"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_a_value_is_quoted_only_where_it_would_mean_something_else(value, expected):
    assert goyaml.dump({"k": value}) == f"k: {expected}\n"


def test_sequences_stand_below_their_key_without_indentation():
    assert goyaml.dump({"a": [{"x": 1, "y": [1, [2, 3]]}, "z"]}) == (
        'a:\n- x: 1\n  "y":\n  - 1\n  - - 2\n    - 3\n- z\n'
    )


def test_keys_are_ordered_by_letters_and_by_the_numbers_in_them():
    keys = ["b", "a10", "a2", "a", "a-b", "a.b", "B", "aa"]
    assert [line[:-3] for line in goyaml.dump(dict.fromkeys(keys, 1)).splitlines()] == [
        "B", "a", "a-b", "a.b", "a2", "a10", "aa", "b",
    ]  # fmt: skip


def test_a_long_line_is_broken_at_the_first_blank_after_eighty_columns():
    text = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No victims"
    assert goyaml.dump({"conditions": [{"message": text}]}) == (
        "conditions:\n"
        "- message: '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are\n"
        "    available: 3 No victims'\n"
    )


def test_what_is_written_can_be_read_again():
    """A reader of YAML 1.1 gets every string back as the string that it was."""
    dice = random.Random(3)
    words = ["a", "b c", "'", '"', ": ", " #", "- ", "\n", "\t", "1", "yes", "é", "~", "{", "]", "|", ">", "%", "\\"]
    data = {f"k{i}": "".join(dice.choices(words, k=dice.randint(0, 12))) for i in range(300)}
    assert yaml.safe_load(goyaml.dump(data)) == json.loads(json.dumps(data))
