"""``kubectl get``: list objects, as a table the server lays out or in a format of the user's choice; and watch them change.

Models kubectl pkg/cmd/get. A table is the server's (``Accept: ...;as=Table``): the client knows no columns.
Left out: --raw with a body, --show-kind for single resources in watches.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, custom_columns, durations, printers, sorting, tables
from k8slab.cli.kubectl.builder import Builder, Target
from k8slab.cli.kubectl.discovery import Mapping
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Read, Steps
from k8slab.sim.http import Stream

ALLOWED = (
    "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,"
    "kyaml,name,template,templatefile,wide,yaml"
)


def run(run: Invocation) -> Steps[int]:
    """Print what the arguments name."""
    flags = run.flags
    raw = flags.text("raw")
    if raw:
        return (yield from _raw(run, raw))
    find = builder.from_flags(run, allow_all=True, chunk_size=_chunk_size(run), select_all=False)
    if not run.args and not find.filenames:
        _nothing_named(run)
    _validate(run)
    if flags.on("watch") and flags.text("sort-by") and _is_human(run):
        run.io.err("warning: --watch requested, --sort-by will be ignored for watch events received\n")
    if flags.on("watch") or flags.on("watch-only"):
        return (yield from _watch(run, find))
    yield from find.arguments(run.args)
    if _is_human(run):
        return (yield from _tables(run, find))
    return (yield from _objects(run, find))


def _validate(run: Invocation) -> None:
    flags = run.flags
    output = flags.text("output")
    if flags.on("show-labels") and output not in ("", "wide"):
        raise CommandError(f"--show-labels option cannot be used with {output} printer")
    if flags.on("output-watch-events") and not (flags.on("watch") or flags.on("watch-only")):
        raise CommandError("--output-watch-events option can only be used with --watch or --watch-only")


def _nothing_named(run: Invocation) -> None:
    run.io.err(
        'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n'
    )
    hint = 'Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).'
    raise run.usage(f"Required resource not specified.\n{hint}")


def _is_human(run: Invocation) -> bool:
    return run.flags.text("output") in ("", "wide") and not run.flags.text("template")


def _chunk_size(run: Invocation) -> int:
    return 0 if run.flags.text("sort-by") or run.flags.on("watch") else run.flags.number("chunk-size")


def _raw(run: Invocation, path: str) -> Steps[int]:
    if run.args:
        raise run.usage("arguments may not be passed when --raw is specified")
    target, _, query = path.partition("?")
    params = dict(part.partition("=")[::2] for part in query.split("&") if part)
    response = yield from run.api.send("GET", target, params=params)
    if response.status >= 400:
        api.decoded(response)
    run.io.out(response.body.decode())
    return 0


# -- formats that show the object --------------------------------------------------------------------------------------


def _objects(run: Invocation, find: Builder) -> Steps[int]:
    show = _printer(run)
    find.latest = True
    found = yield from find.visit()
    errors = _wanted_errors(run, found.errors)
    if found.single and errors:
        raise_all(errors)
    targets = found.targets
    if not targets and run.flags.on("ignore-not-found"):
        raise_all(errors)
        return 0
    objects = [printers.typed(target) for target in targets]
    sort_by = run.flags.text("sort-by")
    if sort_by:
        objects = sorting.by_field(objects, sort_by, lambda obj: obj)
    if found.single and len(objects) == 1:
        run.io.out(show(objects[0]))
    else:
        run.io.out(show(printers.list_of(objects)))
    raise_all(errors)
    return 0


def _printer(run: Invocation) -> printers.Printer:
    output = run.flags.text("output")
    form, _, spec = output.partition("=")
    if form in ("custom-columns", "custom-columns-file"):
        return _columns_printer(run, form, spec)
    if output == "name":
        return lambda obj: printers.name_of(obj) + "\n" if printers.name_of(obj) else ""
    return printers.structured(run, output, ALLOWED)


def _columns_printer(run: Invocation, form: str, spec: str) -> printers.Printer:
    spec = spec or run.flags.text("template")
    if form == "custom-columns":
        columns = custom_columns.from_spec(spec)
    elif not spec:
        raise CommandError("custom-columns-file format specified but no template file given")
    else:
        try:
            columns = custom_columns.from_template(run.read_file(spec))
        except CommandError as error:
            raise CommandError(f"error reading template {spec}, {error}") from None
    no_headers = run.flags.on("no-headers")

    def print_columns(obj: api.Obj) -> str:
        is_list = "items" in obj and obj.get("kind") == "List"
        try:
            return custom_columns.table(columns, obj["items"] if is_list else [obj], no_headers=no_headers)
        except custom_columns.ColumnError as error:
            run.io.out(error.printed)
            raise

    return print_columns


def _wanted_errors(run: Invocation, errors: Sequence[Exception]) -> list[Exception]:
    if not run.flags.on("ignore-not-found"):
        return list(errors)
    return [error for error in errors if not (isinstance(error, ApiError) and error.reason == "NotFound")]


# -- tables ------------------------------------------------------------------------------------------------------------


def _tables(run: Invocation, find: Builder) -> Steps[int]:
    """Fetch a table per resource type (or per named object) and print them, with a blank line between types."""
    groups, errors = yield from _fetch_tables(run, find)
    errors = _wanted_errors(run, errors)
    sort_by = run.flags.text("sort-by")
    several = len({(mapping.group, mapping.plural) for mapping, _ in groups}) > 1
    with_kind = run.flags.on("show-kind") or several or _names_types(find)
    wrote = False
    writer = tables.new_tab_writer()
    last: Mapping | None = None
    with_namespace = False
    printer: tables.TablePrinter | None = None
    if sort_by and len(groups) > 1:
        # Upstream sorts the rows of one table; several tables it takes for objects that lack the field.
        path = sorting.full_path(sort_by)
        raise CommandError(f'couldn\'t find any field with path "{path}" in the list of objects')
    for mapping, table in groups:
        if sort_by:
            table["rows"] = _sorted_rows(table, sort_by)
        if last is not mapping or printer is None:
            wrote |= _flush(run, writer)
            writer.remembered = []
            # Once a type with namespaces was shown, upstream keeps the column for the types that follow.
            with_namespace = with_namespace or (find.all_namespaces and mapping.namespaced)
            printer = _table_printer(run, mapping, with_kind, with_namespace)
            last = mapping
            ready = wrote and not run.flags.on("no-headers")
        if table.get("rows") and ready:
            run.io.out("\n")
            ready = False
        printer.print(table, writer)
    wrote |= _flush(run, writer)
    if not wrote and not run.flags.on("ignore-not-found") and not errors:
        run.io.err(_none_found(run, find, [mapping for mapping, _ in groups]))
    raise_all(errors)
    return 0


def _sorted_rows(table: tables.Table, sort_by: str) -> list[Any]:
    """Return the rows in order; none at all, as upstream, if they cannot be sorted by that field."""
    rows = table.get("rows") or []
    if len(rows) < 2:
        return rows
    try:
        return sorting.by_field(rows, sort_by, lambda row: row.get("object"))
    except CommandError:
        return []


def _names_types(find: Builder) -> bool:
    """Whether the command line speaks of several types, so that names need their type in front."""
    return len(find.resources) > 1 or len({resource for resource, _ in find.pairs}) > 1


def _flush(run: Invocation, writer: Any) -> bool:
    text = writer.flush()
    run.io.out(text)
    return bool(text)


def _none_found(run: Invocation, find: Builder, mappings: list[Mapping]) -> str:
    if find.all_namespaces or not all(mapping.namespaced for mapping in mappings):
        return "No resources found\n"
    return f"No resources found in {run.namespace} namespace.\n"


def _table_printer(run: Invocation, mapping: Mapping, with_kind: bool, with_namespace: bool) -> tables.TablePrinter:
    return tables.TablePrinter(
        wide=run.flags.text("output") == "wide",
        no_headers=run.flags.on("no-headers"),
        with_namespace=with_namespace,
        kind=mapping.kind_name if with_kind else "",
        show_labels=run.flags.on("show-labels"),
        label_columns=tuple(run.flags.items("label-columns")),
    )


def _fetch_tables(run: Invocation, find: Builder) -> Steps[tuple[list[tuple[Mapping, tables.Table]], list[Exception]]]:
    groups: list[tuple[Mapping, tables.Table]] = []
    errors: list[Exception] = []
    if (find.selector is not None or find.field_selector) and not find.filenames:
        if find.names or find.pairs or not find.resources:
            yield from find.visit()  # says what is wrong with that
        for mapping in (yield from find.mappings()):
            params = builder.list_params(find.selector, find.field_selector, find.chunk_size) | _include_object(run)
            try:
                table = yield from run.api.list(mapping, find.namespace_of(mapping), params, accept=api.TABLE)
            except ApiError as error:
                errors.append(builder.enhanced(error, mapping, params))
                continue
            groups.append((mapping, table))
        return groups, errors
    find.fetch = find.latest = False
    found = yield from find.visit()
    for target in found.targets:
        try:
            table = yield from _one_table(run, target)
        except ApiError as error:
            errors.append(error)
            continue
        groups.append((target.mapping, table))
    return groups, [*found.errors, *errors]


def _include_object(run: Invocation) -> dict[str, str]:
    """Sorting looks at fields that the server would otherwise leave out of a row."""
    return {"includeObject": "Object"} if run.flags.text("sort-by") else {}


def _one_table(run: Invocation, target: Target) -> Steps[tables.Table]:
    subresource = run.flags.text("subresource")
    return (
        yield from run.api.get(
            target.mapping,
            target.namespace,
            target.name,
            subresource=subresource,
            accept=api.TABLE,
            params=_include_object(run),
        )
    )


# -- watching ----------------------------------------------------------------------------------------------------------


def _watch(run: Invocation, find: Builder) -> Steps[int]:
    yield from find.arguments(run.args)
    if len(find.names) > 1 or len(find.pairs) > 1:
        missing = (yield from find.visit()).errors
        if missing:
            raise missing[0]
    mapping, namespace, name = yield from _one_collection(run, find)
    human = _is_human(run)
    accept = api.TABLE if human else "application/json"
    params = builder.list_params(find.selector, _field_selector(find, name), 0)
    if name:
        current = yield from run.api.get(mapping, namespace, name, accept=accept)
    else:
        current = yield from run.api.list(mapping, namespace, params, accept=accept)
    show = _WatchPrinter(run, find, mapping)
    version = _version_of(current)
    if not run.flags.on("watch-only"):
        show.all(current)
    stream = yield from run.api.watch(mapping, namespace, {**params, "resourceVersion": version}, accept=accept)
    yield from _follow(run, stream, show)
    return 0


def _one_collection(run: Invocation, find: Builder) -> Steps[tuple[Mapping, str, str]]:
    """Return the one type to watch, its namespace, and the one name if there is one."""
    if find.filenames or len(find.resources) > 1 or len(find.names) > 1 or len(find.pairs) > 1:
        raise CommandError(
            "you may only specify a single resource type"
            if len(find.resources) > 1
            else "watch is only supported on individual resources and resource collections - more than 1 resource was found"
        )
    word, name = find.pairs[0] if find.pairs else (find.resources[0], find.names[0] if find.names else "")
    mapping = yield from run.mapper.find(word)
    return mapping, find.namespace_of(mapping), name


def _field_selector(find: Builder, name: str) -> str:
    parts = [f"metadata.name={name}"] if name else []
    return ",".join([*parts, *([find.field_selector] if find.field_selector else [])])


def _version_of(current: Any) -> str:
    version = current.get("metadata", {}).get("resourceVersion")
    if not version and current.get("rows"):
        version = current["rows"][0]["object"]["metadata"].get("resourceVersion")
    return version or "0"


class _WatchPrinter:
    """Prints what is there, then every change as a further row or object."""

    def __init__(self, run: Invocation, find: Builder, mapping: Mapping) -> None:
        self.run = run
        self.human = _is_human(run)
        self.events = run.flags.on("output-watch-events")
        self.writer = tables.new_tab_writer()
        self.table = _table_printer(run, mapping, run.flags.on("show-kind"), find.all_namespaces and mapping.namespaced)
        self.mapping = mapping
        self.show = None if self.human else _printer(run)

    def all(self, current: Any) -> None:
        """Print what the list said."""
        if self.human:
            self.one(current, "ADDED")
            return
        items = current.get("items") if str(current.get("kind", "")).endswith("List") else [current]
        for item in items or ():
            self.one({"apiVersion": self.mapping.api_version, "kind": self.mapping.kind, **item}, "ADDED")

    def one(self, obj: Any, event: str) -> None:
        """Print one change."""
        if self.show is not None:
            shown = {"object": obj, "type": event} if self.events else obj
            self.run.io.out(self.show(shown))
            return
        self.table.print(obj, self.writer, event if self.events else "")
        self.run.io.out(self.writer.flush())


def _follow(run: Invocation, stream: Stream, show: _WatchPrinter) -> Steps[None]:
    timeout = run.flags.text("request-timeout")
    limit = _seconds(timeout)
    rest = b""
    while True:
        chunk: bytes | None = yield Read(stream, limit)
        if not chunk:
            stream.close()
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise ApiError(event["object"])
            if event["type"] != "BOOKMARK":
                show.one(event["object"], event["type"])


def _seconds(timeout: str) -> float | None:
    """Return ``--request-timeout`` in seconds; None for "as long as it takes"."""
    try:
        seconds = float(timeout) if timeout.isdigit() else durations.parse(timeout)
    except ValueError as error:
        raise CommandError(
            f"Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding "
            f"time unit (e.g. 1s | 2m | 3h): {error}"
        ) from None
    return seconds or None
