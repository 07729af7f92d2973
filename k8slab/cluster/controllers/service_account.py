"""Every namespace gets a ServiceAccount ``default``, again if it is deleted.

Models pkg/controller/serviceaccount/serviceaccounts_controller.go.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace, ServiceAccount
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, has_cause, is_already_exists
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.informer import Handler
from k8slab.cluster.controllers.pod_control import NAMESPACE_TERMINATING

DEFAULT = "default"


class ServiceAccountsController(Controller):
    name = "serviceaccount-controller"
    watches = (Namespace, ServiceAccount)
    workers = 1

    def handlers(self) -> dict[type, Handler]:
        return {
            Namespace: Handler(self.enqueue, lambda old, new: self.enqueue(new)),
            ServiceAccount: Handler(on_delete=lambda account: self.queue.add(account.metadata.namespace)),
        }

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Make the default account of namespace *key* where it is missing."""
        namespace = self.lister(Namespace).get(key)
        if namespace is None or namespace.status.phase != "Active":
            return
        if self.lister(ServiceAccount).get(f"{key}/{DEFAULT}") is not None:
            return
        try:
            yield from self.client.create(ServiceAccount(metadata=ObjectMeta(name=DEFAULT, namespace=key)))
        except ApiError as error:
            if not is_already_exists(error) and not has_cause(error, NAMESPACE_TERMINATING):
                raise
