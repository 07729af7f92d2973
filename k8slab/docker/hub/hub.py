"""Docker Hub and its neighbours as a service: one for a whole lab, asked by every daemon in it.

Tags are names that the publisher may move at any time (`Hub.move_tag`); that is why pinning by digest exists. Anonymous pulls
are counted; private repositories do not exist for those who may not see them.
Left out: teams, access tokens with scopes, content trust, webhooks, automated builds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from k8slab.docker import content, reference, timestamps
from k8slab.docker.hub.catalogue import Catalogue, catalogue
from k8slab.docker.image_config import ImageConfig
from k8slab.docker.layers import Layer
from k8slab.docker.manifests import (
    INDEXES,
    MANIFEST,
    MANIFEST_LIST,
    Platform,
    index_document,
    manifest_document,
    media_type_of,
    read_index,
    read_manifest,
)  # fmt: skip
from k8slab.docker.remotes import Auth, RegistryError, denied, manifest_unknown, too_many_requests
from k8slab.sim.clock import Clock

#: docs.docker.com/docker-hub/usage: anonymous pulls an address may make, and in what time.
ANONYMOUS_PULLS = 100
ANONYMOUS_PERIOD_SECONDS = 6 * 3600.0
#: Accounts that every lab has, so that login and push can be tried: name and password.
ACCOUNTS = {"learner": "learner"}


@dataclass
class Published:
    """What somebody pushed into a repository, beside what the catalogue has there."""

    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    private: bool = False


class Hub:
    """The service. *domains* are the registries it answers for."""

    def __init__(self, clock: Clock, images: Catalogue | None = None) -> None:
        self.clock = clock
        self.catalogue = images or catalogue()
        self.accounts = dict(ACCOUNTS)
        self.pushed: dict[str, Published] = {}
        self.configs = content.Blobs()
        self.layers: dict[str, Layer] = {}
        self.anonymous_pulls = ANONYMOUS_PULLS
        self._pulls: dict[str, list[float]] = {}

    @property
    def domains(self) -> list[str]:
        """The registries that can be reached."""
        names = [*self.catalogue.repositories, *self.pushed]
        return sorted({name.partition("/")[0] for name in names})

    # -- accounts ------------------------------------------------------------------------------------------------------

    def login(self, auth: Auth) -> None:
        """Check name and password. Raises RegistryError."""
        if self.accounts.get(auth.username) != auth.password or not auth.username:
            raise RegistryError(401, "UNAUTHORIZED", "incorrect username or password")

    def _user(self, auth: Auth) -> str:
        if not auth.username:
            return ""
        self.login(auth)
        return auth.username

    def add_account(self, username: str, password: str) -> None:
        """Register a user, who owns the namespace of that name."""
        self.accounts[username] = password

    def make_private(self, repository: str) -> None:
        """Hide *repository* from everybody but its owner."""
        self._published(reference.parse(repository).name).private = True

    # -- pulling -------------------------------------------------------------------------------------------------------

    def manifest(self, name: str, wanted: str, auth: Auth, address: str = "") -> tuple[bytes, str]:
        """Return the manifest (list) *wanted*, a tag or digest, of the repository *name*, and its media type.

        *address* is who asks, for the rate limit. Raises RegistryError.
        """
        user = self._user(auth)
        self._check_visible(name, user)
        if not user and name.startswith("docker.io/"):
            self._count(address)
        return self._raw(name, wanted)

    def _raw(self, name: str, wanted: str) -> tuple[bytes, str]:
        """Return a manifest and its media type, whoever asks. Raises RegistryError."""
        pushed = self.pushed.get(name)
        if pushed is not None:
            digest = pushed.tags.get(wanted, wanted)
            if digest in pushed.manifests:
                raw = pushed.manifests[digest]
                return raw, media_type_of(raw)
        known = self.catalogue.repositories.get(name)
        if known is not None:
            if wanted in known.tags:
                return known.tags[wanted].index, MANIFEST_LIST
            if wanted.startswith("sha256:"):
                for image in known.images:
                    if image.digest == wanted:
                        return image.index, MANIFEST_LIST
                    for arch in image.platforms:
                        if content.digest_of(image.variant(arch).manifest) == wanted:
                            return image.variant(arch).manifest, MANIFEST
        raise manifest_unknown()

    def _check_visible(self, name: str, user: str) -> None:
        pushed = self.pushed.get(name)
        exists = name in self.catalogue.repositories or (pushed is not None and bool(pushed.tags or pushed.manifests))
        if not exists or (pushed is not None and pushed.private and user != _owner(name)):
            raise denied()

    def _count(self, address: str) -> None:
        now = self.clock.now
        recent = [one for one in self._pulls.get(address, ()) if one > now - ANONYMOUS_PERIOD_SECONDS]
        if len(recent) >= self.anonymous_pulls:
            raise too_many_requests()
        self._pulls[address] = [*recent, now]

    def config(self, name: str, digest: str) -> bytes:
        """Return an image's config JSON. Raises RegistryError."""
        found = self.configs.get(digest)
        if found is not None:
            return found
        known = self.catalogue.repositories.get(name)
        for image in known.images if known is not None else ():
            for arch in image.platforms:
                variant = image.variant(arch)
                if content.digest_of(variant.raw_config) == digest:
                    return variant.raw_config
        raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry")

    def layer(self, name: str, digest: str) -> Layer:
        """Return a layer. Raises RegistryError."""
        found = self.find_layer(digest)
        if found is None:
            raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry")
        return found

    def find_layer(self, digest: str) -> Layer | None:
        """Return the layer *digest* if any repository has it (a push then need not send it again)."""
        if digest in self.layers:
            return self.layers[digest]
        for repository in self.catalogue.repositories.values():
            for image in repository.images:
                for variant in image.made():
                    for layer in variant.layers:
                        if layer.is_made and layer.diff_id == digest:
                            return layer
        return None

    def tags(self, name: str, auth: Auth) -> list[str]:
        """Return the tags of a repository, sorted. Raises RegistryError."""
        self._check_visible(name, self._user(auth))
        known = self.catalogue.repositories.get(name)
        pushed = self.pushed.get(name)
        return sorted({*(known.tags if known else ()), *(pushed.tags if pushed else ())})

    # -- pushing -------------------------------------------------------------------------------------------------------

    def check_push(self, name: str, auth: Auth) -> None:
        """Raise RegistryError unless *auth* may push to *name*: only the owner of a namespace may."""
        if self._user(auth) != _owner(name) or not auth.username:
            raise denied()

    def put_layer(self, layer: Layer) -> None:
        """Keep a layer."""
        self.layers[layer.diff_id] = layer

    def put_manifest(self, name: str, tag: str, raw: bytes) -> str:
        """Keep a manifest under *tag*; return its digest."""
        digest = content.digest_of(raw)
        published = self._published(name)
        published.manifests[digest] = raw
        if tag and not tag.startswith("sha256:"):
            published.tags[tag] = digest
        return digest

    def publish(self, name: str, config: ImageConfig, layers: list[Layer]) -> str:
        """Put a new image into the registry as *name* (``shop/orders:1.0``), as its publisher would; return the digest."""
        parsed = reference.parse(name).with_default_tag()
        config = replace(config, diff_ids=[layer.diff_id for layer in layers])
        raw = config.encode()
        self.configs.put(raw)
        for layer in layers:
            self.put_layer(layer)
        manifest = manifest_document(raw, [(layer.diff_id, layer.transfer_bytes) for layer in layers])
        return self.put_manifest(parsed.name, parsed.tag, manifest)

    def move_tag(self, name: str, to: str = "") -> str:
        """Let the tag *name* (``nginx:latest``) point to another tag of its repository; return the new digest.

        Without *to* the publisher has built the same image anew (a security fix): other digest, same name.
        """
        parsed = reference.parse(name).with_default_tag()
        if to:
            raw, _ = self._raw(parsed.name, to)
            return self._adopt(parsed.name, parsed.tag, raw)
        raw, media = self._raw(parsed.name, parsed.tag)
        if media in INDEXES:
            entries = []
            for entry in read_index(raw):
                inner, _ = self._raw(parsed.name, entry.digest)
                rebuilt = self._rebuilt(parsed.name, inner)
                self.put_manifest(parsed.name, "", rebuilt)
                entries.append((rebuilt, entry.platform or Platform()))
            return self.put_manifest(parsed.name, parsed.tag, index_document(entries))
        return self.put_manifest(parsed.name, parsed.tag, self._rebuilt(parsed.name, raw))

    def _adopt(self, name: str, tag: str, raw: bytes) -> str:
        if media_type_of(raw) in INDEXES:
            for entry in read_index(raw):
                self.put_manifest(name, "", self._raw(name, entry.digest)[0])
        return self.put_manifest(name, tag, raw)

    def _rebuilt(self, name: str, raw: bytes) -> bytes:
        manifest = read_manifest(raw)
        config = ImageConfig.decode(self.config(name, manifest.config.digest))
        config.created = timestamps.now(self.clock)
        encoded = config.encode()
        self.configs.put(encoded)
        return manifest_document(encoded, [(one.digest, one.size) for one in manifest.layers])

    def _published(self, name: str) -> Published:
        return self.pushed.setdefault(name, Published())

    # -- searching -----------------------------------------------------------------------------------------------------

    def search(self, term: str, limit: int = 25) -> list[dict[str, Any]]:
        """Return ``docker search``'s rows: what has *term* in its name or description, the most starred first."""
        wanted = term.lower().removeprefix("docker.io/").removeprefix("library/")
        rows = []
        for name, repository in self.catalogue.repositories.items():
            familiar = reference.parse(name).familiar_name
            if not name.startswith("docker.io/") or not (
                wanted in familiar.lower() or wanted in repository.description.lower()
            ):
                continue
            exact = familiar.lower() == wanted
            rows.append(((not exact, not repository.official, -repository.stars, familiar), repository, familiar))
        return [
            {
                "star_count": repository.stars,
                "is_official": repository.official,
                "name": familiar,
                "is_automated": False,
                "description": repository.description,
            }
            for _, repository, familiar in sorted(rows, key=lambda row: row[0])[:limit]
        ]


def _owner(name: str) -> str:
    """Return who owns the repository *name*: its first path component on the Hub; nobody owns ``library``."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else ""
