"""CronJob: Jobs by the clock. Models pkg/registry/batch/cronjob/strategy.go and printCronJob."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from lightkube.resources.batch_v1 import CronJob

from k8slab.apimachinery import durations
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import default_pod_template
from k8slab.cluster.apiserver.printing.pod import NONE, containers_and_images
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.strategies.workload import CONTAINERS_COLUMN, IMAGES_COLUMN, SELECTOR_COLUMN
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.batch import validate_cron_job
from k8slab.cluster.apiserver.warnings import host_name_warning, pod_warnings


class CronJobStrategy(Strategy):
    """CronJobs: a schedule and the template of a Job."""

    model = CronJob
    singular = "cronjob"
    short_names = ("cj",)
    categories = ("all",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Schedule", description="The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron."),
        Column("Timezone", description="The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones."),
        Column("Suspend", "boolean", description="This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.  Defaults to false."),
        Column("Active", "integer", description="A list of pointers to currently running jobs."),
        Column("Last Schedule", description="Information when was the last time the job was successfully scheduled."),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
        SELECTOR_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        spec.setdefault("concurrencyPolicy", "Allow")
        spec.setdefault("suspend", False)
        spec.setdefault("successfulJobsHistoryLimit", 3)
        spec.setdefault("failedJobsHistoryLimit", 1)
        template = spec.setdefault("jobTemplate", {})
        template.setdefault("metadata", {})
        # The rest of the Job is filled in when it is made.
        default_pod_template(template.setdefault("spec", {}).setdefault("template", {}))
        obj.setdefault("status", {})

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {}
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_cron_job(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_cron_job(new, old)

    def warnings(self, obj: Obj) -> list[str]:
        return host_name_warning(obj["metadata"].get("name", "")) + self.warnings_on_update(obj, {})

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        pod = new["spec"]["jobTemplate"]["spec"]["template"].get("spec") or {}
        return pod_warnings(pod, "spec.jobTemplate.spec.template.spec")

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        spec, status = obj["spec"], obj.get("status") or {}
        last = status.get("lastScheduleTime")
        suspend = {True: "True", False: "False"}.get(spec.get("suspend"), "<unset>")
        return [
            obj["metadata"]["name"],
            spec.get("schedule", ""),
            spec.get("timeZone") or NONE,
            suspend,
            len(status.get("active") or ()),
            durations.since(last, now) if last else NONE,
            age(obj, now),
            *containers_and_images(spec["jobTemplate"]["spec"]["template"].get("spec")),
            NONE,
        ]
