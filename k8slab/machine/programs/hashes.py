"""Digests and encodings: sha256sum and its family, md5sum, cksum, base64."""

from __future__ import annotations

import base64 as codec
import hashlib

from k8slab.machine.programs.tool import Call, Steps, reason


def digest(call: Call) -> Steps:
    """``sha256sum``, ``md5sum``, ``sha1sum``, ``sha512sum``: print or check."""
    options, paths = call.options(
        "cbtwsz", {"check": "c", "binary": "b", "text": "t", "status": "s", "quiet": "q", "warn": "w", "tag": "T"}
    )
    algorithm = call.name.removesuffix("sum")
    code = 0
    if "c" in options:
        return (yield from _check(call, algorithm, paths, "s" in options))
    for path in paths or ["-"]:
        try:
            data = yield from call.read(path)
        except OSError as error:
            code = call.fail(f"can't open '{path}': {reason(error)}" if call.busybox else f"{path}: {reason(error)}")
            continue
        call.line(f"{hashlib.new(algorithm, data).hexdigest()}  {path}")
    return code


def _check(call: Call, algorithm: str, lists: list[str], silent: bool) -> Steps:
    failed, checked = 0, 0
    for name in lists or ["-"]:
        try:
            text = (yield from call.read(name)).decode(errors="surrogateescape")
        except OSError as error:
            return call.fail(f"{name}: {reason(error)}")
        for line in text.splitlines():
            wanted, _, path = line.partition(" ")
            path = path.lstrip(" *")
            if len(wanted) != hashlib.new(algorithm).digest_size * 2 or not path:
                continue
            checked += 1
            try:
                data = yield from call.read(path)
            except OSError as error:
                call.fail(f"{path}: {reason(error)}")
                call.line(f"{path}: FAILED open or read")
                failed += 1
                continue
            same = hashlib.new(algorithm, data).hexdigest() == wanted
            failed += not same
            if not silent:
                call.line(f"{path}: {'OK' if same else 'FAILED'}")
        if not checked:
            return call.fail(f"{name}: no properly formatted checksum lines found")
    if failed and not silent:
        if call.busybox:
            call.fail(f"WARNING: {failed} of {checked} computed checksums did NOT match")
        else:
            call.fail(f"WARNING: {failed} computed checksum{'s' if failed > 1 else ''} did NOT match")
    return 1 if failed else 0


def posix_crc(data: bytes) -> int:
    """Return the CRC that POSIX defines for cksum: not zlib's, and over the length too."""
    length, size = len(data), b""
    while length:
        size += bytes([length & 0xFF])
        length >>= 8
    crc = 0
    for byte in data + size:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc ^ 0xFFFFFFFF


def cksum(call: Call) -> Steps:
    for path in call.args or ["-"]:
        data = yield from call.read(path)
        call.line(f"{posix_crc(data)} {len(data)}" + (f" {path}" if path != "-" else ""))
    return 0


def base64(call: Call) -> Steps:
    options, paths = call.options("dw:i", {"decode": "d", "wrap=": "w"})
    data = yield from call.read(paths[0] if paths else "-")
    if "d" in options:
        try:
            call.out(codec.b64decode(data.translate(None, b"\n\r "), validate=True))
        except ValueError:
            return call.fail("invalid input" if not call.busybox else "truncated input")
        return 0
    text = codec.b64encode(data).decode()
    width = int(options.get("w") or 76) if options.get("w") != "0" else 0
    call.out("".join(text[at : at + width] + "\n" for at in range(0, len(text), width)) if width else text)
    return 0
