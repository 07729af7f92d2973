"""Every namespace gets a ConfigMap ``kube-root-ca.crt``, so that Pods can check whom they talk to.

Models pkg/controller/certificates/rootcacertpublisher.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Namespace
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, has_cause, is_already_exists
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.informer import Handler
from k8slab.cluster.controllers.pod_control import NAMESPACE_TERMINATING

NAME = "kube-root-ca.crt"
DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)
#: The lab's certificate authority signs nothing; what matters is that there is one, the same everywhere.
ROOT_CA = "-----BEGIN CERTIFICATE-----\nazhzbGFiOiBhIHN0YW5kLWluIGZvciB0aGUgY2x1c3RlcidzIG93biBDQQ==\n-----END CERTIFICATE-----\n"


class RootCAPublisher(Controller):
    name = "root-ca-certificate-publisher-controller"
    watches = (Namespace, ConfigMap)
    workers = 1

    def handlers(self) -> dict[type, Handler]:
        return {
            Namespace: Handler(self.enqueue, lambda old, new: self.enqueue(new)),
            ConfigMap: Handler(
                on_update=lambda old, new: self.config_map_changed(new), on_delete=self.config_map_changed
            ),
        }

    def config_map_changed(self, config_map: ConfigMap) -> None:
        if config_map.metadata.name == NAME:
            self.queue.add(config_map.metadata.namespace or "")

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Make the ConfigMap of namespace *key*, or put its content right."""
        namespace = self.lister(Namespace).get(key)
        if namespace is None or namespace.status.phase == "Terminating":
            return
        annotations = {"kubernetes.io/description": DESCRIPTION}
        found: Any = self.lister(ConfigMap).get(f"{key}/{NAME}")
        if found is None:
            meta = ObjectMeta(name=NAME, namespace=key, annotations=annotations)
            try:
                yield from self.client.create(ConfigMap(metadata=meta, data={"ca.crt": ROOT_CA}))
            except ApiError as error:
                if not is_already_exists(error) and not has_cause(error, NAMESPACE_TERMINATING):
                    raise
            return
        has = found.metadata.annotations or {}
        if found.data == {"ca.crt": ROOT_CA} and annotations.items() <= has.items():
            return
        meta = msgspec.structs.replace(found.metadata, annotations={**has, **annotations})
        yield from self.client.update(msgspec.structs.replace(found, metadata=meta, data={"ca.crt": ROOT_CA}))
