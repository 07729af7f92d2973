"""What ``docker build`` was asked for, as it comes with the request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from k8slab.docker import reference
from k8slab.docker.errors import invalid_parameter
from k8slab.docker.manifests import Platform
from k8slab.docker.reference import Reference, ReferenceError


@dataclass
class BuildOptions:
    """Options of one build. *args* with the value None take nothing from the environment here."""

    tags: list[str] = field(default_factory=list)
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: dict[str, str | None] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    no_cache: bool = False
    pull: bool = False
    remove: bool = True
    quiet: bool = False
    squash: bool = False
    network: str = "default"
    platform: Platform | None = None
    extra_hosts: list[str] = field(default_factory=list)
    secrets: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of_query(cls, query: Mapping[str, list[str]]) -> BuildOptions:
        """Return what the query of ``POST /build`` says. Raises DockerError 400."""
        options = cls()
        options.tags = [tag for tag in query.get("t", ()) if tag]
        options.dockerfile = _first(query, "dockerfile") or "Dockerfile"
        options.target = _first(query, "target")
        options.args = _map(query, "buildargs")
        options.labels = {key: value or "" for key, value in _map(query, "labels").items()}
        options.no_cache = _flag(query, "nocache")
        options.pull = _flag(query, "pull")
        options.remove = _flag(query, "rm", True)
        options.quiet = _flag(query, "q")
        options.squash = _flag(query, "squash")
        options.network = _first(query, "networkmode") or "default"
        options.extra_hosts = [one for one in _first(query, "extrahosts").split(",") if one]
        platform = _first(query, "platform")
        options.platform = Platform.parse(platform) if platform else None
        options.names()
        return options

    def names(self) -> list[Reference]:
        """Return the tags, each once. Raises DockerError 400 for one that is no name."""
        found: list[Reference] = []
        for text in self.tags:
            try:
                name = reference.parse(text)
                if name.digest:
                    raise ReferenceError("build tag cannot contain a digest")
            except ReferenceError as error:
                raise invalid_parameter(f'invalid tag "{text}": {error}') from None
            name = name.with_default_tag()
            if name not in found:
                found.append(name)
        return found


def _first(query: Mapping[str, list[str]], key: str) -> str:
    values = query.get(key)
    return values[0] if values else ""


def _flag(query: Mapping[str, list[str]], key: str, default: bool = False) -> bool:
    value = _first(query, key)
    return default if not value else value.lower() not in ("0", "f", "false", "no", "none")


def _map(query: Mapping[str, list[str]], key: str) -> dict[str, str | None]:
    text = _first(query, key)
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise invalid_parameter(f"error reading {key}: invalid JSON") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise invalid_parameter(f"error reading {key}: not a map")
    return {str(name): None if value is None else str(value) for name, value in found.items()}
