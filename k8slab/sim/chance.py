"""Chance: one seed, and from it every name, id and draw of the world, the same on every machine.

Each user of chance takes a stream of its own (``chance.stream("scheduler")``), so that one more draw in one place does not
change the names in another.
"""

from __future__ import annotations

import hashlib
import random
from typing import TypeVar

#: Kubernetes' alphabet for generated names: no vowels and no 0, 1, 3, so that no words appear (apimachinery util/rand).
SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"

T = TypeVar("T")


class Chance:
    """A seeded source of chance."""

    def __init__(self, seed: int | str = 1) -> None:
        self.seed = seed
        self._random = random.Random(int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8], "big"))

    def stream(self, name: str) -> Chance:
        """Return the stream called *name* of this seed; asking twice starts it twice."""
        return Chance(f"{self.seed}/{name}")

    def suffix(self, length: int = 5) -> str:
        """Return a suffix such as ``x7k2p``, as Kubernetes appends it to a generateName."""
        return "".join(self._random.choices(SUFFIX_ALPHABET, k=length))

    def uid(self) -> str:
        """Return a version-4 UUID."""
        bits = self._random.getrandbits(128)
        bits = bits & ~(0xF << 76) | 4 << 76
        bits = bits & ~(0x3 << 62) | 2 << 62
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def hex(self, length: int) -> str:
        """Return *length* hexadecimal digits (ids of containers, for example)."""
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def uniform(self, low: float, high: float) -> float:
        """Return a number between *low* and *high*."""
        return self._random.uniform(low, high)

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to, not including, *limit*."""
        return self._random.randrange(limit)

    def choice(self, items: list[T]) -> T:
        """Return one of *items*, a list (never a set: its order is not the seed's)."""
        return items[self._random.randrange(len(items))]
