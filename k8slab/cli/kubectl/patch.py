"""``kubectl patch``: send a patch as the user wrote it. Models kubectl pkg/cmd/patch."""

from __future__ import annotations

import json
from typing import Any

from k8slab.apimachinery import gojson, patches
from k8slab.cli.kubectl import api, builder, manifests, pod_spec, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.models import model_of
from k8slab.cli.seam import Steps

_TYPES = {"json": api.JSON_PATCH, "merge": api.MERGE_PATCH, "strategic": api.STRATEGIC_PATCH}


def run(run: Invocation) -> Steps[int]:
    """Patch what the arguments name."""
    flags = run.flags
    content_type = _TYPES.get(flags.text("type").lower() or "strategic")
    if flags.text("patch") and flags.text("patch-file"):
        raise CommandError("cannot specify --patch and --patch-file together")
    if not flags.text("patch") and not flags.text("patch-file"):
        raise CommandError("must specify --patch or --patch-file containing the contents of the patch")
    if content_type is None:
        raise CommandError(f"--type must be one of [json merge strategic], not {gojson.quote(flags.text('type'))}")
    text = flags.text("patch") or _patch_file(run)
    find = builder.from_flags(run)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    errors = list(found.errors)
    patch = _read(text) if found.targets else b""
    for target in found.targets:
        try:
            yield from _patch(run, target, patch, content_type)
        except (CommandError, api.ApiError) as error:
            errors.append(error)
    raise_all(errors)
    if not found.targets:
        raise CommandError("no objects passed to patch")
    return 0


def _patch_file(run: Invocation) -> str:
    try:
        return run.read_file(run.flags.text("patch-file"))
    except CommandError as error:
        raise CommandError(f"unable to read patch file: {error}") from None


def _read(text: str) -> bytes:
    """Return the patch as JSON; what looks like a JSON object goes to the server as it is."""
    if text.lstrip().startswith("{"):
        return text.encode()
    try:
        return pod_spec.encoded(manifests.from_yaml(text))
    except CommandError as error:
        message = str(error).removeprefix("error converting YAML to JSON: ")
        raise CommandError(f"unable to parse {gojson.quote(text)}: {message}") from None


def _patch(run: Invocation, target: Target, patch: bytes, content_type: str) -> Steps[None]:
    before = printers.typed(target)
    if run.dry_run == "client" or run.flags.on("local"):
        after = _locally(before, patch, content_type)
    else:
        place = (target.mapping, target.namespace, target.name)
        after = yield from run.api.patch(
            *place,
            patch,
            content_type,
            run.write_params("kubectl-patch"),
            run.flags.text("subresource"),
        )
    # Upstream's message does not say that it was a dry run.
    operation = "patched" if before != after else "patched (no change)"
    run.io.out(printers.printer(run, operation, dry_run="none")(after))


def _locally(obj: Obj, text: bytes, content_type: str) -> Obj:
    try:
        patch: Any = json.loads(text)
        if content_type == api.JSON_PATCH:
            return patches.json_patch(obj, patch)
        if content_type == api.MERGE_PATCH:
            return patches.merge_patch(obj, patch)
        return patches.strategic_merge(obj, patch, model_of(obj["apiVersion"], obj["kind"]))
    except (patches.PatchError, ValueError) as error:
        raise CommandError(str(error)) from None
