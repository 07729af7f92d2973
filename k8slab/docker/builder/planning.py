"""The plan of a build, made before anything runs: which stages there are, what each starts from, which of them are needed.

Models frontend/dockerfile/dockerfile2llb: a stage that the target does not need is never built. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from k8slab.docker import reference
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.grammar import Dockerfile
from k8slab.docker.builder.instructions import Instruction
from k8slab.docker.builder.quoting import did_you_mean, quote
from k8slab.docker.builder.words import ExpansionError, expand
from k8slab.docker.manifests import Platform
from k8slab.docker.reference import ReferenceError

SCRATCH = "scratch"
#: Proxies may be passed without an ARG, and do not break the cache.
PROXY_ARGS = (
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
)  # fmt: skip


@dataclass(eq=False)
class Stage:
    """One stage. It starts from another stage (*parent*), from an image (*image*, its name expanded), or from nothing."""

    index: int
    base: kinds.From
    instructions: list[Instruction]
    image: str = ""
    parent: Stage | None = None
    platform: Platform | None = None

    @property
    def name(self) -> str:
        """Its name, or its number."""
        return self.base.stage or f"stage-{self.index}"

    @property
    def is_scratch(self) -> bool:
        """Whether it starts from nothing."""
        return self.image == SCRATCH


@dataclass
class Plan:
    """All stages, the *target*, and those that are *needed* for it, in the order of the file."""

    dockerfile: Dockerfile
    stages: list[Stage]
    target: Stage
    needed: list[Stage]
    #: Values of the ARGs before the first FROM.
    arguments: dict[str, str]
    build_args: dict[str, str | None]
    #: Images that COPY --from and mounts name.
    extra_images: list[str] = field(default_factory=list)

    def source_of(self, stage: Stage, name: str) -> Stage | None:
        """Return the stage that ``--from=name`` means in *stage*; None if it is an image."""
        return source_stage(self.stages, stage, name)


def platform_arguments(platform: Platform) -> dict[str, str]:
    """Return the predefined ARGs of the global scope."""
    found = {}
    for prefix in ("BUILD", "TARGET"):
        found[f"{prefix}PLATFORM"] = str(platform)
        found[f"{prefix}OS"] = platform.os
        found[f"{prefix}ARCH"] = platform.architecture
        found[f"{prefix}VARIANT"] = platform.variant
    found["TARGETSTAGE"] = "default"
    return found


def make_plan(
    dockerfile: Dockerfile, build_args: Mapping[str, str | None], target: str = "", platform: Platform = Platform()
) -> Plan:
    """Return the plan. Raises BuildError with the line to blame."""
    arguments = global_arguments(dockerfile, build_args, platform)
    stages: list[Stage] = []
    for index, (base, following) in enumerate(dockerfile.stages):
        stage = Stage(index, base, following)
        stage.image = _base_name(base, arguments, dockerfile.source.escape)
        parent = next(
            (one for one in reversed(stages) if one.base.stage and one.base.stage == stage.image.lower()), None
        )
        if parent is not None:
            stage.parent, stage.image = parent, ""
        if base.platform:
            text = expand(base.platform, arguments, dockerfile.source.escape).text
            if not text:
                raise BuildError(f"empty platform value from expression {base.platform}", base.lines)
            stage.platform = Platform.parse(text)
        stages.append(stage)
    chosen = _target(stages, target)
    plan = Plan(dockerfile, stages, chosen, [], arguments, dict(build_args))
    plan.needed = _needed(plan)
    return plan


def global_arguments(
    dockerfile: Dockerfile, build_args: Mapping[str, str | None], platform: Platform
) -> dict[str, str]:
    """Return the values of the ARGs before the first FROM, predefined ones first. Raises BuildError."""
    values = platform_arguments(platform)
    for argument in dockerfile.arguments:
        for name, default in argument.pairs:
            given = build_args.get(name)
            if given is not None:
                values[name] = given
            elif default is not None:
                try:
                    values[name] = expand(default, values, dockerfile.source.escape).text
                except ExpansionError as error:
                    raise BuildError(str(error), argument.lines) from None
    return values


def _base_name(base: kinds.From, arguments: Mapping[str, str], escape: str) -> str:
    try:
        name = expand(base.image, arguments, escape).text
    except ExpansionError as error:
        raise BuildError(str(error), base.lines) from None
    if not name:
        raise BuildError(f"base name ({base.image}) should not be blank", base.lines)
    if name != SCRATCH:
        try:
            reference.parse(name)
        except ReferenceError as error:
            raise BuildError(
                f"failed to parse stage name {quote(name)}: {error}",
                base.lines,
                classic=str(error),
            ) from None
    return name


def _target(stages: list[Stage], target: str) -> Stage:
    if not target:
        return stages[-1]
    named = next((one for one in reversed(stages) if one.base.stage == target.lower()), None)
    if named is not None:
        return named
    if target.isascii() and target.isdigit() and int(target[:9]) < len(stages):
        return stages[int(target)]
    hint = did_you_mean(target, [one.base.stage for one in stages if one.base.stage])
    raise BuildError(
        f'target stage "{target}" could not be found{hint}',
        classic=f"failed to reach build target {target} in Dockerfile",
    )


def source_stage(stages: list[Stage], stage: Stage, name: str) -> Stage | None:
    """Return the stage before *stage* that *name* (or number) means, or None."""
    for other in reversed(stages[: stage.index]):
        if other.base.stage and other.base.stage == name.lower():
            return other
    if name.isascii() and name.isdigit():
        number = int(name[:9])
        if number < stage.index:
            return stages[number]
        raise BuildError(f"invalid from flag value {name}: refers to a stage that does not come before this one")
    return None


def _needed(plan: Plan) -> list[Stage]:
    wanted = [plan.target]
    needed: list[Stage] = []
    while wanted:
        stage = wanted.pop()
        if stage in needed:
            continue
        needed.append(stage)
        if stage.parent is not None:
            wanted.append(stage.parent)
        for instruction in stage.instructions:
            for name in sources_named(instruction):
                try:
                    source = source_stage(plan.stages, stage, name)
                except BuildError as error:
                    raise BuildError(error.message, instruction.lines) from None
                if source is not None:
                    wanted.append(source)
                elif name != SCRATCH and name not in plan.extra_images:
                    plan.extra_images.append(name)
    return sorted(needed, key=lambda stage: stage.index)


def sources_named(instruction: Instruction) -> list[str]:
    """Return what *instruction* takes files from besides the context: the names in ``--from`` and in mounts."""
    if isinstance(instruction, kinds.Transfer):
        return [instruction.from_] if instruction.from_ else []
    if isinstance(instruction, kinds.Run):
        return [part[5:] for mount in instruction.mounts for part in mount.split(",") if part.startswith("from=")]
    return []


def uses_context(instruction: Instruction) -> bool:
    """Return whether *instruction* reads the build context."""
    if isinstance(instruction, kinds.Transfer):
        return not instruction.from_ and bool(instruction.sources)
    if isinstance(instruction, kinds.Run):
        return any("type=bind" in mount and "from=" not in mount for mount in instruction.mounts)
    return False
