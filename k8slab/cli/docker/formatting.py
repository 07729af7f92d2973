"""Listings: a table, a Go template for each row, or JSON. What ``--format`` understands.

Models cli/command/formatter and templates. A listing gives its columns (name, header) and rows of values; a value may be a function
that makes it when a template asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker import go_types, units
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.gotemplate.execute import Struct, Template
from k8slab.cli.gotemplate.nodes import TemplateError
from k8slab.cli.gotemplate.values import TemplateFailure, plain
from k8slab.cli.tabwriter import TabWriter

TABLE = "table"
JSON = "json"
MIN_WIDTH, PADDING = 10, 3

Row = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """What can be listed: headers by field name, the fields that JSON shows (all with a header, unless given), Go's type name."""

    headers: Mapping[str, str]
    table: str
    quiet: str = ""
    raw: str = ""
    type_name: str = "*formatter.Context"
    #: Fields that JSON leaves out (they are methods with arguments) or shows though no header names them.
    unlisted: tuple[str, ...] = ()
    #: What JSON shows instead of a field's text.
    in_json: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


def to_json(value: Any) -> str:
    """Return *value* as the template function ``json`` prints it: compact; only a row of a listing has ``<`` and ``&`` escaped."""
    text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, default=str)
    return gojson.marshal(_plain(value)) if isinstance(value, _Context) else text


def _plain(value: Any) -> Any:
    if go_types.is_nil(value):
        return None
    if isinstance(value, Struct):
        return {key: _plain(item() if callable(item) else item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _split(text: Any, separator: str) -> list[str]:
    if not isinstance(text, str):
        raise TemplateFailure(f"wrong type for value; expected string; got {type(text).__name__}")
    return text.split(separator) if separator else list(text)


def _join(values: Any, separator: str) -> str:
    return separator.join(plain(value) for value in values or ())


def _title(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def _pad(text: str, before: int, after: int) -> str:
    return " " * before + text + " " * after if text else text


def _cut(text: str, length: int) -> str:
    return text[:length]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "json": to_json,
    "split": _split,
    "join": _join,
    "title": _title,
    "lower": lambda text: str(text).lower(),
    "upper": lambda text: str(text).upper(),
    "pad": _pad,
    "truncate": _cut,
}
#: In a header most of them change nothing.
HEADER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **FUNCTIONS,
    "json": lambda value: value,
    "split": lambda value, _: value,
    "join": lambda value, _: value,
    "title": lambda value: value,
    "lower": lambda value: value,
    "upper": lambda value: value,
    "truncate": lambda value, _: value,
}


def template(text: str, functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> Template:
    """Return *text* as a template. Raises CommandError."""
    try:
        return Template(text, functions=functions)
    except TemplateError as error:
        raise CommandError(f"template parsing error: {error}") from None


def dry_run(kind: Listing, text: str, row: Row) -> None:
    """Carry the template out on a *row* that stands for all, to see whether it can be. Raises CommandError."""
    try:
        Template(text, functions=FUNCTIONS).render(_struct(kind, row))
    except TemplateError as error:
        words = "failed to parse template" if error.parsing else "failed to execute template"
        raise CommandError(f"{words}: {error}") from None


def render(made: Template, value: Any) -> str:
    """Return what the template makes of *value*. Raises CommandError."""
    try:
        return made.render(value)
    except TemplateError as error:
        raise CommandError(f"template parsing error: {error}") from None


def listing(kind: Listing, rows: Iterable[Row], form: str, *, quiet: bool = False, table: str = "") -> str:
    """Return *rows* as the format *form* shows them; *table* replaces the listing's own columns."""
    form = chosen(kind, form, quiet=quiet, table=table)
    if form == JSON:
        return "".join(_row_json(kind, row) + "\n" for row in rows)
    is_table = form.startswith(TABLE)
    body = (form[len(TABLE) :] if is_table else form).strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    made = template(body)
    lines = "".join(render(made, _struct(kind, row)) + "\n" for row in rows)
    if not is_table:
        return lines
    head = render(template(body, HEADER_FUNCTIONS), _Headers(kind.headers)) + "\n"
    writer = TabWriter(MIN_WIDTH, PADDING)
    writer.write(head + lines)
    return writer.flush()


class _Headers(Struct):
    """The header of a column by its name; a name without one has none. Models formatter.SubHeaderContext."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return self.get(name, "")

    def get(self, name: str, default: Any = "") -> Any:
        """Return the header of *name*; of a label its last part."""
        return _label_header if name == "Label" else super().get(name, default)


def _label_header(name: str) -> str:
    return name.rpartition(".")[2].replace("-", " ").replace("_", " ")


def chosen(kind: Listing, form: str, *, quiet: bool = False, table: str = "") -> str:
    """Return the template (or JSON, or a table's) that *form* means."""
    if form in ("", TABLE):
        return kind.quiet if quiet else table or kind.table
    if form == "raw" and kind.raw:
        return kind.raw
    return form


def _row_json(kind: Listing, row: Row) -> str:
    return gojson.marshal(gojson.sorted_map(_shown(kind, row.items())))


def _shown(kind: Listing, fields: Iterable[tuple[str, Any]]) -> Row:
    shown = {name: _made(value) for name, value in fields if name not in kind.unlisted}
    return shown | {name: change(shown[name]) for name, change in kind.in_json.items()}


def _made(value: Any) -> Any:
    return value() if callable(value) else value


def _struct(kind: Listing, row: Row) -> Struct:
    struct = _Context(row)
    struct.type_name = kind.type_name
    struct.kind = kind
    return struct


class _Context(Struct):
    """A row as a template sees it; ``{{json .}}`` prints all its fields, sorted."""

    kind: Listing

    def items(self) -> Any:
        return gojson.sorted_map(_shown(self.kind, super().items())).items()


def labels_text(labels: Mapping[str, str] | None) -> str:
    """Return labels as a column shows them: ``a=1,b=2``, in the order of their names."""
    return ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items()))


def indented(value: Any) -> str:
    """Return *value* as ``json.MarshalIndent`` with four blanks."""
    return json.dumps(value, indent=4, ensure_ascii=False)


def ellipsis(text: str, width: int) -> str:
    """Return *text* cut to *width* with an ellipsis. Models formatter.Ellipsis."""
    return units.truncate(text, width)
