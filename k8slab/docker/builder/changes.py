"""Instructions that change only a config: what ``docker commit --change`` and ``docker import --change`` take, and image recipes.

Models builder/dockerfile/builder.go: BuildFromConfig.
"""

from __future__ import annotations

from collections.abc import Iterable

from k8slab.docker.builder import grammar
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.instructions import Instruction
from k8slab.docker.builder.words import Expanded, ExpansionError, expand
from k8slab.docker.errors import invalid_parameter
from k8slab.docker.image_config import RunConfig

ALLOWED = (
    "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip


def apply(instruction: Instruction, config: RunConfig) -> str:
    """Let *instruction* change *config*, with the config's own variables; return its line for the history. Raises BuildError."""
    env = config.env_map()

    def with_env(text: str) -> Expanded:
        return expand(text, env)

    try:
        return instruction.change(config, with_env)
    except ExpansionError as error:
        raise BuildError(str(error), instruction.lines) from None


def apply_changes(config: RunConfig, changes: Iterable[str]) -> RunConfig:
    """Return a copy of *config* with the instructions *changes* (one text each). Raises DockerError 400."""
    changed = config.copy()
    for text in changes:
        if not text.strip():
            continue
        try:
            for line in grammar.read(text).lines:
                if line.keyword.upper() in grammar.INSTRUCTIONS and line.keyword.upper() not in ALLOWED:
                    raise invalid_parameter(f"{line.keyword.lower()} is not a valid change command")
                apply(grammar.instruction(line), changed)
        except BuildError as error:
            raise invalid_parameter(error.message) from None
    return changed
