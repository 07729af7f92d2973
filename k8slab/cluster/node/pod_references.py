"""ConfigMaps and Secrets that a Pod refers to: its environment, and what its volumes hold.

Models kubelet_pods.go (makeEnvironmentVariables) and the configmap and secret volume plugins. Left out: what is written into
the volumes (containers have no file system yet), projected and downward API volumes, expansion of ``$(NAME)``.
"""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

from lightkube.resources.core_v1 import ConfigMap, Secret
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.client.client import ApiClient


class MissingReference(Exception):
    """Something the Pod needs is not there; the text is the kubelet's."""


def refers(container: Any) -> bool:
    """Whether the environment of *container* comes from anywhere but its spec."""
    return bool(container.envFrom) or any(each.valueFrom is not None for each in container.env or ())


def environment(client: ApiClient, pod: Any, container: Any) -> Generator[Event, Any, dict[str, str]]:
    """Return the variables of *container*. Raises `MissingReference`; asks the API server where it must."""
    found: dict[str, str] = {}
    namespace = pod.metadata.namespace
    for source in container.envFrom or ():
        reference = source.configMapRef or source.secretRef
        model = ConfigMap if source.configMapRef is not None else Secret
        content = yield from _content(client, model, namespace, reference)
        found.update({(source.prefix or "") + key: value for key, value in content.items()})
    for each in container.env or ():
        if each.valueFrom is None:
            found[each.name] = each.value or ""
        elif each.valueFrom.fieldRef is not None:
            found[each.name] = _field(pod, each.valueFrom.fieldRef.fieldPath)
        else:
            reference = each.valueFrom.configMapKeyRef or each.valueFrom.secretKeyRef
            if reference is None:
                continue
            model = ConfigMap if each.valueFrom.configMapKeyRef is not None else Secret
            content = yield from _content(client, model, namespace, reference)
            if reference.key in content:
                found[each.name] = content[reference.key]
            elif not reference.optional:
                kind = "ConfigMap" if model is ConfigMap else "Secret"
                raise MissingReference(f"couldn't find key {reference.key} in {kind} {namespace}/{reference.name}")
    return found


def _content(client: ApiClient, model: Any, namespace: str, reference: Any) -> Generator[Event, Any, dict[str, str]]:
    try:
        found: Any = yield from client.get(model, reference.name, namespace)
    except ApiError as error:
        if reference.optional:
            return {}
        kind = "configmap" if model is ConfigMap else "secret"
        raise MissingReference(f'{kind} "{reference.name}" not found') from error
    if model is ConfigMap:
        return dict(found.data or {})
    return {key: base64.b64decode(value).decode(errors="replace") for key, value in (found.data or {}).items()}


def _field(pod: Any, path: str) -> str:
    meta, status = pod.metadata, pod.status
    if path.startswith(("metadata.labels['", "metadata.annotations['")):
        source = meta.labels if path.startswith("metadata.labels") else meta.annotations
        return (source or {}).get(path.split("'")[1], "")
    fields = {
        "metadata.name": meta.name,
        "metadata.namespace": meta.namespace,
        "metadata.uid": meta.uid,
        "spec.nodeName": pod.spec.nodeName,
        "spec.serviceAccountName": pod.spec.serviceAccountName,
        "status.hostIP": status.hostIP if status else "",
        "status.podIP": status.podIP if status else "",
    }
    return fields.get(path) or ""


def needs_volumes(pod: Any) -> bool:
    """Whether *pod* has volumes that may be missing."""
    return any(each.configMap is not None or each.secret is not None for each in pod.spec.volumes or ())


def missing_volume(client: ApiClient, pod: Any) -> Generator[Event, Any, str]:
    """Return the sentence about the first volume that cannot be set up, or an empty text."""
    for volume in pod.spec.volumes or ():
        source = volume.configMap or volume.secret
        if source is None or source.optional:
            continue
        model: Any = ConfigMap if volume.configMap is not None else Secret
        name = volume.configMap.name if volume.configMap is not None else volume.secret.secretName
        try:
            yield from client.get(model, name, pod.metadata.namespace)
        except ApiError:
            kind = "configmap" if model is ConfigMap else "secret"
            return f'MountVolume.SetUp failed for volume "{volume.name}" : {kind} "{name}" not found'
    return ""
