"""What an administrator types at a machine's own prompt: sudo, su, systemctl, journalctl, tini.

``systemctl`` acts on the units of `Host.units`; whoever installs a service (docker, a node) puts its unit there.
"""

from __future__ import annotations

import errno
from datetime import UTC, datetime

from k8slab.machine import signals, users
from k8slab.machine.programs.environment import start
from k8slab.machine.programs.tool import Call, Steps
from k8slab.machine.units import Unit


def sudo(call: Call) -> Steps:
    options, words = call.options("u:EHSniks", {"user=": "u", "preserve-env": "E"}, stop_at_operand=True)
    if not words:
        call.err("usage: sudo -h | -K | -k | -V\nusage: sudo [-ABbEHnPS] [-u user] [command [arg ...]]\n")
        return 1
    if call.files.credentials.uid:
        me = users.user_name(call.files, call.files.credentials.uid) or str(call.files.credentials.uid)
        admins = [group for group in users.groups(call.files) if group.name in ("wheel", "sudo")]
        if not any(me in group.members for group in admins):
            call.err(f"{me} is not in the sudoers file.\n")
            return 1
    wanted = options.get("u") or "root"
    user = next((one for one in users.users(call.files) if one.name == wanted), None)
    if user is None:
        return call.fail(f"unknown user {wanted}\nsudo: error initializing audit plugin sudoers_audit")
    call.process.become_user(user.uid, user.gid)
    try:
        life = call.process.execute(words)
    except OSError as error:
        return call.fail(
            f"{words[0]}: command not found"
            if error.errno == errno.ENOENT
            else f"unable to execute {words[0]}: {error.strerror}"
        )
    yield from call.flush()
    return (yield from life)


def su(call: Call) -> Steps:
    options, words = call.options("c:s:lm-", {"command=": "c", "shell=": "s", "login": "l"}, stop_at_operand=False)
    names = [word for word in words if word != "-"]
    user = next((one for one in users.users(call.files) if one.name == (names[0] if names else "root")), None)
    if user is None:
        return call.fail(f"user {names[0]} does not exist" if not call.busybox else f"unknown user {names[0]}")
    if call.files.credentials.uid:
        return call.fail("Authentication failure")
    call.process.become_user(user.uid, user.gid)
    shell = options.get("s") or user.shell or "/bin/sh"
    environment = {**call.env, "HOME": user.home, "USER": user.name, "SHELL": shell}
    return (yield from start(call, [shell, *(["-c", options.get("c")] if "c" in options else [])], environment))


def tini(call: Call) -> Steps:
    """``tini``, ``dumb-init`` and docker's ``--init``: hands signals on, collects zombies, ends with its child."""
    words = list(call.args)
    while words and words[0] in ("-g", "-s", "-v", "-w"):
        words.pop(0)
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        return call.missing_operand()
    process = call.process
    process.reaps = True
    try:
        child = process.spawn(words)
    except OSError as error:
        call.err(f"[FATAL tini ({process.pid})] exec {words[0]} failed: {error.strerror}\n")
        return 127 if error.errno == errno.ENOENT else 126
    for number in (signals.TERM, signals.INT, signals.QUIT, signals.HUP, signals.USR1, signals.USR2):
        process.on(number, lambda signal: child.deliver(signal, process))
    while child.is_alive:
        yield process.any_child()
        for zombie in list(process.zombies()):
            if zombie is not child:
                process.reap(zombie)
    return (yield from process.wait(child))


# -- systemd -----------------------------------------------------------------------------------------------------------


def systemctl(call: Call) -> Steps:
    words = [word for word in call.args if not word.startswith("-")]
    now = "--now" in call.args
    units = call.process.host.units
    if call.process.namespaces.pid.parent is not None:
        call.err(
            "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n"
        )
        return 1
    command = words[0] if words else "list-units"
    if command == "daemon-reload":
        return 0
    if command == "list-units":
        call.line("  UNIT                LOAD   ACTIVE   SUB     DESCRIPTION")
        for name, listed in sorted(units.items()):
            call.line(
                f"  {name + '.service':<19} loaded {'active' if listed.active else 'inactive':<8} {'running' if listed.active else 'dead':<7} {listed.description}"
            )
        return 0
    code = 0
    for word in words[1:]:
        name = word.removesuffix(".service").removesuffix(".socket")
        found = units.get(name)
        if found is None:
            if command in ("status", "is-active", "is-enabled"):
                call.out("inactive\n" if command == "is-active" else "")
                call.err(f"Unit {name}.service could not be found.\n" if command == "status" else "")
                code = 4 if command == "status" else 3
            else:
                reason = (
                    "Unit file" if command in ("enable", "disable") else f"Failed to {command} {name}.service: Unit"
                )
                call.err(
                    f"{'Failed to ' + command + ' unit: ' if command in ('enable', 'disable') else ''}{reason} {name}.service {'does not exist' if command in ('enable', 'disable') else 'not found'}.\n"
                )
                code = 5
            continue
        unit = found
        if command in ("start", "stop", "restart", "reload"):
            code = max(code, (yield from _act(call, unit, command)) or 0)
        elif command in ("enable", "disable"):
            code = max(code, _enable(call, name, unit, command == "enable"))
            if now and command == "enable":
                code = max(code, (yield from _act(call, unit, "start")) or 0)
        elif command == "is-active":
            call.line("active" if unit.active else "failed" if unit.failed else "inactive")
            code = 0 if unit.active else 3
        elif command == "is-enabled":
            call.line("enabled" if unit.enabled else "disabled")
            code = 0 if unit.enabled else 1
        elif command == "status":
            code = _status(call, name, unit)
        else:
            call.err(f"Unknown command verb {command}.\n")
            return 1
    return code


def _act(call: Call, unit: Unit, command: str) -> Steps:
    if command in ("stop", "restart") and unit.active:
        yield from unit.stop()
    if command in ("start", "restart", "reload") and not unit.active:
        problem = yield from unit.start()
        if problem:
            call.err(
                f'Job for {unit.name}.service failed because the control process exited with error code.\nSee "systemctl status {unit.name}.service" and "journalctl -xeu {unit.name}.service" for details.\n'
            )
            return 1
    return 0


def _enable(call: Call, name: str, unit: Unit, on: bool) -> int:
    link = f"/etc/systemd/system/multi-user.target.wants/{name}.service"
    if on and not unit.enabled:
        call.err(f"Created symlink {link} → /usr/lib/systemd/system/{name}.service.\n")
    elif not on and unit.enabled:
        call.err(f'Removed "{link}".\n')
    unit.enabled = on
    return 0


def _status(call: Call, name: str, unit: Unit) -> int:
    mark = "●" if unit.active else "×" if unit.failed else "○"
    call.line(f"{mark} {name}.service - {unit.description}")
    call.line(
        f"     Loaded: loaded (/usr/lib/systemd/system/{name}.service; {'enabled' if unit.enabled else 'disabled'}; preset: disabled)"
    )
    when = datetime.fromtimestamp(unit.since, UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC")
    if unit.active:
        call.line(f"     Active: active (running) since {when}")
        if unit.pid is not None:
            call.line(f"   Main PID: {unit.pid} ({unit.command})")
    elif unit.failed:
        call.line(f"     Active: failed (Result: exit-code) since {when}")
    else:
        call.line("     Active: inactive (dead)")
    for text in unit.log[-10:]:
        call.line(text)
    return 0 if unit.active else 3


def journalctl(call: Call) -> int:
    options, _ = call.options("xeu:fn:br", {"unit=": "u", "lines=": "n", "no-pager": "p", "since=": "s"})
    unit = call.process.host.units.get(options.get("u").removesuffix(".service"))
    lines = unit.log if unit is not None else []
    if "n" in options and options.get("n").isdigit():
        lines = lines[-int(options.get("n")) :]
    call.out("".join(line + "\n" for line in lines) or "-- No entries --\n")
    return 0
