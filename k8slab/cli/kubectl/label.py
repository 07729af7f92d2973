"""``kubectl label`` and ``kubectl annotate``: change the labels or annotations of objects with a merge patch.

Models kubectl pkg/cmd/label and pkg/cmd/annotate.
"""

from __future__ import annotations

from dataclasses import dataclass

from k8slab.apimachinery import gojson, names
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import Aggregate, CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.set.update import resources_and_changes
from k8slab.cli.seam import Steps

CHANGE_CAUSE = "kubernetes.io/change-cause"


@dataclass(frozen=True)
class _Changes:
    """What the command line asks for."""

    field: str  # labels or annotations
    new: dict[str, str]
    removed: list[str]
    overwrite: bool
    resource_version: str


def label(run: Invocation) -> Steps[int]:
    """Set (``KEY=VALUE``) and remove (``KEY-``) labels, or list them."""
    names_, changes = resources_and_changes(run.args, "label")
    new, removed = _labels(changes)
    return (yield from _run(run, names_, "labels", new, removed))


def annotate(run: Invocation) -> Steps[int]:
    """Set (``KEY=VALUE``) and remove (``KEY-``) annotations, or list them."""
    names_, changes = resources_and_changes(run.args, "annotation")
    new = {key: value for key, _, value in (change.partition("=") for change in changes if "=" in change)}
    removed = [change[:-1] for change in changes if "=" not in change]
    both = [key for key in removed if key in new]
    if both:
        raise CommandError(
            "can not both modify and remove the following annotation(s) in the same command: " + ", ".join(both)
        )
    return (yield from _run(run, names_, "annotations", new, removed))


def _labels(changes: list[str]) -> tuple[dict[str, str], list[str]]:
    new: dict[str, str] = {}
    removed = []
    for change in changes:
        if "=" not in change:
            removed.append(change[:-1])
            continue
        key, _, value = change.partition("=")
        if "=" in value:
            raise CommandError(f"invalid label spec: {change}")
        problems = names.label_value(value)
        if problems:
            raise CommandError(f"invalid label value: {gojson.quote(change)}: {';'.join(problems)}")
        new[key] = value
    if any(key in new for key in removed):
        raise CommandError("can not both modify and remove a label in the same command")
    return new, removed


def _run(run: Invocation, words: list[str], field: str, new: dict[str, str], removed: list[str]) -> Steps[int]:
    flags = run.flags
    singular = field[:-1]
    listing = flags.on("list")
    if flags.on("all") and flags.text("selector"):
        raise CommandError("cannot set --all and --selector at the same time")
    if flags.on("all") and flags.text("field-selector"):
        raise CommandError("cannot set --all and --field-selector at the same time")
    if not words and not flags.items("filename"):
        raise CommandError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if not new and not removed and not listing:
        raise CommandError(f"at least one {singular} update is required")
    changes = _Changes(field, new, removed, flags.on("overwrite"), flags.text("resource-version"))
    find = builder.from_flags(run, latest=not flags.on("local"))
    yield from find.arguments(words)
    found = yield from find.visit()
    if changes.resource_version and len(found.targets) > 1:
        raise CommandError("--resource-version may only be used with a single resource")
    errors = list(found.errors)
    for target in found.targets:
        try:
            yield from _change(run, target, changes, listing, found.single)
        except (Aggregate, CommandError, ApiError) as error:
            errors.append(error)
    raise_all(errors)
    return 0


def _change(run: Invocation, target: Target, changes: _Changes, listing: bool, single: bool) -> Steps[None]:
    before = printers.typed(target)
    old = before["metadata"].get(changes.field) or {}
    if changes.field == "labels":
        for key in changes.removed:
            if key not in old:
                run.io.out(f"label {gojson.quote(key)} not found.\n")
    _refuse_overwriting(old, changes)
    after = _changed(before, old, changes)
    obj = after
    if run.dry_run != "client" and not run.flags.on("local") and not listing:
        patch = pod_spec.patches.create_two_way_json_patch(before, after)
        manager = "kubectl-label" if changes.field == "labels" else "kubectl-annotate"
        place = (target.mapping, target.namespace, target.name)
        obj = yield from run.api.patch(*place, pod_spec.encoded(patch), api.MERGE_PATCH, run.write_params(manager))
    if listing:
        values = (obj["metadata"].get(changes.field)) or {}
        indent = ""
        if not single:
            indent = " "
            run.io.out(f"Listing {changes.field} for {target.mapping.kind}.{target.mapping.group}/{target.name}:\n")
        run.io.out("".join(f"{indent}{key}={values[key]}\n" for key in sorted(values)))
        return
    run.io.out(printers.printer(run, _done(before, after, changes))(obj))


def _refuse_overwriting(old: dict[str, str], changes: _Changes) -> None:
    if changes.overwrite:
        return
    taken = [key for key in changes.new if old.get(key, changes.new[key]) != changes.new[key] and key != CHANGE_CAUSE]
    if not taken:
        return
    if changes.field == "labels":
        sentences = [f"'{key}' already has a value ({old[key]}), and --overwrite is false" for key in taken]
        raise_all([CommandError(sentence) for sentence in sentences])
    clashes = "; ".join(f"'{key}' already has a value ({old[key]})" for key in taken)
    raise CommandError(f"--overwrite is false but found the following declared annotation(s): {clashes}")


def _changed(before: Obj, old: dict[str, str], changes: _Changes) -> Obj:
    values = {**old, **changes.new}
    for key in changes.removed:
        values.pop(key, None)
    metadata = {**before["metadata"], changes.field: values}
    if not values:
        del metadata[changes.field]
    if changes.resource_version:
        metadata["resourceVersion"] = changes.resource_version
    return {**before, "metadata": metadata}


def _done(before: Obj, after: Obj, changes: _Changes) -> str:
    if changes.field == "annotations":
        return "annotated"
    if before == after:
        return "not labeled"
    return "unlabeled" if not changes.new and not changes.overwrite else "labeled"
