"""``dnf``, ``yum`` and ``rpm`` as AlmaLinux has them; the mirrors of CentOS 7 and 8 are gone, as outside.

Left out: signatures, modules, upgrades, most sub-commands.
"""

from __future__ import annotations

from k8slab.machine.programs.packages import catalogue
from k8slab.machine.programs.packages.catalogue import Installed, Package
from k8slab.machine.programs.packages.downloads import ANSWER_SECONDS, download, first_line, online
from k8slab.machine.programs.tool import Call, Steps, human


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
    release = first_line(call, "/etc/centos-release")
    if release:
        return (yield from _dead_centos(call, "8" if "release 8" in release else "7"))
    name = "AlmaLinux 9 - AppStream"
    if not online(call):
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
    yield from download(call, packages)
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
