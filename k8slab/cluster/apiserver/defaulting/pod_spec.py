"""Defaults of a Pod's spec, in a Pod and in a template.

Models SetDefaults_PodSpec, SetDefaults_Container, SetDefaults_Probe, SetDefaults_Volume ... of pkg/apis/core/v1/defaults.go.
Which specs are already complete is remembered by their encoded bytes, because all Pods of a ReplicaSet are the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from k8slab.apimachinery import quantity
from k8slab.cluster.apiserver.speckey import MOST_REMEMBERED, spec_key

Json = dict[str, Any]

_VOLUME_SOURCES_WITH_MODE = ("secret", "configMap", "downwardAPI", "projected")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
#: name[:tag][@digest], where the name may start with a registry and its port.
_IMAGE = re.compile(
    r"(?P<name>[^\s@]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,}))?"
)

_complete: set[bytes] = set()


def default_pod_spec(spec: Json, is_pod: bool = False) -> None:
    """Complete *spec* in place; *is_pod* adds what is filled in only when a Pod itself is made."""
    if spec_key(spec) not in _complete:
        _default(spec)
        if len(_complete) >= MOST_REMEMBERED:
            _complete.clear()
        _complete.add(spec_key(spec))
    if is_pod:
        _default_pod_only(spec)


def default_pod_template(template: Json) -> None:
    """Complete the template of a workload in place."""
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))


def _default(spec: Json) -> None:
    for volume in spec.get("volumes") or ():
        default_volume(volume)
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            _default_container(container)
    spec.setdefault("containers", None)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    # serviceAccount is the old name of serviceAccountName; the server always shows both.
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    else:
        spec.pop("serviceAccount", None)
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    for constraint in spec.get("topologySpreadConstraints") or ():
        constraint.setdefault("maxSkew", 0)
    if "overhead" in spec:
        canonical_resources(spec["overhead"])
    if "resources" in spec:
        _canonical_requirements(spec["resources"])
    if spec["containers"] is None:
        spec["containers"] = []


def _default_pod_only(spec: Json) -> None:
    """What a template leaves open: only the Pod made from it gets these."""
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or ():
            resources = container["resources"]
            limits = resources.get("limits")
            if limits:
                requests = resources.setdefault("requests", {})
                for name, amount in limits.items():
                    requests.setdefault(name, amount)
            if spec.get("hostNetwork"):
                for port in container.get("ports") or ():
                    if not port.get("hostPort"):
                        port["hostPort"] = port.get("containerPort", 0)
    if "enableServiceLinks" not in spec:
        spec["enableServiceLinks"] = True
    if spec["terminationGracePeriodSeconds"] < 0:
        spec["terminationGracePeriodSeconds"] = 1


def _default_container(container: Json) -> None:
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        if "fieldRef" in source:
            source["fieldRef"].setdefault("apiVersion", "v1")
        if "resourceFieldRef" in source:
            _default_divisor(source["resourceFieldRef"])
        if "fileKeyRef" in source:
            source["fileKeyRef"].setdefault("optional", False)
    _canonical_requirements(container.setdefault("resources", {}))
    for field in _PROBES:
        if field in container:
            _default_probe(container[field])
    for handler in (container.get("lifecycle") or {}).values():
        if isinstance(handler, dict):
            _default_handler(handler)
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = "Always" if tag_of(container.get("image", "")) == "latest" else "IfNotPresent"


def tag_of(image: str) -> str:
    """Return the tag of an image name: ``latest`` if it has neither tag nor digest, nothing if the name is no name."""
    found = _IMAGE.fullmatch(image)
    if found is None or image != image.strip():
        return ""
    name, tag, digest = found["name"], found["tag"], found["digest"]
    # A path is lower case; only the registry in front of the first slash may be a host with a port.
    registry, slash, path = name.partition("/")
    is_host = slash and ("." in registry or ":" in registry or registry == "localhost")
    if not re.fullmatch(
        r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*", path if is_host else name
    ):
        return ""
    if tag:
        return tag
    return "" if digest else "latest"


def _default_probe(probe: Json) -> None:
    _default_handler(probe)
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(field):
            probe[field] = value


def _default_handler(handler: Json) -> None:
    if "httpGet" in handler:
        handler["httpGet"].setdefault("path", "/")
        handler["httpGet"].setdefault("scheme", "HTTP")
        handler["httpGet"].setdefault("port", 0)
    if "tcpSocket" in handler:
        handler["tcpSocket"].setdefault("port", 0)
    if "grpc" in handler:
        handler["grpc"].setdefault("service", "")


def _default_divisor(reference: Json) -> None:
    reference["divisor"] = quantity.canonical(reference.get("divisor", "0"))


def default_volume(volume: Json) -> None:
    """Complete a volume in place; one without a source becomes an emptyDir."""
    if volume.keys() <= {"name"}:
        volume["emptyDir"] = {}
    for field in _VOLUME_SOURCES_WITH_MODE:
        if field in volume:
            volume[field].setdefault("defaultMode", 0o644)
    if "emptyDir" in volume and "sizeLimit" in volume["emptyDir"]:
        volume["emptyDir"]["sizeLimit"] = quantity.canonical(volume["emptyDir"]["sizeLimit"])
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _default_downward_item(item)
    for source in (volume.get("projected") or {}).get("sources") or ():
        if "serviceAccountToken" in source:
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            _default_downward_item(item)
    if "ephemeral" in volume:
        template = volume["ephemeral"].get("volumeClaimTemplate")
        if template is not None:
            template.setdefault("metadata", {})
            default_claim_spec(template.setdefault("spec", {}))
    if "image" in volume and "pullPolicy" not in volume["image"]:
        is_latest = tag_of(volume["image"].get("reference", "")) == "latest"
        volume["image"]["pullPolicy"] = "Always" if is_latest else "IfNotPresent"
    if "iscsi" in volume:
        volume["iscsi"].setdefault("iscsiInterface", "default")
    if "rbd" in volume:
        for field, value in (("pool", "rbd"), ("user", "admin"), ("keyring", "/etc/ceph/keyring")):
            volume["rbd"].setdefault(field, value)


def _default_downward_item(item: Json) -> None:
    if "fieldRef" in item:
        item["fieldRef"].setdefault("apiVersion", "v1")
    if "resourceFieldRef" in item:
        _default_divisor(item["resourceFieldRef"])


def default_claim_spec(spec: Json) -> None:
    """Complete the spec of a PersistentVolumeClaim in place."""
    spec.setdefault("volumeMode", "Filesystem")
    _canonical_requirements(spec.setdefault("resources", {}))


def _canonical_requirements(requirements: Json) -> None:
    for field in ("limits", "requests"):
        if field in requirements:
            canonical_resources(requirements[field])


def canonical_resources(resources: Json) -> None:
    """Write the amounts of a ResourceList in their canonical form, in place; nothing below a thousandth is kept."""
    for name, amount in resources.items():
        resources[name] = canonical_amount(amount)


@lru_cache(maxsize=8192)
def canonical_amount(amount: str | int | float) -> str:
    """Return *amount* in canonical form, rounded up to thousandths."""
    parsed = quantity.parse(amount)
    if (parsed.amount * 1000).denominator != 1:
        parsed = quantity.parse(f"{parsed.millis}m")
    return str(parsed)
