"""The Docker Engine API 1.50: the one door to an engine. `DockerApi(engine).handle(Request) -> Response`.

Start at `router.py`, which lists every path; a file per noun answers. Nothing here decides what happens to a container or an
image: it reads requests, calls the engine and writes documents in the order of keys that dockerd uses.
"""

from k8slab.docker.api.router import DockerApi

__all__ = ["DockerApi"]
