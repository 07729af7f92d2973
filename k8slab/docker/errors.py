"""Errors as dockerd answers them: an HTTP status and one sentence, which the command line prints after ``Error response from daemon:``.

Models moby's errdefs. Left out: causes and stack traces, which only the daemon's log shows.
"""

from __future__ import annotations

from typing import Any


class DockerError(Exception):
    """The daemon says no. *status* is the HTTP status, *message* the daemon's own sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def document(self) -> dict[str, Any]:
        """Return the body of the error's answer."""
        return {"message": self.message}

    def record(self) -> dict[str, Any]:
        """Return the error as the last message of a progress stream whose 200 has already been sent."""
        return {"errorDetail": {"message": self.message}, "error": self.message}


def invalid_parameter(message: str) -> DockerError:
    """Return a 400."""
    return DockerError(400, message)


def unauthorized(message: str) -> DockerError:
    """Return a 401."""
    return DockerError(401, message)


def forbidden(message: str) -> DockerError:
    """Return a 403."""
    return DockerError(403, message)


def not_found(message: str) -> DockerError:
    """Return a 404."""
    return DockerError(404, message)


def no_such_image(familiar: str) -> DockerError:
    """Return the 404 for an image that this daemon does not have."""
    return DockerError(404, f"No such image: {familiar}")


def conflict(message: str) -> DockerError:
    """Return a 409."""
    return DockerError(409, message)


def system(message: str) -> DockerError:
    """Return a 500: something went wrong inside, or in a registry."""
    return DockerError(500, message)


def not_implemented(message: str) -> DockerError:
    """Return a 501."""
    return DockerError(501, message)


def unavailable(message: str) -> DockerError:
    """Return a 503."""
    return DockerError(503, message)
