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
    rows: Sequence[Mapping[str, Any]],
    *,
    start: float,
    end: float,
    grace_seconds: float = 30,
    start_up_seconds: float = 0,
    probed: bool = True,
    bucket_seconds: float = 0.5,
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return ``{"buckets": [{"time", "ok", "failed", "why"}], "ok", "failed", "caption", "said"}`` for the *rows* of a rollout scene.

    *grace_seconds*: how long a Pod goes on listening after it was told to go. *start_up_seconds* matter where Pods are not
    *probed*: they are listed at once and answer only after that time.
    """
    pods = [_Answering(one, grace_seconds, 0 if probed else start_up_seconds) for row in rows for one in row["pods"]]
    buckets: list[dict[str, Any]] = []
    gap = 1 / PER_SECOND
    total = int((end - start) * PER_SECOND)
    for number in range(total):
        time = start + number * gap
        listed = [pod for pod in pods if pod.is_listed(time)]
        why = listed[number % len(listed)].refuses(time) if listed else NOBODY
        bucket = start + bucket_seconds * int(number * gap / bucket_seconds + 1e-9)
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

    def __init__(self, pod: Mapping[str, Any], grace_seconds: float, start_up_seconds: float) -> None:
        ready = [segment for segment in pod["segments"] if segment["state"] == pod_scene.READY]
        self.ready = [(segment["from"], segment["to"]) for segment in ready]
        self.answers_from = ready[0]["from"] + start_up_seconds if ready else 0.0
        leaving = [segment["from"] for segment in pod["segments"] if segment["state"] == pod_scene.TERMINATING]
        gone = pod["segments"][-1]["to"]
        self.told = leaving[0] if leaving and ready and ready[-1]["to"] == leaving[0] else None
        self.stops = min(gone, self.told + grace_seconds) if self.told is not None else gone

    def is_listed(self, time: float) -> bool:
        if self.told is not None and self.told <= time < self.told + NEWS_SECONDS:
            return True
        return any(first <= time < last for first, last in self.ready)

    def refuses(self, time: float) -> str:
        if self.told is not None and time >= self.stops:
            return STOPPED
        return STARTING if time < self.answers_from else ""
