"""``wget``, GNU's and busybox's: fetching URLs through the network.

Left out: TLS (an https URL connects and then fails as an unverifiable server would), cookies, FTP, parallel transfers.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from k8slab.machine.programs.http import BadMessage, Reader, Reply, encode_request
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.tool import Call, Options, Steps, reason
from k8slab.machine.programs.urls import Failure, Target, connect, parse_url


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
