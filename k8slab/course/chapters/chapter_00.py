"""Chapter 00: scale a Deployment (00-1). Exercise 00-2 is answered, not done."""

from __future__ import annotations

from k8slab.course.chapters.workload import Workload, count_ready
from k8slab.course.verdict import Check, NotStarted, Stuck, Verdict
from k8slab.lab import Lab

WANTED = 5


def scale_up(lab: Lab) -> Verdict:
    """``hello`` asks for 5 Pods, 5 are ready, and it was changed, not made anew."""
    hello = Workload(lab, "hello")
    if hello.deployment is None:
        return Stuck("gone")
    made = hello.deployment.metadata.creationTimestamp
    others = [pod for pod in hello.all_pods if pod not in hello.pods and pod.metadata.creationTimestamp > made]
    if hello.deployment.metadata.generation == 1 and hello.replicas == 3 and not others:
        return NotStarted()
    ready = count_ready(hello.pods)
    changed = hello.deployment.metadata.generation > 1
    return [
        Check("wanted", hello.replicas == WANTED, {"replicas": hello.replicas}),
        Check("same", changed or hello.replicas != WANTED),
        Check("ready", ready == WANTED, {"ready": ready}),
    ]


JUDGES = {"00-1": scale_up}
