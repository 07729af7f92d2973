import datetime as dt
import re

import pytest
from lightkube.models.core_v1 import ObjectReference
from lightkube.resources.core_v1 import ConfigMap, Event

from k8slab.cluster.client.events import EventCorrelator, Note
from tests.cluster.client.world import Bare, config_map


@pytest.fixture
def world():
    return Bare()


@pytest.fixture
def web(world):
    return world.create(config_map("web"))


def recorded(world):
    world.clock.run(0.01)
    found = world.server.list(Event)[0]
    found.sort(key=lambda event: event.metadata.name)
    return [(event.type, event.reason, event.message, event.count) for event in found]


def test_an_event_names_its_object_its_source_and_its_time(world, web):
    recorder = world.context.recorder("tester", "node-1")
    world.clock.run(2.5)
    recorder.event(web, "Normal", "Pulled", "all there", field_path="spec.containers{c}")
    world.clock.run(0.01)
    (event,) = world.server.list(Event)[0]
    assert event.metadata.namespace == "default"
    assert re.fullmatch(r"web\.[0-9a-f]{16}", event.metadata.name)
    about = event.involvedObject
    assert (about.kind, about.apiVersion, about.name, about.uid) == ("ConfigMap", "v1", "web", web.metadata.uid)
    assert about.fieldPath == "spec.containers{c}"
    assert (event.source.component, event.source.host) == ("tester", "node-1")
    assert (event.reportingComponent, event.reportingInstance) == ("tester", "node-1")
    moment = dt.datetime(2026, 1, 1, 0, 0, 2, tzinfo=dt.UTC)
    assert event.firstTimestamp == event.lastTimestamp == moment


def test_events_are_written_beside_the_work_of_the_component(world, web):
    recorder = world.context.recorder("tester")
    recorder.event(web, "Normal", "A", "a")
    assert world.server.list(Event)[0] == []
    assert recorded(world) == [("Normal", "A", "a", 1)]


def test_an_event_that_repeats_is_counted(world, web):
    recorder = world.context.recorder("tester")
    for _ in range(3):
        recorder.event(web, "Warning", "BackOff", "again")
        world.clock.run(1)
    assert recorded(world) == [("Warning", "BackOff", "again", 3)]
    (event,) = world.server.list(Event)[0]
    assert (event.lastTimestamp - event.firstTimestamp).total_seconds() == 2


def test_from_the_tenth_message_on_similar_events_are_combined(world, web):
    recorder = world.context.recorder("tester")
    for number in range(12):
        recorder.event(web, "Normal", "Created", f"pod {number}")
    found = recorded(world)
    assert [message for _, _, message, _ in found[:9]] == [f"pod {number}" for number in range(9)]
    assert found[9:] == [("Normal", "Created", "(combined from similar events): pod 11", 3)]


def test_other_reasons_are_not_similar(world, web):
    recorder = world.context.recorder("tester")
    for number in range(9):
        recorder.event(web, "Normal", "Created", f"pod {number}")
    recorder.event(web, "Normal", "Deleted", "pod 0")
    assert recorded(world)[-1] == ("Normal", "Deleted", "pod 0", 1)


def test_an_object_has_25_events_and_then_one_in_five_minutes(world, web):
    recorder = world.context.recorder("tester")
    for _ in range(30):
        recorder.event(web, "Normal", "Same", "same")
    assert recorded(world) == [("Normal", "Same", "same", 25)]
    world.clock.run(300)
    for _ in range(5):
        recorder.event(web, "Normal", "Same", "same")
    assert recorded(world)[0][3] == 31


def test_what_the_server_refuses_is_dropped(world):
    recorder = world.context.recorder("tester")
    recorder.event(ObjectReference(kind="ConfigMap", name="a", namespace="no-such-namespace"), "Normal", "A", "a")
    assert recorded(world) == []


def test_names_differ_at_one_instant(world, web):
    recorder, other = world.context.recorder("one"), world.context.recorder("other")
    recorder.event(web, "Normal", "A", "a")
    other.event(web, "Normal", "A", "a")
    assert len(recorded(world)) == 2


def note(message, reason="R", name="p"):
    about = ObjectReference(kind="Pod", name=name, namespace="default", uid="u")
    return Note(about, "Normal", reason, message, None, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 1)


def correlate(notes, seconds_between=0.0):
    """The (message, count) of each note as it would be written."""
    correlator = EventCorrelator()
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    written = []
    for one in notes:
        result = correlator.correlate(one._replace(time=now), now)
        written.append(None if result is None else (result.message, result.count))
        now += dt.timedelta(seconds=seconds_between)
    return written


@pytest.mark.parametrize(
    ("messages", "seconds_between", "last"),
    [
        pytest.param(["a"], 0, ("a", 1), id="one"),
        pytest.param(["a"] * 5, 0, ("a", 5), id="the same is counted"),
        pytest.param([f"m{i}" for i in range(9)], 0, ("m8", 1), id="nine messages are not many"),
        pytest.param([f"m{i}" for i in range(10)], 0, ("(combined from similar events): m9", 1), id="ten are too many"),
        pytest.param(
            [f"m{i}" for i in range(13)], 0, ("(combined from similar events): m12", 4), id="combined are counted"
        ),
        pytest.param([f"m{i}" for i in range(10)], 601, ("m9", 1), id="not if each comes more than ten minutes later"),
    ],
)
def test_correlation(messages, seconds_between, last):
    assert correlate([note(message) for message in messages], seconds_between)[-1] == last


def test_an_event_about_another_object_is_not_similar():
    events = [note(f"m{i}") for i in range(9)] + [note("m9", name="q")]
    assert correlate(events)[-1] == ("m9", 1)


def test_a_lost_event_is_created_anew_with_its_count(world, web):
    recorder = world.context.recorder("tester")
    recorder.event(web, "Normal", "A", "a")
    world.clock.run(1)
    (first,) = world.server.list(Event)[0]
    world.server.delete(Event, first.metadata.name, "default", user="learner")
    recorder.event(web, "Normal", "A", "a")
    assert recorded(world) == [("Normal", "A", "a", 2)]
    assert world.server.list(ConfigMap)[0][0].metadata.name == "web"
