"""The lab plays the recorded scenarios, and the recorder's own judge compares."""

import json
from pathlib import Path

import pytest

from tests.golden import compare
from tests.golden.player import play

FOLDER = Path(__file__).parent / "kubernetes"
STABILITY = json.loads((FOLDER / "_stability.json").read_text(encoding="utf-8"))
#: Scenarios of kinds whose controllers come with a later step: StatefulSet, DaemonSet, Job, CronJob, EndpointSlice, PodDisruptionBudget,
#: HorizontalPodAutoscaler, PersistentVolumeClaim; and server-side apply. What passes of them all the same is played all the same.
LATER = (
    "cron-",
    "ds-",
    "hpa-",
    "job-",
    "pdb-",
    "pvc-",
    "sts-",
    "svc-",
    "node-fail-sts",
    "api-ssa",
    "api-tables",
    "api-generation",
)
LATER += ("api-defaults", "sch-drain", "sch-preempt-pdb", "sch-pvc-missing")
PLAYED_ALREADY = ("api-defaults-pod", "cron-suspend-errors", "svc-errors", "svc-no-selector")
#: Scenarios that the lab should play as recorded and does not, and why.
KNOWN: dict[str, str] = {}


def names():
    for path in sorted(FOLDER.glob("[!_]*.json")):
        name = path.stem
        if name in PLAYED_ALREADY or not name.startswith(LATER):
            marks = [pytest.mark.xfail(strict=True, reason=KNOWN[name])] if name in KNOWN else []
            yield pytest.param(name, marks=marks)


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", list(names()))
def test_the_lab_plays_it_as_the_real_control_plane_did(name):
    real = load(name)
    ours = json.loads(json.dumps(play(name, real["input"], real["manifests"])))
    differences = compare.judge(real, ours, stab=STABILITY.get(name, {}))
    assert not differences, "\n".join(map(compare.show, differences[:20]))


def test_the_judge_notices_altered_recordings(capsys):
    reals = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("[!_]*.json"))}
    assert compare.self_test(reals, compare.PARTS, STABILITY, per_kind=1) == 0
    assert "mutants killed" in capsys.readouterr().out


def test_a_file_that_holds_nothing_but_input_and_manifests_can_be_played():
    real = load("dep-create-r3")
    only = {key: real[key] for key in ("input", "manifests")}
    assert play("dep-create-r3", only["input"], only["manifests"])["steps"]
