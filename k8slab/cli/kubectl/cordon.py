"""``kubectl cordon`` and ``kubectl uncordon``: whether the scheduler may use a node. Models kubectl pkg/cmd/drain and pkg/drain."""

from __future__ import annotations

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps


def cordon(run: Invocation) -> Steps[int]:
    """Keep new pods off nodes."""
    return (yield from _run(run, True))


def uncordon(run: Invocation) -> Steps[int]:
    """Let new pods come to nodes again."""
    return (yield from _run(run, False))


def _run(run: Invocation, unschedulable: bool) -> Steps[int]:
    targets = yield from nodes(run)
    yield from mark(run, targets, unschedulable)
    return 0


def nodes(run: Invocation) -> Steps[list[Target]]:
    """Return the nodes that the arguments name. Raises CommandError if one is missing."""
    verb = run.path[0]
    selector = run.option("selector")
    if selector and run.args:
        raise CommandError("cannot specify both a node name and a --selector option")
    if not selector and not run.args:
        raise run.usage(f"USAGE: {verb} NODE [flags]")
    find = builder.Builder(run, selector=selector or None, chunk_size=500)
    words = run.args
    if words and all("/" in word for word in words):
        find.pairs = [(resource, name) for resource, _, name in (word.partition("/") for word in words)]
    else:
        find.resources = ["nodes"]
        find.names = words
    found = yield from find.visit()
    raise_all(found.errors)
    for target in found.targets:
        if target.mapping.kind != "Node":
            raise CommandError(f'expected resource of type node, got "{target.mapping.plural}"')
    return found.targets


def mark(run: Invocation, targets: list[Target], unschedulable: bool) -> Steps[None]:
    """Set or clear spec.unschedulable of every node and say so."""
    word = "cordoned" if unschedulable else "uncordoned"
    errors: list[Exception] = []
    for target in targets:
        obj = printers.typed(target)
        if bool((obj.get("spec") or {}).get("unschedulable")) == unschedulable:
            run.io.out(printers.printer(run, f"already {word}")(obj))
            continue

        def mutate(node: Obj) -> None:
            if unschedulable:
                node.setdefault("spec", {})["unschedulable"] = True
            else:
                del node["spec"]["unschedulable"]

        _, patch = pod_spec.change(obj, mutate)
        if run.dry_run != "client":
            params = {"dryRun": "All"} if run.dry_run == "server" else {}
            place = (target.mapping, "", target.name)
            try:
                yield from run.api.patch(*place, pod_spec.encoded(patch), api.STRATEGIC_PATCH, params)
            except ApiError as error:
                run.io.err(f'error: unable to {run.path[0]} node "{target.name}": {error.message}\n')
                errors.append(error)
                continue
        run.io.out(printers.printer(run, word)(obj))
    raise_all(errors)
