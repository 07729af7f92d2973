"""Cron schedules: ``*/5 * * * *``, ``0 9 * * mon-fri``, ``@daily``.

Models robfig/cron's ParseStandard and SpecSchedule.Next, whose words the API server repeats. Left out: ``@every`` with parts
of a second.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from k8slab.apimachinery import gojson

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
#: (lowest, highest, names and their numbers) of minute, hour, day of month, month, day of week.
_BOUNDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: index + 1 for index, name in enumerate(_MONTHS)}),
    (0, 6, {name: index for index, name in enumerate(_DAYS)}),
)
_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_UNITS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes at which something happens; *any_day* tells which of the two day fields is a star."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    every_seconds: int = 0

    def next_after(self, moment: dt.datetime) -> dt.datetime | None:
        """Return the first time after *moment*, in its time zone; None if there is none within five years."""
        if self.every_seconds:
            return moment.replace(microsecond=0) + dt.timedelta(seconds=self.every_seconds)
        time = moment.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
        limit = time.year + 5
        while time.year <= limit:
            if time.month not in self.months:
                year, month = divmod(time.year * 12 + time.month, 12)
                time = time.replace(year=year, month=month + 1, day=1, hour=0, minute=0)
            elif not self._on_day(time):
                time = (time + dt.timedelta(days=1)).replace(hour=0, minute=0)
            elif time.hour not in self.hours:
                time = (time + dt.timedelta(hours=1)).replace(minute=0)
            elif time.minute not in self.minutes:
                time += dt.timedelta(minutes=1)
            else:
                return time
        return None

    def _on_day(self, time: dt.datetime) -> bool:
        on_day, on_weekday = time.day in self.days, (time.isoweekday() % 7) in self.weekdays
        if self.any_day or self.any_weekday:
            return on_day and on_weekday
        return on_day or on_weekday  # both given: either will do


def parse(text: str) -> Schedule:
    """Return the schedule written as *text*. Raises ValueError in upstream's words."""
    if not text:
        raise ValueError("empty spec string")
    if text.startswith("@"):
        return _descriptor(text)
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    sets = [_field(field, *bounds) for field, bounds in zip(fields, _BOUNDS)]
    stars = [any(part[0] in "*?" for part in field.split(",")) for field in fields]
    return Schedule(sets[0], sets[1], sets[2], sets[3], sets[4], any_day=stars[2], any_weekday=stars[4])


def _descriptor(text: str) -> Schedule:
    if text in _DESCRIPTORS:
        return parse(_DESCRIPTORS[text])
    if text.startswith("@every "):
        duration = text.removeprefix("@every ")
        parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", duration)
        if not parts or "".join(number + unit for number, unit in parts) != duration:
            raise ValueError(f"failed to parse duration {text}: time: invalid duration {gojson.quote(duration)}")
        seconds = int(sum(float(number) * _UNITS[unit] for number, unit in parts))
        never = frozenset[int]()
        return Schedule(never, never, never, never, never, True, True, every_seconds=max(1, seconds))
    raise ValueError(f"unrecognized descriptor: {text}")


def _field(field: str, low: int, high: int, words: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for expression in field.split(","):
        found |= _range(expression, low, high, words)
    return frozenset(found)


def _range(expression: str, low: int, high: int, words: dict[str, int]) -> set[int]:
    parts = expression.split("/")
    ends = parts[0].split("-")
    single = len(ends) == 1
    if ends[0] in ("*", "?"):
        start, end = low, high
    else:
        start = _number(ends[0], words)
        if single:
            end = start
        elif len(ends) == 2:
            end = _number(ends[1], words)
        else:
            raise ValueError(f"too many hyphens: {expression}")
    step = 1
    if len(parts) == 2:
        step = _number(parts[1], {})
        if single and ends[0] not in ("*", "?"):
            end = high  # 5/15 means from 5 on, every 15
    elif len(parts) > 2:
        raise ValueError(f"too many slashes: {expression}")
    if start < low:
        raise ValueError(f"beginning of range ({start}) below minimum ({low}): {expression}")
    if end > high:
        raise ValueError(f"end of range ({end}) above maximum ({high}): {expression}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {expression}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {expression}")
    return set(range(start, end + 1, step))


def _number(text: str, words: dict[str, int]) -> int:
    if text.lower() in words:
        return words[text.lower()]
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError(f"failed to parse int from {text}: strconv.Atoi: parsing {gojson.quote(text)}: invalid syntax")
    if int(text) < 0:
        raise ValueError(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)
