"""Small programs without files: env, printenv, echo, printf, true, false, test, sleep, yes, xargs, timeout, nohup, time."""

from __future__ import annotations

import errno
import re
from collections.abc import Generator
from typing import Any

from simpy.events import AnyOf

from k8slab.machine import signals
from k8slab.machine.fs.paths import Location
from k8slab.machine.programs.tool import Call, Steps, reason
from k8slab.machine.shell import conditions, printing


def start(call: Call, argv: list[str], env: dict[str, str] | None = None) -> Generator[Any, Any, int]:
    """Run *argv* in this process's place, as execvp; return its exit code, 127 or 126 if it cannot start."""
    yield from call.flush()
    try:
        life = call.process.execute(argv, env=env)
    except OSError as error:
        text = f"can't execute '{argv[0]}': {reason(error)}"
        if not call.busybox:
            word = "failed to run command " if call.name in ("timeout", "nohup", "nice", "chroot") else ""
            text = f"{word}{'‘' + argv[0] + '’'}: {reason(error)}"
        return call.fail(text, 127 if error.errno == errno.ENOENT else 126)
    return (yield from life) or 0


def env(call: Call) -> Steps:
    options, words = call.options(
        "iu:0C:S:",
        {"ignore-environment": "i", "unset=": "u", "null": "0", "chdir=": "C", "split-string=": "S"},
        code=125,
        stop_at_operand=True,
    )
    environment = {} if "i" in options or words[:1] == ["-"] else dict(call.env)
    words = words[1:] if words[:1] == ["-"] else words
    words = options.get("S").split() + words
    for name in options.all("u"):
        environment.pop(name, None)
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    if "C" in options:
        call.files.change_directory(options.get("C"))
    if not words:
        end = "\0" if "0" in options else "\n"
        call.out("".join(f"{name}={value}{end}" for name, value in environment.items()))
        return 0
    return (yield from start(call, words, environment))


def printenv(call: Call) -> int:
    options, names = call.options("0", {"null": "0"})
    if not names:
        call.out("".join(f"{name}={value}\n" for name, value in call.env.items()))
        return 0
    code = 0
    for name in names:
        if name in call.env:
            call.out(call.env[name] + ("\0" if "0" in options else "\n"))
        else:
            code = 1
    return code


def echo(call: Call) -> int:
    call.out(printing.echo(call.args, escapes=False, options="neE"))
    return 0


def printf(call: Call) -> int:
    if not call.args:
        return call.missing_operand()
    text, status = printing.printf(call.args, lambda message: call.fail(message), gnu=not call.busybox)
    call.out(text)
    return status


def true(call: Call) -> int:
    return 0


def false(call: Call) -> int:
    return 1


def test(call: Call) -> int:
    words = call.args
    if call.name == "[":
        if not words or words[-1] != "]":
            return call.fail("missing ']'" if not call.busybox else "missing ]", 2)
        words = words[:-1]
    fds = call.process.fds
    try:
        return (
            0
            if conditions.Evaluator(words, call.files, lambda number: number in fds and fds[number].is_tty).answer()
            else 1
        )
    except conditions.BadTest as error:
        text = str(error)
        if text.startswith("Illegal number: "):
            value = text.removeprefix("Illegal number: ")
            text = f"invalid integer ‘{value}’" if not call.busybox else f"bad number '{value}'"
        return call.fail(text, 2)


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float | None:
    """Return ``1.5m`` in seconds, None if it is no time."""
    if text in ("infinity", "inf"):
        return 1e12
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)([smhd]?)", text)
    return float(match[1]) * UNITS[match[2] or "s"] if match else None


def sleep(call: Call) -> Steps:
    if not call.args:
        return call.missing_operand()
    total = 0.0
    for word in call.args:
        value = seconds(word)
        if value is None:
            if call.busybox:
                return call.fail(f"invalid number '{word}'")
            return call.fail(f"invalid time interval {'‘' + word + '’'}\nTry 'sleep --help' for more information.")
        total += value
    yield call.process.clock.timeout(total)
    return 0


def yes(call: Call) -> Steps:
    block = ((" ".join(call.args) or "y") + "\n").encode() * 1000
    while True:
        yield from call.process.write(1, block)
        if call.process.step(200):
            yield from call.process.pay()


def xargs(call: Call) -> Steps:
    options, words = call.options(
        "n:I:0rtd:P:pxL:",
        {
            "max-args=": "n",
            "null": "0",
            "no-run-if-empty": "r",
            "verbose": "t",
            "delimiter=": "d",
            "replace?": "I",
            "max-procs=": "P",
        },
        stop_at_operand=True,
    )
    command = words or ["echo"]
    text = (yield from call.process.read_all(0)).decode(errors="surrogateescape")
    if "0" in options:
        items = [item for item in text.split("\0") if item]
    elif "d" in options:
        delimiter, _ = printing.unescape(options.get("d"))
        items = text.rstrip("\n").split(delimiter)
    elif "I" in options or "L" in options:
        items = [line.strip() for line in text.splitlines() if line.strip()]
    else:
        words_found = _words(text)
        if words_found is None:
            return call.fail(
                "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
            )
        items = words_found
    if "I" in options:
        mark = options.get("I") or "{}"
        runs = [[word.replace(mark, item) for word in command] for item in items]
    elif not items:
        runs = [] if "r" in options else [command]
    else:
        size = int(options.get("n") or options.get("L") or 5000)
        runs = [command + items[at : at + size] for at in range(0, len(items), size)]
    code = 0
    for argv in runs:
        if "t" in options:
            call.err(" ".join(argv) + "\n")
        yield from call.flush()
        try:
            child = call.process.spawn(argv)
        except OSError as error:
            return call.fail(f"{argv[0]}: {reason(error)}", 127 if error.errno == errno.ENOENT else 126)
        status = yield from call.process.wait(child)
        if status == 255:
            return call.fail(f"{argv[0]}: exited with status 255; aborting", 124)
        if status:
            code = 123
    return code


def _words(text: str) -> list[str] | None:
    """Split as xargs does: blanks separate, quotes and backslashes protect. None if a quote stays open."""
    items: list[str] = []
    current: list[str] | None = None
    quote, at = "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if quote:
            if char == quote:
                quote = ""
            elif char == "\n":
                return None
            else:
                assert current is not None
                current.append(char)
        elif char in "'\"":
            quote = char
            current = current or []
        elif char == "\\" and at < len(text):
            current = [*(current or []), text[at]]
            at += 1
        elif char in " \t\n":
            if current is not None:
                items.append("".join(current))
            current = None
        else:
            current = current or []
            current.append(char)
    if quote:
        return None
    if current is not None:
        items.append("".join(current))
    return items


def timeout(call: Call) -> Steps:
    options, words = call.options(
        "s:k:vp",
        {"signal=": "s", "kill-after=": "k", "preserve-status": "p", "foreground": "f"},
        code=125,
        stop_at_operand=True,
    )
    if len(words) < 2:
        return call.missing_operand(code=125)
    limit = seconds(words[0])
    signal = signals.number(options.get("s") or "TERM")
    if limit is None or signal is None:
        return call.fail(
            f"invalid time interval {'‘' + words[0] + '’'}\nTry 'timeout --help' for more information.", 125
        )
    try:
        child = call.process.spawn(words[1:])
    except OSError as error:
        return call.fail(
            f"failed to run command {'‘' + words[1] + '’'}: {reason(error)}",
            127 if error.errno == errno.ENOENT else 126,
        )
    call.process.on(signals.TERM, lambda number: child.deliver(number, call.process))
    clock = call.process.clock
    if limit:
        yield AnyOf(clock.env, [child.exited, clock.timeout(limit)])
    if child.is_alive and limit:
        child.deliver(signal, call.process)
        after = seconds(options.get("k")) if "k" in options else None
        if after is not None:
            yield AnyOf(clock.env, [child.exited, clock.timeout(after)])
            child.deliver(signals.KILL, call.process)
        status = yield from call.process.wait(child)
        if "p" in options:
            return status
        return 137 if after is not None and status == 137 else (124 if not call.busybox else 143)
    return (yield from call.process.wait(child))


def nohup(call: Call) -> Steps:
    if not call.args:
        return call.missing_operand(code=125)
    call.process.on(signals.HUP, None)
    if call.tty:
        call.err("nohup: ignoring input and appending output to 'nohup.out'\n")
        description = call.process.open("nohup.out", "a")
        call.process.set_fd(1, description)
    return (yield from start(call, call.args))


def nice(call: Call) -> Steps:
    options, words = call.options("n:", {"adjustment=": "n"}, code=125, stop_at_operand=True, numbers="n")
    if not words:
        call.line(options.get("n") or "0")
        return 0
    return (yield from start(call, words))


def time(call: Call) -> Steps:
    begin = call.process.clock.now
    try:
        child = call.process.spawn(call.args)
    except (OSError, IndexError):
        return call.fail(f"cannot run {' '.join(call.args)}: No such file or directory", 127)
    status = yield from call.process.wait(child)
    elapsed = call.process.clock.now - begin
    used = child.cpu_seconds
    call.err(
        f"real\t{int(elapsed // 60)}m {elapsed % 60:.2f}s\nuser\t{int(used // 60)}m {used % 60:.2f}s\nsys\t0m 0.00s\n"
    )
    return status


def chroot(call: Call) -> Steps:
    if not call.args:
        return call.missing_operand(code=125)
    try:
        found = call.files.find(call.args[0])
        directory = found.directory
    except OSError as error:
        return call.fail(f"cannot change root directory to {'‘' + call.args[0] + '’'}: {reason(error)}", 125)
    root = Location(None, "", directory, found.mount)
    call.files.walker.root = root
    call.files.cwd = root
    return (yield from start(call, call.args[1:] or [call.env.get("SHELL", "/bin/sh"), "-i"]))


def which(call: Call) -> int:
    code = 0
    options, names = call.options("as")
    for name in names:
        hits = []
        places = [""] if "/" in name else call.env.get("PATH", "").split(":")
        for directory in places:
            path = f"{directory}/{name}" if directory else name
            if call.files.is_file(path) and call.files.may(path, 1):
                hits.append(path)
                if "a" not in options:
                    break
        for path in hits:
            call.line(path)
        if not hits:
            code = 1
            if call.process.executable is not None and call.process.executable.version.startswith("redhat"):
                call.err(f"/usr/bin/which: no {name} in ({call.env.get('PATH', '')})\n")
    return code
