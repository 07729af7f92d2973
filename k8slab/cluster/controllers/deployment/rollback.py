"""Going back by annotation, as the first API version of Deployments asked for it.

Models pkg/controller/deployment/rollback.go. ``kubectl rollout undo`` does not use this any more: it patches the old template
back in by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from k8slab.cluster.controllers.deployment import pod_template_hash, revisions

REVISION_NOT_FOUND = "DeploymentRollbackRevisionNotFound"
TEMPLATE_UNCHANGED = "DeploymentRollbackTemplateUnchanged"
DONE = "DeploymentRollback"


class Rollback(NamedTuple):
    """What to tell, and the Deployment to write (without the annotation that asked)."""

    type: str
    reason: str
    message: str
    deployment: Any


def revision_asked_for(deployment: Any) -> int | None:
    """Return the revision to go back to (0: the last one), or None if nobody asked."""
    try:
        return int((deployment.metadata.annotations or {})[revisions.ROLLBACK_TO])
    except (KeyError, ValueError):
        return None


def plan(deployment: Any, replica_sets: Sequence[Any], revision: int) -> Rollback:
    """Return what going back to *revision* comes to."""
    meta = deployment.metadata
    annotations = {key: value for key, value in meta.annotations.items() if key != revisions.ROLLBACK_TO}
    cleared = msgspec.structs.replace(deployment, metadata=msgspec.structs.replace(meta, annotations=annotations))
    if revision == 0:
        revision = last_revision(replica_sets)
        if revision == 0:
            return Rollback("Warning", REVISION_NOT_FOUND, "Unable to find last revision.", cleared)
    target = next((one for one in replica_sets if revisions.revision(one) == revision), None)
    if target is None:
        return Rollback("Warning", REVISION_NOT_FOUND, "Unable to find the revision to rollback to.", cleared)
    if pod_template_hash.equal_ignore_hash(deployment.spec.template, target.spec.template):
        text = f'The rollback revision contains the same template as current deployment "{meta.name}"'
        return Rollback("Warning", TEMPLATE_UNCHANGED, text, cleared)
    template = target.spec.template
    labels = {key: value for key, value in (template.metadata.labels or {}).items() if key != pod_template_hash.LABEL}
    template = msgspec.structs.replace(template, metadata=msgspec.structs.replace(template.metadata, labels=labels))
    kept = {key: value for key, value in annotations.items() if key in revisions.NOT_COPIED}
    copied = {k: v for k, v in (target.metadata.annotations or {}).items() if k not in revisions.NOT_COPIED}
    changed = msgspec.structs.replace(
        cleared,
        metadata=msgspec.structs.replace(cleared.metadata, annotations={**kept, **copied}),
        spec=msgspec.structs.replace(cleared.spec, template=template),
    )
    return Rollback("Normal", DONE, f'Rolled back deployment "{meta.name}" to revision {revision}', changed)


def last_revision(replica_sets: Sequence[Any]) -> int:
    """Return the second greatest revision number, 0 if there is none."""
    numbers = sorted((revisions.revision(one) for one in replica_sets), reverse=True)
    return numbers[1] if len(numbers) > 1 else 0
