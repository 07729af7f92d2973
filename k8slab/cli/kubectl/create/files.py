"""``kubectl create -f``: send objects to the server that must not be there yet. Models kubectl pkg/cmd/create/create.go."""

from __future__ import annotations

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError, raise_all, with_source
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.last_applied import annotated
from k8slab.cli.seam import Steps


def run(run: Invocation) -> Steps[int]:
    """Create every object of the files."""
    if run.args:
        raise run.usage(f"Unexpected args: [{' '.join(run.args)}]")
    if run.flags.on("edit"):
        raise CommandError("the lab has no editor: change the manifest and use create -f")
    if not run.flags.items("filename") and not run.flags.text("kustomize"):
        raise CommandError("must specify one of -f and -k")
    validation = run.field_validation()
    found = yield from builder.from_flags(run, validate=validation != "Ignore").visit()
    show = printers.printer(run, "created")
    errors = list(found.errors)
    for target in found.targets:
        try:
            obj = yield from _create(run, target, validation)
        except ApiError as error:
            errors.append(with_source("creating", target.source, error))
            continue
        run.io.out(show(obj))
    if not found.targets and not errors:
        raise CommandError("no objects passed to create")
    raise_all(errors)
    return 0


def _create(run: Invocation, target: Target, validation: str) -> Steps[dict]:
    obj = target.obj or {}
    if run.flags.on("save-config"):
        obj = annotated(obj)
    if run.dry_run == "client":
        return obj
    params = {**run.write_params("kubectl-create"), "fieldValidation": validation}
    return (yield from run.api.create(target.mapping, target.namespace, obj, params))
