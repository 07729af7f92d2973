import msgspec
import pytest
from lightkube.resources.core_v1 import ConfigMap

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import ApiError
from tests.cluster.client.world import Bare, config_map


@pytest.fixture
def world():
    return Bare()


@pytest.fixture
def client(world):
    return world.context.client("tester")


def test_each_call_takes_a_few_milliseconds(world, client):
    world.run(client.create(config_map("a", x="1")))
    assert 0 < world.clock.now < 0.01


def test_what_is_created_can_be_read_changed_and_deleted(world, client):
    created = world.run(client.create(config_map("a", x="1")))
    world.run(client.update(msgspec.structs.replace(created, data={"x": "2"})))
    assert world.run(client.get(ConfigMap, "a", "default")).data == {"x": "2"}
    world.run(client.patch(ConfigMap, "a", "default", {"data": {"y": "3"}}))
    assert [one.data for one in world.run(client.list(ConfigMap, "default"))] == [{"x": "2", "y": "3"}]
    world.run(client.delete(ConfigMap, "a", "default"))
    with pytest.raises(ApiError) as caught:
        world.run(client.get(ConfigMap, "a", "default"))
    assert errors.is_not_found(caught.value)


def test_an_update_over_an_old_version_is_a_conflict(world, client):
    old = world.run(client.create(config_map("a", x="1")))
    world.run(client.patch(ConfigMap, "a", "default", {"data": {"y": "3"}}))
    with pytest.raises(ApiError) as caught:
        world.run(client.update(old))
    assert errors.is_conflict(caught.value)


def test_calls_side_by_side_take_the_time_of_one_and_fail_one_by_one(world, client):
    world.create(config_map("b"))
    results = world.run(client.create_all([config_map("a"), config_map("b"), config_map("c")]))
    assert world.clock.now == client.latency_seconds
    assert errors.is_already_exists(results[1])
    assert [results[0].metadata.name, results[2].metadata.name] == ["a", "c"]


def test_a_deletion_with_another_uid_is_refused(world, client):
    world.create(config_map("a"))
    with pytest.raises(ApiError) as caught:
        world.run(client.delete(ConfigMap, "a", "default", uid="somebody-else"))
    assert errors.is_conflict(caught.value)


def test_the_trace_says_who_did_it(world, client):
    world.run(client.create(config_map("a")))
    assert world.trace.of("ConfigMap/default/a")[-1].who == "tester"
