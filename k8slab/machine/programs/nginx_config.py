"""nginx's configuration: reading the files, and the part of their meaning that the model keeps.

Models src/core/ngx_conf_file.c, its error words included. Known directives that have no meaning here are accepted.
Left out: regular-expression locations with captures, variables other than the usual ones, ssl, upstream weights.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from k8slab.machine.fs.view import FileView
from k8slab.machine.shell import patterns


class ConfigError(Exception):
    """``[emerg]``: the configuration cannot be used. The message has file and line."""


@dataclass(slots=True)
class Directive:
    """``name arguments;`` or ``name arguments { … }``."""

    name: str
    arguments: list[str]
    where: str
    block: list[Directive] | None = None


@dataclass(slots=True)
class Location:
    """One ``location``."""

    prefix: str
    exact: bool = False
    root: str = ""
    alias: str = ""
    indexes: list[str] = field(default_factory=lambda: ["index.html"])
    returns: tuple[int, str] | None = None
    proxy: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    proxy_headers: list[tuple[str, str]] = field(default_factory=list)
    try_files: list[str] = field(default_factory=list)
    autoindex: bool = False


@dataclass(slots=True)
class Server:
    """One ``server``."""

    ports: list[tuple[str, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    error_pages: dict[int, str] = field(default_factory=dict)
    access_log: str = ""


@dataclass(slots=True)
class Config:
    """All of it."""

    servers: list[Server] = field(default_factory=list)
    upstreams: dict[str, list[str]] = field(default_factory=dict)
    workers: str = "1"
    pid: str = "/run/nginx.pid"
    user: str = "nginx"
    error_log: str = "/var/log/nginx/error.log"
    access_log: str = ""
    daemon: bool = True


KNOWN = frozenset(
    [
        "access_log",
        "add_header",
        "alias",
        "allow",
        "autoindex",
        "charset",
        "client_body_buffer_size",
        "client_body_temp_path",
        "client_header_timeout",
        "client_max_body_size",
        "daemon",
        "default_type",
        "deny",
        "error_log",
        "error_page",
        "events",
        "expires",
        "fastcgi_index",
        "fastcgi_param",
        "fastcgi_pass",
        "fastcgi_temp_path",
        "gzip",
        "gzip_types",
        "gzip_vary",
        "http",
        "include",
        "index",
        "internal",
        "keepalive",
        "keepalive_timeout",
        "large_client_header_buffers",
        "least_conn",
        "limit_req",
        "limit_req_zone",
        "listen",
        "load_module",
        "location",
        "log_format",
        "map",
        "master_process",
        "multi_accept",
        "pid",
        "proxy_buffering",
        "proxy_cache",
        "proxy_connect_timeout",
        "proxy_http_version",
        "proxy_pass",
        "proxy_read_timeout",
        "proxy_redirect",
        "proxy_send_timeout",
        "proxy_set_header",
        "proxy_temp_path",
        "resolver",
        "return",
        "rewrite",
        "root",
        "scgi_temp_path",
        "sendfile",
        "server",
        "server_name",
        "server_tokens",
        "set",
        "ssl_certificate",
        "ssl_certificate_key",
        "ssl_protocols",
        "ssl_ciphers",
        "stream",
        "stub_status",
        "tcp_nodelay",
        "tcp_nopush",
        "try_files",
        "types",
        "types_hash_max_size",
        "upstream",
        "use",
        "user",
        "uwsgi_temp_path",
        "worker_connections",
        "worker_processes",
        "worker_rlimit_nofile",
        "if",
    ]
)


def tokens(text: str, path: str) -> list[tuple[str, str, int]]:
    """Return ``(kind, text, line)``: kind is ``word``, ``;``, ``{`` or ``}``."""
    found: list[tuple[str, str, int]] = []
    at, line, end = 0, 1, len(text)
    while at < end:
        char = text[at]
        if char == "\n":
            line += 1
            at += 1
        elif char.isspace():
            at += 1
        elif char == "#":
            while at < end and text[at] != "\n":
                at += 1
        elif char in ";{}":
            found.append((char, char, line))
            at += 1
        elif char in "'\"":
            close = text.find(char, at + 1)
            if close < 0:
                raise ConfigError(f'unexpected end of file, expecting ";" or "}}" in {path}:{line}')
            found.append(("word", text[at + 1 : close], line))
            line += text.count("\n", at, close)
            at = close + 1
        else:
            begin = at
            while at < end and not text[at].isspace() and text[at] not in ";{":
                if text[at] == "$" and text[at + 1 : at + 2] == "{":
                    at += 1
                at += 1
            found.append(("word", text[begin:at], line))
    return found


def read(files: FileView, path: str, depth: int = 0) -> list[Directive]:
    """Return the directives of the file *path*, includes put in. Raises ConfigError."""
    if depth > 20:
        raise ConfigError(f"too many nested includes in {path}:1")
    try:
        text = files.read_text(path)
    except OSError as error:
        raise ConfigError(f'open() "{path}" failed ({error.errno}: {error.strerror})') from None
    stream = tokens(text, path)
    directives, at = _block(files, stream, 0, path, depth, top=True)
    del at
    return directives


def _block(
    files: FileView, stream: list[tuple[str, str, int]], at: int, path: str, depth: int, *, top: bool = False
) -> tuple[list[Directive], int]:
    found: list[Directive] = []
    words: list[str] = []
    last_line = stream[-1][2] if stream else 1
    begin = 1
    while at < len(stream):
        kind, text, line = stream[at]
        at += 1
        if kind == "word":
            begin = begin if words else line
            words.append(text)
            continue
        if kind == "}":
            if words:
                raise ConfigError(f'unexpected "}}" in {path}:{line}')
            if top:
                raise ConfigError(f'unexpected "}}" in {path}:{line}')
            return found, at
        if not words:
            raise ConfigError(f'unexpected "{kind}" in {path}:{line}')
        where = f"{path}:{begin}"
        name, arguments = words[0], words[1:]
        words = []
        if kind == ";":
            if name == "include":
                found += _included(files, arguments, path, where, depth)
            else:
                found.append(Directive(name, arguments, where))
        else:
            inner, at = (
                _block(files, stream, at, path, depth) if name not in ("types", "map") else _skip(stream, at, path)
            )
            found.append(Directive(name, arguments, where, inner))
    if words or not top:
        expecting = '";" or "}"' if words else '"}"'
        raise ConfigError(f"unexpected end of file, expecting {expecting} in {path}:{last_line + 1}")
    return found, at


def _skip(stream: list[tuple[str, str, int]], at: int, path: str) -> tuple[list[Directive], int]:
    while at < len(stream) and stream[at][0] != "}":
        at += 1
    return [], at + 1


def _included(files: FileView, arguments: list[str], path: str, where: str, depth: int) -> list[Directive]:
    pattern = arguments[0] if arguments else ""
    full = pattern if pattern.startswith("/") else posixpath.join("/etc/nginx", pattern)
    if not patterns.has_glob(full):
        if not files.exists(full):
            raise ConfigError(f'open() "{full}" failed (2: No such file or directory) in {where}')
        return read(files, full, depth + 1)
    return [one for name in patterns.expand_paths(files, full) for one in read(files, name, depth + 1)]


def interpret(directives: list[Directive], extra: str = "") -> Config:
    """Return what *directives* (and the text of ``-g``) mean. Raises ConfigError."""
    config = Config()
    inline = [
        Directive(words[0], words[1:], "command line") for words in (part.split() for part in extra.split(";")) if words
    ]
    for one in [*directives, *inline]:
        _check(one)
        if one.name == "http":
            _http(config, one.block or [])
        elif one.name == "worker_processes":
            config.workers = one.arguments[0]
        elif one.name == "pid":
            config.pid = one.arguments[0]
        elif one.name == "user":
            config.user = one.arguments[0]
        elif one.name == "error_log":
            config.error_log = one.arguments[0]
        elif one.name == "daemon":
            config.daemon = one.arguments[0] != "off"
    return config


def _check(one: Directive) -> None:
    if one.name not in KNOWN:
        raise ConfigError(f'unknown directive "{one.name}" in {one.where}')
    if one.name in ("listen", "root", "index", "server_name", "proxy_pass", "return") and not one.arguments:
        raise ConfigError(f'invalid number of arguments in "{one.name}" directive in {one.where}')
    if one.name in ("server", "http", "events") and one.block is None:
        raise ConfigError(f'directive "{one.name}" has no opening "{{" in {one.where}')


def _http(config: Config, block: list[Directive]) -> None:
    for one in block:
        _check(one)
        if one.name == "server":
            config.servers.append(_server(one.block or []))
        elif one.name == "upstream":
            members = [inner.arguments[0] for inner in one.block or [] if inner.name == "server" and inner.arguments]
            config.upstreams[one.arguments[0]] = members
        elif one.name == "access_log":
            config.access_log = one.arguments[0]


def _server(block: list[Directive]) -> Server:
    server = Server()
    base = Location("/", root="/etc/nginx/html")
    locations: list[Directive] = []
    for one in block:
        _check(one)
        if one.name == "listen":
            address = _listen(one)
            if address is not None:
                server.ports.append(address)
        elif one.name == "server_name":
            server.names = one.arguments
        elif one.name == "location":
            locations.append(one)
        elif one.name == "error_page":
            for code in one.arguments[:-1]:
                if code.isdigit():
                    server.error_pages[int(code)] = one.arguments[-1]
        elif one.name == "access_log":
            server.access_log = one.arguments[0]
        else:
            _apply(base, one)
    server.ports = server.ports or [("0.0.0.0", 80)]
    for one in locations:
        server.locations.append(_location(base, one))
    server.locations.append(base)
    return server


def _listen(one: Directive) -> tuple[str, int] | None:
    text = one.arguments[0]
    if text.startswith("["):
        return None  # IPv6: the networks of the lab have none
    if text.startswith("unix:"):
        return None
    address, _, port = text.rpartition(":")
    if not port.isdigit():
        if ":" in text or not text.replace(".", "").isdigit():
            raise ConfigError(f'invalid port in "{text}" of the "listen" directive in {one.where}')
        return text, 80
    if not 0 < int(port) < 65536:
        raise ConfigError(f'invalid port in "{text}" of the "listen" directive in {one.where}')
    return ("0.0.0.0" if address in ("", "*") else address), int(port)


def _location(base: Location, one: Directive) -> Location:
    words = one.arguments
    exact = words[:1] == ["="]
    regex = words[:1] in (["~"], ["~*"])
    prefix = words[-1] if words else "/"
    if regex:
        prefix = "~" + prefix
    location = Location(
        prefix, exact, base.root, "", list(base.indexes), None, "", list(base.headers), list(base.proxy_headers)
    )
    for inner in one.block or []:
        _check(inner)
        _apply(location, inner)
    return location


def _apply(location: Location, one: Directive) -> None:
    words = one.arguments
    if one.name == "root":
        location.root = words[0]
    elif one.name == "alias":
        location.alias = words[0]
    elif one.name == "index":
        location.indexes = words
    elif one.name == "return":
        code = int(words[0]) if words[0].isdigit() else 302
        location.returns = (code, words[-1] if len(words) > 1 or not words[0].isdigit() else "")
    elif one.name == "proxy_pass":
        location.proxy = words[0]
    elif one.name == "add_header":
        location.headers.append((words[0], words[1]))
    elif one.name == "proxy_set_header":
        location.proxy_headers.append((words[0], words[1] if len(words) > 1 else ""))
    elif one.name == "try_files":
        location.try_files = words
    elif one.name == "autoindex":
        location.autoindex = words == ["on"]
