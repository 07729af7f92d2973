"""The line of requests under a rollout: a stand-in, computed from the states of Pods, until there is a network to send over.

It assumes a steady stream spread in turn over the Pods that a Service would list, and three things that go wrong in earnest:
nobody is listed; a Pod is told to go and stops listening before everybody has heard of it; a Pod counts as Ready from its
first second (no readiness probe) while the application in it still starts.
Left out: everything that needs packets. The real line comes with the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from k8slab.views.scenes import pod as pod_scene
from k8slab.views.words import ENGLISH, Words

#: How long senders still choose a Pod that has been told to go: the news passes controller, API server and node rules.
NEWS_SECONDS = 1.0
PER_SECOND = 10
NOBODY, STOPPED, STARTING = "nobody", "stopped", "starting"


def stand_in_requests(
    rows: Sequence[Mapping[str, Any]], *, start: float, end: float, bucket_seconds: float = 0.5, words: Words = ENGLISH
) -> dict[str, Any]:
    """Return ``{"buckets": [{"time", "ok", "failed", "why"}], "ok", "failed", "caption", "said"}`` for the *rows* of a rollout scene."""
    pods = [_Answering(one, start, end) for row in rows for one in row["pods"]]
    buckets: list[dict[str, Any]] = []
    gap = 1 / PER_SECOND
    total = int((end - start) * PER_SECOND + 1e-6)
    for number in range(total):
        time = start + number * gap
        listed = [pod for pod in pods if pod.is_listed(time)]
        why = listed[number % len(listed)].refuses(time) if listed else NOBODY
        bucket = round(start + bucket_seconds * int(number * gap / bucket_seconds + 1e-9), 3)
        if not buckets or buckets[-1]["time"] != bucket:
            buckets.append({"time": bucket, "ok": 0, "failed": 0, "why": ""})
        buckets[-1]["failed" if why else "ok"] += 1
        buckets[-1]["why"] = buckets[-1]["why"] or why
    failed = sum(bucket["failed"] for bucket in buckets)
    return {
        "buckets": buckets,
        "bucket_seconds": bucket_seconds,
        "ok": total - failed,
        "failed": failed,
        "caption": words("requests.caption"),
        "said": words("requests.said", total=total, failed=failed),
    }


class _Answering:
    """When one Pod is listed, and when it answers."""

    def __init__(self, pod: Mapping[str, Any], start: float, end: float) -> None:
        self.ready = [(one["from"], one["to"]) for one in pod["segments"] if one["state"] == pod_scene.READY]
        self.answers_from = 0.0
        if self.ready and self.ready[0][0] > start:  # who was ready before the record began has started long ago
            self.answers_from = self.ready[0][0] + pod.get("start_up", 0.0)
        gone = pod["segments"][-1]["to"]
        leaves = [one["from"] for one in pod["segments"] if one["state"] == pod_scene.TERMINATING] or [gone]
        #: When it was told to go, if that was news to the senders.
        self.told = leaves[0] if self.ready and self.ready[-1][1] == leaves[0] and leaves[0] < end else None
        self.stops = gone

    def is_listed(self, time: float) -> bool:
        """Whether a sender may choose the Pod."""
        if self.told is not None and self.told <= time < self.told + NEWS_SECONDS:
            return True
        return any(first <= time < last for first, last in self.ready)

    def refuses(self, time: float) -> str:
        """Return why a request to the Pod fails, or ""."""
        if self.told is not None and time >= self.stops:
            return STOPPED
        return STARTING if time < self.answers_from else ""
