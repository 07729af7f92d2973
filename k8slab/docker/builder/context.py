"""The build context: the files that a build may copy from, and nothing else. It comes as a tar; .dockerignore thins it out.

Models builder/remotecontext. Reading one is safe for any bytes: nothing is ever unpacked outside its own tree.
"""

from __future__ import annotations

import posixpath

from k8slab.docker.builder.dockerignore import Ignore
from k8slab.docker.builder.errors import BuildError
from k8slab.machine.fs.archive import LIMITS, ArchiveError, Limits, is_archive, read_layer
from k8slab.machine.fs.changes import size as tree_size
from k8slab.machine.fs.inode import WHITEOUT, Directory, File, Inode, graft, walk

DEFAULT_DOCKERFILE = "Dockerfile"


class Context:
    """The files of a build. *excluded* are the paths that .dockerignore took out, for the checks."""

    def __init__(self, root: Directory, dockerfile: str = DEFAULT_DOCKERFILE) -> None:
        self.root = root
        self.dockerfile_name = dockerfile or DEFAULT_DOCKERFILE
        self.excluded: list[str] = []
        self._whole_bytes = tree_size(root)

    @classmethod
    def of_tar(cls, data: bytes, dockerfile: str = DEFAULT_DOCKERFILE, limits: Limits = LIMITS) -> Context:
        """Return the context that the tar *data* (plain or compressed) holds; a text that is no tar is a lone Dockerfile.

        Raises BuildError.
        """
        if data and not is_archive(data) and not data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")):
            root = Directory()
            root.put(DEFAULT_DOCKERFILE, File(data))
            return cls(root, DEFAULT_DOCKERFILE)
        try:
            root = _plain(read_layer(data, limits))
        except ArchiveError as error:
            raise BuildError(f"failed to read the build context: {error}") from None
        return cls(root, dockerfile)

    @classmethod
    def of_files(cls, files: dict[str, str | bytes], dockerfile: str = DEFAULT_DOCKERFILE) -> Context:
        """Return a context of texts by path."""
        root = Directory()
        for path, text in files.items():
            graft(root, path, File(text.encode() if isinstance(text, str) else text))
        return cls(root, dockerfile)

    def find(self, path: str) -> Inode | None:
        """Return what stands at *path*; links are not followed."""
        here: Inode | None = self.root
        for part in path.split("/"):
            if part in ("", "."):
                continue
            here = here.get(part) if isinstance(here, Directory) else None
        return here

    def dockerfile(self) -> bytes:
        """Return the Dockerfile. Raises BuildError if there is none."""
        name = posixpath.normpath(self.dockerfile_name).lstrip("/")
        if name.startswith("../"):
            raise BuildError(
                f"forbidden path outside the build context: {self.dockerfile_name} ({self.dockerfile_name})"
            )
        found = self.find(name)
        if found is None and name == DEFAULT_DOCKERFILE:
            found = self.find("dockerfile")  # both builders accept it in lower case
        if not isinstance(found, File):
            raise BuildError(
                f"failed to read dockerfile: open {name}: no such file or directory",
                classic=f"Cannot locate specified Dockerfile: {name}",
            )
        return found.read_all()

    def ignore(self) -> Ignore:
        """Return the patterns of .dockerignore; a Dockerfile may bring its own."""
        for name in (f"{self.dockerfile_name}.dockerignore", ".dockerignore"):
            found = self.find(name)
            if isinstance(found, File):
                return Ignore(found.read_all().decode("utf-8", "replace"))
        return Ignore()

    def without_ignored(self) -> Context:
        """Return the context without what .dockerignore names."""
        ignore = self.ignore()
        if not ignore:
            return self
        thin = Context(Directory(self.root.mode, mtime=self.root.mtime), self.dockerfile_name)
        for path, node in walk(self.root):
            relative = path[1:]
            if ignore.excludes(relative):
                thin.excluded.append(relative)
                continue
            if isinstance(node, Directory):
                if thin.find(relative) is None:
                    graft(thin.root, relative, node.copy())
            else:
                graft(thin.root, relative, node)
        thin._whole_bytes = tree_size(thin.root)
        return thin

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return self._whole_bytes


def _plain(root: Directory) -> Directory:
    """A context's files called ``.wh.x`` are files, not whiteouts; what a layer reader made of them is dropped."""
    for name, node in list(root.entries.items()):
        if node is WHITEOUT:
            del root.entries[name]
        elif isinstance(node, Directory):
            node.opaque = False
            _plain(node)
    return root
