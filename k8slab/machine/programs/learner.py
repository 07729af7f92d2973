"""A learner's own function as a program: ``@lab.program("shop/orders:1.0")``.

A function of one request becomes an HTTP server; a generator function of one process becomes the process's life.
"""

from __future__ import annotations

import inspect
import json
import traceback
from collections.abc import Callable, Generator
from typing import Any

from k8slab.machine import signals
from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.program import Life, Program
from k8slab.machine.programs.http import Reply, http_date
from k8slab.machine.programs.serving import accept_forever, until_told
from k8slab.sim.http import Request, Response

DEFAULT_PORT = 8080


class LearnersServer:
    """Answers HTTP with *function(request)*: it may return text, bytes, anything JSON, ``(status, body)`` or a `Response`."""

    def __init__(self, function: Callable[..., Any], port: int = DEFAULT_PORT) -> None:
        self.function = function
        self.port = port

    def run(self, process: Process) -> Life:
        """Listen on $PORT or the port given, answer, stop on SIGTERM."""
        self.process = process
        port = int(process.env["PORT"]) if process.env.get("PORT", "").isdigit() else self.port
        try:
            listener = process.network.listen(port, owner=process)
        except OSError as error:
            yield from process.write(2, f"cannot listen on port {port}: {error.strerror}\n".encode())
            return 1
        process.hold(16 << 20)
        process.write_now(1, f"listening on 0.0.0.0:{port}\n".encode())
        process.thread(accept_forever(process, listener, self.answer))
        yield from until_told(process, signals.TERM, signals.INT)
        listener.close()
        return 0

    def answer(self, request: Request, connection: Connection) -> Generator[Any, Any, Reply]:
        """Return what the function says; an exception is a 500 with its traceback in the log, as in any framework."""
        try:
            outcome = self.function(request)
            if inspect.isgenerator(outcome):
                outcome = yield from outcome
            reply = self._reply(outcome)
        except Exception:  # the learner's code may raise anything: the server must go on and show it
            self.process.write_now(2, traceback.format_exc().encode())
            reply = self._reply((500, "Internal Server Error\n"))
        yield from self.process.compute(0.0005)
        self.process.write_now(1, f'{connection.peer[0]} "{request.method} {request.target}" {reply.status}\n'.encode())
        return reply

    def _reply(self, outcome: Any) -> Reply:
        status = 200
        if isinstance(outcome, Response):
            return Reply(
                outcome.status, [(name.title(), value) for name, value in outcome.headers.items()], outcome.body
            )
        if isinstance(outcome, tuple) and len(outcome) == 2 and isinstance(outcome[0], int):
            status, outcome = outcome
        if isinstance(outcome, bytes):
            body, kind = outcome, "application/octet-stream"
        elif isinstance(outcome, str):
            body, kind = outcome.encode(), "text/plain; charset=utf-8"
        else:
            body, kind = (json.dumps(outcome) + "\n").encode(), "application/json"
        return Reply(status, [("Content-Type", kind), ("Date", http_date(self.process.host.unix_time()))], body)


class LearnersLife:
    """Runs *function(process)*, a generator function, as the process's life."""

    def __init__(self, function: Callable[[Process], Life]) -> None:
        self.function = function

    def run(self, process: Process) -> Life:
        """Live as the learner says; an exception is exit code 1 with its traceback on stderr."""
        try:
            outcome = self.function(process)
            if inspect.isgenerator(outcome):
                return (yield from outcome)
            return outcome if isinstance(outcome, int) else 0
        except Exception as error:
            if type(error).__module__.startswith(("simpy", "k8slab")):
                raise  # the kernel's own signals and exits
            yield from process.write(2, traceback.format_exc().encode())
            return 1


def program_of(function: Callable[..., Any], port: int = DEFAULT_PORT) -> Callable[[], Program]:
    """Return the factory of a program for *function*, by what its only parameter is called: ``process`` or a request."""
    names = list(inspect.signature(function).parameters)
    if names[:1] == ["process"]:
        return lambda: LearnersLife(function)
    return lambda: LearnersServer(function, port)
