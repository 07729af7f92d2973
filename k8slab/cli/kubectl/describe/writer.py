"""The page under a describer's hands: levels of indentation, columns, and the pieces that every kind has.

Models the PrefixWriter of kubectl pkg/describe and its printLabelsMultiline, printAnnotationsMultiline and the like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.cli.kubectl.jsonpath import go_value
from k8slab.cli.kubectl.last_applied import ANNOTATION
from k8slab.cli.tabwriter import TabWriter

#: A longer annotation moves to lines of its own, shortened.
LONGEST_ANNOTATION = 140
NONE = "<none>"


class Description:
    """Text with columns: cells end with a tab, two blanks apart. With *raw* the tabs stay tabs, as in ``rollout history``."""

    def __init__(self, *, raw: bool = False) -> None:
        self._writer = TabWriter(0, 2)
        self._done: list[str] = []
        self._raw = raw

    def write(self, level: int, text: str) -> None:
        """Add *text*, its start indented by *level* times two blanks."""
        if self._raw:
            self._done.append("  " * level + text)
        else:
            self._writer.write("  " * level + text)

    def line(self, level: int, label: str, value: Any) -> None:
        """Add ``label: value``."""
        self.write(level, f"{label}:\t{shown(value)}\n")

    def flush(self) -> None:
        """Line up what is there; what follows starts new columns."""
        self._done.append(self._writer.flush())

    def text(self) -> str:
        """Return the whole page."""
        self.flush()
        return "".join(self._done)

    # -- pieces ------------------------------------------------------------------------------------------------------

    def multiline(self, label: str, values: Iterable[str], level: int = 0) -> None:
        """Add a label and its values below each other in the next column; ``<none>`` without values."""
        lines = list(values) or [NONE]
        self.write(level, f"{label}:\t{lines[0]}\n")
        for value in lines[1:]:
            self.write(0, f"\t{value}\n")

    def labels(self, label: str, labels: Mapping[str, str] | None, level: int = 0) -> None:
        """Add labels, sorted, as ``key=value``."""
        self.multiline(label, [f"{key}={labels[key]}" for key in sorted(labels)] if labels else [], level)

    def annotations(self, label: str, annotations: Mapping[str, str] | None, level: int = 0) -> None:
        """Add annotations, sorted, as ``key: value``, without what ``kubectl apply`` keeps there."""
        keys = sorted(key for key in annotations or () if key != ANNOTATION)
        lead = "  " * level
        self.write(0, f"{lead}{label}:\t")
        if not keys:
            self.write(0, f"{NONE}\n")
        for index, key in enumerate(keys):
            if index:
                self.write(0, "\t")
            value = (annotations or {})[key].removesuffix("\n")
            if len(value.encode()) + len(key) + 2 > LONGEST_ANNOTATION or "\n" in value:
                self.write(0, f"{key}:\n")
                for text in value.split("\n"):
                    self.write(0, f"\t  {_shortened(text)}\n")
            else:
                self.write(0, f"{key}: {value}\n")


def _shortened(text: str) -> str:
    raw = text.encode()
    if len(raw) <= LONGEST_ANNOTATION - 2:
        return text
    return raw[: LONGEST_ANNOTATION - 2].decode(errors="ignore") + "..."


def shown(value: Any) -> str:
    """Return *value* as Go's ``%v`` prints it, nothing for None."""
    return "" if value is None else go_value(value)


def yes_no(value: Any) -> str:
    """``True`` or ``False``."""
    return "True" if value else "False"


def yes_no_unset(value: Any) -> str:
    """``True``, ``False`` or ``<unset>``."""
    return "<unset>" if value is None else yes_no(value)


def controller_of(obj: Mapping[str, Any]) -> str:
    """Return ``ReplicaSet/web`` for the controller of *obj*, or nothing."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return f"{owner['kind']}/{owner['name']}"
    return ""
