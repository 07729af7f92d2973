"""nginx: a master with workers, static files, ``return``, ``proxy_pass``, logs, and its signals.

Models the official image's nginx. The workers are processes that ``ps`` shows; requests are answered by threads of the master.
Left out: TLS, caching, compression, connection limits.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

from k8slab.machine import signals, users
from k8slab.machine.network import Listener
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.nginx_answers import Answers
from k8slab.machine.programs.nginx_config import Config, ConfigError, interpret, read
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.serving import (
    LogFile,
    accept_forever,
    until_told,
)

MASTER_BYTES = 6 << 20
WORKER_BYTES = 3 << 20
TEMPORARY = ("client_temp", "proxy_temp", "fastcgi_temp", "uwsgi_temp", "scgi_temp")


class Nginx(Answers):
    """The program."""

    def run(self, process: Process) -> Life:
        """Read the command line; test, signal, or serve."""
        self.process = process
        self.version = (process.executable.version if process.executable else "") or "1.27.3"
        words = process.argv[1:]
        self.extra, path, action = "", "/etc/nginx/nginx.conf", ""
        test = quiet = False
        while words:
            word = words.pop(0)
            if word == "-v":
                yield from self._say(f"nginx version: nginx/{self.version}")
                return 0
            if word == "-V":
                yield from self._say(
                    f"nginx version: nginx/{self.version}\nbuilt by gcc 12.2.0 (Debian 12.2.0-14) \nTLS SNI support enabled\nconfigure arguments: --prefix=/etc/nginx"
                )
                return 0
            if word in ("-t", "-T"):
                test = True
            elif word == "-q":
                quiet = True
            elif word in ("-g", "-c", "-s", "-p", "-e") and words:
                value = words.pop(0)
                self.extra = value if word == "-g" else self.extra
                path = value if word == "-c" else path
                action = value if word == "-s" else action
            else:
                yield from self._say(f'nginx: invalid option: "{word}"')
                return 1
        self.path = path
        if action:
            return (yield from self._signal(action))
        try:
            self.config = yield from self._configure()
        except ConfigError as error:
            yield from self._emerg(str(error))
            if test:
                yield from self._say(f"nginx: configuration file {path} test failed")
            return 1
        if test:
            if not quiet:
                yield from self._say(
                    f"nginx: the configuration file {path} syntax is ok\nnginx: configuration file {path} test is successful"
                )
            return 0
        return (yield from self._start())

    def _say(self, text: str) -> Generator[Any, Any, None]:
        yield from self.process.write(2, (text + "\n").encode())

    def _emerg(self, text: str) -> Generator[Any, Any, None]:
        stamp = self._stamp()
        yield from self._say(f"{stamp} [emerg] {self.process.pid}#{self.process.pid}: {text}\nnginx: [emerg] {text}")

    def _configure(self) -> Generator[Any, Any, Config]:
        config = interpret(read(self.process.files, self.path), self.extra)
        known = users.users(self.process.files)
        if self.process.uid == 0 and config.user not in [user.name for user in known]:
            raise ConfigError(f'getpwnam("{config.user}") failed in {self.path}:2')
        for server in config.servers:
            for location in server.locations:
                if not location.proxy or "$" in location.proxy:
                    continue
                name = urlsplit(location.proxy).hostname or ""
                if name in config.upstreams:
                    continue
                try:
                    yield from resolve(self.process, name)
                except NoSuchName:
                    raise ConfigError(f'host not found in upstream "{name}" in {self.path}') from None
        return config

    def _signal(self, action: str) -> Life:
        number = {"stop": signals.TERM, "quit": signals.QUIT, "reload": signals.HUP, "reopen": signals.USR1}.get(action)
        if number is None:
            yield from self._say(f'nginx: invalid option: "-s {action}"')
            return 1
        try:
            pid = int(self.process.files.read_text("/run/nginx.pid").strip() or "0")
            self.process.kill(pid, number)
        except (OSError, ValueError):
            yield from self._say(
                f'{self._stamp()} [error] {self.process.pid}#{self.process.pid}: invalid PID number "" in "/run/nginx.pid"\nnginx: [error] invalid PID number "" in "/run/nginx.pid"'
            )
            return 1
        yield from self._say(f"{self._stamp()} [notice] {self.process.pid}#{self.process.pid}: signal process started")
        return 0

    # -- life ----------------------------------------------------------------------------------------------------------

    def _start(self) -> Life:
        process = self.process
        if process.uid != 0:
            yield from self._say(
                f'{self._stamp()} [warn] {process.pid}#{process.pid}: the "user" directive makes sense only if the master process runs with super-user privileges, ignored in {self.path}:2\nnginx: [warn] the "user" directive makes sense only if the master process runs with super-user privileges, ignored in {self.path}:2'
            )
        for name in TEMPORARY:
            path = f"/var/cache/nginx/{name}"
            try:
                if not process.files.is_directory(path):
                    process.files.make_directory(path, 0o700)
            except OSError as error:
                yield from self._emerg(f'mkdir() "{path}" failed ({error.errno}: {error.strerror})')
                return 1
        try:
            self.error_log = LogFile(process, self.config.error_log)
            self.access_log = (
                LogFile(process, self.config.access_log) if self.config.access_log not in ("", "off") else None
            )
        except OSError as error:
            yield from self._emerg(f'open() "{error.filename}" failed ({error.errno}: {error.strerror})')
            return 1
        self.listeners: dict[tuple[str, int], Listener] = {}
        if not (yield from self._listen()):
            return 1
        try:
            process.files.write(self.config.pid, f"{process.pid}\n")
        except OSError as error:
            yield from self._emerg(f'open() "{self.config.pid}" failed ({error.errno}: {error.strerror})')
            return 1
        if self.config.daemon:
            process.fork(self._daemon)
            return 0
        return (yield from self._master(process))

    def _daemon(self, child: Process) -> Life:
        self.process = child
        child.files.write(self.config.pid, f"{child.pid}\n")
        return self._master(child)

    def _listen(self) -> Generator[Any, Any, bool]:
        wanted = sorted({address for server in self.config.servers for address in server.ports})
        for address in [one for one in self.listeners if one not in wanted]:
            self.listeners.pop(address).close()
        for host, port in wanted:
            if (host, port) in self.listeners:
                continue
            try:
                self.listeners[host, port] = self.process.network.listen(port, host, owner=self.process)
            except OSError as error:
                for _ in range(5):
                    yield from self._emerg(f"bind() to {host}:{port} failed ({error.errno}: {error.strerror})")
                    if error.errno != errno.EADDRINUSE:
                        return False
                    yield self.process.clock.timeout(0.5)
                yield from self._emerg("still could not bind()")
                return False
        return True

    def _master(self, process: Process) -> Life:
        process.argv = ["nginx: master process " + " ".join(process.argv)]
        process.hold(MASTER_BYTES)
        self.told: list[int] = []
        self.wake = process.clock.event()
        for number in (signals.TERM, signals.INT, signals.QUIT, signals.HUP, signals.USR1, signals.WINCH):
            process.on(number, self._hear)
        self._notice('using the "epoll" event method')
        self._notice(f"nginx/{self.version}")
        if process.userland == "busybox":
            self._notice("built by gcc 13.2.1 20240309 (Alpine 13.2.1_git20240309) ")
        else:
            self._notice("built by gcc 12.2.0 (Debian 12.2.0-14) ")
        self._notice(f"OS: Linux {process.host.kernel}")
        self._notice("getrlimit(RLIMIT_NOFILE): 1048576:1048576")
        self._serve()
        self._start_workers()
        while True:
            if not self.told:
                yield self.wake | process.any_child()
            yield from self._mind_workers()
            while self.told:
                number = self.told.pop(0)
                if number in (signals.TERM, signals.INT, signals.QUIT):
                    return (yield from self._stop(number))
                if number == signals.HUP:
                    yield from self._reload()
                elif number == signals.USR1:
                    self._notice("signal 10 (SIGUSR1) received, reopening logs")
            self.wake = process.clock.event()

    def _hear(self, number: int) -> None:
        self.told.append(number)
        if not self.wake.triggered:
            self.wake.succeed()

    def _notice(self, text: str, level: str = "notice") -> None:
        self.error_log.line(f"{self._stamp()} [{level}] {self.process.pid}#{self.process.pid}: {text}")

    def _serve(self) -> None:
        for (_, port), listener in self.listeners.items():
            if not getattr(listener, "served", False):
                listener.served = True  # type: ignore[attr-defined]
                handler = lambda request, connection, port=port: self.answer(request, connection, port)  # noqa: E731
                self.process.thread(accept_forever(self.process, listener, handler, bad=lambda: self.page(400, [])))

    def _start_workers(self) -> None:
        count = (
            self.process.host.cpus
            if self.config.workers == "auto"
            else int(self.config.workers)
            if self.config.workers.isdigit()
            else 1
        )
        self._notice("start worker processes")
        self.workers: list[Process] = []
        for _ in range(min(count, 32)):
            self._start_worker()

    def _start_worker(self) -> None:
        user = next((one for one in users.users(self.process.files) if one.name == self.config.user), None)

        def body(worker: Process) -> Life:
            if user is not None and worker.uid == 0:
                worker.become_user(user.uid, user.gid)
            worker.hold(WORKER_BYTES)
            worker.handlers = {}
            yield from until_told(worker, signals.TERM, signals.INT, signals.QUIT)
            return 0

        worker = self.process.fork(body, argv=["nginx: worker process"], fds={})
        self.workers.append(worker)
        self._notice(f"start worker process {worker.pid}")

    def _mind_workers(self) -> Generator[Any, Any, None]:
        for worker in list(self.process.zombies()):
            self.process.reap(worker)
            if worker in self.workers:
                self.workers.remove(worker)
                code, signal = worker.exit_status or (0, 0)
                self._notice("signal 17 (SIGCHLD) received from " + str(worker.pid))
                how = f"exited on signal {signal}" if signal else f"exited with code {code}"
                self._notice(f"worker process {worker.pid} {how}", "alert" if signal else "notice")
                yield self.process.clock.timeout(0.01)
                self._start_worker()

    def _reload(self) -> Generator[Any, Any, None]:
        self._notice("signal 1 (SIGHUP) received, reconfiguring")
        self._notice("reconfiguring")
        try:
            config = yield from self._configure()
        except ConfigError as error:
            self._notice(str(error), "emerg")
            return
        self.config = config
        if (yield from self._listen()):
            self._serve()
        old, self.workers = self.workers, []
        self._start_workers()
        for worker in old:
            worker.deliver(signals.QUIT)
            self._notice(f"gracefully shutting down worker process {worker.pid}")
            yield from self.process.wait(worker)

    def _stop(self, number: int) -> Life:
        graceful = number == signals.QUIT
        if graceful:
            self._notice("signal 3 (SIGQUIT) received, shutting down")
        else:
            self._notice(f"signal {number} (SIG{signals.name(number)}) received, exiting")
        for listener in self.listeners.values():
            listener.close()
        for worker in self.workers:
            self.error_log.line(
                f"{self._stamp()} [notice] {worker.pid}#{worker.pid}: {'gracefully shutting down' if graceful else 'exiting'}"
            )
            worker.deliver(number)
        yield self.process.clock.timeout(0.02)
        for worker in self.workers:
            self.error_log.line(f"{self._stamp()} [notice] {worker.pid}#{worker.pid}: exit")
            yield from self.process.wait(worker)
        for worker in self.workers:
            self._notice(f"signal 17 (SIGCHLD) received from {worker.pid}")
            self._notice(f"worker process {worker.pid} exited with code 0")
        self._notice("exit")
        self.process.files.unlink(self.config.pid)
        return 0
