"""A private registry: the program in the image ``registry``, which answers the distribution API and keeps all in /var/lib/registry.

Models distribution/distribution (the ``registry`` command): its API, its directory layout, so that a volume really keeps the images
and ``ls`` in the container shows them, and its log lines.
Left out: TLS, token and htpasswd authentication, pull-through caches, notifications, garbage-collect, uploads in several pieces that
survive a restart.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from k8slab.docker import content, manifests, timestamps
from k8slab.machine.errors import words
from k8slab.machine.fs.view import FileView
from k8slab.machine.process import Process
from k8slab.machine.program import Life, Table
from k8slab.machine.programs.http import Reply, http_date, serve_connection
from k8slab.sim.chance import Chance
from k8slab.sim.http import Request

PORT = 5000
ROOT = "/var/lib/registry"
_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
_TAG = r"[\w][\w.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
_MANIFEST_PATH = re.compile(rf"/v2/({_NAME})/manifests/({_TAG}|{_DIGEST})", re.ASCII)
_BLOB_PATH = re.compile(rf"/v2/({_NAME})/blobs/({_DIGEST})", re.ASCII)
_UPLOADS_PATH = re.compile(rf"/v2/({_NAME})/blobs/uploads/", re.ASCII)
_UPLOAD_PATH = re.compile(rf"/v2/({_NAME})/blobs/uploads/([0-9a-f-]+)", re.ASCII)
_TAGS_PATH = re.compile(rf"/v2/({_NAME})/tags/list", re.ASCII)
MOST_MANIFEST_BYTES = 4 << 20
API_VERSION = ("Docker-Distribution-Api-Version", "registry/2.0")

_MESSAGES = {
    "BLOB_UNKNOWN": (404, "blob unknown to registry"),
    "BLOB_UPLOAD_UNKNOWN": (404, "blob upload unknown to registry"),
    "DIGEST_INVALID": (400, "provided digest did not match uploaded content"),
    "MANIFEST_BLOB_UNKNOWN": (400, "blob unknown to registry"),
    "MANIFEST_INVALID": (400, "manifest invalid"),
    "MANIFEST_UNKNOWN": (404, "manifest unknown"),
    "NAME_UNKNOWN": (404, "repository name not known to registry"),
    "UNSUPPORTED": (405, "The operation is unsupported."),
}


class RegistryApi:
    """Answers requests out of the files under *root* of *files*."""

    def __init__(self, files: FileView, chance: Chance, root: str = ROOT) -> None:
        self.files = files
        self.chance = chance
        self.base = f"{root}/docker/registry/v2"
        self.uploads: dict[str, bytearray] = {}

    def handle(self, request: Request) -> Reply:
        """Return the answer to *request*."""
        path, method = request.path, request.method
        if path in ("/v2/", "/v2"):
            return _reply(200, b"{}", [("Content-Type", "application/json")])
        if path == "/v2/_catalog":
            return self._catalog(request)
        for pattern, answer in self._routes():
            match = pattern.fullmatch(path)
            if match is not None:
                try:
                    return answer(method, request, *match.groups())
                except OSError as error:
                    return _error("UNKNOWN", detail=words(error), status=500, message="unknown error")
        return Reply(404, [("Content-Type", "text/plain; charset=utf-8")], b"404 page not found\n")

    def _routes(self) -> tuple[tuple[re.Pattern[str], Callable[..., Reply]], ...]:
        return (
            (_UPLOADS_PATH, self._start_upload),
            (_UPLOAD_PATH, self._upload),
            (_MANIFEST_PATH, self._manifest),
            (_BLOB_PATH, self._blob),
            (_TAGS_PATH, self._tags),
        )

    # -- files ---------------------------------------------------------------------------------------------------------

    def _blob_file(self, digest: str) -> str:
        digits = digest.removeprefix("sha256:")
        return f"{self.base}/blobs/sha256/{digits[:2]}/{digits}/data"

    def _read(self, path: str) -> bytes | None:
        return self.files.read(path) if self.files.is_file(path) else None

    def _write(self, path: str, data: bytes) -> None:
        self.files.make_directories(path.rsplit("/", 1)[0], 0o755)
        self.files.write(path, data)

    def _repository(self, name: str) -> str:
        return f"{self.base}/repositories/{name}"

    def _link(self, name: str, kind: str, digest: str) -> str:
        """Return the file that says: the repository *name* has this blob (``_layers``) or revision (``_manifests/revisions``)."""
        return f"{self._repository(name)}/{kind}/sha256/{digest.removeprefix('sha256:')}/link"

    def _has(self, name: str, digest: str) -> bool:
        return self.files.is_file(self._link(name, "_layers", digest)) and self.files.is_file(self._blob_file(digest))

    def _keep(self, name: str, data: bytes) -> str:
        digest = content.digest_of(data)
        if not self.files.is_file(self._blob_file(digest)):
            self._write(self._blob_file(digest), data)
        self._write(self._link(name, "_layers", digest), digest.encode())
        return digest

    # -- blobs ---------------------------------------------------------------------------------------------------------

    def _blob(self, method: str, request: Request, name: str, digest: str) -> Reply:
        if method == "DELETE":
            if not self._has(name, digest):
                return _error("BLOB_UNKNOWN", detail={"digest": digest})
            self.files.unlink(self._link(name, "_layers", digest))
            return _reply(202)
        if method not in ("GET", "HEAD"):
            return _error("UNSUPPORTED")
        data = self._read(self._blob_file(digest)) if self._has(name, digest) else None
        if data is None:
            return _error("BLOB_UNKNOWN", detail={"digest": digest})
        headers = [
            ("Content-Type", "application/octet-stream"),
            ("Docker-Content-Digest", digest),
            ("Etag", f'"{digest}"'),
        ]
        return _reply(200, data, headers)

    def _start_upload(self, method: str, request: Request, name: str) -> Reply:
        if method != "POST":
            return _error("UNSUPPORTED")
        mount = request.param("mount")
        origin = request.param("from")
        if content.is_digest(mount) and re.fullmatch(_NAME, origin) and self._has(origin, mount):
            self._write(self._link(name, "_layers", mount), mount.encode())
            return _created(f"/v2/{name}/blobs/{mount}", mount)
        digest = request.param("digest")
        if digest:
            return self._finish(name, digest, request.body)
        id = self.chance.uid()
        self.uploads[id] = bytearray()
        place = f"/v2/{name}/blobs/uploads/{id}?_state={hashlib.sha256(id.encode()).hexdigest()[:16]}"
        return _reply(202, b"", [("Location", place), ("Range", "0-0"), ("Docker-Upload-Uuid", id)])

    def _upload(self, method: str, request: Request, name: str, id: str) -> Reply:
        pieces = self.uploads.get(id)
        if pieces is None:
            return _error("BLOB_UPLOAD_UNKNOWN")
        place = request.target
        if method == "PATCH":
            pieces += request.body
            return _reply(
                202, b"", [("Location", place), ("Range", f"0-{max(0, len(pieces) - 1)}"), ("Docker-Upload-Uuid", id)]
            )
        if method == "GET":
            return _reply(
                204, b"", [("Location", place), ("Range", f"0-{max(0, len(pieces) - 1)}"), ("Docker-Upload-Uuid", id)]
            )
        if method == "DELETE":
            del self.uploads[id]
            return _reply(204)
        if method != "PUT":
            return _error("UNSUPPORTED")
        reply = self._finish(name, request.param("digest"), bytes(pieces) + request.body)
        if reply.status == 201:
            del self.uploads[id]
        return reply

    def _finish(self, name: str, digest: str, data: bytes) -> Reply:
        if content.digest_of(data) != digest:
            return _error("DIGEST_INVALID")
        self._keep(name, data)
        return _created(f"/v2/{name}/blobs/{digest}", digest)

    # -- manifests -----------------------------------------------------------------------------------------------------

    def _manifest(self, method: str, request: Request, name: str, wanted: str) -> Reply:
        if method == "PUT":
            return self._put_manifest(request, name, wanted)
        if method not in ("GET", "HEAD", "DELETE"):
            return _error("UNSUPPORTED")
        if not self.files.is_directory(self._repository(name)):
            return self._unknown(name, wanted)
        digest = wanted
        if not wanted.startswith("sha256:"):
            link = self._read(f"{self._repository(name)}/_manifests/tags/{wanted}/current/link")
            if link is None:
                return self._unknown(name, wanted)
            digest = link.decode("ascii", "replace").strip()
        if not self.files.is_file(self._link(name, "_manifests/revisions", digest)):
            return self._unknown(name, wanted)
        if method == "DELETE":
            self.files.unlink(self._link(name, "_manifests/revisions", digest))
            return _reply(202)
        raw = self._read(self._blob_file(digest))
        if raw is None:
            return self._unknown(name, wanted)
        headers = [
            ("Content-Type", manifests.media_type_of(raw)), ("Docker-Content-Digest", digest), ("Etag", f'"{digest}"'),
        ]  # fmt: skip
        return _reply(200, raw, headers)

    @staticmethod
    def _unknown(name: str, wanted: str) -> Reply:
        key = "unknown tag" if not wanted.startswith("sha256:") else "unknown manifest"
        return _error("MANIFEST_UNKNOWN", detail=f"{key}={wanted}")

    def _put_manifest(self, request: Request, name: str, wanted: str) -> Reply:
        raw = request.body
        digest = content.digest_of(raw)
        if len(raw) > MOST_MANIFEST_BYTES:
            return _error("MANIFEST_INVALID", detail="manifest too large")
        if wanted.startswith("sha256:") and wanted != digest:
            return _error("DIGEST_INVALID")
        try:
            if manifests.media_type_of(raw) in manifests.INDEXES:
                needed = [one.digest for one in manifests.read_index(raw)]
                missing = [
                    one for one in needed if not self.files.is_file(self._link(name, "_manifests/revisions", one))
                ]
            else:
                manifest = manifests.read_manifest(raw)
                needed = [manifest.config.digest, *(layer.digest for layer in manifest.layers)]
                missing = [one for one in needed if not self._has(name, one)]
        except (ValueError, RecursionError, TypeError, AttributeError) as error:
            return _error("MANIFEST_INVALID", detail=str(error))
        if missing:
            return _error("MANIFEST_BLOB_UNKNOWN", detail={"digest": missing[0]})
        self._write(self._blob_file(digest), raw)
        self._write(self._link(name, "_manifests/revisions", digest), digest.encode())
        if not wanted.startswith("sha256:"):
            tag = f"{self._repository(name)}/_manifests/tags/{wanted}"
            self._write(f"{tag}/current/link", digest.encode())
            self._write(f"{tag}/index/sha256/{digest.removeprefix('sha256:')}/link", digest.encode())
        return _created(f"/v2/{name}/manifests/{digest}", digest)

    # -- lists ---------------------------------------------------------------------------------------------------------

    def _tags(self, method: str, request: Request, name: str) -> Reply:
        if not self.files.is_directory(f"{self._repository(name)}/_manifests"):
            return _error("NAME_UNKNOWN", detail={"name": name})
        tags = f"{self._repository(name)}/_manifests/tags"
        names = self._names(tags)
        return _json({"name": name, "tags": names or None})

    def _catalog(self, request: Request) -> Reply:
        found: list[str] = []

        def look(path: str, prefix: str) -> None:
            for name in self._names(path):
                if name.startswith("_"):
                    continue
                full = f"{prefix}{name}"
                if self.files.is_directory(f"{path}/{name}/_manifests"):
                    found.append(full)
                look(f"{path}/{name}", f"{full}/")

        look(f"{self.base}/repositories", "")
        limit = request.param("n")
        names = sorted(found)
        return _json({"repositories": names[: int(limit)] if limit.isascii() and limit.isdigit() else names})

    def _names(self, path: str) -> list[str]:
        return self.files.list(path) if self.files.is_directory(path) else []


def _reply(status: int, body: bytes = b"", headers: list[tuple[str, str]] | None = None) -> Reply:
    return Reply(status, [API_VERSION, ("X-Content-Type-Options", "nosniff"), *(headers or ())], body)


def _created(place: str, digest: str) -> Reply:
    return _reply(201, b"", [("Location", place), ("Docker-Content-Digest", digest)])


def _json(document: Any) -> Reply:
    return _reply(200, content.encode(document) + b"\n", [("Content-Type", "application/json")])


def _error(code: str, *, detail: Any = None, status: int = 0, message: str = "") -> Reply:
    known, text = _MESSAGES.get(code, (500, message))
    entry: dict[str, Any] = {"code": code, "message": text}
    if detail is not None:
        entry["detail"] = detail
    body = json.dumps({"errors": [entry]}, separators=(",", ":")).encode() + b"\n"
    return _reply(status or known, body, [("Content-Type", "application/json")])


class Registry:
    """The command ``registry serve CONFIG``."""

    def run(self, process: Process) -> Life:
        """Listen and answer until a signal comes."""
        words_given = process.argv[1:]
        if not words_given or words_given[0] in ("--help", "-h", "help"):
            yield from process.write(
                1,
                b"`registry`\n\nUsage: \n  registry [flags]\n  registry [command]\n\nAvailable Commands: \n  serve           `serve` stores and distributes Docker images\n  garbage-collect `garbage-collect` deletes layers not referenced by any manifests\n",
            )
            return 0
        if words_given[0] in ("--version", "-v"):
            version = process.executable.version if process.executable is not None else ""
            yield from process.write(1, f"registry github.com/distribution/distribution/v3 v{version}\n".encode())
            return 0
        if words_given[0] != "serve":
            yield from process.write(2, f'Error: unknown command "{words_given[0]}" for "registry"\n'.encode())
            return 1
        settings = self._settings(process, words_given[1] if len(words_given) > 1 else "")
        if settings is None:
            message = f"configuration error: open {words_given[1] if len(words_given) > 1 else ''}: no such file or directory\n"
            yield from process.write(2, message.encode())
            return 1
        root, port = settings
        process.hold(22 << 20)
        api = RegistryApi(process.files, process.host.chance.stream(f"registry-{process.host_pid}"), root)
        try:
            listener = process.network.listen(port, owner=process)
        except OSError as error:
            self._log(process, "fatal", f"listen tcp :{port}: bind: {words(error).lower()}")
            return 1
        self._log(process, "info", f"listening on [::]:{port}")

        def answer(request: Request, connection: Any) -> Reply:
            reply = api.handle(request)
            self._access(process, request, connection.peer[0], reply)
            return reply

        while True:
            connection = yield from listener.accept()
            process.thread(serve_connection(connection, answer))

    @staticmethod
    def _settings(process: Process, path: str) -> tuple[str, int] | None:
        """Return the directory and the port that the configuration and the environment say, None without a configuration."""
        try:
            text = process.files.read_text(path) if path else ""
        except OSError:
            return None
        root = re.search(r"^\s*rootdirectory:\s*(\S+)", text, re.MULTILINE)
        address = re.search(r"^\s*addr:\s*\S*?:(\d+)", text, re.MULTILINE)
        chosen = process.env.get("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY") or (root[1] if root else ROOT)
        given = process.env.get("REGISTRY_HTTP_ADDR", "").rpartition(":")[2] or (address[1] if address else "")
        port = int(given) if given.isascii() and given.isdigit() and int(given) < 65536 else PORT
        return chosen, port

    @staticmethod
    def _log(process: Process, level: str, message: str) -> None:
        moment = timestamps.now(process.clock)
        process.write_now(
            2, f'time="{moment}" level={level} msg="{message}" go.version=go1.23.7 service=registry\n'.encode()
        )

    @staticmethod
    def _access(process: Process, request: Request, address: str, reply: Reply) -> None:
        moment = http_date(process.host.unix_time())
        day = f"{moment[5:7]}/{moment[8:11]}/{moment[12:16]}:{moment[17:25]} +0000"
        agent = request.headers.get("user-agent", "")
        line = f'{address} - - [{day}] "{request.method} {request.target} HTTP/1.1" {reply.status} {len(reply.body)} "" "{agent}"\n'
        process.write_now(1, line.encode())


PROGRAMS: Table = {"registry": Registry}
