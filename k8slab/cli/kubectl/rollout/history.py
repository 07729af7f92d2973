"""``kubectl rollout history``. Models kubectl pkg/cmd/rollout/rollout_history.go."""

from __future__ import annotations

from typing import Any

from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.describe.pod_template import describe_template
from k8slab.cli.kubectl.describe.writer import Description
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.rollout import revisions
from k8slab.cli.seam import Steps
from k8slab.cli.tabwriter import lined_up


def run(run: Invocation) -> Steps[int]:
    """Print the revisions of each object, or one revision's pod template."""
    flags = run.flags
    if not run.args and not flags.items("filename"):
        raise CommandError("required resource not specified")
    if flags.number("revision") < 0:
        raise CommandError(f"revision must be a positive integer: {flags.number('revision')}")
    find = builder.from_flags(run, latest=True, allow_all=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    errors = list(found.errors)
    for target in found.targets:
        try:
            yield from _one(run, target)
        except CommandError as error:
            errors.append(error)
    raise_all(errors)
    return 0


def _one(run: Invocation, target: Target) -> Steps[None]:
    obj = printers.typed(target)
    known = yield from revisions.history(run, target, obj)
    revision = run.flags.number("revision")
    if run.flags.text("output"):
        show = printers.printer(run)
        if revision:
            if revision not in known:
                raise CommandError("unable to find the specified revision")
            run.io.out(show({"metadata": {}, **known[revision][0]}))
            return
        for number in sorted(known):
            run.io.out(show({"metadata": {}, **known[number][0]}))
        return
    if revision:
        if revision not in known:
            raise CommandError("unable to find the specified revision")
        text = f"with revision #{revision}\n{_template(*known[revision])}"
    else:
        text = "\n" + _table(known)
    run.io.out(f"{target.kind_slash_name} {text}\n")


def _table(known: dict[int, tuple[Obj, str]]) -> str:
    if not known:
        return "No rollout history found."
    lines = ["REVISION\tCHANGE-CAUSE\n"]
    for revision in sorted(known):
        lines.append(f"{revision}\t{known[revision][1] or '<none>'}\n")
    return lined_up("".join(lines))


def _template(template: Obj, cause: str) -> str:
    shown: dict[str, Any] = dict(template)
    if cause:
        metadata = template.get("metadata", {})
        annotations = {**metadata.get("annotations", {}), revisions.CHANGE_CAUSE: cause}
        shown["metadata"] = {**metadata, "annotations": annotations}
    out = Description(raw=True)
    describe_template(out, shown)
    return out.text()
