"""How the API describes images: ``docker images``, ``docker inspect``, ``docker history``.

Models daemon/images/{images,image_inspect,image_history}.go with the overlay2 graph driver, in Go's order of keys.
Left out: the manifests of the containerd image store.
"""

from __future__ import annotations

import fnmatch
import hashlib
from typing import Any

from k8slab.docker import reference, timestamps
from k8slab.docker.durations import Until
from k8slab.docker.errors import invalid_parameter
from k8slab.docker.image_store import Image, ImageStore
from k8slab.docker.label_filters import labels_match
from k8slab.docker.reference import Reference, ReferenceError

ROOT = "/var/lib/docker/overlay2"
LIST_FILTERS = ("dangling", "label", "label!", "before", "since", "reference", "until")


def cache_id(chain_id: str) -> str:
    """Return the directory name that overlay2 gives the layer *chain_id*."""
    return hashlib.sha256(f"overlay2 {chain_id}".encode()).hexdigest()


def inspect(store: ImageStore, image: Image) -> dict[str, Any]:
    """Return ``docker image inspect``'s document."""
    config = image.config
    run = config.config.document()
    return {
        "Id": image.id,
        "RepoTags": store.tags(image.id),
        "RepoDigests": store.digests(image.id),
        "Parent": image.parent,
        "Comment": config.comment or (config.history[-1].comment if config.history else ""),
        "Created": config.created,
        "DockerVersion": config.docker_version,
        "Author": config.author,
        "Config": run,
        "Architecture": config.architecture,
        **({"Variant": config.variant} if config.variant else {}),
        "Os": config.os,
        "Size": image.size,
        "GraphDriver": {"Data": graph_data(image), "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": list(config.diff_ids)} if config.diff_ids else {"Type": "layers"},
        "Metadata": {"LastTagTime": image.last_tag_time},
    }


def graph_data(image: Image) -> dict[str, str] | None:
    """Return where overlay2 keeps the image: its topmost layer, and the layers below as *LowerDir*."""
    if not image.chain_ids:
        return None
    *below, top = [f"{ROOT}/{cache_id(chain)}" for chain in image.chain_ids]
    lower = {"LowerDir": ":".join(f"{one}/diff" for one in reversed(below))} if below else {}
    return {**lower, "MergedDir": f"{top}/merged", "UpperDir": f"{top}/diff", "WorkDir": f"{top}/work"}


def history(store: ImageStore, image: Image) -> list[dict[str, Any]]:
    """Return ``docker history``'s lines, newest first. Only images that this daemon knows have an id there."""
    sizes = iter([layer.size for layer in image.layers])
    lines: list[dict[str, Any]] = []
    for line in image.config.history:
        created = 0 if line.created == timestamps.ZERO else int(timestamps.to_unix(line.created))
        lines.insert(
            0,
            {
                "Comment": line.comment,
                "Created": created,
                "CreatedBy": line.created_by,
                "Id": "<missing>",
                "Size": 0 if line.empty_layer else next(sizes, 0),
                "Tags": None,
            },
        )
    here: Image | None = image
    for entry in lines:
        if here is None:
            break
        entry["Id"] = here.id
        entry["Tags"] = store.tags(here.id) or None
        here = store.images.get(here.parent)
    return lines


def summaries(
    store: ImageStore,
    *,
    all: bool = False,
    filters: dict[str, list[str]] | None = None,
    shared_size: bool = False,
    containers: bool = False,
) -> list[dict[str, Any]]:
    """Return ``docker images``'s lines, newest first. Without *all*, images that others are built on are left out."""
    chosen = select(store, all=all, filters=filters or {})
    patterns = (filters or {}).get("reference", [])
    found = []
    for image in chosen:
        names = [one for one in store.references(image.id) if _shown(one, patterns)]
        tags = [one.familiar for one in names if one.tag]
        digests = [one.familiar for one in names if one.digest]
        count = sum(1 for use in store.uses() if use.image_id == image.id) if containers else -1
        labels = image.config.config.labels
        found.append(
            {
                "Containers": count,
                "Created": image.created_unix,
                "Id": image.id,
                "Labels": {key: labels[key] for key in sorted(labels)} if labels else None,
                "ParentId": image.parent,
                "RepoDigests": digests,
                "RepoTags": tags,
                "SharedSize": store.shared_size(image) if shared_size else -1,
                "Size": image.size,
            }
        )
    return found


def select(store: ImageStore, *, all: bool, filters: dict[str, list[str]]) -> list[Image]:
    """Return the images that *filters* let through, newest first. Raises DockerError 400, 404."""
    for name in filters:
        if name not in LIST_FILTERS:
            raise invalid_parameter(f"invalid filter '{name}'")
    dangling = _dangling(filters)
    until = Until.of(filters.get("until", []), timestamps.unix_now(store.clock))
    before = min((store.find(one).created_unix for one in filters.get("before", ())), default=None)
    since = max((store.find(one).created_unix for one in filters.get("since", ())), default=None)
    patterns = filters.get("reference", [])
    chosen = []
    for image in store.images.values() if all and dangling is not True else store.heads_and_named():
        names = store.references(image.id)
        if before is not None and image.created_unix >= before:
            continue
        if since is not None and image.created_unix <= since:
            continue
        if not until.covers(image.created_unix) or not labels_match(filters, image.config.config.labels or {}):
            continue
        if dangling is not None and dangling != (not names):
            continue
        if patterns and not any(_shown(one, patterns) for one in names):
            continue
        chosen.append(image)
    return sorted(chosen, key=lambda image: -image.created_unix)


def _dangling(filters: dict[str, list[str]]) -> bool | None:
    values = filters.get("dangling")
    if not values:
        return None
    if len(values) == 1 and values[0] in ("1", "true"):
        return True
    if len(values) == 1 and values[0] in ("0", "false"):
        return False
    raise invalid_parameter(f"invalid filter 'dangling={values}'")


def _shown(name: Reference, patterns: list[str]) -> bool:
    return not patterns or any(_matches(name, pattern) for pattern in patterns)


def _matches(name: Reference, pattern: str) -> bool:
    """Return whether *name* fits *pattern* as reference.FamiliarMatch says: the whole of it, or without tag; * stays in a part."""
    try:
        whole = reference.parse(pattern)
        if whole == name or (whole.is_name_only and whole.name == name.name):
            return True
    except ReferenceError:
        pass
    return _glob(pattern, name.familiar) or _glob(pattern, name.familiar_name)


def _glob(pattern: str, text: str) -> bool:
    parts, found = pattern.split("/"), text.split("/")
    return len(parts) == len(found) and all(fnmatch.fnmatchcase(one, part) for part, one in zip(parts, found))
