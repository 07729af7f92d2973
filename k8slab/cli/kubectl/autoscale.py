"""``kubectl autoscale``: a HorizontalPodAutoscaler for a workload. Models kubectl pkg/cmd/autoscale."""

from __future__ import annotations

import re

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.create.generator import built_in
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

_AUTOSCALERS = built_in("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
_KINDS = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")


def run(run: Invocation) -> Steps[int]:
    """Create the autoscaler."""
    flags = run.flags
    if flags.number("max") < 1:
        raise CommandError(f"--max=MAXPODS is required and must be at least 1, max: {flags.number('max')}")
    if flags.number("max") < flags.number("min"):
        raise CommandError(
            f"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {flags.number('max')}, min: {flags.number('min')}"
        )
    find = builder.from_flags(run, latest=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    errors = list(found.errors)
    show = printers.printer(run, "autoscaled")
    for target in found.targets:
        try:
            run.io.out(show((yield from _create(run, target))))
        except (CommandError, ApiError) as error:
            errors.append(error)
    raise_all(errors)
    return 0


def _create(run: Invocation, target: Target) -> Steps[Obj]:
    if target.mapping.kind not in _KINDS:
        raise CommandError(
            f"cannot autoscale a {target.mapping.kind}: the server could not find the requested resource"
        )
    flags = run.flags
    metadata: Obj = {"name": flags.text("name") or target.name}
    if run.namespace_given:
        metadata["namespace"] = run.namespace
    spec: Obj = {
        "scaleTargetRef": {"kind": target.mapping.kind, "name": target.name, "apiVersion": target.mapping.api_version}
    }
    if flags.number("min") > 0:
        spec["minReplicas"] = flags.number("min")
    spec["maxReplicas"] = flags.number("max")
    metrics = _metrics(run)
    if metrics:
        spec["metrics"] = metrics
    obj: Obj = {
        "kind": "HorizontalPodAutoscaler",
        "apiVersion": "autoscaling/v2",
        "metadata": metadata,
        "spec": spec,
        "status": {"desiredReplicas": 0, "currentMetrics": None},
    }
    if run.dry_run == "client":
        return obj
    sent = {key: value for key, value in obj.items() if key != "status"}
    return (yield from run.api.create(_AUTOSCALERS, run.namespace, sent, run.write_params("kubectl-autoscale")))


def _metrics(run: Invocation) -> list[Obj]:
    flags = run.flags
    metrics = []
    for name in ("cpu", "memory"):
        value = flags.text(name)
        if name == "cpu" and not value and flags.number("cpu-percent") >= 0:
            value = f"{flags.number('cpu-percent')}%"
        if value:
            metrics.append({"type": "Resource", "resource": {"name": name, "target": _target(name, value)}})
    return metrics


def _target(name: str, value: str) -> Obj:
    percent = re.fullmatch(r"(\d+)%", value)
    if percent:
        return {"type": "Utilization", "averageUtilization": int(percent[1])}
    if not re.fullmatch(r"\d+(\.\d+)?[a-zA-Z]*", value):
        raise CommandError(f"invalid {name} value: {value}")
    return {"type": "AverageValue", "averageValue": value}
