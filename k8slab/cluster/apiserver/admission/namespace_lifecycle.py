"""NamespaceLifecycle: nothing is made in a namespace that is absent or going, and three namespaces never go.

Models apiserver pkg/admission/plugin/namespace/lifecycle. Left out: the short wait for a namespace that was made just now.
"""

from __future__ import annotations

from lightkube.resources.core_v1 import Namespace

from k8slab.apimachinery import errors
from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.strategies.strategy import Strategy

IMMORTAL = ("default", "kube-system", "kube-public")


class NamespaceLifecycle(Plugin):
    """Creating needs a namespace that is there and not terminating."""

    name = "NamespaceLifecycle"
    operations = ("CREATE", "DELETE")

    def handles(self, strategy: Strategy, operation: str) -> bool:
        if operation == "DELETE":
            return strategy.resource == "namespaces"
        return operation == "CREATE" and strategy.namespaced

    def admit(self, attributes: Attributes) -> None:
        namespace = attributes.context.get(Namespace, None, attributes.namespace)
        if namespace is None:
            raise errors.not_found("namespaces", attributes.namespace)
        if (namespace.get("status") or {}).get("phase") == "Terminating" or namespace["metadata"].get(
            "deletionTimestamp"
        ):
            why = f"unable to create new content in namespace {attributes.namespace} because it is being terminated"
            error = attributes.forbidden(why)
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {attributes.namespace} is being terminated",
                "field": "metadata.namespace",
            }
            error.status["details"]["causes"] = [cause]
            raise error

    def validate(self, attributes: Attributes) -> None:
        if attributes.operation == "DELETE" and attributes.name in IMMORTAL:
            raise attributes.forbidden("this namespace may not be deleted")
