"""How an object comes out: ``-o name|yaml|json|jsonpath=...|go-template=...|custom-columns=...``, or ``deployment.apps/web created``.

Models cli-runtime pkg/genericclioptions (PrintFlags) and pkg/printers. A printer is a function from an object to text; `printer`
chooses it by the flags of the verb.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from k8slab.cli import goyaml
from k8slab.cli.gotemplate.execute import Template
from k8slab.cli.gotemplate.nodes import TemplateError
from k8slab.cli.gotemplate.values import plain, quoted
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.jsonpath import JSONPath, JSONPathError, compact, go_syntax, json_indented

Printer = Callable[[Obj], str]

#: The formats that take a template after ``=``.
TEMPLATES = (
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "go-template",
    "go-template-file",
    "template",
    "templatefile",
)
ALLOWED = (
    "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml"
)


def printer(run: Invocation, operation: str = "", allowed: str = ALLOWED, dry_run: str = "") -> Printer:
    """Return the printer that ``-o`` chooses; without ``-o`` objects are named, with what was done: ``pod/x created``.

    Raises CommandError for a format that does not exist.
    """
    output = str(run.option("output") or "")
    if output == "name":
        return lambda obj: name_of(obj) + "\n"
    if not output and not run.option("template"):
        done = with_dry_run(operation, dry_run or run.dry_run)
        return lambda obj: f"{name_of(obj)} {done}".rstrip() + "\n" if done else name_of(obj) + "\n"
    return structured(run, output, allowed)


def with_dry_run(operation: str, dry_run: str) -> str:
    """Return *operation* with what it did not really do: ``created (dry run)``."""
    return operation + {"client": " (dry run)", "server": " (server dry run)"}.get(dry_run, "")


def structured(run: Invocation, output: str, allowed: str = ALLOWED) -> Printer:
    """Return the printer for the format *output*, one that shows what is in the object."""
    keep_managed = run.flags.on("show-managed-fields")
    if output.lower() == "json":
        return lambda obj: json_indented(_without_managed(obj, keep_managed)) + "\n"
    if output.lower() in ("yaml", "yml"):
        return _yaml_printer(keep_managed)
    if output.lower() == "kyaml":
        raise CommandError("the lab's kubectl does not print kyaml: use -o yaml")
    output, template = _with_template(output, str(run.option("template") or ""))
    if output in ("jsonpath", "jsonpath-as-json", "jsonpath-file"):
        return _jsonpath_printer(run, output, template)
    if output in ("go-template", "go-template-file", "template", "templatefile"):
        return _template_printer(run, output, template)
    raise CommandError(
        f'unable to match a printer suitable for the output format "{output}", allowed formats are: {allowed}'
    )


def _with_template(output: str, template: str) -> tuple[str, str]:
    if not output and template:
        return "template", template
    name, equals, inline = output.partition("=")
    if name in TEMPLATES:
        if equals:
            template = inline
        if not template:
            raise CommandError("template format specified but no template given")
        return name, template
    return output, template


def _yaml_printer(keep_managed: bool) -> Printer:
    printed = 0

    def print_yaml(obj: Obj) -> str:
        nonlocal printed
        printed += 1
        return ("---\n" if printed > 1 else "") + goyaml.dump(_without_managed(obj, keep_managed))

    return print_yaml


def _without_managed(obj: Obj, keep: bool) -> Obj:
    """Return *obj* (and the items of a list) without metadata.managedFields."""
    if keep:
        return obj
    if "items" in obj and str(obj.get("kind", "")).endswith("List"):
        return {**obj, "items": [_without_managed(item, keep) for item in obj["items"] or ()]}
    metadata = obj.get("metadata")
    if isinstance(metadata, dict) and "managedFields" in metadata:
        return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}
    return obj


def _jsonpath_printer(run: Invocation, output: str, template: str) -> Printer:
    if output == "jsonpath-file":
        template = _template_file(run, template)
    try:
        path = JSONPath(template, allow_missing=bool(run.option("allow-missing-template-keys", True)))
    except JSONPathError as error:
        raise CommandError(f"error parsing jsonpath {template}, {error}") from None

    def print_path(obj: Obj) -> str:
        try:
            return path.print_json(obj) if output == "jsonpath-as-json" else path.print(obj)
        except JSONPathError as error:
            raise CommandError(
                f"error executing jsonpath {quoted(template)}: Error executing template: {error}. "
                f"Printing more information for debugging the template:\n\ttemplate was:\n\t\t{template}\n"
                f"\tobject given to jsonpath engine was:\n\t\t{go_syntax(obj)}\n\n\n"
            ) from None

    return print_path


def _template_printer(run: Invocation, output: str, template: str) -> Printer:
    if output.endswith("file"):
        template = _template_file(run, template)
    try:
        parsed = Template(template, name="output", functions={"base64decode": _base64_decode})
    except TemplateError as error:
        raise CommandError(f"error parsing template {template}, {error}") from None
    return lambda obj: execute_template(run, parsed, template, obj)


def execute_template(run: Invocation, parsed: Template, text: str, obj: Obj) -> str:
    """Return what a Go template gives for *obj*. Raises CommandError, after printing kubectl's help for finding the fault."""
    try:
        return parsed.render(obj)
    except TemplateError as error:
        run.io.out(
            f"Error executing template: {error}. Printing more information for debugging the template:\n"
            f"\ttemplate was:\n\t\t{text}\n\traw data was:\n\t\t{compact(obj)}\n"
            f"\tobject given to template engine was:\n\t\t{plain(obj)}\n\n"
        )
        raise CommandError(f"error executing template {quoted(text)}: {error}") from None


def _base64_decode(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")


def _template_file(run: Invocation, path: str) -> str:
    try:
        return run.read_file(path)
    except CommandError as error:
        raise CommandError(f"error reading --template {path}, {error}") from None


def name_of(obj: Obj) -> str:
    """Return ``deployment.apps/web`` for *obj*; for a list, a line per item."""
    if "items" in obj and str(obj.get("kind", "")).endswith("List"):
        return "\n".join(name_of(item) for item in obj["items"] or ())
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    kind = str(obj.get("kind", "")).lower()
    name = (obj.get("metadata") or {}).get("name") or "<unknown>"
    return f"{kind}.{group}/{name}" if group else f"{kind}/{name}"


def list_of(objects: list[Obj]) -> Obj:
    """Return several objects as the list that kubectl prints."""
    return {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}


def typed(target: Target) -> Obj:
    """Return a target's object with its apiVersion and kind, which items of lists lack."""
    obj = target.obj or {"metadata": {"name": target.name}}
    return {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind, **obj}
