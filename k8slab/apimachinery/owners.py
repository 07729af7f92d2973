"""Owner references: who made this object, and with whom it goes.

Models metav1.GetControllerOf, IsControlledBy and NewControllerRef. At most one owner is *the* controller.
"""

from __future__ import annotations

from typing import Any

from lightkube.models.meta_v1 import OwnerReference


def owners_of(obj: Any) -> list[OwnerReference]:
    """Return all owners of *obj*."""
    return obj.metadata.ownerReferences or []


def controller_of(obj: Any) -> OwnerReference | None:
    """Return the owner that controls *obj*, or None: then it is an orphan that may be adopted."""
    for reference in obj.metadata.ownerReferences or ():
        if reference.controller:
            return reference
    return None


def controller_uid(obj: Any) -> str | None:
    """Return the uid of the owner that controls *obj*."""
    reference = controller_of(obj)
    return None if reference is None else reference.uid


def is_controlled_by(obj: Any, owner: Any) -> bool:
    """Whether *owner* is the controller of *obj*. Told by uid: a namesake made later is somebody else."""
    reference = controller_of(obj)
    return reference is not None and reference.uid == owner.metadata.uid


def new_controller_ref(owner: Any) -> OwnerReference:
    """Return a reference that makes *owner* the controller, and its foreground deletion wait for the owned object."""
    definition = owner._api_info.resource
    return OwnerReference(
        apiVersion=api_version(definition.group, definition.version),
        kind=definition.kind,
        name=owner.metadata.name,
        uid=owner.metadata.uid,
        controller=True,
        blockOwnerDeletion=True,
    )


def api_version(group: str, version: str) -> str:
    """Return ``v1`` or ``apps/v1``."""
    return f"{group}/{version}" if group else version
