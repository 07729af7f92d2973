"""``kubectl rollout undo``: put an earlier pod template back. Models kubectl pkg/polymorphichelpers/rollback.go."""

from __future__ import annotations

from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.describe.pod_template import describe_template
from k8slab.cli.kubectl.describe.writer import Description
from k8slab.cli.kubectl.errors import CommandError, raise_all, text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.last_applied import ANNOTATION, is_annotated
from k8slab.cli.kubectl.rollout import revisions
from k8slab.cli.seam import Steps

_APPLIED = (
    "Warning: resource {name} was previously managed with 'kubectl apply'. Rolling back will not update the "
    "kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future "
    "'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n"
)
#: Annotations that belong to the Deployment, not to a revision of it.
_DEPLOYMENTS_OWN = (
    ANNOTATION,
    revisions.REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
)


def run(run: Invocation) -> Steps[int]:
    """Roll each object back to the revision before the present one, or to ``--to-revision``."""
    if not run.args and not run.flags.items("filename"):
        raise CommandError("required resource not specified")
    find = builder.from_flags(run, latest=True, allow_all=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    errors = list(found.errors)
    for target in found.targets:
        if is_annotated(target.obj or {}):
            run.io.err(_APPLIED.format(name=target.plural_slash_name))
        try:
            result = yield from _roll_back(run, target)
        except (CommandError, ApiError) as error:
            errors.append(error)
            continue
        run.io.out(printers.printer(run, result)(printers.typed(target)))
    raise_all(errors)
    return 0


def _roll_back(run: Invocation, target: Target) -> Steps[str]:
    obj = printers.typed(target)
    revision = run.flags.number("to-revision")
    if revision < 0:
        raise CommandError(f"unable to find specified revision {revision} in history")
    if target.mapping.kind == "Deployment":
        return (yield from _deployment(run, target, obj, revision))
    if target.mapping.kind in ("DaemonSet", "StatefulSet"):
        return (yield from _controller_revision(run, target, obj, revision))
    raise CommandError(f'no rollbacker has been implemented for "{target.mapping.kind}"')


def _deployment(run: Invocation, target: Target, obj: Obj, revision: int) -> Steps[str]:
    old, new = yield from revisions.replica_sets_of(run, obj)
    chosen = _chosen([*old, *([new] if new else [])], revision, target.name)
    if run.dry_run == "client":
        return _shown(chosen["spec"]["template"])
    if obj["spec"].get("paused"):
        raise CommandError(
            f"you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/{target.name}' and try again"
        )
    template = revisions.template_without_hash(chosen)
    if template == revisions.template_without_hash(obj):
        return f"skipped rollback (current template already matches revision {revisions.revision_of(chosen)})"
    patch = [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": _annotations(obj, chosen)},
    ]
    place = (target.mapping, target.namespace, target.name)
    try:
        yield from run.api.patch(*place, pod_spec.encoded(patch), api.JSON_PATCH, _params(run))
    except ApiError as error:
        raise CommandError(f"failed restoring revision {revision}: {text_of(error)}") from None
    return "rolled back"


def _params(run: Invocation) -> dict[str, str]:
    return {"dryRun": "All"} if run.dry_run == "server" else {}


def _chosen(replica_sets: list[Obj], revision: int, name: str) -> Obj:
    """Return the ReplicaSet of *revision*, or for 0 the one before the newest."""
    if revision:
        for replica_set in replica_sets:
            if revisions.revision_of(replica_set) == revision:
                return replica_set
        raise CommandError(f"unable to find specified revision {revision} in history")
    by_revision = sorted(replica_sets, key=revisions.revision_of)
    if len(by_revision) < 2:
        raise CommandError(f'no rollout history found for deployment "{name}"')
    return by_revision[-2]


def _annotations(deployment: Obj, replica_set: Obj) -> dict[str, str]:
    own = deployment["metadata"].get("annotations") or {}
    its = replica_set["metadata"].get("annotations") or {}
    kept = {key: own[key] for key in _DEPLOYMENTS_OWN if key in own}
    return {**kept, **{key: value for key, value in its.items() if key not in _DEPLOYMENTS_OWN}}


def _controller_revision(run: Invocation, target: Target, obj: Obj, revision: int) -> Steps[str]:
    known = sorted((yield from revisions.controller_revisions_of(run, obj)), key=lambda one: one["revision"])
    if revision:
        chosen = next((one for one in known if one["revision"] == revision), None)
        if chosen is None:
            raise CommandError(f"unable to find specified revision {revision} in history")
    elif len(known) < 2:
        raise CommandError("no last revision to roll back to")
    else:
        chosen = known[-2]
    data: Any = chosen.get("data") or {}
    if run.dry_run == "client":
        return _shown(revisions.template_at(obj, chosen))
    if revisions.template_at(obj, chosen) == obj["spec"]["template"]:
        return f"skipped rollback (current template already matches revision {chosen['revision']})"
    place = (target.mapping, target.namespace, target.name)
    try:
        yield from run.api.patch(*place, pod_spec.encoded(data), api.STRATEGIC_PATCH, _params(run))
    except ApiError as error:
        raise CommandError(f"failed restoring revision {revision}: {text_of(error)}") from None
    return "rolled back"


def _shown(template: Obj) -> str:
    out = Description(raw=True)
    describe_template(out, template)
    return out.text().rstrip("\n")
