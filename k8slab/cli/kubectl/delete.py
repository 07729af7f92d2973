"""``kubectl delete``: ask the server to delete objects, and wait until they are gone.

Models kubectl pkg/cmd/delete, and the part of pkg/cmd/wait that waits for a deletion: an object is gone when the server no longer has
it, or has another one of that name. Left out: --raw, --interactive (there is nobody to ask).
"""

from __future__ import annotations

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Builder, Target
from k8slab.cli.kubectl.errors import CommandError, raise_all, with_source
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.waiting import until_gone
from k8slab.cli.seam import Steps

IMMEDIATE = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
    "The resource may continue to run on the cluster indefinitely.\n"
)
CLUSTER_SCOPED = "Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n"
_WEEK = 7 * 24 * 3600.0
_CASCADES = {
    "background": "Background",
    "foreground": "Foreground",
    "orphan": "Orphan",
    "true": "Background",
    "false": "Orphan",
}


def run(run: Invocation) -> Steps[int]:
    """Delete what the arguments name."""
    flags = run.flags
    propagation = _propagation(run)
    grace = _grace_period(run)
    find = builder.from_flags(run, fetch=False)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    _validate(run, grace)
    ignore_missing = flags.on("ignore-not-found") or (
        not flags.changed("ignore-not-found") and bool(flags.on("all") or find.selector or find.field_selector)
    )
    deletion = _Deletion(run, grace, propagation, find)
    errors = list(found.errors)
    waiting: list[tuple[Target, str]] = []
    for target in found.targets:
        try:
            waiting.append((target, (yield from deletion.delete(target))))
        except ApiError as error:
            if not (ignore_missing and error.reason == "NotFound"):
                errors.append(with_source("deleting", target.source, error))
    raise_all([error for error in errors if not (ignore_missing and getattr(error, "reason", "") == "NotFound")])
    if not found.targets:
        run.io.out("No resources found\n")
        return 0
    if flags.on("wait") and run.dry_run == "none":
        timeout = flags["timeout"] or _WEEK
        yield from _wait(run, waiting, timeout)
    return 0


def _propagation(run: Invocation) -> str:
    value = run.flags.text("cascade")
    if value not in _CASCADES:
        raise CommandError(f'invalid cascade value ({value}). Must be "background", "foreground", or "orphan"')
    return _CASCADES[value]


def _grace_period(run: Invocation) -> int:
    """Return the grace period to ask for in seconds, -1 for each kind's own."""
    grace, force = run.flags.number("grace-period"), run.flags.on("force")
    if run.flags.on("now"):
        if grace != -1:
            raise CommandError("--now and --grace-period cannot be specified together")
        grace = 1
    if grace == 0 and not force:
        # Prevents accidental data loss: zero only together with --force.
        grace = 1
    return 0 if force and grace < 0 else grace


def _validate(run: Invocation, grace: int) -> None:
    flags = run.flags
    output = flags.text("output")
    if output not in ("", "name"):
        raise CommandError(f"unexpected -o output mode: {output}. We only support '-o name'")
    if flags.on("all") and flags.text("selector"):
        raise CommandError("cannot set --all and --selector at the same time")
    if flags.on("all") and flags.text("field-selector"):
        raise CommandError("cannot set --all and --field-selector at the same time")
    if grace == 0 and flags.on("force"):
        run.io.err(IMMEDIATE)
    elif grace > 0 and flags.on("force"):
        raise CommandError("--force and --grace-period greater than 0 cannot be specified together")


class _Deletion:
    """Deletes one object after the other and says so."""

    def __init__(self, run: Invocation, grace: int, propagation: str, find: Builder) -> None:
        self.run = run
        self.grace = grace
        self.propagation = propagation
        self.warn_cluster_scope = run.namespace_given and not find.all_namespaces

    def delete(self, target: Target) -> Steps[str]:
        """Delete *target* and return its UID, if the server says it."""
        if self.warn_cluster_scope and not target.mapping.namespaced:
            self.run.io.err(CLUSTER_SCOPED)
            self.warn_cluster_scope = False
        if self.run.dry_run == "client":
            self._say(target)
            return ""
        options: Obj = {"propagationPolicy": self.propagation}
        if self.grace >= 0:
            options = {"gracePeriodSeconds": self.grace, **options}
        params: dict[str, str] = {}
        if self.run.dry_run == "server":
            options["dryRun"] = ["All"]
        answer = yield from self.run.api.delete(target.mapping, target.namespace, target.name, options, params)
        self._say(target)
        if answer.get("kind") == "Status":
            return str((answer.get("details") or {}).get("uid", ""))
        return str((answer.get("metadata") or {}).get("uid", ""))

    def _say(self, target: Target) -> None:
        kind = target.mapping.kind_name
        if self.run.flags.text("output") == "name":
            self.run.io.out(f"{kind}/{target.name}\n")
            return
        operation = "force deleted" if self.grace == 0 else "deleted"
        where = f" from {target.namespace} namespace" if target.mapping.namespaced else ""
        dry_run = {"client": " (dry run)", "server": " (server dry run)"}.get(self.run.dry_run, "")
        self.run.io.out(f'{kind} "{target.name}" {operation}{where}{dry_run}\n')


def _wait(run: Invocation, waiting: list[tuple[Target, str]], timeout_seconds: float) -> Steps[None]:
    """Wait until every object is gone. Raises CommandError for those that are still there when the time is over."""
    errors: list[Exception] = []
    for target, uid in waiting:
        if not (yield from until_gone(run, target, uid, timeout_seconds)):
            errors.append(CommandError(f"timed out waiting for the condition on {target.plural_slash_name}"))
    raise_all(errors)
