"""A Pod with scheduling gates is not looked at until the last gate is taken away. Models plugins/schedulinggates."""

from __future__ import annotations

from typing import Any

from k8slab.cluster.scheduler.framework import Plugin


class SchedulingGates(Plugin):
    """PreEnqueue: keeps gated Pods out of the queue. That they wait is written by the API server, not by the scheduler."""

    name = "SchedulingGates"

    def pre_enqueue(self, pod: Any) -> bool:
        """Whether *pod* may be queued."""
        return not pod.spec.schedulingGates
