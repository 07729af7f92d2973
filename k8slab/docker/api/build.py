"""``/build``. Models api/server/router/build: the classic builder's text, or (``version=2``) BuildKit's records.

Left out: BuildKit's session over gRPC; its context comes in the body as the classic builder's does.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.docker.api.call import Call, check, ok
from k8slab.docker.api.images import messages
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.errors import invalid_parameter
from k8slab.docker.progress import Emit
from k8slab.docker.remotes import Auth
from k8slab.sim.http import Response

PRUNE_FILTERS = ("until", "id", "parent", "type", "description", "inuse", "shared", "private", "unused-for")


def _auths(header: str) -> dict[str, Auth]:
    """Return who X-Registry-Config says the client is, by registry; an unreadable header says nothing, as in moby."""
    try:
        document = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, binascii.Error):
        return {}
    if not isinstance(document, dict):
        return {}
    return {
        name: Auth(str(one.get("username") or ""), str(one.get("password") or ""), name)
        for name, one in document.items()
        if isinstance(one, dict)
    }


def build(call: Call) -> Response:
    """``docker build``."""
    options = BuildOptions.of_query(call.request.query)
    if call.text("remote"):
        raise invalid_parameter("a remote context needs a server to get it from; send the context in the body")
    auths = _auths(call.request.headers.get("x-registry-config", ""))
    builder = call.engine.builder
    run = builder.buildkit if call.text("version") == "2" else builder.classic

    def work(emit: Emit) -> Generator[Event, Any, Any]:
        return run(call.request.body, options, emit, auths)

    return messages(call, work)


def prune(call: Call) -> Response:
    """``docker builder prune``."""
    filters = check(call.filters(), PRUNE_FILTERS)
    return ok(call.engine.builder.cache.prune(all=call.flag("all"), filters=filters))
