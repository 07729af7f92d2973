"""The rollout theatre without a browser: what its sliders and buttons ask of the cluster."""

from __future__ import annotations

import asyncio

import pytest

from k8slab.views.widgets import view as view_module
from k8slab.views.widgets.theatre import RolloutTheatre, bumped, patch_of
from tests.views.world import rolled_world, small_world


@pytest.fixture(autouse=True)
def no_other_views():
    yield
    view_module._open.clear()


def click(view, press, **message):
    view._on_message(view, {"press": press, **message}, [])


@pytest.fixture
def theatre():
    world = rolled_world(3)
    return RolloutTheatre(world.client, world, since=1)


def rolled(theatre, press):
    async def run():
        click(theatre, press)
        theatre.pause()

    asyncio.run(run())
    calls = [call for call in theatre.reading.client.calls if call[0] == "patch"]
    return calls[-1] if calls else None


def test_the_sliders_start_from_the_deployment(theatre):
    assert theatre.settings == {"surge": 1, "unavailable": 1, "delay": 2, "grace": 5}


@pytest.mark.parametrize(
    ("name", "value", "kept"), [("surge", 3, 3), ("surge", -1, 1), ("grace", 61, 5), ("nonsense", 1, None)]
)
def test_a_slider_sets_what_it_names_within_reason(theatre, name, value, kept):
    click(theatre, "set", name=name, value=value)
    assert theatre.settings.get(name) == kept


def test_rolling_patches_the_deployment_with_the_settings_and_marks_the_moment(theatre):
    click(theatre, "set", name="delay", value=7)
    _, kind, name, body = rolled(theatre, "roll")
    assert (kind, name) == ("Deployment", "web")
    assert body == patch_of({"surge": 1, "unavailable": 1, "delay": 7, "grace": 5}, "web", "web:3")
    assert theatre.reading.inspector.marks()[-1].text == "kubectl set image deployment/web web=web:3"
    assert theatre.message == "Rolling out web:3."


def test_no_delay_means_no_readiness_probe():
    (container,) = patch_of({"surge": 1, "unavailable": 0, "delay": 0, "grace": 5}, "web", "web:3")["spec"]["template"][
        "spec"
    ]["containers"]
    assert container["readinessProbe"] is None


def test_no_grace_means_no_hook_and_no_wait():
    spec = patch_of({"surge": 1, "unavailable": 0, "delay": 2, "grace": 0}, "web", "web:3")["spec"]["template"]["spec"]
    assert (spec["terminationGracePeriodSeconds"], spec["containers"][0]["lifecycle"]) == (0, None)
    spec = patch_of({"surge": 1, "unavailable": 0, "delay": 2, "grace": 7}, "web", "web:3")["spec"]["template"]["spec"]
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}


def test_a_bad_version_is_an_image_that_is_not_there(theatre):
    body = rolled(theatre, "bad")[3]
    assert body["spec"]["template"]["spec"]["containers"][0]["image"] == "web:does-not-exist"
    assert "never gets ready" in theatre.message


def test_undo_gives_back_the_template_of_the_revision_before(theatre):
    body = rolled(theatre, "undo")[3]
    assert body[0]["path"] == "/spec/template"
    assert body[0]["value"]["spec"]["containers"][0]["image"] == "web:1"
    assert theatre.message == "Back to the Pod template of revision 1."


def test_undo_without_a_past_says_what_to_do():
    world = small_world()
    theatre = RolloutTheatre(world.client, world)
    assert rolled(theatre, "undo") is None
    assert theatre.message == "There is no earlier revision to go back to: roll something out first."


def test_a_missing_deployment_is_named():
    world = small_world()
    theatre = RolloutTheatre(world.client, world, deployment="api")
    click(theatre, "roll")
    assert theatre.message == "There is no Deployment api here: apply it first."


def test_the_run_ends_by_itself_when_nothing_more_happens(theatre):
    async def run():
        click(theatre, "speed", speed=20)
        click(theatre, "go-on")
        for _ in range(200):
            await asyncio.sleep(0.02)
            if not theatre.running:
                break

    asyncio.run(run())
    assert not theatre.running


def test_images_may_be_named():
    world = rolled_world(2)
    theatre = RolloutTheatre(world.client, world, images=("shop:1.0", "shop:1.1"), bad_image="shop:broken", since=1)
    assert rolled(theatre, "roll")[3]["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:1.0"
    assert rolled(theatre, "bad")[3]["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:broken"


@pytest.mark.parametrize(
    ("image", "next_one"),
    [
        ("web:1", "web:2"),
        ("shop/web:1.9", "shop/web:1.10"),
        ("web", "web:2"),
        ("web:stable", "web:stable.1"),
        ("localhost:5000/web:v1", "localhost:5000/web:v2"),
    ],
)
def test_the_next_version_counts_on(image, next_one):
    assert bumped(image) == next_one


def test_a_real_cluster_gives_no_record():
    theatre = RolloutTheatre(small_world().client)
    assert repr(theatre) == "A real cluster does not tell its past; the theatre needs the lab."
    click(theatre, "roll")
    assert theatre.message == repr(theatre)
