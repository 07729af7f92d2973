"""Pieces of a distribution's tree: directories, users, executables with their links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from k8slab.machine.executable import content
from k8slab.machine.fs.inode import Directory, File, Symlink, graft

#: Debian's adduser base-passwd, as far as anybody meets it in a container.
DEBIAN_USERS = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
games:x:5:60:games:/usr/games:/usr/sbin/nologin
man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
news:x:9:9:news:/var/spool/news:/usr/sbin/nologin
uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin
proxy:x:13:13:proxy:/bin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
list:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin
irc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
DEBIAN_GROUPS = """root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mail:x:8:
news:x:9:
uucp:x:10:
man:x:12:
proxy:x:13:
kmem:x:15:
cdrom:x:24:
sudo:x:27:
audio:x:29:
www-data:x:33:
backup:x:34:
users:x:100:
nogroup:x:65534:
"""
ALPINE_USERS = """root:x:0:0:root:/root:/bin/sh
bin:x:1:1:bin:/bin:/sbin/nologin
daemon:x:2:2:daemon:/sbin:/sbin/nologin
lp:x:4:7:lp:/var/spool/lpd:/sbin/nologin
sync:x:5:0:sync:/sbin:/bin/sync
shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown
halt:x:7:0:halt:/sbin:/sbin/halt
mail:x:8:12:mail:/var/mail:/sbin/nologin
news:x:9:13:news:/usr/lib/news:/sbin/nologin
uucp:x:10:14:uucp:/var/spool/uucppublic:/sbin/nologin
cron:x:16:16:cron:/var/spool/cron:/sbin/nologin
ftp:x:21:21::/var/lib/ftp:/sbin/nologin
sshd:x:22:22:sshd:/dev/null:/sbin/nologin
games:x:35:35:games:/usr/games:/sbin/nologin
ntp:x:123:123:NTP:/var/empty:/sbin/nologin
guest:x:405:100:guest:/dev/null:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
"""
ALPINE_GROUPS = """root:x:0:root
bin:x:1:root,bin,daemon
daemon:x:2:root,bin,daemon
sys:x:3:root,bin
adm:x:4:root,daemon
tty:x:5:
disk:x:6:root
lp:x:7:lp
kmem:x:9:
wheel:x:10:root
floppy:x:11:root
mail:x:12:mail
news:x:13:news
uucp:x:14:uucp
cron:x:16:cron
audio:x:18:
cdrom:x:19:
dialout:x:20:root
ftp:x:21:
sshd:x:22:
input:x:23:
tape:x:26:root
video:x:27:root
netdev:x:28:
kvm:x:34:kvm
games:x:35:
shadow:x:42:
www-data:x:82:
users:x:100:games
ntp:x:123:
abuild:x:300:
utmp:x:406:
ping:x:999:
nogroup:x:65533:
nobody:x:65534:
"""
REDHAT_USERS = """root:x:0:0:root:/root:/bin/bash
bin:x:1:1:bin:/bin:/sbin/nologin
daemon:x:2:2:daemon:/sbin:/sbin/nologin
adm:x:3:4:adm:/var/adm:/sbin/nologin
lp:x:4:7:lp:/var/spool/lpd:/sbin/nologin
sync:x:5:0:sync:/sbin:/bin/sync
shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown
halt:x:7:0:halt:/sbin:/sbin/halt
mail:x:8:12:mail:/var/spool/mail:/sbin/nologin
operator:x:11:0:operator:/root:/sbin/nologin
games:x:12:100:games:/usr/games:/sbin/nologin
ftp:x:14:50:FTP User:/var/ftp:/sbin/nologin
nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin
"""
REDHAT_GROUPS = """root:x:0:
bin:x:1:
daemon:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mem:x:8:
kmem:x:9:
wheel:x:10:
mail:x:12:
man:x:15:
games:x:20:
ftp:x:50:
users:x:100:
nobody:x:65534:
"""

COREUTILS = [
    "[",
    "arch",
    "base64",
    "basename",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "cksum",
    "comm",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "fold",
    "groups",
    "head",
    "id",
    "install",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mv",
    "nice",
    "nl",
    "nohup",
    "nproc",
    "od",
    "paste",
    "printenv",
    "printf",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "seq",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "sleep",
    "sort",
    "stat",
    "sync",
    "tac",
    "tail",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "truncate",
    "tty",
    "uname",
    "uniq",
    "wc",
    "whoami",
    "yes",
]
#: Packages that every big distribution has besides.
ESSENTIAL = [
    "grep",
    "egrep",
    "fgrep",
    "sed",
    "tar",
    "gzip",
    "gunzip",
    "zcat",
    "find",
    "xargs",
    "hostname",
    "mount",
    "umount",
    "diff",
    "getent",
    "more",
    "mountpoint",
    "lsblk",
    "rev",
    "column",
]


class Tree:
    """A tree under construction; *mtime* is the date of everything in it."""

    def __init__(self, mtime: float, *, userland: str = "gnu", loader: str = "", version: str = "") -> None:
        self.root = Directory(0o755, mtime=mtime)
        self.mtime = mtime
        self.userland = userland
        self.loader = loader
        self.version = version

    def directories(self, *paths: str, mode: int = 0o755) -> Tree:
        """Make directories."""
        for path in paths:
            graft(self.root, path, Directory(mode, mtime=self.mtime))
        return self

    def file(
        self, path: str, text: str | bytes, mode: int = 0o644, *, size: int = 0, owner: tuple[int, int] = (0, 0)
    ) -> Tree:
        """Put a file, *size* bytes long if that is more than its text."""
        data = text.encode() if isinstance(text, str) else text
        graft(self.root, path, File(data, mode, *owner, self.mtime, hole=max(0, size - len(data))))
        return self

    def files(self, texts: Mapping[str, str]) -> Tree:
        """Put several text files."""
        for path, text in texts.items():
            self.file(path, text)
        return self

    def link(self, path: str, target: str) -> Tree:
        """Put a symbolic link."""
        graft(self.root, path, Symlink(target, mtime=self.mtime))
        return self

    def program(
        self,
        path: str,
        name: str | None = None,
        *,
        size: int = 40_000,
        version: str = "",
        static: bool = False,
        mode: int = 0o755,
    ) -> Tree:
        """Put the executable *path* of the program *name* (its last component by default)."""
        run = content(
            name or path.rsplit("/", 1)[-1],
            version=version or self.version,
            userland=self.userland,
            loader="" if static else self.loader,
        )
        return self.file(path, run, mode, size=size)

    def programs(self, directory: str, names: Iterable[str], *, size: int = 40_000) -> Tree:
        """Put executables that are called like their programs."""
        for name in names:
            self.program(f"{directory}/{name}", size=size)
        return self
