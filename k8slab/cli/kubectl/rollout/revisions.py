"""The past of a Deployment, DaemonSet or StatefulSet: its revisions and their pod templates.

Models kubectl pkg/util/deployment and pkg/polymorphichelpers (history.go, rollback.go).
"""

from __future__ import annotations

import copy
from typing import Any

from k8slab.apimachinery import labels, patches
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.models import model_of
from k8slab.cli.seam import Steps

REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"
CHANGE_CAUSE = "kubernetes.io/change-cause"


def revision_of(obj: Obj) -> int:
    """Return the revision that the annotation of a ReplicaSet or Deployment holds, 0 without one."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.lstrip("-").isdigit() else 0


def selector_of(obj: Obj) -> str:
    """Return the label selector of a workload in the form that the API takes."""
    return str(labels.from_label_selector(obj["spec"].get("selector")))


def replica_sets_of(run: Invocation, deployment: Obj) -> Steps[tuple[list[Obj], Obj | None]]:
    """Return the old ReplicaSets of *deployment* in the server's order, and the new one if there is one."""
    mapping = yield from run.mapper.find("replicasets.apps")
    params = {"labelSelector": selector_of(deployment)}
    listed = yield from run.api.list(mapping, deployment["metadata"].get("namespace", ""), params)
    owned = [rs for rs in listed.get("items") or () if controller_uid(rs) == deployment["metadata"]["uid"]]
    wanted = template_without_hash(deployment)
    by_age = sorted(owned, key=lambda rs: (rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]))
    new = next((rs for rs in by_age if template_without_hash(rs) == wanted), None)
    return [rs for rs in owned if rs is not new], new


def controller_uid(obj: Obj) -> str | None:
    """Return the UID of the controller of *obj*."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), None)


def template_without_hash(obj: Obj) -> Obj:
    """Return the pod template of *obj*, without the label that tells ReplicaSets apart. Does not modify *obj*."""
    template = copy.deepcopy(obj["spec"]["template"])
    (template.get("metadata", {}).get("labels") or {}).pop(HASH_LABEL, None)
    return template


def controller_revisions_of(run: Invocation, obj: Obj) -> Steps[list[Obj]]:
    """Return the ControllerRevisions of a DaemonSet or StatefulSet."""
    mapping = yield from run.mapper.find("controllerrevisions.apps")
    params = {"labelSelector": selector_of(obj)}
    listed = yield from run.api.list(mapping, obj["metadata"].get("namespace", ""), params)
    return [one for one in listed.get("items") or () if controller_uid(one) == obj["metadata"]["uid"]]


def template_at(obj: Obj, controller_revision: Obj) -> Obj:
    """Return the pod template of *obj* as it was at *controller_revision*."""
    data: Any = controller_revision.get("data") or {}
    model = model_of(obj["apiVersion"], obj["kind"])
    return patches.strategic_merge(obj, data, model)["spec"]["template"]


def history(run: Invocation, target: Target, obj: Obj) -> Steps[dict[int, tuple[Obj, str]]]:
    """Return {revision: (pod template, change cause)}. Raises CommandError for a kind without a past."""
    kind = target.mapping.kind
    if kind == "Deployment":
        old, new = yield from replica_sets_of(run, obj)
        found = {}
        for replica_set in [*old, *([new] if new else [])]:
            found[revision_of(replica_set)] = (replica_set["spec"]["template"], cause_of(replica_set))
        return found
    if kind in ("DaemonSet", "StatefulSet"):
        revisions = yield from controller_revisions_of(run, obj)
        return {one["revision"]: (template_at(obj, one), cause_of(one)) for one in revisions}
    group = f".{target.mapping.group}" if target.mapping.group else ""
    raise CommandError(f'no history viewer has been implemented for "{kind}{group}"')


def cause_of(obj: Obj) -> str:
    """Return the change cause noted on *obj*."""
    return str((obj["metadata"].get("annotations") or {}).get(CHANGE_CAUSE, ""))
