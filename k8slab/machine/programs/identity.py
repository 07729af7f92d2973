"""Who and where: id, whoami, groups, hostname, uname, arch, logname, tty, getent, nproc, date, uptime, cal's kin left out."""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from k8slab.machine import users
from k8slab.machine.programs.files import parse_date
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.tool import Call, Steps, quoted

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def id(call: Call) -> int:
    options, names = call.options("ugGnrza", {"user": "u", "group": "g", "groups": "G", "name": "n", "real": "r"})
    credentials = call.files.credentials
    uid, gid, extra = credentials.uid, credentials.gid, list(credentials.groups)
    if names:
        user = next((one for one in users.users(call.files) if names[0] in (one.name, str(one.uid))), None)
        if user is None:
            return call.fail(
                f"unknown user {names[0]}"
                if call.busybox
                else f"{quoted(names[0]).replace(chr(39), '‘', 1)[:-1]}’: no such user"
            )
        uid, gid = user.uid, user.gid
        extra = [group.gid for group in users.groups(call.files) if user.name in group.members]
    every = [gid] + [one for one in extra if one != gid]

    def group_text(number: int) -> str:
        return users.group_name(call.files, number) or str(number)

    if "u" in options:
        call.line((users.user_name(call.files, uid) or str(uid)) if "n" in options else str(uid))
    elif "g" in options:
        call.line(group_text(gid) if "n" in options else str(gid))
    elif "G" in options:
        call.line(" ".join(group_text(one) if "n" in options else str(one) for one in every))
    else:
        name = users.user_name(call.files, uid)
        shown = []
        for number in every:
            known = users.group_name(call.files, number)
            shown.append(f"{number}({known})" if known else str(number))
        user_text = f"{uid}({name})" if name else str(uid)
        call.line(f"uid={user_text} gid={shown[0]} groups={','.join(shown)}")
    return 0


def whoami(call: Call) -> int:
    uid = call.files.credentials.uid
    name = users.user_name(call.files, uid)
    if name is None:
        return call.fail(f"unknown uid {uid}" if call.busybox else f"cannot find name for user ID {uid}")
    call.line(name)
    return 0


def groups(call: Call) -> int:
    credentials = call.files.credentials
    every = [credentials.gid, *(one for one in credentials.groups if one != credentials.gid)]
    call.line(" ".join(users.group_name(call.files, one) or str(one) for one in every))
    return 0


def hostname(call: Call) -> int:
    options, names = call.options("fiIsdF:", {"fqdn": "f", "ip-address": "i", "all-ip-addresses": "I", "short": "s"})
    uts = call.process.namespaces.uts
    if names:
        if call.files.credentials.uid:
            return call.fail(
                "you must be root to change the host name"
                if not call.busybox
                else "sethostname: Operation not permitted"
            )
        uts.hostname = names[0]
        return 0
    if "i" in options or "I" in options:
        addresses = [
            address.split("/")[0]
            for one in call.process.network.interfaces()
            if one.kind != "loopback"
            for address in one.addresses
        ]
        call.line(" ".join(addresses) + (" " if addresses and "I" in options else ""))
        return 0
    call.line(uts.hostname.split(".")[0] if "s" in options else uts.hostname)
    return 0


def uname(call: Call) -> int:
    options, _ = call.options(
        "asnrvmpio",
        {
            "all": "a",
            "kernel-name": "s",
            "nodename": "n",
            "kernel-release": "r",
            "kernel-version": "v",
            "machine": "m",
            "operating-system": "o",
        },
    )
    host = call.process.host
    machine = MACHINES.get(host.arch, host.arch)
    system = "Linux" if call.busybox else "GNU/Linux"
    facts = {
        "s": "Linux",
        "n": call.process.namespaces.uts.hostname,
        "r": host.kernel,
        "v": host.kernel_version,
        "m": machine,
        "p": "unknown",
        "i": "unknown",
        "o": system,
    }
    if "a" in options:
        call.line(" ".join(facts[letter] for letter in "snrvmo"))
    else:
        call.line(" ".join(facts[letter] for letter in "snrvmpio" if letter in options) or "Linux")
    return 0


def arch(call: Call) -> int:
    call.line(MACHINES.get(call.process.host.arch, call.process.host.arch))
    return 0


def tty(call: Call) -> int:
    stdin = call.process.fds.get(0)
    if stdin is not None and stdin.is_tty:
        call.line(stdin.name)
        return 0
    call.line("not a tty")
    return 1


def nproc(call: Call) -> int:
    call.line(str(call.process.host.cpus))
    return 0


def getent(call: Call) -> Steps:
    if not call.args:
        call.err("Usage: getent [OPTION...] database [key ...]\n")
        return 1
    database, keys = call.args[0], call.args[1:]
    if database in ("passwd", "group"):
        path = f"/etc/{database}"
        lines = call.files.read_text(path).splitlines() if call.files.is_file(path) else []
        code = 0
        for key in keys or [""]:
            matching = [line for line in lines if not key or line.split(":")[0] == key or line.split(":")[2:3] == [key]]
            for line in matching:
                call.line(line)
            code = code if matching else 2
        return code
    if database in ("hosts", "ahosts", "ahostsv4"):
        if not keys:
            call.out(call.files.read_text("/etc/hosts") if call.files.is_file("/etc/hosts") else "")
            return 0
        return (yield from _hosts(call, database, keys))
    return _unknown(call, database)


def _unknown(call: Call, database: str) -> int:
    call.err(f"Unknown database: {database}\nTry `getent --help' or `getent --usage' for more information.\n")
    return 1


def _hosts(call: Call, database: str, names: list[str]) -> Generator[Any, Any, int]:
    code = 0
    for name in names:
        try:
            addresses = yield from resolve(call.process, name)
        except NoSuchName:
            code = 2
            continue
        if database == "hosts":
            for address in addresses[:1]:
                call.line(f"{address:<15} {name}")
        else:
            for address in addresses:
                for kind in ("STREAM", "DGRAM", "RAW"):
                    call.line(
                        f"{address:<15} {kind:<6} {name if kind == 'STREAM' and address == addresses[0] else ''}".rstrip()
                    )
    return code


def date(call: Call) -> int:
    options, words = call.options(
        "ud:s:R:r:I:",
        {
            "utc": "u",
            "universal": "u",
            "date=": "d",
            "rfc-email": "E",
            "iso-8601?": "I",
            "reference=": "r",
            "rfc-3339=": "3",
            "set=": "s",
        },
    )
    when = call.files.now()
    if "d" in options:
        parsed = parse_date(options.get("d"), when)
        if parsed is None:
            return call.fail(
                f"invalid date {quoted(options.get('d')).replace(chr(39), '‘', 1)[:-1]}’"
                if not call.busybox
                else f"invalid date '{options.get('d')}'"
            )
        when = parsed
    if "r" in options:
        when = call.files.stat(options.get("r")).mtime
    if "s" in options:
        return call.fail(
            "cannot set date: Operation not permitted"
            if not call.busybox
            else "can't set date: Operation not permitted"
        )
    moment = datetime.fromtimestamp(when, UTC)
    if words and words[0].startswith("+"):
        call.line(strftime(moment, words[0][1:], when))
    elif "I" in options:
        precision = options.get("I") or "date"
        call.line(moment.strftime("%Y-%m-%d" if precision == "date" else "%Y-%m-%dT%H:%M:%S+00:00"))
    elif "E" in options or "R" in options:
        call.line(moment.strftime("%a, %d %b %Y %H:%M:%S +0000"))
    elif words:
        return call.fail(
            f"invalid date {quoted(words[0]).replace(chr(39), '‘', 1)[:-1]}’"
            if not call.busybox
            else f"invalid date '{words[0]}'"
        )
    else:
        call.line(moment.strftime("%a %b %e %H:%M:%S UTC %Y"))
    return 0


def strftime(moment: datetime, template: str, when: float) -> str:
    """Return *template* filled in, with GNU's %s and %N."""
    template = (
        template.replace("%s", str(int(when)))
        .replace("%3N", f"{int(when % 1 * 1000):03d}")
        .replace("%N", f"{int(when % 1 * 1e9):09d}")
    )
    template = template.replace("%:z", "+00:00").replace("%Z", "UTC").replace("%z", "+0000")
    return moment.strftime(re.sub(r"%([^a-zA-Z%])", r"%%\1", template))
