"""Names, labels, annotations, owners and finalizers: the metadata that all kinds share.

Models apimachinery pkg/api/validation (ValidateObjectMeta, ValidateObjectMetaUpdate) and the finalizer rule of
pkg/apis/core/validation. Go walks maps in random order; here keys come sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from k8slab.apimachinery import gojson, names
from k8slab.apimachinery.errors import FieldError

Json = dict[str, Any]
NameRule = Callable[[str], Sequence[str]]

TOTAL_ANNOTATION_SIZE_LIMIT = 256 * 1024
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")

IMMUTABLE = "field is immutable"


def validate_object_meta(
    metadata: Json, *, namespaced: bool, name_rule: NameRule | None = None, path: str = "metadata"
) -> Iterator[FieldError]:
    """Yield what is wrong with the metadata of a new object."""
    rule = name_rule or names.dns1123_subdomain
    if prefix := metadata.get("generateName"):
        # Something will follow the prefix, so a dash at its end is fine.
        shown = prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        for message in rule(shown):
            yield FieldError.invalid(f"{path}.generateName", prefix, message)
    if not (name := metadata.get("name")):
        yield FieldError.required(f"{path}.name", "name or generateName is required")
    else:
        for message in rule(name):
            yield FieldError.invalid(f"{path}.name", name, message)
    namespace = metadata.get("namespace")
    if not namespaced:
        if namespace:
            yield FieldError.forbidden(f"{path}.namespace", "not allowed on this type")
    elif not namespace:
        yield FieldError.required(f"{path}.namespace")
    else:
        for message in names.dns1123_label(namespace):
            yield FieldError.invalid(f"{path}.namespace", namespace, message)
    if metadata.get("generation", 0) < 0:
        yield FieldError.invalid(f"{path}.generation", metadata["generation"], NOT_NEGATIVE)
    yield from _common(metadata, path)


def validate_object_meta_update(new: Json, old: Json, path: str = "metadata") -> Iterator[FieldError]:
    """Yield what is wrong with *new* as the metadata in place of *old*."""
    if old.get("deletionTimestamp"):
        extra = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
        if extra:
            shown = "[]string{" + ", ".join(map(gojson.quote, extra)) + "}"
            why = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
            yield FieldError.forbidden(f"{path}.finalizers", why)
    if not new.get("resourceVersion"):
        yield FieldError.invalid(f"{path}.resourceVersion", "", "must be specified for an update")
    if new.get("generation", 0) < old.get("generation", 0):
        yield FieldError.invalid(f"{path}.generation", new.get("generation", 0), "must not be decremented")
    for field in _IMMUTABLE:
        if new.get(field) != old.get(field):
            empty = "" if field in ("name", "namespace", "uid") else None
            yield FieldError.invalid(f"{path}.{field}", new.get(field, empty), IMMUTABLE)
    yield from _common(new, path)


def _common(metadata: Json, path: str) -> Iterator[FieldError]:
    if labels := metadata.get("labels"):
        yield from validate_labels(labels, f"{path}.labels")
    if annotations := metadata.get("annotations"):
        yield from validate_annotations(annotations, f"{path}.annotations")
    if references := metadata.get("ownerReferences"):
        yield from _owner_references(references, f"{path}.ownerReferences")
    if finalizers := metadata.get("finalizers"):
        yield from _finalizers(finalizers, f"{path}.finalizers")


def validate_labels(labels: Mapping[str, str], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with label keys and values."""
    for key in sorted(labels):
        for message in names.qualified_name(key):
            yield FieldError.invalid(path, key, message)
        for message in names.label_value(labels[key]):
            yield FieldError.invalid(path, labels[key], message)


def validate_annotations(annotations: Mapping[str, str], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with annotation keys, and with the size of all together."""
    for key in sorted(annotations):
        for message in names.qualified_name(key.lower()):
            yield FieldError.invalid(path, key, message)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > TOTAL_ANNOTATION_SIZE_LIMIT:
        yield FieldError.too_long(path, TOTAL_ANNOTATION_SIZE_LIMIT)


def _owner_references(references: Sequence[Json], path: str) -> Iterator[FieldError]:
    first_controller = None
    for reference in references:
        api_version, kind = reference.get("apiVersion", ""), reference.get("kind", "")
        if not api_version.rpartition("/")[2]:
            yield FieldError.invalid(f"{path}.apiVersion", api_version, "version must not be empty")
        for field in ("kind", "name", "uid"):
            if not reference.get(field):
                yield FieldError.invalid(f"{path}.{field}", reference.get(field, ""), "must not be empty")
        if (api_version, kind) in (("v1", "Event"), ("events.k8s.io/v1", "Event")):
            group, _, version = api_version.rpartition("/")
            yield FieldError.invalid(
                path, reference, f"{group}/{version}, Kind={kind} is disallowed from being an owner"
            )
        if reference.get("controller"):
            name = reference.get("name", "")
            if first_controller is not None:
                why = f'Only one reference can have Controller set to true. Found "true" in references for {first_controller} and {name}'
                yield FieldError.invalid(path, list(references), why)
            else:
                first_controller = name


def _finalizers(finalizers: Sequence[str], path: str) -> Iterator[FieldError]:
    for finalizer in finalizers:
        for message in names.qualified_name(finalizer):
            yield FieldError.invalid(path, finalizer, message)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        yield FieldError.invalid(path, list(finalizers), "finalizers orphan and foregroundDeletion cannot be both set")
    for index, finalizer in enumerate(finalizers):
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield FieldError.invalid(f"{path}[{index}]", finalizer, why)


# -- numbers, which many fields share --------------------------------------------------------------------------------

NOT_NEGATIVE = "must be greater than or equal to 0"


def validate_nonnegative(value: int | None, path: str) -> Iterator[FieldError]:
    """Yield an error if *value* is below zero."""
    if value is not None and value < 0:
        yield FieldError.invalid(path, value, NOT_NEGATIVE)


def validate_immutable(new: Any, old: Any, path: str) -> Iterator[FieldError]:
    """Yield an error if *new* is not what *old* was."""
    if new != old:
        yield FieldError.invalid(path, new, IMMUTABLE)
