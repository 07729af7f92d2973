"""What goes wrong on the client's side of the API, and the sentence that kubectl prints for it.

Models kubectl pkg/cmd/util (CheckErr, StandardErrorMessage, AddSourceToErr) and apimachinery's aggregates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.apimachinery.errors import ApiError


class CommandError(Exception):
    """A verb cannot go on. The message is printed after ``error: `` (unless it begins so)."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class UsageError(CommandError):
    """The arguments make no sense for the verb *path* (``rollout status``); kubectl points to its help."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{message}\nSee 'kubectl {path} -h' for help and examples")


class Exit(Exception):
    """Stop with *exit_code* and say nothing more."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class ApplyConflict(CommandError):
    """A server-side apply met other managers."""


class Aggregate(Exception):
    """Several errors at once, in the order in which they came."""

    def __init__(self, errors: Iterable[Exception]) -> None:
        self.errors = list(errors)
        super().__init__(str(self))

    def __str__(self) -> str:
        texts = list(dict.fromkeys(text_of(error) for error in self.errors))
        return texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"


def text_of(error: Exception) -> str:
    """Return what Go's ``err.Error()`` gives."""
    return error.message if isinstance(error, ApiError) else str(error)


def raise_all(errors: list[Exception]) -> None:
    """Raise the one error, or all of them together; nothing if there is none."""
    error = joined(errors)
    if error is not None:
        raise error


def joined(errors: list[Exception]) -> Exception | None:
    """Return the one error, or all of them as one; None if there is none."""
    if len(errors) > 1:
        return Aggregate(errors)
    return errors[0] if errors else None


def with_source(verb: str, source: str, error: Exception) -> Exception:
    """Return *error* with the file it came from: ``error when creating "a.yaml": ...``."""
    if not source:
        return error
    message = f"error when {verb} {gojson.quote(source)}: {text_of(error)}"
    if isinstance(error, ApiError):
        status = dict(error.status)
        status["message"] = message
        return ApiError(status)
    return CommandError(message)


def report(error: Exception) -> tuple[str, int]:
    """Return what kubectl prints for *error*, and its exit code."""
    if isinstance(error, Exit):
        return "", error.exit_code
    if isinstance(error, ApiError) and error.reason == "Invalid":
        return _invalid(error.status), 1
    if isinstance(error, Aggregate):
        # Several errors stand a line each, and without the word "error: ".
        return "".join(_message(one) + "\n" for one in error.errors), 1
    return ensure_newline(line_of(error)), getattr(error, "exit_code", 1)


def line_of(error: Exception) -> str:
    """Return the complaint about a single *error*."""
    message = _message(error)
    if isinstance(error, ApiError) or message.startswith("error: "):
        return message
    return f"error: {message}"


def _message(error: Exception) -> str:
    return server_error(error) if isinstance(error, ApiError) else text_of(error)


def server_error(error: ApiError) -> str:
    """Return ``Error from server (NotFound): ...``."""
    if error.reason == "Unauthorized":
        return f"error: You must be logged in to the server ({error.message})"
    if error.reason:
        return f"Error from server ({error.reason}): {error.message}"
    return f"Error from server: {error.message}"


def ensure_newline(text: str) -> str:
    """Return *text* with a newline at its end."""
    return text if text.endswith("\n") or not text else text + "\n"


def _invalid(status: dict[str, Any]) -> str:
    details = status.get("details")
    message = status.get("message", "")
    if details is None:
        return ensure_newline("The request is invalid" + (f": {message}" if message else ""))
    text = "The request is invalid"
    causes = details.get("causes") or []
    if details.get("kind") or details.get("name"):
        text = f"The {details.get('kind', '')} {gojson.quote(details.get('name', ''))} is invalid"
    elif message and not causes:
        text += f": {message}"
    if not causes:
        return ensure_newline(text)
    sentences = list(dict.fromkeys(f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in causes))
    if len(sentences) == 1:
        return ensure_newline(f"{text}: {sentences[0]}")
    return f"{text}: \n" + "".join(f"* {sentence}\n" for sentence in sentences)
