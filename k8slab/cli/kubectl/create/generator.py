"""What all generators share: an object made from flags is printed (client dry run) or sent to the server.

Models kubectl pkg/cmd/create/create.go (CreateSubcommandOptions). Objects are dicts in the order of upstream's structs, which is the
order of ``-o json``.
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.discovery import Mapping
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.last_applied import ANNOTATION
from k8slab.cli.seam import Steps


def name_argument(run: Invocation) -> str:
    """Return the one NAME argument. What follows ``--`` is not counted."""
    words = run.args if run.flags.dash_at < 0 else run.args[: run.flags.dash_at]
    if len(words) != 1:
        raise run.usage(f"exactly one NAME is required, got {len(words)}")
    return words[0]


def command(run: Invocation) -> list[str]:
    """Return the words after ``--``."""
    return run.args[run.flags.dash_at :] if run.flags.dash_at >= 0 else []


def metadata(run: Invocation, name: str, *, labels: dict[str, str] | None = None, namespaced: bool = True) -> Obj:
    """Return metadata as a generator writes it: with the namespace only if one was given."""
    made: Obj = {"name": name}
    if namespaced and run.namespace_given:
        made["namespace"] = run.namespace
    if labels:
        made["labels"] = labels
    return made


def finish(
    run: Invocation,
    mapping: Mapping,
    obj: Obj,
    failed: str = "",
    *,
    operation: str = "created",
    manager: str = "kubectl-create",
) -> Steps[int]:
    """Print *obj*, or create it and print what the server made of it; *failed* stands before an error of the server's."""
    show = printer(run, operation)
    if run.flags.on("save-config"):
        obj = _with_configuration(obj)
    if run.dry_run != "client":
        params = {**run.write_params(manager), "fieldValidation": run.field_validation()}
        try:
            obj = yield from run.api.create(mapping, run.namespace if mapping.namespaced else "", obj, params)
        except ApiError as error:
            if failed:
                raise CommandError(f"{failed}: {error.message}") from None
            raise
    run.io.out(show(obj))
    return 0


def _with_configuration(obj: Obj) -> Obj:
    """Return *obj* with itself in the last-applied annotation, in the order of its fields."""
    text = gojson.marshal(obj) + "\n"
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "annotations": {**meta.get("annotations", {}), ANNOTATION: text}}}


def printer(run: Invocation, operation: str) -> printers.Printer:
    """Return the printer of a generator: ``-o json`` keeps the order of the fields."""
    if run.option("output") == "json":
        return _ordered_json
    return printers.printer(run, operation)


def _ordered_json(obj: Obj) -> str:
    text = json.dumps(obj, indent=4, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + "\n"


def built_in(api_version: str, plural: str, kind: str, *, namespaced: bool = True) -> Mapping:
    """Return the resource of a kind that kubectl knows without asking the server."""
    group, _, version = api_version.rpartition("/")
    return Mapping(group, version, plural, kind.lower(), kind, namespaced)


def quoted_list(words: list[str]) -> str:
    """Return ``["a" "b"]``, as Go prints a list with ``%q``."""
    return "[" + " ".join(gojson.quote(word) for word in words) + "]"


def key_value(text: str) -> tuple[str, str]:
    """Return ``key=value`` taken apart. Raises CommandError in upstream's words."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise CommandError(f"invalid literal source {text}, expected key=value")
    return key, _unquoted(value)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def pod_template(name: str, container: dict[str, Any], **spec: Any) -> Obj:
    """Return a pod template with one container."""
    return {"metadata": {}, "spec": {"containers": [container], **spec}}
