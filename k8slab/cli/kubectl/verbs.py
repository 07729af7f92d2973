"""All verbs: a plain table. A verb is a function ``run(invocation) -> Steps[int]``."""

from __future__ import annotations

from collections.abc import Callable

from k8slab.cli.kubectl import apply, delete, get, label, patch, replace, scale, wait
from k8slab.cli.kubectl.create import files, services, settings, workloads
from k8slab.cli.kubectl.describe import verb as describe
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.rollout import changes, history, status, undo
from k8slab.cli.kubectl.set import env, image, others
from k8slab.cli.seam import Steps

VERBS: dict[tuple[str, ...], Callable[[Invocation], Steps[int]]] = {
    ("annotate",): label.annotate,
    ("apply",): apply.run,
    ("create",): files.run,
    ("create", "configmap"): settings.configmap,
    ("create", "cronjob"): workloads.cronjob,
    ("create", "deployment"): workloads.deployment,
    ("create", "ingress"): services.ingress,
    ("create", "job"): workloads.job,
    ("create", "namespace"): settings.namespace,
    ("create", "poddisruptionbudget"): settings.poddisruptionbudget,
    ("create", "priorityclass"): settings.priorityclass,
    ("create", "quota"): settings.quota,
    ("create", "secret", "docker-registry"): settings.secret_docker_registry,
    ("create", "secret", "generic"): settings.secret_generic,
    ("create", "secret", "tls"): settings.secret_tls,
    ("create", "service", "clusterip"): services.clusterip,
    ("create", "service", "externalname"): services.externalname,
    ("create", "service", "loadbalancer"): services.loadbalancer,
    ("create", "service", "nodeport"): services.nodeport,
    ("create", "serviceaccount"): settings.serviceaccount,
    ("delete",): delete.run,
    ("describe",): describe.run,
    ("get",): get.run,
    ("label",): label.label,
    ("patch",): patch.run,
    ("replace",): replace.run,
    ("rollout", "history"): history.run,
    ("rollout", "pause"): changes.pause,
    ("rollout", "restart"): changes.restart,
    ("rollout", "resume"): changes.resume,
    ("rollout", "status"): status.run,
    ("rollout", "undo"): undo.run,
    ("scale",): scale.run,
    ("set", "env"): env.run,
    ("set", "image"): image.run,
    ("set", "resources"): others.resources,
    ("set", "selector"): others.selector,
    ("set", "serviceaccount"): others.serviceaccount,
    ("wait",): wait.run,
}

#: Flags that must be given.
REQUIRED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("autoscale",): ("max",),
    ("create", "cronjob"): ("image", "schedule"),
    ("create", "deployment"): ("image",),
    ("run",): ("image",),
    ("scale",): ("replicas",),
}
