"""Node selectors: which nodes do the labels that a Pod asks for mean?

Models k8s.io/component-helpers scheduling/corev1/nodeaffinity. Terms are alternatives; inside a term everything must hold;
a term without any requirement means no node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from k8slab.apimachinery import labels

_OPERATORS = {
    "In": labels.IN,
    "NotIn": labels.NOT_IN,
    "Exists": labels.EXISTS,
    "DoesNotExist": labels.DOES_NOT_EXIST,
    "Gt": labels.GREATER_THAN,
    "Lt": labels.LESS_THAN,
}


class Term(NamedTuple):
    """Requirements on labels and on fields (there is one field: metadata.name)."""

    on_labels: tuple[labels.Requirement, ...]
    on_fields: tuple[labels.Requirement, ...]

    def matches(self, node_labels: Mapping[str, str], name: str) -> bool:
        """Whether a node with these labels and this name is meant."""
        if not self.on_labels and not self.on_fields:
            return False
        return all(requirement.matches(node_labels) for requirement in self.on_labels) and all(
            requirement.matches({"metadata.name": name}) for requirement in self.on_fields
        )


def term(selector_term: Any) -> Term:
    """Return the NodeSelectorTerm *selector_term*, taken apart."""
    return Term(_requirements(selector_term.matchExpressions), _requirements(selector_term.matchFields))


def _requirements(expressions: Any) -> tuple[labels.Requirement, ...]:
    return tuple(
        labels.Requirement(each.key, _OPERATORS[each.operator], tuple(sorted(each.values or ())))
        for each in expressions or ()
    )


class RequiredNodeAffinity:
    """What a Pod requires of its node: ``nodeSelector`` and required node affinity, both."""

    def __init__(self, spec: Any) -> None:
        self._selector = labels.from_map(spec.nodeSelector) if spec.nodeSelector else None
        affinity = spec.affinity.nodeAffinity if spec.affinity else None
        required = affinity.requiredDuringSchedulingIgnoredDuringExecution if affinity else None
        self.terms = None if required is None else [term(each) for each in required.nodeSelectorTerms]

    @property
    def is_empty(self) -> bool:
        """Whether any node will do."""
        return self._selector is None and self.terms is None

    def matches(self, node_labels: Mapping[str, str], name: str) -> bool:
        """Whether a node with these labels and this name will do."""
        if self._selector is not None and not self._selector.matches(node_labels):
            return False
        return self.terms is None or any(each.matches(node_labels, name) for each in self.terms)

    def names(self) -> list[str] | None:
        """Return the only nodes possible, if every alternative names its nodes; else None."""
        if not self.terms:
            return None
        found: dict[str, None] = {}
        for each in self.terms:
            named: list[str] | None = None
            for requirement in each.on_fields:
                if requirement.operator == labels.IN:
                    values = [value for value in requirement.values if named is None or value in named]
                    named = values
            if named is None:
                return None
            found.update(dict.fromkeys(named))
        return sorted(found)
