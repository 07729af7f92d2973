"""Manifests as kubectl reads them: YAML or JSON text, several documents, in Go's understanding of YAML.

Models apimachinery pkg/util/yaml (YAMLReader, YAMLOrJSONDecoder) on go.yaml.in/yaml/v2, and the decoder's look at the metadata.
YAML is that of version 1.1: ``yes``, ``on`` and ``y`` are booleans, ``0644`` is 420; ``1:20`` and dates stay strings.
Left out: binary scalars.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from k8slab.apimachinery import gojson
from k8slab.cli.kubectl.errors import CommandError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SEPARATOR = re.compile(r"---\s*(#.*)?$")


class ManifestError(CommandError):
    """A document cannot be read."""


def documents(text: str) -> Iterator[Any]:
    """Return the documents of *text* one by one, without the empty ones. Raises ManifestError at the first that is broken."""
    if text.lstrip().startswith("{"):
        yield from _json_documents(text)
        return
    for document in split(text):
        value = from_yaml(document)
        if value is not None:
            yield value


def split(text: str) -> Iterator[str]:
    """Return the YAML documents of *text* as text, parted at lines of ``---``."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if _SEPARATOR.match(line) and lines:
            yield "".join(lines)
            lines = []
            continue
        lines.append(line)
    if lines:
        yield "".join(lines)


def from_yaml(text: str) -> Any:
    """Return one YAML document as JSON values. Raises ManifestError in Go's words."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _value(node)
    except yaml.MarkedYAMLError as error:
        raise ManifestError("error converting YAML to JSON: yaml: " + _complaint(error, text)) from None
    except yaml.YAMLError:
        message = "error converting YAML to JSON: yaml: control characters are not allowed"
        raise ManifestError(message) from None
    finally:
        loader.dispose()


def _complaint(error: yaml.MarkedYAMLError, text: str) -> str:
    """Return libyaml's sentence with the line that go-yaml would name."""
    problem = error.problem or "unknown problem parsing YAML content"
    if problem.startswith("found undefined alias"):
        position = error.problem_mark.index if error.problem_mark else 0
        name = re.match(r"\*?([\w-]+)", text[position:])
        return f"unknown anchor '{name[1] if name else ''}' referenced"
    problem = problem.replace("are not allowed here", "are not allowed in this context")
    context = error.context_mark.line if error.context_mark else 0
    line = context or (error.problem_mark.line if error.problem_mark else 0)
    if line and isinstance(error, yaml.scanner.ScannerError):
        line += 1
    return f"line {line}: {problem}" if line else problem


def _value(node: Node) -> Any:
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        return [_value(item) for item in node.value]
    assert isinstance(node, MappingNode)
    result: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.value == "<<" and not key.style:
            sources = value.value if isinstance(value, SequenceNode) else [value]
            for source in sources:
                merged = {**_value(source), **merged}
            continue
        result[_key(key)] = _value(value)
    return {**merged, **result} if merged else result


def _key(node: Node) -> str:
    value = _value(node)
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise ManifestError("error converting YAML to JSON: json: unsupported type: map key")


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    tag = node.tag or ""
    if node.style or tag == "!":
        return text
    if tag == "tag:yaml.org,2002:str" and not _MISSED_BY_PYYAML.match(text):
        return text
    return resolve(text)


#: Plain scalars that PyYAML takes for strings and Go does not. (Anything else that is a string here was tagged ``!!str``.)
_MISSED_BY_PYYAML = re.compile(r"(?:[yYnN]|[-+]?0[oO][0-7]+|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+)\Z")


def resolve(text: str) -> Any:
    """Return what the plain YAML scalar *text* means to Go: a boolean, a number, None, or the string itself."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text in _NULL:
        return None
    if text[:1] in "+-.0123456789":
        plain = text.replace("_", "")
        if _INTEGER.match(plain):
            return _integer(plain)
        if _FLOAT.match(plain):
            number = float(plain)
            return int(number) if number == int(number) and abs(number) < 1e21 else number
    return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-").lower()
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        digits = "0o" + digits
    number = int(digits, 0)
    return -number if text.startswith("-") else number


# -- JSON --------------------------------------------------------------------------------------------------------------


def _json_documents(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        rest = re.compile(r"[\s]*").match(text, position)
        position = rest.end() if rest else position
        if position >= len(text):
            return
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            if error.pos >= len(text.rstrip()):
                raise ManifestError("unexpected EOF") from None
            character = text[error.pos]
            shown = "'\\''" if character == "'" else f"'{character}'"
            message = f"json: offset {error.pos + 1}: invalid character {shown} looking for beginning of value"
            raise ManifestError(message) from None
        if value is not None:
            yield value


# -- a first look at an object -----------------------------------------------------------------------------------------


def check_metadata(obj: Any) -> None:
    """Raise ManifestError if the type, the name or the labels of *obj* are not of the kind that Go can hold."""
    if not isinstance(obj, dict):
        raise ManifestError(f"json: cannot unmarshal {_go_kind(obj)} into Go value of type unstructured.detector")
    for key in ("kind", "apiVersion"):
        if not isinstance(obj.get(key, ""), str | None):
            _refuse(obj[key], f"metadataOnlyObject.{key}", "string")
    if not obj.get("kind"):
        raise ManifestError(f"Object 'Kind' is missing in '{gojson.marshal(_sorted(obj))}'")
    if "apiVersion" in obj and not obj["apiVersion"] and "items" not in obj:
        raise ManifestError(f"Object 'apiVersion' is missing in '{gojson.marshal(_sorted(obj))}'")
    metadata = obj.get("metadata")
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        _refuse(metadata, "metadataOnlyObject.metadata", "v1.ObjectMeta")
    for key in ("name", "generateName", "namespace", "selfLink", "resourceVersion"):
        if not isinstance(metadata.get(key, ""), str | None):
            _refuse(metadata[key], f"ObjectMeta.metadata.{key}", "string")
    for key in ("labels", "annotations"):
        mapping = metadata.get(key)
        if mapping is None:
            continue
        if not isinstance(mapping, dict):
            _refuse(mapping, f"ObjectMeta.metadata.{key}", "map[string]string")
        for name in mapping:
            if not isinstance(mapping[name], str | None):
                _refuse(mapping[name], f"ObjectMeta.metadata.{key}", "string")
    finalizers = metadata.get("finalizers")
    if finalizers is not None and not isinstance(finalizers, list):
        _refuse(finalizers, "ObjectMeta.metadata.finalizers", "[]string")


def _refuse(value: Any, field: str, wanted: str) -> None:
    raise ManifestError(f"json: cannot unmarshal {_go_kind(value)} into Go struct field {field} of type {wanted}")


def _go_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "string"


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
