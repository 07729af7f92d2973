"""Every node carries a note of how long its kubelet may believe a Secret or ConfigMap it has read: longer in bigger clusters.

Models pkg/controller/ttl.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from lightkube.resources.core_v1 import Node
from simpy.events import Event

from k8slab.cluster.client.client import MERGE
from k8slab.cluster.client.controller import Controller

ANNOTATION = "node.alpha.kubernetes.io/ttl"


class Step(NamedTuple):
    """From *fewest* to *most* nodes, kubelets may keep what they read for *ttl_seconds*."""

    fewest: int
    most: float
    ttl_seconds: int


#: The steps overlap, so that a cluster at an edge does not go to and fro.
STEPS = (Step(0, 100, 0), Step(90, 500, 15), Step(450, 1000, 30), Step(900, 2000, 60), Step(1800, float("inf"), 300))


def step_for(step: Step, nodes: int) -> Step:
    """Return the step for a cluster of *nodes* nodes that was on *step* before."""
    while nodes > step.most:
        step = STEPS[STEPS.index(step) + 1]
    while nodes < step.fewest:
        step = STEPS[STEPS.index(step) - 1]
    return step


class TTLController(Controller):
    name = "ttl-controller"
    watches = (Node,)
    workers = 1
    step = STEPS[0]

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Write the annotation of the node *key* if it is not what it should be."""
        lister = self.lister(Node)
        before, self.step = self.step, step_for(self.step, len(lister))
        if self.step is not before:
            for other in lister.list():
                self.enqueue(other)
        node = lister.get(key)
        wanted = str(self.step.ttl_seconds)
        if node is None or (node.metadata.annotations or {}).get(ANNOTATION) == wanted:
            return
        body = {"metadata": {"annotations": {ANNOTATION: wanted}}}
        yield from self.client.patch(Node, key, None, body, content_type=MERGE)
