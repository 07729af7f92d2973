"""``kubectl rollout pause|resume|restart``. Models kubectl pkg/cmd/rollout and pkg/polymorphichelpers/object{pauser,resumer,restarter}.go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError, raise_all, text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Now, Steps

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_Mutation = Callable[[Obj], None]


def pause(run: Invocation) -> Steps[int]:
    """Stop a Deployment from reacting to changes of its template."""

    def mutate(obj: Obj) -> None:
        if obj["kind"] != "Deployment":
            raise CommandError("pausing is not supported")
        if obj["spec"].get("paused"):
            raise CommandError("is already paused")
        obj["spec"]["paused"] = True

    return (yield from _run(run, "paused", mutate, "set paused for"))


def resume(run: Invocation) -> Steps[int]:
    """Let a paused Deployment go on."""

    def mutate(obj: Obj) -> None:
        if obj["kind"] != "Deployment":
            raise CommandError("resuming is not supported")
        if not obj["spec"].get("paused"):
            raise CommandError("is not paused")
        del obj["spec"]["paused"]

    return (yield from _run(run, "resumed", mutate, "set paused for"))


def restart(run: Invocation) -> Steps[int]:
    """Replace all pods by changing an annotation of the template."""
    now: datetime = yield Now()

    def mutate(obj: Obj) -> None:
        if obj["kind"] not in ("Deployment", "DaemonSet", "StatefulSet"):
            raise CommandError("restarting is not supported")
        if obj["kind"] == "Deployment" and obj["spec"].get("paused"):
            raise CommandError("can't restart paused deployment (run rollout resume first)")
        metadata = obj["spec"]["template"].setdefault("metadata", {})
        annotations = metadata.setdefault("annotations", {})
        annotations[RESTARTED_AT] = f"{now:%Y-%m-%dT%H:%M:%SZ}"

    return (yield from _run(run, "restarted", mutate, "patch:"))


def _run(run: Invocation, operation: str, mutate: _Mutation, failed: str) -> Steps[int]:
    if not run.args and not run.flags.items("filename"):
        raise CommandError("required resource not specified")
    find = builder.from_flags(run, latest=True, allow_all=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    errors = list(found.errors)
    if not found.targets and not errors:
        run.io.err(f"No resources found in {run.namespace} namespace.\n")
    for target in found.targets:
        try:
            obj = yield from _change(run, target, mutate, failed, operation)
        except CommandError as error:
            errors.append(error)
            continue
        run.io.out(printers.printer(run, operation)(obj))
    raise_all(errors)
    return 0


def _change(run: Invocation, target: Target, mutate: _Mutation, failed: str, operation: str) -> Steps[Obj]:
    resource = target.mapping.group_resource
    try:
        changed, patch = pod_spec.change(printers.typed(target), mutate)
    except CommandError as error:
        raise CommandError(f'error: {resource} "{target.name}" {error}') from None
    if not patch:
        if operation == "restarted":
            raise CommandError(
                f"failed to create patch for {target.name}: if restart has already been triggered within the past second, "
                "please wait before attempting to trigger another"
            )
        return changed
    if run.option("dry-run", "none") == "client":
        return changed
    place = (target.mapping, target.namespace, target.name)
    params = {"fieldManager": run.field_manager("kubectl-rollout")}
    try:
        return (yield from run.api.patch(*place, pod_spec.encoded(patch), api.STRATEGIC_PATCH, params))
    except ApiError as error:
        raise CommandError(f"failed to {failed} {text_of(error)}") from None
