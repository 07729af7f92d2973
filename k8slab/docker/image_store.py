"""The images of one daemon: ids, the names that point to them, and who is built on whom.

Models moby's image.Store and reference.Store over the overlay2 graph driver (the containerd image store is left out). An
image is a config JSON and a stack of layers; a tag is only a name for it, so one image can have many and an image that lost
its last one is *dangling*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from k8slab.docker import reference, timestamps
from k8slab.docker.content import digest_of
from k8slab.docker.errors import DockerError, invalid_parameter, no_such_image
from k8slab.docker.image_config import ImageConfig
from k8slab.docker.layers import Layer, chain_ids, lowers
from k8slab.docker.reference import Reference, ReferenceError
from k8slab.machine.fs.inode import Directory
from k8slab.sim.clock import Clock

#: Tells the world about an image: action ("pull", "tag", "untag", "delete", ...), id, attributes.
Notify = Callable[[str, str, dict[str, str]], None]


class ImageUse(NamedTuple):
    """A container and the image that it was made from."""

    container_id: str
    image_id: str
    running: bool


@dataclass(slots=True, eq=False)
class Image:
    """One image. *layers* are bottom first; *parent* is set only for what this daemon built or committed itself."""

    id: str
    config: ImageConfig
    layers: tuple[Layer, ...]
    raw: bytes
    parent: str = ""
    last_tag_time: str = timestamps.ZERO
    chain_ids: list[str] = field(default_factory=list)

    @property
    def lowers(self) -> tuple[Directory, ...]:
        """The trees for an overlay, top first."""
        return lowers(self.layers)

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def created_unix(self) -> int:
        """When it was made, in Unix seconds."""
        return int(timestamps.to_unix(self.config.created)) if self.config.created != timestamps.ZERO else 0

    @property
    def short_id(self) -> str:
        """The twelve digits that people see."""
        return self.id.removeprefix("sha256:")[:12]


def _silent(action: str, id: str, attributes: dict[str, str]) -> None:
    """Tell nobody."""


class ImageStore:
    """All images of a daemon. *uses* says which containers there are; *notify* is told what happens to images."""

    def __init__(self, clock: Clock, notify: Notify = _silent) -> None:
        self.clock = clock
        self.notify = notify
        self.uses: Callable[[], Iterable[ImageUse]] = lambda: ()
        self.images: dict[str, Image] = {}
        self._names: dict[Reference, str] = {}
        self._by_image: dict[str, list[Reference]] = {}
        self._children: dict[str, list[str]] = {}

    # -- keeping -------------------------------------------------------------------------------------------------------

    def add(self, config: ImageConfig, layers: Sequence[Layer], *, parent: str = "", raw: bytes | None = None) -> Image:
        """Keep an image; one with the same config is the same image. *raw* is its JSON as it came from elsewhere.

        Raises DockerError if the config speaks of other layers than there are.
        """
        if config.diff_ids != [layer.diff_id for layer in layers]:
            raise DockerError(500, "layers from manifest don't match image configuration")
        data = config.encode() if raw is None else raw
        id = digest_of(data)
        known = self.images.get(id)
        if known is not None:
            return known
        image = Image(id, config, tuple(layers), data, parent, chain_ids=chain_ids(config.diff_ids))
        self.images[id] = image
        if parent:
            self._children.setdefault(parent, []).append(id)
        return image

    def drop(self, image: Image) -> list[str]:
        """Forget *image*; return the chain ids of the layers that nobody needs any more, the topmost first."""
        del self.images[image.id]
        if image.parent:
            self._children[image.parent].remove(image.id)
        needed = {chain for other in self.images.values() for chain in other.chain_ids}
        return [chain for chain in reversed(image.chain_ids) if chain not in needed]

    def children(self, id: str) -> list[str]:
        """Return the ids of the images built on *id* here."""
        return list(self._children.get(id, ()))

    # -- names ---------------------------------------------------------------------------------------------------------

    def references(self, id: str) -> list[Reference]:
        """Return the names of the image *id*, tags and digests, sorted."""
        return sorted(self._by_image.get(id, ()), key=str)

    def tags(self, id: str) -> list[str]:
        """Return its tags as people write them (``RepoTags``)."""
        return [one.familiar for one in self.references(id) if one.tag]

    def digests(self, id: str) -> list[str]:
        """Return its repository digests (``RepoDigests``)."""
        return [one.familiar for one in self.references(id) if one.digest]

    def get(self, name: Reference) -> Image | None:
        """Return the image that *name* points to."""
        id = self._names.get(name)
        return self.images.get(id) if id is not None else None

    def name(self, name: Reference, id: str) -> str | None:
        """Let *name* (with a tag or a digest) point to *id*; return where it pointed before."""
        old = self._names.get(name)
        if old is not None:
            self._by_image[old].remove(name)
        self._names[name] = id
        self._by_image.setdefault(id, []).append(name)
        return old

    def unname(self, name: Reference) -> None:
        """Take *name* away from its image, if it has one."""
        id = self._names.pop(name, None)
        if id is not None:
            self._by_image[id].remove(name)

    def all_names(self) -> list[Reference]:
        """Return every name there is, sorted."""
        return sorted(self._names, key=str)

    def tag(self, source: str, repository: str, tag: str = "") -> Reference:
        """``docker tag``: give the image *source* the name *repository*:*tag*; return the name. Raises DockerError."""
        image = self.find(source)
        try:
            parsed = reference.parse(repository)
            if parsed.digest:
                raise ReferenceError("refusing to create a tag with a digest reference")
            target = parsed.with_tag(tag) if tag else parsed.with_default_tag()
        except ReferenceError as error:
            raise invalid_parameter(str(error)) from None
        if target.familiar_name == "scratch":
            raise invalid_parameter("'scratch' is a reserved name")
        self.tag_image(image, target)
        return target

    def tag_image(self, image: Image, name: Reference) -> None:
        """Let *name* point to *image*, and say so."""
        self.name(name, image.id)
        image.last_tag_time = timestamps.now(self.clock)
        self.notify("tag", image.id, self.attributes(image, name.familiar))

    def attributes(self, image: Image, name: str = "") -> dict[str, str]:
        """Return what an event about *image* carries: its labels and a name."""
        labels = dict(image.config.config.labels or {})
        return {**labels, "name": name or (self.tags(image.id) or [image.id])[0]}

    # -- looking up ----------------------------------------------------------------------------------------------------

    def find(self, text: str) -> Image:
        """Return the image that *text* means: a name, a name with tag or digest, an id or its beginning.

        Raises DockerError: 404 ``No such image: nope:latest``, 400 ``invalid reference format``.
        """
        image = self.find_or_none(text)
        if image is not None:
            return image
        raise no_such_image(self._familiar(text))

    def find_or_none(self, text: str) -> Image | None:
        """Return the image that *text* means, or None. Raises DockerError if it cannot mean one."""
        if text in self.images:
            return self.images[text]
        try:
            name = reference.parse(text)
        except ReferenceError as error:
            if reference.is_image_id(text):
                return self._by_prefix(text)
            raise invalid_parameter(str(error)) from None
        if name.digest:
            found = self.get(Reference(name.domain, name.path, "", name.digest))
            if found is not None:
                return found
            return (
                self.images.get(name.digest) if any(n.name == name.name for n in self.references(name.digest)) else None
            )
        return self.get(name.with_default_tag()) or (self._by_prefix(text) if reference.is_image_id(text) else None)

    def _by_prefix(self, text: str) -> Image | None:
        digits = "sha256:" + text.removeprefix("sha256:")
        found = [image for id, image in self.images.items() if id.startswith(digits)]
        return found[0] if len(found) == 1 else None

    @staticmethod
    def _familiar(text: str) -> str:
        if text.startswith("sha256:"):
            return text
        try:
            return reference.parse(text).with_default_tag().familiar
        except ReferenceError:
            return f"sha256:{text}" if len(text) == 64 else text

    # -- sums ----------------------------------------------------------------------------------------------------------

    def heads(self) -> list[Image]:
        """Return the images that no other is built on."""
        return [image for image in self.images.values() if not self._children.get(image.id)]

    def heads_and_named(self) -> list[Image]:
        """Return the images that a list shows without ``--all``: no child, or a name."""
        return [one for one in self.images.values() if self._by_image.get(one.id) or not self._children.get(one.id)]

    def layers_size(self) -> int:
        """Return the bytes of all layers, each counted once (``docker system df``)."""
        sizes: dict[str, int] = {}
        for image in self.images.values():
            sizes.update(zip(image.chain_ids, (layer.size for layer in image.layers)))
        return sum(sizes.values())

    def shared_size(self, image: Image) -> int:
        """Return the bytes of *image*'s layers that other images use too."""
        others = {chain for other in self.images.values() if other is not image for chain in other.chain_ids}
        return sum(layer.size for chain, layer in zip(image.chain_ids, image.layers) if chain in others)

    def layer(self, chain_id: str) -> Layer | None:
        """Return the layer that lies on top of the stack *chain_id*, if an image here has it."""
        for image in self.images.values():
            if chain_id in image.chain_ids:
                return image.layers[image.chain_ids.index(chain_id)]
        return None
