"""The builder of one daemon: what its builds share, and the two doors to it.

Models builder/backend and builder-next. `Builder.classic` is the builder of old (``DOCKER_BUILDKIT=0``), `Builder.buildkit` today's.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

from simpy.events import Event

from k8slab.docker import reference
from k8slab.docker.builder.buildkit import BuildKitBuild
from k8slab.docker.builder.cache import BuildCache
from k8slab.docker.builder.classic import ClassicBuild
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.downloading import downloader
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.builder.run_step import Runner
from k8slab.docker.builder.steps import Fetch
from k8slab.docker.image_store import Image, ImageStore
from k8slab.docker.manifests import Platform
from k8slab.docker.progress import Emit, ignore
from k8slab.docker.reference import DEFAULT_DOMAIN
from k8slab.docker.remotes import Auth
from k8slab.docker.transfer import Resolved, Transfers
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock


@dataclass
class Builder:
    """Builds images into *store*. Base images come from there or by *transfers*; *runner* runs the commands.

    BuildKit keeps the base images it pulled to itself (*pulled*): ``docker images`` does not show them.
    """

    store: ImageStore
    transfers: Transfers
    runner: Runner
    clock: Clock
    chance: Chance
    download: Fetch = field(init=False)
    cache: BuildCache = field(init=False)
    pulled: ImageStore = field(init=False)

    def __post_init__(self) -> None:
        self.cache = BuildCache(self.clock)
        registries = self.transfers.registries
        self.download = downloader(registries.network, registries.resolve)
        self.pulled = ImageStore(self.clock)

    @property
    def platform(self) -> Platform:
        """What images are built for by default: the daemon's own platform."""
        return self.transfers.platform

    def classic(
        self, context: bytes | Context, options: BuildOptions, emit: Emit, auths: dict[str, Auth] | None = None
    ) -> Generator[Event, Any, Image]:
        """Build as the old builder does, telling it as ``{"stream": ...}``. Takes virtual time. Raises DockerError."""
        return ClassicBuild(self, context, options, emit, auths or {}).run()

    def buildkit(
        self, context: bytes | Context, options: BuildOptions, emit: Emit, auths: dict[str, Auth] | None = None
    ) -> Generator[Event, Any, Image]:
        """Build as BuildKit does, telling it as records (`records.py`). Takes virtual time. Raises DockerError."""
        return BuildKitBuild(self, context, options, emit, auths or {}).run()

    def base_image(
        self,
        name: str,
        platform: Platform,
        *,
        pull: bool,
        auths: dict[str, Auth],
        emit: Emit = ignore,
    ) -> Generator[Event, Any, Image]:
        """Return the image *name* for *platform*, pulled if it is not here or if *pull*. Raises DockerError."""
        found = None if pull else self.store.find_or_none(name)
        if found is not None and fits(found, platform):
            return found
        parsed = reference.parse(name).with_default_tag()
        return (yield from self.transfers.pull(parsed, emit, auth=_auth(auths, parsed.domain), platform=platform))

    def resolve(
        self, name: str, platform: Platform, *, pull: bool, auths: dict[str, Auth]
    ) -> Generator[Event, Any, Image | Resolved]:
        """Return the image *name* if it is here (in the list, or pulled by an earlier build), else what a registry says of it."""
        if not pull:
            for store in (self.store, self.pulled):
                found = store.find_or_none(name)
                if found is not None and fits(found, platform):
                    return found
        parsed = reference.parse(name).with_default_tag()
        return (yield from self.transfers.resolve(parsed, auth=_auth(auths, parsed.domain), platform=platform))

    def fetch(self, resolved: Resolved, emit: Emit) -> Generator[Event, Any, Image]:
        """Get what was resolved, for builds only. Takes virtual time. Raises DockerError."""
        return (yield from replace(self.transfers, store=self.pulled).fetch(resolved, emit))

    def finish(self, image: Image, options: BuildOptions) -> list[str]:
        """Give the built *image* its names; return them in full."""
        names = []
        for name in options.names():
            self.store.tag_image(image, name)
            names.append(str(name))
        self.store.notify("build", image.id, self.store.attributes(image))
        return names


def _auth(auths: dict[str, Auth], domain: str) -> Auth:
    return (
        auths.get(domain) or (auths.get("https://index.docker.io/v1/") if domain == DEFAULT_DOMAIN else None) or Auth()
    )


def fits(image: Image, platform: Platform) -> bool:
    return platform.fits(Platform(image.config.os, image.config.architecture, image.config.variant))
