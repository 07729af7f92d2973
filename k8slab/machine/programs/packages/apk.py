"""``apk`` as Alpine has it.

Left out: signatures, repositories of one's own, most sub-commands.
"""

from __future__ import annotations

from k8slab.machine.programs.packages import catalogue
from k8slab.machine.programs.packages.catalogue import Installed, Package
from k8slab.machine.programs.packages.downloads import ANSWER_SECONDS, download, first_line, online
from k8slab.machine.programs.tool import Call, Steps


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
    release = first_line(call, "/etc/alpine-release").rsplit(".", 1)[0] or "3.20"
    for name in ("main", "community"):
        call.line(f"fetch https://dl-cdn.alpinelinux.org/alpine/v{release}/{name}/x86_64/APKINDEX.tar.gz")
    yield from call.flush()
    if not online(call):
        yield call.process.clock.timeout(5)
        for name in ("main", "community"):
            call.err(
                f"WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v{release}/{name}: temporary error (try again later)\n"
            )
        return 2
    yield call.process.clock.timeout(ANSWER_SECONDS)
    if call.args[:1] == ["update"]:
        call.line(f"v{first_line(call, '/etc/alpine-release')} [https://dl-cdn.alpinelinux.org/alpine/v{release}/main]")
        call.line(
            f"v{first_line(call, '/etc/alpine-release')} [https://dl-cdn.alpinelinux.org/alpine/v{release}/community]"
        )
        call.line("OK: 24164 distinct packages available")
    return 0


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
        yield from download(call, packages)
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
