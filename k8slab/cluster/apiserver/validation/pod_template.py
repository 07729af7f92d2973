"""Templates of Pods, and the workloads' rule that the selector must select what the template makes.

Models ValidatePodTemplateSpec of pkg/apis/core/validation and ValidatePodTemplateSpecForReplicaSet of pkg/apis/apps/validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import gojson, labels
from k8slab.apimachinery.errors import FieldError
from k8slab.apimachinery.labels import Selector
from k8slab.cluster.apiserver.validation.objectmeta import validate_annotations, validate_labels
from k8slab.cluster.apiserver.validation.pod_spec import validate_pod_spec
from k8slab.cluster.apiserver.validation.selectors import validate_label_selector

Json = dict[str, Any]

EMPTY_SELECTOR = "empty selector is invalid for deployment"
NO_MATCH = "`selector` does not match template `labels`"


def validate_pod_template(template: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a PodTemplateSpec."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    # Upstream's paths leave "metadata" out here.
    yield from validate_labels(metadata.get("labels") or {}, f"{path}.labels")
    yield from validate_annotations(metadata.get("annotations") or {}, f"{path}.annotations")
    yield from validate_pod_spec(spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        yield FieldError.forbidden(
            f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template"
        )


def validate_matching_template(
    spec: Json, selector: Selector, path: str, old_spec: Json | None = None
) -> Iterator[FieldError]:
    """Yield what is wrong with ``spec.template`` of a workload that keeps its Pods running."""
    template = spec.get("template") or {}
    metadata, pod = template.get("metadata") or {}, template.get("spec") or {}
    if not selector.is_everything and not selector.matches(metadata.get("labels")):
        yield no_match(template, f"{path}.template", (old_spec or {}).get("template"))
    yield from validate_pod_template(template, f"{path}.template")
    if pod.get("restartPolicy") != "Always":
        yield FieldError.not_supported(f"{path}.template.spec.restartPolicy", pod.get("restartPolicy", ""), ("Always",))
    if "activeDeadlineSeconds" in pod:
        why = "activeDeadlineSeconds in ReplicaSet is not Supported"
        yield FieldError.forbidden(f"{path}.template.spec.activeDeadlineSeconds", why)


def no_match(template: Json, path: str, old_template: Json | None = None) -> FieldError:
    """Return the error of a template whose labels the selector does not select."""
    shown = (template.get("metadata") or {}).get("labels")
    if shown is None and old_template and (old_template.get("metadata") or {}).get("labels"):
        shown = {}  # Go tells labels that were taken away (an empty map) from labels that never were (null)
    return FieldError.invalid(f"{path}.metadata.labels", shown and gojson.sorted_map(shown), NO_MATCH)


def validate_selector_and_template(
    spec: Json, path: str, old_spec: Json | None = None, empty_selector: str = EMPTY_SELECTOR
) -> Iterator[FieldError]:
    """Yield what is wrong with selector and template of a ReplicaSet, Deployment, ... together."""
    raw = spec.get("selector")
    if raw is None:
        yield FieldError.required(f"{path}.selector")
    else:
        yield from validate_label_selector(raw, f"{path}.selector")
        if not raw.get("matchLabels") and not raw.get("matchExpressions"):
            yield FieldError.invalid(f"{path}.selector", selector_json(raw), empty_selector)
    try:
        selector = labels.from_label_selector(raw)
    except ValueError:
        yield FieldError.invalid(f"{path}.selector", selector_json(raw), "invalid label selector")
    else:
        yield from validate_matching_template(spec, selector, path, old_spec)


def selector_json(selector: Json | None) -> Json | None:
    """Return a LabelSelector with its fields in the order in which Go writes them."""
    if selector is None:
        return None
    shown: Json = {}
    if selector.get("matchLabels"):
        shown["matchLabels"] = gojson.sorted_map(selector["matchLabels"])
    if selector.get("matchExpressions"):
        shown["matchExpressions"] = [
            {key: expression.get(key, "") for key in ("key", "operator")}
            | ({"values": expression["values"]} if expression.get("values") else {})
            for expression in selector["matchExpressions"]
        ]
    return shown
