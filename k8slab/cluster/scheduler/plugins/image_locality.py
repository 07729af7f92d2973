"""Prefer nodes that have the image already. Models plugins/imagelocality.

Names are compared as they are written: ``nginx:1.27`` in a Pod is not the node's ``docker.io/library/nginx:1.27`` (upstream
does the same), so this counts for fully qualified names only.
"""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.cluster.scheduler.framework import MAX_NODE_SCORE, SKIP, CycleState, Plugin, Skip
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo

MEBIBYTE = 1024 * 1024
MIN_BYTES, MAX_BYTES_PER_CONTAINER = 23 * MEBIBYTE, 1000 * MEBIBYTE


def normalized(image: str) -> str:
    """Return *image* with ``:latest`` if it has no tag."""
    return image if image.rfind(":") > image.rfind("/") else image + ":latest"


class ImageLocality(Plugin):
    """Score: the bytes of the Pod's images that are there, each weighed by how many nodes have it."""

    name = "ImageLocality"

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """Without any node that has an image, all would get the same points."""
        there = state.cache.image_nodes
        return None if there and any(normalized(image) in there for image in pod.spec.images) else SKIP

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Scale the sum between 23 MiB (0) and 1000 MiB for each container (100)."""
        total = len(state.nodes)
        found = 0
        for image in pod.spec.images:
            name = normalized(image)
            if name in node.images:
                found += int(node.images[name] * (state.cache.image_nodes[name] / total))
        most = MAX_BYTES_PER_CONTAINER * len(pod.spec.images)
        found = min(max(found, MIN_BYTES), most)
        return MAX_NODE_SCORE * (found - MIN_BYTES) // (most - MIN_BYTES)
