"""The verb ``kubectl describe``. Models kubectl pkg/cmd/describe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.describe import core, generic, network, node, pod, policy, storage, workloads
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Now, Steps

Describer = Callable[[Invocation, Obj, bool, datetime], Steps[str]]

#: (group, kind) -> describer.
DESCRIBERS: dict[tuple[str, str], Describer] = {
    ("", "ConfigMap"): core.config_map,
    ("", "Endpoints"): network.endpoints,
    ("", "LimitRange"): core.limit_range,
    ("", "Namespace"): core.namespace,
    ("", "Node"): node.node,
    ("", "PersistentVolume"): storage.persistent_volume,
    ("", "PersistentVolumeClaim"): storage.persistent_volume_claim,
    ("", "Pod"): pod.pod,
    ("", "ReplicationController"): workloads.replication_controller,
    ("", "ResourceQuota"): core.resource_quota,
    ("", "Secret"): core.secret,
    ("", "Service"): network.service,
    ("", "ServiceAccount"): core.service_account,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): policy.horizontal_pod_autoscaler,
    ("batch", "CronJob"): workloads.cron_job,
    ("batch", "Job"): workloads.job,
    ("discovery.k8s.io", "EndpointSlice"): network.endpoint_slice,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("policy", "PodDisruptionBudget"): policy.pod_disruption_budget,
    ("rbac.authorization.k8s.io", "ClusterRole"): policy.role,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): policy.role_binding,
    ("rbac.authorization.k8s.io", "Role"): policy.role,
    ("rbac.authorization.k8s.io", "RoleBinding"): policy.role_binding,
    ("scheduling.k8s.io", "PriorityClass"): policy.priority_class,
    ("storage.k8s.io", "StorageClass"): storage.storage_class,
}


def run(run: Invocation) -> Steps[int]:
    """Describe what the arguments name; a name may also be the beginning of names."""
    flags = run.flags
    if not run.args and not flags.items("filename"):
        raise CommandError(
            'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.'
        )
    find = builder.from_flags(run, latest=True, allow_all=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    targets, errors = found.targets, found.errors
    if len(run.args) == 2 and len(errors) == 1 and _is_missing(errors[0]):
        targets = [] if "/" in run.args[0] else (yield from _with_prefix(run, run.args[0], run.args[1]))
        errors = [] if targets else errors
    now: datetime = yield Now()
    first = True
    for target in targets:
        describer = DESCRIBERS.get((target.mapping.group, target.mapping.kind), generic.describe)
        try:
            text = yield from describer(run, printers.typed(target), flags.on("show-events"), now)
        except (ApiError, CommandError) as error:
            errors.append(error)
            continue
        run.io.out(text if first else "\n\n" + text)
        first = False
    if not targets and not errors:
        where = "" if find.all_namespaces else f" in {run.namespace} namespace."
        run.io.err(f"No resources found{where}\n")
    raise_all(errors)
    return 0


def _is_missing(error: Exception) -> bool:
    return isinstance(error, ApiError) and error.reason == "NotFound"


def _with_prefix(run: Invocation, word: str, prefix: str) -> Steps[list[Target]]:
    mapping = yield from run.mapper.find(word)
    find = builder.from_flags(run)
    listed = yield from run.api.list(mapping, find.namespace_of(mapping), {"limit": "500"})
    return [
        Target(mapping, item["metadata"].get("namespace", ""), item["metadata"]["name"], item)
        for item in listed.get("items") or ()
        if item["metadata"]["name"].startswith(prefix)
    ]
