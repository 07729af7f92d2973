"""What HTTP servers of images share: accepting connections, static files, log dates."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from k8slab.machine import signals
from k8slab.machine.fs.inode import Directory, File
from k8slab.machine.network import Listener
from k8slab.machine.process import Process
from k8slab.machine.programs.http import Handler, Reply, http_date, serve_connection
from k8slab.machine.streams import Description

TYPES = {
    ".html": "text/html", ".htm": "text/html", ".css": "text/css", ".js": "application/javascript", ".json": "application/json",
    ".txt": "text/plain", ".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml", ".ico": "image/x-icon", ".xml": "text/xml",
    ".gz": "application/gzip", ".md": "text/markdown", ".sh": "application/x-sh", ".py": "text/x-python",
}  # fmt: skip


def content_type(path: str, default: str = "application/octet-stream") -> str:
    """Return the media type for *path* by its ending."""
    return TYPES.get(posixpath.splitext(path)[1].lower(), default)


def accept_forever(
    process: Process,
    listener: Listener,
    handler: Handler,
    *,
    keep_alive: bool = True,
    bad: Callable[[], Reply] | None = None,
) -> Generator[Any, Any, None]:
    """Answer every connection of *listener*, each in a thread of its own. Run it as a thread of *process*."""
    while True:
        connection = yield from listener.accept()
        process.thread(serve_connection(connection, handler, keep_alive=keep_alive, bad=bad))


def safe_path(target: str) -> str:
    """Return the path of a request target below a document root: decoded, without ``..``; always starts with ``/``."""
    path = unquote(target.partition("?")[0], errors="surrogateescape")
    normal = posixpath.normpath("/" + path.lstrip("/"))
    return normal + ("/" if path.endswith("/") and normal != "/" else "")


class Found:
    """A static file that answers a request."""

    def __init__(self, path: str, inode: File) -> None:
        self.path = path
        self.inode = inode

    @property
    def etag(self) -> str:
        """The entity tag as nginx makes it: time and size in hexadecimal."""
        return f'"{int(self.inode.mtime):x}-{self.inode.size:x}"'

    @property
    def last_modified(self) -> str:
        """The Last-Modified header."""
        return http_date(self.inode.mtime)

    def body(self) -> bytes:
        """The content; at most a megabyte of a hole."""
        return self.inode.read_all() + bytes(min(self.inode.hole, 1 << 20))


def look_up(process: Process, root: str, path: str, indexes: list[str]) -> Found | str | int:
    """Return the file for *path* under *root*, a path to redirect to, or the status that refuses it (403, 404)."""
    full = root.rstrip("/") + path
    found = process.files.find_or_none(full.rstrip("/") or "/")
    if found is None:
        return 404
    if isinstance(found.inode, Directory):
        if not path.endswith("/"):
            return path + "/"
        for name in indexes:
            index = process.files.find_or_none(full + name)
            if index is not None and isinstance(index.inode, File):
                return _readable(process, full + name, index.inode)
        return 403
    if not isinstance(found.inode, File) or path.endswith("/"):
        return 404
    return _readable(process, full, found.inode)


def _readable(process: Process, path: str, inode: File) -> Found | int:
    return Found(path, inode) if process.files.credentials.may(inode, 4) else 403


def log_time(unix: float) -> str:
    """Return *unix* as access logs have it."""
    return datetime.fromtimestamp(unix, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


class LogFile:
    """A log that is opened once and written line by line; a path that cannot be opened is reported by its OSError."""

    def __init__(self, process: Process, path: str) -> None:
        self.description: Description = process.open(path, "a")
        self.description.references += 1

    def line(self, text: str) -> None:
        """Write *text* and a newline, without waiting for a slow reader."""
        try:
            self.description.write_now((text + "\n").encode(errors="surrogateescape"))
        except OSError:
            return  # a full disk stops no server

    def close(self) -> None:
        """Close it."""
        self.description.close()


def until_told(process: Process, *numbers: int) -> Generator[Any, Any, int]:
    """Wait for one of the signals *numbers* (TERM and INT by default); return which came."""
    told = process.clock.event()

    def hear(number: int) -> None:
        if not told.triggered:
            told.succeed(number)

    for number in numbers or (signals.TERM, signals.INT):
        process.on(number, hear)
    return (yield told)
