"""Showing the network: ``ip`` (addr, link, route, neigh), ``ifconfig``, ``route``, ``netstat``, ``ss``.

Left out: changing anything; routes and addresses are given by whoever made the namespace.
"""

from __future__ import annotations

import ipaddress

from k8slab.machine.network import Interface
from k8slab.machine.process import Process
from k8slab.machine.programs.tool import Call


def ip(call: Call) -> int:
    words = [word for word in call.args if word not in ("-4", "-o", "-br", "-c", "-d", "-s")]
    only_four = "-4" in call.args
    brief = "-br" in call.args
    one_line = "-o" in call.args
    if not words:
        call.err("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n" if not call.busybox else call_usage(call))
        return 255 if not call.busybox else 1
    kind = next((name for name in ("address", "link", "route", "neighbor") if name.startswith(words[0])), "")
    if words[0] == "neighbour":
        kind = "neighbor"
    if not kind:
        call.err(f'Object "{words[0]}" is unknown, try "ip help".\n')
        return 1
    rest = words[1:]
    if rest and rest[0] in ("show", "list", "ls", "s", "sh", "l"):
        rest = rest[1:]
    elif rest and rest[0] in ("add", "del", "set", "delete", "replace", "change"):
        call.err(
            "RTNETLINK answers: Operation not permitted\n"
            if not call.busybox
            else "ip: RTNETLINK answers: Operation not permitted\n"
        )
        return 2
    if kind == "route":
        return _routes(call)
    if kind == "neighbor":
        return 0
    wanted = [word for word in rest if word not in ("dev", "up")]
    interfaces = call.process.network.interfaces()
    if wanted:
        interfaces = [one for one in interfaces if one.name == wanted[0]]
        if not interfaces:
            call.err(
                f'Device "{wanted[0]}" does not exist.\n'
                if not call.busybox
                else f"ip: can't find device '{wanted[0]}'\n"
            )
            return 1
    for one in interfaces:
        if brief:
            state = "UNKNOWN" if one.kind == "loopback" else "UP" if one.up else "DOWN"
            name = one.name + (f"@if{one.peer_index}" if one.peer_index else "")
            shown = " ".join(one.addresses) if kind == "address" else one.mac
            call.line(f"{name:<16} {state:<14} {shown} ")
        else:
            _interface(call, one, kind == "address", only_four, one_line)
    return 0


def call_usage(call: Call) -> str:
    """What busybox's ip says without arguments."""
    return "BusyBox multi-call binary.\n\nUsage: ip [OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]\n"


def _interface(call: Call, one: Interface, with_addresses: bool, only_four: bool, one_line: bool) -> None:
    loopback = one.kind == "loopback"
    flags = ["LOOPBACK"] if loopback else ["BROADCAST", "MULTICAST"]
    if one.up:
        flags += ["UP", "LOWER_UP"]
    state = "UNKNOWN" if loopback else "UP" if one.up else "DOWN"
    queue = "noqueue"
    peer = f"@if{one.peer_index}" if one.peer_index else ""
    master = f" master {one.master}" if one.master else ""
    group = " group default" if not call.busybox else ""
    if not (one_line and with_addresses):
        call.line(
            f"{one.index}: {one.name}{peer}: <{','.join(flags)}> mtu {one.mtu} qdisc {queue}{master} state {state}{group} qlen 1000"
        )
        if not only_four:
            broadcast = "00:00:00:00:00:00" if loopback else "ff:ff:ff:ff:ff:ff"
            netns = " link-netnsid 0" if one.peer_index and not call.busybox else ""
            call.line(f"    link/{one.kind} {one.mac} brd {broadcast}{netns}")
    if not with_addresses:
        return
    for address in one.addresses:
        six = ":" in address
        if six and only_four:
            continue
        scope = "host lo" if loopback else f"global {one.name}"
        broadcast = f" brd {_broadcast(one, address)}" if not loopback and not six else ""
        lead = f"{one.index}: {one.name}    " if one_line else "    "
        call.out(f"{lead}inet{'6' if six else ''} {address}{broadcast} scope {scope}" + ("\\" if one_line else "\n"))
        call.line("       valid_lft forever preferred_lft forever")


def _broadcast(one: Interface, address: str) -> str:
    return one.broadcast or str(ipaddress.ip_interface(address).network.broadcast_address)


def _routes(call: Call) -> int:
    for one in call.process.network.routes():
        if one.gateway:
            call.line(f"{one.destination} via {one.gateway} dev {one.interface} ")
        else:
            scope = f" scope link  src {one.source} " if call.busybox else f" proto kernel scope link src {one.source} "
            call.line(f"{one.destination} dev {one.interface}{scope if one.source else ' scope link '}")
    return 0


def ifconfig(call: Call) -> int:
    wanted = [word for word in call.args if not word.startswith("-")]
    interfaces = sorted(call.process.network.interfaces(), key=lambda one: (one.kind == "loopback", one.name))
    if wanted:
        interfaces = [one for one in interfaces if one.name == wanted[0]]
        if not interfaces:
            if call.busybox:
                return call.fail(f"{wanted[0]}: error fetching interface information: Device not found")
            call.err(f"{wanted[0]}: error fetching interface information: Device not found\n")
            return 1
    for one in interfaces:
        (_ifconfig_busybox if call.busybox else _ifconfig_net_tools)(call, one)
    return 0


def _four(one: Interface) -> tuple[str, str] | None:
    for address in one.addresses:
        if ":" not in address:
            interface = ipaddress.ip_interface(address)
            return str(interface.ip), str(interface.netmask)
    return None


def _ifconfig_net_tools(call: Call, one: Interface) -> None:
    loopback = one.kind == "loopback"
    flags, number = ("UP,LOOPBACK,RUNNING", 73) if loopback else ("UP,BROADCAST,RUNNING,MULTICAST", 4163)
    call.line(f"{one.name}: flags={number}<{flags}>  mtu {one.mtu}")
    address = _four(one)
    if address is not None:
        broadcast = "" if loopback else f"  broadcast {_broadcast(one, one.addresses[0])}"
        call.line(f"        inet {address[0]}  netmask {address[1]}{broadcast}")
    call.line(
        "        loop  txqueuelen 1000  (Local Loopback)"
        if loopback
        else f"        ether {one.mac}  txqueuelen 0  (Ethernet)"
    )
    call.line(f"        RX packets {one.rx_packets}  bytes {one.rx_bytes} ({_sized(one.rx_bytes)})")
    call.line("        RX errors 0  dropped 0  overruns 0  frame 0")
    call.line(f"        TX packets {one.tx_packets}  bytes {one.tx_bytes} ({_sized(one.tx_bytes)})")
    call.line("        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n")


def _sized(size: int) -> str:
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:.1f} {unit}"
        value /= 1024
    return ""


def _ifconfig_busybox(call: Call, one: Interface) -> None:
    loopback = one.kind == "loopback"
    link = "Local Loopback  " if loopback else f"Ethernet  HWaddr {one.mac.upper()}  "
    call.line(f"{one.name:<9} Link encap:{link}")
    address = _four(one)
    if address is not None:
        broadcast = "" if loopback else f"  Bcast:{_broadcast(one, one.addresses[0])}"
        call.line(f"          inet addr:{address[0]}{broadcast}  Mask:{address[1]}")
    call.line(
        f"          UP {'LOOPBACK RUNNING' if loopback else 'BROADCAST RUNNING MULTICAST'}  MTU:{one.mtu}  Metric:1"
    )
    call.line(f"          RX packets:{one.rx_packets} errors:0 dropped:0 overruns:0 frame:0")
    call.line(f"          TX packets:{one.tx_packets} errors:0 dropped:0 overruns:0 carrier:0")
    call.line(f"          collisions:0 txqueuelen:{1000 if loopback else 0} ")
    call.line(
        f"          RX bytes:{one.rx_bytes} ({_sized(one.rx_bytes)})  TX bytes:{one.tx_bytes} ({_sized(one.tx_bytes)})\n"
    )


def route(call: Call) -> int:
    call.line("Kernel IP routing table")
    call.line("Destination     Gateway         Genmask         Flags Metric Ref    Use Iface")
    for one in call.process.network.routes():
        network = ipaddress.ip_network("0.0.0.0/0" if one.destination == "default" else one.destination, strict=False)
        name = "default" if one.destination == "default" and "-n" not in call.args else str(network.network_address)
        gateway = one.gateway or "0.0.0.0"
        flags = "UG" if one.gateway else "U"
        call.line(f"{name:<15} {gateway:<15} {network.netmask!s:<15} {flags:<5} 0      0        0 {one.interface}")
    return 0


def _owner(owner: object) -> str:
    return f"{owner.pid}/{owner.command}" if isinstance(owner, Process) else str(owner) if owner else "-"


def netstat(call: Call) -> int:
    options, _ = call.options(
        "tulnapeWr",
        {"tcp": "t", "udp": "u", "listening": "l", "numeric": "n", "program": "p", "programs": "p", "all": "a"},
    )
    if "r" in options:
        return route(call)
    owners = "p" in options
    call.line(
        "Active Internet connections "
        + ("(only servers)" if "l" in options else "(servers and established)" if "a" in options else "(w/o servers)")
    )
    call.line(
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State      "
        + (" PID/Program name    " if owners else "")
    )
    for row in call.process.network.sockets():
        if (row.state == "LISTEN") != ("l" in options) and "a" not in options:
            continue
        if "u" in options and "t" not in options and row.protocol != "udp":
            continue
        local = f"{row.local[0]}:{row.local[1]}"
        peer = f"{row.peer[0]}:{row.peer[1]}" if row.peer else "0.0.0.0:*"
        call.line(
            f"{row.protocol:<5}      0      0 {local:<23} {peer:<23} {row.state:<11}"
            + (f" {_owner(row.owner)}" if owners else "")
        )
    return 0


def ss(call: Call) -> int:
    options, _ = call.options(
        "tulnapeH", {"tcp": "t", "udp": "u", "listening": "l", "numeric": "n", "processes": "p", "all": "a"}
    )
    call.line("State  Recv-Q Send-Q Local Address:Port Peer Address:Port" + ("Process" if "p" in options else ""))
    for row in call.process.network.sockets():
        if (row.state == "LISTEN") != ("l" in options) and "a" not in options:
            continue
        local = f"{row.local[0]}:{row.local[1]}"
        peer = f"{row.peer[0]}:{row.peer[1]}" if row.peer else "0.0.0.0:*"
        owner = (
            f' users:(("{row.owner.command}",pid={row.owner.pid},fd=6))'
            if "p" in options and isinstance(row.owner, Process)
            else ""
        )
        call.line(f"{row.state:<6} 0      {511 if row.state == 'LISTEN' else 0:<6} {local:>18} {peer:>17}{owner}")
    return 0
