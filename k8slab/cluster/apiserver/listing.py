"""GET: one object, or a list of them: newest, at a revision, in chunks, selected.

Models apiserver pkg/endpoints/handlers/get.go, pkg/storage/continue.go and the list options' validation in
apimachinery pkg/apis/meta/internalversion/validation.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, NamedTuple

from k8slab.apimachinery import errors, fields, gojson, labels
from k8slab.apimachinery.errors import FieldError
from k8slab.apimachinery.fields import FieldSelector
from k8slab.apimachinery.labels import Selector
from k8slab.cluster.apiserver import gosyntax
from k8slab.cluster.apiserver.decoding import load_json
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.strategies.strategy import Strategy
from k8slab.cluster.apiserver.watchcache import Item, encode_json
from k8slab.cluster.etcd.store import CompactedError, FutureRevisionError
from k8slab.sim.http import Request

ALL_FIELDS = FieldSelector()
EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"
_TOKEN_VERSION = "meta.k8s.io/v1"
_LIST_TOO_OLD = "The resourceVersion for the provided list is too old."
_CONTINUE_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the "
    "continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing "
    "with the provided token results in an inconsistent list - objects that were created, modified, or deleted between "
    "the time the first chunk was returned and now may show up in the list."
)


@dataclass(slots=True)
class ListOptions:
    """The query of a list or watch, parsed."""

    label_selector: Selector = labels.EVERYTHING
    field_selector: FieldSelector = ALL_FIELDS
    resource_version: str = ""
    match: str = ""
    limit: int = 0
    token: str = ""
    timeout_seconds: int | None = None
    bookmarks: bool = False
    send_initial_events: bool | None = None


class Page(NamedTuple):
    """The objects of one answer and what its ListMeta says."""

    items: list[Item]
    metadata: dict[str, Any]


def options_of(request: Request, strategy: Strategy, *, is_watch: bool = False) -> ListOptions:
    """Return the list options of *request*. Raises ApiError: BadRequest, Invalid."""
    options = ListOptions()
    options.limit = integer(request, "limit") or 0
    options.timeout_seconds = integer(request, "timeoutSeconds")
    options.resource_version = request.param("resourceVersion")
    options.match = request.param("resourceVersionMatch")
    options.token = request.param("continue")
    options.bookmarks = request.flag("allowWatchBookmarks")
    if request.param("sendInitialEvents"):
        options.send_initial_events = request.flag("sendInitialEvents")
    try:
        options.label_selector = labels.parse(request.param("labelSelector"))
        options.field_selector = fields.parse(request.param("fieldSelector"))
    except ValueError as error:
        raise errors.bad_request(str(error)) from None
    check_fields(options.field_selector, strategy)
    causes = list(_problems(options, is_watch))
    if causes:
        raise errors.invalid("ListOptions.meta.k8s.io", "", causes)
    return options


def check_fields(selector: FieldSelector, strategy: Strategy) -> None:
    """Raise BadRequest if the kind cannot be selected by a field that *selector* names."""
    if selector.requirements:
        known = strategy.fields({"metadata": {}, "spec": {}, "status": {}})
        for requirement in selector.requirements:
            if requirement.path not in known:
                raise errors.bad_request(f"field label not supported: {requirement.path}")


def integer(request: Request, name: str) -> int | None:
    """Return the query parameter *name* as a number, None if it is absent. Raises BadRequest."""
    text = request.param(name)
    if not text:
        return None
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        raise errors.bad_request(f"strconv.ParseInt: parsing {gojson.quote(text)}: invalid syntax")
    if abs(int(text)) >= 1 << 63:
        raise errors.bad_request(f"strconv.ParseInt: parsing {gojson.quote(text)}: value out of range")
    return int(text)


def _problems(options: ListOptions, is_watch: bool) -> list[FieldError]:
    match, initial = options.match, options.send_initial_events
    if initial is not None:
        if not is_watch:
            return [FieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")]
        if match != NOT_OLDER_THAN:
            why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            return [FieldError.forbidden("resourceVersionMatch", why)]
        return []
    if not match:
        return []
    if is_watch:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        return [FieldError.forbidden("resourceVersionMatch", why)]
    causes = []
    if not options.resource_version:
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        causes.append(FieldError.forbidden("resourceVersionMatch", why))
    if options.token:
        causes.append(
            FieldError.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
        )
    if match not in (EXACT, NOT_OLDER_THAN):
        causes.append(FieldError.not_supported("resourceVersionMatch", match, [EXACT, NOT_OLDER_THAN, ""]))
    if match == EXACT and options.resource_version == "0":
        why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        causes.append(FieldError.forbidden("resourceVersionMatch", why))
    return causes


def parse_resource_version(text: str) -> int:
    """Return *text* as a revision, 0 for none. Raises ApiError in upstream's words (a plain 500)."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        why = f"strconv.ParseUint: parsing {gojson.quote(text)}: invalid syntax"
    elif int(text) >= 1 << 64:
        why = f"strconv.ParseUint: parsing {gojson.quote(text)}: value out of range"
    else:
        return int(text)
    raise errors.unknown(str(FieldError.invalid("resourceVersion", text, why)))


def list_page(registry: Registry, namespace: str, options: ListOptions) -> Page:
    """Return the objects that *options* ask for. Raises ApiError: BadRequest, Expired 410, Timeout 504."""
    store = registry.server.store
    revision, start = store.revision, ""
    asked = parse_resource_version(options.resource_version)
    if options.token:
        if options.resource_version and options.resource_version != "0":
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        revision, start = _decode_token(options.token)
        if revision < 0:
            revision = store.revision
    elif asked > store.revision:
        raise errors.too_large_resource_version(asked, store.revision)
    elif asked and (options.match == EXACT or (options.limit and not options.match)):
        revision = asked
    try:
        items = registry.cache.list_at(revision, namespace)
    except CompactedError:
        raise _too_old(registry, namespace, options, start) from None
    except FutureRevisionError:
        raise errors.too_large_resource_version(revision, store.revision) from None
    if start:
        items = [item for item in items if token_key(registry, item) >= start]
    is_selected = bool(options.field_selector.requirements) or not options.label_selector.is_everything
    if is_selected:
        items = select(items, options.label_selector, options.field_selector)
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if options.limit > 0 and len(items) > options.limit:
        last = items[options.limit - 1]
        metadata["continue"] = _encode_token(revision, token_key(registry, last) + "\0")
        if not is_selected:
            metadata["remainingItemCount"] = len(items) - options.limit
        items = items[: options.limit]
    return Page(items, metadata)


def select(items: list[Item], label_selector: Selector, field_selector: FieldSelector) -> list[Item]:
    """Return those of *items* that both selectors select."""
    if field_selector.requirements:
        items = [item for item in items if field_selector.matches(item.fields)]
    if not label_selector.is_everything:
        items = [item for item in items if label_selector.matches(item.labels)]
    return items


def encode_list(registry: Registry, page: Page) -> bytes:
    """Return *page* as a List. Its items do not repeat their kind; nothing is decoded for it."""
    strategy = registry.strategy
    head = b'{"kind":"%s","apiVersion":"%s",' % (strategy.kind.encode(), strategy.api_version.encode())
    start = len(head)
    items = b",".join(b"{" + i.value[start:] if i.value.startswith(head) else i.value for i in page.items)
    return b'{"kind":"%sList","apiVersion":"%s","metadata":%s,"items":[%s]}' % (
        strategy.kind.encode(),
        strategy.api_version.encode(),
        encode_json(page.metadata),
        items,
    )


# -- continue tokens -------------------------------------------------------------------------------------------------


def token_key(registry: Registry, item: Item) -> str:
    """Return the object's key below its kind's folder, which tokens speak of: ``default/web-1``."""
    return f"{item.namespace}/{item.name}" if registry.strategy.namespaced else item.name


def _encode_token(revision: int, start: str) -> str:
    text = gojson.marshal({"v": _TOKEN_VERSION, "rv": revision, "start": start}).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _decode_token(token: str) -> tuple[int, str]:
    def wrong(why: str) -> Exception:
        return errors.bad_request(f"invalid continue token: continue key is not valid: {why}")

    for index, character in enumerate(token):
        if not (character.isascii() and (character.isalnum() or character in "-_")):
            raise wrong(f"illegal base64 data at input byte {index}")
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise wrong(f"illegal base64 data at input byte {len(token) - 1}") from None
    try:
        gosyntax.check(raw)
        value = load_json(raw)
    except gosyntax.GoSyntaxError as error:
        raise wrong(str(error)) from None
    if not isinstance(value, dict):
        raise wrong("json: cannot unmarshal into Go value of type storage.continueToken")
    version, revision, start = value.get("v", ""), value.get("rv", 0), value.get("start", "")
    if version != _TOKEN_VERSION:
        raise wrong(f"server does not recognize this encoded version {gojson.quote(str(version))}")
    if type(revision) is not int or not isinstance(start, str) or abs(revision) >= 1 << 63:
        raise wrong("json: cannot unmarshal into Go struct field continueToken of type int64")
    if revision == 0:
        raise wrong(f"incorrect encoded start resourceVersion (version {_TOKEN_VERSION})")
    if not start:
        raise wrong(f"encoded start key empty (version {_TOKEN_VERSION})")
    if ".." in start.split("/"):
        raise wrong(f"{start}")
    return revision, start


def _too_old(registry: Registry, namespace: str, options: ListOptions, start: str) -> Exception:
    if not options.token:
        return errors.expired(_LIST_TOO_OLD)
    error = errors.expired(_CONTINUE_TOO_OLD)
    # With this token the client may go on, at the price of consistency.
    error.status["metadata"] = {"continue": _encode_token(-1, start)}
    return error
