"""``/images``. Models api/server/router/image; pulls and pushes speak JSON lines, and end with an error line if they fail late."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from k8slab.docker import content, image_archive, image_documents, image_import, image_removal, reference
from k8slab.docker.api.call import Call, check, nothing, ok
from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.docker.manifests import Platform
from k8slab.docker.progress import Emit
from k8slab.docker.reference import Reference, ReferenceError
from k8slab.docker.streams import Deferred
from k8slab.sim.http import Response

JSON = {"content-type": "application/json"}
Work = Callable[[Emit], Generator[Event, Any, Any]]


def line(message: Any) -> bytes:
    """Return one message as the daemon writes it."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\r\n"


def messages(call: Call, work: Work) -> Response:
    """Return the answer that *work* writes message by message; an error before the first one becomes the status."""
    outlet = Deferred(call.engine.clock)
    response = Response(200, dict(JSON), stream=outlet)
    said = False

    def emit(message: dict[str, Any]) -> None:
        nonlocal said
        said = outlet.decided = True
        outlet.send(line(message))

    def run() -> Generator[Event, Any, None]:
        try:
            yield from work(emit)
        except DockerError as error:
            if said:
                outlet.send(line(error.record()))
            else:
                response.status = error.status
                outlet.send(json.dumps(error.document()).encode() + b"\n")
        outlet.end()

    call.engine.clock.process(run())
    return response


def _platform(text: str) -> Platform | None:
    if not text:
        return None
    parts = text.split("/")
    if len(parts) == 1:
        return Platform(parts[0]) if parts[0] in ("amd64", "arm64") else Platform()
    return Platform(parts[1], parts[0], parts[2] if len(parts) > 2 else "")


def _name(text: str) -> Reference:
    try:
        return reference.parse(text)
    except ReferenceError as error:
        raise invalid_parameter(str(error)) from None


def listing(call: Call) -> Response:
    """``docker images``."""
    return ok(
        image_documents.summaries(
            call.engine.images, all=call.flag("all"), filters=call.filters(), shared_size=call.flag("shared-size")
        )
    )


def inspect(call: Call) -> Response:
    """``docker image inspect``."""
    return ok(image_documents.inspect(call.engine.images, call.engine.images.find(call.name)))


def history(call: Call) -> Response:
    """``docker history``."""
    return ok(image_documents.history(call.engine.images, call.engine.images.find(call.name)))


def create(call: Call) -> Response:
    """``docker pull`` and ``docker import``."""
    engine = call.engine
    platform = _platform(call.text("platform"))
    if call.text("fromSrc"):
        data = call.request.body
        changes = list(call.request.query.get("changes", ()))
        if call.text("fromSrc") != "-":
            raise invalid_parameter(
                "importing from a URL needs a server to get it from; give the archive on standard input"
            )

        def imported(emit: Emit) -> Generator[Event, Any, None]:
            image = image_import.import_image(
                engine.images, data, repository=call.text("repo"), tag=call.text("tag"), changes=changes, message=call.text("message"),
            )  # fmt: skip
            emit({"status": image.id})
            yield from ()

        return messages(call, imported)
    text, tag = call.text("fromImage"), call.text("tag")
    name = _name(text)
    if tag:
        try:
            name = name.with_digest(tag) if ":" in tag else name.with_tag(tag)
        except ReferenceError as error:
            raise invalid_parameter(str(error)) from None
    all_tags = name.is_name_only

    def pulled(emit: Emit) -> Generator[Event, Any, Any]:
        return engine.transfers.pull(name, emit, auth=call.auth(), platform=platform, all_tags=all_tags)

    return messages(call, pulled)


def push(call: Call) -> Response:
    """``docker push``."""
    name = _name(call.name)
    tag = call.text("tag")
    if tag:
        try:
            name = name.with_tag(tag)
        except ReferenceError as error:
            raise invalid_parameter(str(error)) from None
    return messages(call, lambda emit: call.engine.transfers.push(name, emit, auth=call.auth(), all_tags=not tag))


def tag(call: Call) -> Response:
    """``docker tag``."""
    call.engine.images.tag(call.name, call.text("repo"), call.text("tag"))
    return nothing(201)


def remove(call: Call) -> Response:
    """``docker rmi``."""
    return ok(
        image_removal.remove(call.engine.images, call.name, force=call.flag("force"), prune=not call.flag("noprune"))
    )


def prune(call: Call) -> Response:
    """``docker image prune``."""
    return ok(image_removal.prune(call.engine.images, check(call.filters(), ("dangling", "label", "label!", "until"))))


def save(call: Call) -> Response:
    """``docker save``."""
    names = list(call.request.query.get("names", ())) or [call.name]
    return Response(200, {"content-type": "application/x-tar"}, image_archive.save(call.engine.images, names))


def load(call: Call) -> Response:
    """``docker load``."""

    def loaded(emit: Emit) -> Generator[Event, Any, None]:
        image_archive.load(call.engine.images, call.request.body, emit, quiet=call.flag("quiet"))
        yield from ()

    return messages(call, loaded)


def search(call: Call) -> Response:
    """``docker search``."""
    filters = check(call.filters(), ("is-automated", "is-official", "stars"))
    rows = call.engine.hub.search(call.text("term"), call.number("limit") or 25)
    official = filters.get("is-official")
    if official:
        rows = [row for row in rows if row["is_official"] == (official[0].lower() in ("1", "true"))]
    if filters.get("stars"):
        rows = [row for row in rows if row["star_count"] >= int(filters["stars"][0])]
    return ok(rows)


def distribution(call: Call) -> Response:
    """What a registry says about an image, without pulling it (the SDK's get_registry_data)."""
    name = _name(call.name).with_default_tag()
    registries = call.engine.registries

    def asked(emit: Emit) -> Generator[Event, Any, None]:
        from_registry = registries.endpoint(name.domain, call.auth())
        raw, media_type = yield from from_registry.remote.manifest(name.path, name.digest or name.tag)
        document = json.loads(raw)
        platforms = [
            {"architecture": one["platform"]["architecture"], "os": one["platform"]["os"]}
            for one in document.get("manifests", ())
            if "platform" in one
        ]
        emit(
            {
                "Descriptor": {"mediaType": media_type, "digest": content.digest_of(raw), "size": len(raw)},
                "Platforms": platforms or [{"architecture": "amd64", "os": "linux"}],
            }
        )

    return messages(call, asked)
