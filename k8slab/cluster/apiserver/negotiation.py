"""In which form the client wants its answer: JSON, YAML, a table, or metadata only.

Models apiserver pkg/endpoints/handlers/negotiation. Left out: protobuf and CBOR, compression.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import yaml

from k8slab.apimachinery import errors
from k8slab.cluster.apiserver.decoding import JSON, PROTOBUF, YAML
from k8slab.cluster.apiserver.watchcache import decode_json, encode_json
from k8slab.sim.http import Request

TABLE, PARTIAL, PARTIAL_LIST = "Table", "PartialObjectMetadata", "PartialObjectMetadataList"
_META = {"meta.k8s.io"}
_PRETTY_AGENTS = ("curl", "Wget", "Mozilla/5.0")


class Form(NamedTuple):
    """The form of an answer: its media type and, for tables and the like, what the object is turned *into*."""

    media_type: str = JSON
    into: str = ""
    pretty: bool = False


def form_of(request: Request, *, tables: bool = True) -> Form:
    """Return the first form in the Accept header that the server knows. Raises ApiError: NotAcceptable 406."""
    accept = request.headers.get("accept", "")
    pretty = is_pretty(request)
    if accept in ("", JSON, "*/*"):
        return Form(pretty=pretty)
    for clause in accept.split(","):
        kind, *parameters = (part.strip() for part in clause.split(";"))
        options = dict(parameter.partition("=")[::2] for parameter in parameters)
        media_type = {"*/*": JSON, "application/*": JSON, YAML: YAML, JSON: JSON}.get(kind.lower())
        if media_type is None:
            continue
        into = options.get("as", "")
        if not into:
            return Form(media_type, "", pretty)
        if (
            into in (TABLE, PARTIAL, PARTIAL_LIST)
            and options.get("g") in _META
            and options.get("v") in ("v1", "v1beta1")
        ):
            if tables:
                return Form(media_type, into, pretty)
            continue
    raise errors.not_acceptable((JSON, YAML, PROTOBUF))


def is_pretty(request: Request) -> bool:
    """Whether JSON is to be indented for human eyes."""
    if "pretty" in request.query:
        return request.flag("pretty") or request.param("pretty") == ""
    return request.headers.get("user-agent", "").startswith(_PRETTY_AGENTS)


def encode(value: Any, form: Form) -> bytes:
    """Return *value*, an object or its bytes, in the media type of *form*."""
    if form.media_type == YAML:
        plain = decode_json(value) if isinstance(value, bytes) else value
        return yaml.safe_dump(plain, default_flow_style=False, allow_unicode=True).encode()
    body = value if isinstance(value, bytes) else encode_json(value)
    if form.pretty:
        return msgspec.json.format(body, indent=2)
    return body
