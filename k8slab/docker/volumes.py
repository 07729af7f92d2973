"""Volumes: directories that the engine keeps on its host's disk, apart from any container.

Models volume/local and volume/service, in their words. The data are plain directories under /var/lib/docker/volumes, so that
the host's root sees them too. Left out: drivers other than ``local``, its nfs and device options (shown, not acted on), quotas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8slab.docker import timestamps
from k8slab.docker.durations import Until
from k8slab.docker.errors import conflict, invalid_parameter, not_found
from k8slab.docker.label_filters import labels_match
from k8slab.machine.fs.changes import merged_tree
from k8slab.machine.fs.inode import Directory, File, Inode
from k8slab.machine.fs.view import FileView
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

ROOT = "/var/lib/docker/volumes"
ANONYMOUS_LABEL = "com.docker.volume.anonymous"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)
Tell = Callable[[str, str, str, dict[str, str]], None]


@dataclass(eq=False, slots=True)
class Volume:
    """One volume. *users* are the ids of the containers that have it, running or not."""

    name: str
    created: str
    root: Directory
    driver: str = "local"
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None
    users: dict[str, None] = field(default_factory=dict)

    @property
    def mountpoint(self) -> str:
        """Where its data lie on the host."""
        return f"{ROOT}/{self.name}/_data"

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody gave it a name."""
        return ANONYMOUS_LABEL in (self.labels or {})

    def size(self) -> int:
        """Return the bytes of its files."""
        return sum(node.size for _, node in merged_tree(self.root) if isinstance(node, File))

    def document(self, *, usage: bool = False) -> dict[str, Any]:
        """Return ``docker volume inspect``'s document."""
        found: dict[str, Any] = {
            "CreatedAt": self.created,
            "Driver": self.driver,
            "Labels": {key: self.labels[key] for key in sorted(self.labels)} if self.labels is not None else None,
            "Mountpoint": self.mountpoint,
            "Name": self.name,
            "Options": {key: self.options[key] for key in sorted(self.options)} if self.options is not None else None,
            "Scope": "local",
        }
        if usage:
            found["UsageData"] = {"RefCount": len(self.users), "Size": self.size()}
        return found


class Volumes:
    """All volumes of one engine. *files* is the host's disk."""

    def __init__(self, clock: Clock, chance: Chance, files: FileView, tell: Tell) -> None:
        self.clock = clock
        self.chance = chance
        self.files = files
        self.tell = tell
        self.all: dict[str, Volume] = {}

    def create(
        self,
        name: str = "",
        *,
        driver: str = "",
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Volume:
        """Return the volume *name*, made if there is none; without a name a new anonymous one. Raises DockerError."""
        if driver not in ("", "local"):
            raise not_found(f'error looking up volume plugin {driver}: plugin "{driver}" not found')
        if not name:
            name = self.chance.hex(64)
            labels = {ANONYMOUS_LABEL: "", **(labels or {})}
        elif name in self.all:
            known = self.all[name]
            if options and dict(options) != (known.options or {}):
                raise conflict(f'volume "{name}" already exists but doesn\'t match configuration in options')
            return known
        elif not _NAME.fullmatch(name):
            raise invalid_parameter(
                f'create {name}: "{name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" '
                "are allowed. If you intended to pass a host directory, use absolute path"
            )
        path = f"{ROOT}/{name}/_data"
        self.files.make_directories(path, 0o755)
        root = self.files.find(path).inode
        assert isinstance(root, Directory)
        created = timestamps.unix_to_text(int(timestamps.unix_now(self.clock)))
        volume = Volume(
            name,
            created,
            root,
            labels=dict(labels) if labels is not None else None,
            options=dict(options) if options else None,
        )
        self.all[name] = volume
        self.tell("volume", "create", name, {"driver": "local"})
        return volume

    def find(self, name: str) -> Volume:
        """Return the volume *name*. Raises DockerError 404."""
        if name not in self.all:
            raise not_found(f"get {name}: no such volume")
        return self.all[name]

    def remove(self, name: str, *, force: bool = False) -> None:
        """``docker volume rm``. Raises DockerError 404, 409."""
        if name not in self.all and force:
            return
        volume = self.find(name)
        if volume.users:
            raise conflict(f"remove {name}: volume is in use - [{', '.join(volume.users)}]")
        self.files.remove_tree(f"{ROOT}/{name}")
        del self.all[name]
        self.tell("volume", "destroy", name, {"driver": "local"})

    def prune(self, filters: Mapping[str, list[str]]) -> dict[str, Any]:
        """Remove the unused anonymous volumes (all unused ones with ``all=true``); return the API's report."""
        everything = any(value.lower() in ("1", "t", "true") for value in filters.get("all", []))
        until = Until.of(list(filters.get("until", [])), timestamps.unix_now(self.clock))
        gone, space = [], 0
        for volume in list(self.all.values()):
            if volume.users or not (everything or volume.is_anonymous):
                continue
            if labels_match(filters, volume.labels or {}) and until.covers(timestamps.to_unix(volume.created)):
                space += volume.size()
                self.remove(volume.name)
                gone.append(volume.name)
        self.tell("volume", "prune", "", {"reclaimed": str(space)})
        return {"VolumesDeleted": gone or None, "SpaceReclaimed": space}

    def documents(self, filters: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        """Return ``docker volume ls``'s documents. Raises DockerError 400 for an unknown filter."""
        for key in filters:
            if key not in ("dangling", "driver", "label", "label!", "name"):
                raise invalid_parameter(f"invalid filter '{key}'")
        found = []
        for volume in self.all.values():
            dangling = filters.get("dangling", [])
            if dangling and (dangling[0].lower() in ("1", "true")) != (not volume.users):
                continue
            if filters.get("driver") and volume.driver not in filters["driver"]:
                continue
            if filters.get("name") and not any(part in volume.name for part in filters["name"]):
                continue
            if labels_match(filters, volume.labels or {}):
                found.append(volume.document())
        return found


def pre_fill(volume: Volume, files: FileView, destination: str) -> None:
    """Copy what the image has at *destination* into the empty *volume*, with its owner and mode (``docker run -v data:/var/lib/x``)."""
    if not volume.root.is_empty():
        return
    found = files.find_or_none(destination)
    if found is None or not isinstance(found.inode, Directory):
        return
    source = found.inode
    volume.root.mode, volume.root.uid, volume.root.gid = source.mode, source.uid, source.gid
    copies: dict[int, Inode] = {}
    made: dict[str, Directory] = {"": volume.root}
    for path, node in merged_tree(source):
        parent, _, name = path.rpartition("/")
        twin = copies.get(id(node)) or node.copy()
        copies[id(node)] = twin
        if isinstance(node, Directory):
            twin = Directory(node.mode, node.uid, node.gid, node.mtime)
            made[path] = twin
        made[parent].put(name, twin)
