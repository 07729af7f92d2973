"""``docker version``. Models cli/command/system/version.go."""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import api, formatting, raw_json, units
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.gotemplate.execute import Struct, Template
from k8slab.cli.gotemplate.nodes import TemplateError
from k8slab.cli.seam import Steps
from k8slab.cli.tabwriter import lined_up

CLIENT = {
    "Version": "28.2.2",
    "ApiVersion": "1.50",
    "DefaultAPIVersion": "1.50",
    "GitCommit": "e6534b4",
    "GoVersion": "go1.24.3",
    "Os": "linux",
    "Arch": "amd64",
    "BuildTime": "Fri May 30 12:07:14 2025",
    "Context": "default",
}
WIDTH, PADDING = 20, 1
_ENGINE_DETAILS = ("ApiVersion", "Arch", "BuildTime", "GitCommit", "GoVersion", "KernelVersion", "MinAPIVersion", "Os")


_SERVER_FIELDS = (
    *("Platform", "Components", "Version", "ApiVersion", "MinAPIVersion", "GitCommit", "GoVersion", "Os", "Arch"),
    *("KernelVersion", "Experimental", "BuildTime"),
)


def version(run: Invocation) -> Steps[int]:
    """Print the versions of client and engine."""
    form = run.flags.text("format")
    made: Template | None = None
    if form and form != "json":
        try:
            made = Template(form, name="version", functions=formatting.FUNCTIONS)
        except TemplateError as error:
            raise CommandError(f"template parsing error: {error}", 64) from None
    failure: CommandError | None = None
    server: dict[str, Any] | None = None
    try:
        server = yield from run.api.json("GET", "/version")
    except CommandError as error:
        failure = error
    client = {**CLIENT, "ApiVersion": run.api.version}
    if server is not None:
        server = _complete(server)
    if form == "json":
        run.io.out(formatting.to_json({"Client": client, "Server": server}) + "\n")
    elif made is not None:
        shown = {"Client": _struct(client, "client.Version"), "Server": None}
        if server is not None:
            shown["Server"] = _struct(server, "types.Version")
        root = Struct(shown)
        root.type_name = "system.versionInfo"
        try:
            run.io.out(made.render(root) + "\n")
        except TemplateError as error:
            run.io.out("\n")
            if failure is None:
                failure = CommandError(str(error))
    else:
        run.io.out(lined_up(_text(client, server), WIDTH, PADDING))
    if failure is not None:
        raise failure
    return 0


class _Side(Struct):
    """Client or server in a template, where the API's version has a longer name than in JSON."""

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__("ApiVersion" if name == "APIVersion" else name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__("ApiVersion" if name == "APIVersion" else name)


def _struct(values: dict[str, Any], type_name: str) -> Struct:
    found = _Side(
        (key, raw_json.RawObject(value) if isinstance(value, dict) else value) for key, value in values.items()
    )
    found.type_name = f"*{type_name}"
    return found


def _date(text: str) -> str:
    """Return a build's date the short way: ``Fri May 30 12:07:26 2025``."""
    moment = units.parse_date(text.replace("+00:00", "Z"))
    return f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}" if moment.year > 1 else text


def _complete(server: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with its fields in the client's order, its parts' dates readable, and at least one part."""
    for component in server.get("Components") or []:
        details = component.get("Details") or {}
        if component["Name"] == "Engine" and details.get("BuildTime"):
            details["BuildTime"] = _date(details["BuildTime"])
    if not server.get("Components"):
        details = {name: str(server.get(name, "")) for name in _ENGINE_DETAILS}
        details["Experimental"] = "true" if server.get("Experimental") else "false"
        server["Components"] = [{"Name": "Engine", "Version": server.get("Version", ""), "Details": details}]
    return {name: server[name] for name in _SERVER_FIELDS if name in server}


def _text(client: dict[str, Any], server: dict[str, Any] | None) -> str:
    lower = ""
    if client["ApiVersion"] != api.API_VERSION:
        lower = f" (downgraded from {api.API_VERSION})"
    lines = [
        "Client:",
        f" Version:\t{client['Version']}",
        f" API version:\t{client['ApiVersion']}{lower}",
        f" Go version:\t{client['GoVersion']}",
        f" Git commit:\t{client['GitCommit']}",
        f" Built:\t{client['BuildTime']}",
        f" OS/Arch:\t{client['Os']}/{client['Arch']}",
        f" Context:\t{client['Context']}",
    ]
    if server is not None:
        name = (server.get("Platform") or {}).get("Name") or ""
        lines += ["", f"Server:{' ' + name if name else ''}"]
        for component in server["Components"]:
            lines.append(f" {component['Name']}:")
            details = component.get("Details") or {}
            if component["Name"] == "Engine":
                lines += [
                    f"  Version:\t{component['Version']}",
                    f"  API version:\t{details.get('ApiVersion', '')} (minimum version {details.get('MinAPIVersion', '')})",
                    f"  Go version:\t{details.get('GoVersion', '')}",
                    f"  Git commit:\t{details.get('GitCommit', '')}",
                    f"  Built:\t{details.get('BuildTime', '')}",
                    f"  OS/Arch:\t{details.get('Os', '')}/{details.get('Arch', '')}",
                    f"  Experimental:\t{details.get('Experimental', '')}",
                ]
            else:
                lines.append(f"  Version:\t{component['Version']}")
                lines += [f"  {key}:\t{details[key]}" for key in sorted(details)]
    return "\n".join(lines) + "\n"
