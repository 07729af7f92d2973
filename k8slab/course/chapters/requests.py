"""Which of a Deployment's requests fail during an update: computed from the states of its Pods, until there is a network.

The same three faults as in the rollout theatre's line, but each Pod by its own spec: whether it is probed, how long its preStop
hook holds it, how long it may take. Old and new Pods differ in that, and that is what the exercise is about.
Left out: preStop hooks that do anything but sleep; a probe that asks for something else than what serves.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from k8slab.course.chapters.workload import Workload
from k8slab.views.scenes.pod import READY, TERMINATING
from k8slab.views.scenes.requests import NEWS_SECONDS, NOBODY, PER_SECOND, STARTING, STOPPED
from k8slab.views.scenes.rollout import Moment

#: How the exercise's manifests say how long the application needs from the start of its container until it answers.
START_UP = "lab/ready-after"
#: What happened this long before the first request is looked at as well: a Pod may still be starting.
LOOK_BACK_SECONDS = 30.0


class Told(NamedTuple):
    """How many requests were *sent*, and how many *failed* by reason ("starting", "stopped", "nobody")."""

    sent: int
    failed: Counter[str]


class Manners(NamedTuple):
    """What a Pod's spec says about coming and going."""

    probed: bool
    hold_seconds: float
    start_up_seconds: float


class Life(NamedTuple):
    """When a Pod could be chosen (from, to), when it answers first, and when it stops listening."""

    listed: list[tuple[float, float]]
    answers_from: float
    stops: float

    def is_listed(self, time: float) -> bool:
        """Whether senders may choose the Pod at *time*."""
        return any(first <= time < last for first, last in self.listed)

    def refuses(self, time: float) -> str:
        """Return why a request at *time* fails, or ""."""
        if time >= self.stops:
            return STOPPED
        return STARTING if time < self.answers_from else ""


def count(workload: Workload, *, since: int, seconds: float) -> Told:
    """Return what became of the requests to *workload* in the *seconds* after revision *since*, as far as they have passed."""
    lab = workload.lab
    start = lab.time_of(since)
    end = min(lab.now, start + seconds)
    earlier = since
    while earlier > lab.oldest_revision + 1 and lab.time_of(earlier) > start - LOOK_BACK_SECONDS:
        earlier -= 1
    manners = {one.metadata.uid: manners_of(one.spec.template) for one in workload.replica_sets}
    lives = lives_of(workload.record_since(earlier).moments, manners)
    sent = int((end - start) * PER_SECOND + 1e-6)
    failed: Counter[str] = Counter()
    for number in range(sent):
        time = start + number / PER_SECOND
        listed = [life for life in lives if life.is_listed(time)]
        why = listed[number % len(listed)].refuses(time) if listed else NOBODY
        if why:
            failed[why] += 1
    return Told(sent, failed)


def manners_of(template: Any) -> Manners:
    """Return what the Pod *template* says of its first container's coming and going."""
    pod_spec = template.spec
    container = pod_spec.containers[0]
    start_up = float(((template.metadata and template.metadata.annotations) or {}).get(START_UP, "0"))
    hook = container.lifecycle.preStop if container.lifecycle else None
    grace = 30 if pod_spec.terminationGracePeriodSeconds is None else pod_spec.terminationGracePeriodSeconds
    return Manners(container.readinessProbe is not None, min(_sleep_seconds(hook), grace), start_up)


def _sleep_seconds(hook: Any | None) -> float:
    if hook is None:
        return 0.0
    if hook.sleep is not None:
        return float(hook.sleep.seconds)
    words = " ".join(hook.exec.command or ()).split() if hook.exec else []
    if "sleep" in words[:-1]:
        after = words[words.index("sleep") + 1].rstrip("s")
        return float(after) if after.replace(".", "", 1).isdigit() else 0.0
    return 0.0


def lives_of(moments: list[Moment], manners: dict[str, Manners]) -> list[Life]:
    """Return the life of each Pod in *moments* (oldest first), by the *manners* of its ReplicaSet's uid."""
    ready: dict[str, list[tuple[float, float]]] = {}
    told: dict[str, float] = {}
    owner: dict[str, str] = {}
    for number, moment in enumerate(moments):
        until = moments[number + 1].time if number + 1 < len(moments) else float("inf")
        for uid, lane in moment.lanes.items():
            owner[uid] = lane.replica_set
            if lane.state == READY:
                ready.setdefault(uid, []).append((moment.time, until))
            elif lane.state == TERMINATING:
                told.setdefault(uid, moment.time)
    lives = []
    for uid, spans in ready.items():
        probed, hold_seconds, start_up_seconds = manners.get(owner[uid], Manners(True, 0.0, 0.0))
        begun_before = spans[0][0] == moments[0].time
        answers_from = spans[0][0] + (0 if probed or begun_before else start_up_seconds)
        leaves = told.get(uid)
        if leaves is not None and spans[-1][1] == leaves:
            spans = [*spans, (leaves, leaves + NEWS_SECONDS)]
        lives.append(Life(spans, answers_from, float("inf") if leaves is None else leaves + hold_seconds))
    return lives
