"""Priority: a priorityClassName becomes a number, and without one the default class does.

Models plugin/pkg/admission/priority. The two system classes are there in every cluster.
"""

from __future__ import annotations

from lightkube.resources.scheduling_v1 import PriorityClass

from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy

PREEMPT = "PreemptLowerPriority"
SYSTEM_CLASSES: dict[str, Obj] = {
    "system-node-critical": {"value": 2_000_001_000, "preemptionPolicy": PREEMPT},
    "system-cluster-critical": {"value": 2_000_000_000, "preemptionPolicy": PREEMPT},
}
HIGHEST_USER_DEFINABLE_PRIORITY = 1_000_000_000


class Priority(Plugin):
    """Sets spec.priority and spec.preemptionPolicy of a Pod, and guards the default class."""

    name = "Priority"
    resources = ("pods", "priorityclasses.scheduling.k8s.io")
    operations = ("CREATE", "UPDATE")

    def handles(self, strategy: Strategy, operation: str) -> bool:
        return super().handles(strategy, operation) and (strategy.resource != "pods" or operation == "CREATE")

    def admit(self, attributes: Attributes) -> None:
        if attributes.strategy.resource != "pods":
            return
        spec: Obj = attributes.obj.setdefault("spec", {})
        name = spec.get("priorityClassName", "")
        if name:
            chosen: Obj = attributes.context.get(PriorityClass, None, name) or SYSTEM_CLASSES.get(name) or {}
            if not chosen:
                raise attributes.forbidden(f"no PriorityClass with name {name} was found")
        else:
            chosen = self._default(attributes)
            name = chosen["metadata"]["name"] if "metadata" in chosen else ""
            if name:
                spec["priorityClassName"] = name
        value, policy = chosen.get("value", 0), chosen.get("preemptionPolicy") or PREEMPT
        if spec.get("priority", value) != value:
            raise attributes.forbidden(
                f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
                f"priority admission controller computed {value} from the given PriorityClass name"
            )
        if spec.get("preemptionPolicy", policy) != policy:
            raise attributes.forbidden(
                f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in pod spec; "
                f"priority admission controller computed {policy} from the given PriorityClass name"
            )
        spec["priority"], spec["preemptionPolicy"] = value, policy

    def _default(self, attributes: Attributes) -> Obj:
        """Return the class of those that name none: of several defaults the lowest."""
        defaults = [found for found in attributes.context.list(PriorityClass) if found.get("globalDefault")]
        return min(defaults, key=lambda found: found.get("value", 0)) if defaults else {}

    def validate(self, attributes: Attributes) -> None:
        new = attributes.obj
        if attributes.strategy.resource == "pods" or not new.get("globalDefault"):
            return
        for other in attributes.context.list(PriorityClass):
            if other.get("globalDefault") and other["metadata"]["name"] != attributes.name:
                raise _two_defaults(attributes, other["metadata"]["name"])


def _two_defaults(attributes: Attributes, other: str) -> ApiError:
    return attributes.forbidden(
        f"PriorityClass {other} is already marked as default. Only one PriorityClass can be marked as default"
    )
