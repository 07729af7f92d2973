"""``kubectl rollout status``: follow a rollout until it is done. Models kubectl pkg/cmd/rollout/rollout_status.go and
pkg/polymorphichelpers/rollout_status.go."""

from __future__ import annotations

from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.rollout.revisions import revision_of
from k8slab.cli.kubectl.waiting import Deadline, until
from k8slab.cli.seam import Steps

_NOT_ROLLING = "rollout status is only available for RollingUpdate strategy type"


def run(run: Invocation) -> Steps[int]:
    """Print a line for every step of the rollout until it is complete."""
    flags = run.flags
    if not run.args and not flags.items("filename"):
        raise CommandError("required resource not specified")
    if flags.number("revision") < 0:
        raise CommandError(f"revision must be a positive integer: {flags.number('revision')}")
    find = builder.from_flags(run, latest=True, allow_all=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    if found.errors:
        raise found.errors[0]
    if not found.targets:
        run.io.err(f"No resources found in {run.namespace} namespace.\n")
        return 0
    deadline = yield from Deadline.after(flags["timeout"] or None)
    for target in found.targets:
        yield from _follow(run, target, deadline)
    return 0


def _follow(run: Invocation, target: Target, deadline: Deadline) -> Steps[None]:
    revision = run.flags.number("revision")
    kind = target.mapping.kind
    if kind not in _VIEWERS:
        group = f".{target.mapping.group}" if target.mapping.group else ""
        raise CommandError(f"no status viewer has been implemented for {kind}{group}")
    watching = run.flags.on("watch")

    def done(obj: Obj | None, event: str) -> bool:
        if obj is None:
            raise CommandError("object has been deleted")
        text, complete = _VIEWERS[kind]({"kind": kind, **obj}, revision)
        run.io.out(text)
        return complete or not watching

    if not watching:
        done(printers.typed(target), "")
        return
    if not (yield from until(run, target, done, deadline)):
        raise CommandError("timed out waiting for the condition")


def deployment(obj: Obj, revision: int) -> tuple[str, bool]:
    """Return the sentence about a Deployment's rollout, and whether it is complete. Raises CommandError if it failed."""
    name, spec, status = obj["metadata"]["name"], obj["spec"], obj.get("status") or {}
    if revision and revision != revision_of(obj):
        raise CommandError(f"desired revision ({revision}) is different from the running revision ({revision_of(obj)})")
    if obj["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...\n", False
    for condition in status.get("conditions") or ():
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise CommandError(f'deployment "{name}" exceeded its progress deadline')
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    wanted, total = spec.get("replicas", 1), status.get("replicas", 0)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return f"{waiting}{updated} out of {wanted} new replicas have been updated...\n", False
    if total > updated:
        return f"{waiting}{total - updated} old replicas are pending termination...\n", False
    if available < updated:
        return f"{waiting}{available} of {updated} updated replicas are available...\n", False
    return f'deployment "{name}" successfully rolled out\n', True


def daemon_set(obj: Obj, revision: int) -> tuple[str, bool]:
    """Return the sentence about a DaemonSet's rollout, and whether it is complete."""
    name, status = obj["metadata"]["name"], obj.get("status") or {}
    if obj["spec"].get("updateStrategy", {}).get("type") != "RollingUpdate":
        raise CommandError(_NOT_ROLLING)
    if obj["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for daemon set spec update to be observed...\n", False
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    waiting = f'Waiting for daemon set "{name}" rollout to finish: '
    if updated < wanted:
        return f"{waiting}{updated} out of {wanted} new pods have been updated...\n", False
    if available < wanted:
        return f"{waiting}{available} of {wanted} updated pods are available...\n", False
    return f'daemon set "{name}" successfully rolled out\n', True


def stateful_set(obj: Obj, revision: int) -> tuple[str, bool]:
    """Return the sentence about a StatefulSet's rollout, and whether it is complete."""
    spec, status = obj["spec"], obj.get("status") or {}
    strategy = spec.get("updateStrategy", {})
    if strategy.get("type") != "RollingUpdate":
        raise CommandError(_NOT_ROLLING)
    observed = status.get("observedGeneration", 0)
    if observed == 0 or obj["metadata"].get("generation", 0) > observed:
        return "Waiting for statefulset spec update to be observed...\n", False
    wanted, ready, updated = spec.get("replicas", 1), status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods to be ready...\n", False
    rolling = strategy.get("rollingUpdate")
    if rolling is not None:
        part = wanted - rolling.get("partition", 0)
        if "partition" in rolling and updated < part:
            return (
                f"Waiting for partitioned roll out to finish: {updated} out of {part} new pods have been updated...\n",
                False,
            )
        return f"partitioned roll out complete: {updated} new pods have been updated...\n", True
    if status.get("updateRevision") != status.get("currentRevision"):
        revision_name = status.get("updateRevision", "")
        return (
            f"waiting for statefulset rolling update to complete {updated} pods at revision {revision_name}...\n",
            False,
        )
    current = status.get("currentReplicas", 0)
    return (
        f"statefulset rolling update complete {current} pods at revision {status.get('currentRevision', '')}...\n",
        True,
    )


_VIEWERS = {"Deployment": deployment, "DaemonSet": daemon_set, "StatefulSet": stateful_set}
