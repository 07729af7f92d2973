"""``chmod``, ``chown``, ``chgrp`` and the modes they understand."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator

from k8slab.machine import users
from k8slab.machine.fs.inode import Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.programs.tool import Call, quoted, reason


def parse_mode(text: str, old: int, umask: int, directory: bool) -> int:
    """Return the permission bits that *text* (``755``, ``u+x,go-w``) makes of *old*. Raises ValueError."""
    if re.fullmatch(r"[0-7]{1,5}", text):
        return int(text, 8) & 0o7777
    mode = old & 0o7777
    for clause in text.split(","):
        match = re.fullmatch(r"([ugoa]*)((?:[-+=][rwxXst]*|[-+=][ugo])+)", clause)
        if match is None:
            raise ValueError(text)
        who = match[1]
        everyone = "ugo" if not who or "a" in who else who
        for operator, letters in re.findall(r"([-+=])([rwxXstugo]*)", match[2]):
            mode = _apply(mode, everyone, operator, letters, umask if not who else 0, directory)
    return mode


def _apply(mode: int, who: str, operator: str, letters: str, umask: int, directory: bool) -> int:
    wanted, clear = 0, 0
    for one in who:
        shift = {"u": 6, "g": 3, "o": 0}[one]
        bits = 0
        for letter in letters:
            if letter in "ugo":
                bits |= mode >> {"u": 6, "g": 3, "o": 0}[letter] & 7
            elif letter == "X":
                bits |= 1 if directory or mode & 0o111 else 0
            elif letter in "rwx":
                bits |= {"r": 4, "w": 2, "x": 1}[letter]
            elif letter == "s" and one in "ug":
                wanted |= stat.S_ISUID if one == "u" else stat.S_ISGID
            elif letter == "t":
                wanted |= stat.S_ISVTX
        wanted |= bits << shift
        clear |= 7 << shift
    wanted &= ~umask
    if operator == "+":
        return mode | wanted
    if operator == "-":
        return mode & ~wanted
    return mode & ~clear | wanted


def _targets(call: Call, path: str, recursive: bool) -> Iterator[tuple[str, Location]]:
    if recursive:
        yield from call.files.walk(path, follow=True)
    else:
        yield path, call.files.find(path)


def chmod(call: Call) -> int:
    # A mode may look like an option (chmod -x file): keep those words apart.
    modes = [word for word in call.args if re.fullmatch(r"-[rwxXstugo]+", word) and not re.fullmatch(r"-[Rfvc]+", word)]
    call.args = [word for word in call.args if word not in modes]
    options, words = call.options(
        "Rfvc", {"recursive": "R", "verbose": "v", "changes": "c", "silent": "f", "reference=": "r"}
    )
    words = modes[:1] + words
    if "r" in options:
        words = [f"{call.files.stat(options.get('r')).mode & 0o7777:o}", *words]
    if len(words) < 2:
        if not words or call.busybox:
            return call.missing_operand()
        return call.fail(f"missing operand after {quoted(words[0])}\nTry 'chmod --help' for more information.")
    code = 0
    for path in words[1:]:
        try:
            for at, found in _targets(call, path, "R" in options):
                if isinstance(found.inode, Symlink):
                    continue
                directory = stat.S_ISDIR(call.files.stat_of(found).mode)
                call.files.change_mode(at, parse_mode(words[0], found.inode.mode, call.files.umask, directory))
        except OSError as error:
            where = error.filename or path
            if call.busybox:
                code = call.fail(f"{where}: {reason(error)}")
            elif error.errno in (1, 30):
                code = call.fail(f"changing permissions of {quoted(where)}: {reason(error)}")
            else:
                code = call.fail(f"cannot access {quoted(where)}: {reason(error)}")
        except ValueError:
            return call.fail(f"invalid mode: {quoted(words[0])}\nTry 'chmod --help' for more information.")
    return code


def chown(call: Call) -> int:
    options, words = call.options("Rfvch", {"recursive": "R", "no-dereference": "h", "verbose": "v", "reference=": "r"})
    if len(words) < 2:
        if not words or call.busybox:
            return call.missing_operand()
        return call.fail(f"missing operand after {quoted(words[0])}\nTry '{call.name} --help' for more information.")
    spec = words[0] if call.name != "chgrp" else ":" + words[0]
    owner, colon, group = spec.replace(".", ":", 1).partition(":") if ":" not in spec else spec.partition(":")
    uid, gid = None, None
    if owner:
        uid = _number(owner, {user.name: user.uid for user in users.users(call.files)})
        if uid is None:
            return call.fail(f"unknown user {owner}" if call.busybox else f"invalid user: {quoted(spec)}")
        if colon and not group:
            gid = next((user.gid for user in users.users(call.files) if user.uid == uid), uid)
    if group:
        gid = _number(group, {one.name: one.gid for one in users.groups(call.files)})
        if gid is None:
            return call.fail(
                f"unknown group {group}"
                if call.busybox
                else f"invalid group: {quoted(spec.lstrip(':') if call.name == 'chgrp' else spec)}"
            )
    code = 0
    for path in words[1:]:
        try:
            for at, found in _targets(call, path, "R" in options):
                follow = not isinstance(found.inode, Symlink)
                call.files.change_owner(at, uid, gid, follow=follow and "h" not in options)
        except OSError as error:
            where = error.filename or path
            if call.busybox:
                code = call.fail(f"{where}: {reason(error)}")
            elif error.errno in (1, 30):
                code = call.fail(
                    f"changing {'group' if call.name == 'chgrp' else 'ownership'} of {quoted(where)}: {reason(error)}"
                )
            else:
                code = call.fail(f"cannot access {quoted(where)}: {reason(error)}")
    return code


def _number(name: str, known: dict[str, int]) -> int | None:
    if name in known:
        return known[name]
    return int(name) if name.isdigit() else None
