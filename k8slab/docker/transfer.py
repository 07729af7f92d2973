"""``docker pull`` and ``docker push``: layers between a daemon and a registry, told message by message in virtual time.

Models distribution/{pull_v2,push_v2}.go and xfer: up to three downloads and five uploads at a time, unpacking strictly from the
bottom up, nothing fetched twice. Messages are the daemon's JSON objects; the caller writes them out. An error before the first
message is the answer's status; after it, the caller ends the stream with it.
Left out: resumed downloads, two pulls sharing one download, content trust.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from simpy.events import Event

from k8slab.docker import content, timestamps
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import ImageConfig
from k8slab.docker.image_store import Image, ImageStore
from k8slab.docker.layers import Layer
from k8slab.docker.manifests import (
    INDEXES,
    Descriptor,
    Manifest,
    Platform,
    choose,
    manifest_document,
    media_type_of,
    read_index,
    read_manifest,
)
from k8slab.docker.progress import Emit, ignore, moving, status, step
from k8slab.docker.reference import DEFAULT_DOMAIN, Reference
from k8slab.docker.registries import Endpoint, Registries
from k8slab.docker.remotes import Auth, RegistryError, Remote, pull_error
from k8slab.sim.clock import Clock

T = TypeVar("T")

MOST_DOWNLOADS = 3  # max-concurrent-downloads
MOST_UPLOADS = 5  # max-concurrent-uploads
DOWNLOAD_BYTES_PER_SECOND = 12_000_000  # of each connection
UPLOAD_BYTES_PER_SECOND = 6_000_000
UNPACK_BYTES_PER_SECOND = 120_000_000
#: How many messages about one layer's bytes; a real daemon sends one every 100 ms.
MOST_STEPS = 8


@dataclass(frozen=True)
class Resolved:
    """An image that is known but not here: its *manifest*, the *digest* its name stands for, its *config*."""

    name: Reference
    remote: Remote
    manifest: Manifest
    digest: str
    config: bytes


@dataclass
class Transfers:
    """Pulls and pushes of one daemon."""

    store: ImageStore
    registries: Registries
    clock: Clock
    platform: Platform = field(default_factory=Platform)
    #: Where each layer has been seen: a registry that has it already can take it from there ("Mounted from").
    origins: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    # -- pulling -------------------------------------------------------------------------------------------------------

    def pull(
        self,
        name: Reference,
        emit: Emit,
        *,
        auth: Auth = Auth(),
        platform: Platform | None = None,
        all_tags: bool = False,
    ) -> Generator[Event, Any, Image]:
        """Pull *name* and return the image. Takes virtual time. Raises DockerError."""
        wanted = name if all_tags else name.with_default_tag()

        def from_one(endpoint: Endpoint) -> Generator[Event, Any, Image]:
            if all_tags:
                return (yield from self._pull_all(endpoint, wanted, emit, platform))
            return (yield from self._pull(endpoint, wanted, emit, platform))

        return (yield from self._from_any(wanted, auth, from_one))

    def resolve(
        self, name: Reference, *, auth: Auth = Auth(), platform: Platform | None = None
    ) -> Generator[Event, Any, Resolved]:
        """Return what *name* is, without its layers: what a builder does first. Takes virtual time. Raises DockerError."""
        wanted = name.with_default_tag()

        def from_one(endpoint: Endpoint) -> Generator[Event, Any, Resolved]:
            raw, _ = yield from endpoint.remote.manifest(wanted.path, wanted.digest or wanted.tag)
            manifest = yield from self._manifest(endpoint.remote, wanted, raw, platform or self.platform)
            config = yield from endpoint.remote.config(wanted.path, manifest.config.digest)
            return Resolved(wanted, endpoint.remote, manifest, content.digest_of(raw), config)

        return (yield from self._from_any(wanted, auth, from_one))

    def fetch(self, resolved: Resolved, emit: Emit) -> Generator[Event, Any, Image]:
        """Get the layers of what was resolved; return the image. Takes virtual time. Raises DockerError."""
        image = self.store.images.get(resolved.manifest.config.digest)
        if image is None:
            try:
                image = yield from self._fetch(resolved.remote, resolved.name, resolved.manifest, resolved.config, emit)
            except RegistryError as error:
                raise pull_error(error, resolved.name) from None
        return self._finish(resolved.name, image, resolved.digest, ignore)

    def _from_any(
        self, name: Reference, auth: Auth, work: Callable[[Endpoint], Generator[Event, Any, T]]
    ) -> Generator[Event, Any, T]:
        """Do *work* with the first endpoint that can; mirrors may fail without harm. Raises DockerError."""
        failure: DockerError | None = None
        for endpoint in self.registries.endpoints(name, auth):
            try:
                return (yield from work(endpoint))
            except RegistryError as error:
                failure = pull_error(error, name)
            except DockerError as error:
                failure = error
            if not endpoint.is_mirror:
                self.registries.log("error", f"Not continuing with pull after error: {failure.message}")
                break
            self.registries.log("warning", f"Error getting v2 registry: {failure.message}")
            self.registries.log("info", f"Attempting next endpoint for pull after error: {failure.message}")
        assert failure is not None
        raise failure

    def _pull_all(
        self, endpoint: Endpoint, name: Reference, emit: Emit, platform: Platform | None
    ) -> Generator[Event, Any, Image]:
        image = None
        for tag in (yield from endpoint.remote.tags(name.path)):
            image = yield from self._pull(endpoint, name.with_tag(tag), emit, platform)
        if image is None:
            raise DockerError(404, f"repository {name.familiar_name} not found: no tags")
        return image

    def _pull(
        self, endpoint: Endpoint, name: Reference, emit: Emit, platform: Platform | None
    ) -> Generator[Event, Any, Image]:
        remote = endpoint.remote
        wanted = name.digest or name.tag
        raw, _ = yield from remote.manifest(name.path, wanted)
        digest = content.digest_of(raw)
        if name.digest and digest != name.digest:
            raise DockerError(500, f"manifest verification failed for digest {name.digest}")
        emit(status(f"Pulling from {name.path}", wanted))
        manifest = yield from self._manifest(remote, name, raw, platform or self.platform)
        image = self.store.images.get(manifest.config.digest)
        if image is None:
            config_raw = yield from remote.config(name.path, manifest.config.digest)
            image = yield from self._fetch(remote, name, manifest, config_raw, emit)
        return self._finish(name, image, digest, emit)

    def _manifest(
        self, remote: Remote, name: Reference, raw: bytes, platform: Platform
    ) -> Generator[Event, Any, Manifest]:
        try:
            media = media_type_of(raw)
            if media in INDEXES:
                entry = choose(read_index(raw), platform)
                if entry is None:
                    raise DockerError(
                        404,
                        f"no matching manifest for {platform.shown()} in the manifest list entries: "
                        "no match for platform in manifest: not found",
                    )
                raw, _ = yield from remote.manifest(name.path, entry.digest)
                if content.digest_of(raw) != entry.digest:
                    raise DockerError(500, f"manifest verification failed for digest {entry.digest}")
            return read_manifest(raw)
        except ValueError as error:
            raise DockerError(500, f"invalid manifest: {error}") from None

    def _finish(self, name: Reference, image: Image, digest: str, emit: Emit) -> Image:
        emit(status(f"Digest: {digest}"))
        pinned = name.with_digest(digest)
        before = self.store.get(name if name.tag else pinned)
        self.store.name(pinned, image.id)
        if name.tag and not name.digest:
            self.store.name(name, image.id)
            if before is not image:
                image.last_tag_time = timestamps.now(self.clock)
        news = "Image is up to date" if before is image else "Downloaded newer image"
        emit(status(f"Status: {news} for {name.familiar}"))
        labels = dict(image.config.config.labels or {})
        self.store.notify("pull", name.familiar, {**labels, "name": name.familiar_name})
        return image

    def _fetch(
        self, remote: Remote, name: Reference, manifest: Manifest, config_raw: bytes, emit: Emit
    ) -> Generator[Event, Any, Image]:
        try:
            config = ImageConfig.decode(config_raw)
        except ValueError as error:
            raise DockerError(500, f"invalid image config: {error}") from None
        if len(config.diff_ids) != len(manifest.layers):
            raise DockerError(500, "layers from manifest don't match image configuration")
        known = self._known_layers()
        layers: list[Layer] = []
        fetched: list[tuple[Descriptor, Layer]] = []
        for descriptor, diff_id in zip(manifest.layers, config.diff_ids):
            id = content.short(descriptor.digest)
            if diff_id in known:
                emit(step("Already exists", id))
                layers.append(known[diff_id])
                continue
            emit(step("Pulling fs layer", id))
            layer = yield from remote.layer(name.path, descriptor.digest)
            layers.append(layer)
            fetched.append((descriptor, layer))
        before = self.clock.now
        for moment, message in _pull_story(fetched):
            if before + moment > self.clock.now:
                yield self.clock.timeout(before + moment - self.clock.now)
            emit(message)
        for layer in layers:
            self._seen(layer, name)
        return self.store.add(config, layers, raw=config_raw)

    def _known_layers(self) -> dict[str, Layer]:
        return {layer.diff_id: layer for image in self.store.images.values() for layer in image.layers}

    def _seen(self, layer: Layer, name: Reference) -> None:
        places = self.origins.setdefault(layer.diff_id, [])
        if (name.domain, name.path) not in places:
            places.append((name.domain, name.path))

    # -- pushing -------------------------------------------------------------------------------------------------------

    def push(
        self, name: Reference, emit: Emit, *, auth: Auth = Auth(), all_tags: bool = False
    ) -> Generator[Event, Any, str]:
        """Push *name* and return the digest. Takes virtual time. Raises DockerError."""
        emit(status(f"The push refers to repository [{name.name}]"))
        tags = [one for one in self.store.all_names() if one.name == name.name and one.tag]
        if not tags:
            raise DockerError(404, f"An image does not exist locally with the tag: {name.familiar_name}")
        if not all_tags:
            wanted = name.with_default_tag()
            if wanted not in tags:
                raise DockerError(404, f"tag does not exist: {wanted.familiar}")
            tags = [wanted]
        endpoint = self.registries.endpoint(name.domain, auth)
        digest = ""
        for tag in tags:
            image = self.store.get(tag)
            assert image is not None
            try:
                digest = yield from self._push(endpoint.remote, tag, image, emit)
            except RegistryError as error:
                raise DockerError(_push_status(error), str(error)) from None
        return digest

    def _push(self, remote: Remote, name: Reference, image: Image, emit: Emit) -> Generator[Event, Any, str]:
        layers = list(reversed(image.layers))
        ids = [content.short(layer.diff_id) for layer in layers]
        for id in ids:
            emit(step("Preparing", id))
        yield from remote.check_push(name.path)
        for id in ids[MOST_UPLOADS:]:
            emit(step("Waiting", id))
        for layer, id in zip(layers, ids):
            origin = self._mountable(layer, name)
            if (yield from remote.has_blob(name.path, layer.diff_id)):
                emit(step("Layer already exists", id))
            elif origin and (yield from remote.mount(name.path, layer, origin)):
                emit(step(f"Mounted from {origin}", id))
            else:
                yield from self._send(remote, name, layer, id, emit)
            self._seen(layer, name)
        yield from remote.put_config(name.path, image.raw)
        manifest = manifest_document(image.raw, [(layer.diff_id, layer.transfer_bytes) for layer in image.layers])
        digest = yield from remote.put_manifest(name.path, name.tag, manifest)
        self.store.name(name.with_digest(digest), image.id)
        emit(status(f"{name.tag}: digest: {digest} size: {len(manifest)}"))
        emit({"progressDetail": {}, "aux": {"Tag": name.tag, "Digest": digest, "Size": len(manifest)}})
        self.store.notify("push", name.familiar, {"name": name.familiar_name})
        return digest

    def _mountable(self, layer: Layer, name: Reference) -> str:
        """Return the repository of the same registry that *layer* can be taken from, if it is not the target itself."""
        places = self.origins.get(layer.diff_id, [])
        if (name.domain, name.path) in places:
            return ""
        return next((path for domain, path in places if domain == name.domain), "")

    def _send(self, remote: Remote, name: Reference, layer: Layer, id: str, emit: Emit) -> Generator[Event, Any, None]:
        total = layer.size
        for current in _steps(total):
            yield self.clock.timeout(total / UPLOAD_BYTES_PER_SECOND / len(_steps(total)))
            emit(moving("Pushing", id, current, total))
        yield from remote.put_layer(name.path, layer)
        emit(step("Pushed", id))

    # -- login ---------------------------------------------------------------------------------------------------------

    def login(self, auth: Auth) -> Generator[Event, Any, dict[str, str]]:
        """Check name and password with their registry; return the API's answer. Raises DockerError 401, 500."""
        server = auth.server.removeprefix("https://").removeprefix("http://").partition("/")[0]
        domain = DEFAULT_DOMAIN if server in ("", "index.docker.io", "registry-1.docker.io", DEFAULT_DOMAIN) else server
        endpoint = self.registries.endpoint(domain, auth)
        yield self.clock.timeout(0.2)
        try:
            if domain in self.registries.hub.domains:
                self.registries.hub.login(auth)
            else:
                yield from endpoint.remote.check_push("")
        except RegistryError as error:
            raise DockerError(401, f'Get "{endpoint.url}": {error}') from None
        return {"Status": "Login Succeeded", "IdentityToken": ""}


def _push_status(error: RegistryError) -> int:
    return error.status if error.status in (401, 403, 404, 429) else 500


def _steps(total: int) -> list[int]:
    """Return the byte counts to tell of, the last one *total*."""
    count = max(1, min(MOST_STEPS, total // 500_000))
    return [total * number // count for number in range(1, count + 1)]


def _pull_story(fetched: list[tuple[Descriptor, Layer]]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield ``(seconds, message)`` of downloading and unpacking the layers, in the order of time.

    Example: of five layers three download at once; the fourth says Waiting until one of them is complete. Unpacking of a layer
    begins when it is complete and everything under it is unpacked.
    """
    story: list[tuple[float, int, dict[str, Any]]] = []
    free = [0.0] * MOST_DOWNLOADS
    unpacked = 0.0
    for number, (descriptor, _) in enumerate(fetched):
        id = content.short(descriptor.digest)
        if number >= MOST_DOWNLOADS:
            story.append((0.0, number, step("Waiting", id)))
    for number, (descriptor, layer) in enumerate(fetched):
        id = content.short(descriptor.digest)
        slot = free.index(min(free))
        begun, total = free[slot], descriptor.size
        seconds = 0.05 + total / DOWNLOAD_BYTES_PER_SECOND
        for current in _steps(total):
            story.append(
                (begun + seconds * (current / total if total else 1), number, moving("Downloading", id, current, total))
            )
        complete = begun + seconds
        story.append((complete, number, step("Verifying Checksum", id)))
        story.append((complete, number, step("Download complete", id)))
        free[slot] = complete
        started = max(complete, unpacked)
        unpacking = 0.01 + layer.size / UNPACK_BYTES_PER_SECOND
        for current in _steps(total):
            story.append(
                (
                    started + unpacking * (current / total if total else 1),
                    number,
                    moving("Extracting", id, current, total),
                )
            )
        unpacked = started + unpacking
        story.append((unpacked, number, step("Pull complete", id)))
    story.sort(key=lambda entry: entry[0])
    for moment, _, message in story:
        yield moment, message
