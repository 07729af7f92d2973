"""Asking the network: ping, nslookup, dig, host, nc, telnet, traceroute."""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any

from simpy.events import AnyOf

from k8slab.machine import signals
from k8slab.machine.programs.resolver import NoSuchName, candidates, is_address, resolv_conf, resolve
from k8slab.machine.programs.tool import Call, Steps, reason


def ping(call: Call) -> Steps:
    options, words = call.options("c:i:W:w:qnt:s:4I:O")
    if not words:
        return call.fail("usage error: Destination address required", 1) if not call.busybox else call.missing_operand()
    name = words[0]
    size = int(options.get("s") or 56)
    try:
        address = (yield from resolve(call.process, name))[0]
    except NoSuchName as error:
        if call.busybox:
            return call.fail(f"bad address '{name}'")
        return call.fail(
            f"{name}: {'Temporary failure in name resolution' if error.temporary else 'Name or service not known'}", 2
        )
    count = int(options.get("c")) if options.get("c").isdigit() else 0
    interval = float(options.get("i") or 1)
    wait = float(options.get("W") or 10)
    if call.busybox:
        call.line(f"PING {name} ({address}): {size} data bytes")
    else:
        call.line(f"PING {name} ({address}) {size}({size + 28}) bytes of data.")
    yield from call.flush()
    stopped: list[int] = []
    call.process.on(signals.INT, stopped.append)
    clock = call.process.clock
    begin, times, sent, received = clock.now, [], 0, 0
    while not stopped and (not count or sent < count):
        if sent:
            yield clock.timeout(interval)
            if stopped:
                break
        sent += 1
        try:
            seconds = yield from call.process.network.ping(address, timeout=wait)
        except OSError as error:
            if error.errno == errno.ENETUNREACH:
                call.fail("sendto: Network unreachable" if call.busybox else "connect: Network is unreachable")
                return 1 if call.busybox else 2
            if error.errno == errno.EHOSTUNREACH and not call.busybox:
                call.line(f"From {_own_address(call)} icmp_seq={sent} Destination Host Unreachable")
            yield from call.flush()
            continue
        received += 1
        times.append(seconds * 1000)
        if "q" not in options:
            call.line(_reply(call, name, address, sent, size, seconds * 1000))
            yield from call.flush()
    loss = 100 * (sent - received) // sent if sent else 0
    call.line(f"\n--- {name} ping statistics ---")
    if call.busybox:
        call.line(f"{sent} packets transmitted, {received} packets received, {loss}% packet loss")
        if times:
            call.line(f"round-trip min/avg/max = {min(times):.3f}/{sum(times) / len(times):.3f}/{max(times):.3f} ms")
    else:
        errors = f" +{sent - received} errors," if received < sent and loss == 100 and _own_address(call) else ""
        call.line(
            f"{sent} packets transmitted, {received} received,{errors} {loss}% packet loss, time {int((clock.now - begin) * 1000)}ms"
        )
        if times:
            mean = sum(times) / len(times)
            spread = (sum((one - mean) ** 2 for one in times) / len(times)) ** 0.5
            call.line(f"rtt min/avg/max/mdev = {min(times):.3f}/{mean:.3f}/{max(times):.3f}/{spread:.3f} ms")
        elif not errors:
            call.line()
    return 0 if received else 1


def _reply(call: Call, name: str, address: str, number: int, size: int, milliseconds: float) -> str:
    if call.busybox:
        return f"{size + 8} bytes from {address}: seq={number - 1} ttl=64 time={milliseconds:.3f} ms"
    shown = address if is_address(name) else f"{name} ({address})"
    return f"{size + 8} bytes from {shown}: icmp_seq={number} ttl=64 time={milliseconds:.3f} ms"


def _own_address(call: Call) -> str:
    return next(
        (
            address.split("/")[0]
            for one in call.process.network.interfaces()
            if one.kind != "loopback"
            for address in one.addresses
        ),
        "",
    )


def nslookup(call: Call) -> Steps:
    words = [word for word in call.args if not word.startswith("-")]
    kind = next(
        (word.split("=")[1].upper() for word in call.args if word.startswith(("-type=", "-query=", "-q="))), "A"
    )
    if not words:
        return call.missing_operand()
    name = words[0]
    conf = resolv_conf(call.process)
    servers = words[1:2] or conf.servers
    for server in servers:
        result = yield from _ask(
            call, server, [name] if "." in name and name.endswith(".") else candidates(name, conf), kind
        )
        if result is None:
            continue
        code, full, records = result
        call.line(f"Server:\t\t{server}")
        call.line(f"Address:\t{server}:53\n" if call.busybox else f"Address:\t{server}#53\n")
        if not records:
            if call.busybox:
                call.line(
                    f"** server can't find {name}: {code if code != 'NOERROR' else 'NXDOMAIN'}\n"
                    if code != "NOERROR"
                    else f"*** Can't find {name}: No answer\n"
                )
            else:
                call.line(
                    f"** server can't find {name}: {code}\n"
                    if code != "NOERROR"
                    else f"*** Can't find {name}: No answer\n"
                )
            return 1
        call.line("Non-authoritative answer:")
        for owner, record, value in records:
            if record == "A":
                call.line(f"Name:\t{owner}\nAddress: {value}")
            else:
                call.line(f"{owner}\t{'canonical name = ' if record == 'CNAME' else record + ' '}{value}")
        call.line()
        del full
        return 0
    if call.busybox:
        call.line(";; connection timed out; no servers could be reached\n")
    else:
        call.line(";; connection timed out; no servers could be reached\n")
    return 1


def _ask(
    call: Call, server: str, names: list[str], kind: str
) -> Generator[Any, Any, tuple[str, str, list[tuple[str, str, str]]] | None]:
    """Return the first useful answer of *server*, None if it does not answer."""
    last: tuple[str, str, list[tuple[str, str, str]]] | None = None
    for full in names:
        try:
            answer = yield from call.process.network.query(server, full.rstrip("."), kind)
        except OSError:
            return None
        last = (answer.code, full, list(answer.records))
        if answer.records:
            return last
    return last


def dig(call: Call) -> Steps:
    short = "+short" in call.args
    words = [word for word in call.args if not word.startswith(("+", "-"))]
    server = next((word[1:] for word in words if word.startswith("@")), resolv_conf(call.process).servers[0])
    names = [word for word in words if not word.startswith("@")]
    kind = next((word for word in names if word in ("A", "AAAA", "MX", "TXT", "SRV", "CNAME", "PTR", "NS", "SOA")), "A")
    name = next((word for word in names if word != kind), ".")
    result = yield from _ask(call, server, [name], kind)
    if result is None:
        call.line(f";; communications error to {server}#53: timed out\n;; no servers could be reached")
        return 9
    code, _, records = result
    if short:
        for _, _, value in records:
            call.line(value)
        return 0
    call.line(f"\n; <<>> DiG 9.18 <<>> {' '.join(call.args)}\n;; global options: +cmd\n;; Got answer:")
    call.line(
        f";; ->>HEADER<<- opcode: QUERY, status: {code}, id: 4242\n;; flags: qr rd ra; QUERY: 1, ANSWER: {len(records)}, AUTHORITY: 0, ADDITIONAL: 0\n"
    )
    call.line(f";; QUESTION SECTION:\n;{name.rstrip('.')}.\t\t\tIN\t{kind}\n")
    if records:
        call.line(";; ANSWER SECTION:")
        for owner, record, value in records:
            call.line(f"{owner.rstrip('.')}.\t\t600\tIN\t{record}\t{value}")
        call.line()
    call.line(f";; SERVER: {server}#53({server}) (UDP)\n")
    return 0


def host(call: Call) -> Steps:
    name = call.args[0] if call.args else ""
    try:
        addresses = yield from resolve(call.process, name)
    except NoSuchName:
        call.line(f"Host {name} not found: 3(NXDOMAIN)")
        return 1
    for address in addresses:
        call.line(f"{name} has address {address}")
    return 0


def nc(call: Call) -> Steps:
    """``nc``: connect or listen, stdin to the other side and back."""
    options, words = call.options("lp:vzw:nukNe:q:s:")
    process = call.process
    if "l" in options:
        port = options.get("p") or (words[-1] if words else "0")
        try:
            listener = process.network.listen(int(port) if port.isdigit() else 0, owner=process)
        except OSError as error:
            return call.fail(f"bind: {reason(error)}" if call.busybox else f"{reason(error)}")
        if "v" in options:
            call.err(f"listening on [::]:{port} ...\n" if call.busybox else f"Listening on 0.0.0.0 {port}\n")
            yield from call.flush()
        connection = yield from listener.accept()
        if "v" in options:
            call.err(f"connect to {connection.local[0]}:{port} from {connection.peer[0]}:{connection.peer[1]}\n")
        listener.close()
    else:
        if len(words) < 2 or not words[1].isdigit():
            return call.missing_operand()
        name, port = words[0], words[1]
        try:
            address = (yield from resolve(process, name))[0]
            connection = yield from process.network.connect(address, int(port), timeout=float(options.get("w") or 127))
        except NoSuchName:
            return call.fail(
                f"bad address '{name}'"
                if call.busybox
                else f'getaddrinfo for host "{name}" port {port}: Name or service not known'
            )
        except OSError as error:
            if call.busybox:
                return (
                    call.fail(f"{name} ({address}:{port}): {reason(error)}")
                    if "v" in options or "z" not in options
                    else 1
                )
            if "v" in options or "z" not in options:
                return call.fail(f"connect to {name} ({address}) port {port} (tcp) failed: {reason(error)}")
            return 1
        if "v" in options:
            call.err(
                f"{name} ({address}:{port}) open\n"
                if call.busybox
                else f"Connection to {name} ({address}) {port} port [tcp/*] succeeded!\n"
            )
            yield from call.flush()
        if "z" in options:
            connection.close()
            return 0

    def send() -> Generator[Any, Any, None]:
        while chunk := (yield from process.read(0)):
            yield from connection.write(chunk)
        connection.close_write()

    yield from call.flush()
    process.thread(send())
    while chunk := (yield from connection.read()):
        yield from process.write(1, chunk)
    connection.close()
    return 0


def telnet(call: Call) -> Steps:
    name = call.args[0] if call.args else ""
    port = call.args[1] if len(call.args) > 1 else "23"
    try:
        address = (yield from resolve(call.process, name))[0]
    except NoSuchName:
        return call.fail(f"could not resolve {name}/{port}: Name or service not known")
    if not call.busybox:
        call.line(f"Trying {address}...")
        yield from call.flush()
    try:
        connection = yield from call.process.network.connect(address, int(port))
    except OSError as error:
        if call.busybox:
            return call.fail(f"can't connect to remote host ({address}): {reason(error)}")
        return call.fail(f"Unable to connect to remote host: {reason(error)}")
    if not call.busybox:
        call.line(f"Connected to {name}.\nEscape character is '^]'.")
    yield from call.flush()

    def send() -> Generator[Any, Any, None]:
        while chunk := (yield from call.process.read(0)):
            yield from connection.write(chunk)

    call.process.thread(send())
    while chunk := (yield from connection.read()):
        yield from call.process.write(1, chunk)
    call.err("Connection closed by foreign host.\n" if not call.busybox else "Connection closed by foreign host\n")
    return 1


def traceroute(call: Call) -> Steps:
    words = [word for word in call.args if not word.startswith("-")]
    try:
        address = (yield from resolve(call.process, words[0] if words else ""))[0]
    except NoSuchName:
        return call.fail(f"bad address '{words[0] if words else ''}'")
    call.line(f"traceroute to {words[0]} ({address}), 30 hops max, 46 byte packets")
    yield from call.flush()
    clock = call.process.clock
    try:
        seconds = yield from call.process.network.ping(address)
    except OSError:
        yield AnyOf(clock.env, [clock.timeout(5)])
        call.line(" 1  *  *  *")
        return 1
    milliseconds = seconds * 1000
    call.line(f" 1  {address} ({address})  {milliseconds:.3f} ms  {milliseconds:.3f} ms  {milliseconds:.3f} ms")
    return 0
