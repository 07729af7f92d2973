"""``kubectl set image``. Models kubectl pkg/cmd/set/set_image.go."""

from __future__ import annotations

from k8slab.apimachinery import gojson
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import MISSING_RESOURCE
from k8slab.cli.kubectl.errors import Aggregate, CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.pod_spec import pod_spec_of
from k8slab.cli.kubectl.set import update
from k8slab.cli.seam import Steps

_NOT_NAMED = "one or more resources must be specified as <resource> <name> or <resource>/<name>"


def run(run: Invocation) -> Steps[int]:
    """Set the images of containers: ``CONTAINER=IMAGE ...``; ``*`` stands for all containers."""
    names, changes = update.resources_and_changes(run.args, "image")
    images: dict[str, str] = {}
    for change in changes:
        name, _, image = change.partition("=")
        images[name] = image
    if not names and not run.flags.items("filename"):
        raise CommandError(_NOT_NAMED if changes else MISSING_RESOURCE)
    found = yield from update.find(run, names)
    raise_all(found.errors)
    if not images:
        raise CommandError("at least one image update is required")
    if "*" in images and len(images) > 1:
        raise CommandError(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs"
        )

    def mutate(obj: Obj) -> None:
        spec = pod_spec_of(obj)
        missing = []
        for name, image in images.items():
            containers = [*spec.get("initContainers", ()), *spec.get("containers", ())]
            chosen = [container for container in containers if name in ("*", container["name"])]
            for container in chosen:
                container["image"] = image
            if not chosen:
                missing.append(CommandError(f"error: unable to find container named {gojson.quote(name)}"))
        if missing:
            raise Aggregate(missing)

    return (
        yield from update.apply(run, found, "image updated", mutate, "failed to patch image update to pod template")
    )
