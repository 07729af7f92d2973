"""Reaching mirrors: whether there is a way, and how long it takes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from k8slab.machine.programs.packages import catalogue
from k8slab.machine.programs.packages.catalogue import Package
from k8slab.machine.programs.tool import Call

#: Virtual time: what a mirror takes to answer, and how many KiB come in a second.
ANSWER_SECONDS = 0.4
KIB_PER_SECOND = 20_000.0


def online(call: Call) -> bool:
    return catalogue.is_online(call.process.network, call.process.namespaces.pid.parent is None)


def download(call: Call, packages: list[Package]) -> Generator[Any, Any, None]:
    yield call.process.clock.timeout(ANSWER_SECONDS + sum(one.size_kib for one in packages) / 3 / KIB_PER_SECOND)


def first_line(call: Call, path: str) -> str:
    """Return the text of *path*, "" if it is not there."""
    try:
        return call.files.read_text(path).strip()
    except OSError:
        return ""
