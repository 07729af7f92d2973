"""``docker ps``: which containers a list shows. Models daemon/list.go and its filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.docker import container_documents
from k8slab.docker.api.call import Call, check
from k8slab.docker.container import Container
from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.docker.label_filters import labels_match
from k8slab.docker.ports import documents, parse_port

KNOWN = (
    "ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "label!", "name", "network",
    "publish", "since", "status", "volume",
)  # fmt: skip
STATUSES = ("created", "dead", "exited", "paused", "removing", "restarting", "running")
Test = Callable[[Container], bool]


def listed(call: Call) -> list[dict[str, Any]]:
    """Return the lines of ``docker ps``, newest first. Raises DockerError 400, 404."""
    engine = call.engine
    filters = check(call.filters(), KNOWN)
    for value in filters.get("status", ()):
        if value not in STATUSES:
            raise invalid_parameter(f"invalid filter 'status={value}'")
    limit = call.number("limit") or 0
    everything = call.flag("all") or limit > 0 or bool(filters.get("status") or filters.get("exited"))
    tests = _tests(call, filters)
    chosen = [one for one in reversed(list(engine.containers)) if everything or one.state.running]
    chosen = [
        one for one in chosen if labels_match(filters, one.config.labels or {}) and all(test(one) for test in tests)
    ]
    now = engine.now()
    size = call.flag("size")
    return [
        container_documents.summary(one, engine.image_name(one), now, size=size)
        for one in (chosen[:limit] if limit > 0 else chosen)
    ]


def _tests(call: Call, filters: dict[str, list[str]]) -> list[Test]:
    engine = call.engine
    order = {id: number for number, id in enumerate(engine.containers.by_id)}
    tests: list[Test] = []

    def any_of(key: str, test: Callable[[Container, str], bool]) -> None:
        values = filters.get(key)
        if values:
            tests.append(lambda one: any(test(one, value) for value in values))

    any_of("id", lambda one, value: one.id.startswith(value))
    any_of(
        "name",
        lambda one, value: (
            value.lstrip("/^").rstrip("$") in one.name if not value.startswith("^") else _anchored(one.name, value)
        ),
    )
    any_of("status", lambda one, value: one.state.status == value)
    any_of("health", lambda one, value: (one.health.status if one.health is not None else "none") == value)
    any_of(
        "network",
        lambda one, value: any(
            value == name or (end.network is not None and end.network.id.startswith(value))
            for name, end in one.endpoints.items()
        ),
    )
    any_of(
        "volume",
        lambda one, value: any(value in (point.name, point.destination, point.source) for point in one.mounts.values()),
    )
    any_of("publish", lambda one, value: _has_port(one, value, published=True))
    any_of("expose", lambda one, value: _has_port(one, value, published=False))
    exited = [int(value) for value in filters.get("exited", ()) if value.lstrip("-").isdigit()]
    if filters.get("exited"):
        tests.append(lambda one: one.state.exit_code in exited and one.state.status == "exited")
    for key, keep in (("before", lambda mine, other: mine < other), ("since", lambda mine, other: mine > other)):
        for value in filters.get(key, ()):
            other = order[engine.containers.find(value).id]
            tests.append(lambda one, other=other, keep=keep: keep(order[one.id], other))  # type: ignore[misc]
    if filters.get("ancestor"):
        ids = _descendants(call, filters["ancestor"])
        tests.append(lambda one: one.image_id in ids)
    return tests


def _anchored(name: str, value: str) -> bool:
    wanted = value.lstrip("^/")
    return name == wanted[:-1] if wanted.endswith("$") else name.startswith(wanted)


def _has_port(container: Container, value: str, *, published: bool) -> bool:
    first, _, last = value.partition("/")[0].partition("-")
    if not first.isdigit():
        return False
    wanted = range(int(first), int(last or first) + 1)
    if not published:
        return any(parse_port(key)[0] in wanted for key in container.config.exposed_ports or {})
    mappings = container.live.mappings if container.live is not None else []
    rows = [row for rows in documents(mappings, None).values() for row in rows or ()]
    return any(int(row["HostPort"]) in wanted for row in rows) or any(one.wish.port in wanted for one in mappings)


def _descendants(call: Call, names: list[str]) -> dict[str, None]:
    store = call.engine.images
    found: dict[str, None] = {}
    for name in names:
        try:
            start = store.find(name)
        except DockerError:
            continue
        todo = [start.id]
        while todo:
            id = todo.pop()
            if id not in found:
                found[id] = None
                todo += store.children(id)
        found |= {
            one.id: None
            for one in store.images.values()
            if one.chain_ids[: len(start.chain_ids)] == start.chain_ids and start.chain_ids
        }
    return found
