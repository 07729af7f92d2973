"""PersistentVolume, PersistentVolumeClaim, StorageClass. Models kubectl pkg/describe."""

from __future__ import annotations

from datetime import datetime

from k8slab.apimachinery import quantity
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.volumes import describe_source
from k8slab.cli.kubectl.describe.writer import NONE, Description, yes_no_unset
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.tables import format_labels
from k8slab.cli.seam import Steps

_ACCESS = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def access_modes(modes: list[str] | None) -> str:
    """Return access modes in short: ``RWO,ROX``."""
    there = set(modes or ())
    return ",".join(short for mode, short in _ACCESS.items() if mode in there)


def _status(obj: Obj, now: datetime) -> str:
    deleted = obj["metadata"].get("deletionTimestamp")
    if deleted:
        return f"Terminating (lasts {durations.age(deleted, now)})"
    return str((obj.get("status") or {}).get("phase", ""))


def persistent_volume(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a PersistentVolume."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "Finalizers", metadata.get("finalizers") or [])
    out.line(0, "StorageClass", spec.get("storageClassName", ""))
    out.line(0, "Status", _status(obj, now))
    claim = spec.get("claimRef")
    out.line(0, "Claim", f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "")
    out.line(0, "Reclaim Policy", spec.get("persistentVolumeReclaimPolicy", ""))
    out.line(0, "Access Modes", access_modes(spec.get("accessModes")))
    if spec.get("volumeMode"):
        out.line(0, "VolumeMode", spec["volumeMode"])
    out.line(0, "Capacity", quantity.canonical((spec.get("capacity") or {}).get("storage", "0")))
    _node_affinity(out, (spec.get("nodeAffinity") or {}).get("required"))
    out.line(0, "Message", status.get("message", ""))
    out.write(0, "Source:\n")
    describe_source(out, spec)
    events.describe_events(out, found, now)
    return out.text()


def _node_affinity(out: Description, required: Obj | None) -> None:
    if not required:
        out.line(0, "Node Affinity", NONE)
        return
    out.write(0, "Node Affinity:\t\n")
    terms = required.get("nodeSelectorTerms") or []
    out.write(1, "Required Terms:\t\n" if terms else f"Required Terms:\t{NONE}\n")
    for index, term in enumerate(terms):
        words = []
        for one in term.get("matchExpressions") or ():
            values = f" [{', '.join(one['values'])}]" if one.get("values") else ""
            words.append(f"{one.get('key', '')} {one.get('operator', '').lower()}{values}")
        out.multiline(f"Term {index}", words, 2)


def persistent_volume_claim(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a PersistentVolumeClaim."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    users = yield from _users(run, obj)
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.line(0, "StorageClass", spec.get("storageClassName", ""))
    out.line(0, "Status", _status(obj, now))
    out.line(0, "Volume", spec.get("volumeName", ""))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "Finalizers", metadata.get("finalizers") or [])
    bound = bool(spec.get("volumeName"))
    capacity = (status.get("capacity") or {}).get("storage", "0")
    out.line(0, "Capacity", quantity.canonical(capacity) if bound else "")
    out.line(0, "Access Modes", access_modes(status.get("accessModes")) if bound else "")
    if spec.get("volumeMode"):
        out.line(0, "VolumeMode", spec["volumeMode"])
    source = spec.get("dataSource")
    if source:
        out.write(0, "DataSource:\n")
        if source.get("apiGroup"):
            out.line(1, "APIGroup", source["apiGroup"])
        out.line(1, "Kind", source.get("kind", ""))
        out.line(1, "Name", source.get("name", ""))
    out.multiline("Used By", users)
    if status.get("conditions"):
        out.write(0, "Conditions:\n")
        out.write(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n")
        out.write(1, "----\t------\t-----------------\t------------------\t------\t-------\n")
        for one in status["conditions"]:
            times = [durations.rfc1123z(one.get(field)) for field in ("lastProbeTime", "lastTransitionTime")]
            cells = [one["type"], one["status"], *times, one.get("reason", "")]
            out.write(1, "".join(f"{cell} \t" for cell in cells) + f"{one.get('message', '')}\n")
    events.describe_events(out, found, now)
    return out.text()


def _users(run: Invocation, obj: Obj) -> Steps[list[str]]:
    mapping = yield from run.mapper.find("pods")
    listed = yield from run.api.list(mapping, obj["metadata"].get("namespace", ""), {"limit": "500"})
    name = obj["metadata"]["name"]
    users = []
    for pod in listed.get("items") or ():
        for volume in pod["spec"].get("volumes") or ():
            if (volume.get("persistentVolumeClaim") or {}).get("claimName") == name:
                users.append(pod["metadata"]["name"])
    return sorted(users)


def storage_class(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a StorageClass."""
    metadata = obj["metadata"]
    found = (yield from events.search(run, obj)) if show_events else None
    annotations = metadata.get("annotations") or {}
    out = Description()
    out.line(0, "Name", metadata["name"])
    is_default = any(annotations.get(key) == "true" for key in _DEFAULT_CLASS)
    out.line(0, "IsDefaultClass", "Yes" if is_default else "No")
    out.line(0, "Annotations", format_labels(annotations))
    out.line(0, "Provisioner", obj.get("provisioner", ""))
    out.line(0, "Parameters", format_labels(obj.get("parameters")))
    out.line(0, "AllowVolumeExpansion", yes_no_unset(obj.get("allowVolumeExpansion")))
    options = obj.get("mountOptions") or []
    out.write(0, "MountOptions:\n" if options else f"MountOptions:\t{NONE}\n")
    for option in options:
        out.write(1, f"{option}\n")
    for label, field in (("ReclaimPolicy", "reclaimPolicy"), ("VolumeBindingMode", "volumeBindingMode")):
        if obj.get(field):
            out.line(0, label, obj[field])
    events.describe_events(out, found, now)
    return out.text()
