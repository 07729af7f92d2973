"""``kubectl scale``: set the number of replicas through the scale subresource. Models kubectl pkg/cmd/scale and pkg/scale."""

from __future__ import annotations

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.waiting import Condition, Deadline, until
from k8slab.cli.seam import Sleep, Steps

RETRY_SECONDS = 0.1
RETRY_FOR_SECONDS = 60.0


def run(run: Invocation) -> Steps[int]:
    """Scale what the arguments name."""
    flags = run.flags
    if flags.number("replicas") < 0:
        raise CommandError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    if flags.number("current-replicas") < -1:
        raise CommandError("The --current-replicas must specify an integer of -1 or greater")
    find = builder.from_flags(run, allow_all=flags.on("all"))
    yield from find.arguments(run.args)
    found = yield from find.visit()
    if flags.text("resource-version") and len(found.targets) > 1:
        raise CommandError("cannot use --resource-version with multiple resources")
    if not found.targets:
        raise_all(found.errors)
        raise CommandError("no objects passed to scale")
    show = printers.printer(run, "scaled")
    for target in found.targets:
        if run.dry_run != "client":
            yield from _scale(run, target)
        run.io.out(show(printers.typed(target)))
    if flags["timeout"] and run.dry_run == "none":
        deadline = yield from Deadline.after(flags["timeout"])
        for target in found.targets:
            if not (yield from until(run, target, _is_scaled(flags.number("replicas")), deadline)):
                raise CommandError("timed out waiting for the condition")
    raise_all(found.errors)
    return 0


def _scale(run: Invocation, target: Target) -> Steps[None]:
    flags = run.flags
    current, version = flags.number("current-replicas"), flags.text("resource-version")
    params = run.write_params("kubectl-scale")
    if current == -1 and not version:
        body = b'{"spec":{"replicas":%d}}' % flags.number("replicas")
        place = (target.mapping, target.namespace, target.name)
        yield from run.api.patch(*place, body, api.MERGE_PATCH, params, subresource="scale")
        return
    waited = 0.0
    while True:
        scale = yield from run.api.get(target.mapping, target.namespace, target.name, subresource="scale")
        _check(scale, current, version)
        scale["spec"] = {**scale.get("spec", {}), "replicas": flags.number("replicas")}
        try:
            yield from run.api.update(target.mapping, target.namespace, target.name, scale, params, "scale")
            return
        except ApiError as error:
            if error.reason != "Conflict" or waited >= RETRY_FOR_SECONDS:
                raise
        yield Sleep(RETRY_SECONDS)
        waited += RETRY_SECONDS


def _check(scale: Obj, current: int, version: str) -> None:
    replicas = scale.get("spec", {}).get("replicas", 0)
    if current != -1 and replicas != current:
        raise CommandError(f"Expected replicas to be {current}, was {replicas}")
    found = scale["metadata"].get("resourceVersion", "")
    if version and found != version:
        raise CommandError(f"Expected resource version to be {version}, was {found}")


def _is_scaled(replicas: int) -> Condition:
    def is_scaled(obj: Obj | None, event: str) -> bool:
        status = (obj or {}).get("status", {})
        return obj is None or status.get("replicas", 0) == replicas

    return is_scaled
