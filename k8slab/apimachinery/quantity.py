"""Quantities: ``100m`` of a CPU, ``1.5Gi`` of memory. Exact arithmetic, and the canonical form that the API server stores.

Models apimachinery pkg/api/resource (ParseQuantity, CanonicalizeBytes). Left out: the cap at 2^63-1 for huge numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

#: Upstream's words for a text that is no quantity.
WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
WRONG_NUMERIC = "unable to parse numeric part of quantity"
WRONG_SUFFIX = "unable to parse quantity's suffix"

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_OF = {power: suffix for suffix, power in _BINARY.items()} | {0: ""}
_DECIMAL_OF = {power: suffix for suffix, power in _DECIMAL.items()}
_PARTS = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(.*)", re.DOTALL)
_NANO = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount and the way in which it was written (``BinarySI``, ``DecimalSI``, ``DecimalExponent``)."""

    amount: Fraction
    format: str = "DecimalSI"

    @property
    def millis(self) -> int:
        """Thousandths, rounded up (away from zero)."""
        return _round_up(self.amount * 1000)

    @property
    def value(self) -> int:
        """Whole units, rounded up (away from zero)."""
        return _round_up(self.amount)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount + other.amount, self.format if self.amount else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount - other.amount, self.format if self.amount else other.format)

    def __neg__(self) -> Quantity:
        return Quantity(-self.amount, self.format)

    def __lt__(self, other: Quantity) -> bool:
        return self.amount < other.amount

    def __le__(self, other: Quantity) -> bool:
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return _canonical(self.amount, self.format)


ZERO = Quantity(Fraction(0))


@lru_cache(maxsize=8192)
def parse(text: str | int | float) -> Quantity:
    """Return the quantity written as *text*. Raises ValueError in upstream's words."""
    if isinstance(text, bool):
        raise ValueError(WRONG_FORMAT)
    text = _number_text(text) if isinstance(text, int | float) else text
    if not text:
        raise ValueError(WRONG_FORMAT)
    found = _PARTS.fullmatch(text)
    assert found is not None
    sign, whole, fraction, suffix = found[1], found[2], found[3] or "", found[4]
    if not re.fullmatch(r"[eEinumkKMGTP]*[-+]?\d*", suffix):
        raise ValueError(WRONG_FORMAT)
    if not whole and not fraction:
        raise ValueError(WRONG_FORMAT if not found[3] and "." not in text else WRONG_NUMERIC)
    amount = Fraction(int((whole + fraction) or "0"), 10 ** len(fraction))
    if suffix in _BINARY:
        amount *= 1024 ** _BINARY[suffix]
        form = "BinarySI"
    elif suffix in _DECIMAL:
        amount *= Fraction(10) ** _DECIMAL[suffix]
        form = "DecimalSI"
    elif re.fullmatch(r"[eE][-+]?\d+", suffix):
        exponent = int(suffix[1:])
        if abs(exponent) > 100:
            raise ValueError(WRONG_SUFFIX)
        amount *= Fraction(10) ** exponent
        form = "DecimalExponent"
    else:
        raise ValueError(WRONG_SUFFIX)
    # Nothing smaller than a nano is kept: round up (away from zero), as upstream does.
    if amount % _NANO:
        amount = Fraction(_round_up(amount / _NANO)) * _NANO
    if amount and amount < 1 and form == "BinarySI":
        form = "DecimalSI"  # upstream: a fraction of one unit is no power of 1024
    return Quantity(-amount if sign == "-" else amount, form)


def is_valid(text: str | int | float) -> bool:
    """Whether *text* is a quantity."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8192)
def millis(text: str | int | float) -> int:
    """Return thousandths of the quantity *text*, rounded up: ``millis("0.5") == 500``."""
    return parse(text).millis


@lru_cache(maxsize=8192)
def value(text: str | int | float) -> int:
    """Return whole units of the quantity *text*, rounded up: ``value("1Ki") == 1024``."""
    return parse(text).value


@lru_cache(maxsize=8192)
def canonical(text: str | int | float) -> str:
    """Return *text* as the API server stores it: ``canonical("0.5") == "500m"``, ``canonical("1024Mi") == "1Gi"``."""
    return str(parse(text))


def _number_text(number: int | float) -> str:
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    return repr(number)


def _round_up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator) if amount >= 0 else amount.numerator // amount.denominator


def _canonical(amount: Fraction, form: str) -> str:
    if not amount:
        return "0"
    if form == "BinarySI" and (abs(amount) < 1024 or amount.denominator != 1):
        form = "DecimalSI"  # nothing is lost, and nobody is confused
    if form == "BinarySI":
        number, power = amount.numerator, 0
        while number % 1024 == 0 and power < 6:
            number //= 1024
            power += 1
        return f"{number}{_BINARY_OF[power]}"
    number, exponent = _round_up(amount * 10**9), -9
    highest = 18
    while number % 1000 == 0 and (exponent < highest or form == "DecimalExponent"):
        number //= 1000
        exponent += 3
    if form == "DecimalExponent":
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_OF[exponent]}"
