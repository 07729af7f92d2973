"""How a docker command fails: the words on standard error, and the exit code.

Models cli.StatusError and cmd/docker/docker.go (the end of main), and the client's errors.
"""

from __future__ import annotations


class CommandError(Exception):
    """The command ends with this message and this exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Exit(CommandError):
    """The command ends with an exit code and no further word."""

    def __init__(self, exit_code: int) -> None:
        super().__init__("", exit_code)


class DaemonError(CommandError):
    """The engine refused a request. `message` is what it said."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Error response from daemon: {message}")
        self.status = status
        self.message = message


class Unreachable(CommandError):
    """Nobody answers at the engine's socket."""

    def __init__(self, host: str) -> None:
        super().__init__(f"Cannot connect to the Docker daemon at {host}. Is the docker daemon running?")


class StreamError(CommandError):
    """A stream of progress messages ended with an error of the engine."""


def joined(errors: list[str]) -> CommandError:
    """Return the failure of a verb that went on after some of its arguments failed."""
    return CommandError("\n".join(errors))


def with_help(error: CommandError, command: str, exit_code: int) -> CommandError:
    """Return the failure of ``docker run`` and ``docker create``, which points to their help. Models command/container withHelp."""
    return CommandError(f"docker: {error}\n\nRun 'docker {command} --help' for more information", exit_code)
