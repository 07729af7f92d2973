"""``catalina.sh``: finds its directories and a Java, then becomes ``java … Bootstrap start`` (run) or starts it behind (start).

Models Tomcat's bin/catalina.sh and setclasspath.sh with their complaints.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import Any

from k8slab.machine import signals
from k8slab.machine.executable import search
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.java import BOOTSTRAP
from k8slab.machine.streams import Null

USAGE = """Usage: catalina.sh ( commands ... )
commands:
  debug             Start Catalina in a debugger
  run               Start Catalina in the current window
  start             Start Catalina in a separate window
  stop              Stop Catalina, waiting up to 5 seconds for the process to end
  configtest        Run a basic syntax check on server.xml - check exit code for result
  version           What version of tomcat are you running?
"""


class Catalina:
    """The program."""

    def run(self, process: Process) -> Life:
        """Check the surroundings and do the command."""
        words = process.argv[1:]
        command = words[0] if words else ""
        home = process.env.get("CATALINA_HOME") or posixpath.dirname(posixpath.dirname(process.executable_path))
        base = process.env.get("CATALINA_BASE") or home
        if not process.files.is_directory(f"{home}/bin"):
            yield from process.write(
                1, f"Cannot find {home}/bin/setclasspath.sh\nThis file is needed to run this program\n".encode()
            )
            return 1
        java = yield from self._java(process)
        if java is None:
            return 1
        version = (process.executable.version if process.executable else "") or "9.0.98"
        settings = [
            f"-Dcatalina.base={base}",
            f"-Dcatalina.home={home}",
            f"-Djava.io.tmpdir={base}/temp",
            f"-Dtomcat.version={version}",
        ]
        argv = [
            java,
            *process.env.get("JAVA_OPTS", "").split(),
            *process.env.get("CATALINA_OPTS", "").split(),
            "-classpath",
            f"{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar",
            *settings,
            BOOTSTRAP,
        ]
        if 1 in process.fds and process.fds[1].is_tty:
            shown = f"Using CATALINA_BASE:   {base}\nUsing CATALINA_HOME:   {home}\nUsing CATALINA_TMPDIR: {base}/temp\nUsing JRE_HOME:        {posixpath.dirname(posixpath.dirname(java))}\nUsing CLASSPATH:       {argv[argv.index('-classpath') + 1]}\nUsing CATALINA_OPTS:   {process.env.get('CATALINA_OPTS', '')}\n"
            yield from process.write(1, shown.encode())
        if command == "run":
            return (yield from process.execute([*argv, "start"], path=java))
        if command == "start":
            process.spawn([*argv, "start"], path=java, fds={0: Null(), 1: Null(), 2: Null()})
            yield from process.write(1, b"Tomcat started.\n")
            return 0
        if command == "stop":
            return (yield from self._stop(process))
        if command == "version":
            yield from process.write(
                1,
                f"Server version: Apache Tomcat/{version}\nServer number:  {version}.0\nOS Name:        Linux\nOS Version:     {process.host.kernel}\nArchitecture:   amd64\n".encode(),
            )
            return 0
        yield from process.write(1, USAGE.encode())
        return 1

    def _java(self, process: Process) -> Generator[Any, Any, str | None]:
        home = process.env.get("JRE_HOME") or process.env.get("JAVA_HOME") or ""
        if home:
            path = f"{home}/bin/java"
            if process.files.may(path, 1):
                return path
            name = "JRE_HOME" if process.env.get("JRE_HOME") else "JAVA_HOME"
            more = "NB: JAVA_HOME should point to a JDK not a JRE\n" if name == "JAVA_HOME" else ""
            yield from process.write(
                1,
                f"The {name} environment variable is not defined correctly\n{name}={home}\nThis environment variable is needed to run this program\n{more}".encode(),
            )
            return None
        found, _ = search(process.files, "java", process.env.get("PATH", ""))
        if found is None:
            yield from process.write(
                1,
                b"Neither the JAVA_HOME nor the JRE_HOME environment variable is defined\nAt least one of these environment variable is needed to run this program\n",
            )
        return found

    def _stop(self, process: Process) -> Life:
        for _, other in sorted(process.namespaces.pid.processes.items()):
            if BOOTSTRAP in other.argv:
                other.deliver(signals.TERM, process)
                yield from process.write(1, b"Tomcat stopped.\n")
                return 0
        yield from process.write(
            2,
            b"SEVERE: Could not contact [localhost:8005] (base port [8005] and offset [0]). Tomcat may not be running.\n",
        )
        return 1
