"""``kubectl set env``. Models kubectl pkg/cmd/set/set_env.go. Left out: --resolve, --keys without --from."""

from __future__ import annotations

from typing import Any

from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.pod_spec import pod_spec_of
from k8slab.cli.kubectl.printers import typed
from k8slab.cli.kubectl.set import update
from k8slab.cli.seam import Steps


def run(run: Invocation) -> Steps[int]:
    """Set (``KEY=VALUE``) and remove (``KEY-``) environment variables, or list them."""
    names, changes = update.resources_and_changes(run.args, "environment variable")
    changes += run.flags.items("env")
    wanted = [tuple(change.partition("=")[::2]) for change in changes if "=" in change]
    removed = [change[:-1] for change in changes if "=" not in change]
    if not names and not run.flags.items("filename"):
        raise CommandError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    listing = run.flags.on("list")
    found = yield from update.find(run, names)
    raise_all(found.errors)
    if run.flags.text("from"):
        wanted += yield from _from_object(run)
    if listing:
        for target in found.targets:
            _list(run, typed(target))
        return 0
    pattern = run.flags.text("containers")

    def mutate(obj: Obj) -> None:
        chosen = _containers(obj, pattern)
        if not chosen:
            run.io.err(
                f'Warning: {obj["kind"]}/{obj["metadata"]["name"]} does not have any containers matching "{pattern}"\n'
            )
        for container in chosen:
            container["env"] = _merged(container.get("env", []), wanted, removed)
            if not container["env"]:
                del container["env"]

    return (yield from update.apply(run, found, "env updated", mutate, "failed to patch env update to pod template"))


def _containers(obj: Obj, pattern: str) -> list[Any]:
    spec = pod_spec_of(obj)
    names = [part for part in pattern.split(",") if part]
    all_of_them = [*spec.get("initContainers", ()), *spec.get("containers", ())]
    return [c for c in all_of_them if "*" in names or c["name"] in names]


def _merged(env: list[Any], wanted: list[Any], removed: list[str]) -> list[Any]:
    changed = [dict(entry) for entry in env if entry["name"] not in removed]
    for name, value in wanted:
        new = {"name": name, **value} if isinstance(value, dict) else {"name": name, "value": value}
        if new.get("value") == "":
            del new["value"]
        at = next((i for i, entry in enumerate(changed) if entry["name"] == name), None)
        if at is None:
            changed.append(new)
        else:
            changed[at] = new
    return changed


def _from_object(run: Invocation) -> Steps[list[Any]]:
    """Return a variable for every key of the ConfigMap or Secret of ``--from``."""
    resource, _, name = run.flags.text("from").partition("/")
    mapping = yield from run.mapper.find(resource)
    if mapping.kind not in ("ConfigMap", "Secret"):
        raise CommandError(f"unsupported resource specified in --from: {mapping.kind}")
    obj = yield from run.api.get(mapping, run.namespace, name)
    source = "configMapKeyRef" if mapping.kind == "ConfigMap" else "secretKeyRef"
    prefix, keys = run.flags.text("prefix"), run.flags.items("keys")
    found: list[Any] = []
    for key in sorted(obj.get("data") or {}):
        if not keys or key in keys:
            variable = prefix + "".join(c.upper() if c.isalnum() else "_" for c in key)
            run.io.err(f"Warning: key {key} transferred to {variable}\n")
            found.append((variable, {"valueFrom": {source: {"key": key, "name": name}}}))
    return found


def _list(run: Invocation, obj: Obj) -> None:
    for container in _containers(obj, run.flags.text("containers")):
        run.io.out(f"# {obj['kind']} {obj['metadata']['name']}, container {container['name']}\n")
        for entry in container.get("env", ()):
            source = entry.get("valueFrom")
            if not source:
                run.io.out(f"{entry['name']}={entry.get('value', '')}\n")
                continue
            run.io.out(f"# {entry['name']} from {_described(source)}\n")


def _described(source: Obj) -> str:
    if "configMapKeyRef" in source:
        reference = source["configMapKeyRef"]
        return f"configmap {reference.get('name')}, key {reference.get('key')}"
    if "secretKeyRef" in source:
        reference = source["secretKeyRef"]
        return f"secret {reference.get('name')}, key {reference.get('key')}"
    if "fieldRef" in source:
        return f"field path {source['fieldRef'].get('fieldPath')}"
    reference = source.get("resourceFieldRef", {})
    return f"resource field {reference.get('resource')}"
