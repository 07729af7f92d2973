"""A stage while it is built: its files so far, its config, its variables, its history.

Models dockerfile2llb's dispatchState: ENV is part of the image, ARG only of the build, and where both have a name ENV wins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.instructions import Instruction
from k8slab.docker.builder.lines import heredoc_of
from k8slab.docker.builder.planning import PROXY_ARGS
from k8slab.docker.builder.words import Expanded, ExpansionError, expand
from k8slab.docker.image_config import DEFAULT_PATH, History, RunConfig
from k8slab.docker.image_store import Image
from k8slab.docker.layers import Layer, lowers
from k8slab.docker.manifests import Platform
from k8slab.machine.fs.inode import Directory


def digest(*parts: Any) -> str:
    """Return a hash of *parts*, for keys of the cache."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode(errors="surrogatepass")).hexdigest()


class StageState:
    """What a stage has become so far. *key* names its files for the cache: equal keys mean equal files."""

    def __init__(self, escape: str, arguments: Mapping[str, str], build_args: Mapping[str, str | None]) -> None:
        self.escape = escape
        self.global_arguments = arguments
        self.build_args = build_args
        self.config = RunConfig()
        self.layers: list[Layer] = []
        self.history: list[History] = []
        self.author = ""
        self.platform = Platform()
        self.key = digest("scratch")
        self.image: Image | None = None
        #: ARGs of this stage: name to value, None for one without a value.
        self.arguments: dict[str, str | None] = {}
        self.cmd_set = False
        self.missing: list[tuple[Instruction, str]] = []

    # -- where it starts -----------------------------------------------------------------------------------------------

    def start_from_nothing(self, platform: Platform) -> None:
        """FROM scratch."""
        self.platform = platform
        self.config.env = [DEFAULT_PATH]

    def start_from_image(self, image: Image) -> list[str]:
        """FROM an image; return the triggers that its ONBUILDs left."""
        self.image = image
        self.config = image.config.config.copy()
        self.layers = list(image.layers)
        self.history = list(image.config.history)
        self.author = image.config.author
        self.platform = Platform(image.config.os, image.config.architecture, image.config.variant)
        self.key = digest("image", image.chain_ids[-1] if image.chain_ids else "")
        if not self.config.env:
            self.config.env = [DEFAULT_PATH]
        triggers, self.config.on_build = list(self.config.on_build or ()), None
        return triggers

    def start_from_stage(self, other: StageState) -> list[str]:
        """FROM an earlier stage; return its triggers."""
        self.image = other.image
        self.config = other.config.copy()
        self.layers = list(other.layers)
        self.history = list(other.history)
        self.author = other.author
        self.platform = other.platform
        self.key = other.key
        triggers, self.config.on_build = list(self.config.on_build or ()), None
        return triggers

    @property
    def lowers(self) -> tuple[Directory, ...]:
        """The trees so far, top first."""
        return lowers(self.layers)

    # -- variables -----------------------------------------------------------------------------------------------------

    def variables(self) -> dict[str, str]:
        """Return what ``$NAME`` may mean here."""
        known = {name: value for name, value in self.arguments.items() if value is not None}
        return {**known, **self.config.env_map()}

    def expand(self, instruction: Instruction, text: str) -> Expanded:
        """Return *text* expanded. Raises BuildError with the instruction's lines."""
        try:
            found = expand(text, self.variables(), self.escape)
        except ExpansionError as error:
            raise BuildError(str(error), instruction.lines) from None
        for name in found.missing:
            if name not in self.arguments:
                self.missing.append((instruction, name))
        return found

    def declare(self, instruction: kinds.Arg) -> list[tuple[str, str | None]]:
        """ARG: give its names values, from the command line, the default, or the global scope; return them."""
        declared: list[tuple[str, str | None]] = []
        for name, default in instruction.pairs:
            value = self.build_args.get(name)
            if value is None and default is not None:
                value = self.expand(instruction, default).text
            if value is None and default is None:
                value = self.global_arguments.get(name)
            self.arguments[name] = value
            declared.append((name, value))
        return declared

    def build_env(self) -> list[str]:
        """Return the ARGs that a RUN sees as environment: those with a value that no ENV hides, sorted."""
        env = self.config.env_map()
        found = {name: value for name, value in self.arguments.items() if value is not None and name not in env}
        return [f"{name}={value}" for name, value in sorted(found.items())]

    def proxy_env(self) -> list[str]:
        """Return the proxies given on the command line."""
        return [f"{name}={self.build_args[name]}" for name in PROXY_ARGS if self.build_args.get(name) is not None]

    # -- changes -------------------------------------------------------------------------------------------------------

    def apply(self, instruction: Instruction) -> str:
        """Let a config instruction change the config; return its line for the history. Raises BuildError."""
        if isinstance(instruction, kinds.Arg):
            declared = self.declare(instruction)
            return " ".join(["ARG", *(name if value is None else f"{name}={value}" for name, value in declared)])
        if isinstance(instruction, kinds.Maintainer):
            self.author = self.expand(instruction, instruction.name).text
            return f"MAINTAINER {self.author}"
        try:
            told = instruction.change(self.config, lambda text: self.expand(instruction, text))
        except BuildError as error:
            raise BuildError(error.message, error.lines or instruction.lines) from None
        if isinstance(instruction, kinds.Cmd):
            self.cmd_set = True
        elif isinstance(instruction, kinds.Entrypoint) and not self.cmd_set:
            self.config.cmd = None  # a CMD of the base image meant the old entrypoint
        return told

    def run_argv(self, instruction: kinds.Run) -> tuple[list[str], list[tuple[str, bytes]]]:
        """Return the command line of RUN, and the files it needs besides: here-documents that are scripts."""
        command = instruction.command
        words = list(command.words)
        files: list[tuple[str, bytes]] = []
        if command.heredocs and len(words) == 1 and command.is_shell:
            first = command.heredocs[0]
            if _is_only_heredoc(words[0]):
                if first.text.startswith("#!"):
                    path = f"/dev/pipes/{first.name}"
                    files.append((path, first.text.encode(errors="surrogateescape")))
                    words = [path]
                else:
                    words = [first.text]
            else:
                words = [words[0] + "".join(f"\n{one.content}{one.name}" for one in command.heredocs)]
        shell = self.config.shell or kinds.DEFAULT_SHELL
        return ([*shell, *words] if command.is_shell else words), files

    def add_layer(self, layer: Layer, key: str) -> None:
        """Put *layer* on top; the files are now called *key*."""
        self.layers.append(layer)
        self.key = key


def _is_only_heredoc(text: str) -> bool:
    return heredoc_of(text.strip()) is not None
