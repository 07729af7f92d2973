"""Decoding: JSON into the shape that the API type of a kind allows, or Go's sentence about what does not fit.

Models sigs.k8s.io/json (UnmarshalStrict) over the types of k8s.io/api. `decode` returns a new dict as Go would write the
object after reading it: known fields only, no nulls, empty lists and maps and zero values left out where the type says so,
quantities and times in their canonical form. Unknown and duplicate fields are not errors by themselves; they are collected
in the order in which they stand in the document. The types are those of lightkube's models (``gotypes.py`` has the rest).

Left out: the names of most string types in messages (``v1.PullPolicy``).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import msgspec

from k8slab.apimachinery import gojson, quantity
from k8slab.cluster.apiserver import gotypes

Path = tuple[str | int, ...]


class DecodeError(ValueError):
    """A value that the type cannot hold, in Go's words. *converter*: in those of the code that strategic patches use."""

    def __init__(self, message: str, converter: str = "") -> None:
        super().__init__(message)
        self.converter = converter


class Document(dict[str, Any]):
    """A JSON object in which keys stand twice; *pairs* has all of them in document order."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


class Literal(float):
    """A number that is no integer, and how it was written."""

    __slots__ = ("text",)
    text: str


class _State:
    """One decoding: the path of JSON field names with indexes, and what strict decoding objects to."""

    __slots__ = ("path", "strict")

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.strict: list[str] = []

    def object_to(self, what: str, key: str) -> None:
        """Note an ``unknown`` or ``duplicate`` field; upstream keeps the first hundred, each once."""
        text = f"{what} field {gojson.quote(self.where(key))}"
        if len(self.strict) < 100 and text not in self.strict:
            self.strict.append(text)

    def where(self, key: str) -> str:
        text = ""
        for part in (*self.path, key):
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text


Decoder = Callable[[Any, "_Field", _State], Any]
_ABSENT: Any = object()


class _Field(NamedTuple):
    """A field of a struct. *drop* says that Go leaves the zero value out; *go_type* is the name of its type in Go."""

    owner: str
    name: str
    decode: Decoder
    drop: bool
    go_type: str
    inner: Any = None


class Struct:
    """An API type: its name in Go and its fields by JSON name."""

    def __init__(self, model: type) -> None:
        self.model = model
        self.name = model.__name__
        self.go_type = _go_name(model)
        self._fields: dict[str, _Field] | None = None

    @property
    def fields(self) -> dict[str, _Field]:
        """The fields; made when first asked for, because types contain one another."""
        if self._fields is None:
            self._fields = dict(_fields_of(self))
        return self._fields


@cache
def struct_of(model: type) -> Struct:
    """Return the `Struct` of a lightkube model or resource class."""
    return Struct(next(base for base in model.__mro__ if base.__module__.startswith("lightkube.models")))


def decode(value: Any, model: type) -> tuple[dict[str, Any], list[str]]:
    """Return *value* as an object of *model*, and what strict decoding has against it (``unknown field "spec.x"``).

    Raises DecodeError for a value of the wrong type.
    """
    state = _State()
    struct = struct_of(model)
    if not isinstance(value, dict):
        raise DecodeError(f"json: cannot unmarshal {json_kind(value)} into Go value of type {struct.go_type}")
    return _object(value, struct, state), state.strict


# -- structs, lists, maps --------------------------------------------------------------------------------------------


def _object(value: dict[str, Any], struct: Struct, state: _State) -> dict[str, Any]:
    fields = struct.fields
    result: dict[str, Any] = {}
    path = state.path
    seen: set[str] | None = None
    pairs: Any = value.items()
    if isinstance(value, Document):
        pairs, seen = value.pairs, set()
    for key, item in pairs:
        field = fields.get(key)
        if field is None:
            state.object_to("unknown", key)
            continue
        if seen is not None:
            if key in seen:
                state.object_to("duplicate", key)
            seen.add(key)
        if item is None:
            if not (seen is not None and key in result):
                continue
            del result[key]
            continue
        path.append(key)
        decoded = field.decode(item, field, state)
        path.pop()
        if field.drop and not decoded and decoded in (False, 0, "", [], {}):
            result.pop(key, None)
        else:
            result[key] = decoded
    return result


def _struct(value: Any, field: _Field, state: _State) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(value, field, state)
    return _object(value, field.inner, state)


def _list(value: Any, field: _Field, state: _State) -> Any:
    if not isinstance(value, list):
        raise _mismatch(value, field, state)
    inner: _Field = field.inner
    result = []
    path = state.path
    for index, item in enumerate(value):
        path.append(index)
        # A null in a list becomes the zero value of its type.
        result.append(_zero(inner) if item is None else inner.decode(item, inner, state))
        path.pop()
    return result


def _zero(field: _Field) -> Any:
    if field.decode in (_struct, _map):
        return {}
    if field.decode is _list:
        return []
    if field.decode is _boolean:
        return False
    return 0 if field.decode in (_integer, _number) else ""


def _map(value: Any, field: _Field, state: _State) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(value, field, state)
    inner: _Field = field.inner
    result = {}
    if isinstance(value, Document):
        seen: set[str] = set()
        for key, _ in value.pairs:
            if key in seen:
                state.object_to("duplicate", key)
            seen.add(key)
    path = state.path
    for key, item in value.items():
        path.append(key)
        result[key] = _zero(inner) if item is None else inner.decode(item, inner, state)
        path.pop()
    return result


def _free_form(value: Any, field: _Field, state: _State) -> Any:
    if isinstance(value, dict):
        return {key: _free_form(item, field, state) for key, item in value.items()}
    if isinstance(value, list):
        return [_free_form(item, field, state) for item in value]
    return float(value) if isinstance(value, Literal) else value


# -- plain values ----------------------------------------------------------------------------------------------------


def _string(value: Any, field: _Field, state: _State) -> Any:
    if type(value) is not str:
        raise _mismatch(value, field, state)
    return value


def _boolean(value: Any, field: _Field, state: _State) -> Any:
    if value is not True and value is not False:
        raise _mismatch(value, field, state)
    return value


def _integer(value: Any, field: _Field, state: _State) -> Any:
    if type(value) is not int:
        raise _mismatch(value, field, state)
    limit = 1 << (63 if field.go_type == "int64" else 31)
    if not -limit <= value < limit:
        raise _mismatch(value, field, state, with_number=True)
    return value


def _number(value: Any, field: _Field, state: _State) -> Any:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _mismatch(value, field, state)
    return float(value) if isinstance(value, Literal) else value


def _quantity(value: Any, field: _Field, state: _State) -> Any:
    if isinstance(value, (dict, list, bool)):
        raise DecodeError(quantity.WRONG_FORMAT)
    text = value.text if isinstance(value, Literal) else value
    try:
        return quantity.canonical(text)
    except ValueError as error:
        raise DecodeError(str(error)) from None


def _int_or_string(value: Any, field: _Field, state: _State) -> Any:
    if type(value) is str or type(value) is int:
        return value
    number = f" {value.text}" if isinstance(value, Literal) else ""
    raise DecodeError(f"json: cannot unmarshal {json_kind(value)}{number} into Go value of type int32")


def _bytes(value: Any, field: _Field, state: _State) -> Any:
    if type(value) is not str:
        raise _mismatch(value, field, state)
    text = value.replace("\r", "").replace("\n", "")
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        raise DecodeError(f"illegal base64 data at input byte {_first_bad_byte(text)}") from None


def _first_bad_byte(text: str) -> int:
    """Return where Go's decoder gives up: at the first byte outside the alphabet, or where the last quantum breaks off."""
    for index, character in enumerate(text):
        if not re.match(r"[A-Za-z0-9+/]", character):
            if character == "=" and index % 4 >= 2:
                padding = "=" * (4 - index % 4)
                return index + len(padding) if text[index:].startswith(padding) else min(index + 1, len(text))
            return index
    # Go reports the length minus what the unfinished quantum lacks.
    return len(text) - len(text) % 4 if len(text) % 4 == 1 else len(text)


_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _moment(value: Any, layout: str, state: _State) -> dt.datetime:
    if type(value) is not str:
        raise DecodeError(f"json: cannot unmarshal {json_kind(value)} into Go value of type string")
    if _RFC3339.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
    quoted = gojson.quote(value)
    raise DecodeError(f'parsing time {quoted} as "{layout}": cannot parse {quoted} as "2006"')


def _time(value: Any, field: _Field, state: _State) -> Any:
    moment = _moment(value, "2006-01-02T15:04:05Z07:00", state)
    return value if _SECONDS.fullmatch(value) else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(value: Any, field: _Field, state: _State) -> Any:
    return _moment(value, "2006-01-02T15:04:05.000000Z07:00", state).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# -- messages --------------------------------------------------------------------------------------------------------


def json_kind(value: Any) -> str:
    """Return what encoding/json calls the kind of *value*: object, array, string, number, bool."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "number"


def _mismatch(value: Any, field: _Field, state: _State, with_number: bool = False) -> DecodeError:
    kind = json_kind(value)
    if isinstance(value, Literal) and field.decode is _integer:
        kind += f" {value.text}"
    elif with_number:
        kind += f" {value}"
    # Go's path has no indexes, and a map's values stand under the name of the map.
    names = [part for part in state.path if isinstance(part, str)]
    if field.name in names:
        names = names[: len(names) - names[::-1].index(field.name)]
    return DecodeError(
        f"json: cannot unmarshal {kind} into Go struct field {field.owner}.{'.'.join(names)} of type {field.go_type}",
        _converter_words(value, field),
    )


def _converter_words(value: Any, field: _Field) -> str:
    """Return what runtime.DefaultUnstructuredConverter says of *value* in *field*."""
    go_kinds = {"object": "map", "array": "slice", "bool": "bool", "string": "string"}
    kind = go_kinds.get(json_kind(value)) or ("float64" if isinstance(value, float) else "int64")
    if field.decode is _struct:
        return f"cannot restore struct from: {kind}"
    if field.decode is _list:
        return f"cannot restore slice from {kind}"
    if field.decode is _map:
        return f"cannot restore map from {kind}"
    if (kind == "int64" and field.decode is _string) or (kind == "float64" and field.decode is _integer):
        return f"cannot convert {kind} to {field.go_type}"
    basic = "string" if field.decode is _string else field.go_type
    return f"unrecognized type: {basic}"


# -- from lightkube's models -----------------------------------------------------------------------------------------


def _go_name(model: type) -> str:
    package = model.__module__.rpartition(".")[2].rpartition("_")[2]
    return f"{package}.{model.__name__}"


def _fields_of(struct: Struct) -> list[tuple[str, _Field]]:
    model = struct.model
    module = sys.modules[model.__module__]
    result = []
    for name, encoded in zip(model.__struct_fields__, model.__struct_encode_fields__):  # type: ignore[attr-defined]
        hint = model.__annotations__[name]
        optional = hint.startswith("Optional[")
        hint = hint[len("Optional[") : -1] if optional else hint
        result.append((encoded, _field(struct.name, encoded, hint, optional, module)))
    return result


def _field(owner: str, name: str, hint: str, optional: bool, module: Any) -> _Field:
    if (owner, name) in gotypes.FREE_FORM or hint in ("runtime.RawExtension", "Any", "object"):
        return _Field(owner, name, _free_form, False, "")
    if hint.startswith(("List[", "list[")):
        inner = _field(owner, name, hint[5:-1], False, module)
        return _Field(owner, name, _list, optional, f"[]{inner.go_type}", inner)
    if hint in ("dict", "Dict") or hint.startswith("Dict["):
        if name in gotypes.QUANTITY_MAPS:
            inner = _Field(owner, name, _quantity, False, "resource.Quantity")
            return _Field(owner, name, _map, optional, "v1.ResourceList", inner)
        if (owner, name) in gotypes.BYTE_MAPS:
            inner = _Field(owner, name, _bytes, False, "[]uint8")
            return _Field(owner, name, _map, optional, "map[string][]uint8", inner)
        inner = _Field(owner, name, _string, False, "string")
        return _Field(owner, name, _map, optional, "map[string]string", inner)
    if hint == "str":
        pointer = name in gotypes.POINTER_STRINGS and name not in gotypes.PLAIN_STRINGS_IN.get(owner, ())
        qualified = f"{module.__name__.rpartition('.')[2]}.{owner}"
        pointer = pointer or name in gotypes.POINTER_STRINGS_IN.get(qualified, ())
        return _Field(owner, name, _string, optional and not pointer, gotypes.NAMED_STRINGS.get(name) or "string")
    if hint == "bool":
        plain = name in gotypes.PLAIN_BOOLS and name not in gotypes.KEPT.get(owner, ())
        return _Field(owner, name, _boolean, optional and plain, "bool")
    if hint == "int":
        plain = name in gotypes.PLAIN_INTEGERS and name not in gotypes.KEPT.get(owner, ())
        plain = plain or name in gotypes.PLAIN_IN.get(owner, ())
        return _Field(owner, name, _integer, optional and plain, "int64" if name in gotypes.LONG_INTEGERS else "int32")
    if hint == "float":
        return _Field(owner, name, _number, False, "float64")
    simple = {"Quantity": _quantity, "IntOrString": _int_or_string, "Time": _time, "MicroTime": _micro_time}
    short = hint.rpartition(".")[2]
    if short in simple:
        return _Field(owner, name, simple[short], False, short)
    target: Any = module
    for part in hint.split("."):
        target = getattr(target, part)
    if not (isinstance(target, type) and issubclass(target, msgspec.Struct)):
        return _Field(owner, name, _free_form, False, "")
    inner_struct = struct_of(target)
    return _Field(owner, name, _struct, False, inner_struct.go_type, inner_struct)
