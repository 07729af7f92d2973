"""The distributions: Alpine, BusyBox, Debian, Ubuntu, AlmaLinux, CentOS.

What is in them is what their official images carry: a slim Debian has no ``ps``, ``ip`` or ``curl``, and that is a lesson.
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.machine.executable import GLIBC_LOADER, MUSL_LOADER
from k8slab.machine.fs.inode import Directory, seal
from k8slab.machine.programs.tools import APPLETS
from k8slab.machine.userlands import base
from k8slab.machine.userlands.base import Tree

SBIN_APPLETS = ("ifconfig", "ip", "route", "traceroute", "chroot", "mknod")
BIN_APPLETS = [
    "ash",
    "base64",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "date",
    "dd",
    "df",
    "echo",
    "egrep",
    "false",
    "fgrep",
    "grep",
    "gunzip",
    "gzip",
    "hostname",
    "kill",
    "link",
    "ln",
    "ls",
    "mkdir",
    "mknod",
    "mktemp",
    "more",
    "mount",
    "mountpoint",
    "mv",
    "netstat",
    "nice",
    "ping",
    "printenv",
    "ps",
    "pwd",
    "rm",
    "rmdir",
    "sed",
    "sh",
    "sleep",
    "stat",
    "sync",
    "tar",
    "touch",
    "true",
    "umount",
    "uname",
    "watch",
    "zcat",
    "arch",
]
LABEL_ALPINE = "Welcome to Alpine Linux {release}\nKernel \\r on an \\m (\\l)\n\n"


def alpine(release: str = "3.20.3", *, mtime: float = 0.0) -> Directory:
    """Return Alpine's tree: busybox, musl, apk."""
    short = release.rsplit(".", 1)[0]
    tree = Tree(mtime, userland="busybox", loader=MUSL_LOADER)
    _common(
        tree,
        (
            "bin",
            "sbin",
            "usr/bin",
            "usr/sbin",
            "usr/local/bin",
            "lib",
            "usr/lib",
            "usr/share",
            "etc/apk",
            "var/cache/misc",
            "lib/apk/db",
            "etc/profile.d",
        ),
    )
    tree.file(MUSL_LOADER, b"\x7fELF musl", 0o755, size=645_000)
    tree.link("/lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1")
    tree.file("/lib/libcrypto.so.3", b"\x7fELF", 0o755, size=4_500_000).file(
        "/lib/libssl.so.3", b"\x7fELF", 0o755, size=800_000
    )
    tree.program("/bin/busybox", "busybox", size=808_000)
    for name in APPLETS:
        directory = "/sbin" if name in SBIN_APPLETS else "/bin" if name in BIN_APPLETS else "/usr/bin"
        tree.link(f"{directory}/{name}", "/bin/busybox")
    tree.program("/sbin/apk", "apk", size=70_000)
    tree.files(
        {
            "/etc/alpine-release": release + "\n",
            "/etc/os-release": f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={release}\nPRETTY_NAME="Alpine Linux v{short}"\n'
            'HOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n',
            "/etc/issue": LABEL_ALPINE.format(release=short),
            "/etc/passwd": base.ALPINE_USERS,
            "/etc/group": base.ALPINE_GROUPS,
            "/etc/shells": "# valid login shells\n/bin/sh\n/bin/ash\n",
            "/etc/apk/repositories": f"https://dl-cdn.alpinelinux.org/alpine/v{short}/main\nhttps://dl-cdn.alpinelinux.org/alpine/v{short}/community\n",
            "/etc/apk/world": "alpine-baselayout\nalpine-keys\napk-tools\nbusybox\nlibc-utils\n",
            "/lib/apk/db/installed": "",
            "/etc/profile": "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PS1='\\h:\\w\\$ '\n",
        }
    )
    return seal(tree.root)


def busybox(*, mtime: float = 0.0) -> Directory:
    """Return the tree of the busybox image: one static program and little else."""
    tree = Tree(mtime, userland="busybox")
    tree.directories("/bin", "/etc", "/home", "/lib", "/root", "/usr/sbin", "/var/spool/mail", "/var/www").directories(
        "/tmp", mode=0o1777
    )
    tree.program("/bin/busybox", "busybox", size=1_100_000, static=True)
    for name in APPLETS:
        tree.link(f"/bin/{name}", "busybox")
    tree.files(
        {
            "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\n",
            "/etc/group": "root:x:0:\nwww-data:x:33:\nnobody:x:65534:\n",
        }
    )
    return seal(tree.root)


def _common(tree: Tree, more: tuple[str, ...] = ()) -> None:
    tree.directories(
        "/dev",
        "/etc",
        "/home",
        "/media",
        "/mnt",
        "/opt",
        "/proc",
        "/run",
        "/srv",
        "/sys",
        "/usr",
        "/var",
        "/var/lib",
        "/var/cache",
        "/var/log",
        "/var/spool",
    )
    tree.directories(*(f"/{path}" for path in more))
    tree.directories("/root", mode=0o700).directories("/tmp", "/var/tmp", mode=0o1777)
    tree.file("/etc/hostname", "").file("/etc/hosts", "127.0.0.1\tlocalhost\n").file("/etc/resolv.conf", "")


def _merged_usr(tree: Tree) -> None:
    """/bin, /sbin and /lib are links into /usr."""
    tree.directories(
        "/usr/bin",
        "/usr/sbin",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/bin",
        "/usr/local/sbin",
        "/usr/local/lib",
        "/usr/local/share",
        "/usr/share",
        "/usr/share/doc",
        "/usr/include",
        "/usr/src",
        "/usr/games",
    )
    for name in ("bin", "sbin", "lib", "lib64"):
        tree.link(f"/{name}", f"usr/{name}")
    tree.file("/usr/lib64/ld-linux-x86-64.so.2", b"\x7fELF", 0o755, size=210_000)


def debian(release: str = "12", codename: str = "bookworm", *, mtime: float = 0.0) -> Directory:
    """Return Debian's tree: GNU tools, dash as sh, apt; no ps, no ip, no curl."""
    tree = Tree(mtime, loader=GLIBC_LOADER, version="9.1")
    _debian_like(tree)
    tree.files(
        {
            "/etc/debian_version": f"{release}.8\n",
            "/etc/os-release": f'PRETTY_NAME="Debian GNU/Linux {release} ({codename})"\nNAME="Debian GNU/Linux"\nVERSION_ID="{release}"\n'
            f'VERSION="{release} ({codename})"\nVERSION_CODENAME={codename}\nID=debian\nHOME_URL="https://www.debian.org/"\n'
            'SUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n',
            "/etc/issue": f"Debian GNU/Linux {release} \\n \\l\n\n",
            "/etc/apt/sources.list.d/debian.sources": f"Types: deb\nURIs: http://deb.debian.org/debian\nSuites: {codename} {codename}-updates\nComponents: main\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        }
    )
    return seal(tree.root)


def _debian_like(tree: Tree) -> None:
    _common(
        tree,
        (
            "boot",
            "etc/apt/sources.list.d",
            "etc/apt/apt.conf.d",
            "etc/profile.d",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "var/lib/dpkg/info",
            "run/lock",
        ),
    )
    _merged_usr(tree)
    tree.programs("/usr/bin", [*base.COREUTILS, *base.ESSENTIAL, "which"])
    tree.program("/usr/bin/bash", "bash", size=1_265_000, version="5.2.15").program(
        "/usr/bin/dash", "dash", size=125_000, version="0.5.12"
    ).link("/usr/bin/sh", "dash")
    for name in ("apt", "apt-get", "apt-cache", "dpkg"):
        tree.program(f"/usr/bin/{name}", name, size=60_000)
    tree.program("/usr/bin/su", "su", size=72_000)
    tree.program("/usr/bin/perl", "perl", size=3_800_000)
    for name in ("useradd", "groupadd", "usermod", "userdel", "ldconfig", "update-ca-certificates"):
        tree.program(f"/usr/sbin/{name}", name)
    tree.program("/usr/sbin/nologin", "false")
    tree.file("/usr/lib/x86_64-linux-gnu/libc.so.6", b"\x7fELF", 0o755, size=1_920_000)
    tree.files(
        {
            "/etc/passwd": base.DEBIAN_USERS,
            "/etc/group": base.DEBIAN_GROUPS,
            "/etc/shells": "# /etc/shells: valid login shells\n/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n/bin/dash\n/usr/bin/dash\n",
            "/etc/bash.bashrc": "# System-wide .bashrc file\nPS1='${debian_chroot:+($debian_chroot)}\\u@\\h:\\w\\$ '\n",
            "/etc/profile": "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n",
            "/root/.bashrc": "# ~/.bashrc: executed by bash(1) for non-login shells.\n",
            "/root/.profile": "mesg n 2> /dev/null || true\n",
            "/var/lib/dpkg/status": "",
        }
    )


def ubuntu(
    release: str = "24.04", codename: str = "noble", name: str = "Noble Numbat", *, mtime: float = 0.0
) -> Directory:
    """Return Ubuntu's tree."""
    tree = Tree(mtime, loader=GLIBC_LOADER, version="9.4")
    _debian_like(tree)
    point = {"24.04": "24.04.1", "22.04": "22.04.5", "20.04": "20.04.6"}.get(release, release)
    tree.files(
        {
            "/etc/debian_version": "trixie/sid\n",
            "/etc/os-release": f'PRETTY_NAME="Ubuntu {point} LTS"\nNAME="Ubuntu"\nVERSION_ID="{release}"\nVERSION="{point} LTS ({name})"\n'
            f'VERSION_CODENAME={codename}\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\nSUPPORT_URL="https://help.ubuntu.com/"\n'
            f'BUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"\nUBUNTU_CODENAME={codename}\nLOGO=ubuntu-logo\n',
            "/etc/issue": f"Ubuntu {point} LTS \\n \\l\n\n",
            "/etc/lsb-release": f'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={release}\nDISTRIB_CODENAME={codename}\nDISTRIB_DESCRIPTION="Ubuntu {point} LTS"\n',
            "/etc/apt/sources.list.d/ubuntu.sources": f"Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: {codename} {codename}-updates\nComponents: main universe\n",
        }
    )
    if release >= "23":
        tree.file("/etc/passwd", base.DEBIAN_USERS + "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash\n")
        tree.file("/etc/group", base.DEBIAN_GROUPS + "ubuntu:x:1000:\n").directories("/home/ubuntu")
    return seal(tree.root)


def _redhat_like(tree: Tree, extra: tuple[str, ...] = ()) -> None:
    _common(
        tree,
        (
            "boot",
            "etc/yum.repos.d",
            "etc/profile.d",
            "var/lib/rpm",
            "var/lib/dnf",
            "var/cache/dnf",
            "etc/pki/rpm-gpg",
            "run/lock",
        ),
    )
    _merged_usr(tree)
    tree.programs("/usr/bin", [*base.COREUTILS, *base.ESSENTIAL, "curl", *extra])
    tree.program("/usr/bin/bash", "bash", size=1_390_000, version="5.1.8").link("/usr/bin/sh", "bash")
    tree.program("/usr/bin/vi", "vim", size=1_200_000)
    tree.program("/usr/bin/rpm", "rpm", size=24_000).program("/usr/bin/su", "su", size=57_000)
    for name in ("useradd", "groupadd", "usermod", "userdel", "ldconfig"):
        tree.program(f"/usr/sbin/{name}", name)
    tree.program("/usr/sbin/nologin", "false")
    tree.file("/usr/lib64/libc.so.6", b"\x7fELF", 0o755, size=2_390_000)
    tree.files(
        {
            "/etc/passwd": base.REDHAT_USERS,
            "/etc/group": base.REDHAT_GROUPS,
            "/etc/shells": "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n",
            "/etc/bashrc": '# /etc/bashrc\nPS1="[\\u@\\h \\W]\\$ "\n',
            "/etc/profile": "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n",
            "/root/.bashrc": "# .bashrc\n\n# User specific aliases and functions\n",
            "/root/.bash_profile": "# .bash_profile\n",
        }
    )


def almalinux(release: str = "9.5", *, mtime: float = 0.0) -> Directory:
    """Return AlmaLinux' tree: bash as sh, dnf (also as yum)."""
    name = {"9": "Teal Serval", "8": "Cerulean Leopard", "10": "Purple Lion"}.get(release.split(".")[0], "Teal Serval")
    major = release.split(".")[0]
    tree = Tree(mtime, loader=GLIBC_LOADER, version="8.32")
    _redhat_like(tree)
    tree.program("/usr/bin/dnf", "dnf", size=2_100).link("/usr/bin/yum", "dnf")
    tree.files(
        {
            "/etc/almalinux-release": f"AlmaLinux release {release} ({name})\n",
            "/etc/os-release": f'NAME="AlmaLinux"\nVERSION="{release} ({name})"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="{release}"\n'
            f'PLATFORM_ID="platform:el{major}"\nPRETTY_NAME="AlmaLinux {release} ({name})"\nANSI_COLOR="0;34"\nLOGO="fedora-logo-icon"\n'
            f'CPE_NAME="cpe:/o:almalinux:almalinux:{major}::baseos"\nHOME_URL="https://almalinux.org/"\n',
            "/etc/yum.repos.d/almalinux-baseos.repo": "[baseos]\nname=AlmaLinux $releasever - BaseOS\nmirrorlist=https://mirrors.almalinux.org/mirrorlist/$releasever/baseos\nenabled=1\ngpgcheck=1\n",
            "/etc/yum.repos.d/almalinux-appstream.repo": "[appstream]\nname=AlmaLinux $releasever - AppStream\nmirrorlist=https://mirrors.almalinux.org/mirrorlist/$releasever/appstream\nenabled=1\ngpgcheck=1\n",
        }
    )
    tree.link("/etc/redhat-release", "almalinux-release").link("/etc/system-release", "almalinux-release")
    return seal(tree.root)


def centos(release: str = "8", *, mtime: float = 0.0) -> Directory:
    """Return the tree of the dead centos image: 8 has dnf behind yum, 7 the old yum; both find no mirrors any more."""
    tree = Tree(mtime, loader=GLIBC_LOADER, version="8.30")
    _redhat_like(tree, ("which", "ps", "free", "top", "ip", "ping") if release == "7" else ("ps", "free", "top", "ip"))
    tree.program("/usr/bin/dnf", "dnf", size=2_100) if release == "8" else None
    tree.link("/usr/bin/yum", "dnf") if release == "8" else tree.program("/usr/bin/yum", "yum", size=800)
    long = {"8": "8.4.2105", "7": "7.9.2009 (Core)"}.get(release, release)
    title = "CentOS Linux release"
    repo = "Linux-AppStream" if release == "8" else "Base"
    section = "appstream" if release == "8" else "base"
    tree.files(
        {
            "/etc/centos-release": f"{title} {long}\n",
            "/etc/os-release": f'NAME="CentOS Linux"\nVERSION="{release}"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="{release}"\nPLATFORM_ID="platform:el{release}"\n'
            f'PRETTY_NAME="CentOS Linux {release}"\nANSI_COLOR="0;31"\nCPE_NAME="cpe:/o:centos:centos:{release}"\nHOME_URL="https://centos.org/"\n'
            'BUG_REPORT_URL="https://bugs.centos.org/"\n',
            f"/etc/yum.repos.d/CentOS-{repo}.repo": f"[{section}]\nname=CentOS Linux $releasever - {section}\n"
            f"mirrorlist=http://mirrorlist.centos.org/?release=$releasever&arch=$basearch&repo={section}&infra=$infra\n"
            "#baseurl=http://mirror.centos.org/$contentdir/$releasever/\ngpgcheck=1\nenabled=1\n",
        }
    )
    tree.link("/etc/redhat-release", "centos-release").link("/etc/system-release", "centos-release")
    return seal(tree.root)


def host(*, mtime: float = 0.0) -> Directory:
    """Return the tree of the lab's own machines: an AlmaLinux server with the tools an administrator wants."""
    tree = Tree(mtime, loader=GLIBC_LOADER, version="8.32")
    _redhat_like(
        tree,
        (
            "which",
            "ps",
            "free",
            "top",
            "ip",
            "ping",
            "wget",
            "vim",
            "less",
            "uptime",
            "ss",
            "netstat",
            "ifconfig",
            "route",
            "nslookup",
            "dig",
            "host",
            "nc",
            "telnet",
            "pgrep",
            "pkill",
            "killall",
            "pidof",
            "pstree",
            "file",
            "clear",
            "time",
            "hexdump",
            "strings",
            "kill",
        ),
    )
    tree.program("/usr/bin/dnf", "dnf", size=2_100).link("/usr/bin/yum", "dnf")
    tree.program("/usr/bin/systemctl", "systemctl", size=300_000).program(
        "/usr/bin/sudo", "sudo", size=180_000
    ).program("/usr/bin/yum-config-manager", "yum-config-manager")
    tree.files(
        {
            "/etc/almalinux-release": "AlmaLinux release 9.5 (Teal Serval)\n",
            "/etc/os-release": 'NAME="AlmaLinux"\nVERSION="9.5 (Teal Serval)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.5"\nPRETTY_NAME="AlmaLinux 9.5 (Teal Serval)"\n',
            "/etc/yum.repos.d/almalinux-baseos.repo": "[baseos]\nname=AlmaLinux $releasever - BaseOS\nmirrorlist=https://mirrors.almalinux.org/mirrorlist/$releasever/baseos\nenabled=1\n",
        }
    )
    return seal(tree.root)


DISTRIBUTIONS: dict[str, Callable[..., Directory]] = {
    "alpine": alpine,
    "almalinux": almalinux,
    "busybox": busybox,
    "centos": centos,
    "debian": debian,
    "ubuntu": ubuntu,
}
