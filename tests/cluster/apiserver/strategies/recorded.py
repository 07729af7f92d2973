"""The recordings' bodies, put through a strategy without a server: decode, default, prepare, validate."""

from __future__ import annotations

import copy
import json
import types
from pathlib import Path

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver.strategies import STRATEGIES
from k8slab.cluster.apiserver.validation.objectmeta import validate_object_meta, validate_object_meta_update
from k8slab.sim.chance import Chance

#: A uid; recordings have <uid>, which no label could hold.
UID = "0d5a1f6e-0000-4000-8000-000000000001"
RECORDINGS = Path(__file__).parents[3] / "golden" / "kubernetes"
BY_KIND = {strategy.kind: strategy for strategy in (cls() for cls in STRATEGIES)}

#: Another object in the store is all that a strategy could ask about; here there is none.
CONTEXT = types.SimpleNamespace(
    user="tester", dry_run=False, now="2026-01-01T00:00:00Z", chance=Chance(1), get=lambda *_: None, list=lambda *_: []
)


def recording(name):
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def api_steps(name):
    """Return the (index, step) pairs of a recording that POST an object of a kind that there is a strategy for."""
    steps = enumerate(recording(name)["steps"])
    return [
        (index, step)
        for index, step in steps
        if step["step"] == "api"
        and step["arg"]["method"] == "POST"
        and (step["arg"].get("body") or {}).get("kind") in BY_KIND
    ]


def create(body, namespace="ns"):
    """Return *body* as it would be stored, without what admission adds. Raises ApiError: Invalid."""
    new = copy.deepcopy(body)
    strategy = BY_KIND[new["kind"]]
    metadata = new.setdefault("metadata", {})
    if strategy.namespaced:
        metadata.setdefault("namespace", namespace)
    strategy.default(new)
    metadata.setdefault("uid", UID)
    strategy.prepare_for_create(new, CONTEXT)
    rule = type(strategy).name_rule
    causes = list(validate_object_meta(metadata, namespaced=strategy.namespaced, name_rule=rule))
    causes += strategy.validate(new)
    if causes:
        raise errors.invalid(strategy.group_kind, metadata.get("name", ""), causes)
    return new


def update(new, old, *, status=False):
    """Return *new* as it would be stored in place of *old*. Raises ApiError: Invalid."""
    new = copy.deepcopy(new)
    before = copy.deepcopy(old)
    strategy = BY_KIND[new["kind"]]
    new["metadata"].setdefault("resourceVersion", "7")
    strategy.default(new)
    (strategy.prepare_for_status_update if status else strategy.prepare_for_update)(new, old, CONTEXT)
    causes = list(validate_object_meta_update(new["metadata"], old["metadata"]))
    causes += (strategy.validate_status_update if status else strategy.validate_update)(new, old)
    assert old == before, "the old object was changed"
    if causes:
        raise errors.invalid(strategy.group_kind, new["metadata"]["name"], causes)
    return new


def message_of(function, *arguments, **options):
    """Return the message with which *function* refuses, or None."""
    try:
        function(*arguments, **options)
    except ApiError as error:
        return error.message
    return None


def made_pod(**spec):
    container = {"name": "c", "image": "app:v1"}
    return create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container], **spec}}
    )


def workload(kind, **spec):
    """Return the body of a workload of *kind* with one container."""
    version = "batch/v1" if kind == "Job" else "v1" if kind == "ReplicationController" else "apps/v1"
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
    selector = {"app": "web"} if kind == "ReplicationController" else {"matchLabels": {"app": "web"}}
    whole = {"selector": selector, "template": template, **spec}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "spec": whole}
