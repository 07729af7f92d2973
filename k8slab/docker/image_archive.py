"""``docker save`` and ``docker load``: images with their layers, history and names in one tar, without a registry.

Models image/tarexport of moby 25 and later: an OCI layout (``index.json``, ``blobs/``) that also has the ``manifest.json`` of older
archives, which is what load reads first. Left out: the v1 format (``repositories`` with a directory a layer).
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Sequence
from typing import Any

from k8slab.docker import content, manifests, reference
from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.docker.image_config import ImageConfig
from k8slab.docker.image_store import Image, ImageStore
from k8slab.docker.layers import Layer
from k8slab.docker.progress import Emit, moving
from k8slab.docker.reference import Reference, ReferenceError
from k8slab.machine.fs.archive import LIMITS, ArchiveError, Limits, decompressed, members, write_archive
from k8slab.machine.fs.inode import Directory, File, Inode, Symlink

BLOBS = "blobs/sha256"


def save(store: ImageStore, names: Sequence[str]) -> bytes:
    """Return the tar of the images *names* (names or ids). Raises DockerError."""
    chosen: dict[str, tuple[Image, list[Reference]]] = {}
    for text in names:
        if not text:
            raise invalid_parameter("image names can not be blank")
        image = store.find(text)
        _, tags = chosen.setdefault(image.id, (image, []))
        tags += [tag for tag in _tags_for(store, image, text) if tag not in tags]
        store.notify("save", image.id, store.attributes(image))
    files: dict[str, Inode] = {}
    entries, index = [], []
    for image, tags in chosen.values():
        paths = [_add_blob(files, layer.tar()) for layer in image.layers]
        config = _add_blob(files, image.raw)
        entries.append(
            {
                "Config": config,
                "RepoTags": [tag.familiar for tag in tags] or None,
                "Layers": paths,
                "LayerSources": {
                    layer.diff_id: {"mediaType": manifests.OCI_LAYER, "size": len(layer.tar()), "digest": layer.diff_id}
                    for layer in image.layers
                },
            }
        )
        document = manifests.manifest_document(
            image.raw, [(layer.diff_id, len(layer.tar())) for layer in image.layers], oci=True
        )
        _add_blob(files, document)
        index += [_index_entry(document, tag) for tag in tags] or [_index_entry(document, None)]
    repositories: dict[str, dict[str, str]] = {}
    for image, tags in chosen.values():
        for tag in tags:
            top = image.layers[-1].diff_id.removeprefix("sha256:") if image.layers else image.id.removeprefix("sha256:")
            repositories.setdefault(tag.familiar_name, {})[tag.tag] = top
    files["index.json"] = File(
        content.encode({"schemaVersion": 2, "mediaType": manifests.OCI_INDEX, "manifests": index})
    )
    files["manifest.json"] = File(content.encode(entries))
    files["oci-layout"] = File(content.encode({"imageLayoutVersion": "1.0.0"}))
    if repositories:
        files["repositories"] = File(content.encode(repositories))
    directories: dict[str, Inode] = {"blobs": Directory(0o755), BLOBS: Directory(0o755)}
    return write_archive(sorted({**directories, **files}.items()))


def _tags_for(store: ImageStore, image: Image, text: str) -> list[Reference]:
    try:
        name = reference.parse(text)
    except ReferenceError:
        return []
    if not name.tag and store.get(name.with_default_tag()) is None:
        return []  # an id
    if name.is_name_only:
        # a bare name saves every tag of that repository that this image has, which begins with latest
        return [one for one in store.references(image.id) if one.tag and one.name == name.name]
    return [name] if name.tag and not name.digest else []


def _add_blob(files: dict[str, Inode], data: bytes) -> str:
    path = f"{BLOBS}/{content.digest_of(data).removeprefix('sha256:')}"
    files[path] = File(data)
    return path


def _index_entry(document: bytes, tag: Reference | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "mediaType": manifests.OCI_MANIFEST,
        "digest": content.digest_of(document),
        "size": len(document),
    }
    if tag is not None:
        entry["annotations"] = {"io.containerd.image.name": str(tag), "org.opencontainers.image.ref.name": tag.tag}
    return entry


# -- load --------------------------------------------------------------------------------------------------------------


def load(store: ImageStore, data: bytes, emit: Emit, *, quiet: bool = True, limits: Limits = LIMITS) -> list[Image]:
    """Take the images of the archive *data*; tell of each as ``{"stream": ...}``. Raises DockerError."""
    files = _unpacked(data, limits)
    loaded = []
    for config_path, tags, layer_paths in _entries(files):
        image = _load_one(store, files, config_path, layer_paths, emit, quiet)
        loaded.append(image)
        for text in tags:
            _name(store, image, text, emit)
            emit({"stream": f"Loaded image: {text}\n"})
        if not tags:
            emit({"stream": f"Loaded image ID: {image.id}\n"})
        store.notify("load", image.id, store.attributes(image))
    return loaded


def _unpacked(data: bytes, limits: Limits) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    try:
        for member in members(data, limits):
            if ".." in member.name.split("/"):
                raise ArchiveError(f'invalid tar entry "{member.name}": path escapes the archive')
            if isinstance(member.inode, File):
                files[member.name] = member.inode.read_all()
            elif isinstance(member.inode, Symlink):
                links[member.name] = posixpath.normpath(
                    posixpath.join(posixpath.dirname(member.name), member.inode.target)
                )
    except ArchiveError as error:
        raise DockerError(500, f"Error processing tar file(exit status 1): {error}") from None
    for name, target in links.items():
        if target in files:
            files[name] = files[target]
    return files


def _entries(files: dict[str, bytes]) -> list[tuple[str, list[str], list[str]]]:
    """Return ``(config, tags, layers)`` of each image in the archive, as paths in it."""
    if "manifest.json" in files:
        entries = _json(files["manifest.json"], "manifest.json")
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise DockerError(500, "invalid archive: manifest.json is not a list of images")
        return [(str(one.get("Config", "")), _texts(one.get("RepoTags")), _texts(one.get("Layers"))) for one in entries]
    if "index.json" in files:
        return _oci_entries(files)
    raise DockerError(500, "invalid archive: does not contain a manifest.json")


def _oci_entries(files: dict[str, bytes]) -> list[tuple[str, list[str], list[str]]]:
    found = []
    try:
        index = _json(files["index.json"], "index.json")
        for entry in index.get("manifests") or ():
            raw = files.get(_blob_path(str(entry["digest"])), b"")
            manifest = manifests.read_manifest(raw)
            name = (entry.get("annotations") or {}).get("io.containerd.image.name")
            tags = [reference.parse(str(name)).familiar] if name else []
            layers = [_blob_path(layer.digest) for layer in manifest.layers]
            found.append((_blob_path(manifest.config.digest), tags, layers))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DockerError(500, f"invalid archive: {error}") from None
    return found


def _blob_path(digest: str) -> str:
    return f"{BLOBS}/{digest.removeprefix('sha256:')}"


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise DockerError(500, f"invalid archive: {name} is not JSON") from None


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _load_one(
    store: ImageStore, files: dict[str, bytes], config_path: str, paths: list[str], emit: Emit, quiet: bool
) -> Image:
    raw = files.get(posixpath.normpath(config_path))
    if raw is None:
        raise DockerError(500, f"open {config_path}: no such file or directory")
    try:
        config = ImageConfig.decode(raw)
    except (ValueError, RecursionError) as error:
        raise DockerError(500, str(error)) from None
    if len(paths) != len(config.diff_ids):
        raise DockerError(
            500, f"invalid manifest, layers length mismatch: expected {len(paths)}, got {len(config.diff_ids)}"
        )
    known = {layer.diff_id: layer for image in store.images.values() for layer in image.layers}
    layers = []
    for path, diff_id in zip(paths, config.diff_ids):
        if diff_id in known:
            layers.append(known[diff_id])
            continue
        tar = files.get(posixpath.normpath(path))
        if tar is None:
            raise DockerError(500, f"open {path}: no such file or directory")
        layer = _layer(tar)
        if layer.diff_id != diff_id:
            raise DockerError(
                500, f'invalid diffID for layer {len(layers)}: expected "{diff_id}", got "{layer.diff_id}"'
            )
        layers.append(layer)
        if not quiet:
            id = content.short(diff_id)
            emit(moving("Loading layer", id, layer.size, layer.size))
    return store.add(config, layers, raw=raw)


def _layer(data: bytes) -> Layer:
    try:
        plain = decompressed(data).read(LIMITS.bytes + 1)
        if len(plain) > LIMITS.bytes:
            raise ArchiveError("archive is too large when unpacked")
        return Layer.of_tar(plain)
    except (ArchiveError, OSError, EOFError) as error:
        raise DockerError(500, f"Error processing tar file(exit status 1): {error}") from None


def _name(store: ImageStore, image: Image, text: str, emit: Emit) -> None:
    try:
        name = reference.parse(text)
        if not name.tag:
            raise ReferenceError(f'invalid tag "{text}"')
    except ReferenceError as error:
        raise invalid_parameter(str(error)) from None
    old = store.get(name)
    if old is not None and old is not image:
        emit(
            {
                "stream": f"The image {name.familiar} already exists, "
                f"renaming the old one with ID {old.id} to empty string\n"
            }
        )
    store.tag_image(image, name)
