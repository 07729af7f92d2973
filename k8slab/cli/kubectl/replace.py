"""``kubectl replace``: put the manifest in the place of the object. Models kubectl pkg/cmd/replace."""

from __future__ import annotations

from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Found, Target
from k8slab.cli.kubectl.errors import CommandError, raise_all, with_source
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.last_applied import annotated, refreshed
from k8slab.cli.kubectl.waiting import until_gone
from k8slab.cli.seam import Steps

_WAIT_SECONDS = 7 * 24 * 3600.0


def run(run: Invocation) -> Steps[int]:
    """Replace every object of the files."""
    flags = run.flags
    if not flags.items("filename"):
        raise CommandError("must specify one of -f and -k")
    if flags.number("grace-period") >= 0 and not flags.on("force"):
        raise CommandError("--grace-period must have --force specified")
    if flags["timeout"] and not flags.on("force"):
        raise CommandError("--timeout must have --force specified")
    validation = run.field_validation()
    find = builder.from_flags(run, validate=validation != "Ignore")
    yield from find.arguments(run.args)
    found = yield from find.visit()
    if flags.on("force"):
        return (yield from _force(run, found, validation))
    errors = list(found.errors)
    show = printers.printer(run, "replaced")
    for target in found.targets:
        try:
            obj = yield from _replace(run, target, validation)
        except ApiError as error:
            errors.append(with_source("replacing", target.source, error))
            continue
        run.io.out(show(obj))
    raise_all(errors)
    if not found.targets:
        raise CommandError("no objects passed to replace")
    return 0


def _prepared(run: Invocation, target: Target) -> Obj:
    obj = target.obj or {}
    return annotated(obj) if run.flags.on("save-config") else refreshed(obj)


def _replace(run: Invocation, target: Target, validation: str) -> Steps[Obj]:
    obj = _prepared(run, target)
    if run.dry_run == "client":
        return obj
    params = {**run.write_params("kubectl-replace"), "fieldValidation": validation}
    metadata: dict[str, Any] = dict(obj["metadata"])
    if not metadata.get("resourceVersion"):
        # Last write wins: the object is replaced whatever its version is now.
        try:
            live = yield from run.api.get(target.mapping, target.namespace, target.name)
            metadata["resourceVersion"] = live["metadata"].get("resourceVersion", "")
        except ApiError as error:
            if error.reason != "NotFound":
                raise
    whole = {**obj, "metadata": metadata}
    place = (target.mapping, target.namespace, target.name)
    subresource = run.flags.text("subresource") if run.flags.has("subresource") else ""
    return (yield from run.api.update(*place, whole, params, subresource))


def _force(run: Invocation, found: Found, validation: str) -> Steps[int]:
    """Delete the objects, wait until they are gone, and create them anew."""
    raise_all(found.errors)
    grace = run.flags.number("grace-period")
    for target in found.targets:
        options: Obj = {"propagationPolicy": "Background"}
        if grace >= 0:
            options["gracePeriodSeconds"] = grace
        try:
            answer = yield from run.api.delete(target.mapping, target.namespace, target.name, options, {})
        except ApiError as error:
            if error.reason == "NotFound":
                continue
            raise
        operation = "force deleted" if grace == 0 else "deleted"
        where = f" from {target.namespace} namespace" if target.mapping.namespaced else ""
        run.io.out(f'{target.mapping.kind_name} "{target.name}" {operation}{where}\n')
        uid = (answer.get("details") or answer.get("metadata") or {}).get("uid", "")
        if not (yield from until_gone(run, target, uid, run.flags["timeout"] or _WAIT_SECONDS)):
            raise CommandError(f"timed out waiting for the condition on {target.plural_slash_name}")
    show = printers.printer(run, "replaced")
    for target in found.targets:
        obj = _prepared(run, target)
        params = {**run.write_params("kubectl-replace"), "fieldValidation": validation}
        run.io.out(show((yield from run.api.create(target.mapping, target.namespace, obj, params))))
    return 0
