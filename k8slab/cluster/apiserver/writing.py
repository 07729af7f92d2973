"""POST, PUT, PATCH and DELETE over HTTP: decode, default, and hand over to the registry.

Models apiserver pkg/endpoints/handlers (create.go, update.go, patch.go, delete.go).
"""

from __future__ import annotations

from typing import Any

from lightkube.models.meta_v1 import DeleteOptions as DeleteOptionsModel

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver import decoding, listing
from k8slab.cluster.apiserver.decoding import IGNORE, STRICT, WARN
from k8slab.cluster.apiserver.deletion import RETURNS_OBJECT, DeleteOptions
from k8slab.cluster.apiserver.patching import Patch
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.apiserver.watchcache import Item
from k8slab.sim.http import Request


def write_options(request: Request, kind: str, context: RequestContext) -> str:
    """Note the dryRun parameter in *context* and return the fieldValidation directive. *kind*: ``CreateOptions`` ...

    Raises ApiError: Invalid.
    """
    causes = []
    dry_run = request.query.get("dryRun") or []
    if dry_run and set(dry_run) != {"All"}:
        causes.append(FieldError.not_supported("dryRun", list(dry_run), ["All"]))
    directive = request.param("fieldValidation") or WARN
    if directive not in (STRICT, WARN, IGNORE):
        causes.append(FieldError.not_supported("fieldValidation", directive, [IGNORE, STRICT, WARN]))
    if causes:
        raise errors.invalid(f"{kind}.meta.k8s.io", "", causes)
    context.dry_run = bool(dry_run)
    return directive


def read_object(request: Request, strategy: Strategy, context: RequestContext, directive: str) -> Obj:
    """Return the object in the body, with its defaults. Raises ApiError: BadRequest, 415."""
    content_type = request.headers.get("content-type", "")
    obj, strict = decoding.decode_body(
        request.body, content_type, strategy.model, strategy.kind, strategy.api_version, directive
    )
    if directive != IGNORE:
        for warning in strict:
            context.warn(warning)
    obj.setdefault("metadata", {})
    strategy.default(obj)
    return obj


def create(request: Request, registry: Registry, namespace: str, context: RequestContext) -> Item:
    """POST to a collection."""
    directive = write_options(request, "CreateOptions", context)
    return registry.create(read_object(request, registry.strategy, context, directive), namespace, context)


def update(
    request: Request, registry: Registry, namespace: str, name: str, context: RequestContext, subresource: str = ""
) -> tuple[Item, bool]:
    """PUT of an object, or of its status. Return it and whether it was created."""
    directive = write_options(request, "UpdateOptions", context)
    new = read_object(request, registry.strategy, context, directive)
    check_name(new, name, namespace)
    return registry.update(
        namespace,
        name,
        lambda old: new,
        context,
        creates=not subresource,
        **status_rules(registry.strategy, subresource),
    )


def patch(
    request: Request, registry: Registry, namespace: str, name: str, context: RequestContext, subresource: str = ""
) -> Item:
    """PATCH of an object, or of its status."""
    directive = write_options(request, "PatchOptions", context)
    content_type = request.headers.get("content-type", "")
    return apply_patch(registry, namespace, name, request.body, content_type, context, subresource, directive)


def apply_patch(
    registry: Registry,
    namespace: str,
    name: str,
    body: Any,
    content_type: str,
    context: RequestContext,
    subresource: str = "",
    directive: str = WARN,
) -> Item:
    """Change the object by *body*, which is bytes or JSON already read."""
    strategy = registry.strategy

    def redecode(value: Any) -> decoding.Decoded:
        return decoding.redecode(value, strategy)

    patch = Patch(content_type, body, strategy.model, redecode, context, directive)

    def change(old: Obj) -> Obj:
        new = patch.apply(old)
        new.setdefault("metadata", {})
        check_name(new, name, namespace)
        strategy.default(new)
        return new

    return registry.update(namespace, name, change, context, **status_rules(strategy, subresource))[0]


def status_rules(strategy: Strategy, subresource: str) -> dict[str, Any]:
    """Return the arguments of `Registry.update` that make it a write to /status."""
    if subresource != "status":
        return {"subresource": subresource} if subresource else {}
    return {
        "subresource": "status",
        "prepare": strategy.prepare_for_status_update,
        "validate": strategy.validate_status_update,
    }


def check_name(obj: Obj, name: str, namespace: str) -> None:
    """Raise BadRequest if the body speaks of another object than the path."""
    metadata = obj["metadata"]
    given = metadata.get("name", "")
    if not given:
        why = f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        raise errors.bad_request(why)
    if given != name:
        raise errors.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
    other = metadata.get("namespace", "")
    if namespace and other and other != namespace:
        why = f"the namespace of the object ({other}) does not match the namespace on the request ({namespace})"
        raise errors.bad_request(why)


# -- deleting --------------------------------------------------------------------------------------------------------


def delete_options(request: Request) -> DeleteOptions:
    """Return the options of a DELETE, from its body or its query. Raises ApiError: BadRequest, Invalid."""
    body: Obj
    if request.body:
        content_type = request.headers.get("content-type", "")
        body = decoding.decode_body(request.body, content_type, DeleteOptionsModel, "DeleteOptions", "v1", IGNORE).obj
    else:
        body = {}
        if request.param("gracePeriodSeconds"):
            body["gracePeriodSeconds"] = listing.integer(request, "gracePeriodSeconds")
        if request.param("propagationPolicy"):
            body["propagationPolicy"] = request.param("propagationPolicy")
        if request.param("orphanDependents"):
            body["orphanDependents"] = request.flag("orphanDependents")
    if request.query.get("dryRun"):
        body["dryRun"] = list(request.query["dryRun"])
    return DeleteOptions.of(body)


def delete(
    request: Request, registry: Registry, namespace: str, name: str, context: RequestContext
) -> tuple[int, Obj | Item]:
    """DELETE of one object: return the HTTP code and what is shown of it."""
    options = delete_options(request)
    item, gone = registry.delete(namespace, name, options, context)
    if not gone:
        # Accepted says that there is more to come; only this one option asks for it.
        return (202 if options.orphan_dependents is False else 200), item
    if registry.strategy.resource in RETURNS_OBJECT:
        return 200, item
    return 200, deleted_status(registry.strategy, item)


def deleted_status(strategy: Strategy, item: Item) -> Obj:
    """Return the Status that says which object has gone."""
    details = {"name": item.name}
    if strategy.group:
        details["group"] = strategy.group
    details |= {"kind": strategy.plural, "uid": item.obj["metadata"]["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def delete_collection(request: Request, registry: Registry, namespace: str, context: RequestContext) -> listing.Page:
    """DELETE of a collection: delete each selected object and return them as they were."""
    list_options = listing.options_of(request, registry.strategy)
    options = delete_options(request)
    page = listing.list_page(registry, namespace, list_options)
    for item in page.items:
        if registry.cache.get(registry.key(item.namespace, item.name)) is not None:
            registry.delete(item.namespace, item.name, options, context)
    return page
