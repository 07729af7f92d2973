"""``docker context``: which engine the client talks to. In the lab there is one, the default.

Models cli/command/context. Left out: making, exporting and importing contexts.
"""

from __future__ import annotations

import hashlib
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker import formatting
from k8slab.cli.docker.api import DEFAULT_HOST
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.formatting import Listing
from k8slab.cli.docker.inspect import show as inspect_all
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps

CONTEXTS = Listing(
    {
        "Name": "NAME",
        "Description": "DESCRIPTION",
        "DockerEndpoint": "DOCKER ENDPOINT",
        "Error": "ERROR",
    },
    "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}",
    quiet="{{.Name}}",
    type_name="*formatter.clientContextContext",
)
DEFAULT = "default"
DESCRIPTION = "Current DOCKER_HOST based configuration"


def ls(run: Invocation) -> Steps[int]:
    """List contexts."""
    yield from ()
    row: dict[str, Any] = {
        "Name": DEFAULT,
        "Description": DESCRIPTION,
        "DockerEndpoint": run.api.host,
        "Error": "",
        "Current": True,
    }
    run.io.out(formatting.listing(CONTEXTS, [row], run.flags.text("format"), quiet=run.flags.on("quiet")))
    if run.env.get("DOCKER_HOST"):
        run.io.err(
            "Warning: DOCKER_HOST environment variable overrides the active context. "
            "To use a context, either set the global --context flag, or unset DOCKER_HOST environment variable.\n"
        )
    return 0


def show(run: Invocation) -> Steps[int]:
    """Print the current context's name."""
    yield from ()
    run.io.out(DEFAULT + "\n")
    return 0


def use(run: Invocation) -> Steps[int]:
    """Make a context the current one."""
    yield from ()
    _must_exist(run.args[0])
    run.io.out(f"{run.args[0]}\n")
    run.io.err(f'Current context is now "{run.args[0]}"\n')
    return 0


def _must_exist(name: str) -> None:
    if name != DEFAULT:
        raise CommandError(
            f'context "{name}": context not found: open /root/.docker/contexts/meta/{_digest(name)}/meta.json: no such file or directory'
        )


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def inspect(run: Invocation) -> Steps[int]:
    """Print what is known about contexts."""
    if not run.args:
        run.flags.args.append(DEFAULT)

    def get(name: str) -> Steps[str]:
        yield from ()
        _must_exist(name)
        value = {
            "Name": DEFAULT,
            "Metadata": {},
            "Endpoints": {"docker": {"Host": run.api.host or DEFAULT_HOST, "SkipTLSVerify": False}},
            "TLSMaterial": {},
            "Storage": {"MetadataPath": "\u003cIN MEMORY\u003e", "TLSPath": "\u003cIN MEMORY\u003e"},
        }
        return gojson.marshal(value)

    return (yield from inspect_all(run, get))
