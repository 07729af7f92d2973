"""ServiceAccount: every Pod runs as somebody, and finds that somebody's token in its file system.

Models plugin/pkg/admission/serviceaccount. Left out: the annotation that limits mountable secrets.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from lightkube.resources.core_v1 import Namespace, ServiceAccount

from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.strategies.strategy import Obj

DEFAULT = "default"
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
MIRROR = "kubernetes.io/config.mirror"
#: A new namespace gets its default account from a controller. Upstream waits for it up to this long; nothing can wait here,
#: so in a namespace that young the Pod is let through as if it had waited.
WAIT_FOR_DEFAULT_SECONDS = 2

_SOURCES = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {
        "downwardAPI": {
            "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
        }
    },
]


class ServiceAccountAdmission(Plugin):
    """Names the account, refuses an absent one, and mounts its token."""

    name = "ServiceAccount"
    resources = ("pods",)

    def admit(self, attributes: Attributes) -> None:
        pod = attributes.obj
        if MIRROR in (pod["metadata"].get("annotations") or {}):
            return
        spec: Obj = pod.setdefault("spec", {})
        name = spec.get("serviceAccountName") or DEFAULT
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        account = attributes.context.get(ServiceAccount, attributes.namespace, name)
        if account is None and not (name == DEFAULT and self._is_young(attributes)):
            where = f"{attributes.namespace}/{name}"
            raise attributes.forbidden(f'error looking up service account {where}: serviceaccount "{name}" not found')
        if _automounts(spec, account):
            _mount_token(spec, attributes)
        if account and account.get("imagePullSecrets") and not spec.get("imagePullSecrets"):
            spec["imagePullSecrets"] = account["imagePullSecrets"]

    def _is_young(self, attributes: Attributes) -> bool:
        namespace = attributes.context.get(Namespace, None, attributes.namespace)
        if namespace is None:
            return False
        created = dt.datetime.fromisoformat(namespace["metadata"]["creationTimestamp"])
        age = attributes.context.clock.datetime() - created
        # Timestamps have whole seconds.
        return age.total_seconds() < WAIT_FOR_DEFAULT_SECONDS + 1


def _automounts(spec: Obj, account: Obj | None) -> bool:
    if "automountServiceAccountToken" in spec:
        return spec["automountServiceAccountToken"]
    return account is None or account.get("automountServiceAccountToken", True)


def _mount_token(spec: Obj, attributes: Attributes) -> None:
    volume = ""
    for existing in spec.get("volumes") or ():
        if existing.get("name", "").startswith("kube-api-access-") and "projected" in existing:
            volume = existing["name"]
    name = volume or "kube-api-access-" + attributes.context.chance.suffix()
    needed = False
    for field in ("initContainers", "containers"):
        containers = spec.get(field)
        if containers:
            spec[field] = mounted = [_with_mount(container, name) for container in containers]
            needed = needed or any(new is not old for new, old in zip(mounted, containers))
    if needed and not volume:
        projected: dict[str, Any] = {"sources": _SOURCES, "defaultMode": 420}
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": name, "projected": projected}]


def _with_mount(container: Obj, volume: str) -> Obj:
    mounts = container.get("volumeMounts") or []
    if any(mount.get("mountPath") == TOKEN_PATH for mount in mounts):
        return container
    return {**container, "volumeMounts": [*mounts, {"name": volume, "readOnly": True, "mountPath": TOKEN_PATH}]}
