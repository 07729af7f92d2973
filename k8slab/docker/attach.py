"""``docker attach``: the container's own stdin, stdout and stderr, handed to a client.

Models daemon/attach.go and container/stream. Without a terminal the two outputs come in frames; with one, as they are.
Left out: a client that reads slowly never slows the container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.docker import logs
from k8slab.docker.container import Container
from k8slab.docker.streams import STDERR, Talk, frame

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine


def attach(
    engine: DockerEngine, container: Container, *, stdin: bool, stdout: bool, stderr: bool, logs_too: bool, stream: bool
) -> Talk:
    """Return the connection of a new client."""
    tty = container.config.tty
    talk = Talk(engine.clock)

    def hear(stream_number: int, data: bytes | None) -> None:
        if data is None:
            talk.end()
        elif (stderr if stream_number == STDERR else stdout) or tty:
            talk.send(data if tty else frame(stream_number, data))

    def gone() -> None:
        if hear in container.listeners:
            container.listeners.remove(hear)
            engine.lifecycle.tell(container, "detach")

    if logs_too:
        wish = logs.Wish(stdout, stderr, raw=tty)
        talk.send(b"".join(wish.render(entry) for entry in container.log.entries if wish.takes(entry)))
    if stream and (
        container.live is not None or not container.state.finished or container.state.restarting or stdin or stdout
    ):
        container.listeners.append(hear)
        talk.on_close = gone
    else:
        talk.end()
    if stdin and container.config.open_stdin:
        talk.heard = lambda data: write(container, data)
        talk.heard_end = lambda: end_input(container)
    engine.lifecycle.tell(container, "attach")
    return talk


def write(container: Container, data: bytes) -> None:
    """Give *data* to the container's stdin."""
    live = container.live
    if live is None:
        container.early_input += data
    elif live.terminal is not None:
        live.terminal.type(data)
    elif live.stdin is not None and live.process.is_alive:
        try:
            live.stdin.write_now(data)
        except BrokenPipeError:
            return


def end_input(container: Container) -> None:
    """A client's input is at its end: with StdinOnce that is the end of the container's stdin."""
    live = container.live
    if live is None:
        container.early_end = True
    elif live.stdin is not None and container.config.stdin_once:
        live.stdin.closed()
        live.stdin = None


def open_input(container: Container) -> None:
    """The container has started: it gets what was typed before."""
    typed, ended = container.early_input, container.early_end
    container.early_input, container.early_end = b"", False
    if typed:
        write(container, typed)
    if ended:
        end_input(container)
