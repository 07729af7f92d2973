"""Manifests: how a registry describes an image, and the list that has one for each platform.

Models distribution's manifest/schema2 and manifestlist, and their OCI twins. A layer's blob is its plain tar (see `content.py`),
so its digest is the diff id; its size is what a compressed layer would have.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from k8slab.docker import content
from k8slab.docker.errors import DockerError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
INDEXES = (MANIFEST_LIST, OCI_INDEX)
MANIFESTS = (MANIFEST, OCI_MANIFEST, *INDEXES)


class Platform(NamedTuple):
    """An operating system and a processor: ``linux/arm64/v8``."""

    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self if part)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Return what ``--platform`` *text* means. Raises DockerError 400 in containerd's words."""
        parts = text.lower().split("/")
        if not text or len(parts) > 3 or not all(part.isascii() and part.replace("_", "").isalnum() for part in parts):
            raise DockerError(
                400,
                f'"{text}" is an invalid component of "{text}": platform specifier component must match "^[A-Za-z0-9_-]+$": invalid argument',
            )
        if len(parts) == 1:
            if parts[0] in ("linux", "windows", "darwin"):
                return cls(parts[0], "amd64")
            if parts[0] in _ARCHITECTURES:
                return cls("linux", *_normal(parts[0], ""))
            raise DockerError(400, f'"{text}": unknown operating system or architecture: invalid argument')
        return cls(parts[0], *_normal(parts[1], parts[2] if len(parts) == 3 else ""))

    def fits(self, other: Platform) -> bool:
        """Return whether an image for *other* runs here."""
        variant = (self.variant or _default_variant(self.architecture)) == (
            other.variant or _default_variant(other.architecture)
        )
        return self.os == other.os and self.architecture == other.architecture and variant

    def shown(self) -> str:
        """The platform with its default variant, as error texts show it."""
        return str(self._replace(variant=self.variant or _default_variant(self.architecture)))


_ARCHITECTURES = ("amd64", "x86_64", "arm64", "aarch64", "arm", "386", "ppc64le", "s390x", "riscv64")


def _normal(architecture: str, variant: str) -> tuple[str, str]:
    names = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm"}
    return names.get(architecture, architecture), "" if variant in ("v8", "v1") else variant


def _default_variant(architecture: str) -> str:
    return {"arm64": "v8", "arm": "v7"}.get(architecture, "")


@dataclass(frozen=True)
class Descriptor:
    """A reference to a blob."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None


@dataclass(frozen=True)
class Manifest:
    """A manifest of one image, read."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


def manifest_document(config: bytes, layers: Sequence[tuple[str, int]], *, oci: bool = False) -> bytes:
    """Return the manifest of the image with *config* and *layers* (digest, size), bottom first."""
    media, config_type, layer_type = (OCI_MANIFEST, OCI_CONFIG, OCI_LAYER) if oci else (MANIFEST, CONFIG, LAYER)
    document = {
        "schemaVersion": 2,
        "mediaType": media,
        "config": {"mediaType": config_type, "size": len(config), "digest": content.digest_of(config)},
        "layers": [{"mediaType": layer_type, "size": size, "digest": digest} for digest, size in layers],
    }
    return json.dumps(document, indent=3).encode()  # three blanks: as distribution has always written it


def index_document(entries: Sequence[tuple[bytes, Platform]]) -> bytes:
    """Return the manifest list of *entries*."""
    manifests = []
    for manifest, platform in entries:
        named: dict[str, Any] = {"architecture": platform.architecture, "os": platform.os}
        if platform.variant:
            named["variant"] = platform.variant
        manifests.append(
            {"mediaType": MANIFEST, "size": len(manifest), "digest": content.digest_of(manifest), "platform": named}
        )
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_LIST, "manifests": manifests}, indent=3).encode()


def media_type_of(raw: bytes) -> str:
    """Return the media type of the manifest *raw*. Raises ValueError if it is none."""
    document = json.loads(raw)
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        raise ValueError("not a manifest of schema version 2")
    stated = document.get("mediaType")
    if stated is None:
        return OCI_INDEX if "manifests" in document else OCI_MANIFEST
    if stated not in MANIFESTS:
        raise ValueError(f"unsupported manifest media type {stated!r}")
    return str(stated)


def read_index(raw: bytes) -> list[Descriptor]:
    """Return the entries of a manifest list. Raises ValueError."""
    document = json.loads(raw)
    found = []
    for one in document.get("manifests") or ():
        named = one.get("platform") or {}
        platform = Platform(
            str(named.get("os", "linux")),
            *_normal(str(named.get("architecture", "amd64")), str(named.get("variant", ""))),
        )
        found.append(_descriptor(one, platform))
    return found


def read_manifest(raw: bytes) -> Manifest:
    """Return the manifest *raw*. Raises ValueError."""
    document = json.loads(raw)
    if not isinstance(document.get("config"), dict) or not isinstance(document.get("layers"), list):
        raise ValueError("manifest without config or layers")
    return Manifest(_descriptor(document["config"]), tuple(_descriptor(one) for one in document["layers"]))


def _descriptor(value: Any, platform: Platform | None = None) -> Descriptor:
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("digest"), str)
        or not content.is_digest(value["digest"])
    ):
        raise ValueError("manifest with an invalid descriptor")
    size = value.get("size")
    return Descriptor(str(value.get("mediaType", "")), value["digest"], size if isinstance(size, int) else 0, platform)


def choose(entries: Sequence[Descriptor], wanted: Platform) -> Descriptor | None:
    """Return the entry for *wanted*, or None."""
    for entry in entries:
        if entry.platform is not None and wanted.fits(entry.platform):
            return entry
    return None
