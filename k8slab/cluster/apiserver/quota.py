"""What an object uses of a ResourceQuota, and whether it still fits.

Models pkg/quota/v1/evaluator/core and apiserver pkg/admission/plugin/resourcequota (CheckRequest). Pure: the admission plugin
counts with it before an object is stored, the quota controller afterwards. Objects are plain JSON dicts.
Left out: quotas of storage classes and of dynamic resource claims, cross-namespace affinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from k8slab.apimachinery import quantity
from k8slab.apimachinery.quantity import Quantity

Json = dict[str, Any]
Usage = dict[str, Quantity]

ONE = quantity.parse(1)
ZERO = quantity.parse(0)
#: Kinds of the core group that are counted under their plain name too.
_PLAIN_COUNTS = (
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
)
#: What a container must state once a quota limits it.
_COMPUTE = (
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
)
_PLAIN_REQUESTS = ("cpu", "memory", "ephemeral-storage")


def usage_of(resource: str, obj: Json) -> Usage:
    """Return what *obj* (of ``pods``, ``deployments.apps``, ...) uses, by the names that quotas know."""
    usage = {f"count/{resource}": ONE}
    if resource in _PLAIN_COUNTS and resource != "pods":
        usage[resource] = ONE
    if resource == "pods":
        usage |= _pod_usage(obj)
    elif resource == "services":
        usage |= _service_usage(obj)
    elif resource == "persistentvolumeclaims":
        requests = ((obj.get("spec") or {}).get("resources") or {}).get("requests") or {}
        if "storage" in requests:
            usage["requests.storage"] = quantity.parse(requests["storage"])
    return usage


def _pod_usage(pod: Json) -> Usage:
    """A Pod that has ended no longer holds anything."""
    if (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
        return {}
    usage = {"pods": ONE}
    for kind in ("requests", "limits"):
        for name, amount in effective(pod.get("spec") or {}, kind).items():
            usage[f"{kind}.{name}"] = amount
            if kind == "requests" and name in _PLAIN_REQUESTS:
                usage[name] = amount
    return usage


def effective(spec: Json, kind: str) -> Usage:
    """Return the *kind* (requests, limits) of a whole Pod: its containers together, or its greediest init container."""
    total: Usage = {}
    for container in spec.get("containers") or ():
        for name, amount in _amounts(container, kind):
            total[name] = total[name] + amount if name in total else amount
    sidecars: Usage = {}
    highest: Usage = {}
    for container in spec.get("initContainers") or ():
        amounts = dict(_amounts(container, kind))
        if container.get("restartPolicy") == "Always":
            for name, amount in amounts.items():
                sidecars[name] = sidecars[name] + amount if name in sidecars else amount
            amounts = dict(sidecars)
        else:
            for name, amount in sidecars.items():
                amounts[name] = amounts[name] + amount if name in amounts else amount
        for name, amount in amounts.items():
            highest[name] = max(highest.get(name, ZERO), amount)
    for name, amount in sidecars.items():
        total[name] = total[name] + amount if name in total else amount
    for name, amount in highest.items():
        total[name] = max(total.get(name, ZERO), amount)
    for name, text in (spec.get("overhead") or {}).items():
        amount = quantity.parse(text)
        if kind == "requests" or name in total:
            total[name] = total[name] + amount if name in total else amount
    return total


def _amounts(container: Json, kind: str) -> Iterator[tuple[str, Quantity]]:
    for name, text in ((container.get("resources") or {}).get(kind) or {}).items():
        yield name, quantity.parse(text)


def _service_usage(service: Json) -> Usage:
    spec = service.get("spec") or {}
    ports = quantity.parse(len(spec.get("ports") or ()))
    kind = spec.get("type", "ClusterIP")
    balanced = kind == "LoadBalancer"
    has_node_ports = kind == "NodePort" or (balanced and spec.get("allocateLoadBalancerNodePorts", True))
    return {
        "services.nodeports": ports if has_node_ports else ZERO,
        "services.loadbalancers": ONE if balanced else ZERO,
    }


# -- which objects a quota counts ------------------------------------------------------------------------------------


def counts(quota: Json, resource: str, obj: Json) -> bool:
    """Whether the scopes of *quota* select *obj*; only Pods can be told apart by scopes."""
    spec = quota.get("spec") or {}
    scopes = [(scope, "Exists", ()) for scope in spec.get("scopes") or ()]
    for expression in (spec.get("scopeSelector") or {}).get("matchExpressions") or ():
        scopes.append((expression["scopeName"], expression["operator"], expression.get("values") or ()))
    if scopes and resource != "pods":
        return False
    return all(_in_scope(obj.get("spec") or {}, *scope) for scope in scopes)


def _in_scope(spec: Json, scope: str, operator: str, values: Iterable[str]) -> bool:
    if scope == "PriorityClass":
        name = spec.get("priorityClassName", "")
        found = name in values if operator in ("In", "NotIn") else bool(name)
    elif scope in ("Terminating", "NotTerminating"):
        found = (spec.get("activeDeadlineSeconds") is not None) == (scope == "Terminating")
    elif scope in ("BestEffort", "NotBestEffort"):
        best = not any(effective(spec, kind).get(name) for kind in ("requests", "limits") for name in ("cpu", "memory"))
        found = best == (scope == "BestEffort")
    else:
        found = False
    return not found if operator in ("NotIn", "DoesNotExist") else found


# -- whether it fits -------------------------------------------------------------------------------------------------


def refusal(quota: Json, resource: str, obj: Json) -> str:
    """Return why *quota* does not admit *obj*, or nothing if it does."""
    name = quota["metadata"]["name"]
    hard = parsed((quota.get("status") or {}).get("hard") or {})
    used = parsed((quota.get("status") or {}).get("used") or {})
    if resource == "pods":
        missing = _unstated(obj, (quota.get("spec") or {}).get("hard") or {})
        if missing:
            return f"failed quota: {name}: must specify {missing}"
    asked = {what: amount for what, amount in usage_of(resource, obj).items() if what in hard and amount}
    if not asked:
        limited = (quota.get("spec") or {}).get("hard") or {}
        unknown = [what for what, amount in usage_of(resource, obj).items() if amount and what in limited]
        return _unknown(name, unknown) if unknown else ""
    unknown = [what for what in asked if what not in used]
    if unknown:
        return _unknown(name, unknown)
    over = sorted(what for what, amount in asked.items() if not used[what] + amount <= hard[what])
    if not over:
        return ""

    def shown(amounts: Usage) -> str:
        return ",".join(f"{what}={amounts[what]}" for what in over)

    return f"exceeded quota: {name}, requested: {shown(asked)}, used: {shown(used)}, limited: {shown(hard)}"


def _unknown(name: str, resources: list[str]) -> str:
    return f"status unknown for quota: {name}, resources: {','.join(sorted(resources))}"


def with_usage(quota: Json, resource: str, obj: Json) -> dict[str, str]:
    """Return ``status.used`` of *quota* once *obj* is there too."""
    status = quota.get("status") or {}
    used = dict(status.get("used") or {})
    for what, amount in usage_of(resource, obj).items():
        if what in (status.get("hard") or {}) and amount:
            used[what] = str(quantity.parse(used.get(what, 0)) + amount)
    return used


def parsed(amounts: Mapping[str, Any]) -> Usage:
    """Return a resource list as quantities."""
    return {name: quantity.parse(text) for name, text in amounts.items()}


def _unstated(pod: Json, hard: Mapping[str, Any]) -> str:
    """Return which containers leave out what the quota limits: ``limits.cpu for: c; requests.memory for: c,d``."""
    missing: dict[str, list[str]] = {}
    spec = pod.get("spec") or {}
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        for what in _COMPUTE:
            if what not in hard:
                continue
            kind, _, name = what.rpartition(".")
            if name not in (resources.get(kind or "requests") or {}):
                missing.setdefault(what, []).append(container["name"])
    return "; ".join(f"{what} for: {','.join(sorted(missing[what]))}" for what in sorted(missing))
