"""``apk``, ``apt-get``/``apt``/``dpkg``, ``dnf``/``yum``/``rpm`` as commands: what they print, what they refuse.

Downloads take virtual time and need a network. The mirrors of CentOS 7 and 8 are gone, as outside.
Left out: signatures, repositories of one's own, upgrades, most sub-commands.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from k8slab.machine.programs.packages import catalogue
from k8slab.machine.programs.packages.catalogue import Installed, Package
from k8slab.machine.programs.tool import Call, Steps, human

#: Virtual time: what a mirror takes to answer, and how many KiB come in a second.
ANSWER_SECONDS = 0.4
KIB_PER_SECOND = 20_000.0


def _online(call: Call) -> bool:
    return catalogue.is_online(call.process.network, call.process.namespaces.pid.parent is None)


def _download(call: Call, packages: list[Package]) -> Generator[Any, Any, None]:
    yield call.process.clock.timeout(ANSWER_SECONDS + sum(one.size_kib for one in packages) / 3 / KIB_PER_SECOND)


# -- apk ---------------------------------------------------------------------------------------------------------------


def apk(call: Call) -> Steps:
    words = [word for word in call.args if not word.startswith("-")]
    flags = [word for word in call.args if word.startswith("-")]
    command = words[0] if words else ""
    if command in ("", "help") and "--version" in flags:
        call.line("apk-tools 2.14.4, compiled for x86_64.")
        return 0
    installed = Installed(call.files, "/lib/apk/db/installed")
    # --virtual NAME and -t NAME name a group, not a package
    if "--virtual" in flags or "-t" in flags:
        place = next(at for at, word in enumerate(call.args) if word in ("--virtual", "-t"))
        group = call.args[place + 1 : place + 2]
        words = [word for word in words if word not in group]
    if command == "update":
        return (yield from _apk_fetch(call))
    if command == "add":
        if call.files.credentials.uid:
            call.err(
                "ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database: Permission denied\n"
            )
            return 99
        return (yield from _apk_add(call, installed, words[1:], flags))
    if command == "del":
        for name in words[1:]:
            package = catalogue.find("alpine", name)
            if name in installed.versions and package is not None:
                catalogue.remove_files(call.files, package)
                installed.remove(name)
                call.line(f"(1/1) Purging {name} ({package.version})")
        call.line(f"OK: {_apk_size(installed)} MiB in {len(installed.versions) + 14} packages")
        return 0
    if command == "info":
        for name in sorted(installed.versions):
            call.line(name)
        return 0
    if command == "search":
        for package in catalogue.ALPINE:
            if not words[1:] or words[1] in package.name:
                call.line(f"{package.name}-{package.version}")
        return 0
    call.err("apk-tools 2.14.4, compiled for x86_64.\n\nusage: apk [<OPTIONS>...] COMMAND [<ARGUMENTS>...]\n")
    return 1


def _apk_fetch(call: Call) -> Steps:
    release = _release(call, "/etc/alpine-release").rsplit(".", 1)[0] or "3.20"
    for name in ("main", "community"):
        call.line(f"fetch https://dl-cdn.alpinelinux.org/alpine/v{release}/{name}/x86_64/APKINDEX.tar.gz")
    yield from call.flush()
    if not _online(call):
        yield call.process.clock.timeout(5)
        for name in ("main", "community"):
            call.err(
                f"WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v{release}/{name}: temporary error (try again later)\n"
            )
        return 2
    yield call.process.clock.timeout(ANSWER_SECONDS)
    if call.args[:1] == ["update"]:
        call.line(f"v{_release(call, '/etc/alpine-release')} [https://dl-cdn.alpinelinux.org/alpine/v{release}/main]")
        call.line(
            f"v{_release(call, '/etc/alpine-release')} [https://dl-cdn.alpinelinux.org/alpine/v{release}/community]"
        )
        call.line("OK: 24164 distinct packages available")
    return 0


def _release(call: Call, path: str) -> str:
    try:
        return call.files.read_text(path).strip()
    except OSError:
        return ""


def _apk_add(call: Call, installed: Installed, names: list[str], flags: list[str]) -> Steps:
    code = yield from _apk_fetch(call)
    packages: list[Package] = []
    missing = []
    for name in names:
        plain = name.split("=")[0].split(">")[0].split("~")[0]
        package = catalogue.find("alpine", plain)
        if package is None:
            missing.append(plain)
        else:
            packages += [one for one in catalogue.resolve("alpine", package, installed.versions) if one not in packages]
    if missing or code:
        call.err("ERROR: unable to select packages:\n")
        for name in missing or list(names):
            call.err(f"  {name} (no such package):\n    required by: world[{name}]\n")
        return len(missing) or 1
    if packages:
        yield from _download(call, packages)
    for number, package in enumerate(packages, 1):
        call.line(f"({number}/{len(packages)}) Installing {package.name} ({package.version})")
        try:
            catalogue.put_files(call.files, package, "alpine")
            installed.add(package)
        except OSError as error:
            call.err(
                f"ERROR: Unable to lock database: {error.strerror}\nERROR: Failed to open apk database: {error.strerror}\n"
            )
            return 99
    if packages:
        call.line("Executing busybox-1.36.1-r29.trigger")
    call.line(f"OK: {_apk_size(installed)} MiB in {len(installed.versions) + 14} packages")
    return 0


def _apk_size(installed: Installed) -> int:
    sizes = {package.name: package.size_kib for package in catalogue.ALPINE}
    return 8 + sum(sizes.get(name, 0) for name in installed.versions) // 1024


# -- apt ---------------------------------------------------------------------------------------------------------------

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
    text = _release(call, "/etc/os-release")
    ubuntu = "ID=ubuntu" in text
    suite = next((line.split("=")[1] for line in text.splitlines() if line.startswith("VERSION_CODENAME=")), "bookworm")
    base = "http://archive.ubuntu.com/ubuntu" if ubuntu else "http://deb.debian.org/debian"
    host = base.split("/")[2]
    if not _online(call):
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
    if not _online(call):
        call.err(
            f"E: Failed to fetch http://deb.debian.org/debian/pool/main/{packages[0].name}  Temporary failure resolving 'deb.debian.org'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n"
        )
        return 100
    yield from _download(call, packages)
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


# -- dnf, yum ----------------------------------------------------------------------------------------------------------


def dnf(call: Call) -> Steps:
    words = [word for word in call.args if not word.startswith("-")]
    flags = [word for word in call.args if word.startswith("-")]
    command = words[0] if words else ""
    installed = Installed(call.files, "/var/lib/rpm/packages")
    if "--version" in flags:
        call.line("4.14.0")
        return 0
    if command in ("clean",):
        call.line("0 files removed")
        return 0
    if command in ("", "help"):
        call.line("usage: dnf [options] COMMAND")
        return 1 if not command else 0
    if (
        command in ("install", "remove", "erase", "update", "upgrade", "makecache", "autoremove")
        and call.files.credentials.uid
    ):
        call.err("Error: This command has to be run with superuser privileges (under the root user on most systems).\n")
        return 1
    if command in ("remove", "erase", "autoremove"):
        return _dnf_remove(call, installed, words[1:])
    if command == "config-manager":
        return _add_repository(call)
    if command == "list" and "installed" in words:
        call.line("Installed Packages")
        for name, version in sorted(installed.versions.items()):
            call.line(f"{name}.x86_64    {version}    @appstream")
        return 0
    code = yield from _dnf_metadata(call)
    if code:
        return code
    if command in ("makecache", "check-update"):
        call.line("Metadata cache created.")
        return 0
    if command in ("update", "upgrade"):
        call.out("Dependencies resolved.\nNothing to do.\nComplete!\n")
        return 0
    if command in ("search", "list", "info"):
        for package in catalogue.REDHAT:
            if not words[1:] or words[1] in package.name:
                call.line(f"{package.name}.x86_64 : {package.summary}")
        return 0
    if command in ("install", "reinstall"):
        return (yield from _dnf_install(call, installed, words[1:], flags))
    call.err(f"No such command: {command}. Please use /usr/bin/dnf --help\n")
    return 1


def _dnf_metadata(call: Call) -> Steps:
    release = _release(call, "/etc/centos-release")
    if release:
        return (yield from _dead_centos(call, "8" if "release 8" in release else "7"))
    name = "AlmaLinux 9 - AppStream"
    if not _online(call):
        yield call.process.clock.timeout(20)
        call.line(f"{name}                         0.0  B/s |   0  B     00:20    ")
        call.err(
            "Errors during downloading metadata for repository 'appstream':\n  - Curl error (6): Couldn't resolve host name for https://mirrors.almalinux.org/mirrorlist/9/appstream [Could not resolve host: mirrors.almalinux.org]\n"
        )
        call.err(
            "Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist: Curl error (6): Couldn't resolve host name for https://mirrors.almalinux.org/mirrorlist/9/appstream [Could not resolve host: mirrors.almalinux.org]\n"
        )
        return 1
    if not call.files.exists("/var/cache/dnf/metadata"):
        yield call.process.clock.timeout(3 * ANSWER_SECONDS)
        for title, size in ((name, "8.5 MB"), ("AlmaLinux 9 - BaseOS", "8.0 MB"), ("AlmaLinux 9 - Extras", " 13 kB")):
            call.line(f"{title:<40}  18 MB/s | {size}     00:00    ")
        try:
            call.files.make_directories("/var/cache/dnf")
            call.files.write("/var/cache/dnf/metadata", "appstream\nbaseos\n")
            found = call.files.find("/var/cache/dnf/metadata")
            call.files.truncate_at(found, call.files.file_at(found, "", 2), 38_000_000)  # what dnf clean all takes away
        except OSError as error:
            call.err(f"Error: {error.strerror}: '{error.filename}'\n")
            return 1
    else:
        call.line("Last metadata expiration check: 0:00:01 ago.")
    return 0


def _dead_centos(call: Call, release: str) -> Steps:
    yield call.process.clock.timeout(2)
    if release == "8":
        call.line("CentOS Linux 8 - AppStream                       58  B/s |  38  B     00:00    ")
        call.err(
            "Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist: No URLs in mirrorlist\n"
        )
        return 1
    call.out("Loaded plugins: fastestmirror, ovl\nDetermining fastest mirrors\n")
    call.err(
        'Could not retrieve mirrorlist http://mirrorlist.centos.org/?release=7&arch=x86_64&repo=os&infra=container error was\n14: curl#6 - "Could not resolve host: mirrorlist.centos.org; Unknown error"\n\n\n One of the configured repositories failed (Unknown),\n and yum doesn\'t have enough cached data to continue.\n\nCannot find a valid baseurl for repo: base/7/x86_64\n'
    )
    return 1


def _dnf_install(call: Call, installed: Installed, names: list[str], flags: list[str]) -> Steps:
    packages: list[Package] = []
    missing = []
    for name in names:
        package = catalogue.find("redhat", name)
        if package is None:
            missing.append(name)
        elif package.name in installed.versions:
            call.line(f"Package {package.name}-{installed.versions[package.name]}.x86_64 is already installed.")
        else:
            packages += [one for one in catalogue.resolve("redhat", package, installed.versions) if one not in packages]
    if missing:
        for name in missing:
            call.line(f"No match for argument: {name}")
        call.err(f"Error: Unable to find a match: {' '.join(missing)}\n")
        return 1
    call.line("Dependencies resolved.")
    if not packages:
        call.out("Nothing to do.\nComplete!\n")
        return 0
    _dnf_table(call, packages, names)
    agreed = any(
        flag in ("-y", "--assumeyes") or (flag[:1] == "-" and flag[1:2] != "-" and "y" in flag) for flag in flags
    )
    if not agreed:
        call.out("Is this ok [y/N]: ")
        yield from call.flush()
        answer = yield from call.process.read(0, 1024)
        if not answer.strip().lower().startswith(b"y"):
            call.err("Operation aborted.\n")
            return 1
    yield from _download(call, packages)
    call.line("Downloading Packages:")
    for number, one in enumerate(packages, 1):
        call.line(
            f"({number}/{len(packages)}): {one.name}-{one.version.split(':')[-1]}.x86_64.rpm".ljust(50)
            + f" {human(one.size_kib * 340)}B/s | {human(one.size_kib * 340)}B     00:00    "
        )
    call.line(
        "Running transaction check\nTransaction check succeeded.\nRunning transaction test\nTransaction test succeeded.\nRunning transaction"
    )
    call.line("  Preparing        :                                                        1/1 ")
    for number, one in enumerate(packages, 1):
        call.line(f"  Installing       : {one.name}-{one.version}.x86_64".ljust(70) + f"{number}/{len(packages)} ")
        try:
            catalogue.put_files(call.files, one, "redhat")
            installed.add(one)
        except OSError as error:
            call.err(f"Error: unpacking of archive failed on file {error.filename}: cpio: {error.strerror}\n")
            return 1
    call.line("\nInstalled:")
    call.line("  " + "  ".join(f"{one.name}-{one.version}.x86_64" for one in packages) + "  ")
    call.line("\nComplete!")
    return 0


def _dnf_table(call: Call, packages: list[Package], names: list[str]) -> None:
    rule = "=" * 80
    call.line(f"{rule}\n Package               Architecture   Version                  Repository    Size\n{rule}")
    wanted = [one for one in packages if one.name in names or one is packages[-1]]
    call.line("Installing:")
    for one in wanted:
        call.line(f" {one.name:<21} x86_64         {one.version:<24} appstream     {human(one.size_kib * 340)}")
    rest = [one for one in packages if one not in wanted]
    if rest:
        call.line("Installing dependencies:")
        for one in rest:
            call.line(f" {one.name:<21} x86_64         {one.version:<24} appstream     {human(one.size_kib * 340)}")
    size = sum(one.size_kib for one in packages) * 1024
    call.line(
        f"\nTransaction Summary\n{rule}\nInstall  {len(packages)} Package{'s' if len(packages) > 1 else ''}\n\nTotal download size: {human(size // 3)}\nInstalled size: {human(size)}"
    )


def _dnf_remove(call: Call, installed: Installed, names: list[str]) -> int:
    gone = [name for name in names if name in installed.versions]
    for name in names:
        if name not in gone:
            call.line(f"No match for argument: {name}")
    if not gone:
        call.out("No packages marked for removal.\nDependencies resolved.\nNothing to do.\nComplete!\n")
        return 0
    for name in gone:
        package = catalogue.find("redhat", name)
        if package is not None:
            catalogue.remove_files(call.files, package)
        call.line(f"  Erasing          : {name}-{installed.versions[name]}.x86_64")
        installed.remove(name)
    call.out("\nRemoved:\n  " + "  ".join(gone) + "\n\nComplete!\n")
    return 0


def _add_repository(call: Call) -> int:
    url = next((word for word in reversed(call.args) if "://" in word), "")
    if not url:
        call.err("usage: dnf config-manager [-c [config file]] [--add-repo URL]\n")
        return 1
    name = url.rsplit("/", 1)[-1]
    call.line(f"Adding repo from: {url}")
    call.files.write(
        f"/etc/yum.repos.d/{name}", f"[{name.removesuffix('.repo')}]\nname={name}\nbaseurl={url}\nenabled=1\n"
    )
    return 0


def yum_config_manager(call: Call) -> int:
    return _add_repository(call)


def rpm(call: Call) -> int:
    installed = Installed(call.files, "/var/lib/rpm/packages")
    flags = "".join(word[1:] for word in call.args if word.startswith("-"))
    names = [word for word in call.args if not word.startswith("-")]
    if "q" not in flags:
        return call.fail("no arguments given")
    if "a" in flags:
        for name, version in sorted(installed.versions.items()):
            call.line(f"{name}-{version}.x86_64")
        return 0
    code = 0
    for name in names:
        if name in installed.versions:
            call.line(f"{name}-{installed.versions[name]}.x86_64")
        else:
            call.line(f"package {name} is not installed")
            code = 1
    return code
