"""The small tools by name: GNU's and everybody else's, and which of them busybox has."""

from __future__ import annotations

from functools import partial

from k8slab.machine.program import Program, Table
from k8slab.machine.programs import (
    accounts,
    addresses,
    administration,
    archives,
    asking,
    copying,
    curl,
    disks,
    editors,
    environment,
    expressions,
    files,
    finding,
    grep,
    hashes,
    identity,
    listing,
    permissions,
    processes,
    reading,
    sed,
    status,
    text,
    wget,
)
from k8slab.machine.programs.busybox import BusyBox
from k8slab.machine.programs.tool import Function, Tool
from k8slab.machine.shell import program as shell

FUNCTIONS: dict[str, Function] = {
    "[": environment.test, "arch": identity.arch, "base64": hashes.base64, "basename": status.basename, "cat": reading.cat,
    "chgrp": permissions.chown, "chmod": permissions.chmod, "chown": permissions.chown, "chroot": environment.chroot, "cksum": hashes.cksum,
    "clear": editors.clear, "column": text.column, "comm": text.comm, "cp": copying.cp, "curl": curl.curl, "cut": text.cut,
    "date": identity.date, "dd": disks.dd, "df": status.df, "diff": text.diff, "dig": asking.dig, "dirname": status.dirname,
    "du": status.du, "echo": environment.echo, "egrep": grep.grep, "env": environment.env, "expr": expressions.expr,
    "false": environment.false, "fgrep": grep.grep, "file": status.file_type, "find": finding.find, "fold": text.fold, "free": processes.free,
    "getent": identity.getent, "grep": grep.grep, "groups": identity.groups, "gunzip": archives.compress, "gzip": archives.compress,
    "head": reading.head, "hexdump": reading.od, "host": asking.host, "hostname": identity.hostname, "id": identity.id,
    "ifconfig": addresses.ifconfig, "install": copying.install, "ip": addresses.ip, "kill": processes.kill, "killall": processes.killall,
    "less": editors.pager, "ln": copying.ln, "ls": listing.ls, "lsblk": disks.lsblk, "md5sum": hashes.digest, "mkdir": files.mkdir,
    "mkfifo": files.mkfifo, "mknod": files.mknod, "mktemp": files.mktemp, "more": editors.pager, "mount": disks.mount,
    "mountpoint": disks.mountpoint, "mv": copying.mv, "nano": editors.nano, "nc": asking.nc, "netstat": addresses.netstat,
    "nice": environment.nice, "nl": reading.nl, "nohup": environment.nohup, "nproc": identity.nproc, "nslookup": asking.nslookup,
    "od": reading.od, "paste": text.paste, "pgrep": processes.pgrep, "pidof": processes.pidof, "ping": asking.ping,
    "pkill": processes.pgrep, "printenv": environment.printenv, "printf": environment.printf, "ps": processes.ps, "pstree": processes.pstree,
    "readlink": status.readlink, "realpath": status.realpath, "rev": reading.rev, "rm": files.rm, "rmdir": files.rmdir,
    "route": addresses.route, "sed": sed.sed, "seq": expressions.seq, "sha1sum": hashes.digest, "sha256sum": hashes.digest,
    "sha512sum": hashes.digest, "sleep": environment.sleep, "sort": text.sort, "ss": addresses.ss, "stat": status.stat,
    "strings": reading.strings, "sync": disks.sync, "tac": reading.tac, "tail": reading.tail, "tar": archives.tar, "tee": reading.tee,
    "telnet": asking.telnet, "test": environment.test, "time": environment.time, "timeout": environment.timeout, "top": processes.top,
    "touch": files.touch, "tr": text.tr, "traceroute": asking.traceroute, "true": environment.true, "truncate": files.truncate,
    "tty": identity.tty, "umount": disks.umount, "uname": identity.uname, "uniq": text.uniq, "uptime": processes.uptime,
    "vim": editors.vim, "vi": editors.vim, "wc": reading.wc, "wget": wget.wget, "which": environment.which,
    "whoami": identity.whoami, "xargs": environment.xargs, "yes": environment.yes, "zcat": archives.compress,
}  # fmt: skip
#: What busybox does not have.
NOT_IN_BUSYBOX = ("curl", "dig", "file", "getent", "host", "nano", "ss", "vim", "column")

#: What elsewhere comes in packages of its own.
BUSYBOX_ONLY: dict[str, Function] = {
    "addgroup": accounts.groupadd, "adduser": accounts.useradd, "deluser": accounts.userdel, "su": administration.su,
}  # fmt: skip

TOOLS: Table = {name: partial(Tool, function) for name, function in FUNCTIONS.items()}
SHELLS: Table = {"sh": shell.sh, "dash": shell.sh, "ash": shell.ash, "bash": shell.bash}
APPLETS: Table = {
    **{name: factory for name, factory in TOOLS.items() if name not in NOT_IN_BUSYBOX},
    "sh": shell.ash,
    "ash": shell.ash,
    **{name: partial(Tool, function) for name, function in BUSYBOX_ONLY.items()},
}


def busybox() -> Program:
    """Return busybox with its applets."""
    return BusyBox(APPLETS)
