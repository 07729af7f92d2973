"""A strategy is what differs from kind to kind at the API server; what is common lives in ``apiserver/registry.py``.

Models apiserver pkg/registry/rest (RESTCreateStrategy, RESTUpdateStrategy, RESTDeleteStrategy, TableConvertor) and the
defaulting functions of pkg/apis. Everything here works on plain JSON dicts that have passed strict decoding: known fields
only, each with the right JSON type, without nulls; empty strings, lists, maps and false have gone where Go would omit them.
``metadata`` is a dict and has its name; ``spec`` and ``status`` may be absent until `Strategy.default` puts them there.

A new kind is one small subclass in a file of this folder and its name in the list of ``strategies/__init__.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from lightkube.core.resource import GlobalResource

from k8slab.apimachinery.errors import FieldError
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

#: An API object as JSON: what stands in a request's body and, encoded, in etcd.
Obj = dict[str, Any]


class Column(NamedTuple):
    """A column of a server-side table; priority 1 shows up only with ``-o wide``."""

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""


#: The first column of most kinds.
NAME_DESCRIPTION = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow "
    "a client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
NAME_COLUMN = Column("Name", format="name", description=NAME_DESCRIPTION)
AGE_DESCRIPTION = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed "
    "to be set in happens-before order across separate operations. Clients may not set this value. It is represented "
    "in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)
AGE_COLUMN = Column("Age", description=AGE_DESCRIPTION)


class StrategyContext(Protocol):
    """What a strategy may ask while it prepares an object."""

    clock: Clock
    chance: Chance
    #: Who makes the request, for example ``kubernetes-admin``.
    user: str
    #: Whether nothing will be stored: then nothing may be allocated either.
    dry_run: bool

    @property
    def now(self) -> str:
        """The time as it stands in objects: RFC 3339, whole seconds, UTC."""

    def get(self, model: type, namespace: str | None, name: str) -> Obj | None:
        """Return another object as it is stored now, or None."""

    def list(self, model: type, namespace: str | None = None) -> Sequence[Obj]:
        """Return the stored objects of a kind, in key order."""


class Strategy:
    """The behaviour of one kind. Methods may change the dicts that are called *new* or *obj*, never *old*."""

    #: The lightkube resource class: it gives group, version, kind and plural, and whether the kind has a namespace.
    model: ClassVar[type]
    singular: ClassVar[str] = ""
    short_names: ClassVar[tuple[str, ...]] = ()
    categories: ClassVar[tuple[str, ...]] = ()
    #: "status", "scale", and kind-specific ones such as "binding" or "eviction" for pods.
    subresources: ClassVar[tuple[str, ...]] = ()
    #: Whether PUT of an object that is not there creates it.
    allow_create_on_update: ClassVar[bool] = False
    #: Whether an update may leave out resourceVersion ("last write wins").
    allow_unconditional_update: ClassVar[bool] = True
    #: Whether DELETE first sets deletionTimestamp and waits for somebody (the kubelet) to finish.
    graceful_deletion: ClassVar[bool] = False
    #: What becomes of dependents if a DELETE does not say: "Background" or "Orphan".
    default_propagation: ClassVar[str] = "Background"
    #: What every request for the kind is warned of, for kinds that something better has replaced.
    deprecated: ClassVar[str] = ""
    #: Objects of this kind go by themselves after so many seconds; 0: never.
    ttl_seconds: ClassVar[int] = 0
    #: The rule for metadata.name, a function of ``apimachinery.names``; None stands for ``dns1123_subdomain``.
    name_rule: ClassVar[Any] = None
    verbs: ClassVar[tuple[str, ...]] = (
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
        "watch",
    )
    columns: ClassVar[Sequence[Column]] = (NAME_COLUMN, AGE_COLUMN)

    def __init__(self) -> None:
        definition = self.model._api_info.resource  # type: ignore[attr-defined]
        self.group: str = definition.group
        self.version: str = definition.version
        self.kind: str = definition.kind
        self.plural: str = self.model._api_info.plural  # type: ignore[attr-defined]
        self.namespaced = not issubclass(self.model, GlobalResource)
        self.api_version: str = definition.api_version
        #: As error messages name it: ``pods``, ``deployments.apps``.
        self.resource = f"{self.plural}.{self.group}" if self.group else self.plural
        #: As ``... is invalid`` names it: ``Pod``, ``Deployment.apps``.
        self.group_kind = f"{self.kind}.{self.group}" if self.group else self.kind

    # -- writing -------------------------------------------------------------------------------------------------

    def default(self, obj: Obj) -> None:
        """Fill in upstream's defaults, and the empty values that Go always encodes (``"resources": {}``, ``"status": {}``).

        Called on every write, before admission and `prepare_for_update`; must change nothing when called twice.
        """

    def default_status(self, obj: Obj) -> None:
        """Fill in the defaults of a write to /status by a component: all but metadata and status has them already."""
        self.default(obj)

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        """Drop what a creator may not set (usually status) and set what only the server may."""

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        """Take back from *old* what an update may not change (usually status), and count ``generation``."""

    def prepare_for_status_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        """Take back from *old* everything that a write to /status may not change."""
        self.keep(new, old, "spec")
        # Upstream keeps the labels of the body for most kinds; nobody writes labels through /status, so they stay.
        for field in ("labels",):
            self.keep(new["metadata"], old["metadata"], field)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        """Return all that is wrong with a new object, in upstream's order. Its metadata is already checked."""
        return ()

    def validate_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        """Return all that is wrong with *new* in place of *old*; by default what `validate` finds."""
        return self.validate(new)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        """Return all that is wrong with a write to /status."""
        return ()

    def warnings(self, obj: Obj) -> list[str]:
        """Return the Warning headers for a new object."""
        return []

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        """Return the Warning headers for an update; by default those of a new object."""
        return self.warnings(new)

    # -- deleting ------------------------------------------------------------------------------------------------

    def grace_period(self, obj: Obj, asked: int | None) -> int:
        """Return the seconds that *obj* gets to go, when *asked* for so many; only for `graceful_deletion`."""
        return asked or 0

    # -- reading -------------------------------------------------------------------------------------------------

    def fields(self, obj: Obj) -> dict[str, str]:
        """Return the fields that a field selector of this kind may name, with their values."""
        return self.metadata_fields(obj)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        """Return the table cells of *obj*, one for each of `columns` (see ``apiserver/tables.py`` for ages)."""
        from k8slab.cluster.apiserver.tables import age

        return [obj["metadata"]["name"], age(obj, now)]

    # -- scale ---------------------------------------------------------------------------------------------------

    def replicas(self, obj: Obj) -> tuple[int, int, str]:
        """Return (desired number, observed number, label selector as text), for kinds with the "scale" subresource."""
        from k8slab.apimachinery import labels

        spec, status = obj.get("spec") or {}, obj.get("status") or {}
        selector = spec.get("selector")
        if selector and all(isinstance(value, str) for value in selector.values()):
            chosen = labels.from_map(selector)  # a ReplicationController's
        else:
            chosen = labels.from_label_selector(selector)
        return spec.get("replicas", 0), status.get("replicas", 0), str(chosen)

    def set_replicas(self, obj: Obj, replicas: int) -> None:
        """Set the desired number, for kinds with the "scale" subresource."""
        obj["spec"]["replicas"] = replicas

    # -- for subclasses ------------------------------------------------------------------------------------------

    def metadata_fields(self, obj: Obj) -> dict[str, str]:
        """Return the two fields that every kind has."""
        metadata = obj["metadata"]
        fields = {"metadata.name": metadata.get("name", "")}
        if self.namespaced:
            fields["metadata.namespace"] = metadata.get("namespace", "")
        return fields

    @staticmethod
    def keep(new: Obj, old: Obj, field: str) -> None:
        """Make *field* of *new* what it is in *old*, absent included."""
        if field in old:
            new[field] = old[field]
        else:
            new.pop(field, None)

    @staticmethod
    def count_generation(new: Obj, old: Obj, *fields: str) -> None:
        """Raise metadata.generation if one of *fields* (``spec`` unless given) differs from *old*."""
        before = old["metadata"].get("generation", 0)
        changed = any(new.get(field) != old.get(field) for field in fields or ("spec",))
        generation = before + 1 if changed else before
        if generation:
            new["metadata"]["generation"] = generation
        else:
            new["metadata"].pop("generation", None)
