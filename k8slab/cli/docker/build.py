"""``docker build``: send a folder with a Dockerfile to the engine and show how the image comes to be.

Models cli/command/image/build.go and build/context.go (the legacy builder's client), and, when the engine of the lab works as
BuildKit does, the output of buildx. Left out: git and URL contexts are handed to the engine; output and secrets of buildx.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from dataclasses import replace
from typing import Any

from k8slab.cli.docker import build_progress, dockerignore, json_messages, units
from k8slab.cli.docker.api import EMPTY_AUTH, Lines, registry_auth
from k8slab.cli.docker.cp import as_member
from k8slab.cli.docker.errors import CommandError, StreamError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.option_checks import extra_host
from k8slab.cli.docker.resource_options import ulimits
from k8slab.cli.local_files import absolute, exists, followed
from k8slab.cli.seam import Steps
from k8slab.cli.tar_archive import BLOCK, END, Member, is_archive, pack
from k8slab.sim.http import Response

DOCKERFILE, IGNORE_FILE = "Dockerfile", ".dockerignore"
SENDING = "Sending build context to Docker daemon "
REMOTE = ("http://", "https://", "git://", "github.com/", "git@")


def build(run: Invocation) -> Steps[int]:
    """Build an image."""
    flags = run.flags
    if flags.on("squash"):
        raise CommandError('"--squash" is only supported on a Docker daemon with experimental features enabled')
    quiet = flags.on("quiet")
    context = run.args[0]
    now = (yield from run.now()).timestamp()
    dockerfile, remote, data = _context(run, context, now)
    buildkit = bool(run.env.get("K8SLAB_BUILDER")) and run.env.get("DOCKER_BUILDKIT", "1") not in ("0", "f", "false")
    shown: list[str] = []
    write = shown.append if quiet else run.io.out
    sending = f"{SENDING}{units.human_size(len(data)):>8}\r\r\n" if not remote and not buildkit else ""
    if not quiet:
        run.io.out(sending)
    query = _query(run, dockerfile, remote, buildkit)
    headers = {"X-Registry-Config": _credentials(run)}
    if data:
        headers["content-type"] = "application/x-tar"
    response = yield from run.api.call("POST", "/build", query, data=data, headers=headers)
    identifiers: list[str] = []
    try:
        yield from _show(run, response, write, identifiers, quiet, buildkit)
    except StreamError as error:
        if quiet:
            run.io.err(sending + "".join(shown))
        raise error from None
    if quiet:
        run.io.out(identifiers[-1] + "\n" if identifiers and not shown else "".join(shown))
    if flags.text("iidfile") and identifiers:
        run.files.write_bytes(flags.text("iidfile"), identifiers[-1].encode(), 0o666)
    return 0


def _show(
    run: Invocation, response: Response, write: json_messages.Write, identifiers: list[str], quiet: bool, buildkit: bool
) -> Steps[None]:
    width = run.terminal.columns if run.terminal is not None and run.out_is_terminal else None
    display = json_messages.Display(write, width)
    printer = build_progress.Printer((lambda text: None) if quiet else run.io.err)
    lines = Lines(response)
    while True:
        message = yield from lines.next()
        if message is None:
            if printer.used:
                printer.finish()
            return
        aux = message.get("aux")
        if message.get("id") == build_progress.TRACE_ID:
            printer.show(aux or {})
        elif aux is not None:
            if aux.get("ID"):
                identifiers.append(str(aux["ID"]))
        elif printer.used and not (message.get("error") or message.get("errorDetail")):
            continue  # the classic words of a build that is shown BuildKit's way
        elif printer.used:
            printer.finish()
            text = str((message.get("errorDetail") or {}).get("message") or message.get("error"))
            raise StreamError(f"ERROR: failed to build: failed to solve: {text}")
        else:
            display.show(message)


def _query(run: Invocation, dockerfile: str, remote: str, buildkit: bool) -> dict[str, str | list[str] | None]:
    flags = run.flags

    def positive(name: str) -> str | None:
        return str(int(flags[name])) if flags.has(name) and flags[name] else None

    def compact(value: Any) -> str | None:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False) if value else None

    arguments = {}
    for item in flags.items("build-arg"):
        name, mark, value = item.partition("=")
        arguments[name] = value if mark else run.env.get(name)
    labels = dict(item.partition("=")[::2] for item in flags.items("label"))
    query: dict[str, str | list[str] | None] = {
        "t": flags.items("tag") or None,
        "securityopt": flags.items("security-opt") or None,
        "extrahosts": [extra_host(item) for item in flags.items("add-host")] or None,
        "q": "1" if flags.on("quiet") else None,
        "remote": remote or None,
        "nocache": "1" if flags.on("no-cache") else None,
        "rm": None if not flags.has("rm") or flags.on("rm") else "0",
        "forcerm": "1" if flags.on("force-rm") else None,
        "pull": "1" if flags.on("pull") else None,
        "squash": "1" if flags.on("squash") else None,
        "isolation": flags.text("isolation") if flags.text("isolation") not in ("", "default") else None,
        "cpusetcpus": flags.text("cpuset-cpus") or None,
        "cpusetmems": flags.text("cpuset-mems") or None,
        "networkmode": flags.text("network")
        if flags.changed("network") and flags.text("network") != "default"
        else None,
        "cpushares": positive("cpu-shares"),
        "cpuquota": positive("cpu-quota"),
        "cpuperiod": positive("cpu-period"),
        "memory": positive("memory"),
        "memswap": positive("memory-swap"),
        "cgroupparent": flags.text("cgroup-parent") or None,
        "shmsize": positive("shm-size"),
        "dockerfile": dockerfile,
        "target": flags.text("target") or None,
        "ulimits": compact(ulimits(flags.items("ulimit"))),
        "buildargs": compact(dict(sorted(arguments.items()))),
        "labels": compact(dict(sorted(labels.items()))),
        "cachefrom": compact(flags.items("cache-from")),
        "platform": flags.text("platform").lower() or None,
        "version": "2" if buildkit else "1",
    }
    if isinstance(query["networkmode"], list):
        query["networkmode"] = ""
    return query


def _credentials(run: Invocation) -> str:
    found = run.config.all_credentials()
    return registry_auth(found) if found else EMPTY_AUTH  # type: ignore[arg-type]


def _context(run: Invocation, context: str, now: float) -> tuple[str, str, bytes]:
    """Return the Dockerfile's name inside the context, the context's address if it is remote, or its archive."""
    flags = run.flags
    dockerfile = flags.text("file")
    if context == "-":
        if dockerfile == "-":
            raise CommandError("invalid argument: can't use stdin for both build context and dockerfile")
        return _from_stdin(run, dockerfile, now)
    if context.startswith(REMOTE):
        return dockerfile or DOCKERFILE, context, b""
    if not exists(run.files, context):
        raise CommandError(f'unable to prepare context: path "{context}" not found')
    root = followed(run.files, absolute(run.files, context))
    if run.files.stat(root).kind != "dir":
        raise CommandError(f"unable to prepare context: context must be a directory: {root}")
    given = b""
    if dockerfile == "-":
        given = run.stdin or b""
        name = DOCKERFILE
    else:
        name = _dockerfile_in(run, root, dockerfile)
    outside = name.startswith("../")
    if outside:
        given = run.read_file(posixpath.normpath(posixpath.join(root, name)))
    patterns = _ignore_patterns(run, root, name)
    members = context_members(run, root, patterns, keep=[] if given else [name])
    if given:
        return _with_dockerfile(members, given, now)
    return name, "", pack(members)


def _with_dockerfile(members: list[Member], given: bytes, now: float) -> tuple[str, str, bytes]:
    """Add a Dockerfile from elsewhere under a name of its own, which it asks to ignore. Models AddDockerfileToBuildContext.

    As the real client never closes that archive, its last block is cut short.
    """
    name = f".dockerfile.{hashlib.sha256(given).hexdigest()[:20]}"
    own = Member(name, "file", 0o600, now, 0, 0, "", given)
    found = next((member for member in members if member.name == IGNORE_FILE), None)
    if found is None:
        text = f"{IGNORE_FILE}\n{name}\n".encode()
        members = [*members, own, Member(IGNORE_FILE, "file", 0o600, now, 0, 0, "", text)]
    else:
        more = replace(found, data=found.data + f"\n{name}\n".encode())
        members = [*(more if member is found else member for member in members), own]
    return name, "", pack(members)[: -len(END) - (-len(members[-1].data) % BLOCK)]


def _from_stdin(run: Invocation, dockerfile: str, now: float) -> tuple[str, str, bytes]:
    data = run.stdin or b""
    if not data:
        raise CommandError("unable to prepare context: unable to read from stdin")
    if is_archive(data):
        return dockerfile or DOCKERFILE, "", data
    member = Member(DOCKERFILE, "file", 0o644, now, 0, 0, "", data)
    return DOCKERFILE, "", pack([member])


def _dockerfile_in(run: Invocation, root: str, given: str) -> str:
    """Return the Dockerfile's path relative to *root*; one that is outside begins with two dots."""
    if not given:
        path = posixpath.join(root, DOCKERFILE)
        if not exists(run.files, path) and exists(run.files, posixpath.join(root, DOCKERFILE.lower())):
            path = posixpath.join(root, DOCKERFILE.lower())
    else:
        path = absolute(run.files, given)
    if not exists(run.files, path):
        raise CommandError(
            "unable to prepare context: unable to evaluate symlinks in Dockerfile path: "
            f"lstat {path}: no such file or directory"
        )
    return posixpath.relpath(followed(run.files, path), root)


def _ignore_patterns(run: Invocation, root: str, dockerfile: str) -> list[dockerignore.Pattern]:
    own = posixpath.join(root, dockerfile + ".dockerignore")
    path = own if exists(run.files, own) else posixpath.join(root, IGNORE_FILE)
    if not exists(run.files, path):
        return []
    try:
        return dockerignore.read(run.read_file(path).decode("utf-8", "replace"))
    except dockerignore.PatternError as error:
        raise CommandError(f"error checking context: {error}") from None


def context_members(
    run: Invocation, root: str, patterns: list[dockerignore.Pattern], *, keep: list[str]
) -> list[Member]:
    """Return the files below *root* as members of an archive; those that *keep* names, and the ignore file, always come along."""
    always = {IGNORE_FILE, *keep}
    members: list[Member] = []

    def walk(folder: str, prefix: str) -> None:
        for entry in run.files.list(folder):
            path, name = posixpath.join(folder, entry), prefix + entry
            found = run.files.stat(path)
            left_out = dockerignore.ignored(patterns, name) and name not in always
            if not left_out:
                owned = as_member(run.files, path, name, found)
                members.append(Member(owned.name, owned.kind, owned.mode, owned.mtime, 0, 0, owned.target, owned.data))
            if found.kind == "dir" and (
                not left_out or dockerignore.may_hold_exceptions(patterns, name) or _holds(always, name)
            ):
                walk(path, name + "/")

    walk(root, "")
    return members


def _holds(names: set[str], folder: str) -> bool:
    return any(name.startswith(folder + "/") for name in sorted(names))
