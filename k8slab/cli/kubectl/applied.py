"""``kubectl apply view-last-applied``: what ``kubectl apply`` keeps in its annotation. Models kubectl pkg/cmd/apply."""

from __future__ import annotations

from k8slab.cli import goyaml
from k8slab.cli.kubectl import builder
from k8slab.cli.kubectl.errors import raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.jsonpath import json_indented
from k8slab.cli.kubectl.last_applied import original_of
from k8slab.cli.seam import Steps


def view(run: Invocation) -> Steps[int]:
    """Print the configuration that was applied last to each object."""
    output = run.flags.text("output")
    if output not in ("json", "yaml"):
        raise run.usage(f"Unexpected -o output mode: {output}, the flag 'output' must be one of yaml|json")
    find = builder.from_flags(run, latest=True)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    raise_all(found.errors)
    for target in found.targets:
        original = original_of(target.obj or {})
        if original is None:
            continue
        run.io.out(json_indented(original).replace("    ", "  ") + "\n" if output == "json" else goyaml.dump(original))
    return 0
