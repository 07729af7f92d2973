"""``curl`` and ``wget`` (GNU's and busybox's): fetching URLs through the network.

Left out: TLS (an https URL connects and then fails as an unverifiable server would), cookies, FTP, parallel transfers.
"""

from __future__ import annotations

import base64
import errno
import posixpath
import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from simpy.events import AnyOf

from k8slab.machine.programs.http import BadMessage, Reader, Reply, encode_request
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.tool import Call, Options, Steps, reason

CURL_LONG = {
    "silent": "s", "show-error": "S", "include": "i", "head": "I", "output=": "o", "remote-name": "O", "request=": "X", "header=": "H",
    "data=": "d", "data-raw=": "d", "data-binary=": "d", "json=": "J", "location": "L", "fail": "f", "verbose": "v", "max-time=": "m",
    "connect-timeout=": "T", "insecure": "k", "user-agent=": "A", "user=": "u", "write-out=": "w", "retry=": "R", "unix-socket=": "U",
    "get": "G",
    "path-as-is": "p", "form=": "F", "compressed": "C", "noproxy=": "N", "resolve=": "r", "fail-with-body": "f", "ipv4": "4", "no-progress-meter": "s",
    "retry-connrefused": "c", "retry-delay=": "D", "http1.1": "1", "globoff": "g", "proto=": "P", "tlsv1.2": "t",
}  # fmt: skip


class Failure(Exception):
    """curl's exit code and words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Target(NamedTuple):
    """A URL taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.host if self.port == (443 if self.scheme == "https" else 80) else f"{self.host}:{self.port}"


def parse_url(text: str) -> Target:
    """Return *text* taken apart. Raises Failure with curl's words."""
    if "://" not in text:
        text = "http://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Failure(3, "URL rejected: Port number was not a decimal number between 0 and 65535") from None
    if parts.scheme not in ("http", "https"):
        raise Failure(1, f'Protocol "{parts.scheme}" not supported')
    if not parts.hostname:
        raise Failure(3, "URL rejected: No host part in the URL")
    path = quote(parts.path or "/", safe="/%:=&?~#+!$,;'@()*[]-._") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def connect(call: Call, target: Target, timeout: float | None) -> Generator[Any, Any, tuple[Any, str]]:
    """Return a connection to *target* and its address. Raises Failure."""
    try:
        address = (yield from resolve(call.process, target.host))[0]
    except NoSuchName:
        raise Failure(6, f"Could not resolve host: {target.host}") from None
    begin = call.process.clock.now
    try:
        connection = yield from call.process.network.connect(address, target.port, timeout=timeout)
    except OSError as error:
        milliseconds = int((call.process.clock.now - begin) * 1000)
        if error.errno == errno.ETIMEDOUT:
            if timeout is not None:
                raise Failure(
                    28,
                    f"Failed to connect to {target.host} port {target.port} after {milliseconds} ms: Timeout was reached",
                ) from None
            raise Failure(
                28,
                f"Failed to connect to {target.host} port {target.port} after {milliseconds} ms: Couldn't connect to server",
            ) from None
        raise Failure(
            7,
            f"Failed to connect to {target.host} port {target.port} after {milliseconds} ms: Couldn't connect to server",
        ) from None
    return connection, address


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


# -- wget --------------------------------------------------------------------------------------------------------------


def wget(call: Call) -> Steps:
    options, urls = call.options(
        "qO:ST:cP:t:U:nvY:",
        {
            "quiet": "q",
            "output-document=": "O",
            "spider": "s",
            "timeout=": "T",
            "header=": "h",
            "post-data=": "p",
            "no-check-certificate": "k",
            "server-response": "S",
            "no-verbose": "n",
            "tries=": "t",
            "directory-prefix=": "P",
        },
    )
    if not urls:
        if call.busybox:
            return call.missing_operand()
        call.err("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n")
        return 1
    code = 0
    for url in urls:
        code = max(code, (yield from (_wget_busybox if call.busybox else _wget_gnu)(call, options, url)) or 0)
    return code


def _get(call: Call, options: Options, url: str) -> Generator[Any, Any, tuple[Reply, Target, str]]:
    agent = "Wget" if call.busybox else "Wget/1.21.3"
    for _ in range(20):
        target = parse_url(url)
        timeout = float(options.get("T")) if options.get("T").isdigit() else None
        connection, address = yield from connect(call, target, timeout)
        body = options.get("p").encode()
        method = "POST" if "p" in options else "HEAD" if "s" in options and not call.busybox else "GET"
        headers = [("Host", target.authority), ("User-Agent", agent), ("Accept", "*/*"), ("Connection", "close")]
        for text in options.all("h"):
            name, _, value = text.partition(":")
            headers.append((name.strip(), value.strip()))
        if body:
            headers += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))]
        try:
            if target.scheme == "https":
                raise Failure(4, "ssl")
            yield from connection.write(encode_request(method, target.path, headers, body))
            reply = yield from Reader(connection).reply(method)
        except (BadMessage, OSError):
            raise Failure(4, "error getting response") from None
        finally:
            connection.close()
        location = reply.header("Location")
        if reply.status not in (301, 302, 303, 307, 308) or not location:
            return reply, target, address
        url = urljoin(f"{target.scheme}://{target.authority}{target.path}", location)
    raise Failure(8, "too many redirections")


def _file_name(options: Options, target: Target) -> str:
    name = options.get("O") or posixpath.basename(target.path.split("?")[0]) or "index.html"
    return posixpath.join(options.get("P"), name) if "P" in options and "O" not in options else name


def _wget_busybox(call: Call, options: Options, url: str) -> Steps:
    try:
        target = parse_url(url)
        address = ""
        if "q" not in options:
            try:
                address = (yield from resolve(call.process, target.host))[0]
            except NoSuchName:
                return call.fail(f"bad address '{target.host}'")
            call.err(f"Connecting to {target.authority} ({address}:{target.port})\n")
        reply, target, address = yield from _get(call, options, url)
    except Failure as failure:
        text = str(failure)
        if failure.code == 6:
            return call.fail(f"bad address '{target.host}'")
        if failure.code in (7, 28):
            address = (yield from resolve(call.process, target.host))[0]
            why = "Connection refused" if failure.code == 7 else "Operation timed out"
            return call.fail(f"can't connect to remote host ({address}): {why}")
        return call.fail("error getting response: Connection reset by peer" if failure.code == 4 else text)
    if reply.status >= 400:
        return call.fail(f"server returned error: HTTP/1.1 {reply.status} {reply.reason}")
    name = _file_name(options, target)
    if "s" in options:
        if "q" not in options:
            call.err("remote file exists\n")
        return 0
    if name == "-":
        call.out(reply.body)
        if "q" not in options:
            call.err(f"writing to stdout\n{_bar(name, len(reply.body))}written to stdout\n")
        return 0
    if call.files.exists(name) and "O" not in options:
        return call.fail(f"can't open '{name}': File exists")
    try:
        call.files.write(name, reply.body)
    except OSError as error:
        return call.fail(f"can't open '{name}': {reason(error)}")
    if "q" not in options:
        call.err(f"saving to '{name}'\n{_bar(name, len(reply.body))}'{name}' saved\n")
    return 0


def _bar(name: str, size: int) -> str:
    return f"{name:<20} 100% |{'*' * 32}| {size:>5}  0:00:00 ETA\n"


def _wget_gnu(call: Call, options: Options, url: str) -> Steps:
    stamp = datetime.fromtimestamp(call.files.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")
    quiet = "q" in options
    full = url if "://" in url else "http://" + url
    full = full if urlsplit(full).path else full + "/"

    def say(text: str) -> None:
        if not quiet:
            call.err(text)

    say(f"--{stamp}--  {full}\n")
    try:
        target = parse_url(url)
        address = target.host
        try:
            address = (yield from resolve(call.process, target.host))[0]
        except NoSuchName as error:
            why = "Temporary failure in name resolution" if error.temporary else "Name or service not known"
            say(
                f"Resolving {target.host} ({target.host})... failed: {why}.\nwget: unable to resolve host address ‘{target.host}’\n"
            )
            return 4
        shown = f"{target.host} ({target.host})|{address}|" if address != target.host else target.host
        if address != target.host:
            say(f"Resolving {target.host} ({target.host})... {address}\n")
        say(f"Connecting to {shown}:{target.port}... ")
        reply, target, _ = yield from _get(call, options, url)
    except Failure as failure:
        if failure.code in (7, 28):
            say("failed: " + ("Connection refused" if failure.code == 7 else "Connection timed out") + ".\n")
            return 4
        if failure.code == 4:
            say(
                "connected.\nUnable to establish SSL connection.\n"
                if str(failure) == "ssl"
                else "connected.\nHTTP request sent, awaiting response... No data received.\nGiving up.\n\n"
            )
            return 4
        return call.fail(str(failure))
    say(f"connected.\nHTTP request sent, awaiting response... {reply.status} {reply.reason}\n")
    if reply.status >= 400:
        say(f"{stamp} ERROR {reply.status}: {reply.reason}.\n\n")
        return 8
    size = len(reply.body)
    kind = reply.header("Content-Type").split(";")[0]
    if "s" in options:
        say(f"Length: {reply.header('Content-Length') or 'unspecified'} [{kind}]\nRemote file exists.\n\n")
        return 0
    name = _file_name(options, target)
    number = 0
    plain = name
    while "O" not in options and call.files.exists(name):
        number += 1
        name = f"{plain}.{number}"
    say(f"Length: {size} [{kind}]\nSaving to: ‘{'STDOUT' if name == '-' else name}’\n\n")
    if name == "-":
        call.out(reply.body)
    else:
        try:
            call.files.write(name, reply.body)
        except OSError as error:
            say(f"{name}: {reason(error)}\n\nCannot write to ‘{name}’ ({reason(error)}).\n")
            return 3
    say(f"     0K {'.' * min(50, max(1, size // 1024))}{' ' * (50 - min(50, max(1, size // 1024)))}  100% 1.00M=0s\n\n")
    say(f"{stamp} (1.00 MB/s) - {'written to stdout' if name == '-' else f'‘{name}’ saved'} [{size}/{size}]\n\n")
    return 0
