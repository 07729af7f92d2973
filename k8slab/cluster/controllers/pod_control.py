"""Making and removing the Pods of a controller, with the Events that tell of it.

Models pkg/controller/controller_utils.go (RealPodControl, GetPodFromTemplate) and slowStartBatch of the ReplicaSet controller.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from lightkube.models.core_v1 import PodTemplateSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, has_cause, is_not_found
from k8slab.apimachinery.owners import new_controller_ref
from k8slab.cluster.client.client import ApiClient
from k8slab.cluster.client.events import NORMAL, WARNING, EventRecorder

NAMESPACE_TERMINATING = "NamespaceTerminating"
SLOW_START_INITIAL_BATCH_SIZE = 1


def pod_from_template(template: PodTemplateSpec, owner: Any) -> Pod:
    """Return a Pod as *template* describes it, controlled by *owner*. It shares the template's spec: do not change that."""
    meta = template.metadata
    return Pod(
        metadata=ObjectMeta(
            generateName=f"{owner.metadata.name}-",
            namespace=owner.metadata.namespace,
            labels=dict(meta.labels or {}),
            annotations=dict(meta.annotations) if meta.annotations else None,
            finalizers=list(meta.finalizers) if meta.finalizers else None,
            ownerReferences=[new_controller_ref(owner)],
        ),
        spec=template.spec,
    )


def batch_sizes(count: int, initial: int = SLOW_START_INITIAL_BATCH_SIZE) -> list[int]:
    """Return 1, 2, 4, ... that add up to *count*: a ReplicaSet that cannot create Pods finds out with one, not with 500."""
    sizes = []
    size = min(count, initial)
    while size > 0:
        sizes.append(size)
        count -= size
        size = min(2 * size, count)
    return sizes


class PodControl:
    """Creates and deletes Pods, and records Events on their owner."""

    def __init__(self, client: ApiClient, recorder: EventRecorder) -> None:
        self.client = client
        self.recorder = recorder

    def create_many(
        self, template: PodTemplateSpec, owner: Any, count: int
    ) -> Generator[Event, Any, tuple[int, ApiError | None]]:
        """Create up to *count* Pods in batches that double. Return how many calls succeeded, and the first error.

        After a batch with an error no further batch is tried.
        """
        pod = pod_from_template(template, owner)
        succeeded = 0
        for size in batch_sizes(count):
            results = yield from self.client.create_all([pod] * size)
            first_error = None
            for result in results:
                if not isinstance(result, ApiError):
                    self.recorder.event(owner, NORMAL, "SuccessfulCreate", f"Created pod: {result.metadata.name}")
                    succeeded += 1
                elif has_cause(result, NAMESPACE_TERMINATING):
                    succeeded += 1  # nothing can be created there any more, so there is nothing to retry
                else:
                    self.recorder.event(owner, WARNING, "FailedCreate", f"Error creating: {result.message}")
                    first_error = first_error or result
            if first_error is not None:
                return succeeded, first_error
        return succeeded, None

    def delete_many(self, pods: Sequence[Pod], owner: Any) -> Generator[Event, Any, list[tuple[Pod, ApiError]]]:
        """Delete *pods* side by side. Return those that failed with their errors (a Pod that is gone already is one of them)."""
        failed = []
        results = yield from self.client.delete_all(Pod, pods)
        for pod, result in zip(pods, results, strict=True):
            if not isinstance(result, ApiError):
                self.recorder.event(owner, NORMAL, "SuccessfulDelete", f"Deleted pod: {pod.metadata.name}")
                continue
            failed.append((pod, result))
            if not is_not_found(result):
                self.recorder.event(owner, WARNING, "FailedDelete", f"Error deleting: {result.message}")
        return failed
