"""How long kubelets may believe what they read."""

import pytest
from lightkube.resources.core_v1 import Node

from k8slab.cluster.controllers.ttl import ANNOTATION, STEPS, step_for
from k8slab.lab import Lab


@pytest.mark.parametrize(
    ("before", "nodes", "seconds"),
    [(0, 3, 0), (0, 100, 0), (0, 101, 15), (15, 95, 15), (15, 89, 0), (0, 5000, 300), (300, 10, 0)],
)
def test_bigger_clusters_believe_longer_and_edges_overlap(before, nodes, seconds):
    step = next(step for step in STEPS if step.ttl_seconds == before)
    assert step_for(step, nodes).ttl_seconds == seconds


def test_every_node_gets_its_note():
    lab = Lab(nodes=2)
    lab.run(1)
    assert [node.metadata.annotations[ANNOTATION] for node in lab.client.list(Node)] == ["0", "0"]
