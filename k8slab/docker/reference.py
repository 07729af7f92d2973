"""What an image is called: the full grammar of ``registry/path/name:tag@digest``, and the short forms people type.

Models distribution/reference (grammar) and its Normalize (``nginx`` means ``docker.io/library/nginx:latest``), with the words
of their errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_DOMAIN = "docker.io"
LEGACY_DOMAIN = "index.docker.io"
OFFICIAL = "library"
LATEST = "latest"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?"
_TAG = r"[\w][\w.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*)(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?",
    re.ASCII,
)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_TAG_ONLY = re.compile(_TAG, re.ASCII)
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
MOST_NAME_CHARACTERS = 255


class ReferenceError(ValueError):
    """This is no name for an image. The text is that of distribution/reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's full name: *domain* and *path*, and a *tag* or a *digest* or both or neither."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Domain and path: ``docker.io/library/nginx``."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_name(self) -> str:
        """The name as people write it: ``nginx``, ``me/app``, ``localhost:5000/app``."""
        if self.domain != DEFAULT_DOMAIN:
            return self.name
        official = self.path.removeprefix(f"{OFFICIAL}/")
        return official if "/" not in official else self.path

    @property
    def familiar(self) -> str:
        """The whole reference as people write it: ``nginx:1.27``."""
        return self.familiar_name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def is_name_only(self) -> bool:
        """Whether neither tag nor digest was given."""
        return not self.tag and not self.digest

    def with_default_tag(self) -> Reference:
        """Return the reference with the tag ``latest`` if it has neither tag nor digest."""
        return Reference(self.domain, self.path, LATEST) if self.is_name_only else self

    def with_tag(self, tag: str) -> Reference:
        """Return the same name with *tag*. Raises `ReferenceError`."""
        if not _TAG_ONLY.fullmatch(tag):
            raise ReferenceError("invalid tag format")
        return Reference(self.domain, self.path, tag)

    def with_digest(self, digest: str) -> Reference:
        """Return the same name pinned to *digest*."""
        return Reference(self.domain, self.path, "", digest)

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """Return what *text*, as a person types it, refers to; no default tag is added. Raises `ReferenceError`."""
    if _IDENTIFIER.fullmatch(text):
        raise ReferenceError(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    domain, remainder = split_domain(text)
    name = remainder.partition("@")[0]
    name = name[: name.index(":")] if ":" in name else name
    if name.lower() != name:
        raise ReferenceError(f"invalid reference format: repository name ({name}) must be lowercase")
    match = _REFERENCE.fullmatch(f"{domain}/{remainder}")
    if match is None:
        raise ReferenceError(
            "repository name must have at least one component" if not text else "invalid reference format"
        )
    digest = match["digest"] or ""
    if digest and not _SHA256.fullmatch(digest):
        algorithm = digest.partition(":")[0]
        known = algorithm in ("sha256", "sha384", "sha512")
        raise ReferenceError("invalid checksum digest length" if known else "unsupported digest algorithm")
    path = match["name"].partition("/")[2]
    if len(path) > MOST_NAME_CHARACTERS:
        raise ReferenceError(f"repository name must not be more than {MOST_NAME_CHARACTERS} characters")
    return Reference(domain, path, match["tag"] or "", digest)


def split_domain(text: str) -> tuple[str, str]:
    """Return the registry that *text* names, or Docker Hub, and the rest of it (with ``library/`` for official images)."""
    first, slash, rest = text.partition("/")
    is_domain = slash and (any(mark in first for mark in ".:") or first == "localhost" or first.lower() != first)
    domain, remainder = (first, rest) if is_domain else (DEFAULT_DOMAIN, text)
    if domain == LEGACY_DOMAIN:
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in remainder:
        remainder = f"{OFFICIAL}/{remainder}"
    return domain, remainder


def is_image_id(text: str) -> bool:
    """Return whether *text* can be (the beginning of) an image's id."""
    return re.fullmatch(r"(?:sha256:)?[0-9a-f]{1,64}", text) is not None
