"""What a container changed: the difference that its upper layer makes to the layers below (``docker diff``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8slab.machine.fs.inode import WHITEOUT, Directory, File, Inode, walk
from k8slab.machine.fs.overlay import MergedDirectory, overlay


class Change(NamedTuple):
    """One path that differs. *kind* is ``A`` (added), ``C`` (changed) or ``D`` (deleted)."""

    kind: str
    path: str


def changes(root: MergedDirectory) -> list[Change]:
    """Return what the upper layer of the overlay *root* changes, in the order of paths."""
    assert root.upper is not None
    lower = overlay(root.lowers, Directory()) if root.lowers else overlay([])
    return sorted(_compare(root.upper, lower, ""), key=lambda change: change.path)


def _compare(upper: Directory, lower: Directory | None, prefix: str) -> Iterator[Change]:
    for name, node in upper.entries.items():
        path = f"{prefix}/{name}"
        below = lower.get(name) if lower is not None else None
        if node is WHITEOUT:
            yield Change("D", path)
            continue
        yield Change("A" if below is None else "C", path)
        if isinstance(node, Directory):
            beneath = below if isinstance(below, Directory) else None
            yield from _compare(node, beneath, path)
            if node.opaque and beneath is not None:
                yield from (Change("D", f"{path}/{gone}") for gone in beneath.names() if gone not in node.entries)


def size(root: Directory) -> int:
    """Return the bytes of the files in the tree *root* (a layer, an upper directory); hard links count once."""
    seen: dict[int, int] = {id(node): node.size for _, node in walk(root) if isinstance(node, File)}
    return sum(seen.values())


def merged_tree(root: Directory) -> Iterator[tuple[str, Inode]]:
    """Yield ``(path, inode)`` of all that is seen under *root*, an overlay's root or a plain directory, parents first."""
    stack = [("", root)]
    while stack:
        prefix, here = stack.pop()
        inside = []
        for name in here.names():
            node = here.get(name)
            assert node is not None
            yield f"{prefix}/{name}", node
            if isinstance(node, Directory):
                inside.append((f"{prefix}/{name}", node))
        stack.extend(reversed(inside))
