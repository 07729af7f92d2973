"""``kubectl create deployment|job|cronjob``. Models kubectl pkg/cmd/create/create_{deployment,job,cronjob}.go."""

from __future__ import annotations

import re
from typing import Any

from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.create.generator import built_in, command, finish, metadata, name_argument, pod_template
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps
from k8slab.sim.chance import Chance

_DEPLOYMENTS = built_in("apps/v1", "deployments", "Deployment")
_JOBS = built_in("batch/v1", "jobs", "Job")
_CRONJOBS = built_in("batch/v1", "cronjobs", "CronJob")


def deployment(run: Invocation) -> Steps[int]:
    """Create a Deployment of one or more images."""
    name = name_argument(run)
    images, words = run.flags.items("image"), command(run)
    if len(images) > 1 and words:
        raise CommandError("cannot specify multiple --image options and command")
    replicas = run.flags.number("replicas")
    containers: list[Obj] = []
    for image in images:
        container: Obj = {"name": container_name(image), "image": image, "resources": {}}
        if words:
            container = {"name": container["name"], "image": image, "command": words, "resources": {}}
        containers.append(container)
    port = run.flags.number("port")
    if port >= 0 and containers:
        for container in containers:
            resources = container.pop("resources")
            container["ports"] = [{"containerPort": port}]
            container["resources"] = resources
    labels = {"app": name}
    obj = {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": metadata(run, name, labels=labels),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            "strategy": {},
        },
        "status": {},
    }
    return (yield from finish(run, _DEPLOYMENTS, obj, "failed to create deployment"))


def container_name(image: str) -> str:
    """Return the name of a container of *image*: the last part of its path, without tag and digest.

    A name that is no label gets a suffix that makes it one (upstream: a random suffix, here one that follows from the image).
    """
    name = image.rsplit("/", 1)[-1].partition(":")[0].partition("@")[0]
    if not re.search(r"[_.A-Z]", name):
        return name
    return re.sub(r"[_.]", "-", name).lower() + "-" + Chance(image).suffix()


def job(run: Invocation) -> Steps[int]:
    """Create a Job, of an image or from a CronJob's template."""
    name = name_argument(run)
    image, source = run.flags.text("image"), run.flags.text("from")
    words = command(run)
    if (not image and not source) or (image and source):
        raise CommandError("either --image or --from must be specified")
    if words and source:
        raise CommandError("cannot specify --from and command")
    if source:
        return (yield from _job_from(run, name, source))
    obj = {
        "kind": "Job",
        "apiVersion": "batch/v1",
        "metadata": metadata(run, name),
        "spec": {"template": pod_template(name, _container(name, image, words), restartPolicy="Never")},
        "status": {},
    }
    return (yield from finish(run, _JOBS, obj, "failed to create job"))


def _container(name: str, image: str, words: list[str]) -> Obj:
    container: Obj = {"name": name, "image": image}
    if words:
        container["command"] = words
    return {**container, "resources": {}}


def _job_from(run: Invocation, name: str, source: str) -> Steps[int]:
    resource, _, source_name = source.partition("/")
    mapping = yield from run.mapper.find(resource)
    if mapping.kind != "CronJob":
        raise CommandError(f"from must be an existing cronjob: unsupported type {mapping.kind}")
    cronjob: Any = yield from run.api.get(mapping, run.namespace, source_name)
    template = cronjob["spec"]["jobTemplate"]
    annotations = {
        "cronjob.kubernetes.io/instantiate": "manual",
        **(template.get("metadata", {}).get("annotations") or {}),
    }
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": cronjob["metadata"]["name"],
        "uid": cronjob["metadata"]["uid"],
        "controller": True,
    }
    meta = metadata(run, name, labels=template.get("metadata", {}).get("labels"))
    obj = {
        "kind": "Job",
        "apiVersion": "batch/v1",
        "metadata": {**meta, "annotations": annotations, "ownerReferences": [owner]},
        "spec": template["spec"],
        "status": {},
    }
    return (yield from finish(run, _JOBS, obj, "failed to create job"))


def cronjob(run: Invocation) -> Steps[int]:
    """Create a CronJob."""
    name = name_argument(run)
    restart = run.flags.text("restart") or "OnFailure"
    template = pod_template(name, _container(name, run.flags.text("image"), command(run)), restartPolicy=restart)
    obj = {
        "kind": "CronJob",
        "apiVersion": "batch/v1",
        "metadata": metadata(run, name),
        "spec": {
            "schedule": run.flags.text("schedule"),
            "jobTemplate": {"metadata": {"name": name}, "spec": {"template": template}},
        },
        "status": {},
    }
    return (yield from finish(run, _CRONJOBS, obj, "failed to create cronjob"))
