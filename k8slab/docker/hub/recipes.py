"""Recipes: how the catalogue describes an image, and how its layers are made of `machine.userlands` and programs.

A recipe is a list of steps. A step that is a text is a Dockerfile instruction that changes only the config. A step that is a map
is a layer: ``layer`` is the text for the history, the other keys say what is in it:

* ``userland``: a distribution and its arguments (``{name: debian, release: "12", codename: bookworm}``)
* ``size``: what all its files have in all; the rest of it is one big file at ``fill``, bytes that nobody reads
* ``programs``: path -> program name, or ``{program, size, version}``; the name selects a class in the table of programs
* ``files``, ``scripts`` (mode 0755), ``links``, ``directories``, ``users`` (lines for /etc/passwd), ``owners`` (path -> uid:gid)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from k8slab.docker.layers import Layer, lowers
from k8slab.machine import executable
from k8slab.machine.fs.changes import size as tree_size
from k8slab.machine.fs.inode import Directory, File, Inode, graft, walk
from k8slab.machine.fs.overlay import overlay
from k8slab.machine.userlands.base import Tree
from k8slab.machine.userlands.distributions import DISTRIBUTIONS

_SIZE = re.compile(r"([0-9.]+)\s*(B|kB|MB|GB)?")
_UNITS = {None: 1, "B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
KEYS = (
    "layer",
    "comment",
    "userland",
    "size",
    "fill",
    "programs",
    "files",
    "scripts",
    "links",
    "directories",
    "users",
    "owners",
)
DEFAULT_FILL = "/usr/share/misc/packages.db"


def parse_size(text: str | int) -> int:
    """Return ``74.8MB`` in bytes."""
    match = _SIZE.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is no size")
    return round(float(match[1]) * _UNITS[match[2]])


def make_tree(step: dict[str, Any], below: Sequence[Layer], mtime: float, arch: str) -> Directory:
    """Return the tree of the layer *step* on top of the layers *below*."""
    unknown = [key for key in step if key not in KEYS]
    if unknown:
        raise ValueError(f"layer {step.get('layer')!r}: unknown keys {unknown}")
    if "userland" in step:
        arguments = {key: str(value) for key, value in step["userland"].items()}
        root = DISTRIBUTIONS[arguments.pop("name")](mtime=mtime, **arguments)
    else:
        root = Directory(0o755, mtime=mtime)
    tree = Tree(mtime)
    tree.root = root
    under = overlay(lowers(below)) if below else None
    tree.loader, tree.userland = _manners(under)
    tree.directories(*step.get("directories", ()))
    for path, text in step.get("files", {}).items():
        tree.file(path, text)
    for path, text in step.get("scripts", {}).items():
        tree.file(path, text, 0o755)
    for path, target in step.get("links", {}).items():
        tree.link(path, target)
    for path, what in step.get("programs", {}).items():
        details = what if isinstance(what, dict) else {"program": what}
        tree.program(
            path,
            details["program"],
            size=parse_size(details.get("size", "40kB")),
            version=str(details.get("version", "")),
            static=bool(details.get("static", False)),
        )
    _add_users(tree, step.get("users", ()), under)
    for path, owner in step.get("owners", {}).items():
        node = _find(root, path)
        uid, _, gid = str(owner).partition(":")
        assert node is not None, path
        node.uid, node.gid = int(uid), int(gid or uid)
    if arch != "amd64":
        _for_architecture(root, arch)
    rest = parse_size(step.get("size", 0)) - tree_size(root)
    if rest > 0:
        graft(root, step.get("fill", DEFAULT_FILL), File(b"", 0o644, mtime=mtime, hole=rest))
    return root


def _manners(under: Directory | None) -> tuple[str, str]:
    """Return the loader and the userland that programs of this image have, as its base has them."""
    if under is None:
        return "", "gnu"
    if _find(under, executable.MUSL_LOADER) is not None:
        return executable.MUSL_LOADER, "busybox"
    if _find(under, "/usr" + executable.GLIBC_LOADER) is not None or _find(under, executable.GLIBC_LOADER) is not None:
        return executable.GLIBC_LOADER, "gnu"
    return "", "busybox"


def _find(root: Directory, path: str) -> Inode | None:
    here: Inode | None = root
    for part in path.strip("/").split("/"):
        here = here.get(part) if isinstance(here, Directory) else None
    return here


def _add_users(tree: Tree, users: Sequence[str], under: Directory | None) -> None:
    if not users:
        return
    for path, separator in (("/etc/passwd", ":"), ("/etc/group", "")):
        old = _find(tree.root, path) or (_find(under, path) if under is not None else None)
        text = old.read_all().decode() if isinstance(old, File) else ""
        for line in users:
            name, _, _, gid, *_ = line.split(":")
            text += f"{line}\n" if separator else f"{name}:x:{gid}:\n"
        tree.file(path, text)


def _for_architecture(root: Directory, arch: str) -> None:
    for _, node in walk(root):
        if isinstance(node, File):
            run = executable.parse(node.data)
            if run is not None and run.arch != "all":
                node.data = executable.content(
                    run.program, version=run.version, userland=run.userland, arch=arch, loader=run.loader
                )
