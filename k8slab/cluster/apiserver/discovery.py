"""What the server tells about itself: groups, versions, resources, its own version, and that it is well.

Models apiserver pkg/endpoints/discovery (also aggregated, as kubectl asks for it) and pkg/server/healthz. OpenAPI is only the
list of paths with the parameters that kubectl looks for before it trusts the server to validate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from k8slab.apimachinery import errors
from k8slab.cluster.apiserver.strategies.strategy import Strategy
from k8slab.cluster.apiserver.watchcache import encode_json
from k8slab.sim.http import Request, Response

MINOR = 36
VERSION = {
    "major": "1",
    "minor": f"{MINOR}",
    "emulationMajor": "1",
    "emulationMinor": f"{MINOR}",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": f"{MINOR - 1}",
    "gitVersion": f"v1.{MINOR}.2",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}
AGGREGATED = "apidiscovery.k8s.io"
HEALTH_CHECKS = (
    "ping",
    "log",
    "etcd",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/rbac/bootstrap-roles",
)
_HEALTH = ("/healthz", "/livez", "/readyz")

#: What each subresource answers with, and its verbs.
_SUBRESOURCES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "status": ("", "", "", ("get", "patch", "update")),
    "scale": ("autoscaling", "v1", "Scale", ("get", "patch", "update")),
    "binding": ("", "", "Binding", ("create",)),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "finalize": ("", "", "", ("update",)),
    "log": ("", "", "", ("get",)),
    "exec": ("", "", "PodExecOptions", ("create", "get")),
    "attach": ("", "", "PodAttachOptions", ("create", "get")),
    "portforward": ("", "", "PodPortForwardOptions", ("create", "get")),
    "ephemeralcontainers": ("", "", "", ("get", "patch", "update")),
    "resize": ("", "", "", ("get", "patch", "update")),
    "token": ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
    "proxy": ("", "", "", ("create", "delete", "get", "patch", "update")),
}


#: What the kubelet answers for every Pod; the server only passes it on.
CONNECT = ("attach", "exec", "log", "portforward")


def subresources_of(strategy: Strategy) -> list[str]:
    """Return the names of all subresources of a kind, sorted."""
    return sorted({*strategy.subresources, *(CONNECT if strategy.resource == "pods" else ())})


class Discovery:
    """The answers for every path that is no resource."""

    def __init__(self, strategies: Sequence[Strategy]) -> None:
        self._versions: dict[str, dict[str, list[Strategy]]] = {}
        for strategy in strategies:
            self._versions.setdefault(strategy.group, {}).setdefault(strategy.version, []).append(strategy)

    def serves(self, group: str, version: str) -> bool:
        """Whether there is anything of this group and version."""
        return version in self._versions.get(group, {})

    def answer(self, request: Request) -> Response | None:
        """Return the answer to *request*, or None if the path says nothing to us (404)."""
        path = request.path.rstrip("/") or "/"
        if path.startswith(_HEALTH):
            return _health(request, path)
        if path in ("/api", "/apis") and AGGREGATED in request.headers.get("accept", ""):
            return self._aggregated(request, path)
        value = self._document(path)
        return None if value is None else Response(200, {"content-type": "application/json"}, encode_json(value))

    def _document(self, path: str) -> Any:
        if path == "/":
            return {"paths": self._paths()}
        if path == "/version":
            return VERSION
        if path == "/api":
            addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.96.0.1:443"}]
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}
        if path == "/apis":
            groups = [_group(group, versions) for group, versions in self._versions.items() if group]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        if path == "/openapi/v3":
            return {
                "paths": {name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={MINOR}"} for name in self._roots()}
            }
        parts = path.strip("/").split("/")
        if parts[:2] == ["openapi", "v3"] and "/".join(parts[2:]) in self._roots():
            return self._openapi(*self._roots()["/".join(parts[2:])])
        if parts[0] == "apis" and len(parts) == 2 and parts[1] in self._versions and parts[1]:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], self._versions[parts[1]])}
        group_version = self._roots().get("/".join(parts))
        if group_version is None:
            return None
        group, version = group_version
        resources = list(_resources(self._versions[group][version]))
        api_version = f"{group}/{version}" if group else version
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": resources}

    def _roots(self) -> dict[str, tuple[str, str]]:
        return {
            (f"apis/{group}/{version}" if group else f"api/{version}"): (group, version)
            for group, versions in self._versions.items()
            for version in versions
        }

    def _paths(self) -> list[str]:
        paths = ["/api", "/apis", "/openapi/v3", "/version", *_HEALTH]
        for root in self._roots():
            paths += [f"/{root}", f"/{root}".rpartition("/")[0]]
        return sorted(set(paths))

    def _aggregated(self, request: Request, path: str) -> Response:
        """Return all groups with all their resources in one document, in the version that the client prefers."""
        accept = request.headers.get("accept", "")
        version = "v2" if "v=v2;" in accept + ";" or "v=v2," in accept + "," else "v2beta1"
        items = []
        for group, versions in self._versions.items():
            if bool(group) != (path == "/apis"):
                continue
            listed = [
                {"version": name, "resources": list(_aggregated(strategies)), "freshness": "Current"}
                for name, strategies in versions.items()
            ]
            metadata = {"name": group} if group else {}
            items.append({"metadata": metadata, "versions": listed})
        value = {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"{AGGREGATED}/{version}",
            "metadata": {},
            "items": items,
        }
        content_type = f"application/json;g={AGGREGATED};v={version};as=APIGroupDiscoveryList"
        return Response(200, {"content-type": content_type, "vary": "Accept"}, encode_json(value))

    def _openapi(self, group: str, version: str) -> Any:
        paths: dict[str, Any] = {}
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        names = ("dryRun", "fieldManager", "fieldValidation", "force")
        parameters = [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in names
        ]
        for strategy in self._versions[group][version]:
            where = "/namespaces/{namespace}" if strategy.namespaced else ""
            kind = {"group": group, "version": version, "kind": strategy.kind}
            operation = {"parameters": parameters, "x-kubernetes-group-version-kind": kind}
            paths[f"{root}{where}/{strategy.plural}/{{name}}"] = {"patch": operation, "put": operation}
            paths[f"{root}{where}/{strategy.plural}"] = {"post": operation}
        info = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def _group(name: str, versions: Iterable[str]) -> dict[str, Any]:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resources(strategies: Sequence[Strategy]) -> Iterable[dict[str, Any]]:
    for strategy in sorted(strategies, key=lambda strategy: strategy.plural):
        resource: dict[str, Any] = {
            "name": strategy.plural,
            "singularName": strategy.singular,
            "namespaced": strategy.namespaced,
            "kind": strategy.kind,
            "verbs": list(strategy.verbs),
        }
        if strategy.short_names:
            resource["shortNames"] = list(strategy.short_names)
        if strategy.categories:
            resource["categories"] = list(strategy.categories)
        yield resource
        for name in subresources_of(strategy):
            group, version, kind, verbs = _SUBRESOURCES[name]
            sub: dict[str, Any] = {"name": f"{strategy.plural}/{name}", "singularName": ""}
            sub["namespaced"] = strategy.namespaced
            if group:
                sub |= {"group": group, "version": version}
            yield sub | {"kind": kind or strategy.kind, "verbs": list(verbs)}


def _aggregated(strategies: Sequence[Strategy]) -> Iterable[dict[str, Any]]:
    for strategy in sorted(strategies, key=lambda strategy: strategy.plural):
        resource: dict[str, Any] = {
            "resource": strategy.plural,
            "responseKind": {"group": strategy.group, "version": strategy.version, "kind": strategy.kind},
            "scope": "Namespaced" if strategy.namespaced else "Cluster",
            "singularResource": strategy.singular,
            "verbs": list(strategy.verbs),
        }
        if strategy.short_names:
            resource["shortNames"] = list(strategy.short_names)
        if strategy.categories:
            resource["categories"] = list(strategy.categories)
        if subresources_of(strategy):
            resource["subresources"] = []
        for name in subresources_of(strategy):
            group, version, kind, verbs = _SUBRESOURCES[name]
            response = {"group": group or strategy.group, "version": version or strategy.version}
            response["kind"] = kind or strategy.kind
            resource["subresources"].append({"subresource": name, "responseKind": response, "verbs": list(verbs)})
        yield resource


def _health(request: Request, path: str) -> Response | None:
    root, _, check = path.strip("/").partition("/")
    if check and check not in HEALTH_CHECKS:
        return None
    text = "ok"
    if "verbose" in request.query and not check:
        text = "".join(f"[+]{name} ok\n" for name in HEALTH_CHECKS) + f"{root} check passed\n"
    return Response(200, {"content-type": "text/plain; charset=utf-8"}, text.encode())


def not_found(request: Request) -> Response:
    """Return what a path gets that nobody serves: no Status, plain text."""
    return Response(404, {"content-type": "text/plain; charset=utf-8"}, b"404 page not found\n")


def require_method(request: Request, *allowed: str) -> None:
    """Raise MethodNotAllowed if the request's method is none of *allowed*."""
    if request.method not in allowed:
        raise errors.method_not_allowed()
