"""What the kinds that make Pods from a template have in common: their table cells and their warnings.

Models the pieces that pkg/registry/apps/*/strategy.go and pkg/printers/internalversion share.
"""

from __future__ import annotations

from typing import Any

from k8slab.apimachinery import labels
from k8slab.cluster.apiserver.printing.pod import containers_and_images
from k8slab.cluster.apiserver.strategies.strategy import Column, Obj
from k8slab.cluster.apiserver.warnings import host_name_warning, pod_warnings

CONTAINERS_COLUMN = Column("Containers", priority=1, description="Names of each container in the template.")
IMAGES_COLUMN = Column("Images", priority=1, description="Images referenced by each container in the template.")
SELECTOR_COLUMN = Column("Selector", priority=1, description="Label selector for pods.")


def template_cells(obj: Obj) -> list[Any]:
    """Return the Containers and Images cells."""
    return list(containers_and_images((obj["spec"].get("template") or {}).get("spec")))


def selector_cell(obj: Obj) -> str:
    """Return the Selector cell of a kind with a LabelSelector."""
    return labels.format_label_selector(obj["spec"].get("selector"))


def workload_warnings(obj: Obj, old: Obj | None = None) -> list[str]:
    """Return the warnings about a workload: its name, and the template if it is new or has changed."""
    template = obj["spec"].get("template") or {}
    warnings = [] if old else host_name_warning(obj["metadata"].get("name", ""))
    if old is None or template != old["spec"].get("template"):
        warnings += pod_warnings(template.get("spec") or {}, "spec.template.spec")
    return warnings
