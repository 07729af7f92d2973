"""Mounts and raw copying: mount, umount, dd, sync, lsblk, mountpoint."""

from __future__ import annotations

from k8slab.machine.fs.inode import Directory
from k8slab.machine.programs.files import parse_size
from k8slab.machine.programs.tool import Call, Steps, human, reason


def mount(call: Call) -> int:
    options, words = call.options(
        "t:o:ralvwn", {"types=": "t", "options=": "o", "bind": "B", "read-only": "r", "rbind": "B", "all": "a"}
    )
    if not words:
        for one in call.files.mounts:
            system = one.file_system
            if "t" not in options or system.type in options.get("t").split(","):
                call.line(f"{system.source} on {one.target} type {system.type} ({one.option_text()})")
        return 0
    target = words[-1]
    flags = options.get("o").split(",") if "o" in options else []
    read_only = "r" in options or "ro" in flags
    in_container = call.process.namespaces.pid.parent is not None
    if call.files.credentials.uid or (in_container and not call.files.exists("/dev/sda")):
        if call.busybox:
            return call.fail("permission denied (are you root?)")
        return call.fail(f"{target}: permission denied.", 32)
    try:
        found = call.files.find(target)
    except OSError:
        return call.fail(
            f"{target}: mount point does not exist."
            if not call.busybox
            else f"mounting {words[0]} on {target} failed: No such file or directory",
            32,
        )
    host = call.process.host
    if "remount" in flags:
        found.mount.read_only = read_only
        return 0
    if options.get("t") == "tmpfs":
        size = next((parse_size(flag[5:]) for flag in flags if flag.startswith("size=")), host.memory_bytes // 2)
        call.files.mount(
            target,
            Directory(0o1777, mtime=call.files.now()),
            host.new_file_system("tmpfs", words[0], size),
            read_only=read_only,
        )
        return 0
    if "B" in options or "bind" in flags or "rbind" in flags:
        try:
            source = call.files.find(words[0])
            call.files.mount(
                target,
                source.inode if source.mount.read_only else source.writable(),
                source.mount.file_system,
                read_only=read_only,
                kind="bind",
            )
        except OSError as error:
            return call.fail(f"{target}: {reason(error)}.", 32)
        return 0
    return call.fail(
        f"{target}: special device {words[0]} does not exist."
        if not call.files.exists(words[0])
        else f"{target}: wrong fs type, bad option, bad superblock on {words[0]}, missing codepage or helper program, or other error.",
        32,
    )


def umount(call: Call) -> int:
    _, words = call.options("lfarnv", {"lazy": "l", "force": "f"})
    code = 0
    for word in words:
        try:
            if call.files.credentials.uid:
                return call.fail(f"{word}: must be superuser to unmount.", 32)
            call.files.unmount(word)
        except OSError as error:
            why = {22: "not mounted.", 16: "target is busy.", 2: "no mount point specified."}.get(
                error.errno or 0, reason(error)
            )
            code = call.fail(
                f"can't unmount {word}: {reason(error)}" if call.busybox else f"{word}: {why}",
                32 if not call.busybox else 1,
            )
    return code


def mountpoint(call: Call) -> int:
    options, words = call.options("qd")
    found = call.files.find_or_none(words[0]) if words else None
    if found is None:
        return call.fail(f"{words[0] if words else ''}: No such file or directory")
    is_one = found.inode is found.mount.root
    if "q" not in options:
        call.line(f"{words[0]} is {'' if is_one else 'not '}a mountpoint")
    return 0 if is_one else (32 if not call.busybox else 1)


def dd(call: Call) -> Steps:
    values = dict(word.partition("=")[::2] for word in call.args)
    source_name, target_name = values.get("if", "-"), values.get("of", "-")
    block = parse_size(values.get("bs", "512")) or 0
    count = parse_size(values["count"]) if values.get("count") else None
    if not block or ("count" in values and count is None):
        bad = values.get("bs" if not block else "count", "")
        return call.fail(f"invalid number: {'‘' + bad + '’'}" if not call.busybox else f"invalid number '{bad}'")
    try:
        source = call.process.fd(0) if source_name == "-" else call.process.open(source_name)
        source.references += 1
    except OSError as error:
        return call.fail(
            f"can't open '{source_name}': {reason(error)}"
            if call.busybox
            else f"failed to open '{source_name}': {reason(error)}"
        )
    try:
        mode = "r+" if "notrunc" in values.get("conv", "") else "w"
        target = call.process.fd(1) if target_name == "-" else call.process.open(target_name, mode)
        target.references += 1
    except OSError as error:
        return call.fail(
            f"can't open '{target_name}': {reason(error)}"
            if call.busybox
            else f"failed to open '{target_name}': {reason(error)}"
        )
    skip = (parse_size(values.get("skip", "0")) or 0) * block
    if skip and hasattr(source, "seek"):
        source.seek(skip)
    seek = (parse_size(values.get("seek", "0")) or 0) * block
    if seek and hasattr(target, "seek"):
        target.seek(seek)
    whole = partial = copied = code = 0
    begin = call.process.clock.now
    while count is None or whole + partial < count:
        piece = b""
        while len(piece) < block:
            chunk = yield from source.read(min(block - len(piece), 1 << 20))
            if not chunk:
                break
            piece += chunk
            call.process.host.check_memory(len(piece), call.process)
        if not piece:
            break
        try:
            yield from target.write(piece)
        except OSError as error:
            code = call.fail(f"error writing '{target_name}': {reason(error)}")
            break
        copied += len(piece)
        whole, partial = whole + (len(piece) == block), partial + (len(piece) < block)
        call.process.step(500)
        yield from call.process.compute(len(piece) / 2e9)
    source.close()
    target.close()
    elapsed = max(call.process.clock.now - begin, 1e-6)
    if values.get("status") == "none":
        return code
    call.err(f"{whole}+{partial} records in\n{whole}+{partial} records out\n")
    if call.busybox:
        call.err(
            f"{copied} bytes ({human(copied)}B) copied, {elapsed:.6f} seconds, {human(int(copied / elapsed))}B/s\n"
        )
    elif values.get("status") != "noxfer":
        size = "" if copied < 1000 else f" ({_decimal(copied)}{', ' + _binary(copied) if copied >= 1024 else ''})"
        call.err(f"{copied} bytes{size} copied, {elapsed:.6g} s, {_decimal(copied / elapsed)}/s\n")
    return code


def _decimal(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1000
    return ""


def _binary(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if size >= 9.95 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return ""


def sync(call: Call) -> int:
    return 0


def lsblk(call: Call) -> int:
    host = call.process.host
    size = human(host.disk.capacity_bytes or 0)
    call.line("NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS")
    call.line(f"sda      8:0    0 {size:>5}  0 disk ")
    inside = call.process.namespaces.pid.parent is not None
    call.line(f"└─sda1   8:1    0 {size:>5}  0 part {'/etc/hosts' if inside else '/'}")
    return 0
