"""``kubectl apply``: make the cluster's objects what the manifests say, keeping what others have set.

Models kubectl pkg/cmd/apply. Client-side (the default) the manifest is kept in an annotation; the next apply sends the difference
between that, the new manifest and the live object: a three-way merge. With --server-side the server works it out from the managers
of each field. Left out: --prune, apply sets, the migration of client-side managers.
"""

from __future__ import annotations

import json

from k8slab.apimachinery import gojson, labels, patches
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import api, builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import ApplyConflict, CommandError, joined, raise_all, with_source
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.last_applied import annotated, is_annotated, original_of
from k8slab.cli.kubectl.models import model_of
from k8slab.cli.kubectl.waiting import until_gone
from k8slab.cli.seam import Sleep, Steps

MANAGER = "kubectl-client-side-apply"
SERVER_SIDE_MANAGER = "kubectl"
MOST_TRIES = 5  # a patch that conflicts is computed anew this often, ...
TRIES_WITHOUT_PAUSE = 3  # ... the first times at once
PAUSE_SECONDS = 1.0

_NOT_APPLIED = (
    "Warning: resource {name} is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required "
    "by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create "
    "--save-config or kubectl apply. The missing annotation will be patched automatically.\n"
)
_BEING_DELETED = "Warning: Detected changes to resource {name} which is currently being deleted.\n"
_RESOLVE = """Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


def run(run: Invocation) -> Steps[int]:
    """Apply every object of the files."""
    flags = run.flags
    if run.args:
        raise run.usage(f"Unexpected args: [{' '.join(run.args)}]")
    _validate(run)
    validation = run.field_validation()
    find = builder.from_flags(run, validate=validation != "Ignore", select_all=False, selector=None)
    found = yield from find.visit()
    unreadable = joined(found.errors)
    errors: list[Exception] = [unreadable] if unreadable else []
    targets = _selected(run, found.targets)
    if not targets and not errors:
        raise CommandError("no objects passed to apply")
    show_objects = flags.text("output") not in ("", "name")
    done = _Done(run, show_objects)
    for target in targets:
        try:
            if flags.on("server-side"):
                yield from _server_side(run, target, done)
            else:
                yield from _Application(run, target, validation, done).apply()
        except (ApiError, CommandError) as error:
            errors.append(error)
    done.flush()
    raise_all(errors)
    return 0


def _validate(run: Invocation) -> None:
    flags = run.flags
    if flags.on("force-conflicts") and not flags.on("server-side"):
        raise CommandError("--force-conflicts only works with --server-side")
    if run.dry_run == "client" and flags.on("server-side"):
        raise CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
    if flags.on("prune"):
        if not flags.on("all") and not flags.text("selector"):
            raise CommandError(
                "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. "
                "If you did not mean to prune all resources, specify a label selector"
            )
        raise CommandError("the lab's kubectl does not prune: delete what is no longer wanted by name")
    if not flags.items("filename"):
        raise CommandError("must specify one of -f and -k")


def _selected(run: Invocation, targets: list[Target]) -> list[Target]:
    text = run.flags.text("selector")
    if not text:
        return targets
    try:
        selector = labels.parse(text)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return [t for t in targets if selector.matches(((t.obj or {}).get("metadata") or {}).get("labels"))]


class _Done:
    """Prints what became of each object: a word, or with ``-o yaml`` the object (several of them as one list)."""

    def __init__(self, run: Invocation, show_objects: bool) -> None:
        self.run = run
        self.show_objects = show_objects
        self.objects: list[Obj] = []

    def say(self, obj: Obj, operation: str) -> None:
        """Note that *operation* happened to *obj*."""
        if self.show_objects:
            self.objects.append(obj)
        else:
            self.run.io.out(printers.printer(self.run, operation)(obj))

    def flush(self) -> None:
        """Print the objects."""
        if self.objects:
            whole = self.objects[0] if len(self.objects) == 1 else printers.list_of(self.objects)
            self.run.io.out(printers.printer(self.run)(whole))


class _Application:
    """One object, applied from the client's side."""

    def __init__(self, run: Invocation, target: Target, validation: str, done: _Done) -> None:
        self.run = run
        self.target = target
        self.done = done
        self.modified = annotated(target.obj or {})
        self.params = {**run.write_params(MANAGER), "fieldValidation": validation}

    def apply(self) -> Steps[None]:
        """Create the object, or patch it."""
        target, run = self.target, self.run
        if not target.name and (target.obj or {}).get("metadata", {}).get("generateName"):
            raise CommandError(
                f"from {(target.obj or {})['metadata']['generateName']}: cannot use generate name with apply"
            )
        try:
            live = yield from self._live()
        except CommandError as error:
            raise with_source(self._retrieving(), target.source, error) from None
        except ApiError as error:
            if error.reason != "NotFound":
                raise with_source(self._retrieving(), target.source, error) from None
            yield from self._create()
            return
        if run.dry_run == "client":
            self.done.say(live if self.done.show_objects else self.modified, "configured")
            return
        if not is_annotated(live):
            run.io.err(_NOT_APPLIED.format(name=target.plural_slash_name))
        patch, patched = yield from self._patch(live)
        if live["metadata"].get("deletionTimestamp"):
            run.io.err(_BEING_DELETED.format(name=target.plural_slash_name))
        self.done.say(patched, "configured" if patch else "unchanged")

    def _live(self) -> Steps[Obj]:
        if not self.target.name:
            raise CommandError("resource name may not be empty")
        return (yield from self.run.api.get(self.target.mapping, self.target.namespace, self.target.name))

    def _retrieving(self) -> str:
        return f"retrieving current configuration of:\n{self.target.described}\nfrom server for:"

    def _create(self) -> Steps[None]:
        obj = self.modified
        if self.run.dry_run != "client":
            try:
                obj = yield from self.run.api.create(self.target.mapping, self.target.namespace, obj, self.params)
            except ApiError as error:
                raise with_source("creating", self.target.source, error) from None
        self.done.say(obj, "created")

    def _patch(self, live: Obj) -> Steps[tuple[Obj, Obj]]:
        """Return the patch that was sent (empty if none was needed) and the object after it."""
        target = self.target
        for attempt in range(MOST_TRIES + 1):
            if attempt:
                if attempt > TRIES_WITHOUT_PAUSE:
                    yield Sleep(PAUSE_SECONDS)
                live = yield from self.run.api.get(target.mapping, target.namespace, target.name)
            patch, content_type = difference(live, self.modified)
            if not patch:
                return patch, live
            body = gojson.marshal(patch).encode()
            try:
                patched = yield from self.run.api.patch(
                    target.mapping, target.namespace, target.name, body, content_type, self.params
                )
            except ApiError as error:
                if error.reason == "Conflict" and attempt < MOST_TRIES:
                    continue
                if self.run.flags.on("force") and error.reason in ("Conflict", "Invalid"):
                    return patch, (yield from self._replace(live))
                raise self._patch_error(error, patch) from None
            return patch, patched
        raise AssertionError("unreachable")

    def _patch_error(self, error: ApiError, patch: Obj) -> Exception:
        patching = with_source("patching", self.target.source, error)
        what = f"applying patch:\n{gojson.marshal(patch)}\nto:\n{self.target.described}\nfor:"
        return with_source(what, self.target.source, patching)

    def _replace(self, live: Obj) -> Steps[Obj]:
        """Delete the object and create it anew: what ``--force`` does where a patch is not possible."""
        target, run = self.target, self.run
        options = {"propagationPolicy": "Background"}
        grace = run.flags.number("grace-period")
        if grace >= 0:
            options["gracePeriodSeconds"] = grace  # type: ignore[assignment]
        yield from run.api.delete(target.mapping, target.namespace, target.name, options, {})
        timeout = run.flags["timeout"] or 7 * 24 * 3600.0
        if not (yield from until_gone(run, target, live["metadata"]["uid"], timeout)):
            raise CommandError("timed out waiting for the condition")
        return (yield from run.api.create(target.mapping, target.namespace, self.modified, self.params))


def difference(live: Obj, modified: Obj) -> tuple[Obj, str]:
    """Return the patch that makes *modified* of *live* without touching what others set, and its content type.

    *modified* carries its own configuration in the annotation; the configuration before stands in *live*.
    """
    model = model_of(str(modified.get("apiVersion")), str(modified.get("kind")))
    original = original_of(live)
    if model is None:
        return patches.create_three_way_json_patch(original, modified, live), api.MERGE_PATCH
    return patches.create_three_way_patch(original, modified, live, model), api.STRATEGIC_PATCH


def _server_side(run: Invocation, target: Target, done: _Done) -> Steps[None]:
    manager = run.flags.text("field-manager")
    params = {
        "fieldManager": manager if run.flags.changed("field-manager") else SERVER_SIDE_MANAGER,
        "fieldValidation": run.field_validation(),
        "force": "true" if run.flags.on("force-conflicts") else "false",
    }
    if run.dry_run == "server":
        params["dryRun"] = "All"
    body = json.dumps(target.obj, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        obj = yield from run.api.patch(target.mapping, target.namespace, target.name, body, api.APPLY_PATCH, params)
    except ApiError as error:
        if error.reason == "Conflict":
            raise ApplyConflict(f"{error.message}\n{_RESOLVE}") from None
        raise
    done.say(obj, "serverside-applied")
