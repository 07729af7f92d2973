"""``docker save``, ``load``, ``import``, ``export``: images and file systems as tar archives.

Models cli/command/image/{save,load,import}.go and cli/command/container/export.go.
"""

from __future__ import annotations

import posixpath
import re

from k8slab.cli.docker import json_messages
from k8slab.cli.docker.api import whole
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.images import platform_json
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.registry_verbs import columns, parsed
from k8slab.cli.local_files import absolute, exists
from k8slab.cli.seam import Steps


def check_output(run: Invocation, path: str) -> None:
    """Raise CommandError if nothing can be written to *path*. Models command.ValidateOutputPath."""
    folder = posixpath.dirname(absolute(run.files, path))
    if not exists(run.files, folder):
        raise CommandError(f"invalid output path: stat {posixpath.dirname(path) or '.'}: no such file or directory")


def save(run: Invocation) -> Steps[int]:
    """Write images to an archive."""
    flags = run.flags
    output = flags.text("output")
    if not output and run.out_is_terminal:
        raise CommandError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
    if output:
        try:
            check_output(run, output)
        except CommandError as error:
            raise CommandError(f"failed to save image: {error}") from None
    query: dict[str, str | list[str] | None] = {"names": run.args}
    if flags.text("platform"):
        query["platform"] = platform_json(flags.text("platform"))
    response = yield from run.api.call("GET", "/images/get", query)
    data = yield from whole(response)
    if output:
        run.files.write_bytes(output, data, 0o600)
    else:
        run.io.out_bytes(data)
    return 0


def export(run: Invocation) -> Steps[int]:
    """Write a container's files to an archive."""
    output = run.flags.text("output")
    if not output and run.out_is_terminal:
        raise CommandError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
    if output:
        try:
            check_output(run, output)
        except CommandError as error:
            raise CommandError(f"failed to export container: {error}") from None
    response = yield from run.api.call("GET", f"/containers/{run.args[0]}/export")
    data = yield from whole(response)
    if output:
        run.files.write_bytes(output, data, 0o600)
    else:
        run.io.out_bytes(data)
    return 0


def load(run: Invocation) -> Steps[int]:
    """Read images from an archive."""
    flags = run.flags
    path = flags.text("input")
    if path:
        data = run.read_file(path)
    else:
        if run.in_is_terminal:
            raise CommandError("requested load from stdin, but stdin is empty")
        data = run.stdin or b""
    quiet = flags.on("quiet") or not run.out_is_terminal
    query: dict[str, str | list[str] | None] = {"quiet": "1" if quiet else "0"}
    if flags.text("platform"):
        query["platform"] = platform_json(flags.text("platform"))
    headers = {"content-type": "application/x-tar"}
    response = yield from run.api.call("POST", "/images/load", query, data=data, headers=headers)
    if response.headers.get("content-type", response.headers.get("Content-Type", "")) == "application/json":
        yield from json_messages.show_stream(response, run.io.out, columns(run))
    else:
        run.io.out_bytes((yield from whole(response)))
    return 0


def import_(run: Invocation) -> Steps[int]:
    """Make an image of an archive of files."""
    flags = run.flags
    source = run.args[0]
    name = run.args[1] if len(run.args) > 1 else ""
    yield from run.api.ping()
    if name:
        parsed(name)
    data = b""
    from_source = source
    if source == "-":
        data = run.stdin or b""
    elif not re.match(r"https?://", source):
        from_source = "-"
        data = run.read_file(source)
    query: dict[str, str | list[str] | None] = {
        "fromSrc": from_source,
        "repo": name or None,
        "message": flags.text("message") or None,
        "platform": flags.text("platform").lower() or None,
        "changes": flags.items("change") or None,
    }
    headers = {"content-type": "text/plain"} if from_source == "-" else {}
    response = yield from run.api.call("POST", "/images/create", query, data=data, headers=headers)
    yield from json_messages.show_stream(response, run.io.out, columns(run))
    return 0
