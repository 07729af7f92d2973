"""``python -m benchmarks [WORD ...]``: print ``name  value unit  target  ok|short`` for every figure whose name has one of the words.

The default `Lab`, ``kubectl apply``, Events on. The calibration row is a fixed piece of pure Python: divide by it to compare machines.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

RUNS = 5


class Figure(NamedTuple):
    name: str
    value: float
    unit: str
    target: float | None

    def __str__(self) -> str:
        verdict = "" if self.target is None else "ok" if self.value < self.target else "short"
        target = "-" if self.target is None else f"< {self.target:g}"
        return f"{self.name:44} {self.value:10.4g} {self.unit:6} {target:>8}  {verdict}"


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median(measure: Callable[[], float], runs: int = RUNS) -> float:
    return statistics.median(measure() for _ in range(runs))


def deployment(name: str, replicas: int, image: str) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: web
        image: {image}
        resources: {{requests: {{cpu: 10m, memory: 16Mi}}}}
"""


def hollow_lab():
    """Return a new lab of 50 hollow nodes; the worlds of earlier runs have gone from memory."""
    from k8slab.lab import Lab

    gc.collect()
    return Lab(nodes=50, hollow=True)


def apply(lab, *manifests: str) -> None:
    result = lab.kubectl("apply -f -", stdin="---".join(manifests))
    if result.exit_code:
        raise SystemExit(result.stderr)


def rolled_out(lab, *names: str) -> None:
    """Wait as kubectl does: the clock moves until every rollout is complete."""
    for name in names:
        result = lab.kubectl(f"rollout status deployment/{name} --timeout=30m")
        if result.exit_code:
            raise SystemExit(result.stdout + result.stderr)


def calibration() -> Figure:
    def work() -> None:
        table: dict[int, int] = {}
        for number in range(400_000):
            table[number % 1000] = table.get(number % 1000, 0) + number

    return Figure("calibration: a loop of pure Python", median(lambda: seconds(work), 5) * 1000, "ms", None)


def importing() -> Figure:
    def run(code: str) -> float:
        return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    lightkube = "import lightkube.resources.core_v1, lightkube.resources.apps_v1"
    own = median(lambda: run(f"{lightkube}; import k8slab; k8slab.Lab"), 5) - median(lambda: run(lightkube), 5)
    return Figure("import of k8slab and its Lab beyond lightkube", own, "s", 0.5)


def boot() -> Figure:
    from k8slab.lab import Lab

    return Figure("boot of a 3-node lab", median(lambda: seconds(lambda: Lab(nodes=3)), 5), "s", 0.1)


def one_deployment() -> list[Figure]:
    created, rolled = [], []
    for _ in range(RUNS):
        lab = hollow_lab()
        created.append(seconds(lambda lab=lab: (apply(lab, deployment("web", 500, "app:v1")), rolled_out(lab, "web"))))
        rolled.append(seconds(lambda lab=lab: (apply(lab, deployment("web", 500, "app:v2")), rolled_out(lab, "web"))))
    return [
        Figure("500 replicas on 50 hollow nodes, created", statistics.median(created), "s", 0.5),
        Figure("500 replicas on 50 hollow nodes, rolled", statistics.median(rolled), "s", 1),
    ]


def ten_deployments() -> Figure:
    def run(count: int) -> float:
        lab = hollow_lab()
        names = [f"web-{number}" for number in range(count)]
        manifests = [deployment(name, 500, "app:v1") for name in names]
        return seconds(lambda: (apply(lab, *manifests), rolled_out(lab, *names))) / count

    return Figure("cost per pod, ten deployments against one", run(10) / median(lambda: run(1)), "x", 1.3)


def one_get() -> Figure:
    from lightkube.resources.core_v1 import Node

    from k8slab.lab import Lab

    client = Lab(nodes=1).client

    def gets() -> None:
        for _ in range(500):
            client.get(Node, "node-1")

    return Figure("a lightkube get", median(lambda: seconds(gets), 5) / 500 * 1000, "ms", 0.5)


def memory() -> Figure:
    tracemalloc.start()
    lab = hollow_lab()
    apply(lab, deployment("web", 500, "app:v1"))
    rolled_out(lab, "web")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Figure("peak memory, 500 replicas on 50 hollow nodes", peak / 1e6, "MB", None)


FIGURES: list[Callable[[], Figure | list[Figure]]] = [
    calibration,
    importing,
    boot,
    one_deployment,
    ten_deployments,
    one_get,
    memory,
]


def main(words: list[str]) -> None:
    for measure in FIGURES:
        if words and not any(word in measure.__name__ for word in words):
            continue
        result = measure()
        for figure in result if isinstance(result, list) else [result]:
            print(figure, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
