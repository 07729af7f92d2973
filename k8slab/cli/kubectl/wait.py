"""``kubectl wait``: until a condition is true, a field has a value, an object exists or is gone. Models kubectl pkg/cmd/wait."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Found, Target
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.jsonpath import JSONPath, JSONPathError, go_value, relaxed
from k8slab.cli.kubectl.waiting import Deadline, until, until_gone
from k8slab.cli.seam import Sleep, Steps

_WEEK = 7 * 24 * 3600.0
_CREATE_POLL_SECONDS = 0.5
_Test = Callable[[Obj], bool]


def run(run: Invocation) -> Steps[int]:
    """Wait for what ``--for`` says."""
    flags = run.flags
    goal = flags.text("for")
    test = _test(goal)
    find = builder.from_flags(run, latest=True)
    yield from find.arguments(run.args)
    seconds = flags["timeout"]
    deadline = yield from Deadline.after(_WEEK if seconds < 0 else seconds)
    if goal.lower() == "create":
        if find.filenames or (find.selector is not None and not find.resources):
            raise CommandError("--for=create needs resources named by type")
        found = yield from _until_created(run, find, deadline)
    else:
        found = yield from find.visit()
    errors = list(found.errors)
    gone = [error for error in errors if isinstance(error, ApiError) and error.reason == "NotFound"]
    if goal.lower() == "delete":
        errors = [error for error in errors if error not in gone]
    show = printers.printer(run, "condition met")
    for target in found.targets:
        try:
            obj = yield from _wait(run, target, test, goal.lower(), deadline)
        except (CommandError, ApiError) as error:
            errors.append(error)
            continue
        run.io.out(show(obj))
    raise_all(errors)
    if not found.targets and goal.lower() != "delete":
        raise CommandError("no matching resources found")
    return 0


def _wait(run: Invocation, target: Target, test: _Test | None, goal: str, deadline: Deadline) -> Steps[Obj]:
    name = target.plural_slash_name
    obj = printers.typed(target)
    if goal == "create":
        return obj
    left = yield from deadline.left()
    if goal == "delete":
        uid = obj["metadata"].get("uid", "")
        if deadline.seconds == 0:
            raise CommandError(f"condition not met for {name}")
        if not (yield from until_gone(run, target, uid, left or 0)):
            raise CommandError(f"timed out waiting for the condition on {name}")
        return obj
    assert test is not None
    seen: list[Obj] = []

    def holds(current: Obj | None, event: str) -> bool:
        if current is None:
            return False
        seen[:] = [current]
        return test(current)

    if deadline.seconds == 0:
        if not test(obj):
            raise CommandError(f"condition not met for {name}")
        return obj
    if not (yield from until(run, target, holds, deadline)):
        raise CommandError(f"timed out waiting for the condition on {name}")
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], **seen[0]}


def _until_created(run: Invocation, find: builder.Builder, deadline: Deadline) -> Steps[Found]:
    while True:
        found = yield from find.visit()
        missing = [e for e in found.errors if isinstance(e, ApiError) and e.reason == "NotFound"]
        if found.targets and not missing:
            return found
        if len(missing) != len(found.errors):
            return found
        left = yield from deadline.left()
        if left is not None and left <= 0:
            if missing:
                raise CommandError("timed out waiting for the condition")
            raise CommandError("no matching resources found")
        yield Sleep(_CREATE_POLL_SECONDS)


# -- what to wait for --------------------------------------------------------------------------------------------------


def _test(goal: str) -> _Test | None:
    """Return the test that ``--for`` describes; None for create and delete. Raises CommandError in upstream's words."""
    lower = goal.lower()
    if lower in ("delete", "create"):
        return None
    if goal.startswith("condition="):
        name, equals, value = goal.removeprefix("condition=").partition("=")
        return _condition(name, value if equals else "true")
    if goal.startswith("jsonpath="):
        return _field(goal.removeprefix("jsonpath="))
    raise CommandError(f'unrecognized condition: "{goal}"')


def _condition(name: str, wanted: str) -> _Test:
    def holds(obj: Obj) -> bool:
        for condition in (obj.get("status") or {}).get("conditions") or ():
            if str(condition.get("type", "")).lower() != name.lower():
                continue
            generation = obj["metadata"].get("generation")
            observed = condition.get("observedGeneration", (obj.get("status") or {}).get("observedGeneration"))
            if generation is not None and observed is not None and observed < generation:
                return False
            return str(condition.get("status", "")).lower() == wanted.lower()
        return False

    return holds


_FORM = "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'"


def _field(text: str) -> _Test:
    expression, wanted, any_value = _split(text)
    try:
        path = JSONPath(expression)
    except JSONPathError as error:
        raise CommandError(str(error)) from None

    def holds(obj: Obj) -> bool:
        try:
            values: list[Any] = path.values(obj)
        except JSONPathError:
            return False
        if not values:
            return False
        if len(values) > 1:
            raise CommandError("given jsonpath expression matches more than one value")
        if any_value:
            return True
        if isinstance(values[0], dict | list):
            raise CommandError("jsonpath leads to a nested object or list which is not supported")
        return go_value(values[0]) == wanted

    return holds


def _split(text: str) -> tuple[str, str, bool]:
    """Return (path, value, whether any value will do). A single ``=`` parts them; ``==`` belongs to a filter."""
    parts = re.split(r"(?<!=)=(?!=)", text)
    try:
        path = relaxed(parts[0])
    except JSONPathError as error:
        raise CommandError(str(error)) from None
    if len(parts) == 1:
        return path, "", True
    if len(parts) > 2:
        raise CommandError(_FORM)
    value = parts[1].strip("'\"")
    if not value:
        raise CommandError(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3"
        )
    return path, value, False
