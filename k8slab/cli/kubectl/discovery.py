"""What resources the server has, and which of them a word means: ``po``, ``pods``, ``Pod``, ``deploy.apps``, ``deployments.v1.apps``.

Models client-go's discovery and RESTMapper (restmapper: shortcuts, categories, priorities). Everything is asked of the server, so
a kind that it does not serve is not known here either.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.seam import Steps
from k8slab.sim.http import Request, Response

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One resource of the API: where it is and what it is called."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """``pods`` or ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def kind_name(self) -> str:
        """``pod`` or ``deployment.apps``: how messages name it."""
        kind = self.kind.lower()
        return f"{kind}.{self.group}" if self.group else kind

    @property
    def gvr(self) -> str:
        """How Go prints the GroupVersionResource: ``apps/v1, Resource=deployments``."""
        return f"{self.group}/{self.version}, Resource={self.plural}"

    @property
    def gvk(self) -> str:
        """How Go prints the GroupVersionKind."""
        return f"{self.group}/{self.version}, Kind={self.kind}"

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the path of the collection, of the object *name*, or of its *subresource*."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part]
        return "/".join(parts)


class RestMapper:
    """Finds the resource that a word means. Asks the server once, when first needed."""

    def __init__(self) -> None:
        self._mappings: tuple[Mapping, ...] | None = None

    def all(self) -> Steps[tuple[Mapping, ...]]:
        """Return every resource, core group first, then the groups in the server's order."""
        if self._mappings is None:
            found: list[Mapping] = []
            for root in ("/api", "/apis"):
                found.extend((yield from _discover(root)))
            self._mappings = tuple(found)
        return self._mappings

    def find(self, word: str) -> Steps[Mapping]:
        """Return the resource that *word* means. Raises CommandError if the server has no such type."""
        mappings = yield from self.all()
        found = _lookup(mappings, word)
        if found is None:
            raise CommandError(f'the server doesn\'t have a resource type "{word}"')
        return found

    def of_kind(self, api_version: str, kind: str) -> Steps[Mapping | None]:
        """Return the resource whose objects are of *kind* in *api_version*, or None."""
        mappings = yield from self.all()
        return next((m for m in mappings if m.kind == kind and m.api_version == api_version), None)

    def category(self, word: str) -> Steps[list[Mapping]]:
        """Return the resources in the category *word* (``all``), each once."""
        mappings = yield from self.all()
        chosen: dict[tuple[str, str], Mapping] = {}
        for mapping in mappings:
            if word in mapping.categories:
                chosen.setdefault((mapping.group, mapping.plural), mapping)
        return list(chosen.values())


def _lookup(mappings: tuple[Mapping, ...], word: str) -> Mapping | None:
    resource, _, rest = word.partition(".")
    version, _, group = rest.partition(".")
    candidates: list[tuple[str, str | None, str | None]] = []
    if group:
        candidates.append((resource, version, group))
    if rest:
        candidates.append((resource, None, rest))
    else:
        candidates.append((word, None, None))
    for name, wanted_version, wanted_group in candidates:
        there = [
            m
            for m in mappings
            if (wanted_group is None or _is_group(m.group, wanted_group))
            and (wanted_version is None or m.version == wanted_version)
        ]
        found = _by_name(there, name)
        if found is not None:
            return found
    return None


def _is_group(group: str, wanted: str) -> bool:
    return group == wanted or group.startswith(wanted + ".")


def _by_name(mappings: list[Mapping], name: str) -> Mapping | None:
    lower = name.lower()
    for mapping in mappings:
        if lower in (mapping.plural, mapping.singular) or lower == mapping.kind.lower():
            return mapping
    return next((mapping for mapping in mappings if lower in mapping.short_names), None)


# -- discovery ---------------------------------------------------------------------------------------------------------


def _discover(root: str) -> Steps[list[Mapping]]:
    response: Response = yield Request("GET", root, {}, {"accept": _AGGREGATED})
    if response.status >= 400:
        return []
    document = json.loads(response.body)
    if document.get("kind") == "APIGroupDiscoveryList":
        return list(_aggregated(response.body))
    found: list[Mapping] = []
    for group_version, path in _group_versions(root, document):
        answer: Response = yield Request("GET", path, {}, {"accept": "application/json"})
        if answer.status < 400:
            found.extend(_resource_list(answer.body, group_version))
    return found


def _group_versions(root: str, document: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (group/version, path), the preferred version of each group first."""
    if root == "/api":
        return [(version, f"/api/{version}") for version in document.get("versions") or ()]
    found: list[tuple[str, str]] = []
    for group in document.get("groups") or ():
        preferred = (group.get("preferredVersion") or {}).get("groupVersion")
        names = [version["groupVersion"] for version in group.get("versions") or ()]
        ordered = sorted(names, key=lambda name: name != preferred)
        found.extend((name, f"/apis/{name}") for name in ordered)
    return found


@functools.lru_cache(maxsize=256)
def _resource_list(body: bytes, group_version: str) -> tuple[Mapping, ...]:
    group, _, version = group_version.rpartition("/")
    resources = json.loads(body).get("resources") or ()
    subresources: dict[str, list[str]] = {}
    for resource in resources:
        plural, slash, sub = resource["name"].partition("/")
        if slash:
            subresources.setdefault(plural, []).append(sub)
    return tuple(
        Mapping(
            group=resource.get("group") or group,
            version=resource.get("version") or version,
            plural=resource["name"],
            singular=resource.get("singularName") or resource["kind"].lower(),
            kind=resource["kind"],
            namespaced=bool(resource.get("namespaced")),
            short_names=tuple(resource.get("shortNames") or ()),
            categories=tuple(resource.get("categories") or ()),
            verbs=tuple(resource.get("verbs") or ()),
            subresources=tuple(subresources.get(resource["name"], ())),
        )
        for resource in resources
        if "/" not in resource["name"]
    )


@functools.lru_cache(maxsize=16)
def _aggregated(body: bytes) -> tuple[Mapping, ...]:
    return tuple(
        Mapping(
            group=group.get("metadata", {}).get("name") or "",
            version=version["version"],
            plural=resource["resource"],
            singular=resource.get("singularResource") or resource["responseKind"]["kind"].lower(),
            kind=resource["responseKind"]["kind"],
            namespaced=resource.get("scope") == "Namespaced",
            short_names=tuple(resource.get("shortNames") or ()),
            categories=tuple(resource.get("categories") or ()),
            verbs=tuple(resource.get("verbs") or ()),
            subresources=tuple(sub["subresource"] for sub in resource.get("subresources") or ()),
        )
        for group in json.loads(body).get("items") or ()
        for version in group.get("versions") or ()
        for resource in version.get("resources") or ()
    )


def preferred(mappings: Iterable[Mapping]) -> list[Mapping]:
    """Return each resource once, in its group's preferred version."""
    chosen: dict[tuple[str, str], Mapping] = {}
    for mapping in mappings:
        chosen.setdefault((mapping.group, mapping.plural), mapping)
    return list(chosen.values())


def no_match(kind: str, version: str) -> str:
    """Return upstream's sentence for a kind that the server does not have."""
    return f'no matches for kind "{kind}" in version "{version}"'


def is_no_route(error: Exception) -> bool:
    """Whether *error* says that the server has no such path at all."""
    return isinstance(error, ApiError) and error.code == 404 and not (error.status.get("details") or {}).get("name")
