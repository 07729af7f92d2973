"""Evicting a Pod: a DELETE that first asks the PodDisruptionBudget that guards it.

Models pkg/registry/core/pod/storage/eviction.go (EvictionREST, checkAndDecrement).
"""

from __future__ import annotations

from typing import Any

from lightkube.models.policy_v1 import Eviction
from lightkube.resources.policy_v1 import PodDisruptionBudget

from k8slab.apimachinery import conditions, errors, labels
from k8slab.cluster.apiserver import decoding
from k8slab.cluster.apiserver.deletion import DeleteOptions
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.strategies.strategy import Obj
from k8slab.cluster.apiserver.writing import status_rules, write_options
from k8slab.sim.http import Request

WOULD_VIOLATE = "Cannot evict pod as it would violate the pod's disruption budget."
SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
RETRY_SECONDS = 10


def create_eviction(request: Request, registry: Registry, namespace: str, name: str, context: RequestContext) -> None:
    """POST of an Eviction. Raises ApiError: NotFound, TooManyRequests 429 if the budget does not allow it."""
    write_options(request, "CreateOptions", context)
    content_type = request.headers.get("content-type", "")
    eviction, _ = decoding.decode_body(request.body, content_type, Eviction, "Eviction", "policy/v1")
    if (eviction.get("metadata") or {}).get("name", "") != name:
        raise errors.bad_request("name in URL does not match name in Eviction object")
    options = DeleteOptions.of(eviction.get("deleteOptions") or {})
    context.dry_run = context.dry_run or options.dry_run
    pod = registry.get(namespace, name).obj
    if not _needs_no_budget(pod):
        budgets = [found for found in context.list(PodDisruptionBudget, namespace) if _guards(found, pod)]
        if len(budgets) > 1:
            raise errors.unknown(SEVERAL)
        if budgets and not _is_unhealthy_and_free(pod, budgets[0]):
            _take_from(budgets[0], namespace, name, context)
    _mark(registry, namespace, name, context)
    registry.delete(namespace, name, options, context)


def _needs_no_budget(pod: Obj) -> bool:
    """Whether nobody loses a working Pod by its going."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Pending", "Succeeded", "Failed") or bool(pod["metadata"].get("deletionTimestamp"))


def _guards(budget: Obj, pod: Obj) -> bool:
    selector = (budget.get("spec") or {}).get("selector")
    return labels.from_label_selector(selector).matches(pod["metadata"].get("labels"))


def _is_unhealthy_and_free(pod: Obj, budget: Obj) -> bool:
    """Whether the Pod does not count as healthy, and may go because enough others do."""
    if conditions.is_true((pod.get("status") or {}).get("conditions"), "Ready"):
        return False
    if (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    wanted = status.get("desiredHealthy", 0)
    return 0 < wanted <= status.get("currentHealthy", 0)


def _take_from(budget: Obj, namespace: str, pod_name: str, context: RequestContext) -> None:
    """Count the disruption in the budget's status at once: its controller will hear of the deletion only later."""
    metadata, status = budget["metadata"], budget.get("status") or {}
    name, left = metadata["name"], status.get("disruptionsAllowed", 0)
    if status.get("observedGeneration", 0) < metadata.get("generation", 0):
        raise _not_now(f"The disruption budget {name} is still being processed by the server.", RETRY_SECONDS)
    if left < 0:
        raise errors.forbidden("poddisruptionbudget.policy", name, "pdb disruptions allowed is negative")
    if left == 0:
        needed, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        raise _not_now(f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently", 0)
    new: dict[str, Any] = {**status, "disruptionsAllowed": left - 1}
    new["disruptedPods"] = {**(status.get("disruptedPods") or {}), pod_name: context.now}
    if left == 1:
        condition = {
            "type": "DisruptionAllowed",
            "status": "False",
            "observedGeneration": status.get("observedGeneration", 0),
            "lastTransitionTime": context.now,
            "reason": "InsufficientPods",
            "message": "",
        }
        new["conditions"] = conditions.set_condition(status.get("conditions"), condition)

    def count(old: Obj) -> Obj:
        return {**old, "metadata": dict(old["metadata"]), "status": new}

    registry = context.server.registries[PodDisruptionBudget]
    registry.update(namespace, name, count, context, **status_rules(registry.strategy, "status"))


def _not_now(why: str, retry_seconds: int) -> Exception:
    return errors.too_many_requests(WOULD_VIOLATE, retry_seconds, [{"reason": "DisruptionBudget", "message": why}])


def _mark(registry: Registry, namespace: str, name: str, context: RequestContext) -> None:
    """Say in the Pod's status why it goes."""

    def add(old: Obj) -> Obj:
        status = old.get("status") or {}
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": context.now,
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        }
        marked = conditions.set_condition(status.get("conditions"), condition)
        return {**old, "metadata": dict(old["metadata"]), "status": {**status, "conditions": marked}}

    registry.update(namespace, name, add, context, **status_rules(registry.strategy, "status"))
