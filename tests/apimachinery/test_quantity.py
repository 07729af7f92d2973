"""Quantities: exact, and canonical as the API server stores them (cases of resource/quantity_test.go)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slab.apimachinery import quantity


@pytest.mark.parametrize(
    ("text", "canonical", "millis", "value"),
    [
        ("0", "0", 0, 0),
        ("0.5", "500m", 500, 1),
        ("100m", "100m", 100, 1),
        ("1500m", "1500m", 1500, 2),
        ("2", "2", 2000, 2),
        ("3000", "3k", 3_000_000, 3000),
        ("1.5Gi", "1536Mi", 1_610_612_736_000, 1_610_612_736),
        ("1024Mi", "1Gi", 1_073_741_824_000, 1_073_741_824),
        ("2000Ki", "2000Ki", 2_048_000_000, 2_048_000),
        ("0.1Ki", "102400m", 102_400, 103),
        ("1e3", "1e3", 1_000_000, 1000),
        ("12e6", "12e6", 12_000_000_000, 12_000_000),
        ("1E", "1E", 10**21, 10**18),
        (".5", "500m", 500, 1),
        ("-1", "-1", -1000, -1),
        ("-1500m", "-1500m", -1500, -2),
        ("0.0000000001", "1n", 1, 1),
        ("1.0001m", "1000100n", 2, 1),
        (4, "4", 4000, 4),
        (0.25, "250m", 250, 1),
    ],
)
def test_a_quantity_is_read_exactly_and_written_canonically(text, canonical, millis, value):
    assert quantity.canonical(text) == canonical
    assert quantity.millis(text) == millis
    assert quantity.value(text) == value


@pytest.mark.parametrize("text", ["", "x", "1x", "1 Gi", "Gi", "1.2.3"])
def test_what_is_no_quantity_is_refused_in_upstreams_words(text):
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        quantity.parse(text)


@pytest.mark.parametrize("text", ["1e", "1Kii", "1ki"])
def test_a_suffix_that_does_not_exist_is_refused(text):
    with pytest.raises(ValueError, match="unable to parse quantity's suffix"):
        quantity.parse(text)


def test_sums_keep_the_form_of_the_first_amount():
    assert str(quantity.parse("1Gi") + quantity.parse("512Mi")) == "1536Mi"
    assert str(quantity.parse("100m") + quantity.parse("0.9")) == "1"
    assert str(quantity.ZERO + quantity.parse("1Gi")) == "1Gi"
    assert quantity.parse("1000Mi") < quantity.parse("1Gi")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi", "u", "n", "e3"]))
def test_the_canonical_form_means_the_same_and_stays_as_it_is(number, suffix):
    parsed = quantity.parse(f"{number}{suffix}")
    again = quantity.parse(str(parsed))
    assert again.amount == parsed.amount
    assert str(again) == str(parsed)
