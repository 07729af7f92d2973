"""TaintNodesByCondition: a new node takes no Pods until the node lifecycle controller has seen it ready.

Models plugin/pkg/admission/nodetaint.
"""

from __future__ import annotations

from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.strategies.strategy import Obj

NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


class TaintNodesByCondition(Plugin):
    """Adds the not-ready taint to new nodes."""

    name = "TaintNodesByCondition"
    resources = ("nodes",)

    def admit(self, attributes: Attributes) -> None:
        spec: Obj = attributes.obj.setdefault("spec", {})
        taints = spec.get("taints") or []
        if not any(t["key"] == NOT_READY["key"] and t["effect"] == NOT_READY["effect"] for t in taints):
            spec["taints"] = [*taints, dict(NOT_READY)]
