"""``python``: its version and its web server. The lab does not run other people's Python inside a container.

``python -m http.server`` is modelled; a learner's own function is a program of its own (`learner.py`).
Left out: everything else, which says so.
"""

from __future__ import annotations

from collections.abc import Generator
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

ERROR_PAGE = """<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: {code}</p>
        <p>Message: {message}.</p>
        <p>Error code explanation: {code} - {explanation}.</p>
    </body>
</html>
"""


class Python:
    """The program."""

    def run(self, process: Process) -> Life:
        """Tell the version, serve files, or say what is not modelled."""
        self.process = process
        self.version = (process.executable.version if process.executable else "") or "3.12.8"
        words = process.argv[1:]
        if words[:1] in (["-V"], ["--version"], ["-VV"]):
            yield from process.write(1, f"Python {self.version}\n".encode())
            return 0
        if words[:1] in (["-u"], ["-B"]):
            words = words[1:]
        if words[:2] == ["-m", "http.server"]:
            return (yield from self._serve(words[2:]))
        name = process.argv[0].rsplit("/", 1)[-1]
        if words and not words[0].startswith("-") and not process.files.exists(words[0]):
            path = (
                process.files.working_directory().rstrip("/") + "/" + words[0]
                if not words[0].startswith("/")
                else words[0]
            )
            yield from process.write(
                2,
                f"{process.executable_path}: can't open file '{path}': [Errno 2] No such file or directory\n".encode(),
            )
            return 2
        yield from process.write(
            2,
            f"{name}: the lab does not run Python code in containers; register a function with @lab.program(IMAGE) instead\n".encode(),
        )
        return 1

    def _serve(self, words: list[str]) -> Life:
        process = self.process
        directory, address, port = process.files.working_directory(), "0.0.0.0", 8000
        while words:
            word = words.pop(0)
            if word in ("-d", "--directory") and words:
                directory = words.pop(0)
            elif word in ("-b", "--bind") and words:
                address = words.pop(0)
            elif word.isdigit():
                port = int(word)
            else:
                yield from process.write(
                    2,
                    f"usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\nserver.py: error: unrecognized arguments: {word}\n".encode(),
                )
                return 2
        try:
            listener = process.network.listen(port, address, owner=process)
        except OSError as error:
            yield from process.write(2, f"OSError: [Errno {error.errno}] {error.strerror}\n".encode())
            return 1
        self.directory = directory
        process.hold(18 << 20)
        process.write_now(1, f"Serving HTTP on {address} port {port} (http://{address}:{port}/) ...\n".encode())
        process.thread(accept_forever(process, listener, self.answer, keep_alive=False))
        # SIGTERM has no handler in Python: as PID 1 the server is deaf to docker stop; SIGINT is KeyboardInterrupt
        yield from until_told(process, signals.INT)
        process.write_now(1, b"\nKeyboard interrupt received, exiting.\n")
        listener.close()
        return 0

    def answer(self, request: Request, connection: Connection) -> Generator[Any, Any, Reply]:
        """Return the answer to *request*, logged on stderr."""
        yield from self.process.compute(0.0005)
        reply = self._answer(request)
        now = log_time(self.process.host.unix_time()).replace(" +0000", "").replace(":", " ", 1)
        stamp = now.replace("/", "/")
        head = f"{connection.peer[0]} - - [{stamp}] "
        if reply.status >= 400:
            self.process.write_now(2, f"{head}code {reply.status}, message {reply.reason}\n".encode())
        self.process.write_now(
            2,
            f'{head}"{request.method} {request.target} {request.headers.get(":version", "HTTP/1.1")}" {reply.status} -\n'.encode(),
        )
        return reply

    def _head(self) -> list[tuple[str, str]]:
        return [("Server", f"SimpleHTTP/0.6 Python/{self.version}"), ("Date", http_date(self.process.host.unix_time()))]

    def _answer(self, request: Request) -> Reply:
        if request.method not in ("GET", "HEAD"):
            return self._error(
                501, f"Unsupported method ('{request.method}')", "Server does not support this operation"
            )
        path = safe_path(request.path)
        found = look_up(self.process, self.directory, path, ["index.html", "index.htm"])
        if isinstance(found, Found):
            body = found.body()
            return Reply(
                200,
                [
                    *self._head(),
                    ("Content-type", content_type(found.path)),
                    ("Content-Length", str(len(body))),
                    ("Last-Modified", found.last_modified),
                ],
                body,
            )
        if isinstance(found, str):
            return Reply(301, [*self._head(), ("Location", found), ("Content-Length", "0")])
        if found == 403 and path.endswith("/"):
            return self._listing(path)
        return self._error(404, "File not found", "Nothing matches the given URI")

    def _listing(self, path: str) -> Reply:
        names = []
        for name in self.process.files.list(self.directory + path):
            slash = "/" if self.process.files.is_directory(f"{self.directory}{path}{name}") else ""
            names.append(f'<li><a href="{name}{slash}">{name}{slash}</a></li>\n')
        body = f'<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Directory listing for {path}</title>\n</head>\n<body>\n<h1>Directory listing for {path}</h1>\n<hr>\n<ul>\n{"".join(names)}</ul>\n<hr>\n</body>\n</html>\n'
        return Reply(
            200,
            [*self._head(), ("Content-type", "text/html; charset=utf-8"), ("Content-Length", str(len(body.encode())))],
            body.encode(),
        )

    def _error(self, code: int, message: str, explanation: str) -> Reply:
        body = ERROR_PAGE.format(code=code, message=message, explanation=explanation).encode()
        return Reply(
            code,
            [
                *self._head(),
                ("Connection", "close"),
                ("Content-Type", "text/html;charset=utf-8"),
                ("Content-Length", str(len(body))),
            ],
            body,
            message,
        )
