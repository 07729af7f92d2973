"""The parts of an object that have a path of their own: scale, binding, finalize, and what the kubelet answers.

Models pkg/registry/apps/*/storage (ScaleREST), pkg/registry/core/pod/storage (BindingREST) and
pkg/registry/core/pod/rest (log, exec, attach, port-forward, which only find the node and pass the request on).
Evictions have a file of their own. Left out: service account tokens, ephemeral containers, resize.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightkube.models.autoscaling_v1 import Scale
from lightkube.models.core_v1 import Binding

from k8slab.apimachinery import conditions, errors
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver import decoding, schema
from k8slab.cluster.apiserver.patching import Patch
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.apiserver.watchcache import Item
from k8slab.cluster.apiserver.writing import check_name, write_options
from k8slab.sim.http import Request, Response

SUCCESS: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
AUTOSCALING_V1 = "autoscaling/v1"


# -- scale -----------------------------------------------------------------------------------------------------------


def scale_of(strategy: Strategy, item: Item) -> Obj:
    """Return the autoscaling/v1 Scale of an object."""
    desired, observed, selector = strategy.replicas(item.obj)
    metadata = item.obj["metadata"]
    kept = {
        field: metadata[field]
        for field in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if field in metadata
    }
    status: Obj = {"replicas": observed}
    if selector:
        status["selector"] = selector
    spec = {"replicas": desired} if desired else {}
    return {"kind": "Scale", "apiVersion": AUTOSCALING_V1, "metadata": kept, "spec": spec, "status": status}


def update_scale(request: Request, registry: Registry, namespace: str, name: str, context: RequestContext) -> Obj:
    """PUT or PATCH of the Scale: change the desired number and nothing else."""
    kind = "PatchOptions" if request.method == "PATCH" else "UpdateOptions"
    directive = write_options(request, kind, context)
    content_type = request.headers.get("content-type", "")
    if request.method == "PATCH":
        return patch_scale(registry, namespace, name, request.body, content_type, context, directive)
    scale, strict = decoding.decode_body(request.body, content_type, Scale, "Scale", AUTOSCALING_V1, directive)
    for warning in strict if directive != decoding.IGNORE else ():
        context.warn(warning)
    scale.setdefault("metadata", {})
    check_name(scale, name, namespace)
    return _store_scale(registry, namespace, name, lambda old: scale, context)


def patch_scale(
    registry: Registry,
    namespace: str,
    name: str,
    body: Any,
    content_type: str,
    context: RequestContext,
    directive: str = decoding.WARN,
) -> Obj:
    """Change the Scale by *body* and return it."""

    def redecode(value: Any) -> decoding.Decoded:
        obj, strict = schema.decode(value, Scale)
        return decoding.Decoded({"kind": "Scale", "apiVersion": AUTOSCALING_V1, **obj}, strict)

    patch = Patch(content_type, body, Scale, redecode, context, directive)

    def change(old: Obj) -> Obj:
        new = patch.apply(old)
        check_name(new, name, namespace)
        return new

    return _store_scale(registry, namespace, name, change, context)


def _store_scale(
    registry: Registry, namespace: str, name: str, change: Callable[[Obj], Obj], context: RequestContext
) -> Obj:
    strategy = registry.strategy
    item = registry.get(namespace, name)
    scale = change(scale_of(strategy, item))
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if replicas < 0:
        cause = FieldError.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise errors.invalid("Scale.autoscaling", name, [cause])

    def set_replicas(old: Obj) -> Obj:
        new = {**old, "metadata": {**old["metadata"]}, "spec": {**old.get("spec", {})}}
        version = scale["metadata"].get("resourceVersion")
        if version:
            new["metadata"]["resourceVersion"] = version
        strategy.set_replicas(new, replicas)
        return new

    stored, _ = registry.update(namespace, name, set_replicas, context, subresource="scale")
    return scale_of(strategy, stored)


# -- binding ---------------------------------------------------------------------------------------------------------


def create_binding(request: Request, registry: Registry, namespace: str, name: str, context: RequestContext) -> Obj:
    """POST of a Binding: give a Pod to a node."""
    directive = write_options(request, "CreateOptions", context)
    content_type = request.headers.get("content-type", "")
    binding, _ = decoding.decode_body(request.body, content_type, Binding, "Binding", "v1", directive)
    target = binding.get("target") or {}
    causes = []
    if target.get("kind", "") not in ("", "Node"):
        causes.append(FieldError.not_supported("target.kind", target["kind"], ["Node", "<empty>"]))
    if not target.get("name"):
        causes.append(FieldError.required("target.name"))
    if causes:
        raise errors.invalid("Binding", (binding.get("metadata") or {}).get("name", ""), causes)
    name = name or (binding.get("metadata") or {}).get("name", "")
    bind(registry, namespace, name, target["name"], context)
    return SUCCESS


def bind(registry: Registry, namespace: str, name: str, node_name: str, context: RequestContext) -> Item:
    """Give the Pod to the node. Raises ApiError: NotFound, Conflict."""

    def assign(old: Obj) -> Obj:
        def refused(why: str) -> Exception:
            return errors.conflict("pods/binding", name, why)

        if old["metadata"].get("deletionTimestamp"):
            raise refused(f"pod {name} is being deleted, cannot be assigned to a host")
        bound_to = old["spec"].get("nodeName")
        if bound_to:
            raise refused(f'pod {name} is already assigned to node "{bound_to}"')
        if old["spec"].get("schedulingGates"):
            raise refused(f"pod {name} has non-empty .spec.schedulingGates")
        # The nomination that pre-emption may have written down has done its work.
        status = {field: value for field, value in (old.get("status") or {}).items() if field != "nominatedNodeName"}
        scheduled = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": context.now,
        }
        return {
            **old,
            "metadata": dict(old["metadata"]),
            "spec": {**old["spec"], "nodeName": node_name},
            "status": {**status, "conditions": conditions.set_condition(status.get("conditions"), scheduled)},
        }

    return registry.update(namespace, name, assign, context, subresource="binding", prepare=_as_is, validate=_no_rules)[
        0
    ]


def _as_is(new: Obj, old: Obj, context: RequestContext) -> None:
    """Prepare nothing: the server itself made the change."""


def _no_rules(new: Obj, old: Obj) -> tuple[FieldError, ...]:
    return ()


# -- finalize --------------------------------------------------------------------------------------------------------


def finalize(registry: Registry, name: str, new: Obj, context: RequestContext) -> Item:
    """PUT of namespaces/<name>/finalize: only spec.finalizers may change; the last one takes the namespace with it."""

    def keep_all_else(new: Obj, old: Obj, context: RequestContext) -> None:
        finalizers = (new.get("spec") or {}).get("finalizers")
        new["spec"] = {"finalizers": finalizers} if finalizers else {}
        Strategy.keep(new, old, "status")

    return registry.update(
        "", name, lambda old: new, context, subresource="finalize", prepare=keep_all_else, validate=_no_rules
    )[0]


# -- what the kubelet answers ----------------------------------------------------------------------------------------


def connect(request: Request, registry: Registry, namespace: str, name: str, subresource: str) -> Response:
    """Pass a request for log, exec, attach or portforward on to the kubelet of the Pod's node."""
    pod = registry.get(namespace, name).obj
    container = _container_of(pod, request.param("container"))
    node_name = pod["spec"].get("nodeName", "")
    if not node_name:
        if subresource == "log":
            return Response(200, {"content-type": "text/plain"})
        raise errors.bad_request(f"pod {name} does not have a host assigned")
    kubelet = registry.server.kubelets.get(node_name)
    path = {"log": "containerLogs", "portforward": "portForward"}.get(subresource, subresource)
    path = f"/{path}/{namespace}/{name}" + ("" if subresource == "portforward" else f"/{container}")
    if kubelet is None:
        method = "Get" if request.method == "GET" else "Post"
        raise errors.unknown(f'{method} "https://{node_name}:10250{path}": dial tcp: connect: connection refused')
    return kubelet(Request(request.method, path, request.query, request.headers, request.body))


def _container_of(pod: Obj, asked: str) -> str:
    name = pod["metadata"]["name"]
    spec = pod["spec"]
    containers = [container["name"] for container in spec.get("containers") or ()]
    init = [container["name"] for container in spec.get("initContainers") or ()]
    ephemeral = [container["name"] for container in spec.get("ephemeralContainers") or ()]
    if asked:
        if asked not in (*containers, *init, *ephemeral):
            raise errors.bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(containers) == 1:
        return containers[0]
    why = f"a container name must be specified for pod {name}, choose one of: [{' '.join(containers)}]"
    if init:
        why += f" or one of the init containers: [{' '.join(init)}]"
    if ephemeral:
        why += f" or one of the ephemeral containers: [{' '.join(ephemeral)}]"
    raise errors.bad_request(why)
