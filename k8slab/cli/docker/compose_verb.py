"""``docker compose``: a place for the plug-in of that name; real clients have it as a program of its own."""

from __future__ import annotations

from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps

NOT_YET = "the lab's docker has no compose plug-in yet: it arrives with the engine."


def compose(run: Invocation) -> Steps[int]:
    """Say that the plug-in is missing."""
    yield from ()
    raise CommandError(NOT_YET)
