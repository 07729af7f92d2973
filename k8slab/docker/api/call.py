"""One request as the handlers see it: its parameters read as Go reads them, its body as JSON.

Models api/server/httputils with its words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from k8slab.docker.engine import DockerEngine
from k8slab.docker.errors import invalid_parameter
from k8slab.docker.remotes import Auth
from k8slab.sim.http import Request, Response

Filters = dict[str, list[str]]


#: Fields that hold nothing but texts.
TEXTS = ("Labels", "Options", "DriverOpts", "Cmd", "Env")


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {str: "string", int: "number", float: "number", list: "array", dict: "object"}.get(type(value), "null")


@dataclass(slots=True)
class Call:
    """A request to *engine*; *names* are the variable parts of its path."""

    engine: DockerEngine
    request: Request
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first variable part of the path."""
        return self.names[0]

    def text(self, key: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.request.param(key, default)

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a query parameter as httputils.BoolValue does: everything but "", 0, no, false, none is true."""
        if key not in self.request.query:
            return default
        return self.text(key).strip().lower() not in ("", "0", "no", "false", "none")

    def number(self, key: str) -> int | None:
        """Return a whole number, None without one. Raises DockerError 400."""
        text = self.text(key)
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise invalid_parameter(f'strconv.Atoi: parsing "{text}": invalid syntax') from None

    def body(self) -> dict[str, Any]:
        """Return the JSON object in the body; an empty one without a body. Raises DockerError 400."""
        data = self.request.body
        if not data.strip():
            return {}
        try:
            value = json.loads(data)
        except ValueError as error:
            words = "EOF" if "Expecting value" in str(error) and getattr(error, "pos", 0) >= len(data) else str(error)
            raise invalid_parameter(f"invalid JSON: {words}") from None
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise invalid_parameter("invalid JSON: json: cannot unmarshal array into Go value of type object")
        return value

    def fields(self, **kinds: type) -> dict[str, Any]:
        """Return the body, whose fields in *kinds* are of that kind or missing; texts are all that lists and maps hold.

        Raises DockerError 400.
        """
        body = self.body()
        for key, kind in kinds.items():
            value = body.get(key)
            inner: list[Any] = []
            if isinstance(value, list | dict) and kind in (list, dict):
                inner = value if isinstance(value, list) else list(value.values())
            wrong = value is not None and type(value) is not kind
            if wrong or (key in TEXTS and not all(isinstance(one, str) for one in inner)):
                raise invalid_parameter(
                    f"invalid JSON: json: cannot unmarshal {_json_type(value)} into Go struct field .{key}"
                )
        return body

    def filters(self) -> Filters:
        """Return the ``filters`` parameter: ``{"label": {"a=b": true}}`` or, as older clients say it, ``{"label": ["a=b"]}``."""
        text = self.text("filters")
        if not text:
            return {}
        try:
            value = json.loads(text)
        except ValueError:
            raise invalid_parameter("invalid filter") from None
        if not isinstance(value, dict):
            raise invalid_parameter("invalid filter")
        found: Filters = {}
        for key, values in value.items():
            if isinstance(values, dict):
                found[key] = [one for one, wanted in values.items() if wanted]
            elif isinstance(values, list):
                found[key] = [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
            else:
                raise invalid_parameter("invalid filter")
        return found

    def auth(self) -> Auth:
        """Return who X-Registry-Auth says is asking."""
        header = self.request.headers.get("x-registry-auth", "")
        return Auth.decode(header) if header else Auth()


def check(filters: Filters, known: tuple[str, ...]) -> Filters:
    """Return *filters*. Raises DockerError 400 if one is not *known*."""
    for key in filters:
        if key not in known:
            raise invalid_parameter(f"invalid filter '{key}'")
    return filters


def ok(value: Any, status: int = 200) -> Response:
    """Return *value* as JSON, with a newline at its end as Go's encoder writes it."""
    response = Response.of_json(status, value)
    response.body += b"\n"
    return response


def nothing(status: int = 204) -> Response:
    """Return an answer without a body."""
    return Response(status)
