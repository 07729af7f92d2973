"""From the bytes of a body to an object: JSON or YAML, its kind recognised, its fields checked against the kind's type.

Models apimachinery pkg/runtime/serializer/json and the error sentences of apiserver pkg/endpoints/handlers/rest.go
(transformDecodeError). Left out: protobuf, conversion between versions of a kind.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from functools import cache
from typing import Any, NamedTuple

from k8slab.apimachinery import errors, gojson
from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver import gosyntax, schema, yamlbody
from k8slab.cluster.apiserver.gosyntax import GoSyntaxError
from k8slab.cluster.apiserver.schema import DecodeError, Document, Literal
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.apiserver.yamlbody import YamlError

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
BODY_TYPES = (JSON, YAML, PROTOBUF)
STRICT, WARN, IGNORE = "Strict", "Warn", "Ignore"

_SCHEME = 'in scheme "pkg/api/legacyscheme/scheme.go:30"'
_FIND_KIND = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


class Decoded(NamedTuple):
    """An object and what strict decoding has against it."""

    obj: Obj
    strict: list[str]


# -- text to values --------------------------------------------------------------------------------------------------


def media_type(content_type: str) -> str:
    """Return the media type without parameters; a body without Content-Type is JSON."""
    return content_type.partition(";")[0].strip().lower() or JSON


def load_json(body: bytes) -> Any:
    """Return the JSON value in *body*, with `Document` and `Literal` where plain ones would lose something.

    Raises GoSyntaxError.
    """
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_float=_literal, parse_constant=_no_constant)
    except RecursionError:
        gosyntax.check(body)
        raise GoSyntaxError("exceeded max depth") from None
    except ValueError as error:
        gosyntax.check(body)
        raise GoSyntaxError(str(error)) from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    return result if len(result) == len(pairs) else Document(pairs)


def _literal(text: str) -> Literal:
    number = Literal(text)
    if not math.isfinite(number):
        raise ValueError(f"number {text} out of range")
    number.text = text
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"invalid constant {text}")


def _finite(value: Any) -> Any:
    """Return a YAML value as JSON could hold it. Raises YamlError for infinities."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise YamlError(
                f"json: unsupported value: {'NaN' if math.isnan(value) else '+Inf' if value > 0 else '-Inf'}"
            )
        if value.is_integer() and abs(value) < 1 << 53:
            return int(value)
        return _literal(repr(value))
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


# -- values to objects -----------------------------------------------------------------------------------------------


def decode_body(
    body: bytes, content_type: str, model: type, kind: str, api_version: str, directive: str = WARN
) -> Decoded:
    """Return the object of *model* in *body*. A body that does not name its kind is of *kind*.

    With the directive Strict, unknown and duplicate fields are an error. Raises ApiError: BadRequest 400, 415.
    """
    if media_type(content_type) not in (JSON, YAML):
        raise errors.unsupported_media_type(BODY_TYPES)
    duplicates: list[str] = []
    try:
        if media_type(content_type) == YAML:
            value, duplicates = yamlbody.load(body.decode("utf-8", "replace"))
            value = _finite(value)
        else:
            value = load_json(body)
        found_kind, found_version = _kind_of(value)
    except GoSyntaxError as error:
        raise _unrecognized(kind, f"couldn't get version/kind; json parse error: {error}", body) from None
    except (DecodeError, YamlError) as error:
        raise _unrecognized(kind, str(error), body) from None
    found_kind, found_version = found_kind or kind, found_version or api_version
    version = found_version.rpartition("/")[2]

    def wrong(why: object) -> ApiError:
        return errors.bad_request(
            f"{found_kind} in version {gojson.quote(version)} cannot be handled as a {kind}: {why}"
        )

    try:
        if (found_kind, found_version) != (kind, api_version):
            _refuse_other_kind(value, found_kind, found_version, model, kind, api_version)
        obj, strict = schema.decode(value, model)
    except DecodeError as error:
        raise wrong(error) from None
    if duplicates:
        strict = ["yaml: unmarshal errors:\n" + "\n".join("  " + line for line in duplicates), *strict]
    if strict and directive == STRICT:
        raise wrong("strict decoding error: " + ", ".join(strict))
    obj.pop("kind", None)
    obj.pop("apiVersion", None)
    return Decoded({"kind": kind, "apiVersion": api_version, **obj}, strict)


def redecode(value: Any, strategy: Strategy) -> Decoded:
    """Return *value*, a changed object of the strategy's kind, checked like a body. Raises DecodeError."""
    obj, strict = schema.decode(value, strategy.model)
    return Decoded({"kind": strategy.kind, "apiVersion": strategy.api_version, **obj}, strict)


def _kind_of(value: Any) -> tuple[str, str]:
    """Return (kind, apiVersion) as the body says. Raises DecodeError."""
    if not isinstance(value, dict):
        if value is None:
            return "", ""
        go = schema.json_kind(value)
        why = f"json: cannot unmarshal {go} into Go value of type {_FIND_KIND}"
        raise DecodeError(f"couldn't get version/kind; json parse error: {why}")
    found = []
    for field in ("kind", "apiVersion"):
        text = value.get(field)
        if text is not None and not isinstance(text, str):
            why = f"json: cannot unmarshal {schema.json_kind(text)} into Go struct field .{field} of type string"
            raise DecodeError(f"couldn't get version/kind; json parse error: {why}")
        found.append(text or "")
    if found[1].count("/") > 1:
        raise DecodeError(f"unexpected GroupVersion string: {found[1]}")
    return found[0], found[1]


def _unrecognized(kind: str, why: str, body: bytes) -> ApiError:
    return errors.bad_request(f"the object provided is unrecognized (must be of type {kind}): {why} ({_summary(body)})")


def _summary(body: bytes) -> str:
    if not body:
        return "<empty>"
    text = body[:30].decode("utf-8", "replace") if body[:1] == b"{" else body[:30].hex()
    return text + (" ..." if len(body) > 30 else "")


def _refuse_other_kind(
    value: Any, found_kind: str, found_version: str, model: type, kind: str, api_version: str
) -> None:
    """Raise DecodeError (or ApiError) for a body of another kind than the path's; DeleteOptions are of every group."""
    if found_kind == kind == "DeleteOptions":
        return
    other = registered(found_version, found_kind)
    if other is None:
        words = f"no kind {gojson.quote(found_kind)} is registered for version {gojson.quote(found_version)}"
        raise DecodeError(f"{words} {_SCHEME}")
    if found_kind == kind and found_version.rpartition("/")[0] == api_version.rpartition("/")[0]:
        raise errors.bad_request(
            f"the API version in the data ({found_version}) does not match the expected API version ({api_version})"
        )
    schema.decode(value, other)
    version = found_version.rpartition("/")[2]
    internal = (api_version.rpartition("/")[0].partition(".")[0]) or "core"
    raise DecodeError(f"converting ({version}.{found_kind}) to ({internal}.{kind}): unknown conversion")


@cache
def registered(api_version: str, kind: str) -> type | None:
    """Return the lightkube resource class of a kind of Kubernetes, served here or not."""
    group, _, version = api_version.rpartition("/")
    module = f"{group.partition('.')[0] or 'core'}_{version}"
    if not re.fullmatch("[a-z0-9_]{1,60}", module) or not re.fullmatch("[A-Z][A-Za-z]{1,60}", kind):
        return None
    try:
        found = getattr(importlib.import_module(f"lightkube.resources.{module}"), kind, None)
    except ImportError:
        return None
    info = getattr(found, "_api_info", None)
    return found if info is not None and info.resource == (group, version, kind) else None
