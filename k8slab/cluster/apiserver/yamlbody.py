"""YAML bodies: turned into JSON before anything else looks at them, as upstream does.

Models sigs.k8s.io/yaml (YAMLToJSON, YAMLToJSONStrict). Keys become strings; a key that stands twice counts with its last
value, and is reported. Left out: the wording of Go's parser for broken YAML beyond its first sentence.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

#: go-yaml reads these as booleans too; PyYAML knows all but the single letters.
_MORE_BOOLEANS = {"y": True, "Y": True, "n": False, "N": False}
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
#: An alias may not blow a small text up to a large document.
MOST_NODES = 200_000


class YamlError(ValueError):
    """Text that is no YAML."""


class _Loader(yaml.SafeLoader):
    """A safe loader to which dates are plain text, as they are to go-yaml when it fills an interface{}."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str) -> tuple[Any, list[str]]:
    """Return *text* as JSON values, and ``line 4: key "a" already set in map`` for every key that stands twice."""
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            reader = _Reader(loader)
            return (None if node is None else reader.value(node)), reader.duplicates
        finally:
            loader.dispose()
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(f"yaml: line {line}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise YamlError(f"yaml: {str(error).splitlines()[0] if str(error) else 'invalid document'}") from None


class _Reader:
    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._left = MOST_NODES
        self._open: set[int] = set()
        self.duplicates: list[str] = []

    def value(self, node: yaml.Node) -> Any:
        self._left -= 1
        if self._left < 0:
            raise YamlError("yaml: document contains excessive aliasing")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            raise YamlError("yaml: anchor contains itself")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item) for item in node.value]
            return self._mapping(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                value = self.value(value_node)
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, dict):
                        merged = {**each, **merged}
                continue
            key = _key(self.value(key_node))
            if key in result:
                self.duplicates.append(f'line {key_node.start_mark.line + 1}: key "{key}" already set in map')
            result[key] = self.value(value_node)
        return {**merged, **result} if merged else result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.style is None and node.tag == "tag:yaml.org,2002:str":
            if node.value in _MORE_BOOLEANS:
                return _MORE_BOOLEANS[node.value]
            if _FLOAT.fullmatch(node.value):
                return float(node.value)
        if node.tag == "tag:yaml.org,2002:binary":
            return node.value
        value = self._loader.construct_object(node, deep=True)
        if isinstance(value, (str, bool, int, float)) or value is None:
            return value
        return node.value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, str):
        return key
    if isinstance(key, (int, float)):
        return str(key)
    raise YamlError(f"yaml: unsupported type in key: {'null' if key is None else type(key).__name__}")
