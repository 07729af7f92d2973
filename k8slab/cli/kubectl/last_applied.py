"""The annotation in which ``kubectl apply`` keeps what it applied last. Models kubectl pkg/util/apply.go."""

from __future__ import annotations

import json
from typing import Any

from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.jsonpath import compact

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def configuration_of(obj: Obj) -> str:
    """Return *obj* as the annotation holds it: JSON with sorted keys, without the annotation itself, on a line."""
    return compact(unannotated(obj)) + "\n"


def annotated(obj: Obj) -> Obj:
    """Return *obj* with its own configuration in the annotation."""
    metadata = obj.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), ANNOTATION: configuration_of(obj)}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}


def original_of(obj: Obj) -> Obj | None:
    """Return what was applied last to the live *obj*, or None if it was not applied."""
    text = ((obj.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    return json.loads(text) if text else None


def is_annotated(obj: Obj) -> bool:
    """Whether *obj* was created or changed by ``kubectl apply``."""
    return ANNOTATION in ((obj.get("metadata") or {}).get("annotations") or {})


def refreshed(obj: Obj) -> Obj:
    """Return *obj* with its configuration in the annotation, if it has that annotation already."""
    return annotated(obj) if is_annotated(obj) else obj


def unannotated(obj: Obj) -> Obj:
    """Return *obj* without the annotation, but with a place for annotations: so it stands in the annotation."""
    metadata: dict[str, Any] = dict(obj.get("metadata") or {})
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != ANNOTATION}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}
