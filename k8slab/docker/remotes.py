"""A registry as the daemon sees it, whichever it is: the questions it can be asked, and its errors.

Models the distribution API's error codes and moby's distribution/errors.go. `hub_remote.py` and `http_remote.py` implement it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

from simpy.events import Event

from k8slab.docker.errors import DockerError
from k8slab.docker.layers import Layer
from k8slab.docker.reference import Reference


@dataclass(frozen=True, slots=True)
class Auth:
    """Who asks; empty for an anonymous client."""

    username: str = ""
    password: str = ""
    server: str = ""

    @classmethod
    def decode(cls, header: str) -> Auth:
        """Return what the header ``X-Registry-Auth`` says; anything unreadable counts as nobody, as in moby."""
        try:
            document = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
            if not isinstance(document, dict):
                return cls()
            username, password = document.get("username") or "", document.get("password") or ""
            if document.get("auth") and not username:
                username, _, password = base64.b64decode(document["auth"]).decode().partition(":")
            return cls(str(username), str(password), str(document.get("serveraddress") or ""))
        except (ValueError, binascii.Error, TypeError):
            return cls()


class RegistryError(Exception):
    """A registry says no: its HTTP *status*, the *code* of the distribution API, and its sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code.lower().replace('_', ' ')}: {message}" if code else message)
        self.status = status
        self.code = code
        self.message = message


def denied() -> RegistryError:
    """Return the answer to those who may not, or ask for what is not there: the two look the same on purpose."""
    return RegistryError(403, "DENIED", "requested access to the resource is denied")


def manifest_unknown() -> RegistryError:
    """Return the answer for a tag or digest that the repository does not have."""
    return RegistryError(404, "MANIFEST_UNKNOWN", "manifest unknown")


def name_unknown(name: str) -> RegistryError:
    """Return a private registry's answer for a repository it does not have."""
    return RegistryError(404, "NAME_UNKNOWN", "repository name not known to registry")


def too_many_requests() -> RegistryError:
    """Return the Hub's answer to an address that has pulled too much."""
    return RegistryError(
        429,
        "TOOMANYREQUESTS",
        "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    )


def pull_error(error: RegistryError, name: Reference) -> DockerError:
    """Return *error* as the daemon tells it to somebody who pulls *name* (translatePullError)."""
    if error.code == "DENIED":
        return DockerError(
            404,
            f"pull access denied for {name.familiar_name}, repository does not exist or may require 'docker login': {error}",
        )
    if error.code == "MANIFEST_UNKNOWN":
        return DockerError(404, f"manifest for {name.familiar} not found: {error}")
    if error.code == "NAME_UNKNOWN":
        return DockerError(404, f"repository {name.familiar_name} not found: {error}")
    return DockerError(429 if error.status == 429 else 401 if error.status == 401 else 500, str(error))


class Remote(Protocol):
    """One registry. Every method takes virtual time and may raise RegistryError, or DockerError if it cannot be reached."""

    def manifest(self, path: str, wanted: str) -> Generator[Event, Any, tuple[bytes, str]]:
        """Return the manifest *wanted* (tag or digest) of the repository *path*, and its media type."""

    def config(self, path: str, digest: str) -> Generator[Event, Any, bytes]:
        """Return an image's config JSON."""

    def layer(self, path: str, digest: str) -> Generator[Event, Any, Layer]:
        """Return a layer."""

    def has_blob(self, path: str, digest: str) -> Generator[Event, Any, bool]:
        """Return whether a push may skip a blob."""

    def mount(self, path: str, layer: Layer, origin: str) -> Generator[Event, Any, bool]:
        """Take *layer* over from the repository *origin* of the same registry; return whether that worked."""

    def check_push(self, path: str) -> Generator[Event, Any, None]:
        """Raise unless the repository may be pushed to."""

    def put_layer(self, path: str, layer: Layer) -> Generator[Event, Any, None]:
        """Send a layer."""

    def put_config(self, path: str, raw: bytes) -> Generator[Event, Any, None]:
        """Send a config."""

    def put_manifest(self, path: str, tag: str, raw: bytes) -> Generator[Event, Any, str]:
        """Send a manifest; return its digest."""

    def tags(self, path: str) -> Generator[Event, Any, list[str]]:
        """Return the tags of a repository."""
