"""One run of kubectl: its flags and arguments, the streams it writes to, the files it may read, the API it talks to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from k8slab.cli.kubectl.api import Api
from k8slab.cli.kubectl.discovery import RestMapper
from k8slab.cli.kubectl.errors import CommandError, UsageError
from k8slab.cli.kubectl.flags import Parsed
from k8slab.cli.seam import Files, Io

_DEPRECATED_DRY_RUN = (
    "W0101 00:00:00.000000    4242 helpers.go:731] --dry-run is deprecated and can be replaced with --dry-run=client.\n"
)


@dataclass
class Invocation:
    """What a verb gets to work with."""

    path: tuple[str, ...]  # ("rollout", "status")
    flags: Parsed
    io: Io
    files: Files
    stdin: str
    api: Api
    namespace: str
    #: Whether the namespace was given on the command line; then objects of another one are refused.
    namespace_given: bool = False
    mapper: RestMapper = field(default_factory=RestMapper)

    @property
    def args(self) -> list[str]:
        """The words that are no flags."""
        return self.flags.args

    @property
    def dry_run(self) -> str:
        """``none``, ``client`` or ``server``. Raises CommandError for anything else."""
        value = self.flags.text("dry-run") if self.flags.has("dry-run") else "none"
        if value in ("client", "server", "none"):
            return value
        if value == "unchanged":
            self.io.err(_DEPRECATED_DRY_RUN)
            self.flags.values["dry-run"] = "client"
            return "client"
        raise CommandError(f'Invalid dry-run value ({value}). Must be "none", "server", or "client".')

    def field_manager(self, default: str) -> str:
        """Return the name under which changes are recorded."""
        chosen = self.flags.text("field-manager") if self.flags.has("field-manager") else ""
        return chosen or default

    def field_validation(self) -> str:
        """Return how the server shall treat unknown fields: Strict, Warn or Ignore."""
        value = self.flags.text("validate").lower() if self.flags.has("validate") else "strict"
        words = {
            "strict": "Strict",
            "true": "Strict",
            "": "Strict",
            "warn": "Warn",
            "ignore": "Ignore",
            "false": "Ignore",
        }
        if value not in words:
            message = f"invalid - validate option {self.flags.text('validate')!r}; must be one of: strict (or true), warn, ignore (or false)"
            raise CommandError(message.replace("'", '"'))
        return words[value]

    def usage(self, message: str) -> UsageError:
        """Return an error that points to this verb's help."""
        return UsageError(" ".join(self.path), message)

    def write_params(self, manager: str) -> dict[str, str]:
        """Return the query parameters of a write by *manager*, with dryRun if asked for."""
        params = {"fieldManager": self.field_manager(manager)}
        if self.dry_run == "server":
            params["dryRun"] = "All"
        return params

    def read_file(self, path: str) -> str:
        """Return the text of a file, or of standard input for ``-``. Raises CommandError in Go's words."""
        if path == "-":
            return self.stdin
        try:
            return self.files.read(path)
        except FileNotFoundError:
            raise CommandError(f"open {path}: no such file or directory") from None
        except IsADirectoryError:
            raise CommandError(f"read {path}: is a directory") from None
        except (UnicodeDecodeError, PermissionError) as error:
            raise CommandError(f"open {path}: {error}") from None

    def option(self, name: str, default: Any = None) -> Any:
        """Return a flag's value, or *default* if the verb has no such flag."""
        return self.flags[name] if self.flags.has(name) else default
