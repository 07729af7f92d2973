"""``kubectl logs``: what containers printed. Models kubectl pkg/cmd/logs and pkg/polymorphichelpers/logsforobject.go."""

from __future__ import annotations

from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder
from k8slab.cli.kubectl.api import Obj, decoded
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.rollout.revisions import selector_of
from k8slab.cli.seam import Read, Steps
from k8slab.sim.http import Stream

_USAGE = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
TAIL_WITH_SELECTOR = 10
MOST_FOLLOWED = 5


def run(run: Invocation) -> Steps[int]:
    """Print the logs of a pod, of the pods of a workload, or of those that a selector chooses."""
    flags = run.flags
    if not run.args and not flags.text("selector"):
        raise run.usage(_USAGE)
    if len(run.args) > 2:
        raise run.usage("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.")
    if flags.text("since-time") and flags["since"]:
        raise CommandError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    pods = yield from _pods(run)
    sources = [(pod, container) for pod in pods for container in _containers(run, pod)]
    follow = flags.on("follow")
    if follow and len(sources) > 1 and len(sources) > (flags.number("max-log-requests") or MOST_FOLLOWED):
        raise CommandError(
            f"you are attempting to follow {len(sources)} log streams, but maximum allowed concurrency is "
            f"{flags.number('max-log-requests')}, use --max-log-requests to increase the limit"
        )
    for pod, container in sources:
        yield from _print(run, pod, container, follow)
    return 0


def _pods(run: Invocation) -> Steps[list[Obj]]:
    flags = run.flags
    if flags.text("selector"):
        find = builder.Builder(run, selector=flags.text("selector"))
        find.resources = ["pods"]
        found = yield from find.visit()
        raise_all(found.errors)
        if not found.targets:
            run.io.err(f"No resources found in {run.namespace} namespace.\n")
        return [target.obj or {} for target in found.targets]
    find = builder.Builder(run)
    words = run.args[:1] if "/" in run.args[0] else ["pods", run.args[0]]
    yield from find.arguments(words)
    found = yield from find.visit()
    for error in found.errors:
        if isinstance(error, ApiError) and error.reason == "NotFound":
            where = f'in namespace "{run.namespace}"'
            raise CommandError(f"error from server (NotFound): {error.message} {where}") from None
    raise_all(found.errors)
    pods: list[Obj] = []
    for target in found.targets:
        pods.extend((yield from pods_of(run, target)))
    return pods


def pods_of(run: Invocation, target: Target, *, say: bool = True) -> Steps[list[Obj]]:
    """Return the pod itself, or the first pod (all, with --all-pods) of a workload."""
    obj: Any = target.obj
    if target.mapping.kind == "Pod":
        return [obj]
    if "selector" not in (obj.get("spec") or {}):
        raise CommandError(f"cannot get the logs from {target.mapping.gvk.partition(',')[0]}: {target.mapping.kind}")
    mapping = yield from run.mapper.find("pods")
    params = {"labelSelector": selector_of(obj)}
    listed = yield from run.api.list(mapping, target.namespace, params)
    pods = sorted(listed.get("items") or (), key=_readiest)
    if not pods:
        raise CommandError("timed out waiting for the condition")
    if run.flags.on("all-pods") or len(pods) == 1:
        return pods
    if say:
        run.io.err(f"Found {len(pods)} pods, using pod/{pods[0]['metadata']['name']}\n")
    return pods[:1]


def _readiest(pod: Obj) -> tuple[Any, ...]:
    """Order as upstream's ByLogging: assigned, running, ready pods first, then the one that has been ready longest."""
    status = pod.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or ()}
    ready = conditions.get("Ready", {})
    phases = {"Running": 0, "Unknown": 1, "Pending": 2}
    return (
        not pod["spec"].get("nodeName"),
        phases.get(status.get("phase", ""), 3),
        ready.get("status") != "True",
        ready.get("lastTransitionTime", ""),
        pod["metadata"].get("creationTimestamp", ""),
    )


def _containers(run: Invocation, pod: Obj) -> list[str]:
    spec = pod["spec"]
    names = [c["name"] for field in ("initContainers", "containers") for c in spec.get(field) or ()]
    wanted = run.flags.text("container") or (run.args[1] if len(run.args) == 2 else "")
    if run.flags.on("all-containers"):
        return names
    if wanted:
        if wanted not in names:
            raise CommandError(f"container {wanted} is not valid for pod {pod['metadata']['name']}")
        return [wanted]
    default = (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER)
    if default in names:
        return [str(default)]
    mains = [c["name"] for c in spec.get("containers") or ()]
    if len(names) > 1:
        shown = [c["name"] for c in spec.get("containers") or ()] + [
            f"{c['name']} (init)" for c in spec.get("initContainers") or ()
        ]
        run.io.err(f'Defaulted container "{mains[0]}" out of: {", ".join(shown)}\n')
    return mains[:1]


def _params(run: Invocation, container: str) -> dict[str, str]:
    flags = run.flags
    params = {"container": container}
    for name in ("follow", "previous", "timestamps"):
        if flags.on(name):
            params[name] = "true"
    tail = flags.number("tail")
    if flags.text("selector") and not flags.changed("tail"):
        tail = TAIL_WITH_SELECTOR
    if tail >= 0:
        params["tailLines"] = str(tail)
    if flags["since"]:
        params["sinceSeconds"] = str(int(flags["since"]))
    if flags.text("since-time"):
        params["sinceTime"] = flags.text("since-time")
    if flags.number("limit-bytes"):
        params["limitBytes"] = str(flags.number("limit-bytes"))
    return params


def _print(run: Invocation, pod: Obj, container: str, follow: bool) -> Steps[None]:
    name, namespace = pod["metadata"]["name"], pod["metadata"].get("namespace", run.namespace)
    mapping = yield from run.mapper.find("pods")
    path = mapping.path(namespace, name, "log")
    prefix = f"[pod/{name}/{container}] " if run.flags.on("prefix") else ""
    response = yield from run.api.send("GET", path, params=_params(run, container), accept="*/*")
    if response.status >= 400:
        try:
            decoded(response)
        except ApiError as error:
            if not run.flags.on("ignore-errors"):
                raise
            run.io.err(f"error: {error.message}\n")
            return
    if response.stream is None:
        run.io.out(_prefixed(response.body.decode(errors="replace"), prefix))
        return
    yield from _follow(run, response.stream, prefix, follow)


def _prefixed(text: str, prefix: str) -> str:
    return "".join(prefix + line for line in text.splitlines(keepends=True)) if prefix else text


def _follow(run: Invocation, stream: Stream, prefix: str, follow: bool) -> Steps[None]:
    while True:
        chunk: bytes | None = yield Read(stream, None if follow else 0)
        if not chunk:
            stream.close()
            return
        run.io.out(_prefixed(chunk.decode(errors="replace"), prefix))
