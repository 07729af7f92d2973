"""Any kind without a describer of its own: every field, with words made of its name. Models genericDescriber of kubectl pkg/describe."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.writer import Description
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.jsonpath import go_value
from k8slab.cli.seam import Steps

_SKIPPED = frozenset(f".metadata.{field}" for field in ("managedFields", "name", "namespace", "labels", "annotations"))
_ACRONYMS = frozenset(("API", "URL", "UID", "GUID"))
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|-+")


def describe(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of any object."""
    found = (yield from events.search(run, obj)) if show_events else None
    metadata = obj["metadata"]
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    _content(out, 0, obj, "")
    events.describe_events(out, found, now)
    return out.text()


def _content(out: Description, level: int, content: dict[str, Any], prefix: str) -> None:
    for field in sorted(content):
        path = f"{prefix}.{field}"
        if path in _SKIPPED:
            continue
        value = content[field]
        if isinstance(value, dict):
            out.write(level, f"{label_for(field)}:\n")
            _content(out, level + 1, value, path)
        elif isinstance(value, list):
            out.write(level, f"{label_for(field)}:\n")
            for item in value:
                if isinstance(item, dict):
                    _content(out, level + 1, item, path)
                else:
                    out.write(level + 1, f"{go_value(item)}\n")
        else:
            out.write(level, f"{label_for(field)}:\t{go_value(value)}\n")


def label_for(field: str) -> str:
    """Return a field's name as words: ``creationTimestamp`` is ``Creation Timestamp``, ``uid`` is ``UID``."""
    if not all(character.isalpha() or character == "-" for character in field):
        return field
    words = []
    for word in _WORD.findall(field):
        if word.upper() in _ACRONYMS:
            words.append(word.upper())
        else:
            words.append(word.capitalize() if word == word.lower() else word)
    return " ".join(words)
