"""How nginx answers a request: server and location, files, redirects, the proxy, error pages, the two logs.

Models ngx_http_core_module, ngx_http_static_module and ngx_http_proxy_module as far as `nginx_config.py` reads them.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.programs.http import BadMessage, Reply, exchange, http_date
from k8slab.machine.programs.nginx_config import Config, Location, Server
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.serving import Found, LogFile, content_type, log_time, look_up, safe_path
from k8slab.sim.http import Request

TITLES = {
    301: "301 Moved Permanently",
    302: "302 Found",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Not Allowed",
    413: "413 Request Entity Too Large",
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


class Answers:
    """The part of nginx that answers."""

    process: Process
    config: Config
    version: str
    access_log: LogFile | None
    error_log: LogFile
    workers: list[Process]
    turn = -1  # of the upstream's members

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self.process.host.unix_time(), UTC).strftime("%Y/%m/%d %H:%M:%S")

    def answer(self, request: Request, connection: Connection, port: int) -> Generator[Any, Any, Reply]:
        """Return the answer to *request*, logged."""
        yield from self.process.compute(0.0001)
        server = self._server_for(request, port)
        path = safe_path(request.path)
        reply = yield from self._by_location(request, connection, server, path)
        if reply.status >= 400 and reply.status in server.error_pages and not reply.header("X-Proxied"):
            reply = self._error_page(server, reply)
        reply.headers = [pair for pair in reply.headers if pair[0] != "X-Proxied"]
        self._log(request, connection, reply)
        return reply

    def _server_for(self, request: Request, port: int) -> Server:
        name = request.headers.get("host", "").split(":")[0]
        here = [server for server in self.config.servers if any(number == port for _, number in server.ports)]
        return next((server for server in here if name in server.names), here[0])

    def _location_for(self, server: Server, path: str) -> Location:
        best: Location | None = None
        for location in server.locations:
            if location.exact:
                if location.prefix == path:
                    return location
            elif location.prefix.startswith("~"):
                try:
                    if re.search(location.prefix[1:], path):
                        return location
                except re.error:
                    continue
            elif path.startswith(location.prefix) and (best is None or len(location.prefix) > len(best.prefix)):
                best = location
        return best or server.locations[-1]

    def _by_location(
        self, request: Request, connection: Connection, server: Server, path: str
    ) -> Generator[Any, Any, Reply]:
        location = self._location_for(server, path)
        if location.returns is not None:
            return self._returned(request, location)
        if location.proxy:
            return (yield from self._proxied(request, connection, location, path))
        if request.method not in ("GET", "HEAD"):
            return self.page(405, location.headers)
        if location.try_files:
            for candidate in location.try_files[:-1]:
                name = candidate.replace("$uri", path)
                found = look_up(self.process, location.root, name, location.indexes)
                if isinstance(found, Found):
                    return self._file(request, found, location)
            last = location.try_files[-1]
            if last.startswith("="):
                return self.page(int(last[1:]), location.headers)
            path = last.replace("$uri", path)
        root = location.root
        if location.alias:
            root, path = location.alias.rstrip("/"), "/" + path[len(location.prefix) :].lstrip("/")
        found = look_up(self.process, root, path, location.indexes)
        if isinstance(found, Found):
            return self._file(request, found, location)
        if isinstance(found, str):
            where = f"http://{request.headers.get('host', 'localhost')}{found}"
            return self.page(301, [*location.headers, ("Location", where)])
        full = root.rstrip("/") + path
        if found == 404:
            self._complain(request, connection, server, f'open() "{full}" failed (2: No such file or directory)')
        elif path.endswith("/"):
            self._complain(request, connection, server, f'directory index of "{full}" is forbidden')
        else:
            self._complain(request, connection, server, f'open() "{full}" failed (13: Permission denied)')
        return self.page(found, location.headers)

    def _returned(self, request: Request, location: Location) -> Reply:
        assert location.returns is not None
        code, text = location.returns
        values = {
            "host": request.headers.get("host", "").split(":")[0],
            "hostname": self.process.namespaces.uts.hostname,
            "request_uri": request.target,
            "uri": request.path,
            "scheme": "http",
        }
        text = re.sub(r"\$(\w+)", lambda match: values.get(match[1], match[0]), text).replace("\\n", "\n")
        if code in (301, 302, 303, 307, 308):
            return self.page(code, [*location.headers, ("Location", text)])
        kind = next((value for name, value in location.headers if name.lower() == "content-type"), "text/plain")
        if not text and code >= 300:
            return self.page(code, location.headers)
        return Reply(code, [*self._head(), ("Content-Type", kind), ("Connection", "keep-alive")], text.encode())

    def _file(self, request: Request, found: Found, location: Location) -> Reply:
        if request.headers.get("if-none-match") == found.etag:
            return Reply(
                304,
                [
                    *self._head(),
                    ("Last-Modified", found.last_modified),
                    ("Connection", "keep-alive"),
                    ("ETag", found.etag),
                ],
            )
        body = found.body()
        headers = [
            *self._head(),
            ("Content-Type", content_type(found.path)),
            ("Content-Length", str(len(body))),
            ("Last-Modified", found.last_modified),
            ("Connection", "keep-alive"),
            ("ETag", found.etag),
            ("Accept-Ranges", "bytes"),
            *location.headers,
        ]
        return Reply(200, headers, body)

    def _proxied(
        self, request: Request, connection: Connection, location: Location, path: str
    ) -> Generator[Any, Any, Reply]:
        parts = urlsplit(location.proxy)
        target = request.target
        if parts.path:
            target = parts.path + request.target[len(location.prefix) :]
        members = self.config.upstreams.get(parts.netloc)
        self.turn += 1
        authority = members[self.turn % len(members)] if members else parts.netloc
        name, _, port = authority.partition(":")
        headers = [("Host", parts.netloc), ("Connection", "close")]
        given = {key.lower(): value for key, value in location.proxy_headers}
        if "host" in given:
            headers[0] = ("Host", self._value(given["host"], request, connection))
        passed = [
            (key.title(), value)
            for key, value in request.headers.items()
            if key not in ("host", "connection", "content-length", ":version")
        ]
        headers += passed + [
            (key, self._value(value, request, connection))
            for key, value in location.proxy_headers
            if key.lower() not in ("host", "connection")
        ]
        if request.body:
            headers.append(("Content-Length", str(len(request.body))))
        try:
            address = (yield from resolve(self.process, name))[0]
            reply = yield from exchange(
                self.process, address, int(port or 80), request.method, target, headers, request.body, timeout=60
            )
        except NoSuchName:
            self._complain(
                request, connection, self.config.servers[0], f"{name} could not be resolved (3: Host not found)"
            )
            return self.page(502, location.headers)
        except (OSError, BadMessage) as error:
            code = 504 if isinstance(error, OSError) and error.errno == errno.ETIMEDOUT else 502
            why = (
                f"connect() failed ({error.errno}: {error.strerror}) while connecting to upstream"
                if isinstance(error, OSError)
                else "upstream prematurely closed connection while reading response header from upstream"
            )
            self._complain(request, connection, self.config.servers[0], why)
            return self.page(code, location.headers)
        kept = [
            pair
            for pair in reply.headers
            if pair[0].lower() not in ("server", "date", "connection", "transfer-encoding", "content-length")
        ]
        return Reply(
            reply.status,
            [*self._head(), *kept, ("Connection", "keep-alive"), *location.headers, ("X-Proxied", "1")],
            reply.body,
            reply.reason,
        )

    def _value(self, text: str, request: Request, connection: Connection) -> str:
        values = {
            "$host": request.headers.get("host", "").split(":")[0], "$http_host": request.headers.get("host", ""), "$remote_addr": connection.peer[0],
            "$proxy_add_x_forwarded_for": connection.peer[0], "$scheme": "http", "$request_uri": request.target,
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    def _head(self) -> list[tuple[str, str]]:
        return [("Server", f"nginx/{self.version}"), ("Date", http_date(self.process.host.unix_time()))]

    def page(self, status: int, headers: list[tuple[str, str]]) -> Reply:
        """Return nginx's own page for *status*."""
        title = TITLES.get(status, str(status))
        body = (
            f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
            f"<hr><center>nginx/{self.version}</center>\r\n</body>\r\n</html>\r\n"
        )
        connection = "close" if status == 400 else "keep-alive"
        return Reply(
            status,
            [
                *self._head(),
                ("Content-Type", "text/html"),
                ("Content-Length", str(len(body))),
                ("Connection", connection),
                *headers,
            ],
            body.encode(),
        )

    def _error_page(self, server: Server, reply: Reply) -> Reply:
        path = server.error_pages[reply.status]
        location = self._location_for(server, path)
        found = look_up(self.process, location.root, path, location.indexes)
        if not isinstance(found, Found):
            return reply
        body = found.body()
        return Reply(
            reply.status,
            [
                *self._head(),
                ("Content-Type", content_type(found.path)),
                ("Content-Length", str(len(body))),
                ("Connection", "keep-alive"),
                ("ETag", found.etag),
            ],
            body,
        )

    # -- logs ----------------------------------------------------------------------------------------------------------

    def _log(self, request: Request, connection: Connection, reply: Reply) -> None:
        if self.access_log is None:
            return
        sent = 0 if request.method == "HEAD" else len(reply.body)
        version = request.headers.get(":version", "HTTP/1.1")
        self.access_log.line(
            f'{connection.peer[0]} - - [{log_time(self.process.host.unix_time())}] "{request.method} {request.target} {version}" '
            f'{reply.status} {sent} "{request.headers.get("referer", "-")}" "{request.headers.get("user-agent", "-")}" '
            f'"{request.headers.get("x-forwarded-for", "-")}"'
        )

    def _complain(self, request: Request, connection: Connection, server: Server, text: str) -> None:
        worker = self.workers[0].pid if self.workers else self.process.pid
        name = server.names[0] if server.names else ""
        version = request.headers.get(":version", "HTTP/1.1")
        self.error_log.line(
            f"{self._stamp()} [error] {worker}#{worker}: *1 {text}, client: {connection.peer[0]}, server: {name}, "
            f'request: "{request.method} {request.target} {version}", host: "{request.headers.get("host", "")}"'
        )
