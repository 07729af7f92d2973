"""The three steps that make layers: RUN, COPY or ADD, WORKDIR. What is copied, what the key is, and doing it.

Models solver/llbsolver/ops. Here is the work; whether it is needed at all is asked first, by *key*, by `classic.py` and
`buildkit.py`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from simpy.events import Event

from k8slab.docker.builder import copying
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.copying import Manner, Source
from k8slab.docker.builder.dockerignore import Ignore
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.run_step import Output, Runner, RunSpec
from k8slab.docker.builder.state import StageState, digest
from k8slab.docker.builder.words import expand
from k8slab.docker.layers import Layer, freeze
from k8slab.machine.fs.inode import Directory, File, seal
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.overlay import MergedDirectory, overlay
from k8slab.machine.fs.view import FileView
from k8slab.sim.clock import EPOCH, Clock

#: What copying costs: a start, and so many bytes a second.
COPY_SECONDS = 0.01
COPY_BYTES_PER_SECOND = 400_000_000
_URL = re.compile(r"(https?://|git@|git://|ssh://)")

#: Finds the files of ``--from=name``: their root and a key that says what they are.
FromFiles = Callable[[str], "tuple[Directory, str]"]
#: Fetches a URL for ADD: takes virtual time, returns the bytes; raises BuildError.
Fetch = Callable[[str], "Generator[Event, Any, bytes]"]


@dataclass
class CopyPlan:
    """A COPY or ADD whose sources are found: *key* says what it makes; *shown* are the arguments for the history."""

    sources: list[Source]
    target: str
    instruction: kinds.Transfer
    checksum: str
    is_from_image: bool = False
    shown: list[str] = field(default_factory=list)


class Steps:
    """Does the steps of one build. *now* is when the new files are dated."""

    def __init__(self, clock: Clock, context: Context, runner: Runner, fetch: Fetch) -> None:
        self.clock = clock
        self.context = context
        self.runner = runner
        self.fetch = fetch
        self.cache_mounts: dict[str, Directory] = {}

    def unix_time(self) -> float:
        """Return the time of day."""
        return EPOCH.timestamp() + self.clock.now

    def _view(self, root: MergedDirectory) -> FileView:
        system = FileSystem("overlay", "overlay", 60 << 30)
        return FileView(MountNamespace(Mount(system, root)), self.unix_time)

    def _writable(self, state: StageState) -> tuple[Directory, FileView]:
        below = state.lowers
        upper = below[0].copy() if below else Directory(0o755, mtime=self.unix_time())
        return upper, self._view(overlay(below, upper))

    # -- WORKDIR -------------------------------------------------------------------------------------------------------

    def workdir_key(self, state: StageState) -> str:
        """Return the key of making *state*'s working directory."""
        return digest("mkdir", state.key, state.config.working_dir)

    def make_workdir(self, state: StageState, instruction: kinds.Workdir) -> Layer:
        """Return the layer with the working directory. Raises BuildError."""
        upper, view = self._writable(state)
        path = state.config.working_dir
        try:
            if not view.is_directory(path):
                view.make_directories(path, 0o755)
        except OSError as error:
            raise BuildError(
                f"failed to create working directory {path}: {error.strerror}", instruction.lines
            ) from None
        return Layer.of_tree(seal(upper))

    # -- COPY and ADD --------------------------------------------------------------------------------------------------

    def plan_copy(
        self, state: StageState, instruction: kinds.Transfer, files_of: FromFiles
    ) -> Generator[Event, Any, CopyPlan]:
        """Return what *instruction* copies. Takes virtual time for URLs. Raises BuildError."""

        def text(word: str) -> str:
            return state.expand(instruction, word).text

        target = text(instruction.target)
        names = [text(source) for source in instruction.sources]
        if not target:
            raise BuildError(f"{instruction.keyword} requires at least two arguments", instruction.lines)
        root, origin = self.context.root, "context"
        if instruction.from_:
            root, origin = files_of(text(instruction.from_))
        sources: list[Source] = []
        for name in names:
            if isinstance(instruction, kinds.Add) and _URL.match(name):
                sources.append((yield from self._downloaded(instruction, name, target)))
                continue
            if _URL.match(name):
                raise BuildError(
                    f"source can't be a URL for {instruction.keyword}",
                    instruction.lines,
                    classic="COPY failed: source can't be a URL for COPY",
                )
            sources += self._found(instruction, root, name)
        for heredoc in instruction.heredocs:
            content = heredoc.text
            if heredoc.expand:
                content = expand(content, state.variables(), state.escape, raw_quotes=True).text
            data = content.encode(errors="surrogateescape")
            sources.append(Source(heredoc.name, File(data, 0o644, mtime=0.0), is_inline=True))
        if len(sources) > 1 and not target.endswith("/") and len(names) + len(instruction.heredocs) > 1:
            raise BuildError(
                f"When using {instruction.keyword} with more than one source file, "
                "the destination must be a directory and end with a /",
                instruction.lines,
            )
        full = kinds.joined(state.config.working_dir, target)
        if target.endswith(("/", "/.")) or target in (".", "./"):
            full = full.rstrip("/") + "/"
        hashes = [[one.name if not isinstance(one.inode, Directory) else "", copying.checksum(one)] for one in sources]
        flags = [
            text(instruction.chown), instruction.chmod, instruction.link, list(instruction.exclude), instruction.keyword == "ADD",
            getattr(instruction, "unpack", None),
        ]  # fmt: skip
        key = digest("copy", hashes, full, flags)
        return CopyPlan(sources, full, instruction, key, bool(origin != "context"), [*names, target])

    def _found(self, instruction: kinds.Transfer, root: Directory, name: str) -> list[Source]:
        found = copying.find_sources(root, name)
        clean = "/" + posixpath.normpath("/" + name).lstrip("/")
        if not found and not copying.globs.has_wildcards(name):
            reference = digest("ref", self.context.size, name)
            outside = posixpath.normpath(name).startswith("..")
            where = (
                f"forbidden path outside the build context: {name} ()"
                if outside
                else "file not found in build context or excluded by .dockerignore: "
                f"stat {clean[1:]}: file does not exist"
            )
            raise BuildError(
                f"failed to compute cache key: failed to calculate checksum of ref {reference[:25]}::{reference[25:50]}: "
                f'"{clean}": not found',
                instruction.lines,
                classic=f"{instruction.keyword} failed: {where}",
            )
        return found

    def _downloaded(self, instruction: kinds.Add, url: str, target: str) -> Generator[Event, Any, Source]:
        try:
            data = yield from self.fetch(url)
        except BuildError as error:
            raise BuildError(error.message, instruction.lines, classic=error.classic) from None
        name = posixpath.basename(url.split("?")[0].split("#")[0].rstrip("/"))
        if not name and target.endswith("/"):
            raise BuildError(f"cannot determine filename for source {url}", instruction.lines)
        return Source(
            name or posixpath.basename(target), File(data, 0o600, mtime=0.0), is_inline=instruction.unpack is not True
        )

    def copy_key(self, state: StageState, plan: CopyPlan) -> str:
        """Return the key of *plan* on top of *state*; names of users depend on the image's own /etc/passwd."""
        return digest("copied", state.key, plan.checksum)

    def copy(self, state: StageState, plan: CopyPlan) -> Generator[Event, Any, Layer]:
        """Copy and return the layer. Takes virtual time. Raises BuildError."""
        instruction = plan.instruction
        upper, view = self._writable(state)
        try:
            owner: tuple[int, int] | None = (0, 0)
            chown = state.expand(instruction, instruction.chown).text
            if chown:
                owner = copying.parse_owner(chown, view)
            mode = copying.parse_mode(state.expand(instruction, instruction.chmod).text)
            unpack = isinstance(instruction, kinds.Add) and instruction.unpack is not False
            exclude = Ignore("\n".join(instruction.exclude)) if instruction.exclude else None
            copying.copy_all(view, plan.sources, plan.target, Manner(owner, mode, unpack, exclude))
        except BuildError as error:
            raise BuildError(error.message, error.lines or instruction.lines, classic=error.classic) from None
        layer = Layer.of_tree(seal(upper))
        yield self.clock.timeout(COPY_SECONDS + layer.size / COPY_BYTES_PER_SECOND)
        return layer

    # -- RUN -----------------------------------------------------------------------------------------------------------

    def run_spec(
        self, state: StageState, instruction: kinds.Run, files_of: FromFiles, network: str, secrets: dict[str, bytes]
    ) -> RunSpec:
        """Return what RUN runs. Raises BuildError."""
        argv, files = state.run_argv(instruction)
        mounts: list[tuple[str, Directory]] = []
        for text in instruction.mounts:
            self._add_mount(state, instruction, text, files_of, mounts, files, secrets)
        env = [*(state.config.env or ()), *state.build_env(), *state.proxy_env()]
        return RunSpec(
            argv=tuple(argv),
            env=tuple(env),
            working_dir=state.config.working_dir or "/",
            user=state.config.user,
            lowers=state.lowers,
            network=instruction.network or network or "default",
            extra_files=tuple(files),
            mounts=tuple(mounts),
        )

    def _add_mount(
        self,
        state: StageState,
        instruction: kinds.Run,
        text: str,
        files_of: FromFiles,
        mounts: list[tuple[str, Directory]],
        files: list[tuple[str, bytes]],
        secrets: dict[str, bytes],
    ) -> None:
        fields = dict(part.partition("=")[::2] for part in text.split(","))
        kind = fields.get("type", "bind")
        target = fields.get("target") or fields.get("dst") or fields.get("destination") or ""
        target = kinds.joined(state.config.working_dir, state.expand(instruction, target).text)
        if kind == "cache":
            id = fields.get("id") or target
            mounts.append((target, self.cache_mounts.setdefault(id, Directory(0o755, mtime=self.unix_time()))))
        elif kind == "tmpfs":
            mounts.append((target, Directory(0o1777, mtime=self.unix_time())))
        elif kind == "secret":
            id = fields.get("id", "")
            if id in secrets:
                files.append((fields.get("target") or f"/run/secrets/{id}", secrets[id]))
            elif fields.get("required", "").lower() == "true":
                raise BuildError(f"secret {id}: not found", instruction.lines)
        elif kind == "bind":
            root = self.context.root
            if fields.get("from"):
                root, _ = files_of(fields["from"])
            found = copying.lookup(root, fields.get("source") or fields.get("src") or "/")
            if not isinstance(found, Directory):
                raise BuildError(
                    f'failed to compute cache key: "{fields.get("source", "/")}": not found', instruction.lines
                )
            mounts.append((target, freeze(overlay((found,)).lowers[0])))

    def run_key(self, state: StageState, spec: RunSpec) -> str:
        """Return the key of running *spec* on top of *state*; proxies do not count."""
        proxies = state.proxy_env()
        env = [one for one in spec.env if one not in proxies]
        files = [[path, digest(data.decode("latin-1"))] for path, data in spec.extra_files]
        return digest("run", state.key, list(spec.argv), env, spec.working_dir, spec.user, spec.network, files)

    def run(self, instruction: kinds.Run, spec: RunSpec, output: Output) -> Generator[Event, Any, Layer]:
        """Run *spec* and return the new layer. Takes virtual time. Raises BuildError with the command's exit code."""
        result = yield from self.runner.run(spec, output)
        command = " ".join(spec.argv)
        if result.exit_code or result.error:
            code = result.exit_code or 1
            raise BuildError(
                f'process "{command}" did not complete successfully: exit code: {code}',
                instruction.lines,
                classic=_classic_failure(command, code, result.error),
                code=code,
                output=f"runc run failed: {_START_FAILURE}: {result.error}\n" if result.error else "",
            )
        return Layer.of_tree(seal(freeze(result.upper)))


_START_FAILURE = "unable to start container process: error during container init"


def _classic_failure(command: str, code: int, error: str) -> str:
    if error:
        return (
            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
            f"{_START_FAILURE}: {error}: unknown"
        )
    return f"The command '{command}' returned a non-zero code: {code}"
