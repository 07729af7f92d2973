"""What a DELETE means: at once, in some seconds, or when the last finalizer has gone.

Models apiserver pkg/registry/rest/delete.go (BeforeDelete) and the finalizers of propagation policies in
pkg/registry/generic/registry/store.go. Pure: these functions decide, ``registry.py`` writes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"

#: Kinds whose DELETE answers with the object; all others answer with a Status (ReturnDeletedObject).
RETURNS_OBJECT = frozenset(
    (
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "podtemplates",
        "resourcequotas",
        "serviceaccounts",
        "services",
        "storageclasses.storage.k8s.io",
    )
)


@dataclass(slots=True)
class DeleteOptions:
    """metav1.DeleteOptions."""

    grace_period_seconds: int | None = None
    propagation_policy: str | None = None
    orphan_dependents: bool | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False

    @classmethod
    def of(cls, body: Obj) -> DeleteOptions:
        """Return the options of a decoded body. Raises ApiError: Invalid."""
        preconditions = body.get("preconditions") or {}
        options = cls(
            body.get("gracePeriodSeconds"),
            body.get("propagationPolicy"),
            body.get("orphanDependents"),
            preconditions.get("uid"),
            preconditions.get("resourceVersion"),
            bool(body.get("dryRun")),
        )
        causes = list(options._problems(body))
        if causes:
            raise errors.invalid("DeleteOptions.meta.k8s.io", "", causes)
        return options

    def _problems(self, body: Obj) -> list[FieldError]:
        causes: list[FieldError] = []
        policy = self.propagation_policy
        if self.orphan_dependents is not None and policy is not None:
            why = "orphanDependents and deletionPropagation cannot be both set"
            causes.append(FieldError.invalid("propagationPolicy", policy, why))
        if policy is not None and policy not in ("Foreground", "Background", "Orphan"):
            words = ["Foreground", "Background", "Orphan", "nil"]
            causes.append(FieldError.not_supported("propagationPolicy", policy, words))
        dry_run = body.get("dryRun") or []
        if dry_run and dry_run != ["All"]:
            causes.append(FieldError.not_supported("dryRun", dry_run, ["All"]))
        return causes


def check_preconditions(strategy: Strategy, obj: Obj, options: DeleteOptions) -> None:
    """Raise Conflict if *obj* is not the one that the caller meant."""
    metadata = obj["metadata"]
    name = metadata["name"]
    if options.uid is not None and options.uid != metadata["uid"]:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict(strategy.group_kind, name, why)
    version = options.resource_version
    if version is not None and version != metadata["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({metadata['resourceVersion']}). The object might have been modified"
        )
        raise errors.conflict(strategy.group_kind, name, why)


def orphans_dependents(strategy: Strategy, obj: Obj, options: DeleteOptions) -> bool:
    """Whether the garbage collector must let the dependents of *obj* live (shouldOrphanDependents)."""
    if options.orphan_dependents is not None:
        return options.orphan_dependents
    if options.propagation_policy is not None:
        return options.propagation_policy == "Orphan"
    for finalizer in obj["metadata"].get("finalizers") or ():
        if finalizer in (ORPHAN, FOREGROUND):
            return finalizer == ORPHAN
    return strategy.default_propagation == "Orphan"


def waits_for_dependents(obj: Obj, options: DeleteOptions) -> bool:
    """Whether *obj* must stay until its dependents have gone (shouldDeleteDependents)."""
    if options.orphan_dependents is not None:
        return False
    if options.propagation_policy is not None:
        return options.propagation_policy == "Foreground"
    for finalizer in obj["metadata"].get("finalizers") or ():
        if finalizer in (ORPHAN, FOREGROUND):
            return finalizer == FOREGROUND
    return False


def finalizers_for(strategy: Strategy, obj: Obj, options: DeleteOptions) -> list[str]:
    """Return the finalizers that *obj* has once the garbage collector is told of the propagation policy."""
    before = obj["metadata"].get("finalizers") or []
    after = [finalizer for finalizer in before if finalizer not in (ORPHAN, FOREGROUND)]
    if orphans_dependents(strategy, obj, options):
        after.append(ORPHAN)
    if waits_for_dependents(obj, options):
        after.append(FOREGROUND)
    return before if sorted(before) == sorted(after) else after


@dataclass(frozen=True, slots=True)
class Grace:
    """How gracefully an object goes: *seconds* is None if nothing is to be written, *pending* if it is going already."""

    seconds: int | None
    pending: bool
    deletion_timestamp: str = ""


def grace_of(strategy: Strategy, obj: Obj, options: DeleteOptions, now: dt.datetime) -> Grace:
    """Return the grace that *obj* gets (BeforeDelete). A second DELETE may only shorten it."""
    if not strategy.graceful_deletion:
        return Grace(None, False)
    metadata = obj["metadata"]
    asked = options.grace_period_seconds
    if asked is not None and asked < 0:
        asked = 1
    if metadata.get("deletionTimestamp"):
        granted = metadata.get("deletionGracePeriodSeconds")
        if granted is None:
            return Grace(None, False)
        if asked is None or asked >= granted:
            return Grace(None, True)
        end = dt.datetime.fromisoformat(metadata["deletionTimestamp"]) + dt.timedelta(seconds=asked - granted)
        return Grace(asked, False, rfc3339(end))
    seconds = strategy.grace_period(obj, asked)
    return Grace(seconds, False, rfc3339(now + dt.timedelta(seconds=min(seconds, 10**9))))


def rfc3339(when: dt.datetime) -> str:
    """Return *when* as it stands in objects."""
    return when.isoformat(timespec="seconds")[:19] + "Z"


def marked(obj: Obj, timestamp: str, seconds: int, finalizers: list[str]) -> Obj:
    """Return *obj* as it is once its deletion has been asked for; the generation counts that, once."""
    metadata: dict[str, Any] = {**obj["metadata"]}
    if not metadata.get("deletionTimestamp") and metadata.get("generation", 0) > 0:
        metadata["generation"] += 1
    metadata["deletionTimestamp"] = timestamp
    metadata["deletionGracePeriodSeconds"] = seconds
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    return {**obj, "metadata": metadata}


def goes_with_update(new: Obj, old: Obj) -> bool:
    """Whether this update takes the last finalizer of an object that only waits for that (ShouldDeleteDuringUpdate)."""
    if new["metadata"].get("finalizers") or not old["metadata"].get("deletionTimestamp"):
        return False
    return not old["metadata"].get("deletionGracePeriodSeconds")
