"""Which objects a command line means: files, ``TYPE NAME``, ``TYPE/NAME``, ``TYPE -l selector``.

Models cli-runtime pkg/resource (Builder and its visitors). `Target` is upstream's ``Info``: an object's place, and the object once
it has been read. Errors of single objects are collected; the good ones are still handled (ContinueOnError).
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import discovery, manifests
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.discovery import Mapping
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

EXTENSIONS = (".json", ".yaml", ".yml")
MISSING_RESOURCE = (
    "You must provide one or more resources by argument or filename.\n"
    "Example resource specifications include:\n"
    "   '-f rsrc.yaml'\n"
    "   '--filename=rsrc.json'\n"
    "   '<resource> <name>'\n"
    "   '<resource>'"
)


@dataclass(slots=True)
class Target:
    """An object that the command line means."""

    mapping: Mapping
    namespace: str
    name: str
    obj: Obj | None = None
    source: str = ""

    @property
    def kind_slash_name(self) -> str:
        """``deployment.apps/web``: how messages name it."""
        return f"{self.mapping.kind_name}/{self.name}"

    @property
    def plural_slash_name(self) -> str:
        """``deployments/web``: the older way."""
        return f"{self.mapping.plural}/{self.name}"

    @property
    def described(self) -> str:
        """How Go prints an Info."""
        return (
            f"Resource: {gojson.quote(self.mapping.gvr)}, GroupVersionKind: {gojson.quote(self.mapping.gvk)}\n"
            f"Name: {gojson.quote(self.name)}, Namespace: {gojson.quote(self.namespace)}"
        )


@dataclass(slots=True)
class Found:
    """The objects meant, the errors met on the way, and whether one object was asked for by name."""

    targets: list[Target] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    single: bool = False


@dataclass
class Builder:
    """Collects what the arguments say; `visit` then finds the objects."""

    run: Invocation
    filenames: Sequence[str] = ()
    recursive: bool = False
    selector: str | None = None
    field_selector: str | None = None
    all_namespaces: bool = False
    select_all: bool = False
    #: Whether a type without a name means all objects of the type.
    allow_all: bool = False
    #: Whether named objects are read from the server.
    fetch: bool = True
    #: Whether objects of files are read from the server.
    latest: bool = False
    #: Whether a document of a file must say its kind before anything else is looked at.
    validate: bool = False
    chunk_size: int = 500

    def __post_init__(self) -> None:
        self.resources: list[str] = []
        self.names: list[str] = []
        self.pairs: list[tuple[str, str]] = []

    # -- arguments ---------------------------------------------------------------------------------------------------

    def arguments(self, words: Sequence[str]) -> Steps[None]:
        """Take ``TYPE[,TYPE] [NAME...]`` or ``TYPE/NAME...``. Raises CommandError for a mixture."""
        slashes = sum("/" in word for word in words)
        if slashes and slashes == len(words):
            self.pairs = [_pair(word) for word in words]
            return
        if slashes:
            raise CommandError(
                "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form "
                "(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
            )
        if words:
            self.resources = yield from self._types(words[0])
            self.names = list(words[1:])
            if len(words) == 1 and self.selector is None and self.allow_all:
                self.selector = ""

    def _types(self, word: str) -> Steps[list[str]]:
        types: list[str] = []
        for part in word.split(","):
            members = yield from self.run.mapper.category(part)
            known = [m.group_resource for m in members]
            types.extend(known or [part])
        return list(dict.fromkeys(types))

    # -- finding -----------------------------------------------------------------------------------------------------

    def visit(self) -> Steps[Found]:
        """Return the objects. Raises CommandError or ApiError if the command line makes no sense."""
        if self.select_all and (self.selector or self.field_selector):
            raise CommandError("setting 'all' parameter but found a non empty selector. ")
        if self.select_all:
            self.selector = ""
        if self.filenames:
            if self.resources or self.names or self.pairs:
                raise CommandError(
                    "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
                )
            return (yield from self._from_files())
        if self.selector is not None or self.field_selector:
            return (yield from self._by_selector())
        if self.pairs:
            return (yield from self._by_pairs())
        if self.names:
            return (yield from self._by_name())
        if self.resources:
            for word in self.resources:
                yield from self._find(word)
            raise CommandError("resource(s) were provided, but no name was specified")
        raise CommandError(MISSING_RESOURCE)

    def _find(self, word: str) -> Steps[Mapping]:
        try:
            return (yield from self.run.mapper.find(word))
        except CommandError:
            raise CommandError(f'the server doesn\'t have a resource type "{word.partition(".")[0]}"') from None

    def namespace_of(self, mapping: Mapping) -> str:
        """Return the namespace in which objects of *mapping* are looked for."""
        return self.run.namespace if mapping.namespaced and not self.all_namespaces else ""

    def mappings(self) -> Steps[list[Mapping]]:
        """Return the resources that the type arguments mean."""
        found = []
        for word in self.resources:
            found.append((yield from self._find(word)))
        return found

    def _by_selector(self) -> Steps[Found]:
        if self.names:
            raise CommandError("name cannot be provided when a selector is specified")
        if self.pairs:
            raise CommandError("selectors and the all flag cannot be used when passing resource/name arguments")
        if not self.resources:
            raise CommandError("at least one resource must be specified to use a selector")
        found = Found()
        for mapping in (yield from self.mappings()):
            params = list_params(self.selector, self.field_selector, self.chunk_size)
            try:
                listed = yield from self.run.api.list(mapping, self.namespace_of(mapping), params)
            except ApiError as error:
                found.errors.append(enhanced(error, mapping, params))
                continue
            for item in listed.get("items") or ():
                item.setdefault("apiVersion", mapping.api_version)
                item.setdefault("kind", mapping.kind)
                metadata = item["metadata"]
                found.targets.append(Target(mapping, metadata.get("namespace", ""), metadata["name"], item))
        return found

    def _by_pairs(self) -> Steps[Found]:
        if self.resources or self.names:
            raise CommandError("you may not specify individual resources and bulk resources in the same call")
        if self.all_namespaces:
            raise CommandError("a resource cannot be retrieved by name across all namespaces")
        found = Found(single=len(self.pairs) == 1)
        places = []
        for resource, name in self.pairs:
            places.append(((yield from self._find(resource)), name))
        for mapping, name in places:
            yield from self._named(mapping, name, found)
        return found

    def _by_name(self) -> Steps[Found]:
        if not self.resources:
            raise CommandError("you must provide a resource and a resource name together")
        found = Found(single=len(self.names) == 1 and len(self.resources) == 1)
        mappings = yield from self.mappings()
        if self.all_namespaces and any(mapping.namespaced for mapping in mappings):
            raise CommandError("a resource cannot be retrieved by name across all namespaces")
        for mapping in mappings:
            for name in self.names:
                yield from self._named(mapping, name, found)
        return found

    def _named(self, mapping: Mapping, name: str, found: Found) -> Steps[None]:
        target = Target(mapping, self.namespace_of(mapping), name)
        if self.fetch:
            try:
                target.obj = yield from self.run.api.get(mapping, target.namespace, name)
            except ApiError as error:
                found.errors.append(error)
                return
        found.targets.append(target)

    # -- files -------------------------------------------------------------------------------------------------------

    def _from_files(self) -> Steps[Found]:
        texts: list[tuple[str, str]] = []
        for filename in self.filenames:
            texts.extend(self._texts(filename))
        found = Found(single=len(texts) == 1)
        for source, text in texts:
            try:
                for document in manifests.documents(text):
                    if self.validate:
                        _check_kind(document, source)
                    yield from self._document(document, source, found)
            except manifests.ManifestError as error:
                found.errors.append(CommandError(f"error parsing {source}: {error}"))
            except CommandError as error:
                found.errors.append(error)
        if len(found.targets) != 1:
            found.single = False
        return found

    def _texts(self, filename: str) -> list[tuple[str, str]]:
        """Return (source, text) of a file, of the manifests in a folder, or of standard input."""
        if filename == "-":
            return [("STDIN", self.run.stdin)]
        if filename.startswith(("http://", "https://")):
            raise CommandError(f'unable to read URL "{filename}", server reported no route to host, status code=0')
        files = self.run.files
        try:
            names = files.list(filename)
        except NotADirectoryError:
            return [(filename, self.run.read_file(filename))]
        except FileNotFoundError:
            raise CommandError(f'the path "{filename}" does not exist') from None
        texts = []
        for name in names:
            path = posixpath.join(filename, name)
            if posixpath.splitext(name)[1] in EXTENSIONS:
                try:
                    texts.append((path, files.read(path)))
                    continue
                except IsADirectoryError:
                    pass
            if self.recursive and _is_folder(files, path):
                texts.extend(self._texts(path))
        if not texts and not self.recursive:
            raise CommandError(f"error reading [{filename}]: recognized file extensions are [{' '.join(EXTENSIONS)}]")
        return texts

    def _document(self, document: Any, source: str, found: Found) -> Steps[None]:
        """Turn one document into targets; what is wrong with it is noted and the next goes on."""
        items = [document]
        if isinstance(document, dict) and str(document.get("kind", "")).endswith("List") and "items" in document:
            items = document["items"] or []
        for item in items:
            try:
                manifests.check_metadata(item)
            except manifests.ManifestError as error:
                found.errors.append(CommandError(f"unable to decode {gojson.quote(source)}: {error}"))
                continue
            try:
                found.targets.append((yield from self._target(item, source)))
            except (CommandError, ApiError) as error:
                found.errors.append(error)

    def _target(self, obj: Obj, source: str) -> Steps[Target]:
        api_version, kind = obj.get("apiVersion") or "", obj["kind"]
        metadata = obj.get("metadata")
        if metadata is None:
            metadata = obj["metadata"] = {}
        name = metadata.get("name") or ""
        mapping = yield from self.run.mapper.of_kind(api_version, kind)
        if mapping is None:
            raise CommandError(
                f'resource mapping not found for name: "{name}" namespace: "{metadata.get("namespace") or ""}" '
                f"from {gojson.quote(source)}: {discovery.no_match(kind, api_version)}\nensure CRDs are installed first"
            )
        namespace = ""
        if mapping.namespaced:
            namespace = metadata.get("namespace") or self.run.namespace
            if self.run.namespace_given and namespace != self.run.namespace:
                raise CommandError(
                    f'the namespace from the provided object "{namespace}" does not match the namespace '
                    f"\"{self.run.namespace}\". You must pass '--namespace={namespace}' to perform this operation."
                )
            metadata["namespace"] = namespace
        target = Target(mapping, namespace, name, obj, source)
        if self.latest:
            target.obj = yield from self.run.api.get(mapping, namespace, name)
        return target


def _check_kind(document: Any, source: str) -> None:
    """Raise CommandError, as client-side validation does, for an object that does not say what it is."""
    if not isinstance(document, dict):
        raise CommandError(_invalid(source, "invalid object to validate"))
    items = document.get("items") if str(document.get("kind", "")).endswith("List") else None
    for item in items or [document]:
        if not isinstance(item, dict):
            continue
        missing = [f"{key} not set" for key in ("apiVersion", "kind") if item.get(key) in (None, "")]
        if missing:
            what = missing[0] if len(missing) == 1 else "[" + ", ".join(missing) + "]"
            raise CommandError(_invalid(source, what))


def _invalid(source: str, what: str) -> str:
    return (
        f"error validating {gojson.quote(source)}: error validating data: {what}; if you choose to ignore these errors, "
        "turn validation off with --validate=false"
    )


def _is_folder(files: Any, path: str) -> bool:
    try:
        files.list(path)
    except (NotADirectoryError, FileNotFoundError):
        return False
    return True


def _pair(word: str) -> tuple[str, str]:
    if word.count("/") != 1:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    resource, _, name = word.partition("/")
    if not resource or not name or len([part for part in resource.split(",") if part]) != 1:
        raise CommandError("arguments in resource/name form must have a single resource and name")
    return resource, name


def list_params(selector: str | None, field_selector: str | None, chunk_size: int) -> dict[str, str]:
    """Return the query parameters of a list."""
    params = {}
    if selector:
        params["labelSelector"] = selector
    if field_selector:
        params["fieldSelector"] = field_selector
    if chunk_size:
        params["limit"] = str(chunk_size)
    return params


def enhanced(error: ApiError, mapping: Mapping, params: dict[str, str]) -> ApiError:
    """Return the error of a list with what was asked for."""
    if error.reason not in ("BadRequest", "NotFound"):
        return error
    subject = gojson.quote(mapping.gvr)
    label, fields = params.get("labelSelector", ""), params.get("fieldSelector", "")
    if not label and not fields:
        message = f"Unable to list {subject}: {error.message}"
    else:
        message = (
            f"Unable to find {subject} that match label selector {gojson.quote(label)}, "
            f"field selector {gojson.quote(fields)}: {error.message}"
        )
    return ApiError({**error.status, "message": message})


def from_flags(run: Invocation, **more: Any) -> Builder:
    """Return a Builder with the flags that most verbs share."""
    options: dict[str, Any] = {
        "filenames": run.flags.items("filename"),
        "recursive": run.flags.on("recursive"),
        "all_namespaces": run.flags.on("all-namespaces"),
        "selector": run.option("selector") or None,
        "field_selector": run.option("field-selector") or None,
        "select_all": run.flags.on("all"),
    }
    if run.flags.has("chunk-size"):
        options["chunk_size"] = run.flags.number("chunk-size")
    if run.option("kustomize"):
        raise CommandError("the lab's kubectl has no kustomize: use -f with plain manifests")
    options.update(more)
    return Builder(run, **options)
