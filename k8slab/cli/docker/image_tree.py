"""``docker images --tree``: each image once, with all its names and the variants that it holds.

Models cli/command/image/tree.go, as it is when it writes to a pipe or a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from k8slab.cli.docker import units
from k8slab.cli.docker.terminal import Terminal

SPACING = 3
WARNING = "WARNING: This is an experimental feature. The output may change and shouldn't be depended on."
LEGEND = "Info -> "
IN_USE = " U In Use"
UNTAGGED = "<untagged>"
#: What the columns after the name need: (title, width, align).
COLUMNS = (("ID", 12, "left"), ("DISK USAGE", 10, "right"), ("CONTENT SIZE", 12, "right"), ("EXTRA", 5, "left"))


@dataclass
class _Line:
    name: str
    identifier: str
    disk: str
    content: str
    extra: str


def drawn(images: list[dict[str, Any]], terminal: Terminal | None) -> str:
    """Return the listing of *images*, the newest first."""
    width = terminal.columns if terminal is not None and terminal.stdout else 80
    width = max(width or 80, 20)
    shown = sorted(
        (image for image in images if image.get("RepoTags") or image.get("RepoDigests")),
        key=lambda image: -image["Created"],
    )
    columns, name_width = [], width
    for title, column_width, align in COLUMNS:
        if name_width - column_width - SPACING < 12:
            break
        name_width -= column_width + SPACING
        columns.append((title, column_width, align))
    name_width = min(name_width, _widest(shown))
    out = [WARNING, f"{LEGEND}{IN_USE} ".rjust(width), ""]
    out.append(_header("IMAGE", name_width) + "".join(" " * SPACING + _header(title, w) for title, w, _ in columns))
    has_children = any(child.get("Kind") == "image" for image in shown for child in image.get("Manifests") or [])
    for image in shown:
        names = sorted(image.get("RepoTags") or [UNTAGGED], key=lambda name: -len(name))
        out += [_cut(name, name_width) for name in names[:-1]]
        out.append(_cut(names[-1], name_width).ljust(name_width) + _cells(_line(image), columns))
        children = [child for child in image.get("Manifests") or [] if child.get("Kind") == "image"]
        for index, child in enumerate(children):
            branch = "└─ " if index == len(children) - 1 else "├─ "
            line = _child(child)
            out.append(_cut(branch + line.name, name_width).ljust(name_width) + _cells(line, columns))
        if has_children:
            out.append("")
    return "\n".join(out) + "\n"


def _widest(images: list[dict[str, Any]]) -> int:
    width = len("IMAGE")
    for image in images:
        width = max([width, *(len(name) for name in image.get("RepoTags") or [])])
        for child in image.get("Manifests") or []:
            if child.get("Kind") == "image":
                width = max(width, len(_platform(child).encode()) + len("└─ ".encode()))
    return width


def _header(title: str, width: int) -> str:
    return f"\x1b[39m\x1b[1m{title}\x1b[0m" + " " * (width - len(title))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _cells(line: _Line, columns: list[tuple[str, int, str]]) -> str:
    values = {"ID": line.identifier, "DISK USAGE": line.disk, "CONTENT SIZE": line.content, "EXTRA": line.extra}
    cells = ""
    for title, width, align in columns:
        text = values[title]
        cells += " " * SPACING + (text.rjust(width) if align == "right" else text.ljust(width))
    return cells


def _line(image: dict[str, Any]) -> _Line:
    children = [child for child in image.get("Manifests") or [] if child.get("Kind") == "image"]
    used = image.get("Containers", -1) > 0 or any(
        (child.get("ImageData") or {}).get("Containers") for child in children
    )
    content = sum((child.get("Size") or {}).get("Content", 0) for child in children)
    return _Line(
        "",
        units.short_id(image["Id"]),
        units.human_size(image["Size"], 3),
        units.human_size(content, 3),
        "U" if used else "",
    )


def _platform(child: dict[str, Any]) -> str:
    platform = (child.get("ImageData") or {}).get("Platform") or {}
    parts = [platform.get("os", ""), platform.get("architecture", ""), platform.get("variant", "")]
    return "/".join(part for part in parts if part)


def _child(child: dict[str, Any]) -> _Line:
    size = child.get("Size") or {}
    used = bool((child.get("ImageData") or {}).get("Containers"))
    return _Line(
        _platform(child),
        units.short_id(child.get("ID", "")),
        units.human_size(size.get("Total", 0), 3),
        units.human_size(size.get("Content", 0), 3),
        "U" if used else "",
    )
