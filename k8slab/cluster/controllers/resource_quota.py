"""Resource quota controller: recounts what a namespace uses, so that what was deleted is given back.

Models pkg/controller/resourcequota. The API server adds to ``status.used`` as it admits objects; only counting again can take
away. What counts, and how much, is told by ``apiserver/quota.py`` for both.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec
from lightkube.core.resource import NamespacedResource
from lightkube.resources.core_v1 import Event as EventResource
from lightkube.resources.core_v1 import Pod, ResourceQuota
from simpy.events import Event

from k8slab.apimachinery import pods, quantity
from k8slab.cluster.apiserver import quota as quotas
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.informer import Handler

RESYNC_SECONDS = 300


class ResourceQuotaController(Controller):
    name = "resourcequota-controller"
    watches = (ResourceQuota,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.counted: dict[str, Any] = {}  # "pods", "deployments.apps" -> the model
        for model in context.models():
            if issubclass(model, NamespacedResource) and model is not EventResource:
                definition: Any = model._api_info
                group = definition.resource.group
                self.counted[f"{definition.plural}.{group}" if group else definition.plural] = model

    def handlers(self) -> dict[type, Handler]:
        found: dict[type, Handler] = {model: Handler(on_delete=self.replenish) for model in self.counted.values()}
        found[Pod] = Handler(on_update=self.pod_updated, on_delete=self.replenish)
        found[ResourceQuota] = Handler(self.enqueue, self.quota_updated, self.replenish)
        return found

    def start(self) -> None:
        super().start()
        self.clock.process(self._resync_periodically(self._generation))

    def _resync_periodically(self, generation: int) -> Generator[Event, Any, None]:
        while True:
            yield self.clock.timeout(RESYNC_SECONDS)
            if generation != self._generation:
                return
            for quota in self.lister(ResourceQuota).list():
                self.enqueue(quota)

    def quota_updated(self, old: ResourceQuota, new: ResourceQuota) -> None:
        if old.spec != new.spec or new.status.hard != new.spec.hard:
            self.enqueue(new)

    def pod_updated(self, old: Pod, new: Pod) -> None:
        if pods.is_terminal(new) and not pods.is_terminal(old):
            self.replenish(new)

    def replenish(self, obj: Any) -> None:
        """Something has been given back: count again in its namespace."""
        for quota in self.lister(ResourceQuota).list(obj.metadata.namespace):
            self.enqueue(quota)

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Count for the quota *key* and write down what has changed."""
        found: Any = self.lister(ResourceQuota).get(key)
        if found is None:
            return
        hard = dict(found.spec.hard or {})
        used = self.count(found, hard)
        if (found.status.hard or {}) == hard and (found.status.used or {}) == used:
            return
        status = msgspec.structs.replace(found.status, hard=hard or None, used=used or None)
        yield from self.client.update_status(msgspec.structs.replace(found, status=status))

    def count(self, quota: Any, hard: dict[str, str]) -> dict[str, str]:
        """Return what of each resource in *hard* is used, in the namespace and within the scopes of *quota*."""
        total = dict.fromkeys(hard, quotas.ZERO)
        as_dict = msgspec.to_builtins(quota)
        for resource, model in self.counted.items():
            for obj in self.lister(model).list(quota.metadata.namespace):
                found = msgspec.to_builtins(obj)
                if not quotas.counts(as_dict, resource, found):
                    continue
                for name, amount in quotas.usage_of(resource, found).items():
                    if name in total:
                        total[name] = total[name] + amount
        return {name: quantity.canonical(str(amount)) for name, amount in total.items()}
