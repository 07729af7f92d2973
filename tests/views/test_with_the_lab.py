"""Views on the real lab: what a newcomer does on the board and in the theatre, done through the same buttons."""

from __future__ import annotations

import asyncio

import pytest

import k8slab
from k8slab.views.figures.animation import rollout_animation
from k8slab.views.rollout_recorder import RolloutRecorder, last_rollout
from k8slab.views.widgets import view as view_module
from k8slab.views.widgets.board import ClusterBoard
from k8slab.views.widgets.events import EventStream
from k8slab.views.widgets.inspector import ObjectInspector
from k8slab.views.widgets.ownership import OwnershipGraph
from k8slab.views.widgets.theatre import RolloutTheatre

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        resources: {requests: {cpu: 250m, memory: 64Mi}}
"""


@pytest.fixture
def lab():
    lab = k8slab.Lab()
    lab.kubectl("apply -f -", stdin=MANIFEST)
    lab.kubectl("rollout status deployment/web")
    yield lab
    view_module._open.clear()


def click(view, press, **message):
    view._on_message(view, {"press": press, **message}, [])


def played(view, press, is_over, seconds=20):
    async def play():
        click(view, press)
        for _ in range(int(seconds / 0.02)):
            await asyncio.sleep(0.02)
            if is_over():
                break
        view.pause()

    asyncio.run(play())


def pods_on(board):
    return {chip["name"] for node in board.scene["nodes"] for chip in node["pods"] if chip["state"] != "terminating"}


def test_a_killed_pod_is_replaced_and_the_past_tells_who_noticed(lab):
    board = ClusterBoard(lab.client, lab)
    assert board.scene["message"] == "3 of 3 Pods ready"
    assert board.scene["nodes"][0]["cpu"]["text"] == "0.25 / 4"
    before = pods_on(board)
    victim = sorted(before)[0]
    click(board, "kill", name=f"default/{victim}")
    assert board.scene["message"] == "2 of 2 Pods ready, 1 leaving"
    click(board, "speed", speed=20)
    played(board, "play", lambda: len(pods_on(board)) == 3 and board.scene["counts"]["ready"] == 3)
    assert victim not in pods_on(board)
    assert len(pods_on(board) - before) == 1

    click(board, "seek", revision=board.timebar["marks"][-1]["revision"])
    assert pods_on(board) == before
    seen = []
    for _ in range(3):
        click(board, "forward")
        seen += [line.split(" ")[0] for line in board.timebar["writes"]]
    assert next(who for who in seen if "controller" in who) == "replicaset-controller:"


def test_a_stopped_node_falls_silent_on_the_board(lab):
    board = ClusterBoard(lab.client, lab)
    click(board, "stop", name="node-1")
    lab.run(70)
    board.look()
    silent = board.scene["nodes"][0]
    assert silent["state"] == "lost"
    assert {chip["state"] for chip in silent["pods"]} <= {"unknown", "terminating"}


def test_a_cordoned_node_gets_no_new_pods(lab):
    board = ClusterBoard(lab.client, lab)
    before = {chip["key"] for chip in board.scene["nodes"][0]["pods"]}
    click(board, "cordon", name="node-1")
    lab.kubectl("scale deployment/web --replicas=6")
    lab.run(10)
    board.look()
    assert board.scene["counts"]["ready"] == 6
    assert {chip["key"] for chip in board.scene["nodes"][0]["pods"]} == before


def test_the_story_of_a_pod_says_why_it_is_where_it_is(lab):
    board = ClusterBoard(lab.client, lab)
    board.selected = board.scene["nodes"][0]["pods"][0]["key"]
    assert board.story["why"][0] == "The scheduler chose node-1; nodes that fit: 3 of 3."
    assert [condition["status"] for condition in board.story["conditions"]] == ["True"] * 5
    assert {line["reason"] for line in board.story["events"]} >= {"Scheduled", "Pulled", "Created", "Started"}


def test_a_bad_version_is_rolled_gets_stuck_and_is_undone(lab):
    theatre = RolloutTheatre(lab.client, lab)
    click(theatre, "set", name="surge", value=1)
    click(theatre, "set", name="unavailable", value=0)
    click(theatre, "speed", speed=20)
    played(theatre, "roll", lambda: not theatre.running)
    assert theatre.scene["message"].endswith("never fewer than 3 available, never more than 4 Pods")
    assert theatre.message == "The rollout is over. Play it again below, or step through it."
    played(theatre, "bad", lambda: not theatre.running)
    assert theatre.scene["message"] == "Stuck: 1 of the Pods will not run, 3 still answer"
    assert theatre.message == "Nothing more happens: the rollout is stuck. Undo takes it back."
    played(theatre, "undo", lambda: not theatre.running)
    assert theatre.recorder.is_settled()
    assert (
        lab.kubectl("get deployment web -o jsonpath={.spec.template.spec.containers[0].image}").stdout == "nginx:1.28"
    )


def test_grace_saves_the_requests_that_a_quick_end_loses(lab):
    """The hook belongs to the Pods that leave: a version rolled without it loses requests when the next one comes."""
    theatre = RolloutTheatre(lab.client, lab)
    click(theatre, "speed", speed=20)
    lost = []
    for grace in (0, 5, 5):
        click(theatre, "set", name="grace", value=grace)
        played(theatre, "roll", lambda: not theatre.running)
        lost.append(theatre.scene["requests"]["failed"])
    assert lost[1] > 0
    assert lost[2] == 0


def test_the_theatre_opens_with_the_last_rollout(lab):
    lab.run(30)
    since = last_rollout(lab, "web")
    created = RolloutTheatre(lab.client, lab)
    assert created.scene["message"].startswith("3 Pods, all available after")
    lab.kubectl("set image deployment/web web=nginx:1.28")
    lab.kubectl("rollout status deployment/web")
    lab.kubectl("scale deployment/web --replicas=4")
    lab.run(20)
    assert (last_rollout(lab, "web") or 0) > (since or 0) > 0
    again = RolloutTheatre(lab.client, lab)
    assert [row["version"] for row in again.scene["rows"]] == ["old", "new"]


def test_a_record_of_the_lab_keeps_the_bounds_and_becomes_a_film(lab):
    recorder = RolloutRecorder(lab, "web")
    lab.kubectl("set image deployment/web web=nginx:1.28")
    lab.kubectl("rollout status deployment/web")
    lab.run(5)
    scene = recorder.scene()
    _, replicas, lower, upper = scene["bounds"][-1]
    assert (replicas, lower, upper) == (3, 3, 4)
    assert max(count for _, count in scene["lines"]["total"]) == upper
    assert min(count for _, count in scene["lines"]["available"]) >= lower
    film = rollout_animation(scene, frames=12)
    assert len(film.png) < 100_000
    assert repr(film) == scene["said"]


def test_a_reset_lab_is_looked_at_afresh(lab):
    views = [ClusterBoard(lab.client, lab), RolloutTheatre(lab.client, lab), EventStream(lab.client, lab)]
    lab.reset()
    for view in views:
        view.reading.client = lab.client
        view.look()
    assert views[0].scene["message"] == "No Pods yet: apply a Deployment"
    assert views[1].scene["rows"] == []


def test_what_views_say_about_two_equal_labs_is_equal(lab):
    other = k8slab.Lab()
    other.kubectl("apply -f -", stdin=MANIFEST)
    other.kubectl("rollout status deployment/web")
    for kind in (ClusterBoard, RolloutTheatre, OwnershipGraph, EventStream, ObjectInspector):
        assert repr(kind(lab.client, lab)) == repr(kind(other.client, other))
