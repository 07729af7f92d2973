"""``kubectl explain``: the documentation of a kind and its fields.

Models kubectl pkg/explain/v2 (the plaintext template). The texts are those of lightkube's models, which are made from the API's
own OpenAPI document. Left out: -o plaintext-openapiv2.
"""

from __future__ import annotations

import functools
import re
import textwrap
import typing
from dataclasses import dataclass
from typing import Any

from k8slab.cli.kubectl.discovery import Mapping
from k8slab.cli.kubectl.errors import CommandError, Exit
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.models import model_of
from k8slab.cli.seam import Steps

WIDTH = 76
_PARAMETER = re.compile(r"^\s*\* \*\*(?P<name>[^*]+)\*\* ``(?P<type>[^`]*)`` - ?(?P<text>.*)$")
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "datetime": "string",
    "dict": "Object",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind."""

    name: str
    type_text: str
    required: bool
    text: str
    model: type | None


def run(run: Invocation) -> Steps[int]:
    """Print the documentation of ``TYPE[.FIELD...]``."""
    if not run.args:
        raise CommandError(
            'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.'
        )
    if len(run.args) > 1:
        raise CommandError("We accept only this format: explain RESOURCE")
    word, *path = run.args[0].removesuffix("/").split(".")
    try:
        mapping = yield from run.mapper.find(word)
    except CommandError as error:
        run.io.err(f"{error}\n")
        raise Exit(1) from None
    version = run.flags.text("api-version")
    if version:
        other = yield from run.mapper.of_kind(version, mapping.kind)
        if other is None:
            raise CommandError(f'couldn\'t find resource for "{version}, Kind={mapping.kind}"')
        mapping = other
    model = model_of(mapping.api_version, mapping.kind)
    if model is None:
        raise CommandError(f"no documentation for {mapping.gvk}")
    run.io.out(_page(mapping, model, path, run.flags.on("recursive")))
    return 0


def _page(mapping: Mapping, model: type, path: list[str], recursive: bool) -> str:
    lines = [f"GROUP:      {mapping.group}"] if mapping.group else []
    lines += [f"KIND:       {mapping.kind}", f"VERSION:    {mapping.version}", ""]
    current: type | None = model
    field: Field | None = None
    text = _summary(model)
    for name in path:
        fields = {one.name: one for one in _fields(current)} if current else {}
        if name not in fields:
            raise CommandError(f'field "{name}" does not exist')
        field = fields[name]
        current, text = field.model, field.text
    if field is not None:
        required = " -required-" if field.required else ""
        lines += [f"FIELD: {field.name} <{field.type_text}>{required}", "", ""]
        if current is not None and _summary(current) and _summary(current) not in text:
            text = f"{text}\n{_summary(current)}"
    lines += ["DESCRIPTION:", *_wrapped(text, 4), "    "]
    if current is not None:
        lines.append("FIELDS:")
        lines += _tree(current, 1) if recursive else _list(current)
    return "\n".join(lines) + "\n\n"


def _list(model: type) -> list[str]:
    lines = []
    for field in _fields(model):
        lines.append(f"  {field.name}\t<{field.type_text}>" + (" -required-" if field.required else ""))
        lines += [*_wrapped(field.text, 4), ""]
    return lines


def _tree(model: type, level: int, above: tuple[type, ...] = ()) -> list[str]:
    lines = []
    for field in _fields(model):
        required = " -required-" if field.required else ""
        lines.append("  " * level + f"{field.name}\t<{field.type_text}>{required}")
        if field.model is not None and field.model not in (*above, model):
            lines += _tree(field.model, level + 1, (*above, model))
    return lines


def _wrapped(text: str, indent: int) -> list[str]:
    lead = " " * indent
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    return [lead + line for line in lines]


@functools.lru_cache
def _documentation(model: type) -> tuple[str, dict[str, tuple[bool, str]]]:
    """Return the summary of *model*, and for each field whether it is required and its text."""
    summary: list[str] = []
    fields: dict[str, tuple[bool, list[str]]] = {}
    current: list[str] | None = None
    for raw in _docstring(model).splitlines():
        match = _PARAMETER.match(raw)
        if match:
            current = [match["text"]]
            fields[match["name"]] = (not match["type"].startswith("Optional"), current)
        elif raw.strip() == "**parameters**":
            current = []
        elif current is not None:
            current.append(raw.strip())
        else:
            summary.append(raw.strip())
    texts = {name: (required, _joined(lines)) for name, (required, lines) in fields.items()}
    return _joined(summary), texts


def _joined(lines: list[str]) -> str:
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")).strip() for paragraph in paragraphs)


def _docstring(model: type) -> str:
    for base in model.__mro__:
        if base.__module__.startswith("lightkube.models") and base.__doc__:
            return textwrap.dedent("    " + base.__doc__)
    return model.__doc__ or ""


def _summary(model: type) -> str:
    return _documentation(model)[0]


@functools.lru_cache
def _fields(model: type) -> tuple[Field, ...]:
    documented = _documentation(model)[1]
    fields = []
    for name, hint in typing.get_type_hints(model).items():
        if name.startswith("_") or name.isupper():
            continue
        api_name = name.rstrip("_")
        type_text, inner = _type(hint)
        required, text = documented.get(api_name, documented.get(name, (False, "")))
        fields.append(Field(api_name, type_text, required, text, inner))
    return tuple(sorted(fields, key=lambda field: field.name))


def _type(hint: Any) -> tuple[str, type | None]:
    """Return how kubectl writes a type (``[]Container``), and the class of its fields if it has some."""
    arguments = [a for a in typing.get_args(hint) if a is not type(None)]
    origin = typing.get_origin(hint)
    if origin is list:
        text, inner = _type(arguments[0])
        return f"[]{text}", inner
    if origin is dict:
        text, inner = _type(arguments[1])
        return f"map[string]{text}", inner
    if arguments:
        return _type(arguments[0])
    name = getattr(hint, "__name__", str(hint))
    if name in _TYPES:
        return _TYPES[name], None
    if isinstance(hint, type) and hint.__module__.startswith("lightkube.models"):
        return name, hint
    return ("Quantity" if "Quantity" in name else "Object" if hint is Any else name), None
