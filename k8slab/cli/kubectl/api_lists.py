"""``kubectl api-resources``, ``api-versions``, ``version``, ``cluster-info``: what the server is and what it offers.

Models kubectl pkg/cmd/{apiresources,version,clusterinfo}. Left out: cluster-info dump.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from k8slab.cli import goyaml
from k8slab.cli.kubectl.discovery import Mapping, preferred
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.tables import new_tab_writer
from k8slab.cli.seam import Steps

CLIENT_VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.2",
    "gitCommit": "k8slab",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26",
    "compiler": "gc",
    "platform": "linux/amd64",
}
KUSTOMIZE_VERSION = "v5.8.1"


def api_resources(run: Invocation) -> Steps[int]:
    """List the kinds of objects that the server has."""
    flags = run.flags
    if run.args:
        raise run.usage(f"unexpected arguments: [{' '.join(run.args)}]")
    output = flags.text("output")
    if output not in ("", "wide", "name"):
        raise CommandError(f"--output {output} is not available")
    sort_by = flags.text("sort-by")
    if sort_by not in ("", "name", "kind"):
        raise CommandError("--sort-by accepts only name or kind")
    mappings = preferred((yield from run.mapper.all()))
    wanted = [m for m in mappings if _is_wanted(run, m)]
    wanted.sort(key=_order(sort_by))
    if output == "name":
        run.io.out("".join(f"{m.group_resource}\n" for m in wanted))
        return 0
    writer = new_tab_writer()
    if not flags.on("no-headers"):
        headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
        writer.write("\t".join(headers + (["VERBS", "CATEGORIES"] if output == "wide" else [])) + "\n")
    for m in wanted:
        cells = [m.plural, ",".join(m.short_names), m.api_version, "true" if m.namespaced else "false", m.kind]
        if output == "wide":
            cells += [",".join(m.verbs), ",".join(m.categories)]
        writer.write("\t".join(cells) + "\n")
    run.io.out(writer.flush())
    return 0


def _order(sort_by: str) -> Callable[[Mapping], Any]:
    if sort_by == "name":
        return lambda m: m.plural
    if sort_by == "kind":
        return lambda m: m.kind
    return lambda m: (m.group, m.plural)


def _is_wanted(run: Invocation, mapping: Mapping) -> bool:
    flags = run.flags
    if flags.changed("api-group") and mapping.group != flags.text("api-group"):
        return False
    if flags.changed("namespaced") and mapping.namespaced != flags.on("namespaced"):
        return False
    verbs, categories = flags.items("verbs"), flags.items("categories")
    if verbs and not set(verbs) <= set(mapping.verbs):
        return False
    if categories and not set(categories) <= set(mapping.categories):
        return False
    return bool(mapping.verbs)


def api_versions(run: Invocation) -> Steps[int]:
    """List the groups and versions that the server speaks."""
    if run.args:
        raise run.usage(f"unexpected arguments: [{' '.join(run.args)}]")
    mappings = yield from run.mapper.all()
    versions = sorted({mapping.api_version for mapping in mappings})
    run.io.out("".join(f"{version}\n" for version in versions))
    return 0


def version(run: Invocation) -> Steps[int]:
    """Print the versions of kubectl and the server."""
    flags = run.flags
    output = flags.text("output")
    if output not in ("", "json", "yaml"):
        raise CommandError("--output must be 'yaml' or 'json'")
    if run.args:
        raise CommandError(f"extra arguments: [{' '.join(run.args)}]")
    server = None
    if not flags.on("client"):
        server = yield from run.api.call("GET", "/version")
    if output:
        whole = {"clientVersion": CLIENT_VERSION, "kustomizeVersion": KUSTOMIZE_VERSION}
        if server is not None:
            whole["serverVersion"] = server
        run.io.out(json.dumps(whole, indent=2) + "\n" if output == "json" else goyaml.dump(whole))
        return 0
    run.io.out(f"Client Version: {CLIENT_VERSION['gitVersion']}\nKustomize Version: {KUSTOMIZE_VERSION}\n")
    if server is not None:
        run.io.out(f"Server Version: {server.get('gitVersion', '')}\n")
    return 0


def cluster_info(run: Invocation) -> Steps[int]:
    """Say where the control plane and the cluster's own services are."""
    mapping = yield from run.mapper.find("services")
    selector = {"labelSelector": "kubernetes.io/cluster-service=true"}
    listed = yield from run.api.list(mapping, "kube-system", selector)
    run.io.out(f"Kubernetes control plane is running at {run.api.server}\n")
    for service in listed.get("items") or ():
        metadata = service["metadata"]
        ports = service["spec"].get("ports") or [{}]
        port = ports[0].get("name") or ""
        name = (metadata.get("labels") or {}).get("kubernetes.io/name") or metadata["name"]
        suffix = f"{metadata['name']}:{port}" if port else metadata["name"]
        link = f"{run.api.server}/api/v1/namespaces/{metadata['namespace']}/services/{suffix}/proxy"
        run.io.out(f"{name} is running at {link}\n")
    run.io.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
    return 0
