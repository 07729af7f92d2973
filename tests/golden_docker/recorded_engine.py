"""An engine that answers from a recording: the same answers, in the order in which the recording lets them out."""

import base64
import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from simpy.events import Event

from k8slab.sim.http import Request, Response

NOT_RECORDED = 599


def content(value: Any) -> bytes:
    """Return a recorded content (text, b64 or z64) as bytes."""
    if isinstance(value, str):
        return value.encode()
    if "b64" in value:
        return base64.b64decode(value["b64"])
    if "z64" in value:
        return zlib.decompress(base64.b64decode(value["z64"]))
    return value.get("text", "").encode()


def piece(item: Any) -> bytes:
    """Return what an item of a stream or a hijacked connection puts on the wire."""
    if isinstance(item, str):
        return item.encode()
    for name, kind in (("stdout", 1), ("stderr", 2)):
        if name in item:
            data = content(item[name])
            return struct.pack(">BxxxL", kind, len(data)) + data
    if "raw" in item:
        return content(item["raw"])
    return b"" if item.get("end") else content(item)


class Held:
    """An answer that comes in pieces, each when the recording lets it."""

    def __init__(self, engine: "RecordedEngine", items: list[Any], number: int, *, hijacked: bool) -> None:
        self.engine = engine
        self.items = list(items)
        self.number = number
        self.hijacked = hijacked
        self.received = bytearray()
        self.eof = False
        self.closed = False
        self.sent = bytearray()

    def read(self) -> bytes | None:
        """Return the next piece, b"" while it is held back, None at the end."""
        while self.items:
            item = self.items[0]
            if isinstance(item, dict) and not self._is_due(item):
                return b""
            self.items.pop(0)
            if isinstance(item, dict) and "recv" in item:
                del self.received[: len(content(item["recv"]))]
            elif isinstance(item, dict) and ("close" in item or "client_gone" in item):
                break
            elif isinstance(item, dict) and "recv_eof" in item:
                continue
            else:
                data = piece(item)
                if data:
                    return data
        self._end()
        return None

    def _is_due(self, item: dict[str, Any]) -> bool:
        if item.get("after", 0) > self.engine.arrived:
            return False
        if item.get("after_close") and item["after_close"] not in self.engine.ended:
            return False
        if "recv" in item:
            return len(self.received) >= len(content(item["recv"]))
        if "recv_eof" in item:
            return self.eof
        return True

    def _end(self) -> None:
        self.items = []
        self.engine.ended.add(self.number)

    def hurry(self) -> bool:
        """Let out what is held back; return whether there was anything."""
        if not self.items:
            return False
        item = self.items[0]
        if isinstance(item, dict):
            if "recv" in item or "recv_eof" in item:
                self.items.pop(0)
            else:
                self.items[0] = {key: value for key, value in item.items() if key not in ("after", "after_close")}
        return True

    def wait(self) -> Event:
        raise NotImplementedError("a recording has no clock")

    def write(self, data: bytes) -> None:
        self.received += data
        self.sent += data

    def close_write(self) -> None:
        self.eof = True

    def close(self) -> None:
        self.eof = True
        self.closed = True


@dataclass
class RecordedEngine:
    """Answers the requests of one step; remembers what was asked, and what differs from what the real client sent."""

    recorded: list[dict[str, Any]]
    asked: list[Request] = field(default_factory=list)
    arrived: int = 0
    ended: set[int] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._unused = list(range(len(self.recorded)))

    def handle(self, request: Request) -> Response:
        """Return the recorded answer to *request*: the first one not used yet with its method, path and query."""
        self.asked.append(request)
        self.arrived += 1
        number = next((n for n in self._unused if self._is(request, self.recorded[n])), None)
        if number is None:  # a name that the real client makes up (of a Dockerfile from elsewhere) stands in its query
            alike = [n for n in self._unused if (request.method, request.path) == self._where(n)]
            number = alike[0] if alike else None
            if alike:
                self.surprises.append(f"other query: {request.method} {request.target}")
        if number is None:
            self.surprises.append(f"not recorded: {request.method} {request.target}")
            if request.path.endswith("/_ping"):
                return Response(200, {"api-version": "1.50", "ostype": "linux"})
            return Response.of_json(NOT_RECORDED, {"message": f"not recorded: {request.method} {request.target}"})
        self._unused.remove(number)
        entry = self.recorded[number]
        self._compare(request, entry)
        headers = {name.lower(): value for name, value in (entry.get("response_headers") or {}).items()}
        status = entry.get("status", 200)
        if "hijack" in entry:
            return Response(status, headers, duplex=Held(self, entry["hijack"], number + 1, hijacked=True))
        if "stream" in entry:
            return Response(status, headers, stream=Held(self, entry["stream"], number + 1, hijacked=False))
        if "response" in entry:
            return Response(status, headers, json.dumps(entry["response"], ensure_ascii=False).encode())
        if "response_data" in entry:
            return Response(status, headers, content(entry["response_data"]))
        if "status" not in entry:
            return Response(200, headers, stream=Held(self, [{"after": 10**9}], number + 1, hijacked=False))
        return Response(status, headers)

    def _where(self, number: int) -> tuple[str, str]:
        return self.recorded[number]["method"], self.recorded[number]["path"]

    @staticmethod
    def _is(request: Request, entry: dict[str, Any]) -> bool:
        return (request.method, request.path, query_of(request)) == (
            entry["method"],
            entry["path"],
            entry.get("query") or {},
        )

    def _compare(self, request: Request, entry: dict[str, Any]) -> None:
        where = f"{entry['method']} {entry['path']}"
        if "body" in entry and json.loads(request.body or b"null") != entry["body"]:
            self.surprises.append(f"body of {where}: {request.body!r}")
        if "tar" in entry:
            ours = [(member["name"], member["type"], member.get("data")) for member in members(request.body)]
            real = [(member["name"], member["type"], member.get("data")) for member in entry["tar"]]
            if ours != real:
                self.surprises.append(f"archive of {where}: {ours}")
        for name in ("X-Registry-Auth", "X-Registry-Config", "Content-Type"):
            wanted = (entry.get("headers") or {}).get(name)
            if wanted != request.headers.get(name.lower()):
                self.surprises.append(f"{name} of {where}: {request.headers.get(name.lower())}")


def query_of(request: Request) -> dict[str, Any]:
    """Return the query as recordings write it: a string, or a list of several."""
    return {name: values[0] if len(values) == 1 else values for name, values in request.query.items()}


def members(data: bytes) -> list[dict[str, Any]]:
    """Return the members of an archive as recordings write them."""
    from k8slab.cli.tar_archive import unpack

    found = []
    for member in unpack(data):
        entry: dict[str, Any] = {"name": member.name, "type": member.kind, "mode": f"{member.mode:o}"}
        if member.kind == "file":
            entry["data"] = member.data.decode("utf-8", "replace")
        found.append(entry)
    return found
