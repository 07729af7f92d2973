"""``/build``. Stands in until the builder answers here: a clear 501."""

from __future__ import annotations

from k8slab.docker.api.call import Call, ok
from k8slab.docker.errors import not_implemented
from k8slab.sim.http import Response


def build(call: Call) -> Response:
    """``docker build``."""
    raise not_implemented("docker build is not yet wired to this engine")


def prune(call: Call) -> Response:
    """``docker builder prune``."""
    return ok({"CachesDeleted": [], "SpaceReclaimed": 0})
