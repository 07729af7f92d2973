"""The HTTP door: from a path and a method to what is done, and from what came of it to an answer.

Models apiserver pkg/endpoints (installer.go, handlers) with the answers' forms in handlers/response.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver import discovery, eviction, listing, requestinfo, subresources, watching, writing
from k8slab.cluster.apiserver.discovery import Discovery
from k8slab.cluster.apiserver.negotiation import PARTIAL, PARTIAL_LIST, TABLE, Form, encode, form_of
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.requestcontext import ADMIN, RequestContext
from k8slab.cluster.apiserver.requestinfo import RequestInfo
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.apiserver.tables import META_V1, partial_metadata, table
from k8slab.cluster.apiserver.watchcache import Item
from k8slab.sim.http import Request, Response

if TYPE_CHECKING:
    from k8slab.cluster.apiserver.server import ApiServer

#: Larger bodies are refused (--max-request-body-bytes).
MOST_BODY_BYTES = 3 * 1024 * 1024


class Endpoints:
    """All paths of one server."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._by_path = {
            (registry.strategy.group, registry.strategy.version, registry.strategy.plural): registry
            for registry in server.registries.values()
        }
        self._discovery = Discovery([registry.strategy for registry in server.registries.values()])

    def handle(self, request: Request) -> Response:
        """Answer *request*. Whatever it holds, the answer is a Response; only the lab's own faults raise."""
        context = RequestContext(self._server, _user_of(request), shows_warnings=True)
        try:
            response = self._respond(request, context)
        except ApiError as error:
            response = self._refusal(request, error)
        if context.warnings:
            warnings = ", ".join(f'299 - "{_quoted(text)}"' for text in context.warnings)
            response.headers = {**response.headers, "warning": warnings}
        return response

    def _respond(self, request: Request, context: RequestContext) -> Response:
        if len(request.body) > MOST_BODY_BYTES:
            raise errors.request_entity_too_large(f"limit is {MOST_BODY_BYTES}")
        info = requestinfo.parse(request.path)
        if info is None or not self._discovery.serves(info.group, info.version):
            answer = self._discovery.answer(request)
            if answer is None:
                return discovery.not_found(request)
            discovery.require_method(request, "GET", "HEAD")
            return answer
        registry = self._by_path.get((info.group, info.version, info.resource))
        if info == RequestInfo("", "v1", info.namespace, "bindings") and info.namespace:
            discovery.require_method(request, "POST")
            pods = self._by_path["", "v1", "pods"]
            return self._subresource(
                request, pods, RequestInfo("", "v1", info.namespace, "pods", "", "binding"), context
            )
        if registry is None or not _is_in_place(registry.strategy, info):
            raise errors.no_such_resource()
        if info.subresource:
            if info.subresource not in discovery.subresources_of(registry.strategy):
                raise errors.no_such_resource()
            return self._subresource(request, registry, info, context)
        return self._resource(request, registry, info, context)

    def _resource(self, request: Request, registry: Registry, info: RequestInfo, context: RequestContext) -> Response:
        verb = requestinfo.verb_of(request, info)
        strategy = registry.strategy
        if verb not in strategy.verbs or not _method_fits(verb, info, strategy):
            raise errors.method_not_allowed()
        if strategy.deprecated:
            context.warn(strategy.deprecated)
        form = form_of(request)
        namespace, name = info.namespace, info.name
        if verb == "watch":
            options = listing.options_of(request, strategy, is_watch=True)
            return watching.watch(request, registry, namespace, options, form)
        if verb == "list":
            page = listing.list_page(registry, namespace, listing.options_of(request, strategy))
            return self._page(request, registry, page, form)
        if verb == "get":
            return self._one(request, registry, self._get(request, registry, info), form)
        if verb == "create":
            return self._one(request, registry, writing.create(request, registry, namespace, context), form, 201)
        if verb == "update":
            item, created = writing.update(request, registry, namespace, name, context)
            return self._one(request, registry, item, form, 201 if created else 200)
        if verb == "patch":
            return self._one(request, registry, writing.patch(request, registry, namespace, name, context), form)
        if verb == "delete":
            code, shown = writing.delete(request, registry, namespace, name, context)
            return self._one(request, registry, shown, form, code)
        return self._page(request, registry, writing.delete_collection(request, registry, namespace, context), form)

    def _get(self, request: Request, registry: Registry, info: RequestInfo) -> Item:
        asked = listing.parse_resource_version(request.param("resourceVersion"))
        if asked > self._server.store.revision:
            raise errors.too_large_resource_version(asked, self._server.store.revision)
        return registry.get(info.namespace, info.name)

    def _subresource(
        self, request: Request, registry: Registry, info: RequestInfo, context: RequestContext
    ) -> Response:
        form = form_of(request)
        namespace, name, what = info.namespace, info.name, info.subresource
        if what in discovery.CONNECT:
            discovery.require_method(request, "GET", *(() if what == "log" else ("POST",)))
            return subresources.connect(request, registry, namespace, name, what)
        if what == "binding":
            discovery.require_method(request, "POST")
            answer = subresources.create_binding(request, registry, namespace, name, context)
            return self._one(request, registry, answer, form, 201)
        if what == "eviction":
            discovery.require_method(request, "POST")
            eviction.create_eviction(request, registry, namespace, name, context)
            return self._one(request, registry, subresources.SUCCESS, form, 201)
        if what == "finalize":
            discovery.require_method(request, "PUT")
            directive = writing.write_options(request, "UpdateOptions", context)
            new = writing.read_object(request, registry.strategy, context, directive)
            writing.check_name(new, name, "")
            return self._one(request, registry, subresources.finalize(registry, name, new, context), form)
        if what not in ("status", "scale"):
            raise errors.no_such_resource()
        discovery.require_method(request, "GET", "HEAD", "PUT", "PATCH")
        if request.method in ("GET", "HEAD"):
            item = registry.get(namespace, name)
            shown: Obj | Item = subresources.scale_of(registry.strategy, item) if what == "scale" else item
        elif what == "scale":
            shown = subresources.update_scale(request, registry, namespace, name, context)
        elif request.method == "PUT":
            shown = writing.update(request, registry, namespace, name, context, what)[0]
        else:
            shown = writing.patch(request, registry, namespace, name, context, what)
        return self._one(request, registry, shown, form)

    # -- answers -----------------------------------------------------------------------------------------------------

    def _one(self, request: Request, registry: Registry, shown: Item | Obj, form: Form, code: int = 200) -> Response:
        value: Any = shown.value if isinstance(shown, Item) else shown
        if isinstance(shown, Item) and form.into == TABLE:
            metadata = {"resourceVersion": shown.obj["metadata"].get("resourceVersion", "")}
            value = self._table(request, registry, [shown], metadata)
        elif isinstance(shown, Item) and form.into == PARTIAL:
            value = partial_metadata(shown.obj)
        return Response(code, _headers(form), encode(value, form))

    def _page(self, request: Request, registry: Registry, page: listing.Page, form: Form) -> Response:
        if form.into == TABLE:
            value: Any = self._table(request, registry, page.items, page.metadata)
        elif form.into == PARTIAL_LIST:
            items = [partial_metadata(item.obj) for item in page.items]
            value = {"kind": PARTIAL_LIST, "apiVersion": META_V1, "metadata": page.metadata, "items": items}
        else:
            value = listing.encode_list(registry, page)
        return Response(200, _headers(form), encode(value, form))

    def _table(self, request: Request, registry: Registry, items: list[Item], metadata: Obj) -> Obj:
        objs = (item.obj for item in items)
        return table(registry.strategy, objs, self._server.clock.datetime(), request.param("includeObject"), metadata)

    def _refusal(self, request: Request, error: ApiError) -> Response:
        try:
            form = form_of(request)
        except ApiError:
            form = Form()
        headers = {**_headers(form)}
        seconds = error.status.get("details", {}).get("retryAfterSeconds")
        if seconds:
            headers["retry-after"] = str(seconds)
        return Response(error.code, headers, encode(error.status, form))


def _user_of(request: Request) -> str:
    """Return who asks: who is impersonated, or who the proxy in front says it is, or the admin."""
    headers = request.headers
    return headers.get("impersonate-user") or headers.get("x-remote-user") or ADMIN


def _is_in_place(strategy: Strategy, info: RequestInfo) -> bool:
    """Whether the path has a namespace where the kind has one; a list may leave it out."""
    if strategy.namespaced:
        return bool(info.namespace) or not info.name
    return not info.namespace


def _method_fits(verb: str, info: RequestInfo, strategy: Strategy) -> bool:
    if verb == "create":
        return not info.name and (bool(info.namespace) or not strategy.namespaced)
    if verb in ("update", "patch"):
        return bool(info.name)
    return verb != "deletecollection" or bool(info.namespace) or not strategy.namespaced


def _headers(form: Form) -> dict[str, str]:
    return {"content-type": form.media_type, "cache-control": "no-cache, private"}


def _quoted(text: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain.replace("\\", "\\\\").replace('"', '\\"')
