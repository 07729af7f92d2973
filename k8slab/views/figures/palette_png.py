"""PNG and animated PNG with a palette, written for flat pictures: small, and the same bytes for the same pictures.

Follows the PNG specification, third edition (acTL, fcTL, fdAT). A frame of an animation holds only the pixels that changed,
inside the smallest box around them; all others are transparent and let the frame before show through.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy

CLEAR = 0  # the palette's first entry is transparent: "as it was"
EXACT_COLOURS = 191  # the commonest colours stay as they are (page, cards, tokens); blends at edges take their nearest
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE_TYPE, OVER = 3, 1


def palette_png(images: Sequence[Any], durations_ms: Sequence[int] = ()) -> bytes:
    """Return RGB *images* of PIL, all of one size, as one PNG; with *durations_ms*, one an image, it loops for ever."""
    palette, frames = _indexed(images)
    height, width = frames[0].shape
    chunks = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, PALETTE_TYPE, 0, 0, 0)),
        *([_chunk(b"acTL", struct.pack(">II", len(frames), 0))] if durations_ms else []),
        _chunk(b"PLTE", palette.astype(numpy.uint8).tobytes()),
        _chunk(b"tRNS", b"\x00"),
    ]
    sequence = 0
    for number, frame in enumerate(frames):
        left, top, pixels = (0, 0, frame) if number == 0 else _changed(frames[number - 1], frame)
        if durations_ms:
            size = (pixels.shape[1], pixels.shape[0])
            control = struct.pack(">IIIIIHHBB", sequence, *size, left, top, durations_ms[number], 1000, 0, OVER)
            chunks.append(_chunk(b"fcTL", control))
            sequence += 1
        body = _compressed(pixels)
        if number == 0:
            chunks.append(_chunk(b"IDAT", body))
        else:
            chunks.append(_chunk(b"fdAT", struct.pack(">I", sequence) + body))
            sequence += 1
    return SIGNATURE + b"".join(chunks) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _compressed(pixels: numpy.ndarray) -> bytes:
    # filter type 0 in front of every row: palette indices do not gain from the others
    rows = numpy.zeros((pixels.shape[0], pixels.shape[1] + 1), numpy.uint8)
    rows[:, 1:] = pixels
    return zlib.compress(rows.tobytes(), 9)


def _changed(before: numpy.ndarray, after: numpy.ndarray) -> tuple[int, int, numpy.ndarray]:
    """Return the box of what changed (left, top, pixels); inside it what did not change is clear."""
    differs = before != after
    rows, columns = numpy.flatnonzero(differs.any(axis=1)), numpy.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return 0, 0, numpy.full((1, 1), CLEAR, numpy.uint8)
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return int(columns[0]), int(rows[0]), numpy.where(differs[box], after[box], CLEAR).astype(numpy.uint8)


def _indexed(images: Sequence[Any]) -> tuple[numpy.ndarray, list[numpy.ndarray]]:
    """Return one palette for all *images* (n x 3, the first entry is `CLEAR`) and their pixels as indices into it."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for image in images:
        for number, colour in image.getcolors(image.width * image.height):
            counts[colour] += number
    ordered = sorted(counts, key=lambda colour: (-counts[colour], colour))
    colours = numpy.array(ordered, numpy.int32)
    palette = numpy.vstack(
        [numpy.zeros((1, 3), numpy.int32), colours[:EXACT_COLOURS], _blends(colours[EXACT_COLOURS:])]
    )
    index_of = numpy.zeros(1 << 24, numpy.uint8)
    for start in range(0, len(colours), 4096):
        part = colours[start : start + 4096]
        distance = ((part[:, None, :] - palette[None, 1:, :]) ** 2).sum(axis=2)
        index_of[_codes(part)] = distance.argmin(axis=1) + 1
    return palette, [index_of[_codes(numpy.asarray(image, numpy.int32))] for image in images]


def _codes(pixels: numpy.ndarray) -> numpy.ndarray:
    return pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]


def _blends(rare: numpy.ndarray) -> numpy.ndarray:
    """Return up to 64 colours that stand for the *rare* ones: the middles of a grid over them, the fullest cells first."""
    if not len(rare):
        return rare.reshape(0, 3)
    cells, inverse, sizes = numpy.unique(rare // 40, axis=0, return_inverse=True, return_counts=True)
    sums = numpy.zeros((len(cells), 3), numpy.int64)
    numpy.add.at(sums, inverse.reshape(-1), rare)
    fullest = numpy.argsort(-sizes, kind="stable")[: 255 - EXACT_COLOURS]
    return (sums[fullest] // sizes[fullest, None]).astype(numpy.int32)
