"""What can be installed: the packages that lessons and learners ask for, with their files.

One catalogue for all distributions; names that differ are listed under each. A package's programs go to /usr/bin (or where *paths*
says), modelled ones run, the others say that they are only files here.
Left out: everything else; an unknown name gets the real manager's words for a package that does not exist.
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.machine.executable import GLIBC_LOADER, MUSL_LOADER, content
from k8slab.machine.fs.inode import File
from k8slab.machine.fs.view import FileView
from k8slab.machine.network import Network


class Package(NamedTuple):
    """One package. *programs* are ``path=program`` or just a name in /usr/bin; *files* are text files to make."""

    name: str
    version: str
    size_kib: int
    programs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    summary: str = ""


NGINX_CONF = (
    "user {user};\nworker_processes auto;\nerror_log /var/log/nginx/error.log notice;\npid /run/nginx.pid;\nevents {{ worker_connections 1024; }}\n"
    "http {{\n    default_type application/octet-stream;\n    access_log /var/log/nginx/access.log;\n    include /etc/nginx/conf.d/*.conf;\n"
    "    server {{\n        listen 80 default_server;\n        root {root};\n        index index.html;\n    }}\n}}\n"
)
NGINX_PAGE = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n"


def _nginx(user: str, root: str) -> tuple[tuple[str, str], ...]:
    return (
        ("/etc/nginx/nginx.conf", NGINX_CONF.format(user=user, root=root)),
        (f"{root}/index.html", NGINX_PAGE),
        ("/etc/nginx/conf.d/", ""),
        ("/var/log/nginx/", ""),
        ("/var/cache/nginx/", ""),
    )


COMMON = (
    Package("curl", "8.9.1", 540, ("curl",), ("libcurl",), summary="Command line tool for transferring data with URL syntax"),
    Package("wget", "1.21.3", 980, ("wget",), summary="Retrieves files from the web"),
    Package("vim", "9.0.1378", 3600, ("vim", "vi"), ("vim-common",), summary="Vi IMproved - enhanced vi editor"),
    Package("nano", "7.2", 680, ("nano",), summary="Small, friendly text editor"),
    Package("bash", "5.2.15", 1300, ("/bin/bash=bash",), summary="The GNU Bourne Again shell"),
    Package("git", "2.39.5", 12000, ("git",), summary="Fast, scalable, distributed revision control system"),
    Package("tar", "1.34", 880, ("tar",), summary="GNU version of the tar archiving utility"),
    Package("gzip", "1.12", 190, ("gzip", "gunzip", "zcat"), summary="GNU compression utilities"),
    Package("ca-certificates", "20240203", 620, files=(("/etc/ssl/certs/ca-certificates.crt", "# the lab has no certificates\n"),), summary="Common CA certificates"),
    Package("jq", "1.6", 70, ("jq",), summary="Command-line JSON processor"),
    Package("tree", "2.1.0", 90, ("tree",), summary="Lists the content of directories in a tree-like format"),
    Package("htop", "3.2.2", 250, ("htop",), summary="Interactive processes viewer"),
    Package("less", "590", 310, ("less", "more"), summary="Pager program similar to more"),
    Package("file", "5.44", 80, ("file",), summary="Recognize the type of data in a file"),
    Package("make", "4.3", 1600, ("make",), summary="Utility for directing compilation"),
    Package("gcc", "12.2.0", 36000, ("gcc", "cc"), summary="GNU C compiler"),
    Package("openssl", "3.0.15", 1400, ("openssl",), summary="Secure Sockets Layer toolkit"),
    Package("sudo", "1.9.13", 4200, ("sudo",), summary="Provide limited super user privileges to specific users"),
    Package("stress", "1.0.7", 60, ("stress",), summary="Tool to impose load on and stress test a computer system"),
    Package("tini", "0.19.0", 30, ("tini",), summary="A tiny but valid init for containers"),
    Package("dumb-init", "1.2.5", 80, ("dumb-init",), summary="Minimal init system for Linux containers"),
)  # fmt: skip

ALPINE = (
    *COMMON,
    Package(
        "nginx",
        "1.26.2-r0",
        1200,
        ("/usr/sbin/nginx=nginx",),
        ("pcre2",),
        _nginx("nginx", "/var/lib/nginx/html"),
        "HTTP and reverse proxy server",
    ),
    Package("iproute2", "6.9.0-r0", 1000, ("/sbin/ip=ip", "ss"), summary="IP Routing Utilities"),
    Package("bind-tools", "9.18.31-r0", 1300, ("dig", "host", "nslookup"), summary="The ISC DNS tools"),
    Package(
        "procps",
        "4.0.4-r0",
        800,
        ("ps", "top", "free", "pgrep", "pkill", "uptime"),
        summary="Utilities for monitoring your system",
    ),
    Package(
        "coreutils",
        "9.5-r1",
        1100,
        ("ls", "cat", "cp", "mv", "date", "sort", "stat", "timeout"),
        summary="The basic file, shell and text manipulation utilities",
    ),
    Package(
        "mysql-client", "11.4.3-r1", 6000, ("mysql", "mysqldump", "mysqladmin"), summary="MySQL client dummy package"
    ),
    Package("mariadb-client", "11.4.3-r1", 6000, ("mysql", "mysqldump", "mysqladmin"), summary="MariaDB client"),
    Package("redis", "7.2.5-r1", 2500, ("redis-server", "redis-cli"), summary="Advanced key-value store"),
    Package("python3", "3.12.7-r0", 45000, ("python3",), summary="High-level scripting language"),
    Package("nodejs", "20.15.1-r0", 47000, ("node",), summary="JavaScript runtime"),
    Package("openjdk17-jre", "17.0.13-r0", 180000, ("java",), summary="OpenJDK 17 Java Runtime"),
    Package(
        "shadow",
        "4.15.1-r0",
        330,
        ("/usr/sbin/useradd=useradd", "/usr/sbin/groupadd=groupadd"),
        summary="Login and user management tools",
    ),
    Package("build-base", "0.5-r3", 4, (), ("gcc", "make"), summary="Meta package for build base"),
    Package("pcre2", "10.43-r0", 600),
    Package("libcurl", "8.9.1-r1", 520, (), ("ca-certificates",)),
    Package("vim-common", "9.1.0707-r0", 1200),
    Package("tzdata", "2024b-r0", 1500, summary="Timezone data"),
    Package("netcat-openbsd", "1.226-r0", 40, ("nc",), summary="TCP/IP swiss army knife"),
)
DEBIAN = (
    *COMMON,
    Package(
        "nginx",
        "1.22.1-9",
        1400,
        ("/usr/sbin/nginx=nginx",),
        ("nginx-common",),
        _nginx("www-data", "/var/www/html"),
        "small, powerful, scalable web/proxy server",
    ),
    Package("nginx-common", "1.22.1-9", 290),
    Package("apache2", "2.4.62-1", 600, ("/usr/sbin/apache2=httpd",), summary="Apache HTTP Server"),
    Package(
        "iproute2",
        "6.1.0-3",
        3000,
        ("/usr/sbin/ip=ip", "/usr/bin/ss=ss"),
        ("libelf1",),
        summary="networking and traffic control tools",
    ),
    Package("libelf1", "0.188-2.1", 180),
    Package("iputils-ping", "3:20221126-1", 110, ("ping",), summary="Tools to test the reachability of network hosts"),
    Package(
        "net-tools",
        "2.10-0.1",
        1000,
        ("/usr/sbin/ifconfig=ifconfig", "/usr/bin/netstat=netstat", "/usr/sbin/route=route"),
        summary="NET-3 networking toolkit",
    ),
    Package(
        "dnsutils", "1:9.18.28-1", 300, ("dig", "nslookup", "host"), summary="Transitional package for bind9-dnsutils"
    ),
    Package("bind9-dnsutils", "1:9.18.28-1", 300, ("dig", "nslookup", "host"), summary="Clients provided with BIND 9"),
    Package(
        "procps",
        "2:4.0.2-3",
        2300,
        ("ps", "top", "free", "pgrep", "pkill", "uptime", "kill"),
        ("libproc2-0",),
        summary="/proc file system utilities",
    ),
    Package("libproc2-0", "2:4.0.2-3", 190),
    Package("psmisc", "23.6-1", 900, ("killall", "pstree"), summary="utilities that use the proc file system"),
    Package("netcat-openbsd", "1.219-1", 110, ("nc",), summary="TCP/IP swiss army knife"),
    Package("netcat-traditional", "1.10-47", 140, ("nc",), summary="TCP/IP swiss army knife"),
    Package("telnet", "0.17+2.4-2", 70, ("telnet",), summary="basic telnet client"),
    Package(
        "traceroute",
        "1:2.1.2-1",
        180,
        ("traceroute",),
        summary="Traces the route taken by packets over an IPv4/IPv6 network",
    ),
    Package(
        "default-mysql-client",
        "1.1.0",
        9,
        ("mysql", "mysqldump", "mysqladmin"),
        summary="MySQL database client binaries (metapackage)",
    ),
    Package(
        "mariadb-client",
        "1:10.11.6-0",
        46000,
        ("mysql", "mysqldump", "mysqladmin"),
        summary="MariaDB database client binaries",
    ),
    Package(
        "redis-server",
        "5:7.0.15-1",
        250,
        ("redis-server",),
        ("redis-tools",),
        summary="Persistent key-value database with network interface",
    ),
    Package(
        "redis-tools",
        "5:7.0.15-1",
        4000,
        ("redis-cli",),
        summary="Persistent key-value database with network interface (client tools)",
    ),
    Package(
        "python3",
        "3.11.2-1+b1",
        90,
        ("python3",),
        ("libpython3-stdlib",),
        summary="interactive high-level object-oriented language",
    ),
    Package("libpython3-stdlib", "3.11.2-1+b1", 30),
    Package("python3-pip", "23.0.1+dfsg-1", 6800, ("pip", "pip3"), ("python3",), summary="Python package installer"),
    Package("nodejs", "18.19.0+dfsg-6", 310, ("node",), summary="evented I/O for V8 javascript"),
    Package(
        "openjdk-17-jre-headless",
        "17.0.13+11-2",
        190000,
        ("java",),
        summary="OpenJDK Java runtime, using Hotspot JIT (headless)",
    ),
    Package("default-jre", "2:1.17-74", 6, ("java",), summary="Standard Java or Java compatible Runtime"),
    Package(
        "build-essential", "12.9", 20, (), ("gcc", "make"), summary="Informational list of build-essential packages"
    ),
    Package("libcurl", "7.88.1-10", 380, (), ("ca-certificates",)),
    Package("vim-common", "2:9.0.1378-2", 340),
    Package("vim-tiny", "2:9.0.1378-2", 1700, ("vi",), summary="Vi IMproved - enhanced vi editor - compact version"),
    Package("locales", "2.36-9", 16000, summary="GNU C Library: National Language (locale) data"),
    Package("tzdata", "2024b-0", 2500, summary="time zone and daylight-saving time data"),
    Package("gnupg", "2.2.40-1", 880, ("gpg",), summary="GNU privacy guard"),
    Package("apt-transport-https", "2.6.1", 40, summary="transitional package for https support"),
    Package(
        "software-properties-common", "0.99.30", 40, summary="manage the repositories that you install software from"
    ),
)
REDHAT = (
    *(package for package in COMMON if package.name != "vim"),
    Package(
        "vim-enhanced",
        "2:8.2.2637-21.el9",
        3900,
        ("vim",),
        ("vim-common", "vim-filesystem", "gpm-libs"),
        summary="A version of the VIM editor which includes recent enhancements",
    ),
    Package(
        "vim-common", "2:8.2.2637-21.el9", 31000, summary="The common files needed by any version of the VIM editor"
    ),
    Package("vim-filesystem", "2:8.2.2637-21.el9", 40),
    Package("gpm-libs", "1.20.7-29.el9", 30),
    Package(
        "net-tools",
        "2.0-0.62.20160912git.el9",
        930,
        ("/usr/sbin/ifconfig=ifconfig", "/usr/bin/netstat=netstat", "/usr/sbin/route=route"),
        summary="Basic networking tools",
    ),
    Package(
        "iproute",
        "6.2.0-6.el9_4",
        2100,
        ("/usr/sbin/ip=ip", "/usr/sbin/ss=ss"),
        summary="Advanced IP routing and network device configuration tools",
    ),
    Package("iputils", "20210202-10.el9_5", 460, ("ping",), summary="Network monitoring tools including ping"),
    Package(
        "procps-ng",
        "3.3.17-14.el9",
        1000,
        ("ps", "top", "free", "pgrep", "pkill", "uptime"),
        summary="System and process monitoring utilities",
    ),
    Package(
        "bind-utils",
        "32:9.16.23-24.el9_5",
        660,
        ("dig", "nslookup", "host"),
        summary="Utilities for querying DNS name servers",
    ),
    Package("nmap-ncat", "3:7.92-3.el9", 480, ("nc",), summary="Nmap's Netcat replacement"),
    Package(
        "telnet", "1:0.17-85.el9", 130, ("telnet",), summary="The client program for the Telnet remote login protocol"
    ),
    Package(
        "which", "2.21-29.el9", 80, ("which",), summary="Displays where a particular program in your path is located"
    ),
    Package(
        "nginx",
        "2:1.20.1-20.el9.alma.1",
        600,
        ("/usr/sbin/nginx=nginx",),
        ("nginx-core",),
        _nginx("nginx", "/usr/share/nginx/html"),
        "A high performance web server and reverse proxy server",
    ),
    Package("nginx-core", "2:1.20.1-20.el9.alma.1", 1600),
    Package("httpd", "2.4.62-1.el9", 60, ("/usr/sbin/httpd=httpd",), summary="Apache HTTP Server"),
    Package(
        "mysql",
        "8.0.41-2.el9_5",
        12000,
        ("mysql", "mysqldump", "mysqladmin"),
        summary="MySQL client programs and shared libraries",
    ),
    Package(
        "java-17-openjdk-headless",
        "1:17.0.14.0.7-2.el9",
        190000,
        ("java",),
        summary="OpenJDK 17 Headless Runtime Environment",
    ),
    Package("python3", "3.9.21-1.el9_5", 30, ("python3",), summary="Python 3.9 interpreter"),
    Package(
        "yum-utils", "4.3.0-16.el9.alma.1", 40, ("yum-config-manager",), summary="Yum-utils CLI compatibility layer"
    ),
    Package("dnf-plugins-core", "4.3.0-16.el9.alma.1", 10, summary="Core Plugins for DNF"),
    Package("epel-release", "9-7.el9", 30, summary="Extra Packages for Enterprise Linux repository configuration"),
    Package("libcurl", "7.76.1-31.el9", 580),
    Package(
        "docker-ce",
        "3:28.2.2-1.el9",
        98000,
        (),
        ("docker-ce-cli", "containerd.io"),
        summary="Docker: the open-source application container engine",
    ),
    Package(
        "docker-ce-cli",
        "1:28.2.2-1.el9",
        41000,
        (),
        ("docker-buildx-plugin",),
        summary="The open-source application container engine",
    ),
    Package("containerd.io", "1.7.27-3.1.el9", 130000, summary="An industry-standard container runtime"),
    Package("docker-compose-plugin", "2.36.2-1.el9", 66000, summary="Docker Compose (V2) plugin for the Docker CLI"),
    Package("docker-buildx-plugin", "0.24.0-1.el9", 71000, summary="Docker Buildx cli plugin"),
)
#: What people call a package, per family.
ALIASES = {
    "vim": {"redhat": "vim-enhanced"},
    "python": {"redhat": "python3"},
    "java": {"redhat": "java-17-openjdk-headless"},
}
FAMILIES = {"alpine": ALPINE, "debian": DEBIAN, "redhat": REDHAT}


def find(family: str, name: str) -> Package | None:
    """Return the package that *name* means in *family*, None if there is none."""
    wanted = ALIASES.get(name, {}).get(family, name)
    return next((package for package in FAMILIES[family] if package.name == wanted), None)


def resolve(family: str, package: Package, installed: dict[str, str]) -> list[Package]:
    """Return *package* and what it needs that is not *installed*, needs first."""
    order: list[Package] = []

    def visit(one: Package) -> None:
        if one in order or one.name in installed:
            return
        for need in one.needs:
            found = find(family, need)
            if found is not None:
                visit(found)
        order.append(one)

    visit(package)
    return order


def put_files(files: FileView, package: Package, family: str) -> None:
    """Make the files of *package*. Raises OSError."""
    loader = MUSL_LOADER if family == "alpine" else GLIBC_LOADER
    size = package.size_kib * 1024
    for entry in package.programs:
        path, equals, program = entry.partition("=")
        if not equals:
            path, program = f"/usr/bin/{entry}", entry
        version = package.version.split(":")[-1].split("-")[0]
        each = max(512, size // max(1, len(package.programs)))
        _put(
            files,
            path,
            File(content(program, version=version, loader=loader), 0o755, mtime=files.now(), hole=each - 512),
        )
    for path, text in package.files:
        if path.endswith("/"):
            files.make_directories(path.rstrip("/"))
        else:
            _put(files, path, File(text.encode(), 0o644, mtime=files.now()))
    if not package.programs and not package.files:
        _put(files, f"/usr/share/doc/{package.name}/contents", File(b"", 0o644, mtime=files.now(), hole=size))


def _put(files: FileView, path: str, node: File) -> None:
    head = path.rsplit("/", 1)[0]
    if head and not files.is_directory(head):
        files.make_directories(head, 0o755)
    if files.find_or_none(path, follow=False) is not None:
        files.unlink(path)
    place = files.find(head or "/")
    place.mount.file_system.charge(node.size)
    files.add(path, node)


def remove_files(files: FileView, package: Package) -> None:
    """Take the programs of *package* away."""
    for entry in package.programs:
        path = entry.partition("=")[0] if "=" in entry else f"/usr/bin/{entry}"
        if files.find_or_none(path, follow=False) is not None:
            files.unlink(path)


class Installed:
    """The list of installed packages, kept in one file of the image (so it is in the layer)."""

    def __init__(self, files: FileView, path: str) -> None:
        self.files = files
        self.path = path
        try:
            text = files.read_text(path)
        except OSError:
            text = ""
        self.versions = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)

    def add(self, package: Package) -> None:
        """Note *package*."""
        self.versions[package.name] = package.version
        self._save()

    def remove(self, name: str) -> None:
        """Forget the package *name*."""
        self.versions.pop(name, None)
        self._save()

    def _save(self) -> None:
        text = "".join(f"{name} {version}\n" for name, version in sorted(self.versions.items()))
        self.files.write(self.path, text)


def is_online(network: Network, is_host: bool) -> bool:
    """Return whether mirrors can be reached: a machine can, a container needs more than a loopback interface."""
    if is_host:
        return True
    return any(one.kind != "loopback" for one in network.interfaces())
