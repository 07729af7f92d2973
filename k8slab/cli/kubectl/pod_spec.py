"""Where a kind keeps its pod spec, and how a change of an object becomes a patch: shared by ``set`` and ``rollout``.

Models kubectl pkg/polymorphichelpers (UpdatePodSpecForObject) and pkg/cmd/set/helper.go (CalculatePatch).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from k8slab.apimachinery import gojson, patches
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.models import model_of

#: Kind -> the path of its pod spec.
_PLACES = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("ReplicationController", "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "Job"),
        ("spec", "template", "spec"),
    ),
}


def pod_spec_of(obj: Obj) -> dict[str, Any]:
    """Return the pod spec inside *obj* itself (not a copy). Raises CommandError for a kind without one."""
    place = _PLACES.get(str(obj.get("kind")))
    if place is None:
        raise CommandError(f"the object is not a pod or does not have a pod template: *v1.{obj.get('kind')}")
    found: dict[str, Any] = obj
    for part in place:
        found = found.setdefault(part, {})
    return found


def change(obj: Obj, mutate: Callable[[Obj], None]) -> tuple[Obj, Obj]:
    """Return a changed copy of *obj*, and the strategic merge patch that makes it of *obj*. Does not modify *obj*."""
    changed = copy.deepcopy(obj)
    mutate(changed)
    model = model_of(str(obj.get("apiVersion")), str(obj.get("kind")))
    if model is None:
        return changed, patches.create_two_way_json_patch(obj, changed)
    # Against the object itself a three-way patch is the two-way one, with the order of lists, as kubectl sends it.
    return changed, patches.create_three_way_patch(obj, changed, obj, model)


def encoded(patch: Any) -> bytes:
    """Return a patch as JSON."""
    return gojson.marshal(patch).encode()
