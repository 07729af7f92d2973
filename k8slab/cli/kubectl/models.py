"""Which lightkube class describes a kind: what kubectl has compiled in, to know how lists merge and what fields there are."""

from __future__ import annotations

import functools

from lightkube.core.exceptions import LoadResourceError
from lightkube.core.resource_registry import resource_registry


@functools.lru_cache
def model_of(api_version: str, kind: str) -> type | None:
    """Return the lightkube class of *kind* in *api_version*, or None for a kind that Kubernetes itself does not define."""
    try:
        model: type = resource_registry.load(api_version, kind)
    except (LoadResourceError, ImportError, AttributeError):
        return None
    return model
