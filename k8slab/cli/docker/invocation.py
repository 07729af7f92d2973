"""One run of docker: its flags and words, where it reads and writes, the engine it talks to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from k8slab.cli.docker.api import Api
from k8slab.cli.docker.config_file import ConfigFile
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.flags import Parsed
from k8slab.cli.docker.terminal import Terminal
from k8slab.cli.local_files import LocalFiles
from k8slab.cli.seam import Io, Now, Steps


@dataclass
class Invocation:
    """What a verb gets to work with."""

    path: tuple[str, ...]  # ("network", "ls")
    flags: Parsed
    io: Io
    files: LocalFiles
    stdin: bytes | None  # None: nothing to read (a terminal, or /dev/null)
    env: Mapping[str, str]
    terminal: Terminal | None
    api: Api
    config: ConfigFile

    @property
    def args(self) -> list[str]:
        """The words that are no flags."""
        return self.flags.args

    @property
    def command(self) -> str:
        """The command's name as errors print it: ``network ls``."""
        return " ".join(self.path)

    @property
    def out_is_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        return self.terminal is not None and self.terminal.stdout

    @property
    def err_is_terminal(self) -> bool:
        """Whether standard error is a terminal."""
        return self.terminal is not None and self.terminal.stderr

    @property
    def in_is_terminal(self) -> bool:
        """Whether standard input is a terminal."""
        return self.terminal is not None and self.terminal.stdin

    def read_file(self, path: str) -> bytes:
        """Return the content of a file. Raises CommandError in Go's words."""
        try:
            return self.files.read_bytes(path)
        except FileNotFoundError:
            raise CommandError(f"open {path}: no such file or directory") from None
        except IsADirectoryError:
            raise CommandError(f"read {path}: is a directory") from None
        except PermissionError:
            raise CommandError(f"open {path}: permission denied") from None

    def now(self) -> Steps[datetime]:
        """Return the date and time."""
        moment: datetime = yield Now()
        return moment

    def confirm(self, question: str) -> bool:
        """Ask *question*; whatever cannot be read as yes is no. Models command.PromptForConfirmation."""
        self.io.out(question + (" " if not question.endswith("\n") else ""))
        if self.terminal is not None and self.terminal.stdin:
            answer = self.terminal.keys[0] if self.terminal.keys else ""
            self.terminal.keys = self.terminal.keys[1:]
            self.io.out(answer.strip() + "\n")
        else:
            answer = (self.stdin or b"").decode(errors="replace").split("\n")[0]
        return answer.strip().lower() == "y"
