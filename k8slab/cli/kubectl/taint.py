"""``kubectl taint``: change the taints of nodes. Models kubectl pkg/cmd/taint."""

from __future__ import annotations

from typing import Any

from k8slab.apimachinery import gojson, names
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.describe.node import taint_text
from k8slab.cli.kubectl.errors import Aggregate, CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.set.update import resources_and_changes
from k8slab.cli.seam import Steps

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
Taint = dict[str, Any]


def run(run: Invocation) -> Steps[int]:
    """Add (``KEY=VALUE:EFFECT``) and remove (``KEY:EFFECT-``, ``KEY-``) taints."""
    flags = run.flags
    words, changes = _split(run.args)
    if not words and not flags.text("selector") and not flags.on("all"):
        raise CommandError("one or more resources must be specified as <resource> <name>")
    resource = words[0].partition("/")[0] if words else ""
    if resource not in ("node", "nodes", "no"):
        if not resource:
            raise CommandError("one or more resources must be specified as <resource> <name>")
        mapping = yield from run.mapper.find(resource)
        raise CommandError(f"invalid resource type {mapping.plural}, only node types are supported")
    if len(words) < 2 and "/" not in words[0] and not flags.on("all") and not flags.text("selector"):
        raise CommandError("at least one resource name must be specified since 'all' parameter is not set")
    try:
        add, remove = _parse(changes)
    except CommandError as error:
        raise run.usage(str(error)) from None
    if not add and not remove:
        raise CommandError("at least one taint update is required")
    find = builder.from_flags(run, latest=True)
    yield from find.arguments(words)
    found = yield from find.visit()
    errors = list(found.errors)
    for target in found.targets:
        try:
            yield from _change(run, target, add, remove)
        except (CommandError, ApiError, Aggregate) as error:
            errors.append(error)
    raise_all(errors)
    return 0


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    changes = [
        index for index, word in enumerate(words) if index and (":" in word or "=" in word or word.endswith("-"))
    ]
    if changes:
        return words[: changes[0]], words[changes[0] :]
    return resources_and_changes(words, "taint")


def _parse(changes: list[str]) -> tuple[list[Taint], list[Taint]]:
    add: list[Taint] = []
    remove: list[Taint] = []
    for change in changes:
        if change.endswith("-"):
            taint = _taint(change[:-1])
            remove.append({"key": taint["key"], "effect": taint["effect"]})
            continue
        taint = _taint(change)
        if not taint["effect"]:
            raise CommandError(f"invalid taint spec: {change}")
        if any(_same(taint, other) for other in add):
            raise CommandError(
                f"duplicated taints with the same key and effect: {{{taint['key']} {taint['value']} {taint['effect']} <nil>}}"
            )
        add.append(taint)
    return add, remove


def _taint(text: str) -> Taint:
    parts = text.split(":")
    if len(parts) > 2:
        raise CommandError(f"invalid taint spec: {text}")
    key, value, effect = parts[0], "", ""
    if len(parts) == 2:
        effect = parts[1]
        if effect not in _EFFECTS:
            raise CommandError(f"invalid taint effect: {effect}, unsupported taint effect")
        key, equals, value = parts[0].partition("=")
        if "=" in value:
            raise CommandError(f"invalid taint spec: {text}")
        problems = names.label_value(value) if equals else ()
        if problems:
            raise CommandError(f"invalid taint spec: {text}, {'; '.join(problems)}")
    problems = names.qualified_name(key)
    if problems:
        raise CommandError(f"invalid taint spec: {text}, {'; '.join(problems)}")
    return {"key": key, "value": value, "effect": effect}


def _same(one: Taint, other: Taint) -> bool:
    return bool(one["key"] == other.get("key") and one["effect"] == other.get("effect"))


def _change(run: Invocation, target: Target, add: list[Taint], remove: list[Taint]) -> Steps[None]:
    obj = printers.typed(target)
    old: list[Taint] = (obj.get("spec") or {}).get("taints") or []
    if not run.flags.on("overwrite"):
        clashing = ",".join(taint["key"] for taint in old if any(_same(new, taint) for new in add))
        if clashing:
            raise CommandError(
                f"node {target.name} already has {clashing} taint(s) with same effect(s) and --overwrite is false"
            )
    taints = [_clean(taint) for taint in add]
    taints += [taint for taint in old if not any(_same(new, taint) for new in add)]
    missing = []
    for gone in remove:
        kept = [t for t in taints if not (t["key"] == gone["key"] and gone["effect"] in ("", t.get("effect")))]
        if len(kept) == len(taints):
            missing.append(CommandError(f"taint {gojson.quote(taint_text(gone))} not found"))
        taints = kept
    if missing:
        raise missing[0] if len(missing) == 1 else Aggregate(missing)

    def mutate(node: Obj) -> None:
        node.setdefault("spec", {})["taints"] = taints
        if not taints:
            del node["spec"]["taints"]

    changed, patch = pod_spec.change(obj, mutate)
    operation = "modified" if (add and remove) or run.flags.on("overwrite") else "tainted" if add else "untainted"
    if run.dry_run != "client":
        place = (target.mapping, "", target.name)
        params = run.write_params("kubectl-taint")
        changed = yield from run.api.patch(*place, pod_spec.encoded(patch), api.STRATEGIC_PATCH, params)
    run.io.out(printers.printer(run, operation)(changed))


def _clean(taint: Taint) -> Taint:
    return {key: value for key, value in taint.items() if value}
