"""``docker pull``, ``push``, ``search``, ``login``, ``logout``: what is done with registries.

Models cli/command/image/{pull,push}.go and cli/command/registry. Left out: content trust, login with a browser.
"""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import api, formatting, image_names, json_messages, units
from k8slab.cli.docker.config_file import HUB, registry_key
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.formatting import Listing
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps
from k8slab.docker import reference

SEARCH = Listing(
    {
        "Name": "NAME",
        "Description": "DESCRIPTION",
        "StarCount": "STARS",
        "IsOfficial": "OFFICIAL",
    },
    "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
    type_name="*registry.searchContext",
    in_json={"IsOfficial": lambda shown: "true" if shown else "false"},
)
DESCRIPTION_COLUMNS = 45
INSECURE = "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n"


def parsed(text: str) -> reference.Reference:
    """Return what *text* names. Raises CommandError."""
    try:
        return image_names.parse(text)
    except ValueError as error:
        raise CommandError(str(error)) from None


def columns(run: Invocation) -> int | None:
    """Return the width of the terminal that standard output is, or None."""
    return run.terminal.columns if run.terminal is not None and run.out_is_terminal else None


def pull(run: Invocation) -> Steps[int]:
    """Bring an image from its registry."""
    flags = run.flags
    name = parsed(run.args[0])
    quiet, all_tags = flags.on("quiet"), flags.on("all-tags")
    if all_tags and not name.is_name_only:
        raise CommandError("tag can't be used with --all-tags/-a")
    if not all_tags and name.is_name_only:
        name = name.with_default_tag()
        if not quiet:
            run.io.out(f"Using default tag: {name.tag}\n")
    response = yield from request_pull(run, name, all_tags=all_tags, platform=flags.text("platform"))
    write = (lambda text: None) if quiet else run.io.out
    yield from json_messages.show_stream(response, write, columns(run))
    run.io.out(f"{name}\n")
    return 0


def request_pull(
    run: Invocation, name: reference.Reference, *, all_tags: bool = False, platform: str = ""
) -> Steps[Any]:
    """Return the engine's answer to the wish for the image *name*."""
    query = {"fromImage": name.name, "platform": platform.lower() or None}
    if not all_tags:
        query["tag"] = name.digest or name.tag
    header = api.registry_auth(run.config.credentials(registry_key(name.domain)))
    return (yield from run.api.call("POST", "/images/create", query, headers={"X-Registry-Auth": header}))


def push(run: Invocation) -> Steps[int]:
    """Bring an image to its registry."""
    flags = run.flags
    name = parsed(run.args[0])
    quiet = flags.on("quiet")
    if flags.on("all-tags") and not name.is_name_only:
        raise CommandError("tag can't be used with --all-tags/-a")
    if not flags.on("all-tags") and name.is_name_only:
        name = name.with_default_tag()
        if not quiet:
            run.io.out(f"Using default tag: {name.tag}\n")
    yield from run.api.ping()
    if name.digest:
        raise CommandError("cannot push a digest reference")
    header = api.registry_auth(run.config.credentials(registry_key(name.domain)))
    query = {"tag": None if flags.on("all-tags") else name.tag}
    path = f"/images/{name.name}/push"
    response = yield from run.api.call("POST", path, query, headers={"X-Registry-Auth": header})
    write = (lambda text: None) if quiet else run.io.out
    yield from json_messages.show_stream(response, write, columns(run))
    if quiet:
        run.io.out(f"{name}\n")
    return 0


def search(run: Invocation) -> Steps[int]:
    """Search Docker Hub."""
    flags = run.flags
    limit = flags.number("limit")
    term = run.args[0]
    domain = (
        term.partition("/")[0] if "/" in term and any(mark in term.partition("/")[0] for mark in ".:") else "docker.io"
    )
    header = api.registry_auth(run.config.credentials(registry_key(domain)))
    query = {"term": term, "filters": api.filters(flags.items("filter")), "limit": str(limit) if limit else None}
    found = yield from run.api.json("GET", "/images/search", query, headers={"X-Registry-Auth": header})
    trunc = not flags.on("no-trunc")
    rows = [_search_row(entry, trunc) for entry in found or []]
    run.io.out(formatting.listing(SEARCH, rows, flags.text("format")))
    return 0


def _search_row(entry: dict[str, Any], trunc: bool) -> formatting.Row:
    text = str(entry.get("description") or "").replace("\n", " ").replace("\r", " ")
    return {
        "Name": entry["name"],
        "Description": units.truncate(text, DESCRIPTION_COLUMNS) if trunc else text,
        "StarCount": str(entry["star_count"]),
        "IsOfficial": "[OK]" if entry["is_official"] else "",
    }


def login(run: Invocation) -> Steps[int]:
    """Prove to a registry who one is, and remember it."""
    flags = run.flags
    username, password = flags.text("username"), flags.text("password")
    if flags.changed("password") and flags.on("password-stdin"):
        raise CommandError("conflicting options: cannot specify both --password and --password-stdin")
    if flags.changed("username") and not username:
        raise CommandError("username is empty")
    if flags.changed("password") and not password:
        raise CommandError("password is empty")
    if flags.changed("password"):
        run.io.err(INSECURE)
    if flags.on("password-stdin"):
        if not username:
            raise CommandError("the --password-stdin option requires --username to be set")
        password = (run.stdin or b"").decode().rstrip("\r\n")
    server = run.args[0] if run.args else ""
    server = server.removeprefix("https://").removeprefix("http://").rstrip("/") if server else ""
    key = HUB if server in ("", "docker.io", "index.docker.io", "registry-1.docker.io") else server.partition("/")[0]
    stored = run.config.credentials(key)
    if not username and not password and stored.get("password"):
        run.io.out("Authenticating with existing credentials...")
        run.io.out("\n")
        username, password = stored["username"], stored["password"]
    if not (username and password):
        username, password = _asked(run, username, password, key)
    body = {"username": username, "password": password, "serveraddress": key}
    answer = yield from run.api.json("POST", "/auth", body=body)
    token = str((answer or {}).get("IdentityToken") or "")
    run.config.log_in(key, username, password, token)
    run.io.err(
        f"\nWARNING! Your credentials are stored unencrypted in '{run.config.path}'.\n"
        "Configure a credential helper to remove this warning. See\n"
        "https://docs.docker.com/go/credential-store/\n\n"
    )
    run.io.out(str((answer or {}).get("Status") or "") + "\n" if (answer or {}).get("Status") else "")
    return 0


def _asked(run: Invocation, username: str, password: str, key: str) -> tuple[str, str]:
    """Ask for what is missing at the terminal."""
    if run.terminal is None or not run.in_is_terminal:
        raise CommandError("Error: Cannot perform an interactive login from a non TTY device")
    keys = list(run.terminal.keys)
    if not username:
        run.io.out("Username: ")
        username = keys.pop(0).strip() if keys else ""
        run.io.out(username + "\n")
        if not username:
            raise CommandError("Error: Non-null Username Required")
    run.io.out("Password: ")
    password = keys.pop(0).strip() if keys else ""
    run.io.out("\n")
    if not password:
        raise CommandError("Error: Password Required")
    run.terminal.keys = tuple(keys)
    return username, password


def logout(run: Invocation) -> Steps[int]:
    """Forget a login."""
    yield from ()
    server = run.args[0] if run.args else ""
    hub = server in ("", "docker.io", "index.docker.io", "registry-1.docker.io", HUB)
    key = HUB if hub else server.removeprefix("https://").removeprefix("http://").partition("/")[0]
    if not run.config.credentials(key):
        run.io.out(f"Not logged in to {key}\n")
        return 0
    run.io.out(f"Removing login credentials for {key}\n")
    run.config.log_out(key)
    return 0
