"""The process table and the machine's load: ps (procps and busybox), top, kill, pgrep's family, free, uptime, pidof."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from k8slab.machine import signals, users
from k8slab.machine.process import Process
from k8slab.machine.programs.tool import Call, Options, Steps, human, reason

LONG = {"pid=": "p", "format=": "o", "sort=": "S", "no-headers": "N", "forest": "f", "ppid=": "P", "user=": "u"}


def visible(call: Call) -> list[tuple[int, Process]]:
    """Return the processes this one sees, by their ids here."""
    return sorted(call.process.namespaces.pid.processes.items())


def command_line(process: Process) -> str:
    """Return the arguments as ps shows them."""
    if not process.is_alive:
        return f"[{process.command}] <defunct>"
    return " ".join(process.argv) if process.argv else f"[{process.command}]"


def cpu_time(process: Process) -> str:
    """Return the processor time as HH:MM:SS."""
    total = int(process.cpu_seconds)
    return f"{total // 3600:02d}:{total % 3600 // 60:02d}:{total % 60:02d}"


def tty_of(process: Process) -> str:
    """Return the terminal's name, ``?`` without one."""
    return process.terminal.name.removeprefix("/dev/") if process.terminal is not None else "?"


def ps(call: Call) -> int:
    if call.busybox:
        return _busybox_ps(call)
    words = call.args
    letters = "".join(word for word in words if re.fullmatch(r"[a-z]+", word))
    dashed = [word for word in words if word.startswith("-")]
    if letters:
        call.args = [word for word in words if not re.fullmatch(r"[a-z]+", word)]
    options, _ = call.options("eAfFlauxo:p:C:u:HTjLwyd", LONG)
    rows = visible(call)
    if "p" in options:
        wanted = options.get("p").replace(",", " ").split()
        rows = [(pid, one) for pid, one in rows if str(pid) in wanted]
    elif "C" in options:
        rows = [(pid, one) for pid, one in rows if one.command == options.get("C")]
    elif not ("x" in letters or "e" in options or "A" in options or "x" in options or "d" in options):
        me = call.process
        rows = [
            (pid, one)
            for pid, one in rows
            if one.session == me.session or (one.terminal is not None and one.terminal is me.terminal)
        ]
        if "a" in letters or "a" in options:
            rows = [(pid, one) for pid, one in visible(call) if one.terminal is not None or one.session == me.session]
    names = {user.uid: user.name for user in reversed(users.users(call.files))}
    if "o" in options:
        return _columns(call, options, rows, names)
    if "u" in letters or ("u" in options and not dashed[0].startswith("-u ")):
        return _user_format(call, rows, names)
    if "f" in options or "F" in options:
        return _full_format(call, rows, names)
    if "l" in letters:
        return _columns_of(
            call, rows, names, ["f", "uid", "pid", "ppid", "pri", "ni", "vsz", "rss", "stat", "tty", "time", "args"]
        )
    if "x" in letters or "a" in letters:
        call.line("    PID TTY      STAT   TIME COMMAND")
        for pid, one in rows:
            minutes = int(one.cpu_seconds)
            call.line(
                f"{pid:>7} {tty_of(one):<8} {stat(one):<4} {minutes // 60:>3}:{minutes % 60:02d} {command_line(one)}"
            )
        return 0
    call.line("    PID TTY          TIME CMD")
    for pid, one in rows:
        name = one.command + (" <defunct>" if not one.is_alive else "")
        call.line(f"{pid:>7} {tty_of(one):<8} {cpu_time(one)} {name}")
    return 0 if rows else 1


def stat(process: Process) -> str:
    """Return the STAT column: state, ``s`` for a session's leader, ``+`` in the foreground of a terminal."""
    leader = "s" if process.session == process.pid else ""
    return process.state + leader + ("+" if process.terminal is not None else "")


def _start(call: Call, process: Process) -> str:
    host = process.host
    began = datetime.fromtimestamp(host.unix_time() - (host.clock.now - process.started), UTC)
    now = datetime.fromtimestamp(host.unix_time(), UTC)
    return began.strftime("%H:%M" if began.date() == now.date() else "%b%d")


def _user_format(call: Call, rows: list[tuple[int, Process]], names: dict[int, str]) -> int:
    call.line("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND")
    for pid, one in rows:
        host = one.host
        age = max(host.clock.now - one.started, 0.01)
        cpu = min(99.9, 100 * one.cpu_seconds / age)
        memory = 100 * one.memory_bytes / host.memory_bytes
        minutes = int(one.cpu_seconds)
        user = names.get(one.uid, str(one.uid))
        user = user if len(user) <= 8 else user[:7] + "+"
        kept = one.memory_bytes if one.is_alive else 0
        call.line(
            f"{user:<8} {pid:>7} {cpu:>4.1f} {memory:>4.1f} {2 * kept // 1024:>6} {kept // 1024:>5} {tty_of(one):<8} {stat(one):<4} "
            f"{_start(call, one):>5} {minutes // 60:>3}:{minutes % 60:02d} {command_line(one)}"
        )
    return 0


def _full_format(call: Call, rows: list[tuple[int, Process]], names: dict[int, str]) -> int:
    call.line("UID          PID    PPID  C STIME TTY          TIME CMD")
    for pid, one in rows:
        user = names.get(one.uid, str(one.uid))
        parent = one.parent.pids.get(call.process.namespaces.pid.number, 0) if one.parent is not None else 0
        call.line(
            f"{user:<8} {pid:>7} {parent:>7}  0 {_start(call, one):>5} {tty_of(one):<8} {cpu_time(one)} {command_line(one)}"
        )
    return 0


def _columns(call: Call, options: Options, rows: list[tuple[int, Process]], names: dict[int, str]) -> int:
    wanted = [name for text in options.all("o") for name in re.split(r"[, ]+", text) if name]
    return _columns_of(call, rows, names, wanted, headers="N" not in options)


def _columns_of(
    call: Call, rows: list[tuple[int, Process]], names: dict[int, str], wanted: list[str], *, headers: bool = True
) -> int:
    def value(name: str, pid: int, one: Process) -> str:
        parent = one.parent.pids.get(call.process.namespaces.pid.number, 0) if one.parent is not None else 0
        return {
            "pid": str(pid), "ppid": str(parent), "user": names.get(one.uid, str(one.uid)), "uid": str(one.uid), "comm": one.command,
            "cmd": command_line(one), "args": command_line(one), "command": command_line(one), "stat": stat(one), "state": one.state,
            "s": one.state, "tty": tty_of(one), "tt": tty_of(one), "time": cpu_time(one), "rss": str(one.memory_bytes // 1024),
            "vsz": str(one.memory_bytes // 512), "pgid": str(one.pgid), "sid": str(one.session), "ni": "0", "pri": "20", "f": "4",
            "pcpu": "0.0", "%cpu": "0.0", "pmem": "0.0", "%mem": "0.0", "etime": _elapsed(one), "group": str(one.gid),
        }.get(name, "-")  # fmt: skip

    titles = {
        "comm": "COMMAND",
        "args": "COMMAND",
        "command": "COMMAND",
        "cmd": "CMD",
        "tty": "TT",
        "etime": "ELAPSED",
        "pcpu": "%CPU",
        "pmem": "%MEM",
        "state": "S",
        "s": "S",
    }
    columns, header = [], []
    for one_name in wanted:
        name, equals, title = one_name.partition("=")
        columns.append(name)
        header.append(title if equals else titles.get(name, name.upper()))
    table = [header] if headers and any(header) else []
    table += [[value(name, pid, one) for name in columns] for pid, one in rows]
    text = ("user", "comm", "cmd", "args", "command", "stat", "tty", "state", "s")
    least = {"pid": 7, "ppid": 7, "user": 8, "stat": 4, "tty": 8, "comm": 15, "uid": 5, "rss": 5, "vsz": 6, "time": 8}
    widths = [max([least.get(name, 0), *(len(row[at]) for row in table)]) for at, name in enumerate(columns)]
    for row in table:
        cells = [
            cell.ljust(widths[at]) if columns[at] in text else cell.rjust(widths[at]) for at, cell in enumerate(row)
        ]
        call.line(" ".join(cells).rstrip())
    return 0


def _elapsed(process: Process) -> str:
    age = int(process.host.clock.now - process.started)
    return (
        f"{age // 3600:02d}:{age % 3600 // 60:02d}:{age % 60:02d}" if age >= 3600 else f"{age // 60:02d}:{age % 60:02d}"
    )


def _busybox_ps(call: Call) -> int:
    names = {user.uid: user.name for user in reversed(users.users(call.files))}
    options, _ = call.options("o:aefwT")
    if "o" in options:
        return _columns(call, options, visible(call), names)
    call.line("PID   USER     TIME  COMMAND")
    for pid, one in visible(call):
        total = int(one.cpu_seconds)
        shown = command_line(one) if one.is_alive else f"[{one.command}]"
        call.line(f"{pid:>5} {names.get(one.uid, str(one.uid)):<8} {total // 60:>3}:{total % 60:02d} {shown}")
    return 0


def top(call: Call) -> Steps:
    """``top -b``: one or more pages; without -b and without a terminal it says so, like the real one."""
    options, _ = call.options("bn:d:p:Hiu:", {"batch": "b", "iterations=": "n", "delay=": "d"})
    if "b" not in options and not call.tty:
        return call.fail("failed tty get")
    pages = int(options.get("n") or 0)
    delay = float(options.get("d") or 3)
    host = call.process.host
    names = {user.uid: user.name for user in reversed(users.users(call.files))}
    before: dict[int, float] = {}
    shown, last = 0, 0.0
    while not pages or shown < pages:
        if shown:
            yield call.process.clock.timeout(delay)
            call.line()
        rows = visible(call)
        now = host.clock.now
        usage = {pid: (one.cpu_seconds - before.get(pid, 0.0)) / max(now - last, 0.01) * 100 for pid, one in rows}
        before, last = {pid: one.cpu_seconds for pid, one in rows}, now
        _top_head(call, rows)
        for pid, one in sorted(rows, key=lambda row: (-usage[row[0]], row[0])):
            user = names.get(one.uid, str(one.uid))[:8]
            total = one.cpu_seconds
            call.line(
                f"{pid:>7} {user:<8}  20   0 {one.memory_bytes // 512:>7} {one.memory_bytes // 1024:>6} {one.memory_bytes // 2048:>6} {one.state} "
                f"{usage[pid]:>5.1f} {100 * one.memory_bytes / host.memory_bytes:>5.1f} {int(total // 60):>3}:{total % 60:05.2f} {one.command}"
            )
        yield from call.flush()
        shown += 1
    return 0


def _top_head(call: Call, rows: list[tuple[int, Process]]) -> None:
    host = call.process.host
    states = {letter: sum(1 for _, one in rows if one.state == letter) for letter in "RSTZ"}
    total, used = host.memory_bytes / (1 << 20), host.memory_used / (1 << 20)
    clock = datetime.fromtimestamp(host.unix_time(), UTC).strftime("%H:%M:%S")
    call.line(f"top - {clock} up {_up(host.uptime)},  0 users,  load average: 0.00, 0.00, 0.00")
    call.line(
        f"Tasks: {len(rows):>3} total, {states['R']:>3} running, {states['S']:>3} sleeping, {states['T']:>3} stopped, {states['Z']:>3} zombie"
    )
    call.line("%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st ")
    call.line(
        f"MiB Mem : {total:>8.1f} total, {total - used:>8.1f} free, {used:>8.1f} used, {0.0:>8.1f} buff/cache     "
    )
    call.line(f"MiB Swap: {0.0:>8.1f} total, {0.0:>8.1f} free, {0.0:>8.1f} used. {total - used:>8.1f} avail Mem ")
    call.line()
    call.line("    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND")


def _up(seconds: float) -> str:
    minutes = int(seconds // 60)
    days, hours = minutes // 1440, minutes % 1440 // 60
    text = f"{days} day{'s' if days > 1 else ''}, " if days else ""
    return text + (f"{hours:>2}:{minutes % 60:02d}" if hours else f"{minutes % 60} min")


def uptime(call: Call) -> int:
    host = call.process.host
    clock = datetime.fromtimestamp(host.unix_time(), UTC).strftime("%H:%M:%S")
    if "-p" in call.args:
        call.line(f"up {int(host.uptime // 60)} minutes")
    elif call.busybox:
        call.line(f" {clock} up {_up(host.uptime)},  0 users,  load average: 0.00, 0.00, 0.00")
    else:
        call.line(f" {clock} up {_up(host.uptime)},  0 users,  load average: 0.00, 0.00, 0.00")
    return 0


def free(call: Call) -> int:
    options, _ = call.options(
        "hmgkbtwlc:s:", {"human": "h", "mebi": "m", "gibi": "g", "kibi": "k", "bytes": "b", "total": "t"}
    )
    host = call.process.host
    total, used = host.memory_bytes, min(host.memory_bytes, host.memory_used)
    unit = 1 if "b" in options else 1 << 20 if "m" in options else 1 << 30 if "g" in options else 1024

    def text(size: int) -> str:
        if "h" in options:
            return human(size) + (
                "i" if size >= 1024 and not call.busybox else "B" if size < 1024 and not call.busybox else ""
            )
        return str(size // unit)

    call.line(
        "               total        used        free      shared  buff/cache   available"
        if not call.busybox
        else "              total        used        free      shared  buff/cache   available"
    )
    values = [total, used, total - used, 0, 0, total - used]
    lead = "Mem:    " if not call.busybox else "Mem:   "
    call.line(lead + "".join(f"{text(value):>12}" for value in values))
    call.line(("Swap:   " if not call.busybox else "Swap:  ") + "".join(f"{text(0):>12}" for _ in range(3)))
    return 0


def kill(call: Call) -> int:
    words = call.args
    signal: int | None = signals.TERM
    if words[:1] == ["-l"] or words[:1] == ["-L"]:
        call.line(" ".join(signals.NAMES.values()))
        return 0
    if words[:1] == ["-s"] and len(words) > 1:
        signal, words = signals.number(words[1]), words[2:]
    elif words and words[0].startswith("-") and words[0] != "--":
        signal, words = signals.number(words[0][1:]), words[1:]
    if signal is None:
        return call.fail(
            f"unknown signal: {call.args[0]}" if not call.busybox else f"bad signal name '{call.args[0].lstrip('-')}'"
        )
    if not words:
        return call.missing_operand()
    code = 0
    for word in words:
        if not re.fullmatch(r"-?\d+", word):
            code = call.fail(f"failed to parse argument: '{word}'" if not call.busybox else f"invalid number '{word}'")
            continue
        try:
            call.process.kill(int(word), signal)
        except OSError as error:
            code = call.fail(
                f"can't kill pid {word}: {reason(error)}" if call.busybox else f"({word}) - {reason(error)}"
            )
    return code


def _matching(call: Call, pattern: str, options: Options) -> list[tuple[int, Process]]:
    hits = []
    for pid, one in visible(call):
        text = " ".join(one.argv) if "f" in options else one.command
        same = text == pattern if "x" in options else re.search(pattern, text) is not None
        if same and one is not call.process:
            hits.append((pid, one))
    return hits


def pgrep(call: Call) -> int:
    """``pgrep`` and ``pkill``."""
    signal: int | None = signals.TERM
    if call.name == "pkill" and call.args and re.match(r"-([A-Z]{2,}|\d+)$", call.args[0]):
        signal = signals.number(call.args[0][1:])
        call.args = call.args[1:]
    options, words = call.options(
        "flxano:P:u:c", {"full": "f", "exact": "x", "list-name": "l", "list-full": "a", "signal=": "s"}
    )
    if not words:
        return call.fail(f"no matching criteria specified\nTry `{call.name} --help' for more information.", 2)
    try:
        hits = _matching(call, words[0], options)
    except re.error:
        return call.fail("invalid regular expression", 2)
    for pid, one in hits:
        if call.name == "pkill":
            one.deliver(signal or signals.TERM, call.process)
        elif "l" in options or "a" in options:
            call.line(f"{pid} {' '.join(one.argv) if 'a' in options else one.command}")
        else:
            call.line(str(pid))
    return 0 if hits else 1


def pidof(call: Call) -> int:
    options, words = call.options("sxo:")
    hits = [
        str(pid) for pid, one in reversed(visible(call)) if one.command in [word.rsplit("/", 1)[-1] for word in words]
    ]
    if "s" in options:
        hits = hits[:1]
    if hits:
        call.line(" ".join(hits))
    return 0 if hits else 1


def killall(call: Call) -> int:
    signal: int | None = signals.TERM
    if call.args and call.args[0].startswith("-") and signals.number(call.args[0][1:]):
        signal = signals.number(call.args[0][1:])
        call.args = call.args[1:]
    options, words = call.options("qIvws:", {"signal=": "s", "quiet": "q"})
    code = 0
    for word in words:
        hits = [one for _, one in visible(call) if one.command == word]
        for one in hits:
            one.deliver(signal or signals.TERM, call.process)
        if not hits and "q" not in options:
            call.err(f"{word}: no process found\n" if not call.busybox else f"killall: {word}: no process killed\n")
            code = 1
    return code


def pstree(call: Call) -> int:
    options, _ = call.options("palnu")
    space = call.process.namespaces.pid

    def show(process: Process, depth: int) -> None:
        pid = process.pids.get(space.number, 0)
        call.line("  " * depth + ("|-" if depth else "") + process.command + (f",{pid}" if "p" in options else ""))
        for child in process.children.values():
            show(child, depth + 1)

    init = space.processes.get(1)
    if init is not None:
        show(init, 0)
    return 0
