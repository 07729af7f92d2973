"""ServiceAccount: who a Pod is when it talks to the API server. Models pkg/registry/core/serviceaccount/strategy.go."""

from __future__ import annotations

from lightkube.resources.core_v1 import ServiceAccount

from k8slab.cluster.apiserver.strategies.strategy import Strategy


class ServiceAccountStrategy(Strategy):
    """ServiceAccounts: a name, and perhaps secrets."""

    model = ServiceAccount
    singular = "serviceaccount"
    short_names = ("sa",)
