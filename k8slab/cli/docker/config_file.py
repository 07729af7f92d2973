"""``~/.docker/config.json``: who is logged in where, and the formats that a user prefers.

Models cli/config/configfile. Left out: credential helpers, contexts, aliases, proxies.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.local_files import LocalFiles, make_dirs

HUB = "https://index.docker.io/v1/"


class ConfigFile:
    """The user's settings, read when first asked for."""

    def __init__(self, files: LocalFiles, folder: str) -> None:
        self.files = files
        self.folder = folder
        self._settings: dict[str, Any] | None = None

    @property
    def path(self) -> str:
        """Where the settings are kept."""
        return f"{self.folder}/config.json"

    @property
    def settings(self) -> dict[str, Any]:
        """The file's content. Raises CommandError if it is no JSON."""
        if self._settings is None:
            try:
                self._settings = json.loads(self.files.read_bytes(self.path))
            except (FileNotFoundError, NotADirectoryError):
                self._settings = {}
            except ValueError as error:
                raise CommandError(f"Error loading config file: {self.path}: {error}") from None
        return self._settings

    def format(self, name: str) -> str:
        """Return the format that the user prefers for a listing (``psFormat``), or nothing."""
        return str(self.settings.get(name) or "")

    def credentials(self, registry: str) -> dict[str, str]:
        """Return who is logged in at *registry*, as the API wants to hear it; empty for nobody."""
        entry = (self.settings.get("auths") or {}).get(registry)
        if not entry:
            return {}
        found = {"serveraddress": registry}
        if entry.get("auth"):
            name, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
            found = {"username": name, "password": password, **found}
        if entry.get("identitytoken"):
            found["identitytoken"] = entry["identitytoken"]
        return found

    def all_credentials(self) -> dict[str, dict[str, str]]:
        """Return everybody who is logged in, by registry."""
        return {name: self.credentials(name) for name in sorted(self.settings.get("auths") or {})}

    def log_in(self, registry: str, username: str, password: str, identity_token: str = "") -> None:
        """Remember a login."""
        entry: dict[str, str] = {}
        if identity_token:
            entry = {"auth": base64.b64encode(f"{username}:".encode()).decode(), "identitytoken": identity_token}
        else:
            entry = {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}
        self.settings.setdefault("auths", {})[registry] = entry
        self.save()

    def log_out(self, registry: str) -> bool:
        """Forget a login; return whether there was one."""
        if registry not in (self.settings.get("auths") or {}):
            return False
        del self.settings["auths"][registry]
        self.save()
        return True

    def save(self) -> None:
        """Write the settings back, as Go does: with tabs, the logins sorted."""
        settings = dict(self.settings)
        settings["auths"] = gojson.sorted_map(settings.get("auths") or {})
        make_dirs(self.files, self.folder, 0o700)
        text = json.dumps(settings, indent="\t", ensure_ascii=False, separators=(",", ": "))
        self.files.write_bytes(self.path, text.encode(), 0o600)


def registry_key(domain: str) -> str:
    """Return the name under which a login at *domain* is kept."""
    return HUB if domain in ("docker.io", "index.docker.io", "registry-1.docker.io") else domain
