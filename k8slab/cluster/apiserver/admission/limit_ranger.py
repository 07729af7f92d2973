"""LimitRanger: containers that say nothing get the namespace's defaults, and nobody may ask for too little or too much.

Models plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.core_v1 import LimitRange

from k8slab.apimachinery import errors
from k8slab.apimachinery.quantity import Quantity
from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.quota import Usage, effective, parsed
from k8slab.cluster.apiserver.strategies.strategy import Obj

ANNOTATION = "kubernetes.io/limit-ranger"
CONTAINER, POD, CLAIM = "Container", "Pod", "PersistentVolumeClaim"


class LimitRanger(Plugin):
    """Applies every LimitRange of the namespace."""

    name = "LimitRanger"
    resources = ("pods", "persistentvolumeclaims")

    def admit(self, attributes: Attributes) -> None:
        if attributes.strategy.resource != "pods":
            return
        for limits in self._limits(attributes):
            _set_defaults(attributes.obj, limits)

    def validate(self, attributes: Attributes) -> None:
        for limits in self._limits(attributes):
            if attributes.strategy.resource == "pods":
                problems = list(_pod_problems(attributes.obj, limits))
            else:
                problems = list(_claim_problems(attributes.obj, limits))
            if problems:
                raise attributes.forbidden(errors.aggregate(problems))

    def _limits(self, attributes: Attributes) -> Iterator[list[Obj]]:
        for found in attributes.context.list(LimitRange, attributes.namespace):
            yield (found.get("spec") or {}).get("limits") or []


# -- defaults --------------------------------------------------------------------------------------------------------


def _set_defaults(pod: Obj, limits: list[Obj]) -> None:
    defaults: dict[str, dict[str, str]] = {"limits": {}, "requests": {}}
    for limit in limits:
        if limit.get("type") == CONTAINER:
            defaults["limits"] |= limit.get("default") or {}
            defaults["requests"] |= limit.get("defaultRequest") or {}
    if not defaults["limits"] and not defaults["requests"]:
        return
    spec: Obj = pod["spec"]
    done: list[str] = []
    for field, what in (("containers", "container"), ("initContainers", "init container")):
        if spec.get(field):
            spec[field] = [_with_defaults(container, defaults, what, done) for container in spec[field]]
    if done:
        annotations = pod["metadata"].get("annotations") or {}
        pod["metadata"]["annotations"] = {**annotations, ANNOTATION: "LimitRanger plugin set: " + "; ".join(done)}


def _with_defaults(container: Obj, defaults: dict[str, dict[str, str]], what: str, done: list[str]) -> Obj:
    resources = dict(container.get("resources") or {})
    for kind, word in (("requests", "request"), ("limits", "limit")):
        missing = {name: text for name, text in defaults[kind].items() if name not in (resources.get(kind) or {})}
        if missing:
            resources[kind] = {**(resources.get(kind) or {}), **missing}
            done.append(f"{', '.join(sorted(missing))} {word} for {what} {container['name']}")
    return {**container, "resources": resources}


# -- bounds ----------------------------------------------------------------------------------------------------------


def _pod_problems(pod: Obj, limits: list[Obj]) -> Iterator[str]:
    spec = pod["spec"]
    for limit in limits:
        if limit.get("type") == CONTAINER:
            for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
                resources = container.get("resources") or {}
                requests, ceilings = parsed(resources.get("requests") or {}), parsed(resources.get("limits") or {})
                yield from _problems(limit, CONTAINER, requests, ceilings)
        elif limit.get("type") == POD:
            yield from _problems(limit, POD, effective(spec, "requests"), effective(spec, "limits"))


def _claim_problems(claim: Obj, limits: list[Obj]) -> Iterator[str]:
    requests = parsed(((claim.get("spec") or {}).get("resources") or {}).get("requests") or {})
    for limit in limits:
        if limit.get("type") != CLAIM:
            continue
        for name, bound in parsed(limit.get("min") or {}).items():
            yield from _below(name, CLAIM, bound, requests.get(name), None)
        for name, bound in parsed(limit.get("max") or {}).items():
            asked = requests.get(name)
            if asked is None:
                yield f"maximum {name} usage per {CLAIM} is {bound}.  No request is specified"
            elif bound < asked:
                yield f"maximum {name} usage per {CLAIM} is {bound}, but request is {asked}"


def _problems(limit: Obj, what: str, requests: Usage, limits: Usage) -> Iterator[str]:
    for name, bound in parsed(limit.get("min") or {}).items():
        yield from _below(name, what, bound, requests.get(name), limits.get(name))
    for name, bound in parsed(limit.get("max") or {}).items():
        yield from _above(name, what, bound, requests.get(name), limits.get(name))
    for name, bound in parsed(limit.get("maxLimitRequestRatio") or {}).items():
        yield from _apart(name, what, bound, requests.get(name), limits.get(name))


def _below(name: str, what: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    begin = f"minimum {name} usage per {what} is {bound}"
    if request is None:
        yield f"{begin}.  No request is specified"
    elif request < bound:
        yield f"{begin}, but request is {request}"
    elif limit is not None and limit < bound:
        yield f"{begin}, but limit is {limit}"


def _above(name: str, what: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    begin = f"maximum {name} usage per {what} is {bound}"
    if limit is None:
        yield f"{begin}.  No limit is specified"
    elif bound < limit:
        yield f"{begin}, but limit is {limit}"
    elif request is not None and bound < request:
        yield f"{begin}, but request is {request}"


def _apart(name: str, what: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    begin = f"{name} max limit to request ratio per {what} is {bound}"
    if not request:
        yield f"{begin}, but no request is specified or request is 0"
    elif not limit:
        yield f"{begin}, but no limit is specified or limit is 0"
    elif limit.amount / request.amount > bound.amount:
        yield f"{begin}, but provided ratio is {float(limit.amount / request.amount):f}"
