"""What a path means: which verb on which resource, in which namespace, by which name.

Models apiserver pkg/endpoints/request/requestinfo.go. Left out: the old ``/watch/`` prefix, proxy subpaths.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from k8slab.sim.http import Request


@dataclass(slots=True)
class RequestInfo:
    """A request for a resource. *name* is empty for a collection."""

    group: str
    version: str
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version


def parse(path: str) -> RequestInfo | None:
    """Return what *path* asks for, or None if it is no path of a resource (discovery, health, nonsense)."""
    parts = [unquote(part) for part in path.split("/") if part]
    if not parts or parts[0] not in ("api", "apis"):
        return None
    if parts[0] == "api":
        group, rest = "", parts[1:]
    else:
        group, rest = (parts[1], parts[2:]) if len(parts) > 1 else ("", [])
    if len(rest) < 2:
        return None
    info = RequestInfo(group, rest[0])
    rest = rest[1:]
    # A namespace is itself a resource: namespaces/x, namespaces/x/status, namespaces/x/finalize.
    if rest[0] == "namespaces" and len(rest) > 1:
        info.namespace = rest[1]
        if len(rest) > 2 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
        elif group == "":
            info.namespace = ""
        else:
            return None
    info.resource = rest[0]
    info.name = rest[1] if len(rest) > 1 else ""
    info.subresource = "/".join(rest[2:])
    return info


def verb_of(request: Request, info: RequestInfo) -> str:
    """Return the verb: get, list, watch, create, update, patch, delete, deletecollection; empty for a method unknown."""
    match request.method:
        case "GET" | "HEAD":
            if info.name:
                return "get"
            return "watch" if request.flag("watch") else "list"
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case "PATCH":
            return "patch"
        case "DELETE":
            return "delete" if info.name else "deletecollection"
    return ""
