"""Pod: the smallest thing that runs. Models pkg/registry/core/pod/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import default_pod_spec
from k8slab.cluster.apiserver.defaulting.pod_status import default_pod_status, qos_class
from k8slab.cluster.apiserver.printing.pod import NONE, readiness_gates, summary
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.pod import validate_pod, validate_pod_status_update, validate_pod_update
from k8slab.cluster.apiserver.warnings import host_name_warning, pod_warnings


class PodStrategy(Strategy):
    """Pods: the spec is frozen but for images and a few more; who runs it writes the status."""

    model = Pod
    singular = "pod"
    short_names = ("po",)
    categories = ("all",)
    subresources = ("status", "binding", "eviction")
    graceful_deletion = True
    columns = (
        NAME_COLUMN,
        Column("Ready", description="The aggregate readiness state of this pod for accepting traffic."),
        Column("Status", description="The aggregate status of the containers in this pod."),
        Column(
            "Restarts",
            description="The number of times the containers in this pod have been restarted and when the last container "
            "in this pod has restarted.",
        ),
        AGE_COLUMN,
        Column(
            "IP", priority=1, description="podIP address allocated to the pod. Routable at least within the cluster."
        ),
        Column("Node", priority=1, description="NodeName indicates in which node this pod is scheduled."),
        Column(
            "Nominated Node", priority=1, description="nominatedNodeName is set only when this pod preempts other pods."
        ),
        Column("Readiness Gates", priority=1, description="If specified, all readiness gates will be evaluated."),
    )

    def default(self, obj: Obj) -> None:
        default_pod_spec(obj.setdefault("spec", {}), is_pod=True)
        default_pod_status(obj)

    def default_status(self, obj: Obj) -> None:
        default_pod_status(obj)

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["metadata"]["generation"] = 1
        status: Obj = {"phase": "Pending"}
        if new["spec"].get("schedulingGates"):
            gated = {"type": "PodScheduled", "status": "False", "lastProbeTime": None, "lastTransitionTime": None}
            message = "Scheduling is blocked due to non-empty scheduling gates"
            status["conditions"] = [{**gated, "reason": "SchedulingGated", "message": message}]
        status["qosClass"] = qos_class(new["spec"])
        new["status"] = status
        _select_own_revision(new)

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def prepare_for_status_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        super().prepare_for_status_update(new, old, context)
        self.keep(new["metadata"], old["metadata"], "ownerReferences")
        self.keep(new["metadata"], old["metadata"], "deletionTimestamp")
        qos = (old.get("status") or {}).get("qosClass")
        if qos:
            new.setdefault("status", {}).setdefault("qosClass", qos)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_pod(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_pod_update(new, old)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_pod_status_update(new, old)

    def warnings(self, obj: Obj) -> list[str]:
        warnings = host_name_warning(obj["metadata"].get("name", ""), "this is used in the Pod's hostname")
        return warnings + pod_warnings(obj["spec"], "spec")

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        return [] if new["spec"] == old["spec"] else pod_warnings(new["spec"], "spec")

    def grace_period(self, obj: Obj, asked: int | None) -> int:
        spec = obj["spec"]
        seconds = asked if asked is not None else spec.get("terminationGracePeriodSeconds", 0)
        if not spec.get("nodeName") or (obj.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
            return 0  # nobody runs it, so nobody needs time to stop it
        return 1 if seconds < 0 else seconds

    def fields(self, obj: Obj) -> dict[str, str]:
        spec, status, metadata = obj.get("spec") or {}, obj.get("status") or {}, obj["metadata"]
        return {
            "metadata.name": metadata.get("name", ""),
            "metadata.namespace": metadata.get("namespace", ""),
            "spec.nodeName": spec.get("nodeName", ""),
            "spec.restartPolicy": spec.get("restartPolicy", ""),
            "spec.schedulerName": spec.get("schedulerName", ""),
            "spec.serviceAccountName": spec.get("serviceAccountName", ""),
            "spec.hostNetwork": "true" if spec.get("hostNetwork") else "false",
            "status.phase": status.get("phase", ""),
            "status.podIP": status.get("podIP", ""),
            "status.podIPs": status.get("podIP", ""),
            "status.nominatedNodeName": status.get("nominatedNodeName", ""),
        }

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        spec, status = obj.get("spec") or {}, obj.get("status") or {}
        return [
            obj["metadata"]["name"],
            *summary(obj, now),
            age(obj, now),
            status.get("podIP") or NONE,
            spec.get("nodeName") or NONE,
            status.get("nominatedNodeName") or NONE,
            readiness_gates(obj),
        ]


def _select_own_revision(pod: Obj) -> None:
    """Carry ``matchLabelKeys`` out: the Pod's own value of each key joins the selector of its affinity and spreading."""
    spec, own = pod["spec"], pod["metadata"].get("labels") or {}
    for constraint in spec.get("topologySpreadConstraints") or ():
        _match_keys(constraint, own)
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = (spec.get("affinity") or {}).get(kind) or {}
        for term in rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ():
            _match_keys(term, own)
        for weighted in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            _match_keys(weighted.get("podAffinityTerm") or {}, own)


def _match_keys(term: Obj, own: dict[str, str]) -> None:
    selector = term.get("labelSelector")
    if selector is None:
        return
    for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")):
        for key in term.get(field) or ():
            if key in own:
                expression = {"key": key, "operator": operator, "values": [own[key]]}
                selector["matchExpressions"] = [*(selector.get("matchExpressions") or ()), expression]
