"""The builder of old: every instruction is a step, every step is a container and a commit, every commit an image.

Models moby's builder/dockerfile. Its cache is the images themselves: a step is known if the image before it has a child that was
made by the same command with the same config, so any change breaks the cache for all that follows. All stages before the target
are built, needed or not.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker import reference, timestamps
from k8slab.docker.builder import grammar
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.instructions import Instruction
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.builder.planning import PROXY_ARGS, Plan, Stage, make_plan
from k8slab.docker.builder.state import StageState
from k8slab.docker.builder.steps import Steps
from k8slab.docker.content import short
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import History, ImageConfig, RunConfig
from k8slab.docker.image_store import Image
from k8slab.docker.layers import Layer
from k8slab.docker.progress import Emit
from k8slab.docker.reference import ReferenceError
from k8slab.docker.remotes import Auth
from k8slab.machine.fs.inode import Directory
from k8slab.machine.fs.overlay import overlay

if TYPE_CHECKING:
    from k8slab.docker.builder.builder import Builder

#: What creating and removing a container, and committing it, cost.
CONTAINER_SECONDS = 0.12
COMMIT_SECONDS = 0.03


class ClassicBuild:
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
        self.images: dict[int, Image | None] = {}
        self.states: dict[int, StageState] = {}
        self.number = 0
        self.total = 0
        self.uses_cache = not options.no_cache
        self.ids = builder.chance

    def say(self, text: str) -> None:
        """Tell *text*, unless only the id is wanted (``-q``)."""
        if not self.options.quiet:
            self.emit({"stream": text})

    def pass_on(self, message: dict[str, Any]) -> None:
        """Tell what a pull says."""
        if not self.options.quiet:
            self.emit(message)

    def run(self) -> Generator[Event, Any, Image]:
        """Build; return the image. Raises DockerError."""
        try:
            image = yield from self._run()
        except BuildError as error:
            raise DockerError(_status(error), error.classic) from None
        return image

    def _run(self) -> Generator[Event, Any, Image]:
        context = self.given if isinstance(self.given, Context) else Context.of_tar(self.given, self.options.dockerfile)
        dockerfile = grammar.parse(context.dockerfile())
        _refuse_new_syntax(dockerfile)
        context = context.without_ignored()
        platform = self.options.platform or self.builder.platform
        plan = make_plan(dockerfile, self.options.args, self.options.target, platform)
        self.steps = Steps(self.clock, context, self.builder.runner, self.builder.download)
        stages = plan.stages[: plan.target.index + 1]
        self.total = len(dockerfile.arguments) + sum(1 + len(stage.instructions) for stage in stages)
        self.total += 1 if self.options.labels else 0
        for argument in dockerfile.arguments:
            self._announce(argument.code)
        image: Image | None = None
        for stage in stages:
            image = yield from self._build_stage(plan, stage)
        if self.options.labels:
            image = yield from self._add_labels(plan.target, image)
        if image is None:
            raise BuildError("No image was generated. Is your Dockerfile empty?")
        if self.options.quiet:
            self.emit({"stream": f"{image.id}\n"})
        else:
            self.emit({"aux": {"ID": image.id}})
        self.say(f"Successfully built {image.short_id}\n")
        for name in self.builder.finish(image, self.options):
            self.say(f"Successfully tagged {reference.parse(name).familiar}\n")
        unused = [
            name for name in self.options.args
            if name not in plan.arguments and not any(name in state.arguments for state in self.states.values()) and name not in PROXY_ARGS
        ]  # fmt: skip
        if unused:
            self.say(f"[Warning] One or more build-args {_listed(sorted(unused))} were not consumed\n")
        return image

    def _announce(self, code: str) -> None:
        self.number += 1
        self.say(f"Step {self.number}/{self.total} : {code}")
        self.say("\n")

    def _says_id(self, image: Image | None) -> None:
        self.say(f" ---> {image.short_id if image is not None else ''}\n")

    # -- stages --------------------------------------------------------------------------------------------------------

    def _build_stage(self, plan: Plan, stage: Stage) -> Generator[Event, Any, Image | None]:
        self._announce(stage.base.code)
        state = StageState(plan.dockerfile.source.escape, plan.arguments, self.options.args)
        self.states[stage.index] = state
        platform = stage.platform or self.options.platform or self.builder.platform
        image: Image | None = None
        triggers: list[str] = []
        if stage.parent is not None:
            image = self.images[stage.parent.index]
            triggers = state.start_from_stage(self.states[stage.parent.index])
        elif stage.is_scratch:
            state.start_from_nothing(platform)
        else:
            image = yield from self.builder.base_image(
                stage.image, platform, pull=self.options.pull, auths=self.auths, emit=self.pass_on
            )
            triggers = state.start_from_image(image)
        self._says_id(image)
        todo = list(stage.instructions)
        if triggers:
            count = len(triggers)
            self.say(f"# Executing {count} build trigger{'s' if count > 1 else ''}\n")
            todo = [grammar.single(text) for text in triggers] + todo
        for position, instruction in enumerate(todo):
            if position >= len(triggers):
                self._announce(instruction.code)
            image = yield from self._step(plan, stage, state, image, instruction)
            self._says_id(image)
        self.images[stage.index] = image
        return image

    def _add_labels(self, stage: Stage, image: Image | None) -> Generator[Event, Any, Image | None]:
        pairs = tuple(sorted(self.options.labels.items()))
        text = "LABEL " + " ".join(f"{name}={value}" for name, value in pairs)
        self._announce(text)
        state = self.states[stage.index]
        state.config.labels = {**(state.config.labels or {}), **dict(pairs)}
        image = yield from self._commit(state, image, ["#(nop) ", text], None)
        self._says_id(image)
        return image

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _step(
        self, plan: Plan, stage: Stage, state: StageState, image: Image | None, instruction: Instruction
    ) -> Generator[Event, Any, Image | None]:
        if isinstance(instruction, kinds.Run):
            return (yield from self._run_step(plan, stage, state, image, instruction))
        if isinstance(instruction, kinds.Transfer):
            return (yield from self._copy_step(plan, stage, state, image, instruction))
        told = state.apply(instruction)
        if isinstance(instruction, kinds.Workdir):
            comment = [f"#(nop) {told}"]
            found = self._cached(state, image, comment)
            if found is not None:
                state.layers, state.history = list(found.layers), list(found.config.history)
                return found
            return (yield from self._commit(state, image, comment, self.steps.make_workdir(state, instruction)))
        return (yield from self._commit(state, image, ["#(nop) ", told], None))

    def _run_step(
        self, plan: Plan, stage: Stage, state: StageState, image: Image | None, instruction: kinds.Run
    ) -> Generator[Event, Any, Image]:
        if instruction.mounts:
            raise BuildError(
                "the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to "
                "build images with BuildKit enabled",
                instruction.lines,
            )
        spec = self.steps.run_spec(state, instruction, self._no_files, self.options.network, {})
        args = state.build_env()
        command = [f"|{len(args)}", *args, *spec.argv] if args else list(spec.argv)
        found = self._cached(state, image, command, plain=True)
        if found is not None:
            state.layers, state.history = list(found.layers), list(found.config.history)
            return found
        container = self.ids.hex(64)
        self.say(f" ---> Running in {short(container)}\n")
        yield self.clock.timeout(CONTAINER_SECONDS)
        layer = yield from self.steps.run(instruction, spec, self._output)
        self.say(f" ---> Removed intermediate container {short(container)}\n")
        return (yield from self._committed(state, image, command, layer, plain=True))

    def _output(self, number: int, data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        self.say(text if number == 1 else f"\x1b[91m{text}\x1b[0m")

    def _copy_step(
        self, plan: Plan, stage: Stage, state: StageState, image: Image | None, instruction: kinds.Transfer
    ) -> Generator[Event, Any, Image]:
        if instruction.link or instruction.parents or instruction.exclude or instruction.heredocs:
            what = "--link" if instruction.link else "here-document" if instruction.heredocs else "this"
            raise BuildError(
                f"the {what} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to "
                "build images with BuildKit enabled",
                instruction.lines,
            )
        fetched: dict[str, tuple[Directory, str]] = {}
        if instruction.from_:
            name = state.expand(instruction, instruction.from_).text
            source = plan.source_of(stage, name)
            if source is not None:
                fetched[name] = _files(self.states[source.index])
            else:
                fetched[name] = yield from self._image_files(name, state)
        copied = yield from self.steps.plan_copy(state, instruction, fetched.__getitem__)
        kind = "dir" if len(copied.sources) == 1 and isinstance(copied.sources[0].inode, Directory) else "file"
        kind = "multi" if len(copied.sources) > 1 else kind
        chown = f"--chown={instruction.chown}" if instruction.chown else ""
        comment = [f"#(nop) {instruction.keyword} {chown}{kind}:{copied.checksum} in {copied.shown[-1]} "]
        found = self._cached(state, image, comment)
        if found is not None:
            state.layers, state.history = list(found.layers), list(found.config.history)
            return found
        layer = yield from self.steps.copy(state, copied)
        return (yield from self._committed(state, image, comment, layer))

    def _image_files(self, name: str, state: StageState) -> Generator[Event, Any, tuple[Directory, str]]:
        try:
            found = yield from self.builder.base_image(
                name, state.platform, pull=False, auths=self.auths, emit=self.pass_on
            )
        except ReferenceError as error:
            raise BuildError(f"invalid from flag value {name}: {error}") from None
        other = StageState("\\", {}, {})
        other.start_from_image(found)
        return _files(other)

    @staticmethod
    def _no_files(name: str) -> tuple[Directory, str]:
        raise BuildError(f"invalid from flag value {name}")

    # -- cache and commit ----------------------------------------------------------------------------------------------

    def _container_config(self, state: StageState, command: list[str], plain: bool) -> RunConfig:
        config = state.config.copy()
        config.cmd = command if plain else [*(config.shell or kinds.DEFAULT_SHELL), *command]
        return config

    def _cached(
        self, state: StageState, image: Image | None, command: list[str], *, plain: bool = False
    ) -> Image | None:
        """Return the image that the same step made of the same image before, and say so."""
        if not self.uses_cache:
            return None
        wanted = self._container_config(state, command, plain).document()
        store = self.builder.store
        if image is not None:
            candidates = [store.images[id] for id in store.children(image.id)]
        else:
            candidates = [one for one in store.images.values() if not one.parent]
        for candidate in sorted(candidates, key=lambda one: one.config.created, reverse=True):
            made_by = candidate.config.container_config
            if made_by is not None and made_by.document() == wanted:
                self.say(" ---> Using cache\n")
                return candidate
        self.uses_cache = False  # after a miss nothing later can be known
        return None

    def _commit(
        self, state: StageState, image: Image | None, command: list[str], layer: Layer | None
    ) -> Generator[Event, Any, Image]:
        """Commit a step that changed only the config (or made a directory): in a container that never runs."""
        found = self._cached(state, image, command) if layer is None else None
        if found is not None:
            state.history = list(found.config.history)
            return found
        container = self.ids.hex(64)
        self.say(f" ---> Running in {short(container)}\n")
        yield self.clock.timeout(COMMIT_SECONDS)
        self.say(f" ---> Removed intermediate container {short(container)}\n")
        return (yield from self._committed(state, image, command, layer))

    def _committed(
        self, state: StageState, image: Image | None, command: list[str], layer: Layer | None, *, plain: bool = False
    ) -> Generator[Event, Any, Image]:
        yield self.clock.timeout(COMMIT_SECONDS)
        created = timestamps.now(self.clock)
        container_config = self._container_config(state, command, plain)
        if layer is not None:
            state.add_layer(layer, "")
        told = " ".join(container_config.cmd or ())
        state.history.append(History(created, told, state.author, empty_layer=layer is None))
        config = ImageConfig(
            architecture=state.platform.architecture,
            os=state.platform.os,
            variant=state.platform.variant,
            created=created,
            author=state.author,
            docker_version="28.2.2",
            config=state.config.copy(),
            container_config=container_config,
            diff_ids=[one.diff_id for one in state.layers],
            history=list(state.history),
        )
        return self.builder.store.add(config, state.layers, parent=image.id if image is not None else "")


def _files(state: StageState) -> tuple[Directory, str]:
    return overlay(state.lowers), state.key


def _refuse_new_syntax(dockerfile: grammar.Dockerfile) -> None:
    for one in dockerfile.instructions:
        if isinstance(one, kinds.Run) and one.command.heredocs:
            raise BuildError(
                "the here-document option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to "
                "build images with BuildKit enabled",
                one.lines,
            )


def _listed(names: list[str]) -> str:
    return "[" + " ".join(names) + "]"


def _status(error: BuildError) -> int:
    return 400 if error.lines and not error.code and "parse error" in error.message else 500
