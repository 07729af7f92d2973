"""Layers: read-only file trees, made once and shared by all images, containers and hosts that have them.

Models moby's layer store over overlay2. A layer's *diff id* is the digest of its tar; the *chain id* of a stack of layers says
which layers lie under which, so that equal stacks are equal everywhere. A tree is built only when somebody looks into it.
Left out: garbage on disk, xattrs, the difference between a layer's tar and its compressed form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from k8slab.docker.content import digest_of
from k8slab.machine.fs.archive import LIMITS, Limits, read_layer, write_layer
from k8slab.machine.fs.changes import size as tree_size
from k8slab.machine.fs.inode import WHITEOUT, Device, Directory, File, Inode, Socket, Symlink, graft, seal

_KNOWN: WeakValueDictionary[str, Layer] = WeakValueDictionary()
#: What gzip makes of an ordinary layer, roughly: what a registry sends is this part of what lands on the disk.
COMPRESSION = 0.4


class Layer:
    """One layer. Its tree must not be written to: an overlay copies up."""

    __slots__ = ("__weakref__", "_diff_id", "_make", "_root", "_size", "_tar")

    def __init__(self, make: Callable[[], Directory]) -> None:
        self._make: Callable[[], Directory] | None = make
        self._root: Directory | None = None
        self._diff_id = ""
        self._size = -1
        self._tar: bytes | None = None

    @classmethod
    def of_tree(cls, root: Directory) -> Layer:
        """Return the layer whose tree is *root*, which from now on belongs to it."""
        return cls(lambda: root)

    @classmethod
    def of_tar(cls, data: bytes, limits: Limits = LIMITS) -> Layer:
        """Return the layer that the plain tar *data* describes, the one already known if there is one. Raises ArchiveError."""
        digest = digest_of(data)
        known = _KNOWN.get(digest)
        if known is not None:
            return known
        layer = cls.of_tree(seal(read_layer(data, limits)))
        layer._diff_id, layer._tar = digest, data
        _KNOWN[digest] = layer
        return layer

    @property
    def root(self) -> Directory:
        """The tree."""
        if self._root is None:
            assert self._make is not None
            self._root, self._make = seal(self._make()), None
        return self._root

    @property
    def is_made(self) -> bool:
        """Whether its digest is known already."""
        return bool(self._diff_id)

    @property
    def diff_id(self) -> str:
        """The digest of the layer's tar."""
        if not self._diff_id:
            self._diff_id = digest_of(write_layer(self.root))
            _KNOWN.setdefault(self._diff_id, self)
        return self._diff_id

    @property
    def size(self) -> int:
        """Bytes of its files, as ``docker history`` shows them."""
        if self._size < 0:
            self._size = tree_size(self.root)
        return self._size

    @property
    def transfer_bytes(self) -> int:
        """Bytes that a registry sends for it."""
        return max(32, int(self.size * COMPRESSION))

    def tar(self) -> bytes:
        """Return the layer as a tar; its digest is the diff id."""
        return self._tar if self._tar is not None else write_layer(self.root)

    def __repr__(self) -> str:
        return f"Layer({self._diff_id or 'not yet made'})"


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """Return the chain id of each layer, bottom first: the bottom's is its diff id (image-spec, config.md)."""
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(f"sha256:{hashlib.sha256(f'{chain[-1]} {diff_id}'.encode()).hexdigest()}" if chain else diff_id)
    return chain


def lowers(layers: Sequence[Layer]) -> tuple[Directory, ...]:
    """Return the trees of *layers* (bottom first) as an overlay wants them: top first."""
    return tuple(layer.root for layer in reversed(layers))


def freeze(upper: Directory) -> Directory:
    """Return a copy of the tree *upper* that stays as it is while a container writes on: what a commit keeps.

    Sockets are left behind, as tar leaves them.
    """
    copies: dict[int, Inode] = {}

    def copied(node: Inode) -> Inode:
        if node is WHITEOUT:
            return node
        if id(node) in copies:
            return copies[id(node)]
        twin = node.copy()
        copies[id(node)] = twin
        if isinstance(node, File) and isinstance(twin, File):
            twin.data = bytes(node.data)
        if isinstance(node, Directory) and isinstance(twin, Directory):
            twin.opaque = node.opaque
            for name in sorted(node.entries):
                if not isinstance(node.entries[name], Socket):
                    twin.put(name, copied(node.entries[name]))
        return twin

    root = copied(upper)
    assert isinstance(root, Directory)
    return root


def init_layer(mtime: float = 0.0) -> Directory:
    """Return the layer that lies between an image and a container: the places that the engine mounts over.

    Models daemon/initlayer. It is part of no image: a commit takes only what is above it.
    """
    root = Directory(0o755, mtime=mtime)
    for path in ("/dev/pts", "/dev/shm", "/proc", "/sys"):
        graft(root, path, Directory(0o755, mtime=mtime))
    for path in ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf"):
        graft(root, path, File(b"", 0o755, mtime=mtime))
    graft(root, "/dev/console", Device(5, 1, 0o755, mtime=mtime))
    graft(root, "/etc/mtab", Symlink("/proc/mounts", mtime=mtime))
    graft(root, "/.dockerenv", File(b"", 0o755, mtime=mtime))
    return seal(root)
