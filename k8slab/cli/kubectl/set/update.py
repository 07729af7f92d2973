"""Read objects, change each, send the difference as a strategic merge patch. Models the RunE functions of kubectl pkg/cmd/set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Found, Target
from k8slab.cli.kubectl.errors import Aggregate, CommandError, raise_all, text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

#: Changes an object in place; what it raises is noted for this object.
Mutation = Callable[[Obj], None]


def resources_and_changes(words: list[str], what: str) -> tuple[list[str], list[str]]:
    """Return the words that name objects and those that say what to change (``KEY=VALUE``, ``KEY-``); the names stand first."""
    at = next((index for index, word in enumerate(words) if _is_change(word)), len(words))
    names, changes = words[:at], words[at:]
    wrong = [word for word in changes if not _is_change(word)]
    if wrong:
        raise CommandError(f"all resources must be specified before {what} changes: {wrong[0]}")
    return names, changes


def _is_change(word: str) -> bool:
    return ("=" in word and not word.startswith("=")) or (word.endswith("-") and word != "-")


def find(run: Invocation, words: list[str]) -> Steps[Found]:
    """Return the objects that *words* and the flags name, as they are on the server (or in the files, with --local)."""
    local = run.flags.on("local")
    finder = builder.from_flags(run, allow_all=run.flags.on("all"), latest=not local)
    yield from finder.arguments(words)
    return (yield from finder.visit())


def apply(run: Invocation, found: Found, operation: str, mutate: Mutation, failed: str) -> Steps[int]:
    """Change every object with *mutate*; *failed* stands before an error of the server's."""
    errors: list[Exception] = list(found.errors)
    show = printers.printer(run, operation)
    for target in found.targets:
        obj = printers.typed(target)
        try:
            changed, patch = pod_spec.change(obj, mutate)
        except Aggregate as several:
            errors.extend(several.errors)
            continue
        except CommandError as error:
            errors.append(CommandError(f"error: {target.plural_slash_name} {error}\n"))
            continue
        if not patch:
            continue
        if run.dry_run == "client" or run.flags.on("local"):
            run.io.out(show(changed))
            continue
        try:
            actual = yield from _send(run, target, patch)
        except ApiError as error:
            errors.append(CommandError(f"{failed}: {text_of(error)}"))
            continue
        run.io.out(show(actual))
    raise_all(errors)
    return 0


def _send(run: Invocation, target: Target, patch: Any) -> Steps[Obj]:
    place = (target.mapping, target.namespace, target.name)
    body = pod_spec.encoded(patch)
    return (yield from run.api.patch(*place, body, api.STRATEGIC_PATCH, run.write_params("kubectl-set")))
