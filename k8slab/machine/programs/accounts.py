"""``useradd``, ``groupadd``, ``adduser``, ``addgroup``, ``usermod``, ``userdel``: lines in /etc/passwd and /etc/group.

Left out: shadow passwords, skeleton files, quotas.
"""

from __future__ import annotations

from k8slab.machine import users
from k8slab.machine.programs.tool import Call


def _free(taken: list[int], first: int) -> int:
    number = first
    while number in taken:
        number += 1
    return number


def _append(call: Call, path: str, line: str) -> None:
    call.files.write(path, line + "\n", append=True)


def groupadd(call: Call) -> int:
    """``groupadd`` and busybox ``addgroup``."""
    options, names = call.options("rSg:f", {"system": "r", "gid=": "g", "force": "f"})
    if not names:
        return call.missing_operand(code=2)
    known = users.groups(call.files)
    if call.name == "addgroup" and len(names) == 2:
        return _join(call, names[0], names[1])
    if any(group.name == names[0] for group in known):
        if "f" in options:
            return 0
        return call.fail(
            f"group '{names[0]}' in use" if call.busybox else f"group '{names[0]}' already exists",
            9 if not call.busybox else 1,
        )
    system = "r" in options or "S" in options
    gid = (
        int(options.get("g"))
        if options.get("g").isdigit()
        else _free([group.gid for group in known], 101 if system else 1000)
    )
    _append(call, "/etc/group", f"{names[0]}:x:{gid}:")
    return 0


def _join(call: Call, user: str, group: str) -> int:
    lines = call.files.read_text("/etc/group").splitlines()
    for at, line in enumerate(lines):
        fields = line.split(":")
        if fields[0] == group:
            members = [name for name in fields[3].split(",") if name]
            if user not in members:
                lines[at] = ":".join([*fields[:3], ",".join([*members, user])])
            call.files.write("/etc/group", "\n".join(lines) + "\n")
            return 0
    return call.fail(f"unknown group {group}")


def useradd(call: Call) -> int:
    """``useradd`` and ``adduser``."""
    adduser = call.name == "adduser"
    letters = "DHSh:g:s:G:u:k:" if adduser and call.busybox else "mMrNd:g:G:s:u:c:l"
    long = {
        "system": "r",
        "uid=": "u",
        "gid=": "g",
        "home-dir=": "d",
        "home=": "d",
        "shell=": "s",
        "comment=": "c",
        "gecos=": "c",
        "no-create-home": "M",
        "create-home": "m",
        "groups=": "G",
        "ingroup=": "g",
        "disabled-password": "D",
        "disabled-login": "D",
        "group": "n",
        "no-log-init": "l",
        "no-user-group": "N",
    }
    options, names = call.options(letters, long)
    if not names:
        return call.missing_operand(code=2)
    name = names[0]
    if adduser and len(names) == 2:
        return _join(call, name, names[1])
    known = users.users(call.files)
    if any(user.name == name for user in known):
        return call.fail(
            f"user '{name}' in use"
            if call.busybox
            else f"user '{name}' already exists"
            if not adduser
            else f"The user `{name}' already exists.",
            1 if call.busybox or adduser else 9,
        )
    system = "r" in options or "S" in options
    uid = (
        int(options.get("u"))
        if options.get("u").isdigit()
        else _free([user.uid for user in known], 100 if system and call.busybox else 999 if system else 1000)
    )
    # busybox adduser: -G is the group to be in, -g a comment
    group = options.get("G" if adduser and call.busybox else "g")
    if group:
        found = next((one.gid for one in users.groups(call.files) if group in (one.name, str(one.gid))), None)
        if found is None:
            return call.fail(
                f"unknown group {group}" if call.busybox else f"group '{group}' does not exist",
                6 if not call.busybox else 1,
            )
        gid = found
    else:
        gid = _free([one.gid for one in users.groups(call.files)], uid)
        _append(call, "/etc/group", f"{name}:x:{gid}:")
    home = options.get("d") or (options.get("h") if adduser and call.busybox else "") or f"/home/{name}"
    shell = options.get("s") or (
        "/bin/ash"
        if call.busybox and not system
        else "/sbin/nologin"
        if call.busybox
        else "/bin/bash"
        if adduser
        else "/bin/sh"
    )
    _append(call, "/etc/passwd", f"{name}:x:{uid}:{gid}:{options.get('c')}:{home}:{shell}")
    makes_home = "m" in options or (adduser and "H" not in options and "M" not in options and not system)
    if makes_home and not call.files.exists(home):
        call.files.make_directories(home, 0o755)
        call.files.change_owner(home, uid, gid)
    for extra in options.get("G").split(","):
        if extra and extra != group:
            _join(call, name, extra)
    return 0


def usermod(call: Call) -> int:
    options, names = call.options("aG:s:d:u:L", {"append": "a", "groups=": "G", "shell=": "s", "home=": "d"})
    if not names or not any(user.name == names[0] for user in users.users(call.files)):
        return call.fail(f"user '{names[0] if names else ''}' does not exist", 6)
    code = 0
    for group in options.get("G").split(","):
        if group:
            code = max(code, _join(call, names[0], group))
    return code


def userdel(call: Call) -> int:
    """``userdel`` and ``deluser``."""
    options, names = call.options("rf", {"remove": "r"})
    lines = call.files.read_text("/etc/passwd").splitlines()
    kept = [line for line in lines if line.split(":")[0] != (names[0] if names else "")]
    if len(kept) == len(lines):
        return call.fail(f"user '{names[0] if names else ''}' does not exist", 6)
    gone = next(line for line in lines if line.split(":")[0] == names[0])
    call.files.write("/etc/passwd", "\n".join(kept) + "\n")
    home = gone.split(":")[5]
    if "r" in options and call.files.exists(home):
        call.files.remove_tree(home)
    return 0
