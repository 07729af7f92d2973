"""Job: Pods that come to an end. Models pkg/registry/batch/job/strategy.go and printJob."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.batch_v1 import Job

from k8slab.apimachinery import conditions, durations
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.batch import default_job_spec
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.strategies.workload import (
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    SELECTOR_COLUMN,
    selector_cell,
    template_cells,
    workload_warnings,
)
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.batch import validate_job, validate_job_update
from k8slab.cluster.apiserver.validation.objectmeta import validate_nonnegative

CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
#: Condition -> the word of the STATUS column, most telling first.
_STATUS = ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet")


class JobStrategy(Strategy):
    """Jobs: the server makes the selector; what runs never changes."""

    model = Job
    singular = "job"
    categories = ("all",)
    subresources = ("status",)
    default_propagation = "Background"
    columns = (
        NAME_COLUMN,
        Column("Status", description="Status of the job."),
        Column("Completions", description="The number of pods which reached phase Succeeded."),
        Column("Duration", description="Time required to complete the job."),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
        SELECTOR_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        default_job_spec(spec)
        template_labels = (spec["template"].get("metadata") or {}).get("labels")
        if template_labels and not obj.get("metadata", {}).get("labels"):
            obj.setdefault("metadata", {})["labels"] = template_labels
        obj.setdefault("status", {})

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {}
        new["metadata"]["generation"] = 1
        if not new["spec"].get("manualSelector"):
            _generate_selector(new)

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_job(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_job_update(new, old)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        for field in ("active", "succeeded", "failed"):
            yield from validate_nonnegative((new.get("status") or {}).get(field), f"status.{field}")

    def warnings(self, obj: Obj) -> list[str]:
        return workload_warnings(obj)

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        return workload_warnings(new, old)

    def fields(self, obj: Obj) -> dict[str, str]:
        succeeded = (obj.get("status") or {}).get("succeeded", 0)
        return {**self.metadata_fields(obj), "status.successful": str(succeeded)}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        cells = [obj["metadata"]["name"], _status(obj), _completions(obj), _duration(obj, now), age(obj, now)]
        return [*cells, *template_cells(obj), selector_cell(obj)]


def _generate_selector(job: Obj) -> None:
    """Label the Pods with the Job's uid and name, and select by the uid, so that no two Jobs can share Pods."""
    metadata, spec = job["metadata"], job["spec"]
    template = spec["template"].setdefault("metadata", {})
    before = template.get("labels")
    own = {
        "controller-uid": metadata["uid"],
        "job-name": metadata.get("name", ""),
        CONTROLLER_UID: metadata["uid"],
        "batch.kubernetes.io/job-name": metadata.get("name", ""),
    }
    labelled = {**own, **(before or {})}
    if before and metadata.get("labels") == before:
        metadata["labels"] = dict(labelled)  # labels taken from the template are the same map in Go, and follow it
    template["labels"] = labelled
    selector = spec.get("selector") or {}
    spec["selector"] = {
        **selector,
        "matchLabels": {CONTROLLER_UID: metadata["uid"], **(selector.get("matchLabels") or {})},
    }


def _status(job: Obj) -> str:
    found = (job.get("status") or {}).get("conditions")
    for word in _STATUS:
        if word == "Suspended" and job["metadata"].get("deletionTimestamp"):
            return "Terminating"
        if conditions.is_true(found, word):
            return word
    return "Terminating" if job["metadata"].get("deletionTimestamp") else "Running"


def _completions(job: Obj) -> str:
    spec, succeeded = job["spec"], (job.get("status") or {}).get("succeeded", 0)
    if "completions" in spec:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism", 0)
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(job: Obj, now: dt.datetime) -> str:
    status = job.get("status") or {}
    if not status.get("startTime"):
        return ""
    end = dt.datetime.fromisoformat(status["completionTime"]) if status.get("completionTime") else now
    return durations.since(status["startTime"], end)
