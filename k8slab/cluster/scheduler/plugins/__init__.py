"""The scheduler's plugins, a file each. Which run, in which order and with which weight is the list `default_plugins`.

Models pkg/scheduler/framework/plugins and apis/config/v1/default_plugins.go. Start reading with ``taint_toleration.py``.
Left out: NodeVolumeLimits, VolumeRestrictions, VolumeZone, DynamicResources.
"""

from __future__ import annotations

from k8slab.cluster.scheduler.framework import Plugin
from k8slab.cluster.scheduler.plugins.image_locality import ImageLocality
from k8slab.cluster.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from k8slab.cluster.scheduler.plugins.node_affinity import NodeAffinity
from k8slab.cluster.scheduler.plugins.node_name import NodeName
from k8slab.cluster.scheduler.plugins.node_ports import NodePorts
from k8slab.cluster.scheduler.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from k8slab.cluster.scheduler.plugins.node_resources_fit import NodeResourcesFit
from k8slab.cluster.scheduler.plugins.node_unschedulable import NodeUnschedulable
from k8slab.cluster.scheduler.plugins.pod_topology_spread import PodTopologySpread
from k8slab.cluster.scheduler.plugins.scheduling_gates import SchedulingGates
from k8slab.cluster.scheduler.plugins.taint_toleration import TaintToleration
from k8slab.cluster.scheduler.plugins.volume_binding import VolumeBinding


def default_plugins() -> list[Plugin]:
    """Return new plugins in upstream's order: the first Filter that turns a node down gives the reason."""
    return [
        SchedulingGates(),
        NodeUnschedulable(),
        NodeName(),
        TaintToleration(),
        NodeAffinity(),
        NodePorts(),
        NodeResourcesFit(),
        VolumeBinding(),
        PodTopologySpread(),
        InterPodAffinity(),
        NodeResourcesBalancedAllocation(),
        ImageLocality(),
    ]
