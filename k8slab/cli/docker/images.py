"""``docker images``, ``history``, ``tag``, ``rmi``: what is in the local store.

Models cli/command/image (list, history, tag, remove) and formatter/image.go.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from k8slab.cli.docker import api, formatting, image_tree, units
from k8slab.cli.docker.errors import CommandError, DaemonError, joined
from k8slab.cli.docker.formatting import Listing, Row
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps
from k8slab.docker import reference

NONE = "<none>"
_SINCE = "{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}"
IMAGES = Listing(
    {
        "ID": "IMAGE ID",
        "Repository": "REPOSITORY",
        "Tag": "TAG",
        "Digest": "DIGEST",
        "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT",
        "Size": "SIZE",
        "Containers": "CONTAINERS",
        "VirtualSize": "SIZE",
        "SharedSize": "SHARED SIZE",
        "UniqueSize": "UNIQUE SIZE",
    },
    "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t" + _SINCE + "\t{{.Size}}",
    quiet="{{.ID}}",
    raw="repository: {{.Repository}}\ntag: {{.Tag}}\nimage_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
    type_name="*formatter.imageContext",
)
DIGEST_TABLE = "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t" + _SINCE + "\t{{.Size}}"
HISTORY = Listing(
    {
        "ID": "IMAGE",
        "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT",
        "CreatedBy": "CREATED BY",
        "Size": "SIZE",
        "Comment": "COMMENT",
    },
    "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
    quiet="{{.ID}}",
    type_name="*image.historyContext",
)
HISTORY_DATES = "table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"
CREATED_BY_COLUMNS = 45


def ls(run: Invocation) -> Steps[int]:
    """List the images of the local store."""
    flags = run.flags
    terms = flags.items("filter") + [f"reference={name}" for name in run.args[:1] if name]
    yield from run.api.ping()
    if flags.on("tree"):
        _refuse_with_tree(run)
    query = {"all": "1" if flags.on("all") else None, "filters": api.filters(terms)}
    if flags.on("tree"):
        query["manifests"] = "1"
        images = yield from run.api.json("GET", "/images/json", query)
        run.io.out(image_tree.drawn(images or [], run.terminal))
        return 0
    images = yield from run.api.json("GET", "/images/json", query)
    form = flags.text("format") or ("" if flags.on("quiet") else run.config.format("imagesFormat"))
    now = yield from run.now()
    digests = flags.on("digests")
    rows = [
        row
        for image in images or []
        for row in image_rows(image, now, trunc=not flags.on("no-trunc"), digests=digests, form=form)
    ]
    table = DIGEST_TABLE if digests else ""
    run.io.out(formatting.listing(IMAGES, rows, form, quiet=flags.on("quiet"), table=table))
    return 0


def _refuse_with_tree(run: Invocation) -> None:
    flags = run.flags
    for name in ("quiet", "no-trunc", "digests"):
        if flags.on(name):
            raise CommandError(f"--{name} is not yet supported with --tree")
    if flags.text("format"):
        raise CommandError("--format is not yet supported with --tree")


def image_rows(image: dict[str, Any], now: datetime, *, trunc: bool, digests: bool, form: str = "") -> list[Row]:
    """Return the rows of one image: one per name and tag; one without a name; digests on rows of their own where no tag has them."""
    tags, names = image.get("RepoTags") or [], image.get("RepoDigests") or []
    if (not tags and not names) or (tags == ["<none>:<none>"] and names == ["<none>@<none>"]):
        return [_row(image, NONE, NONE, NONE, now, trunc)]
    by_tag: dict[str, list[str]] = {}
    by_digest: dict[str, list[str]] = {}
    for text in tags:
        found = _parsed(text)
        if found and found.tag:
            by_tag.setdefault(found.familiar_name, []).append(found.tag)
    for text in names:
        found = _parsed(text)
        if found and found.digest:
            by_digest.setdefault(found.familiar_name, []).append(found.digest)
    rows = []
    for name, its_tags in by_tag.items():
        its_digests = by_digest.pop(name, [])
        if not (digests or "{{.Digest}}" in form):
            its_digests = []
        rows += [_row(image, name, tag, digest, now, trunc) for tag in its_tags for digest in its_digests or [NONE]]
    for name, its_digests in by_digest.items():
        rows += [_row(image, name, NONE, digest, now, trunc) for digest in (its_digests if digests else [""])]
    return rows


def _parsed(text: str) -> reference.Reference | None:
    try:
        return reference.parse(text)
    except reference.ReferenceError:
        return None


def go_time(unix_seconds: float) -> str:
    """Return a moment as Go prints a Time: ``2026-11-12 09:44:00 +0000 UTC``."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def _row(image: dict[str, Any], name: str, tag: str, digest: str, now: datetime, trunc: bool) -> Row:
    size, shared = image["Size"], image.get("SharedSize", -1)
    containers = image.get("Containers", -1)
    return {
        "ID": units.short_id(image["Id"]) if trunc else image["Id"],
        "Repository": name,
        "Tag": tag,
        "Digest": digest,
        "CreatedSince": units.ago(image["Created"], now),
        "CreatedAt": go_time(image["Created"]),
        "Size": units.human_size(size, 3),
        "Containers": "N/A" if containers == -1 else str(containers),
        "VirtualSize": units.human_size(size),
        "SharedSize": "N/A" if shared == -1 else units.human_size(shared),
        "UniqueSize": "N/A" if size == -1 or shared == -1 else units.human_size(size - shared),
    }


def history(run: Invocation) -> Steps[int]:
    """List how an image came to be, the newest layer first."""
    flags = run.flags
    entries = yield from run.api.json("GET", f"/images/{run.args[0]}/history", {"platform": _platform(run)})
    now = yield from run.now()
    human, trunc = flags.on("human"), not flags.on("no-trunc")
    rows = [_history_row(entry, now, human, trunc) for entry in entries or []]
    form = flags.text("format")
    table = "" if human else HISTORY_DATES
    run.io.out(formatting.listing(HISTORY, rows, form, quiet=flags.on("quiet"), table=table))
    return 0


def _platform(run: Invocation) -> str | None:
    text = run.flags.text("platform")
    return platform_json(text) if text else None


def platform_json(text: str) -> str:
    """Return ``linux/amd64`` as the API takes a platform."""
    system, _, rest = text.partition("/")
    machine, _, variant = rest.partition("/")
    value = {"architecture": machine, "os": system, **({"variant": variant} if variant else {})}
    return formatting.to_json(value)


def _history_row(entry: dict[str, Any], now: datetime, human: bool, trunc: bool) -> Row:
    created = entry["Created"]
    by = str(entry["CreatedBy"]).replace("\t", " ")
    return {
        "ID": units.short_id(entry["Id"]) if trunc else entry["Id"],
        "CreatedSince": units.ago(created, now) if created > 0 else "N/A",
        "CreatedAt": datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "CreatedBy": units.truncate(by, CREATED_BY_COLUMNS) if trunc else by,
        "Size": units.human_size(entry["Size"], 3) if human else str(entry["Size"]),
        "Comment": entry["Comment"],
    }


def tag(run: Invocation) -> Steps[int]:
    """Give an image one more name."""
    source, target = run.args
    yield from run.api.ping()
    try:
        reference.parse(source)
    except reference.ReferenceError as error:
        if not reference.is_image_id(source):
            raise CommandError(f'Error parsing reference: "{source}" is not a valid repository/tag: {error}') from None
    try:
        name = reference.parse(target)
    except reference.ReferenceError as error:
        raise CommandError(f'Error parsing reference: "{target}" is not a valid repository/tag: {error}') from None
    if name.digest:
        raise CommandError("refusing to create a tag with a digest reference")
    name = name.with_default_tag()
    yield from run.api.call("POST", f"/images/{source}/tag", {"repo": name.name, "tag": name.tag})
    return 0


def rm(run: Invocation) -> Steps[int]:
    """Remove names of images, and images that have none left."""
    flags = run.flags
    query: dict[str, str | list[str] | None] = {
        "force": "1" if flags.on("force") else None,
        "noprune": "1" if flags.on("no-prune") else None,
    }
    if flags.items("platform"):
        query["platforms"] = [platform_json(text) for text in flags.items("platform")]
    errors: list[str] = []
    fatal = False
    for name in run.args:
        try:
            removed = yield from run.api.json("DELETE", f"/images/{name}", query)
        except DaemonError as error:
            fatal = fatal or error.status != 404
            errors.append(str(error))
            continue
        for entry in removed or []:
            run.io.out(f"Deleted: {entry['Deleted']}\n" if entry.get("Deleted") else f"Untagged: {entry['Untagged']}\n")
    if errors:
        if not flags.on("force") or fatal:
            raise joined(errors)
        run.io.err("\n".join(errors) + "\n")
    return 0
