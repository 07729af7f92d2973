"""The catalogue: every repository of the lab's internet, read from YAML, its images made when first asked for.

All that is made here never changes, so it is made once for all labs: layers, configs and manifests are the same objects for
everybody who pulls them.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from k8slab.docker import reference, timestamps
from k8slab.docker.builder import changes, grammar
from k8slab.docker.content import digest_of
from k8slab.docker.hub import recipes
from k8slab.docker.image_config import DEFAULT_PATH, History, ImageConfig, RunConfig
from k8slab.docker.layers import Layer
from k8slab.docker.manifests import Platform, index_document, manifest_document

DIRECTORY = Path(__file__).parent / "catalogue"
DEFAULT_PLATFORMS = ("amd64", "arm64")


class CatalogueImage:
    """One published image, for all its platforms."""

    def __init__(self, repository: Repository, document: dict[str, Any]) -> None:
        self.repository = repository
        self.document = document
        self.tags: list[str] = [str(tag) for tag in document["tags"]]
        self.platforms: tuple[str, ...] = tuple(document.get("platforms", DEFAULT_PLATFORMS))
        self.created: str = timestamps.unix_to_text(_unix(document["created"]))
        self._variants: dict[str, Variant] = {}

    def variant(self, arch: str) -> Variant:
        """Return the image for *arch*, one of `platforms`."""
        if arch not in self._variants:
            self._variants[arch] = Variant(self, arch)
        return self._variants[arch]

    def made(self) -> list[Variant]:
        """Return the variants that somebody has asked for."""
        return list(self._variants.values())

    @cached_property
    def index(self) -> bytes:
        """The manifest list that a tag points to."""
        entries = []
        for arch in self.platforms:
            manifest = self.variant(arch).manifest
            entries.append((manifest, Platform("linux", arch, "v8" if arch == "arm64" else "")))
        return index_document(entries)

    @property
    def digest(self) -> str:
        """The digest that ``docker pull`` prints."""
        return digest_of(self.index)

    def steps(self) -> list[Any]:
        """Return the recipe with the image's own values put in for ``{version}`` and the like."""
        recipe = self.repository.recipes[self.document["recipe"]] if "recipe" in self.document else []
        values = {key: str(value) for key, value in self.document.get("values", {}).items()}
        return [_filled(step, values) for step in [*recipe, *self.document.get("steps", [])]]


class Variant:
    """An image for one architecture: layers, config, manifest."""

    def __init__(self, image: CatalogueImage, arch: str) -> None:
        self.image = image
        self.arch = arch
        base = image.document.get("base")
        below = image.repository.catalogue.image(base).variant(arch) if base else None
        self.layers: list[Layer] = list(below.layers) if below else []
        run = below.config.config.copy() if below else RunConfig()
        history = list(below.config.history) if below else []
        if below is None and image.document.get("path", True):
            run.env = [DEFAULT_PATH]
        author = ""
        mtime = float(int(timestamps.to_unix(image.created)))
        for step in image.steps():
            if isinstance(step, str):
                instruction = grammar.single(step)
                told = changes.apply(instruction, run)
                author = getattr(instruction, "name", author) if instruction.keyword == "MAINTAINER" else author
                history.append(History(image.created, told, comment="buildkit.dockerfile.v0", empty_layer=True))
                continue
            self._add_layer(step, mtime)
            history.append(History(image.created, step["layer"], comment=step.get("comment", "buildkit.dockerfile.v0")))
        self._run, self._history, self._author = run, history, author

    def _add_layer(self, step: dict[str, Any], mtime: float) -> None:
        below = tuple(self.layers)
        self.layers.append(Layer(lambda: recipes.make_tree(step, below, mtime, self.arch)))

    @cached_property
    def config(self) -> ImageConfig:
        """The image's config. Making it makes the layers, whose digests it holds."""
        return ImageConfig(
            architecture=self.arch,
            variant="v8" if self.arch == "arm64" else "",
            created=self.image.created,
            author=self._author,
            config=self._run,
            diff_ids=[layer.diff_id for layer in self.layers],
            history=self._history,
        )

    @cached_property
    def raw_config(self) -> bytes:
        """The config's JSON."""
        return self.config.encode()

    @cached_property
    def manifest(self) -> bytes:
        """The image's manifest."""
        return manifest_document(self.raw_config, [(layer.diff_id, layer.transfer_bytes) for layer in self.layers])


class Repository:
    """One repository of a registry, with what ``docker search`` tells about it."""

    def __init__(self, catalogue: Catalogue, document: dict[str, Any]) -> None:
        self.catalogue = catalogue
        self.name = reference.parse(document["repository"]).name
        self.official = bool(document.get("official", False))
        self.stars = int(document.get("stars", 0))
        self.description = str(document.get("description", ""))
        self.recipes: dict[str, list[Any]] = document.get("recipes", {})
        self.images = [CatalogueImage(self, one) for one in document.get("images", [])]
        #: Listed by ``docker search`` only: there is nothing to pull.
        self.tags = {tag: image for image in self.images for tag in image.tags}


class Catalogue:
    """All repositories by full name (``docker.io/library/nginx``)."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        found = [Repository(self, document) for document in documents]
        self.repositories = {one.name: one for one in sorted(found, key=lambda one: one.name)}

    def image(self, name: str) -> CatalogueImage:
        """Return the image called *name* (``debian:bookworm-slim``). Raises KeyError."""
        parsed = reference.parse(name).with_default_tag()
        return self.repositories[parsed.name].tags[parsed.tag]


def _filled(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, str):
        for key, text in values.items():
            value = value.replace("{" + key + "}", text)
        return value
    if isinstance(value, dict):
        return {_filled(key, values): _filled(one, values) for key, one in value.items()}
    return [_filled(one, values) for one in value] if isinstance(value, list) else value


def _unix(value: Any) -> float:
    return value.timestamp() if isinstance(value, dt.datetime) else timestamps.to_unix(str(value))


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the catalogue of the YAML files, read once."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents: list[dict[str, Any]] = []
    for path in sorted(DIRECTORY.glob("*.yaml")):
        documents += [one for one in yaml.load_all(path.read_text(encoding="utf-8"), loader) if one]
    return Catalogue(documents)
