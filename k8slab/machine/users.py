"""Users and groups, read from the ``/etc/passwd`` and ``/etc/group`` of the root that a process has.

Models nss_files and, for ``docker run --user``, moby/sys/user. Left out: shadow passwords, LDAP.
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.machine.fs.view import FileView


class User(NamedTuple):
    """One line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    comment: str = ""
    home: str = "/"
    shell: str = ""


class Group(NamedTuple):
    """One line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...] = ()


class Identity(NamedTuple):
    """Who a process runs as. *home* is ``/`` for a user without an entry."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    home: str = "/"
    name: str = ""


def _lines(files: FileView, path: str) -> list[list[str]]:
    try:
        text = files.read_text(path)
    except OSError:
        return []
    return [line.split(":") for line in text.splitlines() if line and not line.startswith("#")]


def users(files: FileView) -> list[User]:
    """Return the users that *files* knows; broken lines are skipped."""
    found = []
    for fields in _lines(files, "/etc/passwd"):
        if len(fields) >= 4 and fields[2].isdigit() and fields[3].isdigit():
            fields += [""] * (7 - len(fields))
            found.append(User(fields[0], int(fields[2]), int(fields[3]), fields[4], fields[5] or "/", fields[6]))
    return found


def groups(files: FileView) -> list[Group]:
    """Return the groups that *files* knows; broken lines are skipped."""
    found = []
    for fields in _lines(files, "/etc/group"):
        if len(fields) >= 3 and fields[2].isdigit():
            members = tuple(name for name in fields[3].split(",") if name) if len(fields) > 3 else ()
            found.append(Group(fields[0], int(fields[2]), members))
    return found


def user_name(files: FileView, uid: int) -> str | None:
    """Return the name of the user *uid*, or None."""
    return next((user.name for user in users(files) if user.uid == uid), None)


def group_name(files: FileView, gid: int) -> str | None:
    """Return the name of the group *gid*, or None."""
    return next((group.name for group in groups(files) if group.gid == gid), None)


class UnknownUser(Exception):
    """No such name; the message is moby's."""


def identify(files: FileView, spec: str) -> Identity:
    """Return whom *spec* (``user``, ``uid``, ``user:group``, ``uid:gid``; ``""`` is root) means. Raises UnknownUser."""
    name, _, group = spec.partition(":")
    known = users(files)
    wanted = name or "0"
    user = next((one for one in known if one.name == wanted), None)
    if user is None and wanted.isdigit():
        user = next((one for one in known if one.uid == int(wanted)), User("", int(wanted), 0))
    if user is None:
        raise UnknownUser(f"unable to find user {name}: no matching entries in passwd file")
    all_groups = groups(files)
    if not group:
        extra = tuple(one.gid for one in all_groups if user.name and user.name in one.members)
        return Identity(user.uid, user.gid, extra, user.home, user.name)
    found = next((one for one in all_groups if one.name == group), None)
    if found is None and not group.isdigit():
        raise UnknownUser(f"unable to find group {group}: no matching entries in group file")
    return Identity(user.uid, found.gid if found is not None else int(group), (), user.home, user.name)
