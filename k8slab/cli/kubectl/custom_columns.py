"""Tables whose columns the user chooses: ``-o custom-columns=NAME:.metadata.name,...``.

Models kubectl pkg/cmd/get/customcolumn.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.jsonpath import JSONPath, JSONPathError, go_value, relaxed
from k8slab.cli.kubectl.tables import new_tab_writer


@dataclass(frozen=True, slots=True)
class Column:
    """A header and the path of what stands below it."""

    header: str
    path: str


def from_spec(spec: str) -> list[Column]:
    """Return the columns that ``NAME:.path,NAME:.path`` describes. Raises CommandError in upstream's words."""
    if not spec:
        raise CommandError("custom-columns format specified but no custom columns given")
    columns = []
    for part in spec.split(","):
        header, colon, path = part.partition(":")
        if not colon:
            raise CommandError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        columns.append(Column(header, _relaxed(path)))
    return columns


def from_template(text: str) -> list[Column]:
    """Return the columns of a file with a line of headers and a line of paths."""
    lines = text.split("\n")
    if not text or len(lines) < 2:
        raise CommandError("failed to read the template file: expected a line of headers and a line of paths")
    headers, paths = lines[0].split(), lines[1].split()
    if len(headers) != len(paths):
        raise CommandError(f"number of headers ({len(headers)}) and field specifications ({len(paths)}) don't match")
    return [Column(header, _relaxed(path)) for header, path in zip(headers, paths, strict=True)]


def _relaxed(path: str) -> str:
    try:
        return relaxed(path)
    except JSONPathError as error:
        raise CommandError(str(error)) from None


class ColumnError(CommandError):
    """A path cannot be read; *printed* is what stands above it."""

    def __init__(self, message: str, printed: str) -> None:
        super().__init__(message)
        self.printed = printed


def table(columns: Sequence[Column], objects: Sequence[Obj], *, no_headers: bool = False) -> str:
    """Return the lines of the table of *objects*. Raises ColumnError for a path that is wrong."""
    writer = new_tab_writer()
    if not no_headers:
        writer.write("\t".join(column.header for column in columns) + "\n")
    try:
        paths = [JSONPath(column.path) for column in columns]
        for obj in objects:
            writer.write("\t".join(_cell(path, obj) for path in paths) + "\n")
    except JSONPathError as error:
        raise ColumnError(str(error), writer.flush()) from None
    return writer.flush()


def _cell(path: JSONPath, obj: Obj) -> str:
    values: list[Any] = path.values(obj)
    return ",".join("<none>" if value is None else go_value(value) for value in values) or "<none>"
