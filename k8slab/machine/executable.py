"""Executables: how a file in an image says which modelled program it is.

A real image carries machine code; ours carries an ELF header followed by one line of JSON that names the program. So a
program runs exactly if its file is there, is executable, fits the processor and finds its loader; copying the file to
another image (``COPY --from``) copies the program; a script starts with ``#!`` as everywhere.
"""

from __future__ import annotations

import errno
import json
from typing import NamedTuple

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Directory, File
from k8slab.machine.fs.view import FileView

MAGIC = b"\x7fELF\x02\x01\x01" + bytes(9)
MOST_INTERPRETERS = 5  # fs/exec.c
GLIBC_LOADER = "/lib64/ld-linux-x86-64.so.2"
MUSL_LOADER = "/lib/ld-musl-x86_64.so.1"


class Executable(NamedTuple):
    """What an executable file says about itself. *loader* is its ELF interpreter: "" for a static binary."""

    program: str
    version: str = ""
    userland: str = "gnu"
    arch: str = "amd64"
    loader: str = ""


def executable(
    program: str, *, version: str = "", userland: str = "gnu", arch: str = "amd64", loader: str = "", size: int = 0
) -> File:
    """Return a new executable file for the modelled *program*, *size* bytes long (the rest is a hole)."""
    return File(
        content(program, version=version, userland=userland, arch=arch, loader=loader), 0o755, hole=max(0, size - 512)
    )


def content(program: str, *, version: str = "", userland: str = "gnu", arch: str = "amd64", loader: str = "") -> bytes:
    """Return the bytes of such a file, without a hole."""
    head = {"program": program, "version": version, "userland": userland, "arch": arch, "loader": loader}
    text = json.dumps({key: value for key, value in head.items() if value}, sort_keys=True)
    return (MAGIC + text.encode() + b"\n").ljust(512, b"\0")


_PARSED: dict[bytes, Executable | None] = {}


def parse(data: bytes | bytearray) -> Executable | None:
    """Return what the bytes of a file say it runs, or None if it is no executable of ours."""
    if not data.startswith(b"\x7fELF"):
        return None
    head = bytes(data[:512])
    if head not in _PARSED:
        try:
            fields = json.loads(head[len(MAGIC) :].split(b"\n", 1)[0])
            _PARSED[head] = Executable(**fields)
        except (ValueError, TypeError):
            _PARSED[head] = None
        if len(_PARSED) > 4096:
            _PARSED.clear()
            return parse(data)
    return _PARSED[head]


class Loaded(NamedTuple):
    """What to run: the *executable*, its absolute *path* and the arguments, interpreters put in front."""

    executable: Executable
    path: str
    argv: list[str]


def load(files: FileView, path: str, argv: list[str], arch: str = "amd64") -> Loaded:
    """Return what execve(2) of *path* with *argv* runs. Raises ENOENT, EACCES, ENOEXEC, ELOOP."""
    for _ in range(MOST_INTERPRETERS):
        found = files.find(path)
        inode = found.inode
        if isinstance(inode, Directory) or not isinstance(inode, File) or not files.credentials.may(inode, 1):
            raise os_error(errno.EACCES, path)
        data = inode.data
        if data[:2] == b"#!":
            line = bytes(data[2:258]).split(b"\n", 1)[0].decode(errors="surrogateescape").strip(" \t")
            interpreter, _, argument = line.partition(" ")
            if not interpreter:
                raise os_error(errno.ENOEXEC, path)
            argv = [interpreter, *([argument.strip()] if argument.strip() else []), path, *argv[1:]]
            path = interpreter
            continue
        run = parse(data)
        if run is None or run.arch not in (arch, "all"):
            raise os_error(errno.ENOEXEC, path)
        if run.loader and not files.exists(run.loader):
            raise os_error(errno.ENOENT, path)
        return Loaded(run, found.path, argv)
    raise os_error(errno.ELOOP, path)


def search(files: FileView, name: str, path_variable: str) -> tuple[str | None, int]:
    """Return where *name* is found along *path_variable*, and 0; or None and the errno to report (ENOENT or EACCES)."""
    if "/" in name:
        return name, 0
    number = errno.ENOENT
    for directory in path_variable.split(":"):
        candidate = f"{directory or '.'}/{name}".replace("//", "/")
        found = files.find_or_none(candidate)
        if found is None or isinstance(found.inode, Directory):
            continue
        if files.credentials.may(found.inode, 1):
            return candidate, 0
        number = errno.EACCES
    return None, number
