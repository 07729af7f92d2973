"""Pods for which a pre-emption is making room: nobody less important may take the place before them.

Models pkg/scheduler/backend/queue/nominator.go and RunFilterPluginsWithNominatedPods.
"""

from __future__ import annotations

from k8slab.cluster.scheduler.framework import CycleState, Diagnosis, Framework
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo


class Nominator:
    """Which Pods wait for which node."""

    def __init__(self) -> None:
        self._pods: dict[str, tuple[str, PodInfo]] = {}

    def __bool__(self) -> bool:
        return bool(self._pods)

    def add(self, info: PodInfo, node_name: str) -> None:
        """*info* waits for *node_name*."""
        self._pods[info.uid] = (node_name, info)

    def remove(self, uid: str) -> None:
        """The Pod *uid* waits no more."""
        self._pods.pop(uid, None)

    def on(self, node_name: str, pod: PodInfo) -> list[PodInfo]:
        """Return the Pods that wait for *node_name* and are at least as important as *pod*."""
        return [
            info
            for node, info in self._pods.values()
            if node == node_name and info.uid != pod.uid and info.priority >= pod.priority
        ]

    def with_nominated(self, pod: PodInfo, node: NodeInfo) -> NodeInfo:
        """Return *node* as if the Pods that wait for it were there, as far as *pod* must respect them."""
        waiting = self.on(node.name, pod)
        if not waiting:
            return node
        copy = node.without(())
        for info in waiting:
            copy.add_pod(info)
        return copy

    def still_feasible(
        self, framework: Framework, state: CycleState, pod: PodInfo, feasible: list[NodeInfo], diagnosis: Diagnosis
    ) -> list[NodeInfo]:
        """Return those of *feasible* that will do for *pod* even when the nominated Pods have come; note the others."""
        found = []
        for node in feasible:
            full = self.with_nominated(pod, node)
            if full is not node:
                trial = framework.state(state.cache, [full if each is node else each for each in state.nodes])
                rejection, _, filters, _ = framework.pre_filter(trial, pod)
                rejection = rejection or framework.fits(trial, pod, full, filters)
                if rejection is not None:
                    diagnosis.nodes[node.name] = rejection
                    continue
            found.append(node)
        return found
