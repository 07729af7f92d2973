"""Apache httpd: static files from its htdocs, the log lines of the official image, graceful stop on SIGWINCH.

Left out: almost all of its configuration: Listen, DocumentRoot and ServerName are read, modules are not modelled.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from k8slab.machine import signals
from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.http import Reply, http_date
from k8slab.machine.programs.serving import (
    Found,
    accept_forever,
    content_type,
    log_time,
    look_up,
    safe_path,
    until_told,
)
from k8slab.sim.http import Request

NOT_FOUND = """<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>{title}</title>
</head><body>
<h1>{heading}</h1>
<p>{text}</p>
</body></html>
"""


class Httpd:
    """The program."""

    def run(self, process: Process) -> Life:
        """Serve until told to stop."""
        self.process = process
        self.version = (process.executable.version if process.executable else "") or "2.4.62"
        if "-v" in process.argv:
            yield from process.write(
                1, f"Server version: Apache/{self.version} (Unix)\nServer built:   Jan  1 2026 00:00:00\n".encode()
            )
            return 0
        try:
            text = process.files.read_text("/usr/local/apache2/conf/httpd.conf")
        except OSError as error:
            yield from process.write(
                2,
                f"httpd: Could not open configuration file /usr/local/apache2/conf/httpd.conf: {error.strerror}\n".encode(),
            )
            return 1
        values = {
            key: value.strip('"')
            for key, value in re.findall(r"^\s*(Listen|DocumentRoot|ServerName)\s+(\S+)", text, re.MULTILINE)
        }
        if "-t" in process.argv:
            yield from process.write(2, b"Syntax OK\n")
            return 0
        self.root = values.get("DocumentRoot", "/usr/local/apache2/htdocs")
        port = int(values.get("Listen", "80").rpartition(":")[2])
        if "ServerName" not in values:
            yield from self._warn_about_name()
        try:
            listener = process.network.listen(port, owner=process)
        except OSError as error:
            yield from process.write(
                2,
                f"({error.errno}){error.strerror}: AH00072: make_sock: could not bind to address 0.0.0.0:{port}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n".encode(),
            )
            return 1
        process.hold(8 << 20)
        workers = [process.fork(self._worker, fds={}) for _ in range(3)]
        self._log_error("mpm_event", f"AH00489: Apache/{self.version} (Unix) configured -- resuming normal operations")
        self._log_error("core", "AH00094: Command line: 'httpd -D FOREGROUND'")
        process.thread(
            accept_forever(
                process,
                listener,
                self.answer,
                bad=lambda: self._page(
                    400, "Bad Request", "Your browser sent a request that this server could not understand.<br />"
                ),
            )
        )
        number = yield from until_told(process, signals.TERM, signals.INT, signals.WINCH)
        listener.close()
        if number == signals.WINCH:
            self._log_error("mpm_event", "AH00492: caught SIGWINCH, shutting down gracefully")
        else:
            self._log_error("mpm_event", "AH00491: caught SIGTERM, shutting down")
        for worker in workers:
            worker.deliver(signals.KILL)
        return 0

    def _worker(self, worker: Process) -> Life:
        worker.handlers = {}
        worker.hold(4 << 20)
        yield worker.clock.event()
        return 0

    def _warn_about_name(self) -> Generator[Any, Any, None]:
        address = next(
            (
                one.addresses[0].split("/")[0]
                for one in self.process.network.interfaces()
                if one.kind != "loopback" and one.addresses
            ),
            "127.0.0.1",
        )
        line = f"AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using {address}. Set the 'ServerName' directive globally to suppress this message\n"
        yield from self.process.write(2, line.encode() * 2)

    def _log_error(self, module: str, text: str) -> None:
        now = self.process.host.unix_time()
        stamp = datetime.fromtimestamp(now, UTC).strftime("%a %b %d %H:%M:%S.%f %Y")
        self.process.write_now(
            2, f"[{stamp}] [{module}:notice] [pid {self.process.pid}:tid {self.process.pid}] {text}\n".encode()
        )

    def answer(self, request: Request, connection: Connection) -> Generator[Any, Any, Reply]:
        """Return the answer to *request*, logged."""
        yield from self.process.compute(0.0002)
        reply = self._answer(request)
        size = str(len(reply.body)) if reply.body and request.method != "HEAD" else "-"
        version = request.headers.get(":version", "HTTP/1.1")
        line = f'{connection.peer[0]} - - [{log_time(self.process.host.unix_time())}] "{request.method} {request.target} {version}" {reply.status} {size}\n'
        self.process.write_now(1, line.encode())
        return reply

    def _answer(self, request: Request) -> Reply:
        if request.method not in ("GET", "HEAD", "POST", "OPTIONS"):
            return self._page(405, "Method Not Allowed", "The requested method is not allowed for this URL.")
        path = safe_path(request.path)
        found = look_up(self.process, self.root, path, ["index.html"])
        if isinstance(found, Found):
            body = found.body()
            headers = [
                *self._head(),
                ("Last-Modified", found.last_modified),
                ("ETag", found.etag),
                ("Accept-Ranges", "bytes"),
                ("Content-Length", str(len(body))),
                ("Content-Type", content_type(found.path, "text/plain")),
            ]
            return Reply(200, headers, body)
        if isinstance(found, str):
            where = f"http://{request.headers.get('host', 'localhost')}{found}"
            reply = self._page(301, "Moved Permanently", f'The document has moved <a href="{where}">here</a>.')
            reply.headers.append(("Location", where))
            return reply
        if found == 403 and path.endswith("/"):
            return self._listing(path)
        if found == 403:
            return self._page(403, "Forbidden", "You don't have permission to access this resource.")
        return self._page(404, "Not Found", "The requested URL was not found on this server.")

    def _listing(self, path: str) -> Reply:
        names = self.process.files.list(self.root + path)
        rows = "".join(f'<li><a href="{name}"> {name}</a></li>\n' for name in names)
        body = f'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n  <title>Index of {path.rstrip("/") or "/"}</title>\n </head>\n <body>\n<h1>Index of {path.rstrip("/") or "/"}</h1>\n<ul>{rows}</ul>\n</body></html>\n'
        return Reply(
            200,
            [*self._head(), ("Content-Length", str(len(body))), ("Content-Type", "text/html;charset=ISO-8859-1")],
            body.encode(),
        )

    def _head(self) -> list[tuple[str, str]]:
        return [("Date", http_date(self.process.host.unix_time())), ("Server", f"Apache/{self.version} (Unix)")]

    def _page(self, status: int, title: str, text: str) -> Reply:
        body = NOT_FOUND.format(title=f"{status} {title}", heading=title, text=text).encode()
        return Reply(
            status,
            [*self._head(), ("Content-Length", str(len(body))), ("Content-Type", "text/html; charset=iso-8859-1")],
            body,
        )
