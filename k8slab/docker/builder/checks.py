"""Build checks: what a Dockerfile does that works, but should be done otherwise. Warnings with a rule, a text and a line.

Models frontend/dockerfile/linter/ruleset.go, with its words. ``# check=skip=RULE;error=true`` switches rules off or makes them
errors. Left out: InvalidDefinitionDescription (experimental upstream).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple

from k8slab.docker import reference
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.dockerignore import Ignore
from k8slab.docker.builder.grammar import Dockerfile
from k8slab.docker.builder.instructions import Instruction
from k8slab.docker.builder.planning import PROXY_ARGS, platform_arguments
from k8slab.docker.builder.quoting import closest, quote
from k8slab.docker.builder.words import ExpansionError, expand
from k8slab.docker.manifests import Platform
from k8slab.docker.reference import ReferenceError

DOCS = "https://docs.docker.com/go/dockerfile/rule/"
DESCRIPTIONS = {
    "ConsistentInstructionCasing": "All commands within the Dockerfile should use the same casing (either upper or lower)",
    "CopyIgnoredFile": "Attempting to Copy file that is excluded by .dockerignore",
    "DuplicateStageName": "Stage names should be unique",
    "ExposeInvalidFormat": "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release",
    "ExposeProtoCasing": "Protocol in EXPOSE instruction should be lowercase",
    "FromAsCasing": "The 'as' keyword should match the case of the 'from' keyword",
    "FromPlatformFlagConstDisallowed": "FROM --platform flag should not use a constant value",
    "InvalidDefaultArgInFrom": "Default value for global ARG results in an empty or invalid base image name",
    "JSONArgsRecommended": "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    "LegacyKeyValueFormat": "Legacy key/value format with whitespace separator should not be used",
    "MaintainerDeprecated": "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    "MultipleInstructionsDisallowed": "Multiple instructions of the same type should not be used in the same stage",
    "NoEmptyContinuation": "Empty continuation lines will become errors in a future release",
    "RedundantTargetPlatform": "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    "ReservedStageName": "Reserved words should not be used as stage names",
    "SecretsUsedInArgOrEnv": "Sensitive data should not be used in the ARG or ENV commands",
    "StageNameCasing": "Stage names should be lowercase",
    "UndefinedArgInFrom": "FROM command must use declared ARGs",
    "UndefinedVar": "Variables should be defined before their use",
    "WorkdirRelativePath": "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
}
_SECRET = re.compile(r"(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)")
_NOT_SECRET = re.compile(r"(?i)(?:_|^)(?:public)(?:_|$)")


class Warning(NamedTuple):
    """One finding. *lines* are the first and last line concerned."""

    rule: str
    message: str
    lines: tuple[int, int]

    @property
    def url(self) -> str:
        """Where the rule is explained."""
        return DOCS + re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", self.rule).lower() + "/"

    @property
    def short(self) -> str:
        """The warning as ``docker build`` lists it."""
        return f"{self.rule}: {self.message} (line {self.lines[0]})"

    @property
    def detail(self) -> str:
        """The rule's description."""
        return DESCRIPTIONS[self.rule]


class Directive(NamedTuple):
    """What ``# check=`` says."""

    skip: tuple[str, ...] = ()
    error: bool = False

    @classmethod
    def parse(cls, text: str) -> Directive:
        """Return what *text* (``skip=A,B;error=true``) says; unknown parts are ignored."""
        skip: tuple[str, ...] = ()
        error = False
        for part in text.split(";"):
            key, _, value = part.strip().partition("=")
            if key == "skip":
                skip = tuple(one.strip() for one in value.split(",") if one.strip())
            elif key == "error":
                error = value.strip().lower() == "true"
        return cls(skip, error)


def check(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str | None] | None = None,
    ignore: Ignore | None = None,
    base_env: Mapping[str, list[str]] | None = None,
) -> list[Warning]:
    """Return what can be said about *dockerfile*, in the order of its lines.

    *base_env* is the environment of base images by name, where it is known: their variables are defined.
    """
    found = [
        *_casing(dockerfile),
        *_stages(dockerfile, build_args or {}),
        *_each(dockerfile, ignore),
        *_variables(dockerfile, build_args or {}, base_env or {}),
    ]
    found += [
        Warning("NoEmptyContinuation", "Empty continuation line", lines)
        for lines in dockerfile.source.empty_continuations
    ]
    directive = Directive.parse(dockerfile.source.check)
    if "all" in directive.skip:
        return []
    unique = dict.fromkeys(one for one in found if one.rule not in directive.skip)
    return sorted(unique, key=lambda one: (one.lines[0], one.rule))


def _casing(dockerfile: Dockerfile) -> list[Warning]:
    """Every keyword should be written as most are: all upper or all lower."""
    counted = {"upper": 0, "lower": 0}
    for one in dockerfile.instructions:
        if one.written == one.written.upper():
            counted["upper"] += 1
        elif one.written == one.written.lower():
            counted["lower"] += 1
    wanted = "lowercase" if counted["lower"] > counted["upper"] else "uppercase"
    found = []
    for one in dockerfile.instructions:
        right = one.written.lower() if wanted == "lowercase" else one.written.upper()
        if one.written != right:
            message = f"Command '{one.written}' should match the case of the command majority ({wanted})"
            found.append(Warning("ConsistentInstructionCasing", message, one.lines))
    return found


def _stages(dockerfile: Dockerfile, build_args: Mapping[str, str | None]) -> list[Warning]:
    found = []
    names: list[str] = []
    defaults = platform_arguments(Platform())
    with_args = dict(defaults)
    for argument in dockerfile.arguments:
        for name, default in argument.pairs:
            if default is not None:
                try:
                    defaults[name] = expand(default, defaults, dockerfile.source.escape).text
                except ExpansionError:
                    continue
            given = build_args.get(name)
            with_args[name] = given if given is not None else defaults.get(name, "")
    declared = [name for argument in dockerfile.arguments for name, _ in argument.pairs]
    for base, _ in dockerfile.stages:
        if base.stage:
            if base.stage_written != base.stage_written.lower():
                message = f"Stage name '{base.stage_written}' should be lowercase"
                found.append(Warning("StageNameCasing", message, base.lines))
            if base.stage in names:
                message = f"Duplicate stage name {quote(base.stage_written)}, stage names should be unique"
                found.append(Warning("DuplicateStageName", message, base.lines))
            if base.stage in ("context", "scratch"):
                message = f"Stage name should not use the same name as reserved stage {quote(base.stage)}"
                found.append(Warning("ReservedStageName", message, base.lines))
            names.append(base.stage)
            if base.as_written.islower() != base.written.islower():
                message = f"'{base.as_written}' and '{base.written}' keywords' casing do not match"
                found.append(Warning("FromAsCasing", message, base.lines))
        found += _base(base, defaults, declared, dockerfile.source.escape)
    return found


def _base(base: kinds.From, defaults: Mapping[str, str], declared: list[str], escape: str) -> list[Warning]:
    found = []
    try:
        expanded = expand(base.image, defaults, escape)
    except ExpansionError:
        return []
    for name in expanded.missing:
        if name not in declared:
            hint = closest(name, declared, match_case=True)
            message = f"FROM argument '{name}' is not declared" + (f" (did you mean {hint}?)" if hint else "")
            found.append(Warning("UndefinedArgInFrom", message, base.lines))
    if any(name in declared for name in [*expanded.used, *expanded.missing]) and not _is_image(expanded.text):
        message = f"Default value for ARG {base.image} results in empty or invalid base image name"
        found.append(Warning("InvalidDefaultArgInFrom", message, base.lines))
    if base.platform:
        if base.platform in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            message = (
                f"Setting platform to predefined {base.platform} in FROM is redundant as this is the default behavior"
            )
            found.append(Warning("RedundantTargetPlatform", message, base.lines))
        elif "$" not in base.platform:
            message = f"FROM --platform flag should not use constant value {quote(base.platform)}"
            found.append(Warning("FromPlatformFlagConstDisallowed", message, base.lines))
    return found


def _is_image(text: str) -> bool:
    try:
        reference.parse(text)
    except ReferenceError:
        return False
    return bool(text)


def _each(dockerfile: Dockerfile, ignore: Ignore | None) -> list[Warning]:
    found: list[Warning] = []
    for argument in dockerfile.arguments:
        found += _secrets(argument, [name for name, _ in argument.pairs])
    for _, following in dockerfile.stages:
        last: dict[str, Instruction] = {}
        has_workdir = False
        has_shell = any(isinstance(one, kinds.Shell) for one in following)
        for one in following:
            if isinstance(one, kinds.Cmd | kinds.Entrypoint | kinds.HealthCheck):
                earlier = last.get(one.keyword)
                if earlier is not None:
                    message = (
                        f"Multiple {one.keyword} instructions should not be used in the same stage "
                        "because only the last one will be used"
                    )
                    found.append(Warning("MultipleInstructionsDisallowed", message, earlier.lines))
                last[one.keyword] = one
            if isinstance(one, kinds.Maintainer):
                found.append(
                    Warning(
                        "MaintainerDeprecated",
                        "Maintainer instruction is deprecated in favor of using label",
                        one.lines,
                    )
                )
            elif isinstance(one, kinds.Env | kinds.Label):
                if one.legacy:
                    message = (
                        f'"{one.keyword} key=value" should be used instead of legacy "{one.keyword} key value" format'
                    )
                    found.append(Warning("LegacyKeyValueFormat", message, one.lines))
                if isinstance(one, kinds.Env):
                    found += _secrets(one, [name for name, _ in one.pairs])
            elif isinstance(one, kinds.Arg):
                found += _secrets(one, [name for name, _ in one.pairs])
            elif isinstance(one, kinds.Workdir):
                if not one.path.startswith(("/", "$")) and not has_workdir:
                    message = (
                        f"Relative workdir {quote(one.path)} can have unexpected results if the base image changes"
                    )
                    found.append(Warning("WorkdirRelativePath", message, one.lines))
                has_workdir = True
            elif isinstance(one, kinds.Cmd | kinds.Entrypoint):
                if one.command.is_shell and one.command.words and not has_shell:
                    message = f"JSON arguments recommended for {one.keyword} to prevent unintended behavior related to OS signals"
                    found.append(Warning("JSONArgsRecommended", message, one.lines))
            elif isinstance(one, kinds.Expose):
                found += _ports(one)
            elif isinstance(one, kinds.Transfer) and not one.from_ and ignore is not None:
                for source in one.sources:
                    clean = posixpath.normpath("/" + source).lstrip("/")
                    if clean and "*" not in clean and not source.startswith("http") and ignore.excludes(clean):
                        verb = one.keyword.capitalize()
                        message = f"Attempting to {verb} file {quote(source)} that is excluded by .dockerignore"
                        found.append(Warning("CopyIgnoredFile", message, one.lines))
    return found


def _ports(one: kinds.Expose) -> list[Warning]:
    found = []
    for port in one.ports:
        number, slash, protocol = port.partition("/")
        if slash and protocol != protocol.lower():
            message = f"Defined protocol '{port}' in EXPOSE instruction should be lowercase"
            found.append(Warning("ExposeProtoCasing", message, one.lines))
        if ":" in number and "$" not in number:
            message = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
            found.append(Warning("ExposeInvalidFormat", message, one.lines))
    return found


def _secrets(one: Instruction, names: list[str]) -> list[Warning]:
    return [
        Warning(
            "SecretsUsedInArgOrEnv",
            f"Do not use ARG or ENV instructions for sensitive data ({one.keyword} {quote(name)})",
            one.lines,
        )
        for name in names
        if _SECRET.search(name) and not _NOT_SECRET.search(name)
    ]


def _variables(
    dockerfile: Dockerfile, build_args: Mapping[str, str | None], base_env: Mapping[str, list[str]]
) -> list[Warning]:
    """Variables that nothing defines: neither ARG nor ENV of the stage nor the base image."""
    found = []
    by_stage: dict[str, list[str]] = {}
    for base, following in dockerfile.stages:
        known = [*PROXY_ARGS, "PATH"]
        known += by_stage.get(base.image.lower(), [])
        known += base_env.get(base.image, [])
        for one in following:
            for text in _expanded_texts(one):
                try:
                    missing = expand(text, dict.fromkeys(known, "x"), dockerfile.source.escape).missing
                except ExpansionError:
                    continue
                for name in missing:
                    hint = closest(name, known, match_case=True) or (
                        closest(name, known) if name.upper() == name else ""
                    )
                    message = f"Usage of undefined variable '${name}'" + (f" (did you mean ${hint}?)" if hint else "")
                    found.append(Warning("UndefinedVar", message, one.lines))
            if isinstance(one, kinds.Arg | kinds.Env):
                known += [name for name, _ in one.pairs]
        if base.stage:
            by_stage[base.stage] = known
    return found


def _expanded_texts(one: Instruction) -> list[str]:
    """Return the texts of *one* in which variables are replaced by the builder (not by a shell later)."""
    if isinstance(one, kinds.Env | kinds.Label):
        return [value for _, value in one.pairs]
    if isinstance(one, kinds.Arg):
        return [value for _, value in one.pairs if value]
    if isinstance(one, kinds.Transfer):
        return [*one.sources, one.target, one.chown]
    if isinstance(one, kinds.Workdir):
        return [one.path]
    if isinstance(one, kinds.User):
        return [one.user]
    if isinstance(one, kinds.Expose):
        return list(one.ports)
    if isinstance(one, kinds.Volume):
        return list(one.paths)
    return [one.signal] if isinstance(one, kinds.StopSignal) else []
