"""Volumes, by their sources. Models describeVolumes and the print...VolumeSource functions of kubectl pkg/describe.

Left out: the sources of single vendors (GCE, AWS, Azure, Ceph, ...), which show as ``<unknown>``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8slab.apimachinery import quantity
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe.writer import NONE, Description
from k8slab.cli.kubectl.jsonpath import go_value

Pairs = list[tuple[str, Any]]


def describe_volumes(out: Description, volumes: list[Obj] | None, indent: str = "") -> None:
    """Add *volumes*."""
    if not volumes:
        out.write(0, f"{indent}Volumes:\t{NONE}\n")
        return
    out.write(0, f"{indent}Volumes:\n")
    for volume in volumes:
        out.write(1, f"{' ' if indent else ''}{volume['name']}:\n")
        describe_source(out, volume)


def describe_source(out: Description, volume: Mapping[str, Any]) -> None:
    """Add where a volume (of a pod, or a PersistentVolume's spec) comes from."""
    if "projected" in volume:
        _projected(out, volume["projected"])
    elif "downwardAPI" in volume:
        _downward(out, volume["downwardAPI"])
    elif "csi" in volume:
        _csi(out, volume["csi"])
    else:
        for name, source in _SOURCES.items():
            if name in volume:
                _pairs(out, source(volume[name] or {}))
                return
        out.write(1, "<unknown>\n")


def _pairs(out: Description, pairs: Pairs) -> None:
    for label, value in pairs:
        out.line(2, label, value)


def _optional(source: Obj) -> str:
    return go_value(bool(source.get("optional")))


def _host_path(source: Obj) -> Pairs:
    return [
        ("Type", "HostPath (bare host directory volume)"),
        ("Path", source.get("path", "")),
        ("HostPathType", source.get("type", NONE)),
    ]


def _empty_dir(source: Obj) -> Pairs:
    limit = source.get("sizeLimit")
    size = quantity.canonical(limit) if limit and quantity.value(limit) > 0 else "<unset>"
    return [
        ("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)"),
        ("Medium", source.get("medium", "")),
        ("SizeLimit", size),
    ]


def _secret(source: Obj) -> Pairs:
    return [
        ("Type", "Secret (a volume populated by a Secret)"),
        ("SecretName", source.get("secretName", "")),
        ("Optional", _optional(source)),
    ]


def _config_map(source: Obj) -> Pairs:
    return [
        ("Type", "ConfigMap (a volume populated by a ConfigMap)"),
        ("Name", source.get("name", "")),
        ("Optional", _optional(source)),
    ]


def _claim(source: Obj) -> Pairs:
    return [
        ("Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"),
        ("ClaimName", source.get("claimName", "")),
        ("ReadOnly", go_value(bool(source.get("readOnly")))),
    ]


def _nfs(source: Obj) -> Pairs:
    return [
        ("Type", "NFS (an NFS mount that lasts the lifetime of a pod)"),
        ("Server", source.get("server", "")),
        ("Path", source.get("path", "")),
        ("ReadOnly", go_value(bool(source.get("readOnly")))),
    ]


def _local(source: Obj) -> Pairs:
    return [
        ("Type", "LocalVolume (a persistent volume backed by local storage on a node)"),
        ("Path", source.get("path", "")),
    ]


def _image(source: Obj) -> Pairs:
    return [
        ("Type", "Image (a container image or OCI artifact)"),
        ("Reference", source.get("reference", "")),
        ("PullPolicy", source.get("pullPolicy", "")),
    ]


def _ephemeral(source: Obj) -> Pairs:
    return [
        ("Type", "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)")
    ]


_SOURCES: dict[str, Callable[[Obj], Pairs]] = {
    "hostPath": _host_path,
    "emptyDir": _empty_dir,
    "secret": _secret,
    "configMap": _config_map,
    "persistentVolumeClaim": _claim,
    "nfs": _nfs,
    "local": _local,
    "image": _image,
    "ephemeral": _ephemeral,
}


def _projected(out: Description, projected: Obj) -> None:
    out.line(2, "Type", "Projected (a volume that contains injected data from multiple sources)")
    for source in projected.get("sources") or ():
        if "secret" in source:
            _pairs(out, [("SecretName", source["secret"].get("name", "")), ("Optional", _optional(source["secret"]))])
        elif "downwardAPI" in source:
            out.line(2, "DownwardAPI", "true")
        elif "configMap" in source:
            config_map = source["configMap"]
            _pairs(out, [("ConfigMapName", config_map.get("name", "")), ("Optional", _optional(config_map))])
        elif "serviceAccountToken" in source:
            out.line(2, "TokenExpirationSeconds", source["serviceAccountToken"].get("expirationSeconds", 0))


def _downward(out: Description, source: Obj) -> None:
    out.write(2, "Type:\tDownwardAPI (a volume populated by information about the pod)\n    Items:\n")
    for item in source.get("items") or ():
        if "fieldRef" in item:
            out.write(3, f"{item['fieldRef'].get('fieldPath', '')} -> {item.get('path', '')}\n")
        if "resourceFieldRef" in item:
            out.write(3, f"{item['resourceFieldRef'].get('resource', '')} -> {item.get('path', '')}\n")


def _csi(out: Description, source: Obj) -> None:
    pairs: Pairs = [
        ("Type", "CSI (a Container Storage Interface (CSI) volume source)"),
        ("Driver", source.get("driver", "")),
        ("FSType", source.get("fsType", "")),
    ]
    if "volumeHandle" in source:
        pairs.append(("VolumeHandle", source["volumeHandle"]))
    pairs.append(("ReadOnly", go_value(bool(source.get("readOnly")))))
    _pairs(out, pairs)
    out.labels("VolumeAttributes", source.get("volumeAttributes"), 2)
