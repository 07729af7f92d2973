"""A rollout as data: bounds, lanes, counts, requests, and how it is read back from the past."""

from __future__ import annotations

import pytest
from lightkube.models.core_v1 import Probe

from k8slab.views.rollout_recorder import RolloutRecorder, last_rollout
from k8slab.views.scenes.requests import stand_in_requests
from k8slab.views.scenes.rollout import Bounds, bounds_of, rolled_at, rollout_scene, start_up_of
from k8slab.views.scenes.rollout_words import value_at
from tests.views.world import World, deployment, node, pod, replica_set, rolled_world, small_world


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        pytest.param(10, "25%", "25%", Bounds(10, 8, 13), id="surge is rounded up, unavailable down"),
        pytest.param(4, None, None, Bounds(4, 3, 5), id="25% of each by default"),
        pytest.param(10, 3, 2, Bounds(10, 8, 13), id="numbers"),
        pytest.param(1, 0, "25%", Bounds(1, 0, 1), id="both come out as 0: one may be missing"),
        pytest.param(2, 0, 5, Bounds(2, 0, 2), id="never below nothing"),
    ],
)
def test_a_deployment_promises_bounds(replicas, surge, unavailable, expected):
    assert bounds_of(deployment(replicas=replicas, surge=surge, unavailable=unavailable)) == expected


def test_recreate_promises_nothing_below():
    recreated = deployment(replicas=3)
    recreated.spec.strategy.type = "Recreate"
    assert bounds_of(recreated) == Bounds(3, 0, 3)


@pytest.fixture(scope="module")
def scene():
    return RolloutRecorder(rolled_world(4, surge=1, unavailable=1), since=1).scene()


def test_the_record_begins_a_little_before_the_first_change_and_ends_a_little_after_the_last(scene):
    assert (scene["start"], scene["end"]) == (2.0, 15.0)
    assert scene["marks"] == [{"time": 3.0, "text": "set image web=web:2"}]


def test_each_pod_has_a_lane_with_its_states(scene):
    old, new = scene["rows"]
    assert (old["version"], old["revision"], new["version"], new["revision"]) == ("old", "1", "new", "2")
    first = next(one for one in new["pods"] if one["tail"] == "q5rtw")
    assert first["segments"] == [
        {"from": 3.0, "to": 3.5, "state": "creating"},
        {"from": 3.5, "to": 6.5, "state": "running"},
        {"from": 6.5, "to": 15.0, "state": "ready"},
    ]
    assert sorted(one["lane"] for one in new["pods"]) == [0, 1, 2, 3]


def test_counts_stay_between_the_bounds(scene):
    assert scene["bounds"] == [[2.0, 4, 3, 5]]
    assert max(count for _, count in scene["lines"]["total"]) == 5
    assert min(count for _, count in scene["lines"]["available"]) == 3


def test_terminating_pods_are_not_counted(scene):
    leaving = [one for row in scene["rows"] for one in row["pods"] if one["segments"][-1]["state"] == "terminating"]
    assert len(leaving) == 4
    assert value_at(scene["lines"]["total"], 4.0) == [3.0, 5]


def test_the_record_has_a_message_and_says_how_it_ended(scene):
    assert scene["message"] == "In 9 s: never fewer than 3 available, never more than 5 Pods"
    assert "ReplicaSet web-6f9b (revision 2): 4 of 4 Pods ready at the end." in scene["said"]


def test_a_frame_tells_who_answers(scene):
    frame = rolled_at(scene, 7.0)
    assert frame["message"] == "At 7.0 s: 3 can answer, 2 of them new"
    assert [one["state"] for one in frame["rows"][0]["pods"]].count("ready") == 1
    assert rolled_at(scene, scene["end"])["message"] == "At 15.0 s: 4 can answer, 4 of them new"


def test_steps_are_the_moments_of_change(scene):
    assert [step["time"] for step in scene["steps"]] == [2.0, 3.0, 3.5, 5.0, 6.5, 7.0, 8.5, 10.0, 12.0, 15.0]
    assert scene["steps"][4]["message"] == "At 6.5 s: 3 can answer, 2 of them new"


def test_a_stuck_rollout_says_who_still_answers():
    stuck = RolloutRecorder(rolled_world(4, surge=1, unavailable=1, bad=True), since=1)
    scene = stuck.scene()
    assert scene["message"] == "Stuck: 2 of the Pods will not run, 3 still answer"
    assert not stuck.is_settled()


def test_a_quiet_record_and_a_first_creation_have_sentences_of_their_own():
    world = small_world()
    world.clock.run(4)
    assert RolloutRecorder(world, since=world.revision).scene(whole=True)["message"] == "6 Pods, and nothing changes"
    created = World()
    created.put(deployment(replicas=2), replica_set(replicas=2))
    created.clock.run(1)
    created.put(pod("web-7d5c-a", state="creating"), pod("web-7d5c-b", state="creating"))
    created.clock.run(3)
    created.put(pod("web-7d5c-a"), pod("web-7d5c-b"))
    created.clock.run(5)
    assert RolloutRecorder(created, since=1).scene()["message"] == "2 Pods, all available after 3 s"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([], 2, id="only created: from before it was there"),
        pytest.param([{"replicas": 5}], 2, id="scaling is no rollout"),
        pytest.param([{"image": "web:2"}, {"image": "web:2", "replicas": 5}], 3, id="rolled, then scaled"),
        pytest.param([{"image": "web:2"}, {"image": "web:1"}], 5, id="undone: the old template is a new rollout"),
    ],
)
def test_the_last_rollout_is_found_in_the_past(changes, expected):
    world = World()
    world.put(node("node-1"), deployed(1))  # revisions 2 and 3
    for number, change in enumerate(changes, 2):
        world.put(deployed(number, **change), node("node-1"))
    assert last_rollout(world, "web") == expected
    assert last_rollout(world, "api") is None


def deployed(generation, **options):
    made = deployment(**options)
    made.metadata.generation = generation
    return made


def test_a_recorder_reads_only_what_is_new():
    world = rolled_world(2)
    recorder = RolloutRecorder(world)
    recorder.read()
    assert recorder.is_settled()
    assert all(at.time >= world.time_of(world.revision) for at in recorder.moments)
    world.put(pod("web-6f9b-q5rtw", of="web-6f9b", state="running"))
    recorder.read()
    assert not recorder.is_settled()
    world.clock.run(2)
    recorder.read()
    assert recorder.quiet_seconds() == 2


def test_without_a_deployment_there_is_nothing_to_see():
    recorder = RolloutRecorder(rolled_world(1), "another", since=1)
    assert recorder.scene()["rows"] == []
    assert recorder.scene()["message"] == "No rollout yet"


def test_pods_of_others_are_passed_over():
    world = rolled_world(2)
    world.put(replica_set("api-1", of="api"), pod("api-1-x", of="api-1"))
    scene = RolloutRecorder(world, since=1).scene()
    assert [row["name"] for row in scene["rows"]] == ["web-7d5c", "web-6f9b"]


def test_an_empty_record_is_a_scene_too():
    assert rollout_scene([], name="web")["said"] == "No rollout yet"


# -- the stand-in of requests ------------------------------------------------------------------------------------------------


def life(*segments, start_up=0.0):
    times = [0, *(to for _, to in segments)]
    told = [{"from": first, "to": to, "state": state} for first, (state, to) in zip(times, segments)]
    return {"name": "web-1", "start_up": start_up, "segments": told}


STEADY = life(("ready", 4))


@pytest.mark.parametrize(
    ("lives", "failed", "why"),
    [
        pytest.param([STEADY], 0, {""}, id="a ready Pod answers"),
        pytest.param([life(("creating", 2), ("ready", 4))], 20, {"nobody", ""}, id="nobody is listed"),
        pytest.param(
            [life(("ready", 2), ("terminating", 2.2)), STEADY],
            4,
            {"stopped", ""},
            id="who stops at once is still chosen",
        ),
        pytest.param(
            [life(("ready", 2)), STEADY], 5, {"stopped", ""}, id="who is killed without grace is still chosen"
        ),
        pytest.param([life(("ready", 2), ("terminating", 4)), STEADY], 0, {""}, id="grace covers that second"),
        pytest.param(
            [life(("creating", 1), ("ready", 4), start_up=1), STEADY],
            5,
            {"starting", ""},
            id="no probe: listed too soon",
        ),
        pytest.param([life(("ready", 4), start_up=3)], 0, {""}, id="who was ready before has started long ago"),
    ],
)
def test_requests_fail_for_three_reasons(lives, failed, why):
    line = stand_in_requests([{"pods": lives}], start=0, end=4)
    assert line["failed"] == failed
    assert line["ok"] + line["failed"] == 40
    assert {bucket["why"] for bucket in line["buckets"]} == why


@pytest.mark.parametrize(
    ("probed", "annotations", "seconds"),
    [
        pytest.param(True, {}, 0, id="a probe waits for the start"),
        pytest.param(False, {}, 3, id="none: three seconds are assumed"),
        pytest.param(False, {"lab/ready-after": "5"}, 5, id="none, and the Pod says how long"),
    ],
)
def test_a_pod_without_a_probe_is_ready_before_it_answers(probed, annotations, seconds):
    made = pod()
    made.metadata.annotations = annotations
    made.spec.containers[0].readinessProbe = Probe(periodSeconds=1) if probed else None
    assert start_up_of(made) == seconds


def test_the_line_of_requests_says_that_it_is_a_stand_in():
    assert "stand-in" in stand_in_requests([{"pods": [STEADY]}], start=0, end=1)["caption"]
