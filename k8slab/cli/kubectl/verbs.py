"""All verbs: a plain table. A verb is a function ``run(invocation) -> Steps[int]``."""

from __future__ import annotations

from collections.abc import Callable

from k8slab.cli.kubectl import get
from k8slab.cli.kubectl.create import files, services, settings, workloads
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

VERBS: dict[tuple[str, ...], Callable[[Invocation], Steps[int]]] = {
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
    ("get",): get.run,
}

#: Flags that must be given.
REQUIRED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("autoscale",): ("max",),
    ("create", "cronjob"): ("image", "schedule"),
    ("create", "deployment"): ("image",),
    ("run",): ("image",),
    ("scale",): ("replicas",),
}
