"""What an admission plugin is: it may change a request (admit), refuse it (validate), and count it once it is sure (commit).

Models apiserver pkg/admission (Interface, MutationInterface, ValidationInterface, Attributes).
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy


class Attributes(NamedTuple):
    """The request as a plugin sees it. *operation* is CREATE, UPDATE or DELETE; *old* is None for CREATE."""

    operation: str
    strategy: Strategy
    namespace: str
    name: str
    obj: Obj
    old: Obj | None
    subresource: str
    context: RequestContext

    def forbidden(self, why: str) -> ApiError:
        """Return the refusal in admission's words."""
        return errors.forbidden(self.strategy.resource, self.name, why)


class Plugin:
    """The base of all plugins: looks at requests and lets them pass."""

    name: ClassVar[str]
    #: The resources it looks at (``pods``, ``deployments.apps``); None for all.
    resources: ClassVar[tuple[str, ...] | None] = None
    operations: ClassVar[tuple[str, ...]] = ("CREATE",)

    def handles(self, strategy: Strategy, operation: str) -> bool:
        """Whether the plugin looks at such requests at all."""
        return operation in self.operations and (self.resources is None or strategy.resource in self.resources)

    def admit(self, attributes: Any) -> None:
        """Change the object in place, or raise ApiError. Parts that are shared must be replaced, not changed."""

    def validate(self, attributes: Any) -> None:
        """Raise ApiError to refuse the request. Comes after the object has been validated."""

    def commit(self, attributes: Any) -> None:
        """The request will be stored (or, for DELETE, was): count it."""
