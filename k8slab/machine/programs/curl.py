"""``curl``: fetching URLs through the network.

Left out: TLS (an https URL connects and then fails as an unverifiable server would), cookies, FTP, parallel transfers.
"""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Generator
from typing import Any
from urllib.parse import urljoin

from simpy.events import AnyOf

from k8slab.machine.programs.http import BadMessage, Reader, Reply, encode_request
from k8slab.machine.programs.tool import Call, Options, Steps, reason
from k8slab.machine.programs.urls import Failure, Target, connect, parse_url

CURL_LONG = {
    "silent": "s", "show-error": "S", "include": "i", "head": "I", "output=": "o", "remote-name": "O", "request=": "X", "header=": "H",
    "data=": "d", "data-raw=": "d", "data-binary=": "d", "json=": "J", "location": "L", "fail": "f", "verbose": "v", "max-time=": "m",
    "connect-timeout=": "T", "insecure": "k", "user-agent=": "A", "user=": "u", "write-out=": "w", "retry=": "R", "unix-socket=": "U",
    "get": "G",
    "path-as-is": "p", "form=": "F", "compressed": "C", "noproxy=": "N", "resolve=": "r", "fail-with-body": "f", "ipv4": "4", "no-progress-meter": "s",
    "retry-connrefused": "c", "retry-delay=": "D", "http1.1": "1", "globoff": "g", "proto=": "P", "tlsv1.2": "t",
}  # fmt: skip


def curl(call: Call) -> Steps:
    if call.args[:1] == ["--version"] or call.args[:1] == ["-V"]:
        call.line("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.15 zlib/1.2.13")
        return 0
    options, urls = call.options("sSiIo:OX:H:d:LfvkA:u:w:m:Gx:F:4:gnN", CURL_LONG, code=2)
    if not urls:
        call.err("curl: try 'curl --help' or 'curl --manual' for more information\n")
        return 2
    code = 0
    for url in urls:
        tries = int(options.get("R") or 0) + 1
        for attempt in range(tries):
            try:
                yield from _curl_one(call, options, url)
                code = 0
                break
            except Failure as failure:
                code = failure.code
                if attempt + 1 == tries and ("s" not in options or "S" in options):
                    call.err(f"curl: ({failure.code}) {failure}\n")
                elif attempt + 1 < tries:
                    yield call.process.clock.timeout(float(options.get("D") or 2**attempt))
        yield from call.flush()
    return code


def _curl_one(call: Call, options: Options, url: str) -> Generator[Any, Any, None]:
    headers = [("User-Agent", options.get("A") or "curl/7.88.1"), ("Accept", "*/*")]
    method, body = "GET", b""
    if "I" in options:
        method = "HEAD"
    data = "&".join(_data(call, word) for word in options.all("d")) if options.all("d") else None
    if "J" in options:
        data = options.get("J")
        headers = [("User-Agent", "curl/7.88.1"), ("Content-Type", "application/json"), ("Accept", "application/json")]
    if data is not None and "G" not in options:
        method, body = "POST", data.encode(errors="surrogateescape")
        if "J" not in options:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    elif data is not None:
        url += ("&" if "?" in url else "?") + data
    if "u" in options:
        headers.insert(0, ("Authorization", "Basic " + base64.b64encode(options.get("u").encode()).decode()))
    for text in options.all("H"):
        name, _, value = text.partition(":")
        headers = [pair for pair in headers if pair[0].lower() != name.lower()] + [(name.strip(), value.strip())]
    method = options.get("X") or method
    for _ in range(50):
        target = parse_url(url)
        reply, address = yield from _exchange(call, options, target, method, headers, body)
        location = reply.header("Location")
        if "L" not in options or not location or reply.status not in (301, 302, 303, 307, 308):
            break
        url = urljoin(f"{target.scheme}://{target.authority}{target.path}", location)
        if reply.status in (301, 302, 303) and method == "POST" and "X" not in options:
            method, body = "GET", b""
    else:
        raise Failure(47, "Maximum (50) redirects followed")
    if "f" in options and reply.status >= 400:
        raise Failure(22, f"The requested URL returned error: {reply.status}")
    _deliver(call, options, target, reply, address)


def _data(call: Call, word: str) -> str:
    if word.startswith("@") and call.files.is_file(word[1:]):
        return call.files.read_text(word[1:]).replace("\n", "")
    return word


def _exchange(
    call: Call, options: Options, target: Target, method: str, headers: list[tuple[str, str]], body: bytes
) -> Generator[Any, Any, tuple[Reply, str]]:
    limit = options.get("T") or options.get("m")
    timeout = float(limit) if re.fullmatch(r"\d+\.?\d*", limit) else None
    verbose = "v" in options
    begin = call.process.clock.now
    connection, address = yield from connect(call, target, timeout)
    try:
        if verbose:
            call.err(
                f"*   Trying {address}:{target.port}...\n* Connected to {target.host} ({address}) port {target.port} (#0)\n"
            )
        if target.scheme == "https":
            raise Failure(
                35,
                "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to "
                + target.authority
                + (":443" if ":" not in target.authority else ""),
            )
        names = [name.lower() for name, _ in headers]
        sent = ([] if "host" in names else [("Host", target.authority)]) + [pair for pair in headers if pair[1]]
        if body or method in ("POST", "PUT"):
            sent.insert(len(sent) if "content-type" not in names else len(sent) - 1, ("Content-Length", str(len(body))))
        if verbose:
            call.err(
                f"> {method} {target.path} HTTP/1.1\n"
                + "".join(f"> {name}: {value}\n" for name, value in sent)
                + "> \n"
            )
        yield from connection.write(encode_request(method, target.path, sent, body))
        reply = yield from _reply(call, options, connection, method, begin)
        if verbose:
            call.err(
                f"< HTTP/1.1 {reply.status} {reply.reason}\n"
                + "".join(f"< {name}: {value}\n" for name, value in reply.headers)
                + "< \n"
            )
            call.err(f"* Connection #0 to host {target.host} left intact\n")
        return reply, address
    finally:
        connection.close()


def _reply(call: Call, options: Options, connection: Any, method: str, begin: float) -> Generator[Any, Any, Reply]:
    """Return the answer, within ``-m`` seconds if given."""
    clock = call.process.clock
    done = clock.event()

    def read() -> Generator[Any, Any, None]:
        try:
            done.succeed((yield from Reader(connection).reply(method)))
        except (BadMessage, OSError) as error:
            done.succeed(error)

    call.process.thread(read())
    if "m" in options:
        left = max(0.0, float(options.get("m")) - (clock.now - begin))
        yield AnyOf(clock.env, [done, clock.timeout(left)])
        if not done.triggered:
            raise Failure(
                28, f"Operation timed out after {int((clock.now - begin) * 1000)} milliseconds with 0 bytes received"
            )
    outcome = done.value if done.triggered else (yield done)
    if isinstance(outcome, OSError):
        raise Failure(56, "Recv failure: Connection reset by peer")
    if isinstance(outcome, BadMessage):
        if "not HTTP" in str(outcome):
            raise Failure(1, "Received HTTP/0.9 when not allowed")
        raise Failure(52, "Empty reply from server")
    assert isinstance(outcome, Reply)
    return outcome


def _deliver(call: Call, options: Options, target: Target, reply: Reply, address: str) -> None:
    head = ""
    if "i" in options or "I" in options:
        head = (
            f"HTTP/1.1 {reply.status} {reply.reason}\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
            + "\r\n"
        )
    content = head.encode() + reply.body
    path = options.get("o") or (posixpath.basename(target.path.split("?")[0]) if "O" in options else "")
    if path and path != "-":
        try:
            target_file = call.process.open(path, "w")
            target_file.references += 1
            target_file.write_now(content)
            target_file.close()
        except OSError as error:
            call.err(f"Warning: Failed to open the file {path}: {reason(error)}\n")
            raise Failure(23, "Failure writing output to destination") from None
        if "s" not in options:
            call.err(_progress(len(content)))
    else:
        call.out(content)
    if "w" in options:
        values = {
            "http_code": f"{reply.status:03d}",
            "response_code": f"{reply.status:03d}",
            "size_download": str(len(reply.body)),
            "remote_ip": address,
            "content_type": reply.header("Content-Type"),
            "url_effective": f"{target.scheme}://{target.authority}{target.path}",
            "time_total": "0.000300",
            "remote_port": str(target.port),
        }
        text = re.sub(r"%\{(\w+)\}", lambda match: values.get(match[1], ""), options.get("w"))
        call.out(text.replace("\\n", "\n").replace("\\t", "\t").replace("%%", "%"))


def _progress(size: int) -> str:
    head = (
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
        "                                 Dload  Upload   Total   Spent    Left  Speed\n"
    )
    return (
        head + f"\r100 {size:>5}  100 {size:>5}    0     0   {size:>5}      0 --:--:-- --:--:-- --:--:--  {size:>4}\n"
    )
