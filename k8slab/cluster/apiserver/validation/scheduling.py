"""What a Pod says about where it may run: affinity, tolerations, spreading; and the taints of Nodes.

Models validateAffinity, ValidateTolerations and validateTopologySpreadConstraints of pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.selectors import (
    validate_label_name,
    validate_label_selector,
    validate_node_selector,
    validate_node_selector_term,
)

Json = dict[str, Any]

_REQUIRED, _PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_WEIGHT = "must be in the range 1-100"


def validate_affinity(affinity: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a Pod's affinity."""
    if node := affinity.get("nodeAffinity"):
        at = f"{path}.nodeAffinity"
        if _REQUIRED in node:
            yield from validate_node_selector(node[_REQUIRED], f"{at}.{_REQUIRED}")
        for index, term in enumerate(node.get(_PREFERRED) or ()):
            here = f"{at}.{_PREFERRED}[{index}]"
            yield from _weight(term, here)
            # Nobody need have the label of a wish, so its value may be one that no label can have.
            yield from validate_node_selector_term(term.get("preference") or {}, f"{here}.preference", any_value=True)
    for field in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(field) or {}
        for index, term in enumerate(terms.get(_REQUIRED) or ()):
            yield from _pod_affinity_term(term, f"{path}.{field}.{_REQUIRED}[{index}]")
        for index, term in enumerate(terms.get(_PREFERRED) or ()):
            here = f"{path}.{field}.{_PREFERRED}[{index}]"
            yield from _weight(term, here)
            yield from _pod_affinity_term(term.get("podAffinityTerm") or {}, f"{here}.podAffinityTerm")


def _weight(term: Json, path: str) -> Iterator[FieldError]:
    weight = term.get("weight", 0)
    if not 1 <= weight <= 100:
        yield FieldError.invalid(f"{path}.weight", weight, _WEIGHT)


def _pod_affinity_term(term: Json, path: str) -> Iterator[FieldError]:
    yield from validate_label_selector(term.get("labelSelector"), f"{path}.labelSelector")
    yield from validate_label_selector(term.get("namespaceSelector"), f"{path}.namespaceSelector")
    for name in term.get("namespaces") or ():
        for message in names.dns1123_label(name):
            yield FieldError.invalid(f"{path}.namespace", name, message)
    yield from _match_label_keys(term, path)
    topology_key = term.get("topologyKey", "")
    if not topology_key:
        yield FieldError.required(f"{path}.topologyKey", "can not be empty")
    yield from validate_label_name(topology_key, f"{path}.topologyKey")


def _match_label_keys(term: Json, path: str) -> Iterator[FieldError]:
    match, mismatch = term.get("matchLabelKeys") or [], term.get("mismatchLabelKeys") or []
    if (match or mismatch) and not term.get("labelSelector"):
        for field, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
            if keys:
                yield FieldError.forbidden(f"{path}.{field}", "must not be specified when labelSelector is not set")
    for field, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
        for index, key in enumerate(keys):
            yield from validate_label_name(key, f"{path}.{field}[{index}]")
    for index, key in enumerate(match):
        if key in mismatch:
            why = "exists in both matchLabelKeys and mismatchLabelKeys"
            yield FieldError.invalid(f"{path}.matchLabelKeys[{index}]", key, why)


def validate_tolerations(tolerations: Sequence[Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with tolerations."""
    for index, toleration in enumerate(tolerations):
        at = f"{path}[{index}]"
        key, operator = toleration.get("key", ""), toleration.get("operator", "")
        value, effect = toleration.get("value", ""), toleration.get("effect", "")
        if key:
            yield from validate_label_name(key, f"{at}.key")
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield FieldError.invalid(f"{at}.operator", operator, why)
        if "tolerationSeconds" in toleration and effect != "NoExecute":
            why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield FieldError.invalid(f"{at}.effect", effect, why)
        if operator in ("Equal", ""):
            if problems := names.label_value(value):
                yield FieldError.invalid(f"{at}.operator", value, ";".join(problems))
        elif operator == "Exists":
            if value:
                yield FieldError.invalid(f"{at}.operator", value, "value must be empty when `operator` is 'Exists'")
        else:
            yield FieldError.not_supported(f"{at}.operator", operator, ("Equal", "Exists"))
        if effect:
            yield from _taint_effect(effect, f"{at}.effect")


def validate_taints(taints: Sequence[Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the taints of a Node."""
    seen: list[tuple[str, str]] = []
    for index, taint in enumerate(taints):
        at = f"{path}[{index}]"
        key, value, effect = taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
        yield from validate_label_name(key, f"{at}.key")
        if problems := names.label_value(value):
            yield FieldError.invalid(f"{at}.value", value, ";".join(problems))
        if not effect:
            yield FieldError.required(f"{at}.effect")
        else:
            yield from _taint_effect(effect, f"{at}.effect")
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            yield FieldError(at, "Duplicate", "taints must be unique by key and effect pair", shown)
        seen.append((key, effect))


def _taint_effect(effect: str, path: str) -> Iterator[FieldError]:
    if effect not in _EFFECTS:
        yield FieldError.not_supported(path, effect, _EFFECTS)


def validate_topology_spread_constraints(constraints: Sequence[Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with topologySpreadConstraints."""
    for index, constraint in enumerate(constraints):
        at = f"{path}[{index}]"
        max_skew, when = constraint.get("maxSkew", 0), constraint.get("whenUnsatisfiable", "")
        if max_skew <= 0:
            yield FieldError.invalid(f"{at}.maxSkew", max_skew, "must be greater than zero")
        key = constraint.get("topologyKey", "")
        if not key:
            yield FieldError.required(f"{at}.topologyKey", "can not be empty")
        else:
            yield from validate_label_name(key, f"{at}.topologyKey")
        if when not in ("DoNotSchedule", "ScheduleAnyway"):
            yield FieldError.not_supported(f"{at}.whenUnsatisfiable", when, ("DoNotSchedule", "ScheduleAnyway"))
        others = constraints[index + 1 :]
        if any((other.get("topologyKey", ""), other.get("whenUnsatisfiable", "")) == (key, when) for other in others):
            yield FieldError.duplicate(f"{at}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {when}}}")
        if (minimum := constraint.get("minDomains")) is not None:
            if minimum <= 0:
                yield FieldError.invalid(f"{at}.minDomains", minimum, "must be greater than zero")
            if when != "DoNotSchedule":
                why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}"
                yield FieldError.invalid(f"{at}.minDomains", minimum, why)
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if (policy := constraint.get(field)) not in (None, "Ignore", "Honor"):
                yield FieldError.not_supported(f"{at}.{field}", policy, ("Honor", "Ignore"))
        yield from _match_label_keys_of_spread(constraint, at)
        yield from validate_label_selector(constraint.get("labelSelector"), f"{at}.labelSelector")


def _match_label_keys_of_spread(constraint: Json, path: str) -> Iterator[FieldError]:
    keys = constraint.get("matchLabelKeys") or []
    if not keys:
        return
    selector = constraint.get("labelSelector")
    if not selector:
        yield FieldError.forbidden(f"{path}.matchLabelKeys", "must not be specified when labelSelector is not set")
        return
    # Of the expressions, those with one value may be what the server itself made of matchLabelKeys.
    expressions = selector.get("matchExpressions") or ()
    selected = [
        one.get("key") for one in expressions if one.get("operator") != "In" or len(one.get("values") or ()) != 1
    ]
    selected += list(selector.get("matchLabels") or ())
    for index, key in enumerate(keys):
        yield from validate_label_name(key, f"{path}.matchLabelKeys[{index}]")
        if key in selected:
            yield FieldError.invalid(
                f"{path}.matchLabelKeys[{index}]", key, "exists in both matchLabelKeys and labelSelector"
            )
