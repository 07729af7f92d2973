"""The hashes in names: ``web-69b75bc7cf`` is its ReplicaSet's template, put through FNV-1a and spelt without vowels.

Models pkg/controller (ComputeHash), pkg/util/hash (DeepHashObject: the hash of what spew prints of the Go struct, so the
printed form is part of the API) and rand.SafeEncodeString. `go_dump` has the printed form; the names and order of the
fields stand in ``go_structs.py``. `revision_hash` is that of a ControllerRevision, which hashes JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from k8slab.apimachinery import quantity
from k8slab.apimachinery.go_structs import STRUCTS
from k8slab.sim.chance import SUFFIX_ALPHABET

Json = dict[str, Any]

_OFFSET, _PRIME, _MASK = 2166136261, 16777619, 0xFFFFFFFF
_PLAIN = {"string": "", "bool": False, "int32": 0, "int64": 0}
_encode = msgspec.json.Encoder(order="deterministic").encode
_known: dict[bytes, str] = {}


def fnv32a(data: bytes, start: int = _OFFSET) -> int:
    """Return the FNV-1a hash of *data* in 32 bits."""
    value = start
    for byte in data:
        value = (value ^ byte) * _PRIME & _MASK
    return value


def fnv32(data: bytes) -> int:
    """Return the FNV-1 hash of *data* in 32 bits (multiply first)."""
    value = _OFFSET
    for byte in data:
        value = value * _PRIME & _MASK ^ byte
    return value


def safe_encode(text: str) -> str:
    """Return *text* with every character replaced by one of an alphabet that spells no words."""
    return "".join(SUFFIX_ALPHABET[ord(character) % len(SUFFIX_ALPHABET)] for character in text)


def pod_template_hash(template: Any, collision_count: int | None = None) -> str:
    """Return the ``pod-template-hash`` of a defaulted PodTemplateSpec (struct or dict)."""
    encoded = _encode(template)
    key = encoded if collision_count is None else encoded + b"#%d" % collision_count
    known = _known.get(key)
    if known is None:
        value = fnv32a(go_dump("PodTemplateSpec", msgspec.json.decode(encoded)).encode())
        if collision_count is not None:
            value = fnv32a(collision_count.to_bytes(4, "little") + bytes(4), value)
        known = _known[key] = safe_encode(str(value))
    return known


def revision_hash(data: Json, collision_count: int | None = None) -> str:
    """Return the hash of a ControllerRevision whose data is *data*; a StatefulSet counts collisions from 0.

    A DaemonSet's revisions carry `pod_template_hash` instead.
    """
    raw = json.dumps(data, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    if collision_count is not None:
        raw += str(collision_count).encode()
    return safe_encode(str(fnv32(raw)))


def go_dump(struct: str, value: Json) -> str:
    """Return the Go struct *struct* (of k8s.io/api/core/v1) with *value* in it, as ``spew.Sprintf("%#v")`` prints it."""
    return _struct(f"v1.{struct}", value, show_type=True)


def _struct(go_type: str, value: Json, show_type: bool) -> str:
    fields = (
        f"{name}:{_value(kind, value if json_name == '' else value.get(json_name))}"
        for name, json_name, kind in STRUCTS[go_type.removeprefix("v1.")]
    )
    prefix = f"({go_type})" if show_type else ""
    return prefix + "{" + " ".join(fields) + "}"


def _value(kind: str, value: Any, show_type: bool = True) -> str:
    """Print *value* as the Go type *kind*: ``string``, ``v1.DNSPolicy=string``, ``*int64``, ``[]v1.Volume``, ``v1.PodSpec``."""
    named, _, base = kind.partition("=")
    base = base or named
    prefix = f"({named})" if show_type else ""
    if base.startswith("*"):
        if value is None:
            return f"({named})<nil>" if show_type else "<nil>"
        mark = prefix or "<*>"
        return mark + _value(base[1:], value, show_type=False)
    if base in _PLAIN:
        plain = _PLAIN[base] if value is None else value
        return prefix + (str(plain).lower() if isinstance(plain, bool) else str(plain))
    if base.startswith("[]"):
        if not value:
            return prefix + "<nil>"
        return prefix + "[" + " ".join(_value(base[2:], item, show_type=False) for item in value) + "]"
    if base.startswith("map["):
        if not value:
            return prefix + "<nil>"
        inner = base.rpartition("]")[2]
        return (
            prefix
            + "map["
            + " ".join(f"{key}:{_value(inner, value[key], show_type=False)}" for key in sorted(value))
            + "]"
        )
    if base == "resource.Quantity":
        return prefix + _quantity(value)
    if base == "v1.Time":
        return prefix + "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"
    if base == "intstr.IntOrString":
        return prefix + _int_or_string(value)
    return prefix + _struct(base, value or {}, show_type=False)


def _int_or_string(value: int | str | None) -> str:
    is_text = isinstance(value, str)
    number, text = (0, value) if is_text else (value or 0, "")
    return f"{{Type:(intstr.Type){int(is_text)} IntVal:(int32){number} StrVal:(string){text}}}"


_DECIMAL_SCALES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def _quantity(value: str | None) -> str:
    """Print a Quantity: a number and a decimal scale, and the text itself where that was seen to be canonical."""
    number, scale, form, text = 0, 0, "", ""
    if value is not None:
        form = quantity.parse(value).format
        digits, suffix = re.fullmatch(r"([+-]?\d+)(.*)", value).groups()
        if form == "BinarySI":
            number = quantity.value(value)
            text = value if int(digits) & 7 else ""
        else:
            number = int(digits)
            scale = _DECIMAL_SCALES[suffix] if suffix in _DECIMAL_SCALES else int(suffix[1:])
            text = value if not digits.endswith("000") else ""
    integer = f"(resource.int64Amount){{value:(int64){number} scale:(resource.Scale){scale}}}"
    dec = "(resource.infDecAmount){Dec:(*inf.Dec)<nil>}"
    return f"{{i:{integer} d:{dec} s:(string){text} Format:(resource.Format){form}}}"
