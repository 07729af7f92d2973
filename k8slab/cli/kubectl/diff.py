"""``kubectl diff``: what an apply would change. Models kubectl pkg/cmd/diff, with the output of ``diff -u -N``.

The server works out the result (a dry run); live and merged object are then compared as YAML, each under the name of a file that
kubectl would have written to /tmp. Exit code 0: no difference, 1: differences, more: an error. Left out: --prune.
"""

from __future__ import annotations

import base64
import copy
from datetime import datetime

from k8slab.apimachinery.errors import ApiError
from k8slab.cli import goyaml
from k8slab.cli.kubectl import api, builder, pod_spec
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.apply import MANAGER, difference
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import Aggregate, CommandError, Exit, joined, report
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.last_applied import unannotated
from k8slab.cli.kubectl.udiff import unified
from k8slab.cli.seam import Now, Steps
from k8slab.sim.chance import Chance

_ERROR_CODE = 2
_DIGITS = 10


def run(run: Invocation) -> Steps[int]:
    """Print the differences between the manifests and the cluster."""
    try:
        return (yield from _run(run))
    except (CommandError, ApiError, Aggregate) as error:
        text, _ = report(error)
        run.io.err(text)
        raise Exit(_ERROR_CODE) from None


def _run(run: Invocation) -> Steps[int]:
    flags = run.flags
    if run.args:
        raise run.usage(f"Unexpected args: [{' '.join(run.args)}]")
    if flags.on("force-conflicts") and not flags.on("server-side"):
        raise CommandError("--force-conflicts only works with --server-side")
    if not flags.items("filename"):
        raise CommandError("must specify one of -f and -k")
    found = yield from builder.from_flags(run).visit()
    error = joined(found.errors)
    if error is not None:
        raise error
    now: datetime = yield Now()
    pairs: list[tuple[str, Obj | None, Obj | None]] = []
    for target in found.targets:
        before = yield from _live(run, target)
        after = yield from _merged(run, target, before)
        live, merged = _shown(run, before), _shown(run, after)
        if target.mapping.kind == "Secret" and not target.mapping.group:
            live, merged = _masked(live, merged)
        pairs.append((_file_name(target), live, merged))
    return _compare(run, pairs, now)


def _file_name(target: Target) -> str:
    group = f"{target.mapping.group}." if target.mapping.group else ""
    namespace = target.namespace
    return f"{group}{target.mapping.version}.{target.mapping.kind}.{namespace}.{target.name}"


def _live(run: Invocation, target: Target) -> Steps[Obj | None]:
    try:
        return (yield from run.api.get(target.mapping, target.namespace, target.name))
    except ApiError as error:
        if error.reason == "NotFound":
            return None
        raise


def _merged(run: Invocation, target: Target, live: Obj | None) -> Steps[Obj]:
    place = (target.mapping, target.namespace, target.name)
    if run.flags.on("server-side"):
        params = {
            "dryRun": "All",
            "fieldManager": run.field_manager("kubectl"),
            "force": "true" if run.flags.on("force-conflicts") else "false",
        }
        body = api.encode(target.obj or {})
        return (yield from run.api.patch(*place, body, api.APPLY_PATCH, params))
    params = {"dryRun": "All", "fieldManager": run.field_manager(MANAGER)}
    if live is None:
        return (yield from run.api.create(target.mapping, target.namespace, target.obj or {}, params))
    # Unlike apply, diff leaves the annotation of the live object as it is.
    modified = unannotated(target.obj or {})
    patch, content_type = difference(live, modified)
    if not patch:
        return live
    return (yield from run.api.patch(*place, pod_spec.encoded(patch), content_type, params))


def _shown(run: Invocation, obj: Obj | None) -> Obj | None:
    if obj is None:
        return None
    shown = copy.deepcopy(obj)
    if not run.flags.on("show-managed-fields"):
        shown["metadata"].pop("managedFields", None)
    return shown


def _masked(live: Obj | None, merged: Obj | None) -> tuple[Obj | None, Obj | None]:
    """Return both Secrets with stars in the place of values; a value that changes shows as before and after."""
    before, after = (live or {}).get("data") or {}, (merged or {}).get("data") or {}
    plain, old, new = "***", "*** (before)", "*** (after)"

    def mask(obj: Obj | None, own: dict[str, str], others: dict[str, str], word: str) -> Obj | None:
        if obj is None or not own:
            return obj
        data = {key: word if key in others and others[key] != value else plain for key, value in own.items()}
        return {**obj, "data": data}

    return mask(live, before, after, old), mask(merged, after, before, new)


def _lines(obj: Obj | None, name: str) -> list[str]:
    if obj is None:
        return ["null"] if name.startswith("v1.Secret.") else []
    return goyaml.dump(obj).splitlines()


def _compare(run: Invocation, pairs: list[tuple[str, Obj | None, Obj | None]], now: datetime) -> int:
    seed = base64.b16encode(repr([name for name, _, _ in pairs]).encode()).decode()
    chance = Chance(seed)
    folders = [
        f"/tmp/{kind}-{chance.below(9 * 10 ** (_DIGITS - 1)) + 10 ** (_DIGITS - 1)}" for kind in ("LIVE", "MERGED")
    ]
    stamp = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond:06d}000 +0000"
    changed = False
    for name, live, merged in sorted(pairs, key=lambda pair: pair[0]):
        hunks = unified(*(_lines(obj, name) for obj in (live, merged)))
        if not hunks:
            continue
        changed = True
        old, new = (f"{folder}/{name}" for folder in folders)
        run.io.out(f"diff -u -N {old} {new}\n--- {old}\t{stamp}\n+++ {new}\t{stamp}\n")
        run.io.out("".join(f"{line}\n" for line in hunks))
    return 1 if changed else 0
