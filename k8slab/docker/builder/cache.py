"""BuildKit's cache: what a step made, by a key of all that went into it.

The key of a step holds the key of the files below it, the command with its environment, or the checksums of what is copied. So a
change breaks the cache from that step on, a changed LABEL breaks nothing, and the same step in two Dockerfiles is done once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from k8slab.docker import timestamps
from k8slab.docker.durations import Until
from k8slab.docker.layers import Layer
from k8slab.docker.progress import human_size
from k8slab.machine.fs.inode import Directory
from k8slab.sim.clock import Clock


@dataclass(slots=True)
class CacheRecord:
    """One finished step."""

    id: str
    parent: str
    layer: Layer
    description: str
    created: float
    last_used: float
    used: int = 1
    type: str = "regular"


class BuildCache:
    """The cache of one daemon. *mounts* are the directories of ``RUN --mount=type=cache``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.records: dict[str, CacheRecord] = {}
        self.mounts: dict[str, Directory] = {}
        #: Base images that a build has started from, by the key of their files.
        self.bases: dict[str, float] = {}

    def find(self, key: str) -> CacheRecord | None:
        """Return what the step *key* made, if that is known; counts as a use."""
        record = self.records.get(key)
        if record is None:
            return None
        record.used += 1
        record.last_used = self.clock.now
        return record

    def keep(self, key: str, parent: str, layer: Layer, description: str) -> CacheRecord:
        """Remember what the step *key* made."""
        now = self.clock.now
        record = self.records[key] = CacheRecord(key[:25], parent[:25], layer, description, now, now)
        return record

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return sum(record.layer.size for record in self.records.values())

    def documents(self) -> list[dict[str, Any]]:
        """Return the records as ``docker system df -v`` wants them."""
        return [
            {
                "ID": record.id,
                "Parents": [record.parent] if record.parent else None,
                "Type": record.type,
                "Description": record.description,
                "InUse": False,
                "Shared": False,
                "Size": record.layer.size,
                "CreatedAt": timestamps.at(record.created),
                "LastUsedAt": timestamps.at(record.last_used),
                "UsageCount": record.used,
            }
            for record in self.records.values()
        ]

    def prune(self, *, all: bool = False, filters: dict[str, list[str]] | None = None) -> dict[str, Any]:
        """Forget the cache (``docker builder prune``); return the API's report."""
        until = Until.of((filters or {}).get("until", []), timestamps.unix_now(self.clock))
        base = timestamps.unix_now(self.clock) - self.clock.now
        gone = [key for key, one in self.records.items() if until.covers(base + one.last_used)]
        space = sum(self.records[key].layer.size for key in gone)
        ids = [self.records.pop(key).id for key in gone]
        if not (filters or {}).get("until"):
            self.mounts.clear()
            self.bases.clear()
        return {"CachesDeleted": ids or None, "SpaceReclaimed": space}

    def __str__(self) -> str:
        return f"{len(self.records)} records, {human_size(self.size)}"
