"""``kubectl exec``, ``attach``, ``port-forward``, ``cp``: verbs that open a two-way connection to a pod.

Models kubectl pkg/cmd/{exec,attach,portforward,cp}: arguments, checks and errors. A connection here is a `Duplex`; output comes in
frames as the server sends them. Left out: terminals (-t is accepted and changes nothing), resizing.
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder
from k8slab.cli.kubectl.api import Obj, decoded
from k8slab.cli.kubectl.errors import CommandError, Exit, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.logs import pods_of
from k8slab.cli.seam import Read, Steps
from k8slab.sim.http import Duplex, Request, Response

#: Channels of the remote command protocol (v5.channel.k8s.io): each frame begins with one of these.
STDIN, STDOUT, STDERR, ERROR = range(4)


def execute(run: Invocation) -> Steps[int]:
    """Run a command in a container: ``exec POD -- COMMAND``."""
    flags = run.flags
    at = flags.dash_at
    names = run.args if at < 0 else run.args[:at]
    command = [] if at < 0 else run.args[at:]
    if not names and not flags.items("filename"):
        raise CommandError("pod, type/name or --filename must be specified")
    if len(names) > 1 and at < 0:
        raise run.usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    if not command:
        raise CommandError("you must specify at least one command for the container")
    pod = yield from _one_pod(run, names[0])
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        raise CommandError(
            f"cannot exec into a container in a completed pod; current phase is {pod['status']['phase']}"
        )
    query = {"command": command, "stdout": ["true"], "stderr": ["true"]}
    if flags.on("stdin"):
        query["stdin"] = ["true"]
    if flags.on("tty"):
        query["tty"] = ["true"]
    return (yield from _talk(run, pod, "exec", query))


def attach(run: Invocation) -> Steps[int]:
    """Show what a running container prints from now on."""
    if not run.args:
        raise CommandError("at least 1 argument is required for attach")
    if len(run.args) > 2:
        raise CommandError(
            f"expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {len(run.args)}: [{' '.join(run.args)}]"
        )
    pod = yield from _one_pod(run, run.args[0] if len(run.args) == 1 else "/".join(run.args))
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot attach a container in a completed pod; current phase is {phase}")
    query = {"stdout": ["true"], "stderr": ["true"]}
    if run.flags.on("stdin"):
        query["stdin"] = ["true"]
    return (yield from _talk(run, pod, "attach", query))


def _one_pod(run: Invocation, word: str) -> Steps[Obj]:
    find = builder.Builder(run)
    yield from find.arguments([word] if "/" in word else ["pods", word])
    found = yield from find.visit()
    raise_all(found.errors)
    pods = yield from pods_of(run, found.targets[0], say=False)
    return pods[0]


def _container(run: Invocation, pod: Obj) -> str:
    names = [c["name"] for field in ("containers", "initContainers") for c in pod["spec"].get(field) or ()]
    wanted = run.flags.text("container")
    if wanted:
        if wanted not in names:
            raise CommandError(f"container {wanted} is not valid for pod {pod['metadata']['name']}")
        return wanted
    mains = [c["name"] for c in pod["spec"].get("containers") or ()]
    if len(mains) > 1 and not run.option("quiet"):
        run.io.err(f'Defaulted container "{mains[0]}" out of: {", ".join(names)}\n')
    return str(mains[0])


def _talk(run: Invocation, pod: Obj, verb: str, query: dict[str, list[str]]) -> Steps[int]:
    query = {"container": [_container(run, pod)], **query}
    mapping = yield from run.mapper.find("pods")
    path = mapping.path(pod["metadata"]["namespace"], pod["metadata"]["name"], verb)
    headers = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-protocol": "v5.channel.k8s.io"}
    response: Response = yield Request("GET", path, query, headers)
    if response.duplex is None:
        yield from ()
        decoded(response)
        raise CommandError(f"unable to upgrade connection: the server answered {response.status} without a connection")
    if "stdin" in query and run.stdin:
        response.duplex.write(bytes([STDIN]) + run.stdin.encode())
        response.duplex.close_write()
    return (yield from _listen(run, response.duplex))


def _listen(run: Invocation, duplex: Duplex) -> Steps[int]:
    """Copy the two outputs until the other side says how the command ended; return its exit code."""
    while True:
        frame: bytes | None = yield Read(duplex)
        if not frame:
            return 0
        channel, text = frame[0], frame[1:].decode(errors="replace")
        if channel == STDOUT:
            run.io.out(text)
        elif channel == STDERR:
            run.io.err(text)
        elif channel == ERROR:
            return _ending(run, json.loads(text))


def _ending(run: Invocation, status: dict[str, Any]) -> int:
    if status.get("status") == "Success":
        return 0
    if status.get("reason") == "NonZeroExitCode":
        causes = (status.get("details") or {}).get("causes") or ()
        code = next((int(cause["message"]) for cause in causes if cause.get("reason") == "ExitCode"), 1)
        run.io.err(f"command terminated with exit code {code}\n")
        raise Exit(code)
    raise ApiError({"code": 500, **status})


def port_forward(run: Invocation) -> Steps[int]:
    """Check the arguments; a forwarded port needs somebody to connect to it, and in the lab nobody can."""
    if len(run.args) < 2:
        raise run.usage("TYPE/NAME and list of ports are required for port-forward")
    pod = yield from _one_pod(run, run.args[0])
    phase = (pod.get("status") or {}).get("phase")
    if phase != "Running":
        raise CommandError(f"unable to forward port because pod is not running. Current status={phase}")
    raise CommandError(
        "the lab has no local ports: ask the pod from inside the cluster instead, or use a Service "
        "(a command line outside the lab can forward ports once the lab is served)"
    )


def copy(run: Invocation) -> Steps[int]:
    """Check the arguments; files are not copied in the lab yet."""
    if len(run.args) != 2:
        raise CommandError("source and destination are required")
    source, target = run.args
    if (":" in source) == (":" in target):
        which = "local" if ":" in source else "remote"
        raise CommandError(f"one of src or dest must be a {which} file specification")
    remote = source if ":" in source else target
    name, _, path = remote.partition(":")
    if not path:
        raise CommandError("filepath can not be empty")
    yield from _one_pod(run, name.rpartition("/")[2])
    raise CommandError("the lab's kubectl does not copy files: use exec to read them and a ConfigMap to bring them")
