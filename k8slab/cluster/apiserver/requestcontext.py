"""What accompanies one request on its way through the chain: who asks, when, whether anything is stored, and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from k8slab.cluster.apiserver.strategies.strategy import Obj

if TYPE_CHECKING:
    from k8slab.cluster.apiserver.server import ApiServer

#: Who asks if the request does not say: the user of the admin's kubeconfig.
ADMIN = "kubernetes-admin"


class RequestContext:
    """One request. It is the `StrategyContext` that strategies see, and what admission plugins look at."""

    __slots__ = ("chance", "clock", "dry_run", "server", "shows_warnings", "user", "warnings")

    def __init__(self, server: ApiServer, user: str = ADMIN, *, shows_warnings: bool = False) -> None:
        self.server = server
        self.clock = server.clock
        self.chance = server.chance
        self.user = user
        self.dry_run = False
        #: Whether anybody will read the warnings; components do not.
        self.shows_warnings = shows_warnings
        self.warnings: list[str] = []

    @property
    def now(self) -> str:
        """The time as it stands in objects: RFC 3339, whole seconds, UTC."""
        return self.server.now

    def warn(self, text: str) -> None:
        """Send *text* back as a Warning header, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def get(self, model: type, namespace: str | None, name: str) -> Obj | None:
        """Return another object as it is stored now, or None. Nobody may change it."""
        registry = self.server.registries.get(model)
        item = registry.cache.get(registry.key(namespace or "", name)) if registry else None
        return None if item is None else item.obj

    def list(self, model: type, namespace: str | None = None) -> Sequence[Obj]:
        """Return the stored objects of a kind, in key order. Nobody may change them."""
        registry = self.server.registries.get(model)
        if registry is None or not registry.cache.items:
            return ()
        return [item.obj for item in registry.cache.list(namespace or "")]
