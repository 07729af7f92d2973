"""Ages, names and schedules in upstream's words."""

import datetime as dt

import pytest

from k8slab.apimachinery import cron, durations, names

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-0.5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (9 * MINUTE + 59, "9m59s"),
        (10 * MINUTE + 30, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (7 * HOUR + 5 * MINUTE, "7h5m"),
        (47 * HOUR, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + 3 * HOUR, "2d3h"),
        (8 * DAY, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR + DAY, "2y1d"),
        (8 * YEAR, "8y"),
    ],
)
def test_an_age_has_at_most_two_units(seconds, text):
    assert durations.human_duration(seconds) == text


def test_an_unknown_time_is_said_to_be_unknown():
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert durations.since(None, now) == "<unknown>"
    assert durations.since("2025-12-31T23:59:00Z", now) == "60s"
    assert durations.short_human_duration(90 * MINUTE) == "1h"


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (names.dns1123_label, ("a", "web-1", "1a"), ("A", "-a", "a-", "a.b", "", "a" * 64)),
        (names.dns1123_subdomain, ("a.b-c.d", "1.2"), ("a..b", ".a", "a_b", "a" * 254)),
        (names.dns1035_label, ("a1",), ("1a", "a.b")),
        (names.qualified_name, ("a", "A_b.c", "example.com/x"), ("/x", "a/b/c", "Example.com/x", "-a", "x" * 64)),
        (names.label_value, ("", "a.b_c"), ("-a", "a b", "x" * 64)),
        (names.config_key, ("a.b", ".x", "A_b"), ("a b", ".", "..", "..x", "")),
        (names.env_var_name, ("A", "a b", "1"), ("a=b", "é", "")),
        (names.port_name, ("http", "a-1"), ("HTTP", "1", "a--b", "-a", "toolongportname16")),
        (names.percent, ("25%",), ("25", "%", "-1%")),
    ],
)
def test_names_are_let_through_or_explained(rule, good, bad):
    assert [name for name in good if rule(name)] == []
    assert [name for name in bad if not rule(name)] == []


def test_a_dot_in_a_label_is_called_a_dot():
    assert list(names.dns1123_label("has.dot")) == ["must not contain dots"]


@pytest.mark.parametrize(
    ("schedule", "now", "then"),
    [
        ("*/5 * * * *", "2026-01-01T00:00:30", "2026-01-01T00:05:00"),
        ("0 9 * * mon-fri", "2026-01-02T09:00:00", "2026-01-05T09:00:00"),
        ("0 0 13 * 5", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
        ("30 2 29 2 *", "2026-03-01T00:00:00", "2028-02-29T02:30:00"),
        ("@monthly", "2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        ("5/15 * * * *", "2026-01-01T00:06:00", "2026-01-01T00:20:00"),
        ("@every 90s", "2026-01-01T00:00:00", "2026-01-01T00:01:30"),
    ],
)
def test_a_schedule_tells_its_next_time(schedule, now, then):
    assert cron.parse(schedule).next_after(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(then)


def test_a_day_that_never_comes_is_not_waited_for():
    assert cron.parse("0 0 31 2 *").next_after(dt.datetime(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("61 * * * *", "end of range (61) above maximum (59): 61"),
        ("* * *", "expected exactly 5 fields, found 3: [* * *]"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("@never", "unrecognized descriptor: @never"),
        ("", "empty spec string"),
    ],
)
def test_a_schedule_that_is_none_is_refused(schedule, message):
    with pytest.raises(ValueError) as refused:
        cron.parse(schedule)
    assert str(refused.value) == message
