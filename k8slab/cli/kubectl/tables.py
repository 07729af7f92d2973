"""Tables for people: the server says what stands in them (columns and cells), this lines them up.

Models cli-runtime pkg/printers/tableprinter.go: decorations (namespace, kind, labels), hidden columns, and one header per run of
tables with the same columns, so that the rows that a watch adds continue the table above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from k8slab.cli.tabwriter import TabWriter

Table = dict[str, Any]

_ESCAPED = str.maketrans({"\x1b": "^[", "\r": "\\r"})


def new_tab_writer() -> TabWriter:
    """Return a writer with kubectl's column widths: at least 6, three blanks between."""
    return TabWriter(6, 3, remember=True)


@dataclass
class TablePrinter:
    """Prints tables one after the other into a `TabWriter`."""

    wide: bool = False
    no_headers: bool = False
    with_namespace: bool = False
    #: ``deployment.apps``, to stand before each name; empty for none.
    kind: str = ""
    show_labels: bool = False
    label_columns: tuple[str, ...] = ()
    _columns: list[dict[str, Any]] = field(default_factory=list)
    _printed_headers: bool = False

    def print(self, table: Table, writer: TabWriter, event: str = "") -> None:
        """Add *table* to *writer*; *event* (ADDED, ...) becomes the first column if given."""
        columns = table.get("columnDefinitions") or []
        rows = table.get("rows") or []
        no_headers = self.no_headers
        if self._printed_headers and (not columns or columns == self._columns):
            no_headers = True
        if not columns:
            columns = self._columns
        elif columns != self._columns:
            self._columns = columns
            self._printed_headers = False
        if not rows:
            return
        self._printed_headers = True
        shown = [(i, c["name"].upper()) for i, c in enumerate(columns) if self.wide or not c.get("priority")]
        if not no_headers:
            writer.write("\t".join(self._header([name for _, name in shown], bool(event))) + "\n")
        name_at = next((i for i, c in enumerate(columns) if c.get("format") == "name" and c["type"] == "string"), None)
        for row in rows:
            cells = [cell_text(row["cells"][i]) if i < len(row["cells"]) else "" for i, _ in shown]
            if self.kind and name_at is not None:
                at = [i for i, _ in shown].index(name_at)
                cells[at] = f"{self.kind}/{cells[at]}"
            writer.write("\t".join(self._decorated(cells, row, event)) + "\n")

    def _header(self, names: list[str], with_event: bool) -> list[str]:
        before = ["EVENT"] if with_event else []
        if self.with_namespace:
            before.append("NAMESPACE")
        after = [label.rsplit("/", 1)[-1].upper() for label in self.label_columns]
        if self.show_labels:
            after.append("LABELS")
        return before + names + after

    def _decorated(self, cells: list[str], row: dict[str, Any], event: str) -> list[str]:
        metadata = (row.get("object") or {}).get("metadata") or {}
        labels = metadata.get("labels") or {}
        before = [event] if event else []
        if self.with_namespace:
            before.append(metadata.get("namespace", ""))
        after = [labels.get(label, "") for label in self.label_columns]
        if self.show_labels:
            after.append(format_labels(labels))
        return before + cells + after


def format_labels(labels: dict[str, str] | None) -> str:
    """Return ``a=1,b=2``, sorted, or ``<none>``."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else "<none>"


def cell_text(value: Any) -> str:
    """Return a cell's value as it is printed: only its first line, nothing that could confuse a terminal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    text = str(value)
    broken = re.search(r"[\f\n\r]", text)
    if broken:
        text = text[: broken.start()] + "..."
    return text.translate(_ESCAPED)
