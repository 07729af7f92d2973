"""``kubectl drain``: cordon a node, then evict its pods and wait until they are gone.

Models kubectl pkg/cmd/drain and pkg/drain. An eviction asks first: a PodDisruptionBudget may refuse, then it is tried again every
five seconds. Left out: --disable-eviction with several nodes at once, --skip-wait-for-delete-timeout.
"""

from __future__ import annotations

from dataclasses import dataclass

from k8slab.apimachinery import gojson
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import cordon, durations, printers
from k8slab.cli.kubectl.api import Obj, encode
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.concurrent import concurrently
from k8slab.cli.kubectl.errors import Aggregate, CommandError, text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.waiting import Deadline
from k8slab.cli.seam import Sleep, Steps

RETRY_SECONDS = 5.0
POLL_SECONDS = 1.0
_MIRROR = "kubernetes.io/config.mirror"


def run(run: Invocation) -> Steps[int]:
    """Drain the nodes that the arguments name."""
    targets = yield from cordon.nodes(run)
    yield from cordon.mark(run, targets, True)
    drained: list[str] = []
    failed: list[tuple[str, Exception]] = []
    for target in targets:
        error = yield from _drain(run, target)
        if error is None:
            drained.append(target.name)
            run.io.out(printers.printer(run, "drained")(printers.typed(target)))
            continue
        run.io.err(
            f"error: unable to drain node {gojson.quote(target.name)} due to error: {text_of(error)}, continuing command...\n"
        )
        failed.append((target.name, error))
    if failed:
        names = "\n".join(f" {name}" for name, _ in failed)
        run.io.err(f"There are pending nodes to be drained:\n{names}\n")
        errors = [error for _, error in failed]
        raise errors[0] if len(errors) == 1 else Aggregate(errors)
    return 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a pod."""

    delete: bool
    fatal: str = ""
    warning: str = ""


def verdict(pod: Obj, owner_exists: bool, run: Invocation) -> Verdict:
    """Return what is to become of *pod*: the first filter that has something against its deletion decides."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    finished = status.get("phase") in ("Succeeded", "Failed")
    controller = next((o for o in metadata.get("ownerReferences") or () if o.get("controller")), None)
    force = run.flags.on("force")
    if controller and controller["kind"] == "DaemonSet" and not finished:
        if not owner_exists:
            if not force:
                return Verdict(False, fatal=f"pod's daemonset {controller['name']} not found")
            return Verdict(True, warning="deleting Pods that declare no controller")
        if not run.flags.on("ignore-daemonsets"):
            return Verdict(False, fatal="DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
        return Verdict(False, warning="ignoring DaemonSet-managed Pods")
    if _MIRROR in (metadata.get("annotations") or {}):
        return Verdict(False)
    warning = ""
    if not finished and any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ()):
        if not run.flags.on("delete-emptydir-data"):
            return Verdict(False, fatal="Pods with local storage (use --delete-emptydir-data to override)")
        warning = "deleting Pods with local storage"
    if not finished and controller is None:
        if not force:
            return Verdict(False, fatal="Pods that declare no controller (use --force to override)")
        warning = "deleting Pods that declare no controller"
    return Verdict(True, warning=warning)


def _drain(run: Invocation, target: Target) -> Steps[Exception | None]:
    """Empty one node; return what went wrong, None if nothing did."""
    pods, warnings, problems = yield from _pods_to_delete(run, target.name)
    if problems:
        return Aggregate([CommandError(problem) for problem in problems])
    if warnings:
        run.io.err(f"Warning: {warnings}\n")
    if run.dry_run == "client":
        for pod in pods:
            run.io.out(f"evicting pod {pod['metadata']['namespace']}/{pod['metadata']['name']} (dry run)\n")
        return None
    eviction = _Eviction(run)
    deadline = yield from Deadline.after(run.flags["timeout"] or None)
    errors = yield from concurrently([eviction.remove(pod, deadline) for pod in pods])
    failed = [error for error in errors if error is not None]
    if not failed:
        return None
    error = Aggregate(failed)
    pending, _, _ = yield from _pods_to_delete(run, target.name)
    if pending:
        run.io.err(f"There are pending pods in node {gojson.quote(target.name)} when an error occurred: {error}\n")
        for pod in pending:
            run.io.err(f"pod/{pod['metadata']['name']}\n")
    return error


def _pods_to_delete(run: Invocation, node: str) -> Steps[tuple[list[Obj], str, list[str]]]:
    """Return the pods to delete, the warnings about them, and the sentences about those that must not be deleted."""
    mapping = yield from run.mapper.find("pods")
    params = {"fieldSelector": f"spec.nodeName={node}", "limit": "500"}
    if run.flags.text("pod-selector"):
        params["labelSelector"] = run.flags.text("pod-selector")
    listed = yield from run.api.list(mapping, "", params)
    pods: list[Obj] = []
    warnings: dict[str, list[str]] = {}
    problems: dict[str, list[str]] = {}
    for pod in listed.get("items") or ():
        if pod["metadata"].get("deletionTimestamp") and run.flags.number("skip-wait-for-delete-timeout") > 0:
            continue
        outcome = verdict(pod, (yield from _owner_exists(run, pod)), run)
        name = f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"
        if outcome.warning:
            warnings.setdefault(outcome.warning, []).append(name)
        if outcome.fatal:
            problems.setdefault(outcome.fatal, []).append(name)
        if outcome.delete:
            pods.append(pod)
    warning_text = "; ".join(f"{text}: {', '.join(names)}" for text, names in warnings.items())
    return pods, warning_text, [f"cannot delete {text}: {', '.join(names)}" for text, names in problems.items()]


def _owner_exists(run: Invocation, pod: Obj) -> Steps[bool]:
    """Whether the DaemonSet that a pod belongs to is still there; true for other pods."""
    for owner in pod["metadata"].get("ownerReferences") or ():
        if owner.get("controller") and owner["kind"] == "DaemonSet":
            mapping = yield from run.mapper.find("daemonsets.apps")
            try:
                yield from run.api.get(mapping, pod["metadata"]["namespace"], owner["name"])
            except ApiError as error:
                return error.reason != "NotFound"
    return True


class _Eviction:
    """Evicts (or deletes) one pod after the other's fashion: side by side."""

    def __init__(self, run: Invocation) -> None:
        self.run = run
        self.grace = run.flags.number("grace-period")
        self.evicting = not run.flags.on("disable-eviction")

    def remove(self, pod: Obj, deadline: Deadline) -> Steps[Exception | None]:
        """Remove *pod* and wait until it is gone; return what went wrong."""
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        said = f"pods/{gojson.quote(name)} -n {gojson.quote(namespace)}"
        doing = "evicting" if self.evicting else "deleting"
        dry_run = " (server dry run)" if self.run.dry_run == "server" else ""
        while True:
            self.run.io.out(f"{doing} pod {namespace}/{name}{dry_run}\n")
            left = yield from deadline.left()
            if left is not None and left <= 0:
                limit = durations.go(deadline.seconds or 0)
                return CommandError(f"error when {doing} {said}: global timeout reached: {limit}")
            try:
                yield from self._ask(pod)
                break
            except ApiError as error:
                if error.reason == "NotFound":
                    return None
                if error.reason != "TooManyRequests":
                    return CommandError(f"error when {doing} {said}: {error.message}")
                self.run.io.err(f"error when {doing} {said} (will retry after 5s): {error.message}\n")
            yield Sleep(RETRY_SECONDS)
        if dry_run:
            return None
        return (yield from self._wait(pod, deadline))

    def _ask(self, pod: Obj) -> Steps[None]:
        mapping = yield from self.run.mapper.find("pods")
        options: Obj = {} if self.grace < 0 else {"gracePeriodSeconds": self.grace}
        if self.run.dry_run == "server":
            options["dryRun"] = ["All"]
        metadata = pod["metadata"]
        if not self.evicting:
            yield from self.run.api.delete(mapping, metadata["namespace"], metadata["name"], options, {})
            return
        body: Obj = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        }
        if options:
            body["deleteOptions"] = options
        path = mapping.path(metadata["namespace"], metadata["name"], "eviction")
        yield from self.run.api.call("POST", path, body=encode(body))

    def _wait(self, pod: Obj, deadline: Deadline) -> Steps[Exception | None]:
        mapping = yield from self.run.mapper.find("pods")
        metadata = pod["metadata"]
        while True:
            try:
                current = yield from self.run.api.get(mapping, metadata["namespace"], metadata["name"])
                gone = current["metadata"]["uid"] != metadata["uid"]
            except ApiError as error:
                if error.reason != "NotFound":
                    return error
                gone = True
            if gone:
                self.run.io.out(f"pod/{metadata['name']} {'evicted' if self.evicting else 'deleted'}\n")
                return None
            left = yield from deadline.left()
            if left is not None and left <= 0:
                limit = durations.go(deadline.seconds or 0)
                return CommandError(
                    f"error when waiting for pod {gojson.quote(metadata['name'])} in namespace "
                    f"{gojson.quote(metadata['namespace'])} to terminate: global timeout reached: {limit}"
                )
            yield Sleep(POLL_SECONDS)
