"""The overlay file system: read-only layers below, one writable layer on top, seen as one tree.

Models fs/overlayfs. A look-up goes through the layers from the top; the first that has the name wins, directories merge.
Writing to a file of a lower layer first copies it whole into the upper one (*copy-up*); deleting leaves a *whiteout*; a
directory that replaces a deleted one is *opaque*. Renaming a directory that has a part below is refused (EXDEV), as on
real hosts without ``redirect_dir``; mv then copies.
Merged directories are made when somebody looks, so a container that was only created costs next to nothing.
Left out: metadata-only copy-up, hard links that survive copy-up (``index=on``), inode numbers that survive it (``xino``).
"""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.machine.fs.inode import WHITEOUT, Directory, Inode


class MergedDirectory(Directory):
    """One directory of an overlay: *upper* (None until something is written here) over *lowers*, top first."""

    __slots__ = ("children", "lowers", "name", "parent", "upper")

    def __init__(
        self, parent: MergedDirectory | None, name: str, upper: Directory | None, lowers: tuple[Directory, ...]
    ) -> None:
        # The slots of Inode are replaced by the properties below: metadata is that of the topmost part.
        self.parent = parent
        self.name = name
        self.upper = upper
        self.lowers = lowers
        self.children: dict[str, MergedDirectory] = {}

    # -- metadata: of the topmost part; changing it copies the directory (not what is in it) up ------------------------

    @property
    def top(self) -> Directory:
        """The part whose mode, owner and time are seen."""
        return self.upper if self.upper is not None else self.lowers[0]

    @property
    def mode(self) -> int:
        return self.top.mode

    @mode.setter
    def mode(self, value: int) -> None:
        self.copy_up().mode = value

    @property
    def uid(self) -> int:
        return self.top.uid

    @uid.setter
    def uid(self, value: int) -> None:
        self.copy_up().uid = value

    @property
    def gid(self) -> int:
        return self.top.gid

    @gid.setter
    def gid(self, value: int) -> None:
        self.copy_up().gid = value

    @property
    def mtime(self) -> float:
        return self.top.mtime

    @mtime.setter
    def mtime(self, value: float) -> None:
        self.copy_up().mtime = value

    @property
    def number(self) -> int:
        return self.top.number

    @number.setter
    def number(self, value: int) -> None:
        self.top.number = value

    @property
    def links(self) -> int:
        return self.top.links

    @links.setter
    def links(self, value: int) -> None:
        self.top.links = value

    @property
    def opaque(self) -> bool:
        return self.top.opaque

    @opaque.setter
    def opaque(self, value: bool) -> None:
        self.copy_up().opaque = value

    # -- names ---------------------------------------------------------------------------------------------------------

    def get(self, name: str) -> Inode | None:
        child = self.children.get(name)
        if child is not None:
            return child
        above = self.upper.entries.get(name) if self.upper is not None else None
        if above is None:
            found = self._below(name)
            if not isinstance(found, tuple):
                return found
            merged = MergedDirectory(self, name, None, found)
        elif above is WHITEOUT:
            return None
        elif isinstance(above, Directory):
            found = () if above.opaque else self._below(name)
            merged = MergedDirectory(self, name, above, found if isinstance(found, tuple) else ())
        else:
            return above
        self.children[name] = merged
        return merged

    def _below(self, name: str) -> Inode | tuple[Directory, ...] | None:
        """Return what the lower layers make of *name*: a file, the directories to merge, or None."""
        parts: list[Directory] = []
        for layer in self.lowers:
            node = layer.entries.get(name)
            if node is None:
                continue
            if node is WHITEOUT:
                break
            if not isinstance(node, Directory):
                if not parts:
                    return node
                break
            parts.append(node)
            if node.opaque:
                break
        return tuple(parts) or None

    def names(self) -> list[str]:
        seen: dict[str, bool] = {}
        for layer in (self.upper, *self.lowers) if self.upper is not None else self.lowers:
            for name, node in layer.entries.items():
                seen.setdefault(name, node is not WHITEOUT)
        return sorted(name for name, shown in seen.items() if shown)

    def put(self, name: str, inode: Inode) -> None:
        upper = self.copy_up()
        if isinstance(inode, MergedDirectory):
            raise TypeError("a merged directory belongs to one place; rename it with its upper part")
        replaced = upper.entries.get(name)
        if isinstance(inode, Directory):
            if self._below(name) is not None:
                inode.opaque = True  # what was deleted below must not shine through
            self.children[name] = MergedDirectory(self, name, inode, ())
        else:
            self.children.pop(name, None)
        if replaced is not None and replaced is not WHITEOUT:
            replaced.links -= 1
        upper.entries[name] = inode
        inode.links += 1

    def remove(self, name: str) -> None:
        upper = self.copy_up()
        gone = upper.entries.pop(name, None)
        if gone is not None and gone is not WHITEOUT:
            gone.links -= 1
        self.children.pop(name, None)
        if self._below(name) is not None:
            upper.entries[name] = WHITEOUT

    def writable(self, name: str) -> Inode:
        if self.upper is not None:
            above = self.upper.entries.get(name)
            if above is not None and above is not WHITEOUT:
                return self.children.get(name) or above
        child = self.get(name)
        assert child is not None, name
        if isinstance(child, MergedDirectory):
            child.copy_up()
            return child
        copy = child.copy()
        self.copy_up().put(name, copy)
        return copy

    def copy_up(self) -> Directory:
        """Return this directory's part in the upper layer, making it (and its parents') if there is none yet."""
        if self.upper is None:
            assert self.parent is not None, "the root of an overlay always has an upper directory"
            self.upper = self.lowers[0].copy()
            self.parent.copy_up().put(self.name, self.upper)
        return self.upper

    def touch(self, mtime: float) -> None:
        self.copy_up().mtime = mtime

    def may_rename_away(self, name: str) -> bool:
        child = self.get(name)
        return not (isinstance(child, MergedDirectory) and child.lowers)

    def take_upper(self, name: str) -> Inode:
        """Return the plain inode behind *name*, for a rename to another place of the same overlay."""
        child = self.writable(name)
        return child.copy_up() if isinstance(child, MergedDirectory) else child

    def copy(self) -> Directory:
        return self.top.copy()


def overlay(lowers: Sequence[Directory], upper: Directory | None = None) -> MergedDirectory:
    """Return the root of an overlay of *lowers* (top first) under *upper*, a new empty layer by default."""
    if upper is None:
        upper = lowers[0].copy() if lowers else Directory()
    return MergedDirectory(None, "", upper, tuple(lowers))


def layer_of(root: MergedDirectory, path: str) -> int | None:
    """Return which layer *path* comes from: 0 is the upper one, 1 the topmost lower; None if there is no such path."""
    *parents, name = [part for part in path.split("/") if part]
    here: Inode | None = root
    for part in parents:
        here = here.get(part) if isinstance(here, Directory) else None
    if not isinstance(here, MergedDirectory) or here.get(name) is None:
        return None
    if here.upper is not None and name in here.upper.entries:
        return 0
    # Directories below the root drop layers without them: count in the layers of the whole overlay.
    for number, layer in enumerate(root.lowers, start=1):
        node: Inode | None = layer
        for part in (*parents, name):
            node = node.entries.get(part) if isinstance(node, Directory) else None
        if node is not None and node is not WHITEOUT:
            return number
    return None
