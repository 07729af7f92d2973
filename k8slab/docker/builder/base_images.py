"""Base images of a BuildKit build: found out about first (metadata), fetched only when a stage starts from them.

Models dockerfile2llb's resolve step and the containerimage source, whose words for failures are containerd's.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker import reference
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.builder.planning import Plan, sources_named
from k8slab.docker.builder.quoting import did_you_mean
from k8slab.docker.builder.records import Records, Vertex
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import ImageConfig
from k8slab.docker.image_store import Image
from k8slab.docker.manifests import Platform
from k8slab.docker.remotes import Auth
from k8slab.docker.transfer import Resolved

if TYPE_CHECKING:
    from k8slab.docker.builder.builder import Builder

#: What a misspelt base image is compared with, beside the stages (dockerfile2llb: commonImageNames).
COMMON_IMAGES = ("alpine", "busybox", "centos", "debian", "golang", "ubuntu", "fedora")


class BaseImages:
    """The base images of one build, by name and platform; `Resolved` until somebody has fetched them."""

    def __init__(self, builder: Builder, records: Records, options: BuildOptions, auths: dict[str, Auth]) -> None:
        self.builder = builder
        self.records = records
        self.options = options
        self.auths = auths
        self.clock = builder.clock
        self._images: dict[tuple[str, str], Image | Resolved] = {}
        self._fetching: dict[tuple[str, str], Event] = {}

    def environments(self) -> dict[str, list[str]]:
        """Return the names of the variables that each base image sets."""
        found = {}
        for (name, _), image in self._images.items():
            config = image.config if isinstance(image, Image) else ImageConfig.decode(image.config)
            found[name] = [one.partition("=")[0] for one in config.config.env or ()]
        return found

    def shown(self, name: str, platform: Platform) -> str:
        """Return the image *name* as a FROM vertex shows it: in full, with its digest where that is known."""
        image = self._images[name, str(platform)]
        parsed = reference.parse(name)
        full = str(parsed.with_default_tag())
        digest = next((one.digest for one in self._digests(image) if one.name == parsed.name), "")
        return f"{full}@{digest}" if digest and "@" not in full else full

    def load_metadata(self, plan: Plan, platform: Platform) -> Generator[Event, Any, None]:
        """Find out about every image that *plan* needs. Takes virtual time. Raises BuildError."""
        wanted: list[tuple[str, Platform, tuple[int, int] | None]] = []
        for stage in plan.needed:
            if stage.image and not stage.is_scratch:
                wanted.append((stage.image, stage.platform or platform, stage.base.lines))
        for name in plan.extra_images:
            wanted.append((name, platform, self._line_of(plan, name)))
        told: list[str] = []
        for name, for_platform, lines in wanted:
            if (name, str(for_platform)) in self._images:
                continue
            try:
                full = str(reference.parse(name).with_default_tag())
            except reference.ReferenceError as error:
                raise BuildError(f'failed to parse stage name "{name}": {error}', lines) from None
            vertex = self.records.vertex(f"[internal] load metadata for {full}")
            if full not in told:
                vertex.start()
                told.append(full)
            try:
                image = yield from self.builder.resolve(name, for_platform, pull=self.options.pull, auths=self.auths)
            except DockerError as error:
                why = _resolve_failure(error.message, full)
                vertex.fail(why)
                known = [stage.base.stage for stage in plan.stages if stage.base.stage]
                hint = did_you_mean(name, [*known, *COMMON_IMAGES], match_case=True)
                raise BuildError(
                    f"{name}: failed to resolve source metadata for {full}: {why}{hint}", lines, classic=error.message
                ) from None
            if vertex.started is not None:
                yield self.clock.timeout(0.002)
                vertex.done()
            self._images[name, str(for_platform)] = image

    @staticmethod
    def _line_of(plan: Plan, name: str) -> tuple[int, int] | None:
        for stage in plan.needed:
            for instruction in stage.instructions:
                if name in sources_named(instruction):
                    return instruction.lines
        return None

    def _digests(self, image: Image | Resolved) -> list[reference.Reference]:
        if isinstance(image, Resolved):
            return [image.name.with_digest(image.digest)]
        for store in (self.builder.store, self.builder.pulled):
            if image.id in store.images:
                return [one for one in store.references(image.id) if one.digest]
        return []

    def get(self, name: str, platform: Platform, vertex: Vertex) -> Generator[Event, Any, Image]:
        """Return a base image, its layers fetched if they are not here yet; several stages fetch it once.

        Takes virtual time. Raises DockerError.
        """
        key = (name, str(platform))
        found = self._images[key]
        if isinstance(found, Image):
            return found
        if key in self._fetching:
            yield self._fetching[key]
            found = self._images[key]
            if isinstance(found, Image):
                return found
            raise DockerError(500, "base image could not be fetched")  # by the stage that tried, which tells why
        self._fetching[key] = self.clock.event()
        try:
            begun = self.clock.now
            tag = f":{found.name.tag}" if found.name.tag else ""
            vertex.status(f"resolve {found.name.name}{tag}@{found.digest}")
            image = yield from self.builder.fetch(found, lambda message: _tell_layer(vertex, message, begun))
            self._images[key] = image
            return image
        finally:
            self._fetching[key].succeed()


def _tell_layer(vertex: Vertex, message: dict[str, Any], begun: float) -> None:
    """Tell a pull's message about a layer as a sub-step of FROM."""
    detail = message.get("progressDetail") or {}
    if message["status"] == "Downloading" and detail["current"] == detail["total"]:
        vertex.status(f"sha256:{message['id']}", current=detail["current"], total=detail["total"], started=begun)
    elif message["status"] == "Pull complete":
        vertex.status(f"extracting sha256:{message['id']}", started=begun)


def _resolve_failure(message: str, full: str) -> str:
    """Return why metadata could not be had, in containerd's words."""
    if message.startswith("pull access denied"):
        return (
            "pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed"
        )
    if "manifest unknown" in message:
        return f"{full}: not found"
    if "no matching manifest" in message:
        return "no match for platform in manifest: not found"
    if "dial tcp" in message:
        return "failed to do request: " + message.replace("Get ", "Head ", 1)
    return message
