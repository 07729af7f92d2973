"""BuildKit: a build is a graph. Stages that the target does not need are left out, the others run side by side as far as they can.

Models builder-next with the Dockerfile frontend and the moby exporter: base images are resolved first, every step that changes files
is a vertex that is looked up in the cache by what goes into it, and only at the end one image is written, with one history.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker import reference, timestamps
from k8slab.docker.builder import checks, grammar
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.base_images import BaseImages
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.dockerignore import Ignore
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.exporting import export_config
from k8slab.docker.builder.instructions import Instruction
from k8slab.docker.builder.lines import Heredoc, heredoc_of
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.builder.planning import SCRATCH, Plan, Stage, make_plan, sources_named, uses_context
from k8slab.docker.builder.records import Records, Vertex
from k8slab.docker.builder.state import StageState
from k8slab.docker.builder.steps import Steps
from k8slab.docker.builder.words import ExpansionError, expand
from k8slab.docker.content import digest_of
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import History
from k8slab.docker.image_store import Image
from k8slab.docker.layers import Layer
from k8slab.docker.manifests import Platform
from k8slab.docker.progress import Emit
from k8slab.docker.remotes import Auth
from k8slab.machine.fs.inode import Directory
from k8slab.machine.fs.overlay import overlay

if TYPE_CHECKING:
    from k8slab.docker.builder.builder import Builder

TRANSFER_BYTES_PER_SECOND = 200_000_000
EXPORT_BYTES_PER_SECOND = 200_000_000
#: What makes a container for a RUN and takes it away.
CONTAINER_SECONDS = 0.08
COMMENT = "buildkit.dockerfile.v0"


class Cancelled(Exception):
    """Another branch of the graph has failed."""


class BuildKitBuild:
    """One build."""

    def __init__(
        self, builder: Builder, context: bytes | Context, options: BuildOptions, emit: Emit, auths: dict[str, Auth]
    ) -> None:
        self.builder = builder
        self.options = options
        self.emit = emit
        self.auths = auths
        self.given = context
        self.clock = builder.clock
        self.records = Records(builder.clock, emit, builder.chance.hex(16))
        self.bases = BaseImages(builder, self.records, options, auths)
        self.copied_from: dict[str, Vertex] = {}
        self.states: dict[int, StageState] = {}
        self.finished: dict[int, Event] = {}
        self.failure: Exception | None = None
        self.text = ""

    def run(self) -> Generator[Event, Any, Image]:
        """Build; return the image. Raises DockerError, after telling where in the Dockerfile."""
        try:
            return (yield from self._run())
        except BuildError as error:
            self.records.source(error, self._filename(), self.text)
            raise DockerError(500, error.message) from None

    def _filename(self) -> str:
        return self.options.dockerfile.rsplit("/", 1)[-1] or "Dockerfile"

    def _run(self) -> Generator[Event, Any, Image]:
        context, dockerfile, definition = yield from self._load_definition()
        platform = self.options.platform or self.builder.platform
        plan = make_plan(dockerfile, self.options.args, self.options.target, platform)
        yield from self.bases.load_metadata(plan, platform)
        ignore, context = yield from self._load_ignore(context)
        self._check(plan, ignore, definition)
        yield from self._load_context(plan, context)
        self.steps = Steps(self.clock, context, self.builder.runner, self.builder.download)
        self.steps.cache_mounts = self.builder.cache.mounts
        bases = self._base_vertices(plan)
        for stage in plan.needed:
            self.finished[stage.index] = self.clock.event()
        for stage in plan.needed:
            self.clock.process(self._stage_process(plan, stage, bases, platform))
        for stage in plan.needed:
            yield self.finished[stage.index]
        if self.failure is not None:
            raise self.failure
        return (yield from self._export(plan))

    # -- before the graph ----------------------------------------------------------------------------------------------

    def _load_definition(self) -> Generator[Event, Any, tuple[Context, grammar.Dockerfile, Vertex]]:
        vertex = self.records.vertex(f"[internal] load build definition from {self._filename()}").start()
        context = self.given if isinstance(self.given, Context) else Context.of_tar(self.given, self.options.dockerfile)
        try:
            raw = context.dockerfile()
        except BuildError as error:
            vertex.status("transferring dockerfile:", current=2)
            vertex.done()
            raise error
        self.text = raw.decode("utf-8", "replace")
        yield self.clock.timeout(0.01)
        vertex.status("transferring dockerfile:", current=len(raw) + 41, started=vertex.started)
        vertex.done()
        dockerfile = grammar.parse(raw)
        if dockerfile.source.syntax:
            yield from self._load_frontend(dockerfile.source.syntax)
        return context, dockerfile, vertex

    def _load_frontend(self, syntax: str) -> Generator[Event, Any, None]:
        """``# syntax=docker/dockerfile:1``: a real build fetches that frontend; ours already is one of today's."""
        try:
            name = str(reference.parse(syntax).with_default_tag())
        except reference.ReferenceError as error:
            raise BuildError(f"failed to parse syntax {syntax!r}: {error}", (1, 1)) from None
        vertex = self.records.vertex(f"resolve image config for docker-image://{name}").start()
        yield self.clock.timeout(0.3)
        vertex.done()
        digest = digest_of(name.encode())
        self.records.vertex(f"docker-image://{name}@{digest}").done(cached=True)

    def _load_ignore(self, context: Context) -> Generator[Event, Any, tuple[Ignore, Context]]:
        vertex = self.records.vertex("[internal] load .dockerignore").start()
        yield self.clock.timeout(0.005)
        ignore = context.ignore()
        found = context.find(".dockerignore")
        vertex.status("transferring context:", current=2 if found is None else found.size + 38, started=vertex.started)
        vertex.done()
        return ignore, context.without_ignored()

    def _check(self, plan: Plan, ignore: Ignore, definition: Vertex) -> None:
        found = checks.check(plan.dockerfile, self.options.args, ignore, self.bases.environments())
        for warning in found:
            self.records.warn(warning, definition)
        if found and checks.Directive.parse(plan.dockerfile.source.check).error:
            raise BuildError(f"lint violation found for rules: {', '.join(dict.fromkeys(one.rule for one in found))}")

    def _load_context(self, plan: Plan, context: Context) -> Generator[Event, Any, None]:
        if not any(uses_context(one) for stage in plan.needed for one in stage.instructions):
            self.context_vertex = None
            return
        vertex: Vertex | None = self.records.vertex("[internal] load build context").start()
        assert vertex is not None
        yield self.clock.timeout(0.01 + context.size / TRANSFER_BYTES_PER_SECOND)
        vertex.status("transferring context:", current=context.size + 30, started=vertex.started)
        vertex.done()
        self.context_vertex = vertex

    # -- the graph -----------------------------------------------------------------------------------------------------

    def _base_vertices(self, plan: Plan) -> dict[int, Vertex]:
        found = {}
        for stage in plan.needed:
            if not stage.image or stage.is_scratch:
                continue
            platform = stage.platform or self.options.platform or self.builder.platform
            name = self.bases.shown(stage.image, platform)
            found[stage.index] = self.records.vertex(f"{_prefix(plan, stage, 1)} FROM {name}")
        return found

    def _stage_process(
        self, plan: Plan, stage: Stage, bases: dict[int, Vertex], platform: Platform
    ) -> Generator[Event, Any, None]:
        """Build one stage beside the others; its event happens whatever comes of it."""
        try:
            yield from self._build_stage(plan, stage, bases, platform)
        except Cancelled:
            pass
        except (BuildError, DockerError) as error:
            if self.failure is None:
                self.failure = error
        self.finished[stage.index].succeed()

    def _wait_for(self, stage: Stage) -> Generator[Event, Any, StageState]:
        event = self.finished[stage.index]
        if not event.processed:
            yield event
        if self.failure is not None or stage.index not in self.states:
            raise Cancelled
        return self.states[stage.index]

    def _build_stage(
        self, plan: Plan, stage: Stage, bases: dict[int, Vertex], platform: Platform
    ) -> Generator[Event, Any, None]:
        state = StageState(plan.dockerfile.source.escape, plan.arguments, self.options.args)
        platform = stage.platform or platform
        triggers: list[str] = []
        if stage.parent is not None:
            triggers = state.start_from_stage((yield from self._wait_for(stage.parent)))
        elif stage.is_scratch:
            state.start_from_nothing(platform)
        else:
            triggers = yield from self._start_from_image(state, stage.image, platform, bases[stage.index])
        todo = [grammar.single(text) for text in triggers] + stage.instructions
        number = 0 if stage.parent is not None or stage.is_scratch else 1
        for instruction in todo:
            if self.failure is not None:
                raise Cancelled
            if isinstance(instruction, kinds.Run | kinds.Transfer | kinds.Workdir):
                number += 1
                yield from self._layer_step(plan, stage, state, instruction, number)
            else:
                told = state.apply(instruction)
                self._note(state, told)
        self.states[stage.index] = state

    def _start_from_image(
        self, state: StageState, name: str, platform: Platform, vertex: Vertex
    ) -> Generator[Event, Any, list[str]]:
        if vertex.started is None:
            vertex.start()
        try:
            image = yield from self.bases.get(name, platform, vertex)
        except DockerError as error:
            vertex.fail(error.message)
            raise BuildError(error.message) from None
        triggers = state.start_from_image(image)
        known = self.builder.cache.bases
        is_known = state.key in known
        if not is_known:
            yield self.clock.timeout(0.002)
        known[state.key] = self.clock.now
        if vertex.completed is None:
            vertex.done(cached=is_known)
        return triggers

    @staticmethod
    def _note(state: StageState, told: str, made: float | None = None) -> None:
        """Add a line to the history; *made* is when its layer was, None for a line without one."""
        created = timestamps.at(made) if made is not None else ""
        state.history.append(History(created, told, comment=COMMENT, empty_layer=made is None))

    def _layer_step(
        self, plan: Plan, stage: Stage, state: StageState, instruction: Instruction, number: int
    ) -> Generator[Event, Any, None]:
        told, shown = "", self._shown(state, instruction)
        if isinstance(instruction, kinds.Workdir):
            told = state.apply(instruction)
            if state.config.working_dir == "/":
                self._note(state, told)
                return
        files = yield from self._files_of(plan, stage, state, instruction)
        vertex = self.records.vertex(f"{_prefix(plan, stage, number)} {shown}")
        try:
            yield from self._layer_made(state, instruction, vertex, files, told)
        except BuildError as error:
            if error.output:
                vertex.log(2, error.output.encode())
            vertex.fail(error.message)
            raise

    def _layer_made(
        self,
        state: StageState,
        instruction: Instruction,
        vertex: Vertex,
        files: dict[str, tuple[Directory, str]],
        told: str,
    ) -> Generator[Event, Any, None]:
        cache = self.builder.cache
        below = state.key
        work: Generator[Event, Any, Layer]
        if isinstance(instruction, kinds.Workdir):
            key = self.steps.workdir_key(state)
            work = self._workdir(state, instruction)
        elif isinstance(instruction, kinds.Run):
            spec = self.steps.run_spec(
                state, instruction, files.__getitem__, self.options.network, self.options.secrets
            )
            key = self.steps.run_key(state, spec)
            work = self._run_command(instruction, spec, vertex)
            args = state.build_env()
            told = " ".join(["RUN", *([f"|{len(args)}", *args] if args else []), *spec.argv, "# buildkit"])
        else:
            assert isinstance(instruction, kinds.Transfer)
            plan = yield from self.steps.plan_copy(state, instruction, files.__getitem__)
            key = self.steps.copy_key(state, plan)
            work = self.steps.copy(state, plan)
            flags = [
                f"--{name}={value}"
                for name, value in (("chown", instruction.chown), ("chmod", instruction.chmod))
                if value
            ]
            inline = ["<<" + one.name for one in instruction.heredocs]
            told = " ".join([instruction.keyword, *flags, *plan.shown[:-1], *inline, plan.shown[-1], "# buildkit"])
        record = None if self.options.no_cache else cache.find(key)
        if record is not None:
            work.close()
            vertex.done(cached=True)
        else:
            vertex.start()
            layer = yield from work
            record = cache.keep(key, below, layer, vertex.name.partition("] ")[2])
            vertex.done()
        state.add_layer(record.layer, key)
        self._note(state, told, record.created)

    def _workdir(self, state: StageState, instruction: kinds.Workdir) -> Generator[Event, Any, Layer]:
        yield self.clock.timeout(0.01)
        return self.steps.make_workdir(state, instruction)

    def _run_command(self, instruction: kinds.Run, spec: Any, vertex: Vertex) -> Generator[Event, Any, Layer]:
        yield self.clock.timeout(CONTAINER_SECONDS)
        return (yield from self.steps.run(instruction, spec, vertex.log))

    def _files_of(
        self, plan: Plan, stage: Stage, state: StageState, instruction: Instruction
    ) -> Generator[Event, Any, dict[str, tuple[Directory, str]]]:
        """Return the files of the stages and images that *instruction* copies from, by the name it uses."""
        found: dict[str, tuple[Directory, str]] = {}
        for name in sources_named(instruction):
            if name == SCRATCH:
                found[name] = (Directory(), "scratch")
                continue
            source = plan.source_of(stage, name)
            if source is not None:
                other = yield from self._wait_for(source)
            else:
                other = StageState("\\", {}, {})
                platform = self.options.platform or self.builder.platform
                yield from self._start_from_image(other, name, platform, self._vertex_of(name, platform))
            found[name] = (overlay(other.lowers), other.key)
        return found

    def _vertex_of(self, name: str, platform: Platform) -> Vertex:
        """Return the vertex of an image that is only copied from; several steps share it."""
        if name not in self.copied_from:
            self.copied_from[name] = self.records.vertex(f"FROM {self.bases.shown(name, platform)}")
        return self.copied_from[name]

    def _shown(self, state: StageState, instruction: Instruction) -> str:
        """Return the instruction as progress shows it: variables replaced where they are known, quotes kept."""
        heredocs: tuple[Heredoc, ...] = ()
        if isinstance(instruction, kinds.Run):
            heredocs = instruction.command.heredocs
        try:
            shown = expand(instruction.code, state.variables(), state.escape, raw_quotes=True, keep_unset=True).text
        except ExpansionError:
            shown = instruction.code
        shown = " ".join(shown.split("\n"))
        if heredocs and isinstance(instruction, kinds.Run) and heredoc_of(instruction.command.words[0].strip()):
            lines = heredocs[0].content.strip().split("\n")
            shown += f" ({lines[0]}{'...' if len(lines) > 1 else ''})"
        return shown

    # -- after the graph -----------------------------------------------------------------------------------------------

    def _export(self, plan: Plan) -> Generator[Event, Any, Image]:
        state = self.states[plan.target.index]
        vertex = self.records.vertex("exporting to image").start()
        new = state.layers[len(state.image.layers) if state.image is not None else 0 :]
        begun = self.clock.now
        yield self.clock.timeout(0.01 + sum(layer.size for layer in new) / EXPORT_BYTES_PER_SECOND)
        vertex.status("exporting layers", started=begun)
        config = export_config(state, self.options.labels, timestamps.now(self.clock))
        image = self.builder.store.add(config, state.layers)
        vertex.status(f"writing image {image.id}")
        for name in self.builder.finish(image, self.options):
            vertex.status(f"naming to {name}")
        vertex.done()
        self.emit({"id": "moby.image.id", "aux": {"ID": image.id}})
        return image


def _prefix(plan: Plan, stage: Stage, number: int) -> str:
    """Return ``[2/4]``, with the stage's name if there are several stages."""
    total = 0 if stage.parent is not None or stage.is_scratch else 1
    total += sum(isinstance(one, kinds.Run | kinds.Transfer | kinds.Workdir) for one in stage.instructions)
    named = len(plan.needed) > 1 or len(plan.stages) > 1
    width = len(str(total))
    return f"[{stage.name + ' ' if named else ''}{number:>{width}}/{total}]"
