"""Reading files and streams: cat, head, tail, tee, wc, tac, nl, rev, od, hexdump, strings."""

from __future__ import annotations

import errno
import re
from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.machine.fs.inode import File
from k8slab.machine.programs.tool import Call, Steps, quoted, reason
from k8slab.machine.streams import OpenFile

#: How often ``tail -f`` looks (coreutils: --sleep-interval).
FOLLOW_SECONDS = 1.0


def cat(call: Call) -> Steps:
    options, paths = call.options(
        "nbsAetTuvE", {"number": "n", "show-all": "A", "number-nonblank": "b", "squeeze-blank": "s"}
    )
    code = 0
    number = 0
    for path in paths or ["-"]:
        try:
            if options.values:
                text = (yield from call.read(path)).decode(errors="surrogateescape")
                number = _numbered(call, text, options, number)
            else:
                yield from call.copy(path)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            code = call.fail(
                f"can't open '{path}': {reason(error)}"
                if call.busybox and error.errno != errno.EISDIR
                else f"{path}: {reason(error)}"
                if not call.busybox
                else f"read error: {reason(error)}"
            )
            yield from call.flush()
    return code


def _numbered(call: Call, text: str, options: object, number: int) -> int:
    assert hasattr(options, "values")
    blank = False
    for line in text.splitlines(keepends=True):
        if "s" in options.values and line == "\n" and blank:
            continue
        blank = line == "\n"
        shown = line
        if "A" in options.values or "T" in options.values or "t" in options.values:
            shown = shown.replace("\t", "^I")
        if any(letter in options.values for letter in ("A", "E", "e")):
            shown = shown.replace("\n", "$\n")
        if ("n" in options.values and "b" not in options.values) or ("b" in options.values and not blank):
            number += 1
            shown = f"{number:>6}\t{shown}"
        call.out(shown)
    return number


def head(call: Call) -> Steps:
    options, paths = call.options(
        "n:c:qv", {"lines=": "n", "bytes=": "c", "quiet": "q", "silent": "q", "verbose": "v"}, numbers="n"
    )
    by_bytes = options.last("n", "c") == "c"
    text = options.get("c") if by_bytes else options.get("n", "10")
    count = _count(text)
    if count is None:
        return call.fail(f"invalid number of {'bytes' if by_bytes else 'lines'}: {quoted(text)}")
    code, first = 0, True
    for path in paths or ["-"]:
        try:
            source = call.process.fd(0) if path == "-" else call.process.open(path)
        except OSError as error:
            code = _cannot_open(call, path, error)
            continue
        if (len(paths) > 1 and "q" not in options) or "v" in options:
            call.out(("" if first else "\n") + f"==> {'standard input' if path == '-' else path} <==\n")
        first = False
        source.references += 1
        try:
            if text.startswith("-"):
                data = yield from _rest(call, source)
                pieces = data if by_bytes else data.splitlines(keepends=True)
                kept = pieces[: max(0, len(pieces) - count)]
                call.out(kept if isinstance(kept, bytes) else b"".join(kept))
            else:
                yield from _first(call, source, count, by_bytes)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            code = call.fail(f"error reading {quoted(path)}: {reason(error)}")
        finally:
            source.close()
    return code


def _first(call: Call, source: Any, count: int, by_bytes: bool) -> Generator[Event, Any, None]:
    left = count
    while left > 0:
        chunk = yield from source.read(min(65536, left) if by_bytes else 65536)
        if not chunk:
            return
        if by_bytes:
            call.out(chunk)
            left -= len(chunk)
        else:
            lines = chunk.split(b"\n")
            if len(lines) - 1 >= left:
                call.out(b"\n".join(lines[:left]) + b"\n")
                return
            left -= len(lines) - 1
            call.out(chunk)
        if call.process.step(500):
            yield from call.process.pay()


def _rest(call: Call, source: Any) -> Generator[Event, Any, bytes]:
    chunks: list[bytes] = []
    size = 0
    while chunk := (yield from source.read(1 << 18)):
        chunks.append(chunk)
        size += len(chunk)
        call.process.host.check_memory(size, call.process)
        if call.process.step(1000):
            yield from call.process.pay()
    return b"".join(chunks)


def _count(text: str) -> int | None:
    digits = text.lstrip("+-")
    factor = {"k": 1024, "K": 1024, "M": 1 << 20, "b": 512}.get(digits[-1:], 1)
    digits = digits[:-1] if factor > 1 else digits
    return int(digits) * factor if digits.isdigit() else None


def _cannot_open(call: Call, path: str, error: OSError) -> int:
    if call.busybox:
        return call.fail(f"{path}: {reason(error)}" if call.name == "head" else f"can't open '{path}': {reason(error)}")
    return call.fail(f"cannot open {quoted(path)} for reading: {reason(error)}")


def tail(call: Call) -> Steps:
    options, paths = call.options(
        "n:c:fFqvs:",
        {"lines=": "n", "bytes=": "c", "follow?": "f", "quiet": "q", "retry": "r", "pid=": "p"},
        numbers="n",
    )
    by_bytes = options.last("n", "c") == "c"
    text = options.get("c") if by_bytes else options.get("n", "10")
    count = _count(text)
    if count is None:
        return call.fail(f"invalid number of {'bytes' if by_bytes else 'lines'}: {quoted(text)}")
    code = 0
    followed: list[tuple[str, Any]] = []
    titled = (len(paths) > 1 and "q" not in options) or "v" in options
    for place, path in enumerate(paths or ["-"]):
        try:
            source = call.process.fd(0) if path == "-" else call.process.open(path)
            source.references += 1
            data = yield from _rest(call, source)
        except OSError as error:
            code = _cannot_open(call, path, error)
            if "F" in options:
                followed.append((path, None))
            continue
        if titled:
            call.out(("\n" if place else "") + f"==> {path} <==\n")
        pieces: Any = data if by_bytes else data.splitlines(keepends=True)
        kept = (
            pieces[count - 1 if count else 0 :]
            if text.startswith("+")
            else pieces[len(pieces) - count :]
            if count < len(pieces)
            else pieces
        )
        call.out(kept if isinstance(kept, bytes) else b"".join(kept))
        followed.append((path, source))
    if ("f" in options or "F" in options) and followed:
        if not paths and not call.process.stdin_is_tty():
            return code
        yield from _follow(call, followed, titled, "F" in options)
    elif ("f" in options or "F" in options) and not followed:
        return call.fail("no files remaining")
    return code


def _follow(call: Call, followed: list[tuple[str, Any]], titled: bool, by_name: bool) -> Generator[Event, Any, None]:
    last = followed[-1][0]
    while True:
        yield from call.flush()
        for place, (path, source) in enumerate(followed):
            if source is None:
                found = call.files.find_or_none(path)
                if found is None or not isinstance(found.inode, File):
                    continue
                call.err(f"tail: '{path}' has appeared;  following new file\n")
                source = call.process.open(path)
                followed[place] = (path, source)
            if isinstance(source, OpenFile) and by_name:
                found = call.files.find_or_none(path)
                if found is not None and found.inode is not source.file and isinstance(found.inode, File):
                    call.err(f"tail: '{path}' has been replaced;  following new file\n")
                    source = call.process.open(path)
                    followed[place] = (path, source)
            if isinstance(source, OpenFile) and source.file.size < source.offset:
                call.err(f"tail: {path}: file truncated\n")
                source.seek(0)
            data = source.read_now(1 << 20)
            if data:
                if titled and path != last:
                    call.out(f"\n==> {path} <==\n")
                last = path
                call.out(data)
        yield from call.flush()
        yield call.process.clock.timeout(FOLLOW_SECONDS)


def tee(call: Call) -> Steps:
    options, paths = call.options("ai", {"append": "a", "ignore-interrupts": "i"})
    outputs, code = [], 0
    for path in paths:
        try:
            description = call.process.open(path, "a" if "a" in options else "w")
            description.references += 1
            outputs.append(description)
        except OSError as error:
            code = call.fail(f"{path}: {reason(error)}")
    yield from call.flush()
    while chunk := (yield from call.process.read(0)):
        for description in outputs:
            yield from description.write(chunk)
        yield from call.process.write(1, chunk)
        if call.process.step(500):
            yield from call.process.pay()
    for description in outputs:
        description.close()
    return code


def wc(call: Call) -> Steps:
    options, paths = call.options(
        "lwcmL", {"lines": "l", "words": "w", "bytes": "c", "chars": "m", "max-line-length": "L"}
    )
    letters = [letter for letter in "lwmcL" if letter in options] or ["l", "w", "c"]
    rows: list[tuple[list[int], str]] = []
    code = 0
    for path in paths or ["-"]:
        try:
            data = yield from call.read(path)
        except OSError as error:
            code = call.fail(
                f"{path}: {reason(error)}"
                if not call.busybox
                else f"can't open '{path}': {reason(error)}"
                if error.errno != errno.EISDIR
                else f"{path}: {reason(error)}"
            )
            if error.errno == errno.EISDIR and not call.busybox:
                rows.append(([0] * len(letters), path))
            continue
        counts = {
            "l": data.count(b"\n"),
            "w": len(data.split()),
            "c": len(data),
            "m": len(data.decode(errors="replace")),
            "L": max((len(line.decode(errors="replace").expandtabs()) for line in data.split(b"\n")), default=0),
        }
        rows.append(([counts[letter] for letter in letters], path if paths else ""))
    if len(paths) > 1:
        rows.append(([sum(row[0][at] for row in rows) for at in range(len(letters))], "total"))
    yield from call.flush()
    if call.busybox:
        for counts_of, name in rows:
            wide = len(letters) > 1 or len(paths) > 1
            call.line(
                " ".join((f"{count:>9}" if wide else str(count)) for count in counts_of) + (f" {name}" if name else "")
            )
        return code
    width = max((len(str(count)) for row in rows for count in row[0]), default=1)
    if len(letters) == 1 and len(rows) == 1:
        width = 1
    elif not paths or "-" in paths:
        width = max(width, 7)
    else:
        width = len(str(sum(call.files.stat(path).size for path in paths if call.files.exists(path))))
    for counts_of, name in rows:
        call.line(" ".join(f"{count:>{width}}" for count in counts_of) + (f" {name}" if name else ""))
    return code


def tac(call: Call) -> Steps:
    for path in call.args or ["-"]:
        lines = (yield from call.read(path)).splitlines(keepends=True)
        call.out(b"".join(reversed(lines)))
    return 0


def rev(call: Call) -> Steps:
    for path in call.args or ["-"]:
        for line in (yield from call.read(path)).decode(errors="surrogateescape").splitlines():
            call.line(line[::-1])
    return 0


def nl(call: Call) -> Steps:
    _, paths = call.options("b:w:n:s:v:")
    number = 0
    for path in paths or ["-"]:
        for line in (yield from call.read(path)).decode(errors="surrogateescape").splitlines():
            if line:
                number += 1
                call.line(f"{number:>6}\t{line}")
            else:
                call.line("       ")
    return 0


def od(call: Call) -> Steps:
    """``od`` and ``hexdump -C``: bytes in hexadecimal; od's default octal words with -b, -c, -x left to the real one."""
    options, paths = call.options("A:t:cbxvN:C", {"format=": "t"})
    data = b""
    for path in paths or ["-"]:
        data += yield from call.read(path)
    if "N" in options and options.get("N").isdigit():
        data = data[: int(options.get("N"))]
    canonical = call.name == "hexdump" or "C" in options
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if canonical:
            left = " ".join(f"{byte:02x}" for byte in row[:8]).ljust(23)
            right = " ".join(f"{byte:02x}" for byte in row[8:]).ljust(23)
            text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            call.line(f"{at:08x}  {left}  {right}  |{text}|")
        elif "c" in options or options.get("t") == "c":
            names = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
            cells = "".join(
                f"{names.get(byte) or (chr(byte) if 32 <= byte < 127 else f'{byte:03o}'):>4}" for byte in row
            )
            call.line(f"{at:07o}{cells}")
        elif options.get("t").startswith("x1"):
            call.line(_address(options.get("A"), at) + "".join(f" {byte:02x}" for byte in row))
        else:
            words = [int.from_bytes(row[place : place + 2], "little") for place in range(0, len(row), 2)]
            call.line(f"{at:07o}" + "".join(f" {word:06o}" for word in words))
    if options.get("A") != "n":
        call.line(f"{len(data):08x}" if canonical else f"{len(data):07o}")
    return 0


def _address(radix: str, at: int) -> str:
    return "" if radix == "n" else f"{at:07o}"


def strings(call: Call) -> Steps:
    _, paths = call.options("an:")
    for path in paths:
        for match in re.finditer(rb"[\x20-\x7e\t]{4,}", (yield from call.read(path))):
            call.out(match[0] + b"\n")
    return 0
