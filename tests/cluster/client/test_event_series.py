import pytest
from lightkube.resources.core_v1 import Event

from tests.cluster.client.world import Bare, config_map


@pytest.fixture
def world():
    return Bare()


@pytest.fixture
def recorder(world):
    return world.context.series_recorder("default-scheduler", "default-scheduler-lab")


def counts(world):
    world.clock.run(0.01)
    found = sorted(world.server.list(Event)[0], key=lambda event: event.metadata.name)
    return [event.series.count if event.series else 1 for event in found]


def test_the_first_event_is_no_series_and_says_what_was_tried(world, recorder):
    web = world.create(config_map("web"))
    recorder.eventf(web, None, "Normal", "Scheduled", "Binding", "assigned")
    assert counts(world) == [1]
    (event,) = world.server.list(Event)[0]
    assert (event.action, event.reportingComponent) == ("Binding", "default-scheduler")
    assert event.firstTimestamp is None and event.eventTime is not None


def test_a_repetition_becomes_a_series_even_with_another_text(world, recorder):
    web = world.create(config_map("web"))
    recorder.eventf(web, None, "Warning", "FailedScheduling", "Scheduling", "0/3 nodes")
    recorder.eventf(web, None, "Warning", "FailedScheduling", "Scheduling", "0/4 nodes")
    assert counts(world) == [2]


def test_another_version_of_the_object_makes_another_event(world, recorder):
    web = world.create(config_map("web"))
    recorder.eventf(web, None, "Warning", "FailedScheduling", "Scheduling", "0/3 nodes")
    web = world.server.patch(type(web), "web", "default", {"data": {"x": "1"}}, user="learner")
    recorder.eventf(web, None, "Warning", "FailedScheduling", "Scheduling", "0/3 nodes")
    assert counts(world) == [1, 1]


def test_the_count_of_a_series_is_written_when_it_has_been_quiet_for_six_minutes(world, recorder):
    web = world.create(config_map("web"))
    for _ in range(5):
        recorder.eventf(web, None, "Warning", "FailedScheduling", "Scheduling", "0/3 nodes")
        world.clock.run(1)
    assert counts(world) == [2]
    world.clock.run(800)
    assert counts(world) == [5]
    recorder.eventf(web, None, "Warning", "FailedScheduling", "Scheduling", "0/3 nodes")
    assert counts(world) == [5, 1]
