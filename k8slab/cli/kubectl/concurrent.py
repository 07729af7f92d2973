"""Several parts of a verb at the same time, where kubectl uses goroutines: each goes on until it sleeps, then the next one runs."""

from __future__ import annotations

from typing import Any, TypeVar

from k8slab.cli.seam import Read, Sleep, Steps

T = TypeVar("T")


def concurrently(parts: list[Steps[T]]) -> Steps[list[T]]:
    """Run *parts* side by side; return their results in their order. A part may sleep but not read a stream."""
    results: dict[int, T] = {}
    wake_at = dict.fromkeys(range(len(parts)), 0.0)
    now = 0.0
    while wake_at:
        index = min(wake_at, key=lambda i: (wake_at[i], i))
        if wake_at[index] > now:
            yield Sleep(wake_at[index] - now)
            now = wake_at[index]
        answer: Any = None
        try:
            while True:
                step = parts[index].send(answer)
                if isinstance(step, Sleep):
                    wake_at[index] = now + step.seconds
                    break
                if isinstance(step, Read):
                    raise TypeError("a concurrent part of a verb cannot read a stream")
                answer = yield step
        except StopIteration as stop:
            results[index] = stop.value
            del wake_at[index]
    return [results[index] for index in range(len(parts))]
