"""``apt-get``, ``apt`` and ``dpkg`` as Debian and Ubuntu have them.

Left out: signatures, sources of one's own, upgrades, most sub-commands.
"""

from __future__ import annotations

from k8slab.machine.programs.packages import catalogue
from k8slab.machine.programs.packages.catalogue import Installed, Package
from k8slab.machine.programs.packages.downloads import ANSWER_SECONDS, KIB_PER_SECOND, download, first_line, online
from k8slab.machine.programs.tool import Call, Steps

APT_WARNING = "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n"


def apt(call: Call) -> Steps:
    words = [word for word in call.args if not word.startswith("-")]
    flags = [word for word in call.args if word.startswith("-")]
    quiet = sum(word.count("q") for word in flags if not word.startswith("--")) >= 2
    command = words[0] if words else ""
    if call.name == "apt" and not call.tty:
        call.err(APT_WARNING)
    if (
        command in ("update", "install", "remove", "purge", "upgrade", "autoremove", "clean", "dist-upgrade")
        and call.files.credentials.uid
    ):
        path = "/var/lib/dpkg/lock-frontend" if command not in ("update", "clean") else "/var/lib/apt/lists/lock"
        call.err(
            f"E: Could not open lock file {path} - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n"
        )
        return 100
    if command == "update":
        return (yield from _apt_update(call, quiet))
    if command == "install":
        return (yield from _apt_install(call, words[1:], flags, quiet))
    if command in ("remove", "purge"):
        return _apt_remove(call, words[1:])
    if command in ("clean", "autoclean"):
        return 0
    if command in ("upgrade", "dist-upgrade", "autoremove"):
        call.out(
            "Reading package lists...\nBuilding dependency tree...\nReading state information...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
        )
        return 0
    if command in ("list", "search", "policy", "show"):
        for package in catalogue.DEBIAN:
            if not words[1:] or words[1] in package.name:
                call.line(
                    f"{package.name}/stable {package.version} amd64"
                    if command != "search"
                    else f"{package.name} - {package.summary}"
                )
        return 0
    call.out("apt 2.6.1 (amd64)\nUsage: apt-get [options] command\n")
    return 0 if not command else 100


def _apt_update(call: Call, quiet: bool) -> Steps:
    text = first_line(call, "/etc/os-release")
    ubuntu = "ID=ubuntu" in text
    suite = next((line.split("=")[1] for line in text.splitlines() if line.startswith("VERSION_CODENAME=")), "bookworm")
    base = "http://archive.ubuntu.com/ubuntu" if ubuntu else "http://deb.debian.org/debian"
    host = base.split("/")[2]
    if not online(call):
        yield call.process.clock.timeout(10)
        for name in (suite, f"{suite}-updates"):
            call.line(f"Ign:1 {base} {name} InRelease")
        call.out("Reading package lists...\n")
        for name in (suite, f"{suite}-updates"):
            call.err(f"W: Failed to fetch {base}/dists/{name}/InRelease  Temporary failure resolving '{host}'\n")
        call.err("W: Some index files failed to download. They have been ignored, or old ones used instead.\n")
        return 0
    yield call.process.clock.timeout(2 * ANSWER_SECONDS)
    if not quiet:
        rows = [
            f"{base} {suite} InRelease [151 kB]",
            f"{base} {suite}-updates InRelease [55.4 kB]",
            f"{base} {suite}/main amd64 Packages [8789 kB]",
        ]
        for number, row in enumerate(rows, 1):
            call.line(f"Get:{number} {row}")
        call.out("Fetched 8995 kB in 1s (8842 kB/s)\nReading package lists...\n")
    try:
        call.files.write(
            f"/var/lib/apt/lists/{host}_dists_{suite}_main_binary-amd64_Packages",
            "\n".join(one.name for one in catalogue.DEBIAN) + "\n",
        )
        found = call.files.find(f"/var/lib/apt/lists/{host}_dists_{suite}_main_binary-amd64_Packages")
        inode = call.files.file_at(found, "", 2)
        call.files.truncate_at(found, inode, 48_000_000)  # why images that keep the lists are big
    except OSError as error:
        call.err(
            f"E: List directory /var/lib/apt/lists/partial is missing. - Acquire ({error.errno}: {error.strerror})\n"
        )
        return 100
    return 0


def _apt_install(call: Call, names: list[str], flags: list[str], quiet: bool) -> Steps:
    installed = Installed(call.files, "/var/lib/dpkg/status")
    if not quiet:
        call.out("Reading package lists...\nBuilding dependency tree...\nReading state information...\n")
    lists = call.files.list("/var/lib/apt/lists") if call.files.is_directory("/var/lib/apt/lists") else []
    fresh = any(name.endswith("_Packages") for name in lists)
    packages: list[Package] = []
    for name in names:
        plain = name.split("=")[0].split("/")[0].split(":")[0]
        package = catalogue.find("debian", plain)
        if package is None or not fresh:
            call.err(f"E: Unable to locate package {plain}\n")
            return 100
        if plain in installed.versions:
            call.line(f"{plain} is already the newest version ({installed.versions[plain]}).")
        packages += [one for one in catalogue.resolve("debian", package, installed.versions) if one not in packages]
    agreed = any(
        flag in ("-y", "--yes", "--assume-yes") or (flag[0:1] == "-" and flag[1:2] != "-" and "y" in flag)
        for flag in flags
    )
    call_size = sum(one.size_kib for one in packages)
    if packages and not quiet:
        extra = [one.name for one in packages if one.name not in names]
        if extra:
            call.out("The following additional packages will be installed:\n  " + " ".join(sorted(extra)) + "\n")
        call.out(
            "The following NEW packages will be installed:\n  " + " ".join(sorted(one.name for one in packages)) + "\n"
        )
    if not quiet:
        call.line(f"0 upgraded, {len(packages)} newly installed, 0 to remove and 0 not upgraded.")
    if not packages:
        return 0
    if not quiet:
        call.out(
            f"Need to get {call_size // 3} kB of archives.\nAfter this operation, {call_size} kB of additional disk space will be used.\n"
        )
    if not agreed and (call_size or names):
        call.out("Do you want to continue? [Y/n] ")
        yield from call.flush()
        answer = yield from call.process.read(0, 1024)
        if not answer or answer.strip().lower().startswith(b"n"):
            call.line("Abort.")
            return 1
    if not online(call):
        call.err(
            f"E: Failed to fetch http://deb.debian.org/debian/pool/main/{packages[0].name}  Temporary failure resolving 'deb.debian.org'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n"
        )
        return 100
    yield from download(call, packages)
    return _apt_unpack(call, installed, packages, call_size, quiet)


def _apt_unpack(call: Call, installed: Installed, packages: list[Package], size: int, quiet: bool) -> int:
    if not quiet:
        for number, one in enumerate(packages, 1):
            call.line(
                f"Get:{number} http://deb.debian.org/debian bookworm/main amd64 {one.name} amd64 {one.version} [{one.size_kib // 3} kB]"
            )
        call.line(f"Fetched {size // 3} kB in 1s ({int(KIB_PER_SECOND)} kB/s)")
        call.err("debconf: delaying package configuration, since apt-utils is not installed\n")
    total = 6091
    for one in packages:
        call.out(
            f"Selecting previously unselected package {one.name}.\n(Reading database ... {total} files and directories currently installed.)\n"
            if one is packages[0]
            else f"Selecting previously unselected package {one.name}.\n"
        )
        call.line(f"Preparing to unpack .../{one.name}_{one.version.replace(':', '%3a')}_amd64.deb ...")
        call.line(f"Unpacking {one.name} ({one.version}) ...")
        try:
            catalogue.put_files(call.files, one, "debian")
        except OSError as error:
            call.err(
                f"dpkg: error processing archive {one.name} (--unpack):\n unable to create '{error.filename}': {error.strerror}\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"
            )
            return 100
    for one in packages:
        call.line(f"Setting up {one.name} ({one.version}) ...")
        installed.add(one)
    call.line("Processing triggers for libc-bin (2.36-9+deb12u9) ...")
    return 0


def _apt_remove(call: Call, names: list[str]) -> int:
    installed = Installed(call.files, "/var/lib/dpkg/status")
    call.out("Reading package lists...\nBuilding dependency tree...\nReading state information...\n")
    gone = [name for name in names if name in installed.versions]
    for name in names:
        if name not in gone:
            call.line(f"Package '{name}' is not installed, so not removed")
    if gone:
        call.out("The following packages will be REMOVED:\n  " + " ".join(sorted(gone)) + "\n")
    call.line(f"0 upgraded, 0 newly installed, {len(gone)} to remove and 0 not upgraded.")
    for name in gone:
        package = catalogue.find("debian", name)
        if package is not None:
            catalogue.remove_files(call.files, package)
        call.line(f"Removing {name} ({installed.versions[name]}) ...")
        installed.remove(name)
    return 0


def dpkg(call: Call) -> int:
    installed = Installed(call.files, "/var/lib/dpkg/status")
    if call.args[:1] == ["--print-architecture"]:
        call.line(call.process.host.arch)
        return 0
    if call.args[:1] in (["-l"], ["--list"]):
        call.out(
            "Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name           Version      Architecture Description\n"
        )
        for name, version in sorted(installed.versions.items()):
            call.line(f"ii  {name:<14} {version:<12} amd64        ")
        return 0
    return call.fail(
        "need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];", 2
    )
