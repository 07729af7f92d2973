"""``kubectl set resources|serviceaccount|selector``. Models kubectl pkg/cmd/set/set_{resources,serviceaccount,selector}.go."""

from __future__ import annotations

from k8slab.apimachinery import quantity
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.create.settings import label_selector
from k8slab.cli.kubectl.errors import Aggregate, CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.pod_spec import pod_spec_of
from k8slab.cli.kubectl.set import update
from k8slab.cli.seam import Steps


def resources(run: Invocation) -> Steps[int]:
    """Set requests and limits."""
    flags = run.flags
    limits, requests = _amounts(flags.text("limits")), _amounts(flags.text("requests"))
    found = yield from update.find(run, run.args)
    raise_all(found.errors)
    if not limits and not requests:
        raise CommandError("you must specify an update to requests or limits (in the form of --requests/--limits)")
    names = [name for name in flags.text("containers").split(",") if name]

    def mutate(obj: Obj) -> None:
        spec = pod_spec_of(obj)
        containers = [*spec.get("initContainers", ()), *spec.get("containers", ())]
        chosen = [c for c in containers if "*" in names or c["name"] in names]
        if not chosen:
            raise Aggregate([CommandError(f"unable to find container named {flags.text('containers')}")])
        for container in chosen:
            amounts = container.setdefault("resources", {})
            for kind, values in (("limits", limits), ("requests", requests)):
                if values:
                    amounts[kind] = {**amounts.get(kind, {}), **values}

    failed = "failed to patch resources update to pod template"
    return (yield from update.apply(run, found, "resource requirements updated", mutate, failed))


def _amounts(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(",") if text else ():
        name, equals, amount = part.partition("=")
        if not equals:
            raise CommandError(f"Invalid argument syntax {part}, expected <resource>=<value>")
        try:
            found[name] = quantity.canonical(amount)
        except ValueError as error:
            raise CommandError(str(error)) from None
    return found


def serviceaccount(run: Invocation) -> Steps[int]:
    """Set the service account of pod templates: the last argument."""
    if not run.args:
        raise CommandError("serviceaccount is required")
    names, account = run.args[:-1], run.args[-1]
    found = yield from update.find(run, names)

    def mutate(obj: Obj) -> None:
        pod_spec_of(obj)["serviceAccountName"] = account

    failed = "failed to patch ServiceAccountName"
    return (yield from update.apply(run, found, "serviceaccount updated", mutate, failed))


def selector(run: Invocation) -> Steps[int]:
    """Set the selector of a Service: the last argument."""
    if not run.args:
        raise CommandError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    names, expression = run.args[:-1], run.args[-1]
    wanted = label_selector(expression)
    if "matchExpressions" in wanted:
        raise CommandError(f"match expression {wanted['matchExpressions']} not supported on this object")
    found = yield from update.find(run, names)

    def mutate(obj: Obj) -> None:
        if obj.get("kind") != "Service":
            raise CommandError(f"setting a selector is only supported for Services, not for {obj.get('kind')}")
        obj["spec"]["selector"] = wanted.get("matchLabels", {})

    return (yield from update.apply(run, found, "selector updated", mutate, "failed to patch selector"))
