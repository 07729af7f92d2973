"""Differences as ``diff -u`` prints them (expected: GNU diff)."""

import pytest

from k8slab.cli.kubectl.udiff import unified


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", "abc", []),
        ("", "ab", ["@@ -0,0 +1,2 @@", "+a", "+b"]),
        ("ab", "", ["@@ -1,2 +0,0 @@", "-a", "-b"]),
        ("abcdefgh", "abcXefgh", ["@@ -1,7 +1,7 @@", " a", " b", " c", "-d", "+X", " e", " f", " g"]),
        ("0hh3", "0zh3", ["@@ -1,4 +1,4 @@", " 0", "-h", "+z", " h", " 3"]),
        (
            "a123456789b",
            "A123456789B",
            ["@@ -1,4 +1,4 @@", "-a", "+A", " 1", " 2", " 3", "@@ -8,4 +8,4 @@", " 7", " 8", " 9", "-b", "+B"],
        ),
        ("a12345b", "A12345B", ["@@ -1,7 +1,7 @@", "-a", "+A", " 1", " 2", " 3", " 4", " 5", "-b", "+B"]),
    ],
)
def test_the_fewest_lines_change_with_three_lines_around(old, new, expected):
    assert unified(list(old), list(new)) == expected
