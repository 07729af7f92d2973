"""Widgets without a browser: clicks and what they do, live play, the twins, and what a real cluster cannot tell."""

from __future__ import annotations

import asyncio
import base64

import pytest
from lightkube.core.exceptions import ApiError
from lightkube.models.meta_v1 import Status

from k8slab.sim.errors import LabError
from k8slab.views.widgets import view as view_module
from k8slab.views.widgets.board import ClusterBoard
from k8slab.views.widgets.events import EventStream
from k8slab.views.widgets.inspector import ObjectInspector
from k8slab.views.widgets.ownership import OwnershipGraph
from k8slab.views.widgets.theatre import RolloutTheatre
from tests.views.world import deployment, event, pod, replica_set, rolled_world, small_world

VIEWS = [ClusterBoard, RolloutTheatre, OwnershipGraph, EventStream, ObjectInspector]


@pytest.fixture(autouse=True)
def no_other_views():
    yield
    view_module._open.clear()


@pytest.fixture
def world():
    return small_world()


@pytest.fixture
def board(world):
    return ClusterBoard(world.client, world)


def click(view, press, **message):
    view._on_message(view, {"press": press, **message}, [])


# -- all of them -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.__name__)
def test_a_view_shows_itself_live_as_a_picture_and_in_words(kind):
    world = rolled_world(2)
    view = kind(world.client, world, **({"since": 1} if kind is RolloutTheatre else {}))
    bundle, metadata = view._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    png = bundle["image/png"]
    assert (png if isinstance(png, bytes) else base64.b64decode(png))[:4] == b"\x89PNG"
    assert metadata["image/png"] == {"width": 960}
    assert bundle["text/plain"] == repr(view)
    assert "object at 0x" not in repr(view)


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.__name__)
def test_the_words_are_the_same_in_every_run(kind):
    first, second = (kind(world.client, world) for world in (small_world(), small_world()))
    assert repr(first) == repr(second)


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.__name__)
def test_a_view_speaks_chinese_and_its_picture_stays_english(kind, world):
    view = kind(world.client, world, language="zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in repr(view))
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in view.picture().said)


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.__name__)
def test_an_unknown_button_is_answered_not_raised(kind, world):
    view = kind(world.client, world)
    click(view, "fly")
    assert view.message == "This view knows no button fly"


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.__name__)
def test_a_view_works_with_a_client_alone(kind, world):
    view = kind(world.client)
    assert repr(view)
    assert view._repr_mimebundle_()[0]["image/png"]


def test_views_of_one_lab_look_again_together_and_those_of_another_do_not(world, board):
    graph, other = OwnershipGraph(world.client, world), ClusterBoard(*(lambda w: (w.client, w))(small_world()))
    click(board, "kill", name="default/web-7d5c-x7k2p")
    assert len([node for node in graph.scene["nodes"] if node["kind"] == "Pod"]) == 5
    assert other.scene["counts"]["total"] == 6


def test_a_closed_view_looks_no_more(world, board):
    graph = OwnershipGraph(world.client, world)
    graph.close()
    click(board, "kill", name="default/web-7d5c-x7k2p")
    assert len([node for node in graph.scene["nodes"] if node["kind"] == "Pod"]) == 6


# -- the board ---------------------------------------------------------------------------------------------------------------


def test_killing_a_pod_deletes_it_marks_the_moment_and_says_what_to_watch(world, board):
    before = world.revision
    click(board, "kill", name="default/web-7d5c-x7k2p")
    assert world.client.calls == [("delete", "Pod", "web-7d5c-x7k2p")]
    assert world.marks()[-1][::2] == (before, "kubectl delete pod web-7d5c-x7k2p")
    assert board.message == "Pod web-7d5c-x7k2p was told to go. Press Play and watch who notices."
    assert board.timebar["marks"][0]["text"] == "kubectl delete pod web-7d5c-x7k2p"
    assert board.scene["message"] == "5 of 5 Pods ready"


def test_a_step_lets_a_second_pass(world, board):
    click(board, "kill", name="default/web-7d5c-x7k2p")
    click(board, "step")
    assert world.clock.now == 1
    click(board, "step")
    assert board.scene["message"] == "6 of 6 Pods ready"


def test_rewinding_shows_the_world_before_the_kill_and_changes_nothing(world, board):
    click(board, "kill", name="default/web-7d5c-x7k2p")
    world.clock.run(5)
    revision = world.revision
    click(board, "seek", revision=board.timebar["marks"][0]["revision"])
    assert not board.timebar["live"]
    assert "default/web-7d5c-x7k2p" in {chip["key"] for node in board.scene["nodes"] for chip in node["pods"]}
    assert (world.revision, world.clock.now) == (revision, 5)


@pytest.mark.parametrize(
    ("press", "name"), [("kill", "default/web-7d5c-b4vqs"), ("cordon", "node-1"), ("stop", "node-1")]
)
def test_the_past_cannot_be_changed(world, board, press, name):
    click(board, "seek", revision=3)
    click(board, press, name=name)
    assert board.message == "This is the past: go back to now before you change anything."
    assert world.client.calls == world.stopped == []


def test_back_and_forward_go_from_change_to_change(world, board):
    click(board, "kill", name="default/web-7d5c-x7k2p")
    world.put(event("noise", "Pod/web", "Noise", "of no consequence"))
    click(board, "back")
    assert board.scene["message"] == "6 of 6 Pods ready"
    click(board, "forward")
    assert (board.scene["message"], board.timebar["live"]) == ("5 of 5 Pods ready", False)
    click(board, "forward")
    assert board.timebar["live"]


def test_the_past_tells_who_wrote_at_that_moment(world, board):
    world.clock.run(1)
    click(board, "kill", name="default/web-7d5c-x7k2p")
    world.clock.run(5)
    click(board, "seek", revision=board.timebar["marks"][0]["revision"] + 1)
    assert board.timebar["writes"] == ["somebody: delete Pod/default/web-7d5c-x7k2p"]
    click(board, "forward")
    assert board.timebar["writes"] == ["somebody: create Pod/default/web-7d5c-00016"]
    click(board, "live")
    assert board.timebar["writes"] == []


def test_live_leads_back_to_now(board):
    click(board, "seek", revision=4)
    click(board, "live")
    assert (board.timebar["live"], board.revision) == (True, None)


def test_cordon_and_stop_reach_the_cluster_and_can_be_taken_back(world, board):
    click(board, "cordon", name="node-1")
    assert board.scene["nodes"][0]["cordoned"]
    assert world.marks()[-1].text == "kubectl cordon node-1"
    click(board, "uncordon", name="node-1")
    assert not board.scene["nodes"][0]["cordoned"]
    click(board, "stop", name="node-2")
    assert (world.stopped, board.scene["nodes"][1]["state"]) == (["node-2"], "lost")
    click(board, "start", name="node-2")
    assert board.scene["nodes"][1]["state"] == "ready"


def test_a_selected_pod_tells_its_story_until_it_is_gone(world, board):
    board.selected = "default/web-7d5c-x7k2p"
    assert board.story["chip"]["name"] == "web-7d5c-x7k2p"
    assert board.story["why"][0].startswith("The scheduler chose node-1")
    click(board, "kill", name=board.selected)
    assert board.story == {"gone": "Pod web-7d5c-x7k2p is not there at this moment."}
    board.selected = ""
    assert board.story == {}


def test_an_error_of_the_api_server_is_shown_in_its_own_words(world, board, monkeypatch):
    def refuse(*_, **__):
        raise ApiError(status=Status(code=404, message='pods "x" not found'))

    monkeypatch.setattr(world.client, "delete", refuse)
    click(board, "kill", name="default/x")
    assert board.message == 'pods "x" not found'


def test_the_speed_is_one_of_the_known_ones(board):
    click(board, "speed", speed=4.2)
    assert (board.speed, board.player.speed) == (5.0, 5.0)


def test_a_real_cluster_has_no_past_and_no_power_switch(world):
    board = ClusterBoard(world.client)
    assert (board.timebar, board.is_lab) == ({}, False)
    board.selected = "default/web-7d5c-x7k2p"
    assert board.story["why"] == ["A real cluster does not tell why it chose a node; the lab does."]
    click(board, "stop", name="node-1")
    assert "real cluster" in board.message
    click(board, "kill", name="default/web-7d5c-x7k2p")
    assert world.client.calls == [("delete", "Pod", "web-7d5c-x7k2p")]


# -- live play ---------------------------------------------------------------------------------------------------------------


def test_play_moves_the_lab_and_lets_clicks_in(world, board):
    async def play():
        click(board, "speed", speed=20)
        click(board, "kill", name="default/web-7d5c-x7k2p")
        click(board, "play")
        assert board.playing
        for _ in range(100):
            await asyncio.sleep(0.02)
            if world.clock.now > 2:
                break
        click(board, "pause")
        assert not board.playing
        held = world.clock.now
        await asyncio.sleep(0.15)
        return held

    held = asyncio.run(play())
    assert held > 2
    assert world.clock.now == held
    assert board.scene["message"] == "6 of 6 Pods ready"


def test_play_outside_a_notebook_says_what_to_do_instead(board):
    click(board, "play")
    assert board.message == "live play needs a notebook: in plain Python, use lab.run(seconds)"
    assert not board.playing


def test_play_stops_and_says_why_when_the_lab_cannot_go_on(world, board):
    def stubborn():
        yield world.clock.timeout(0.1)
        raise LabError("a program never yields")

    async def play():
        world.clock.process(stubborn())
        click(board, "speed", speed=20)
        click(board, "play")
        await asyncio.sleep(0.2)

    asyncio.run(play())
    assert (board.playing, board.message) == (False, "a program never yields")


def test_looking_back_stops_play(board):
    async def play():
        click(board, "play")
        click(board, "seek", revision=3)
        return board.playing

    assert asyncio.run(play()) is False


def test_a_frame_without_a_change_builds_no_new_scene(world, board):
    scene = board.scene
    world.clock.run(1)
    board.look()
    assert board.scene is scene
    assert board.timebar["time"] == 1


# -- the others ----------------------------------------------------------------------------------------------------------------


def test_the_inspector_compares_with_the_last_look(world):
    view = ObjectInspector(world.client, world, kind="Deployment")
    assert (view.name, view.names) == ("web", ["web"])
    world.put(deployment(replicas=9))
    view.look()
    assert view.scene["changes"] == ["spec.replicas: 6 → 9"]
    click(view, "seen")
    assert view.scene["changes"] == []


def test_choosing_another_object_is_a_first_look(world):
    view = ObjectInspector(world.client, world)
    view.kind, view.name = "Pod", "web-7d5c-b4vqs"
    assert view.scene["message"] == "Pod default/web-7d5c-b4vqs: first look"


def test_the_inspector_names_what_it_can_show(world):
    with pytest.raises(LabError, match="shows Deployment, ReplicaSet, Pod, Node, ConfigMap, not 'Sock'"):
        ObjectInspector(world.client, world, kind="Sock")


def test_a_crowd_is_drawn_a_few_times_a_second_and_last_of_all_when_play_ends(world, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("k8slab.views.widgets.view.time.monotonic", lambda: now[0])
    world.put(*(pod(f"web-7d5c-{number:03}") for number in range(130)))
    board = ClusterBoard(world.client, world)
    board._on_message(board, {"press": "drawn"}, [])
    board.frame()
    board._on_message(board, {"press": "drawn"}, [])
    total = board.scene["counts"]["total"]
    for seconds, seen in ((0.1, total), (0.2, total + 2)):
        now[0] += seconds
        world.put(pod(f"web-7d5c-new-{seconds}"))
        board.frame()
        assert board.scene["counts"]["total"] == seen
    board._on_message(board, {"press": "drawn"}, [])
    now[0] += 0.1
    world.put(pod("web-7d5c-last"))
    board.frame()
    assert board.scene["counts"]["total"] == total + 2
    board.pause()
    assert board.scene["counts"]["total"] == total + 3


def test_a_board_that_shows_the_past_says_so_in_its_twins(world, board):
    assert "The past" not in repr(board)
    board.go(2)
    assert repr(board).splitlines()[1].startswith("The past: ")
    assert board.picture().said.splitlines()[1].startswith("The past: ")
    board.go(None)
    assert "The past" not in board.picture().said


def test_a_deleted_object_stays_in_sight_as_deleted(world):
    view = ObjectInspector(world.client, world, kind="Pod", name="web-7d5c-b4vqs")
    world.drop("Pod", "web-7d5c-b4vqs")
    view.look()
    assert view.scene["message"] == "Pod default/web-7d5c-b4vqs has been deleted"


def test_the_graph_has_a_place_for_every_object(world):
    view = OwnershipGraph(world.client, world)
    world.put(replica_set("web-6f9b", revision=2), pod("web-6f9b-a", of="web-6f9b"))
    view.look()
    assert sorted(view.places) == sorted(node["id"] for node in view.scene["nodes"])


def test_the_stream_may_be_about_one_object(world):
    view = EventStream(world.client, world, about="Pod/web-7d5c-x7k2p")
    assert [line["reason"] for line in view.scene["events"]] == ["Scheduled", "Started"]


def test_a_story_is_told_again_when_somebody_writes_about_its_pod(world, board):
    board.selected = "default/web-7d5c-x7k2p"
    told = board.story
    world.put(pod("web-7d5c-b4vqs", on="node-2", state="running"))
    board.look()
    assert board.story is told  # nobody wrote about this one
    world.put(
        event("web-7d5c-x7k2p.9", "Pod/web-7d5c-x7k2p", "Unhealthy", "Readiness probe failed", when=3, type="Warning")
    )
    board.look()
    assert [line["reason"] for line in board.story["events"]] == ["Scheduled", "Started", "Unhealthy"]
