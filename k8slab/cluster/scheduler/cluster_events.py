"""Changes in the cluster that may make room for a Pod that had none.

Models pkg/scheduler/framework/events.go (ClusterEvent). A plugin that turned a Pod down says in `may_help` which of them are
worth another try.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Change(Enum):
    """What happened to what. Upstream's words: Node/Add, AssignedPod/Delete, ..."""

    NODE_ADD = "NodeAdd"
    NODE_UPDATE = "NodeUpdate"
    NODE_DELETE = "NodeDelete"
    ASSIGNED_POD_ADD = "AssignedPodAdd"
    ASSIGNED_POD_UPDATE = "AssignedPodUpdate"
    ASSIGNED_POD_DELETE = "AssignedPodDelete"
    STORAGE = "StorageChange"
    #: Nothing in particular: five minutes have passed.
    TIMEOUT = "UnschedulableTimeout"


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """*old* and *new* are the object before and after; for a deletion, *old* is what it was."""

    change: Change
    old: Any = None
    new: Any = None

    @property
    def is_about_node(self) -> bool:
        """Whether a node came or changed."""
        return self.change in (Change.NODE_ADD, Change.NODE_UPDATE)
