"""A rollout read back from etcd's past: nobody has to watch while it happens.

The recorder reads ReplicaSets, Pods and the Deployment as they were at each revision. Of the revisions in one slice of
`RESOLUTION_SECONDS` it reads the last; between two that it reads nothing else could be seen by an eye.
Left out: a real cluster, which keeps no past that could be read (5 minutes of watch cache at most).
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod

from k8slab.sim.clock import EPOCH
from k8slab.sim.inspect import Inspector
from k8slab.views.scenes.pod import TERMINATING
from k8slab.views.scenes.requests import stand_in_requests
from k8slab.views.scenes.rollout import Moment, moment, rollout_scene
from k8slab.views.words import ENGLISH, Words

RESOLUTION_SECONDS = 0.05


def last_rollout(inspector: Inspector, deployment: str, namespace: str = "default") -> int | None:
    """Return the revision just before the Pod template of *deployment* last changed (or before it was made); None if there is none.

    Its generation only grows, so each change of its spec is found by bisection.
    """

    def at(revision: int) -> Any | None:
        found = inspector.objects(Deployment, revision=revision, namespace=namespace)
        return next((one for one in found if one.metadata.name == deployment), None)

    oldest, revision = max(1, inspector.oldest_revision), inspector.revision
    now = at(revision)
    if now is None:
        return None
    while revision > oldest:
        low, high = oldest, revision  # the first revision at which the spec was what it is at *revision*
        while low < high:
            middle = (low + high) // 2
            before = at(middle)
            same = before is not None and before.metadata.uid == now.metadata.uid
            if same and before.metadata.generation == now.metadata.generation:
                high = middle
            else:
                low = middle + 1
        before = at(high - 1) if high > oldest else None
        if before is None or before.spec.template != now.spec.template:
            return max(oldest, high - 1)
        now, revision = before, high - 1
    return oldest


class RolloutRecorder:
    """The rollout of one Deployment, from *since* (a revision; now by default) on. Call `read` after time has passed."""

    def __init__(
        self, inspector: Inspector, deployment: str = "web", namespace: str = "default", *, since: int | None = None
    ) -> None:
        self.inspector = inspector
        self.deployment, self.namespace = deployment, namespace
        self.moments: list[Moment] = []
        self._next = max(inspector.revision if since is None else since, inspector.oldest_revision)

    def read(self) -> None:
        """Read what has happened since the last time, up to now."""
        newest = self.inspector.revision
        for revision in self._revisions(newest):
            self._add(self._moment(revision, self.inspector.time_of(revision)))
        self._next = max(self._next, newest + 1)
        now = self.inspector.clock.now
        if self.moments and now > self.moments[-1].time:
            self._add(self._moment(None, now))

    def _revisions(self, newest: int) -> list[int]:
        first = max(self._next, self.inspector.oldest_revision)
        chosen: dict[int, int] = {}  # the last revision of each slice of time
        if not self.moments and first <= newest:
            chosen[-1] = first  # what was there before anything happened
            first += 1
        for revision in range(first, newest + 1):
            chosen[int(self.inspector.time_of(revision) / RESOLUTION_SECONDS)] = revision
        return list(chosen.values())

    def _moment(self, revision: int | None, time: float) -> Moment:
        def there(model: type) -> list[Any]:
            return self.inspector.objects(model, revision=revision, namespace=self.namespace)

        found = next((one for one in there(Deployment) if one.metadata.name == self.deployment), None)
        return moment(time, found, there(ReplicaSet), there(Pod), now=EPOCH + timedelta(seconds=time))

    def _add(self, at: Moment) -> None:
        """Keep *at*; a moment between two that look the same adds nothing."""
        kept = self.moments
        if kept and kept[-1].time == at.time:
            kept.pop()
        if len(kept) > 1 and kept[-1][1:] == kept[-2][1:] == at[1:]:
            kept.pop()
        kept.append(at)

    def scene(
        self,
        *,
        requests: bool = True,
        before_seconds: float = 1.0,
        after_seconds: float = 3.0,
        whole: bool = False,
        words: Words = ENGLISH,
    ) -> dict[str, Any]:
        """Return the rollout scene of what was read, from a little before the first change to a little after the last.

        *requests*: whether with the line of requests. *whole* keeps the quiet ends.
        """
        self.read()
        moments = self.moments if whole else self._without_quiet_ends(before_seconds, after_seconds)
        marks = [(mark.time, mark.text) for mark in self.inspector.marks()]
        line = stand_in_requests if requests else None
        return rollout_scene(moments, name=self.deployment, marks=marks, requests=line, words=words)

    def _without_quiet_ends(self, before: float, after: float) -> list[Moment]:
        moments = self.moments
        changed = [at.time for last, at in itertools.pairwise(moments) if last[1:] != at[1:]]
        if not changed:
            return moments
        start, end = max(moments[0].time, changed[0] - before), min(moments[-1].time, changed[-1] + after)
        inside = [at for at in moments if start <= at.time <= end]
        first = [at for at in moments if at.time <= start][-1]
        last = [at for at in moments if at.time <= end][-1]
        head = [] if inside and inside[0].time == start else [first._replace(time=start)]
        tail = [] if inside and inside[-1].time == end else [last._replace(time=end)]
        return [*head, *inside, *tail]

    def quiet_seconds(self) -> float:
        """Return for how long the last thing read has looked the same."""
        moments = self.moments
        changed = [at.time for last, at in itertools.pairwise(moments) if last[1:] != at[1:]]
        return moments[-1].time - (changed[-1] if changed else moments[0].time) if moments else 0.0

    def is_settled(self) -> bool:
        """Whether the last thing read is a finished rollout: as many available as asked for, and nobody on the way out."""
        if not self.moments or self.moments[-1].bounds is None:
            return False
        last = self.moments[-1]
        newest = {uid for uid, (_, _, revision) in last.replica_sets.items() if revision == self._newest(last)}
        if any(lane.state == TERMINATING or lane.replica_set not in newest for lane in last.lanes.values()):
            return False
        return sum(lane.available for lane in last.lanes.values()) == last.bounds.replicas

    @staticmethod
    def _newest(last: Moment) -> str:
        return max(
            (revision for _, _, revision in last.replica_sets.values()), key=lambda text: int(text or 0), default=""
        )
