"""``java``: tells its version, and runs the one application that the course needs: Tomcat's Bootstrap.

Models what ``catalina.sh run`` shows: the log lines of a start, the pages of a web application's directory, the 404 page.
Left out: every other Java program (said so), JSP (an index.jsp is sent as the page it would make), the manager application.
"""

from __future__ import annotations

import posixpath
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

NOT_FOUND = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body><h1>HTTP Status 404 – Not Found</h1>'
    '<hr class="line" /><p><b>Type</b> Status Report</p><p><b>Description</b> The origin server did not find a current representation '
    'for the target resource or is not willing to disclose that one exists.</p><hr class="line" /><h3>Apache Tomcat/{version}</h3></body></html>'
)
BOOTSTRAP = "org.apache.catalina.startup.Bootstrap"


class Java:
    """The program."""

    def run(self, process: Process) -> Life:
        """Tell the version, or be Tomcat."""
        version = (process.executable.version if process.executable else "") or "17.0.13"
        words = process.argv[1:]
        if any(word in ("-version", "--version") for word in words):
            shown = f'openjdk version "{version}" 2024-10-15\nOpenJDK Runtime Environment Temurin-{version} (build {version})\nOpenJDK 64-Bit Server VM Temurin-{version} (build {version}, mixed mode, sharing)\n'
            if version.startswith("1.8"):
                shown = f'java version "{version}"\nJava(TM) SE Runtime Environment (build {version}-b09)\nJava HotSpot(TM) 64-Bit Server VM (build 25.281-b09, mixed mode)\n'
            yield from process.write(1 if "--version" in words else 2, shown.encode())
            return 0
        if BOOTSTRAP in words:
            settings = dict(word[2:].partition("=")[::2] for word in words if word.startswith("-D"))
            return (yield from Tomcat(process, version, settings).live())
        main = next((word for word in words if not word.startswith("-")), "")
        if not main:
            yield from process.write(
                2, b"Usage: java [options] <mainclass> [args...]\n           (to execute a class)\n"
            )
            return 1
        yield from process.write(
            2,
            f"Error: Could not find or load main class {main}\nCaused by: java.lang.ClassNotFoundException: {main}\n".encode(),
        )
        return 1


class Tomcat:
    """Tomcat inside a java process."""

    def __init__(self, process: Process, java: str, settings: dict[str, str]) -> None:
        self.process = process
        self.java = java
        self.home = settings.get("catalina.home", "/usr/local/tomcat")
        self.base = settings.get("catalina.base", self.home)
        self.version = settings.get("tomcat.version") or self._read_version()

    def _read_version(self) -> str:
        try:
            notes = self.process.files.read_text(self.home + "/RELEASE-NOTES")
        except OSError:
            return "9.0.98"
        return next(
            (line.split("Version")[1].strip() for line in notes.splitlines() if "Tomcat Version" in line), "9.0.98"
        )

    def live(self) -> Life:
        """Start, serve, stop."""
        process = self.process
        if not process.files.is_file(f"{self.base}/conf/server.xml"):
            self._log(
                "main",
                "org.apache.catalina.startup.Catalina.start",
                "Cannot start server, server instance is not configured",
                "SEVERE",
            )
            return 1
        began = process.clock.now
        process.hold(90 << 20)
        for name, value in (
            ("Server version name", f"  Apache Tomcat/{self.version}"), ("Server built", "         Dec 3 2020 11:43:00 UTC"), ("Server version number", f" {self.version}.0"),
            ("OS Name", "              Linux"), ("OS Version", f"           {process.host.kernel}"), ("Architecture", "         amd64"),
            ("Java Home", f"            {posixpath.dirname(posixpath.dirname(process.executable_path))}"), ("JVM Version", f"          {self.java}"), ("CATALINA_BASE", f"        {self.base}"), ("CATALINA_HOME", f"        {self.home}"),
        ):  # fmt: skip
            self._log("main", "org.apache.catalina.startup.VersionLoggerListener.log", f"{name}: {value}")
        yield from process.compute(0.4)
        self._log("main", "org.apache.coyote.AbstractProtocol.init", 'Initializing ProtocolHandler ["http-nio-8080"]')
        try:
            listener = process.network.listen(8080, owner=process)
        except OSError as error:
            self._log(
                "main",
                "org.apache.catalina.util.LifecycleBase.handleSubClassException",
                f"Failed to initialize component [Connector[HTTP/1.1-8080]]\n\tjava.net.BindException: {error.strerror}",
                "SEVERE",
            )
            return 1
        self._log(
            "main",
            "org.apache.catalina.startup.Catalina.load",
            f"Server initialization in [{int((process.clock.now - began) * 1000)}] milliseconds",
        )
        began = process.clock.now
        self._log("main", "org.apache.catalina.core.StandardService.startInternal", "Starting service [Catalina]")
        self._log(
            "main",
            "org.apache.catalina.core.StandardEngine.startInternal",
            f"Starting Servlet engine: [Apache Tomcat/{self.version}]",
        )
        yield from self._deploy()
        self._log("main", "org.apache.coyote.AbstractProtocol.start", 'Starting ProtocolHandler ["http-nio-8080"]')
        self._log(
            "main",
            "org.apache.catalina.startup.Catalina.start",
            f"Server startup in [{int((process.clock.now - began) * 1000)}] milliseconds",
        )
        process.thread(accept_forever(process, listener, self.answer))
        yield from until_told(process, signals.TERM, signals.INT)
        for method, text in (("AbstractProtocol.pause", 'Pausing ProtocolHandler ["http-nio-8080"]'),):
            self._log("Thread-4", f"org.apache.coyote.{method}", text)
        self._log("Thread-4", "org.apache.catalina.core.StandardService.stopInternal", "Stopping service [Catalina]")
        listener.close()
        yield process.clock.timeout(0.1)
        self._log("Thread-4", "org.apache.coyote.AbstractProtocol.stop", 'Stopping ProtocolHandler ["http-nio-8080"]')
        self._log(
            "Thread-4", "org.apache.coyote.AbstractProtocol.destroy", 'Destroying ProtocolHandler ["http-nio-8080"]'
        )
        return 143

    def _deploy(self) -> Generator[Any, Any, None]:
        directory = f"{self.base}/webapps"
        names = self.process.files.list(directory) if self.process.files.is_directory(directory) else []
        for name in names:
            path = f"{directory}/{name}"
            if not self.process.files.is_directory(path):
                continue
            began = self.process.clock.now
            self._log(
                "main",
                "org.apache.catalina.startup.HostConfig.deployDirectory",
                f"Deploying web application directory [{path}]",
            )
            yield from self.process.compute(0.05)
            self._log(
                "main",
                "org.apache.catalina.startup.HostConfig.deployDirectory",
                f"Deployment of web application directory [{path}] has finished in [{int((self.process.clock.now - began) * 1000)}] ms",
            )

    def _log(self, thread: str, source: str, text: str, level: str = "INFO") -> None:
        now = self.process.host.unix_time()
        stamp = datetime.fromtimestamp(now, UTC)
        line = f"{stamp.strftime('%d-%b-%Y %H:%M:%S')}.{int(now % 1 * 1000):03d} {level} [{thread}] {source} {text}\n"
        self.process.write_now(2, line.encode())
        self._keep(f"catalina.{stamp.strftime('%Y-%m-%d')}.log", line)

    def _keep(self, name: str, line: str) -> None:
        try:
            self.process.files.write(f"{self.base}/logs/{name}", line, 0o640, append=True)
        except OSError:
            return  # a read-only or missing logs directory silences only the files

    def answer(self, request: Request, connection: Connection) -> Generator[Any, Any, Reply]:
        """Return the answer to *request*, logged."""
        yield from self.process.compute(0.0005)
        reply = self._answer(request)
        now = self.process.host.unix_time()
        line = f'{connection.peer[0]} - - [{log_time(now)}] "{request.method} {request.target} HTTP/1.1" {reply.status} {len(reply.body) or "-"}\n'
        self._keep(f"localhost_access_log.{datetime.fromtimestamp(now, UTC).strftime('%Y-%m-%d')}.txt", line)
        return reply

    def _answer(self, request: Request) -> Reply:
        path = safe_path(request.path)
        application = path.split("/")[1] if path.count("/") > 1 or len(path) > 1 else ""
        directory = f"{self.base}/webapps/{application}"
        if application and self.process.files.is_directory(directory):
            inner = path[len(application) + 1 :]
            if not inner:
                return self._reply(302, b"", "text/html", [("Location", path + "/")])
        else:
            directory, inner = f"{self.base}/webapps/ROOT", path
        if inner.upper().startswith(("/WEB-INF", "/META-INF")):
            return self._missing()
        found = look_up(self.process, directory, inner, ["index.html", "index.htm", "index.jsp"])
        if isinstance(found, Found):
            kind = "text/html" if found.path.endswith(".jsp") else content_type(found.path)
            charset = ";charset=UTF-8" if kind == "text/html" else ""
            return self._reply(
                200, found.body(), kind + charset, [("ETag", f'W/"{found.inode.size}-{int(found.inode.mtime * 1000)}"')]
            )
        if isinstance(found, str):
            return self._reply(
                302, b"", "text/html", [("Location", posixpath.join("/", application, found.lstrip("/")))]
            )
        return self._missing()

    def _missing(self) -> Reply:
        return self._reply(
            404,
            NOT_FOUND.format(version=self.version).encode(),
            "text/html;charset=utf-8",
            [("Content-Language", "en")],
        )

    def _reply(self, status: int, body: bytes, kind: str, headers: list[tuple[str, str]]) -> Reply:
        # Tomcat writes no reason phrase
        pairs = [
            *headers,
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Date", http_date(self.process.host.unix_time())),
        ]
        return Reply(status, pairs, body, " ")
