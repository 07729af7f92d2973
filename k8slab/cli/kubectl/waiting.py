"""Waiting for an object: read it, and while it is not yet as wanted, follow its changes.

Models client-go tools/watch (UntilWithSync and kubectl's use of it): what counts is the newest state, a watch that ends is started
again, and the time limit covers everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.discovery import Mapping
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Now, Read, Sleep, Steps
from k8slab.sim.http import Stream

#: Looks at an object (None: it is not there) and its last event; returns whether waiting is over.
Condition = Callable[[Obj | None, str], bool]

RETRY_SECONDS = 1.0  # before a watch that the server ended is started again


class Deadline:
    """A moment after which nobody waits any longer; None stands for never."""

    def __init__(self, began: datetime, seconds: float | None) -> None:
        self.began = began
        self.seconds = seconds

    @classmethod
    def after(cls, seconds: float | None) -> Steps[Deadline]:
        """Return the deadline *seconds* from now."""
        now: datetime = yield Now()
        return cls(now, seconds)

    def left(self) -> Steps[float | None]:
        """Return the seconds left, None for "as long as it takes"."""
        if self.seconds is None:
            return None
        now: datetime = yield Now()
        return self.seconds - (now - self.began).total_seconds()


def until(run: Invocation, target: Target, condition: Condition, deadline: Deadline) -> Steps[bool]:
    """Wait until *condition* holds for *target*; return whether it did before *deadline*."""
    while True:
        params = {"fieldSelector": f"metadata.name={target.name}"}
        listed = yield from run.api.list(target.mapping, target.namespace, params)
        items = listed.get("items") or []
        about = {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind}
        obj = {**about, **items[0]} if items else None
        if condition(obj, "ADDED" if obj else ""):
            return True
        left = yield from deadline.left()
        if left is not None and left <= 0:
            return False
        version = listed["metadata"]["resourceVersion"]
        watched = yield from run.api.watch(target.mapping, target.namespace, {**params, "resourceVersion": version})
        outcome = yield from _follow(watched, condition, deadline)
        if outcome is not None:
            return outcome
        yield Sleep(RETRY_SECONDS)


def _follow(stream: Stream, condition: Condition, deadline: Deadline) -> Steps[bool | None]:
    """Return True when *condition* holds, False when the time is over, None when the watch has to be started again."""
    rest = b""
    try:
        while True:
            left = yield from deadline.left()
            if left is not None and left <= 0:
                return False
            chunk: bytes | None = yield Read(stream, left)
            if chunk is None:
                return None
            if chunk == b"":
                return False
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event: Obj = json.loads(line) if line.strip() else {"type": "BOOKMARK"}
                if event["type"] == "ERROR":
                    return None
                if event["type"] == "BOOKMARK":
                    continue
                gone = event["type"] == "DELETED"
                if condition(None if gone else event["object"], event["type"]):
                    return True
    finally:
        stream.close()


def until_gone(run: Invocation, target: Target, uid: str, timeout_seconds: float) -> Steps[bool]:
    """Wait until the object with *uid* no longer exists; return whether it went in time."""

    def gone(obj: Obj | None, event: str) -> bool:
        return obj is None or bool(uid and obj["metadata"].get("uid") != uid)

    try:
        current: Any = yield from run.api.get(target.mapping, target.namespace, target.name)
    except ApiError as error:
        if error.reason == "NotFound":
            return True
        raise
    if gone(current, ""):
        return True
    deadline = yield from Deadline.after(timeout_seconds)
    return (yield from until(run, target, gone, deadline))


def collection_of(mapping: Mapping, namespace: str) -> str:
    """Return the path of a collection."""
    return mapping.path(namespace)
