"""Requests to the API server, as parts of a verb: each sends one and returns the JSON of its answer, or raises ApiError.

Models client-go's REST client as kubectl uses it: paths from a mapping, ``Warning:`` headers on standard error (each once), and
with ``-v=6`` or more a line for every round trip, as klog writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from k8slab.apimachinery import errors, gojson
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl.discovery import Mapping as RestMapping
from k8slab.cli.seam import Io, Now, Steps
from k8slab.sim.http import Request, Response, Stream

Obj = dict[str, Any]
Params = Mapping[str, str]

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

_WARNING = re.compile(r'299 [^ ]+ "((?:[^"\\]|\\.)*)"')
_USER_AGENT = "kubectl/v1.36.2 (linux/amd64) kubernetes/k8slab"
_REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass
class Api:
    """The API server as one run of kubectl sees it."""

    io: Io
    verbosity: int = 0
    server: str = "https://127.0.0.1:6443"
    user: str = ""
    warnings: list[str] = field(default_factory=list)

    # -- one round trip ----------------------------------------------------------------------------------------------

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: bytes = b"",
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Steps[Response]:
        """Send a request and return the answer, whatever it is. Warnings that come with it are shown."""
        headers = {"accept": accept, "user-agent": _USER_AGENT}
        if body:
            headers["content-type"] = content_type
        if self.user:
            headers["impersonate-user"] = self.user
        request = Request(method, path, {key: [value] for key, value in (params or {}).items()}, headers, body)
        if self.verbosity >= 8 and body:
            yield from self._log("helper.go", f'"Request Body" body={gojson.quote(body.decode())}')
        response = yield request
        if self.verbosity >= 6:
            yield from self._log_round_trip(request, response)
        for warning in _WARNING.findall(response.headers.get("warning", "")):
            self.warn(warning.replace('\\"', '"').replace("\\\\", "\\"))
        return response

    def call(self, method: str, path: str, **more: Any) -> Steps[Any]:
        """Send a request (see `send`) and return the JSON of its answer. Raises ApiError for a refusal."""
        response = yield from self.send(method, path, **more)
        return decoded(response)

    def warn(self, text: str) -> None:
        """Show a warning of the server's, once."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.io.err(f"Warning: {text}\n")

    # -- objects -----------------------------------------------------------------------------------------------------

    def get(self, mapping: RestMapping, namespace: str, name: str, *, subresource: str = "", **more: Any) -> Steps[Obj]:
        """Return one object."""
        return (yield from self.call("GET", mapping.path(namespace, name, subresource), **more))

    def list(self, mapping: RestMapping, namespace: str, params: Params | None = None, **more: Any) -> Steps[Obj]:
        """Return the list of a kind (a Table if asked for with *accept*), all pages of it."""
        asked = dict(params or {})
        whole: Obj = yield from self.call("GET", mapping.path(namespace), params=asked, **more)
        rows = "rows" if whole.get("kind") == "Table" else "items"
        page = whole
        while token := page.get("metadata", {}).get("continue"):
            page = yield from self.call("GET", mapping.path(namespace), params={**asked, "continue": token}, **more)
            whole[rows] = [*(whole.get(rows) or ()), *(page.get(rows) or ())]
            whole["metadata"] = {**page.get("metadata", {}), "continue": ""}
        if whole.get("metadata", {}).get("continue") == "":
            del whole["metadata"]["continue"]
        return whole

    def watch(self, mapping: RestMapping, namespace: str, params: Params, **more: Any) -> Steps[Stream]:
        """Start a watch and return its stream."""
        response = yield from self.send("GET", mapping.path(namespace), params={**params, "watch": "true"}, **more)
        if response.stream is None:
            decoded(response)
            raise errors.internal("the server answered a watch with no stream")
        return response.stream

    def create(self, mapping: RestMapping, namespace: str, obj: Obj, params: Params | None = None) -> Steps[Obj]:
        """Create *obj* and return it as stored."""
        return (yield from self.call("POST", mapping.path(namespace), params=params, body=encode(obj)))

    def update(
        self, mapping: RestMapping, namespace: str, name: str, obj: Obj, params: Params | None = None, sub: str = ""
    ) -> Steps[Obj]:
        """Replace an object and return it as stored."""
        return (yield from self.call("PUT", mapping.path(namespace, name, sub), params=params, body=encode(obj)))

    def patch(
        self,
        mapping: RestMapping,
        namespace: str,
        name: str,
        patch: bytes,
        content_type: str,
        params: Params | None = None,
        subresource: str = "",
    ) -> Steps[Obj]:
        """Patch an object and return it as stored."""
        path = mapping.path(namespace, name, subresource)
        return (yield from self.call("PATCH", path, params=params, body=patch, content_type=content_type))

    def delete(self, mapping: RestMapping, namespace: str, name: str, options: Obj, params: Params) -> Steps[Obj]:
        """Delete an object; return what the server says: the object, if it lingers, or a Status."""
        body = encode({"kind": "DeleteOptions", "apiVersion": "v1", **options})
        return (yield from self.call("DELETE", mapping.path(namespace, name), params=params, body=body))

    # -- the log of -v ------------------------------------------------------------------------------------------------

    def _log_round_trip(self, request: Request, response: Response) -> Steps[None]:
        status = f"{response.status} {_REASONS.get(response.status, '')}".strip()
        url = gojson.quote(self.server + request.target)
        line = f'"Response" verb="{request.method}" url={url} status="{status}" milliseconds=1'
        yield from self._log("round_trippers.go", line)
        if self.verbosity >= 8 and response.stream is None:
            yield from self._log("helper.go", f'"Response Body" body={gojson.quote(response.body.decode())}')

    def _log(self, where: str, text: str) -> Steps[None]:
        now: datetime = yield Now()
        line = {"round_trippers.go": 632, "helper.go": 246}[where]
        self.io.err(f"I{now:%m%d %H:%M:%S}.{now.microsecond:06d}    4242 {where}:{line}] {text}\n")


def encode(obj: Obj) -> bytes:
    """Return *obj* as JSON for the wire."""
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode()


def decoded(response: Response) -> Any:
    """Return the JSON of an answer. Raises ApiError if the server refused."""
    text = response.body
    if response.status < 400:
        return json.loads(text) if text else {}
    try:
        status = json.loads(text)
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        status.setdefault("code", response.status)
        raise ApiError(status)
    raise _unexpected(response.status, text.decode(errors="replace").strip())


def _unexpected(code: int, text: str) -> ApiError:
    if code == 404:
        return errors.failure(404, "NotFound", "the server could not find the requested resource", {})
    if code == 405:
        return errors.method_not_allowed()
    message = f"an error on the server ({gojson.quote(text)}) has prevented the request from succeeding"
    return errors.failure(code, "InternalError" if code >= 500 else "", message)
