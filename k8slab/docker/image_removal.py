"""``docker rmi`` and ``docker image prune``: names go first, images only when nothing needs them.

Models daemon/images/image_delete.go and image_prune.go. *Hard* conflicts (child images, running containers) cannot be forced,
*soft* ones (other names, stopped containers) can.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.docker import reference, timestamps
from k8slab.docker.content import short
from k8slab.docker.durations import Until
from k8slab.docker.errors import DockerError, conflict
from k8slab.docker.image_store import Image, ImageStore
from k8slab.docker.label_filters import labels_match
from k8slab.docker.reference import Reference

Record = dict[str, str]


class Conflict(NamedTuple):
    """Why an image cannot go."""

    hard: bool
    used: bool
    message: str

    def error(self, image: Image) -> DockerError:
        """Return it as the daemon says it."""
        force = "cannot be forced" if self.hard else "must be forced"
        return conflict(f"conflict: unable to delete {image.short_id} ({force}) - {self.message}")


def remove(store: ImageStore, text: str, *, force: bool = False, prune: bool = True) -> list[Record]:
    """Remove the name or image *text*; return what happened as ``{"Untagged"}`` and ``{"Deleted"}``, in order.

    *prune* also deletes parents without a name. Raises DockerError 404 and 409.
    """
    image = store.find(text)
    records: list[Record] = []
    by_name = not _is_id_prefix(image.id, text)
    removed_name = False
    names = store.references(image.id)
    if by_name:
        if not force and _is_single(names):
            for use in store.uses():
                if use.image_id == image.id:
                    raise conflict(
                        f'conflict: unable to remove repository reference "{text}" (must force) - container '
                        f"{short(use.container_id)} is using its referenced image {image.short_id}"
                    )
        name = reference.parse(text).with_default_tag()
        if name.digest:
            name = Reference(name.domain, name.path, "", name.digest)
        _untag(store, image, name, records)
        left = store.references(image.id)
        if not name.digest and not any(one.tag and one.name == name.name for one in left):
            for one in left:
                if one.digest and one.name == name.name:
                    store.unname(one)
                    records.append({"Untagged": one.familiar})
            left = store.references(image.id)
        if left:
            return records
        removed_name = True
    elif _is_single(names):
        found = _conflict(store, image, force=force, names=False)
        if found is not None:
            raise found.error(image)
        for one in names:
            _untag(store, image, one, records)
    _delete(store, image, records, force=force, prune=prune, quiet=removed_name)
    return records


def _is_id_prefix(id: str, text: str) -> bool:
    return id.startswith(text) or id.removeprefix("sha256:").startswith(text)


def _is_single(names: list[Reference]) -> bool:
    """Whether all names are of one repository, with at most one tag."""
    if len(names) <= 1:
        return len(names) == 1
    tagged = [one for one in names if one.tag]
    if len(tagged) > 1:
        return False
    repositories = {one.name for one in names if one.digest}
    first = tagged[0] if tagged else names[0]
    return len(repositories) == 1 and first.name in repositories


def _untag(store: ImageStore, image: Image, name: Reference, records: list[Record]) -> None:
    store.unname(name)
    store.notify("untag", image.id, store.attributes(image, image.id))
    records.append({"Untagged": name.familiar})


def _conflict(store: ImageStore, image: Image, *, force: bool, names: bool = True) -> Conflict | None:
    if store.children(image.id):
        return Conflict(True, False, "image has dependent child images")
    uses = [use for use in store.uses() if use.image_id == image.id]
    for use in uses:
        if use.running:
            return Conflict(True, True, f"image is being used by running container {short(use.container_id)}")
    if force:
        return None
    if names and store.references(image.id):
        return Conflict(False, False, "image is referenced in multiple repositories")
    if uses:
        return Conflict(False, True, f"image is being used by stopped container {short(uses[0].container_id)}")
    return None


def _delete(
    store: ImageStore, image: Image, records: list[Record], *, force: bool, prune: bool, quiet: bool = False
) -> None:
    found = _conflict(store, image, force=force)
    if found is not None:
        is_dangling = not store.references(image.id) and not store.children(image.id)
        if quiet and (not is_dangling or found.used):
            return
        raise found.error(image)
    for name in store.references(image.id):
        _untag(store, image, name, records)
    attributes = store.attributes(image, image.id)
    free = store.drop(image)
    store.notify("delete", image.id, attributes)
    records.append({"Deleted": image.id})
    records += [{"Deleted": chain} for chain in free]
    parent = store.images.get(image.parent)
    if prune and parent is not None:
        _delete(store, parent, records, force=False, prune=True, quiet=True)


def prune(store: ImageStore, filters: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Delete the dangling images, or with ``dangling=false`` all that no container uses; return the API's report."""
    filters = filters or {}
    dangling_only = not any(value.lower() in ("0", "f", "false") for value in filters.get("dangling", []))
    until = Until.of(filters.get("until", []), timestamps.unix_now(store.clock))
    sizes = {
        chain: layer.size for image in store.images.values() for chain, layer in zip(image.chain_ids, image.layers)
    }
    deleted: list[Record] = []
    for image in list(store.heads() if dangling_only else store.images.values()):
        names = store.references(image.id)
        if image.id not in store.images or (not names and store.children(image.id)):
            continue
        if not until.covers(image.created_unix) or not labels_match(filters, image.config.config.labels or {}):
            continue
        if names and (not dangling_only or not any(name.tag for name in names)):
            for name in names:
                deleted += _tried(store, name.familiar)
        elif not names:
            deleted += _tried(store, image.id)
    space = sum(sizes.get(record.get("Deleted", ""), 0) for record in deleted)
    store.notify("prune", "", {"reclaimed": str(space)})
    return {"ImagesDeleted": deleted or None, "SpaceReclaimed": space}


def _tried(store: ImageStore, text: str) -> list[Record]:
    try:
        return remove(store, text)
    except DockerError:
        return []  # in use, or gone with another one
