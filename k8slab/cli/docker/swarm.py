"""Swarm mode, which the lab's engine is never in: the commands ask it, and pass on its refusal. And plug-ins: there are none.

Models cli/command/{node,service,stack,secret,config,swarm,plugin}, as far as a refusal shows them.
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.cli.docker import api, formatting
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.formatting import Listing
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps

PLUGINS = Listing(
    {
        "ID": "ID",
        "Name": "NAME",
        "Description": "DESCRIPTION",
        "PluginReference": "PLUGIN REFERENCE",
        "Enabled": "ENABLED",
    },
    "table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}",
    quiet="{{.ID}}",
    type_name="*plugin.pluginContext",
)


def asks(method: str, path: str, query: api.Query | None = None) -> Callable[[Invocation], Steps[int]]:
    """Return a verb that makes one request; without a swarm the answer is a refusal."""

    def verb(run: Invocation) -> Steps[int]:
        where = path.replace("{}", run.args[0] if run.args else "")
        filters = {"filters": api.filters(run.flags.items("filter"))} if run.flags.has("filter") else {}
        yield from run.api.call(method, where, {**filters, **(query or {})})
        raise CommandError("the lab has no swarm mode")

    return verb


def plugins(run: Invocation) -> Steps[int]:
    """List plug-ins."""
    flags = run.flags
    found = yield from run.api.json("GET", "/plugins", {"filters": api.filters(flags.items("filter"))})
    rows = [
        {
            "ID": plugin["Id"] if flags.on("no-trunc") else plugin["Id"][:12],
            "Name": plugin["Name"],
            "Description": (plugin.get("Config") or {}).get("Description", ""),
            "PluginReference": plugin.get("PluginReference", ""),
            "Enabled": bool(plugin["Enabled"]),
        }
        for plugin in found or []
    ]
    form = flags.text("format") or ("" if flags.on("quiet") else run.config.format("pluginsFormat"))
    run.io.out(formatting.listing(PLUGINS, rows, form, quiet=flags.on("quiet")))
    return 0
