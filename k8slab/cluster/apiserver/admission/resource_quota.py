"""ResourceQuota: nothing is stored that would take a namespace over its quota; what is stored is counted at once.

Models apiserver pkg/admission/plugin/resourcequota. The sums are those of ``apiserver/quota.py``; giving back what was
deleted is the quota controller's work. Left out: quotas of updates.
"""

from __future__ import annotations

from lightkube.resources.core_v1 import ResourceQuota

from k8slab.cluster.apiserver import quota
from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy


class ResourceQuotaAdmission(Plugin):
    """The last plugin: whatever it lets pass is stored."""

    name = "ResourceQuota"

    def handles(self, strategy: Strategy, operation: str) -> bool:
        return operation == "CREATE" and strategy.namespaced and strategy.resource not in ("events", "resourcequotas")

    def validate(self, attributes: Attributes) -> None:
        resource = attributes.strategy.resource
        for found in self._quotas(attributes):
            why = quota.refusal(found, resource, attributes.obj)
            if why:
                raise attributes.forbidden(why)

    def commit(self, attributes: Attributes) -> None:
        resource = attributes.strategy.resource
        for found in self._quotas(attributes):
            used = quota.with_usage(found, resource, attributes.obj)
            status = found.get("status") or {}
            if used != status.get("used"):
                attributes.context.server.write_quota(attributes.namespace, found, {**status, "used": used})

    def _quotas(self, attributes: Attributes) -> list[Obj]:
        quotas = attributes.context.list(ResourceQuota, attributes.namespace)
        return [found for found in quotas if quota.counts(found, attributes.strategy.resource, attributes.obj)]
