"""Scenes as data: Pods, the board, ownership, events, objects, the story of a Pod, the time bar."""

from __future__ import annotations

from typing import Any

import pytest
from lightkube.models.core_v1 import ContainerState, ContainerStateTerminated

from k8slab.sim.clock import EPOCH
from k8slab.sim.inspect import Mark
from k8slab.views.scenes import pod as pod_scene
from k8slab.views.scenes.board import board_scene, said_of, versions
from k8slab.views.scenes.events import event_scene
from k8slab.views.scenes.objects import object_scene
from k8slab.views.scenes.ownership import ownership_scene
from k8slab.views.scenes.story import pod_story
from k8slab.views.scenes.timebar import timebar_scene
from k8slab.views.words import Words
from tests.views.world import deployment, event, node, pod, replica_set, small_world


@pytest.mark.parametrize(
    ("made", "state", "status"),
    [
        pytest.param({"state": "ready"}, "ready", "Running", id="ready"),
        pytest.param({"state": "running"}, "running", "Running", id="running, not ready"),
        pytest.param({"state": "creating"}, "creating", "ContainerCreating", id="on a node, not started"),
        pytest.param({"state": "pending"}, "pending", "Pending", id="no node yet"),
        pytest.param({"state": "terminating"}, "terminating", "Terminating", id="told to go, still ready"),
        pytest.param({"state": "failed"}, "failed", "CrashLoopBackOff", id="crash loop"),
        pytest.param({"state": "done"}, "done", "Completed", id="finished"),
        pytest.param({"state": "unknown"}, "unknown", "Unknown", id="phase Unknown"),
    ],
)
def test_a_pod_is_in_one_of_the_states_and_has_the_words_of_kubectl(made, state, status):
    chip = pod_scene.chip(pod(**made))
    assert (chip["state"], chip["status"]) == (state, status)


def test_nobody_knows_about_a_pod_on_a_silent_node():
    assert pod_scene.chip(pod(on="node-2"), lost_nodes=frozenset({"node-2"}))["state"] == "unknown"


@pytest.mark.parametrize(
    ("ended", "word"),
    [
        pytest.param({"exitCode": 1, "reason": "Error"}, "Error", id="reason given"),
        pytest.param({"exitCode": 3}, "ExitCode:3", id="no reason"),
        pytest.param({"exitCode": 137, "signal": 9}, "Signal:9", id="killed"),
    ],
)
def test_an_ended_container_names_its_end(ended, word):
    failing: Any = pod(state="running")
    failing.status.containerStatuses[0].state = ContainerState(terminated=ContainerStateTerminated(**ended))
    assert (pod_scene.status_word(failing), pod_scene.state_of(failing)) == (word, "failed")


def test_a_chip_tells_version_restarts_and_itself_in_words():
    chip = pod_scene.chip(pod("web-6f9b-x7k2p", restarts=3), bands={"uid-web-7d5c": ("new", "2")})
    assert (chip["tail"], chip["version"], chip["revision"], chip["restarts"]) == ("x7k2p", "new", "2", 3)
    assert chip["said"] == "Pod web-6f9b-x7k2p, on node-1: Running, ready, revision 2, restarts: 3"


def test_only_a_later_revision_is_new():
    assert versions([replica_set()]) == {"uid-web-7d5c": ("old", "1")}
    rolled = versions([replica_set(), replica_set("web-6f9b", revision=2)])
    assert rolled == {"uid-web-7d5c": ("old", "1"), "uid-web-6f9b": ("new", "2")}


def test_the_board_shows_nodes_pods_and_their_makers():
    world = small_world()
    scene = board_scene(*(world.objects(kind) for kind in kinds()))
    assert scene["message"] == "6 of 6 Pods ready"
    assert [card["name"] for card in scene["nodes"]] == ["node-1", "node-2", "node-3"]
    first = scene["nodes"][0]
    assert first["cpu"] == {"used": 1000, "of": 4000, "share": 0.25, "text": "1 / 4"}
    assert first["memory"]["text"] == "512Mi / 8Gi"
    assert [chip["tail"] for chip in first["pods"]] == ["x7k2p", "kd8wc"]
    (tab,) = scene["deployments"]
    assert (tab["name"], tab["ready"], tab["replicas"]) == ("web", 6, 6)
    assert [row["name"] for row in tab["replica_sets"]] == ["web-7d5c"]
    assert tab["replica_sets"][0]["pods"][0] == "default/web-7d5c-x7k2p"


def kinds():
    from lightkube.resources.apps_v1 import Deployment, ReplicaSet
    from lightkube.resources.core_v1 import Node, Pod

    return (Node, Pod, ReplicaSet, Deployment)


def test_a_pod_keeps_its_slot_and_a_newcomer_takes_the_gap():
    names = ["a", "b", "c"]
    before = board_scene([node("node-1")], [pod(name, created=number) for number, name in enumerate(names)])
    after = board_scene([node("node-1")], [pod("a"), pod("c", created=2), pod("d", created=9)], before=before)
    assert [(chip["name"], chip["slot"]) for chip in after["nodes"][0]["pods"]] == [("a", 0), ("d", 1), ("c", 2)]


def test_slots_stay_when_a_pod_goes_and_nobody_comes():
    before = board_scene([node("node-1")], [pod("a"), pod("b", created=1)])
    after = board_scene([node("node-1")], [pod("b", created=1)], before=before)
    assert [(chip["name"], chip["slot"]) for chip in after["nodes"][0]["pods"]] == [("b", 1)]


def test_a_silent_and_a_cordoned_node_say_so():
    scene = board_scene([node("node-1", ready="Unknown"), node("node-2", cordoned=True)], [pod(on="node-1")])
    silent, cordoned = scene["nodes"]
    assert (silent["state"], silent["pods"][0]["state"]) == ("lost", "unknown")
    assert cordoned["cordoned"]
    assert cordoned["said"].endswith(", cordoned")


def test_pods_without_a_node_wait_in_the_tray():
    scene = board_scene([node("node-1")], [pod("web-1", state="pending"), pod("web-2", on="gone")])
    assert [chip["name"] for chip in scene["unplaced"]] == ["web-1", "web-2"]
    assert scene["nodes"][0]["pods"] == []


def test_replica_sets_that_are_long_gone_are_left_out_and_orphans_are_shown():
    sets = [replica_set(f"web-{number}", 0, revision=number) for number in (1, 2)]
    sets += [replica_set("web-3", 3, revision=3), replica_set("lone", 1, of="")]
    tabs = board_scene([], [], sets, [deployment(revision=3)])["deployments"]
    assert [row["name"] for row in tabs[0]["replica_sets"]] == ["web-3"]
    assert (tabs[1]["kind"], [row["name"] for row in tabs[1]["replica_sets"]]) == ("", ["lone"])


def test_nodes_are_sorted_as_people_count_and_a_crowd_is_drawn_small():
    scene = board_scene([node(f"node-{number}") for number in range(1, 14)], [])
    assert [card["name"] for card in scene["nodes"]][8:11] == ["node-9", "node-10", "node-11"]
    assert scene["crowded"]
    assert not board_scene([node("node-1")], [])["crowded"]


def test_an_empty_board_says_what_to_do():
    assert board_scene([node("node-1")], [])["message"] == "No Pods yet: apply a Deployment"
    assert board_scene([], [], words=Words("zh"))["message"] == "还没有 Pod：先 apply 一个 Deployment"


def test_the_board_in_words_has_a_line_for_everything():
    world = small_world()
    lines = said_of(board_scene(*(world.objects(kind) for kind in kinds()))).splitlines()
    assert lines[:3] == [
        "6 of 6 Pods ready",
        "Deployment web: 6 of 6 ready",
        "  ReplicaSet web-7d5c: 6 of 6 ready",
    ]
    assert "Node node-1, Ready, Pods: 2, CPU requested 1 / 4, memory 512Mi / 8Gi" in lines
    assert sum("  Pod " in line for line in lines) == 6


# -- ownership -------------------------------------------------------------------------------------------------------------


def test_ownership_goes_down_from_the_deployment_and_orphans_stand_alone():
    objects = [deployment(), replica_set(), pod("web-7d5c-a"), pod("stray", of="")]
    scene = ownership_scene(objects)
    layers = {node["name"]: node["layer"] for node in scene["nodes"]}
    assert layers == {"web": 0, "web-7d5c": 1, "web-7d5c-a": 2, "stray": 0}
    assert {(edge["from"], edge["to"]) for edge in scene["edges"]} == {
        ("uid-web", "uid-web-7d5c"),
        ("uid-web-7d5c", "uid-web-7d5c-a"),
    }
    assert scene["message"] == "Who owns whom: 1 Deployment, 1 ReplicaSet, 2 Pods"
    assert scene["said"].splitlines()[-1] == "Without an owner: stray"


def test_the_graph_of_one_deployment_leaves_the_others_out():
    objects = [
        deployment(),
        deployment("shop"),
        replica_set(),
        replica_set("shop-5b", of="shop"),
        pod("web-7d5c-a"),
        pod("stray", of=""),
    ]
    scene = ownership_scene(objects, of="web")
    assert sorted(node["name"] for node in scene["nodes"]) == ["web", "web-7d5c", "web-7d5c-a"]
    assert ownership_scene(objects, of="none")["message"] == "No Deployment none here: apply it first"


def test_old_replica_sets_at_zero_are_one_node_kept_for_undo():
    old = [replica_set(f"web-{n}", revision=n, replicas=0) for n in (1, 2)]
    scene = ownership_scene([deployment(), *old, replica_set(revision=3), pod("web-7d5c-a")])
    (kept,) = (node for node in scene["nodes"] if "folded" in node)
    assert (kept["name"], kept["label"], kept["layer"]) == ("kept: revision 1, 2", "replicas 0", 1)
    assert kept["said"] == "Kept at 0 Pods for undo: web-1, web-2"
    assert scene["message"] == "Who owns whom: 1 Deployment, 3 ReplicaSets, 1 Pod"
    scaled_down = ownership_scene([deployment(), replica_set(replicas=0, revision=1)])
    assert [node["name"] for node in scaled_down["nodes"]] == ["web", "web-7d5c"]  # the newest stays, whatever its size


def test_a_missing_owner_is_a_ghost():
    scene = ownership_scene([pod("web-7d5c-a")])
    ghost = next(node for node in scene["nodes"] if node["ghost"])
    assert (ghost["kind"], ghost["name"], ghost["layer"]) == ("ReplicaSet", "web-7d5c", 0)


def test_siblings_keep_their_seats_in_the_graph():
    def made(*names):
        return [
            deployment(),
            replica_set(),
            *(pod(f"web-7d5c-{name}", created=number) for number, name in enumerate(names)),
        ]

    before = ownership_scene(made("a", "b", "c"))
    after = ownership_scene(
        [one for one in made("a", "b", "c") if one.metadata.name != "web-7d5c-b"] + [pod("web-7d5c-d", created=9)],
        before=before,
    )
    assert {node["name"]: node["slot"] for node in after["nodes"] if node["kind"] == "Pod"} == {
        "web-7d5c-a": 0,
        "web-7d5c-c": 2,
        "web-7d5c-d": 1,
    }


# -- events, objects, story, time ---------------------------------------------------------------------------------------------


def test_events_come_oldest_first_with_the_seconds_of_the_lab():
    found = [
        event("b", "Pod/web-1", "BackOff", "again", when=9, type="Warning", count=4),
        event("a", "Pod/web-1", "Scheduled", "assigned", when=2),
        event("c", "Node/node-1", "NodeReady", "ready", when=3),
    ]
    scene = event_scene(found, origin=EPOCH)
    assert [(line["time"], line["reason"], line["count"]) for line in scene["events"]] == [
        ("2 s", "Scheduled", 1),
        ("3 s", "NodeReady", 1),
        ("9 s", "BackOff", 4),
    ]
    assert (scene["message"], scene["kinds"]) == ("Events: 3, warnings: 1", ["Node", "Pod"])
    assert scene["said"].splitlines()[-1].endswith("Pod/web-1: again (x4)")


def test_events_of_a_real_cluster_have_the_time_of_day_and_may_be_about_one_object():
    found = [
        event("a", "Pod/web-1", "Scheduled", "assigned", when=3661),
        event("b", "Pod/web-2", "Scheduled", "assigned"),
    ]
    (line,) = event_scene(found, about="Pod/web-1")["events"]
    assert line["time"] == "01:01:01"


def test_of_many_events_the_newest_stay():
    found = [event(f"e{number:03}", "Pod/web-1", "Pulled", "", when=number) for number in range(9)]
    assert [line["key"] for line in event_scene(found, limit=2)["events"]] == ["default/e007", "default/e008"]


def test_an_object_shows_what_changed_since_the_last_look():
    scene = object_scene(deployment(replicas=5, image="web:2"), deployment(replicas=3))
    assert scene["changes"] == ["spec.template.spec.containers[0].image: web:1 → web:2", "spec.replicas: 3 → 5"]
    changed = [(line["change"], line["text"].strip()) for line in scene["lines"] if line["change"] != "same"]
    assert changed == [
        ("removed", "image: web:1"),
        ("added", "image: web:2"),
        ("removed", "replicas: 3"),
        ("added", "replicas: 5"),
    ]
    assert scene["lines"][1] == {"text": "kind: Deployment", "change": "same"}


@pytest.mark.parametrize(
    ("now", "before", "message"),
    [
        pytest.param(None, None, "Nothing selected: choose an object", id="nothing"),
        pytest.param(deployment(), None, "Deployment default/web: first look", id="first"),
        pytest.param(
            deployment(), deployment(), "Deployment default/web: nothing changed since the last look", id="same"
        ),
        pytest.param(None, deployment(), "Deployment default/web has been deleted", id="gone"),
    ],
)
def test_an_object_tells_which_look_this_is(now, before, message):
    assert object_scene(now, before)["message"] == message


def test_managed_fields_stay_out():
    made = deployment()
    made.metadata.managedFields = []
    assert not any("managedFields" in line["text"] for line in object_scene(made)["lines"])


def test_the_story_of_a_pod_has_its_facts_conditions_events_and_reasons():
    world = small_world()
    told = pod_story(
        world.now["Pod", "web-7d5c-x7k2p"], world.objects(type(event("x", "Pod/x", "", ""))), origin=EPOCH,
        why=world.why_here("default", "web-7d5c-x7k2p"),
    )  # fmt: skip
    assert told["facts"][0] == ["Node", "node-1"]
    assert told["facts"][2] == ["Owner", "ReplicaSet web-7d5c"]
    assert told["containers"][0] == {
        "name": "web",
        "image": "web:1",
        "state": "running",
        "message": "",
        "ready": True,
        "restarts": 0,
        "last": "",
    }
    assert [condition["type"] for condition in told["conditions"]] == ["PodScheduled", "Ready"]
    assert [line["reason"] for line in told["events"]] == ["Scheduled", "Started"]
    assert told["why"] == [
        "The scheduler chose node-1; nodes that fit: 2 of 3.",
        "Score of node-1: 392; others: node-2 385.",
        "What counted most: TaintToleration 300, NodeResourcesFit 92.",
        "Not node-3: node(s) had untolerated taint(s).",
    ]


def test_a_crash_loop_tells_what_it_waits_for():
    (container,) = pod_story(pod(state="failed", restarts=2))["containers"]
    assert (container["state"], container["restarts"]) == ("waiting: CrashLoopBackOff", 2)
    assert "back-off" in container["message"]


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        pytest.param(None, "A real cluster does not tell why it chose a node; the lab does.", id="a real cluster"),
        pytest.param({}, "The scheduler has not looked at it yet.", id="not yet"),
        pytest.param(
            {"node": "", "filters": {"a": ["too small"], "b": []}}, "No node fits; nodes looked at: 2.", id="nowhere"
        ),
    ],
)
def test_why_it_is_here_is_answered_also_when_there_is_no_answer(why, sentence):
    assert pod_story(pod(state="pending"), why=why)["why"][0] == sentence


def test_the_time_bar_places_marks_and_forgets_what_was_compacted():
    marks = [Mark(5, 0.5, "before the compaction"), Mark(20, 4.0, "kubectl delete pod web-1")]
    bar = timebar_scene(oldest=10, newest=30, time_of=lambda revision: revision / 5, revision=20, marks=marks, now=9.0)
    assert (bar["live"], bar["time"], bar["revision"]) == (False, 4.0, 20)
    assert bar["marks"] == [{"revision": 20, "time": 4.0, "text": "kubectl delete pod web-1", "share": 0.5}]
    assert bar["said"] == "The past: 4.0 s, revision 20 of 30"


@pytest.mark.parametrize("revision", [None, 30, 99])
def test_the_newest_revision_is_the_present(revision):
    bar = timebar_scene(oldest=1, newest=30, time_of=float, revision=revision, now=7.25)
    assert (bar["live"], bar["time"], bar["said"]) == (True, 7.25, "Now: 7.2 s, revision 30")
