"""The end of a BuildKit build: one history with dates, one config, one image.

Models exporter/containerimage/writer.go.
"""

from __future__ import annotations

from dataclasses import replace

from k8slab.docker import timestamps
from k8slab.docker.builder.state import StageState
from k8slab.docker.image_config import History, ImageConfig


def export_config(state: StageState, labels: dict[str, str], now: str) -> ImageConfig:
    """Return the config of the image that *state* has become; *now* dates an image without any history."""
    config = state.config.copy()
    if labels:
        config.labels = {**(config.labels or {}), **labels}
    history = dated(state.history)
    return ImageConfig(
        architecture=state.platform.architecture,
        os=state.platform.os,
        variant=state.platform.variant,
        created=history[-1].created if history else now,
        author=state.author,
        config=config,
        diff_ids=[layer.diff_id for layer in state.layers],
        history=history,
    )


def dated(history: list[History]) -> list[History]:
    """Return *history* with every line dated: a line without a layer has the date of the first new layer, or of the one before.

    So a build that finds everything in the cache makes the very same image again (exporter/containerimage/writer.go).
    """
    first = ""
    seen_undated = False
    for line in history:
        if line.created:
            first = line.created
            if seen_undated:
                break
        else:
            seen_undated = True
    found = []
    before, after_undated = first or timestamps.ZERO, False
    for line in history:
        if line.created:
            if after_undated:
                before = line.created
            found.append(line)
        else:
            after_undated = True
            found.append(replace(line, created=before))
    return found
