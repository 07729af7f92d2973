"""PATCH: three ways to say what changes, applied to the newest object and checked like a whole one.

Models apiserver pkg/endpoints/handlers/patch.go (jsonPatcher, smpPatcher). Left out: server-side apply, which answers 415.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.apimachinery import errors, gojson, patches
from k8slab.apimachinery.errors import ApiError, FieldError
from k8slab.apimachinery.patches import PatchError
from k8slab.cluster.apiserver import decoding
from k8slab.cluster.apiserver.decoding import IGNORE, STRICT
from k8slab.cluster.apiserver.gosyntax import GoSyntaxError
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.schema import DecodeError, Document, Literal, json_kind
from k8slab.cluster.apiserver.strategies.strategy import Obj

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH)
MOST_JSON_PATCH_OPERATIONS = 10_000
_MAP = "map[string]interface {}"
_REJECTED = "the server rejected our request due to an error in our request"

Redecode = Callable[[Any], decoding.Decoded]


class Patch:
    """A patch that can be applied to objects of *model*; `redecode` checks the result."""

    def __init__(
        self,
        content_type: str,
        body: Any,
        model: type,
        redecode: Redecode,
        context: RequestContext,
        directive: str = decoding.WARN,
    ) -> None:
        self._type = decoding.media_type(content_type)
        if self._type not in PATCH_TYPES:
            raise errors.unsupported_media_type()
        self._body = body
        self._model = model
        self._redecode = redecode
        self._context = context
        self._directive = directive

    def apply(self, old: Obj) -> Obj:
        """Return *old* as the patch makes it, with all its parts new. Raises ApiError: BadRequest, Invalid."""
        patch = self._read()
        strict = [] if self._directive == IGNORE else list(_duplicates(patch, ""))
        try:
            if self._type == JSON_PATCH:
                new = patches.json_patch(old, patch)
            elif self._type == MERGE_PATCH:
                new = patches.merge_patch(old, patch)
            else:
                new = patches.strategic_merge(old, patch, self._model)
        except PatchError as error:
            raise self._refused(error) from None
        except RecursionError:
            raise errors.bad_request("error decoding patch: exceeded max depth") from None
        try:
            obj, unknown = self._redecode(new)
        except DecodeError as error:
            why = error.converter if self._type == STRATEGIC_MERGE_PATCH and error.converter else str(error)
            raise self._invalid(patch, new, why) from None
        strict += unknown
        if strict and self._directive == STRICT:
            raise self._invalid(patch, new, "strict decoding error: " + ", ".join(strict))
        if self._directive != IGNORE:
            for warning in strict:
                self._context.warn(warning)
        return obj

    def _read(self) -> Any:
        prefix = "" if self._type == STRATEGIC_MERGE_PATCH else "error decoding patch: "
        patch = self._body
        if isinstance(patch, bytes):
            try:
                patch = decoding.load_json(patch)
            except GoSyntaxError as error:
                raise errors.bad_request(f"{prefix}{error}") from None
        if self._type == JSON_PATCH:
            if not isinstance(patch, list):
                raise errors.bad_request(_cannot(patch, prefix, "[]handlers.jsonPatchOp"))
            if len(patch) > MOST_JSON_PATCH_OPERATIONS:
                why = (
                    f"The allowed maximum operations in a JSON patch is {MOST_JSON_PATCH_OPERATIONS}, got {len(patch)}"
                )
                raise errors.request_entity_too_large(why)
            for operation in patch:
                if not isinstance(operation, dict):
                    raise errors.bad_request(_cannot(operation, prefix, "handlers.jsonPatchOp"))
        elif not isinstance(patch, dict):
            raise errors.bad_request(_cannot(patch, prefix, _MAP))
        return patch

    def _invalid(self, patch: Any, new: Any, why: str) -> ApiError:
        shown = go_text(patch) if self._type == STRATEGIC_MERGE_PATCH else gojson.marshal(_sorted(new))
        return errors.invalid("", "", [FieldError.invalid("patch", shown, why)])

    def _refused(self, error: PatchError) -> ApiError:
        if self._type == STRATEGIC_MERGE_PATCH:
            return errors.bad_request(str(error)) if error.bad_request else errors.unknown(str(error))
        # Upstream's generic answer to 422 does not pass on what the patch library said.
        return errors.failure(422, "Invalid", _REJECTED, {})


def _cannot(value: Any, prefix: str, go_type: str) -> str:
    return f"{prefix}json: cannot unmarshal {json_kind(value)} into Go value of type {go_type}"


def _duplicates(value: Any, path: str) -> list[str]:
    found: list[str] = []
    if isinstance(value, dict):
        seen: set[str] = set()
        pairs = value.pairs if isinstance(value, Document) else list(value.items())
        for key, item in pairs:
            where = f"{path}.{key}" if path else key
            if key in seen:
                found.append(f"duplicate field {gojson.quote(where)}")
            seen.add(key)
            found += _duplicates(item, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _duplicates(item, f"{path}[{index}]")
    return found


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def go_text(value: Any) -> str:
    """Return *value* as fmt's ``%+v`` prints it: ``map[spec:map[replicas:3]]``."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_text, value)) + "]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, Literal) else str(value)
