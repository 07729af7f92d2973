"""``docker import``, ``docker export`` and ``docker commit``: file systems to images and back.

Models daemon/images/image_import.go, daemon/export.go, daemon/commit.go. Export and import know only files: layers, history, CMD
and environment are lost on the way (save and load keep them). A commit takes what a container's writable layer has, and nothing
of its volumes.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterable, Iterator, Sequence

from k8slab.docker import reference, timestamps
from k8slab.docker.builder.changes import apply_changes
from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.docker.image_config import History, ImageConfig, RunConfig
from k8slab.docker.image_store import Image, ImageStore
from k8slab.docker.layers import Layer, freeze
from k8slab.docker.manifests import Platform
from k8slab.docker.reference import Reference, ReferenceError
from k8slab.machine.fs.archive import LIMITS, ArchiveError, Limits, decompressed, write_archive
from k8slab.machine.fs.changes import merged_tree
from k8slab.machine.fs.inode import Directory, Inode, Socket, seal


def target_name(repository: str, tag: str = "") -> Reference | None:
    """Return the name that *repository* and *tag* make, None without a repository. Raises DockerError 400."""
    if not repository:
        return None
    try:
        name = reference.parse(repository)
        if name.digest:
            raise ReferenceError("cannot import digest reference")
        if tag:
            name = name.with_tag(tag)
    except ReferenceError as error:
        raise invalid_parameter(str(error)) from None
    return name.with_default_tag()


def import_image(
    store: ImageStore,
    data: bytes,
    *,
    repository: str = "",
    tag: str = "",
    changes: Sequence[str] = (),
    message: str = "",
    platform: Platform = Platform(),
    limits: Limits = LIMITS,
) -> Image:
    """Make an image of one layer from the tar *data* (plain or compressed). Raises DockerError."""
    name = target_name(repository, tag)
    config = apply_changes(RunConfig(), changes)
    try:
        plain = decompressed(data).read(limits.bytes + 1)
        if len(plain) > limits.bytes:
            raise ArchiveError("archive is too large when unpacked")
        layer = Layer.of_tar(plain, limits)
    except (ArchiveError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DockerError(500, f"Error processing tar file(exit status 1): {error}") from None
    created = timestamps.now(store.clock)
    comment = message or "Imported from -"
    image = store.add(
        ImageConfig(
            architecture=platform.architecture,
            os=platform.os,
            variant=platform.variant,
            created=created,
            comment=comment,
            docker_version="28.2.2",
            config=config,
            diff_ids=[layer.diff_id],
            history=[History(created, "", comment=comment)],
        ),
        [layer],
    )
    if name is not None:
        store.tag_image(image, name)
    store.notify("import", image.id, store.attributes(image))
    return image


def export_tree(root: Directory) -> bytes:
    """Return a container's whole file system *root*, as it is seen, as one tar (``docker export``)."""

    def entries() -> Iterator[tuple[str, Inode]]:
        for path, node in merged_tree(root):
            if not isinstance(node, Socket):
                yield path[1:], node

    return write_archive(entries())


def commit(
    store: ImageStore,
    upper: Directory,
    base: Image | None,
    config: RunConfig,
    *,
    repository: str = "",
    tag: str = "",
    author: str = "",
    message: str = "",
    changes: Iterable[str] = (),
    container_config: RunConfig | None = None,
    freshly_sealed: bool = False,
) -> Image:
    """Make an image of *base* plus the layer *upper* with *config*; return it. Raises DockerError.

    *upper* stays the container's own: what the image keeps is a copy. *container_config* is the container's own configuration,
    whose command the history shows.
    """
    name = target_name(repository, tag)
    run = apply_changes(config, changes)
    if base is not None:
        run = _merged(run, base.config.config)
    layer = Layer.of_tree(seal(upper if freshly_sealed else freeze(upper)))
    created = timestamps.now(store.clock)
    shown = container_config or config
    history = History(created, " ".join(shown.cmd or ()), author, message)
    image = store.add(
        ImageConfig(
            architecture=base.config.architecture if base is not None else "amd64",
            variant=base.config.variant if base is not None else "",
            created=created,
            author=author,
            comment=message,
            docker_version="28.2.2",
            config=run,
            container_config=container_config,
            diff_ids=[*(base.config.diff_ids if base is not None else ()), layer.diff_id],
            history=[*(base.config.history if base is not None else ()), history],
        ),
        [*(base.layers if base is not None else ()), layer],
        parent=base.id if base is not None else "",
    )
    if name is not None:
        store.tag_image(image, name)
    return image


def _merged(config: RunConfig, base: RunConfig) -> RunConfig:
    """Fill what *config* does not say with what the image said (daemon/commit.go: merge)."""
    found = config.copy()
    found.user = found.user or base.user
    found.working_dir = found.working_dir or base.working_dir
    if base.exposed_ports:
        found.exposed_ports = {**base.exposed_ports, **(found.exposed_ports or {})}
    if base.volumes:
        found.volumes = {**base.volumes, **(found.volumes or {})}
    if base.labels:
        found.labels = {**base.labels, **(found.labels or {})}
    names = found.env_map()
    found.env = [
        *(found.env or ()),
        *(one for one in base.env or () if one.partition("=")[0] not in names),
    ] or found.env
    if not found.entrypoint:
        if not found.cmd:
            found.cmd = base.cmd
        found.entrypoint = base.entrypoint
    found.healthcheck = found.healthcheck or base.healthcheck
    found.stop_signal = found.stop_signal or base.stop_signal
    found.shell = found.shell or base.shell
    return found
