"""Claiming: whose is this object? Adopt the orphans that the selector selects, release the owned that it does not.

Models pkg/controller/controller_ref_manager.go (PodControllerRefManager, ReplicaSetControllerRefManager). Two controllers
never fight over an object: only the one named in its controller reference counts it, and adoption happens only after asking
the server, not the cache, that the adopter itself is not being deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, is_invalid, is_not_found
from k8slab.apimachinery.labels import Selector
from k8slab.apimachinery.owners import controller_of, new_controller_ref
from k8slab.cluster.client.client import ApiClient
from k8slab.cluster.client.controller import Retry

T = TypeVar("T")


class RefManager:
    """Claims objects for *owner*; made anew for each sync."""

    def __init__(self, client: ApiClient, owner: Any, selector: Selector) -> None:
        self.client = client
        self.owner = owner
        self.selector = selector
        self._may_adopt = False

    def claim(self, objs: Iterable[T], *, only_if: Callable[[T], bool] | None = None) -> Generator[Event, Any, list[T]]:
        """Return those of *objs* that belong to the owner, adopting and releasing as needed. Takes simulated time for that only.

        All objects are tried before the first error is raised. *only_if* is one more condition besides the selector.
        """
        claimed: list[T] = []
        problem: ApiError | Retry | None = None
        for obj in objs:
            wanted = self.selector.matches(obj.metadata.labels) and (only_if is None or only_if(obj))  # type: ignore[attr-defined]
            reference = controller_of(obj)
            try:
                if reference is not None:
                    if reference.uid != self.owner.metadata.uid:
                        continue
                    if wanted:
                        claimed.append(obj)
                    elif self.owner.metadata.deletionTimestamp is None:
                        yield from self.release(obj)
                elif wanted and self._is_free(obj):
                    yield from self.adopt(obj)
                    claimed.append(obj)
            except (ApiError, Retry) as error:
                problem = problem or error
        if problem is not None:
            raise problem
        return claimed

    def _is_free(self, obj: Any) -> bool:
        return self.owner.metadata.deletionTimestamp is None and obj.metadata.deletionTimestamp is None

    def adopt(self, obj: Any) -> Generator[Event, Any, None]:
        """Make the owner the controller of *obj*. Raises NotFound, or `Retry` if the owner is being deleted."""
        yield from self._check_may_adopt()
        reference = new_controller_ref(self.owner)
        body = {
            "metadata": {
                "ownerReferences": [
                    {
                        "apiVersion": reference.apiVersion,
                        "kind": reference.kind,
                        "name": reference.name,
                        "uid": reference.uid,
                        "controller": True,
                        "blockOwnerDeletion": True,
                    }
                ],
                "uid": obj.metadata.uid,
            }
        }
        yield from self.client.patch(type(obj), obj.metadata.name, obj.metadata.namespace, body)

    def release(self, obj: Any) -> Generator[Event, Any, None]:
        """Take the owner's reference off *obj*; it may be gone already or belong to nobody any more."""
        body = {
            "metadata": {
                "ownerReferences": [{"$patch": "delete", "uid": self.owner.metadata.uid}],
                "uid": obj.metadata.uid,
            }
        }
        try:
            yield from self.client.patch(type(obj), obj.metadata.name, obj.metadata.namespace, body)
        except ApiError as error:
            # Invalid: no reference to us is left, or the name has passed to another object.
            if not is_not_found(error) and not is_invalid(error):
                raise

    def _check_may_adopt(self) -> Generator[Event, Any, None]:
        if self._may_adopt:
            return
        meta = self.owner.metadata
        fresh = yield from self.client.get(type(self.owner), meta.name, meta.namespace)
        if fresh.metadata.uid != meta.uid:
            raise Retry(
                f"original {meta.namespace}/{meta.name} is gone: got uid {fresh.metadata.uid}, wanted {meta.uid}"
            )
        if fresh.metadata.deletionTimestamp is not None:
            raise Retry(f"{meta.namespace}/{meta.name} has just been deleted at {fresh.metadata.deletionTimestamp}")
        self._may_adopt = True
