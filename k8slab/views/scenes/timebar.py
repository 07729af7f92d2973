"""The time bar: every revision that etcd still has, and on it the marks of what the learner did.

Going back in time means reading an older revision; nothing is undone by looking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from k8slab.sim.inspect import Mark
from k8slab.sim.trace import Entry
from k8slab.views.words import ENGLISH, Words


def timebar_scene(
    *,
    oldest: int,
    newest: int,
    time_of: Callable[[int], float],
    revision: int | None = None,
    marks: Iterable[Mark] = (),
    now: float | None = None,
    writes: Iterable[Entry] = (),
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return ``{"oldest", "newest", "revision", "live", "time", "marks": [{"revision", "time", "text", "share"}], "writes": [sentence], "said"}``.

    *revision* None is the present, whose time is *now*; "share" is the place on the bar, 0 to 1. *writes*: what was
    written at that very moment (shown for the past only).
    """
    live = revision is None or revision >= newest
    shown = newest if live else max(oldest, revision or oldest)
    time = now if live and now is not None else time_of(shown)
    span = max(1, newest - oldest)
    placed = [
        {
            "revision": mark.revision,
            "time": round(mark.time, 3),
            "text": mark.text,
            "share": round((mark.revision - oldest) / span, 4),
        }
        for mark in marks
        if oldest <= mark.revision <= newest
    ]
    key = "timebar.live" if live else "timebar.past"
    return {
        "oldest": oldest,
        "newest": newest,
        "revision": shown,
        "live": live,
        "time": round(time, 3),
        "marks": placed,
        "writes": []
        if live
        else [words("timebar.write", who=one.who, action=one.action, object=one.object) for one in writes],
        "said": words(key, time=f"{time:.1f}", revision=shown, newest=newest),
    }
