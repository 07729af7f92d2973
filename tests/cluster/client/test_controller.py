from itertools import pairwise

import pytest
from lightkube.resources.core_v1 import ConfigMap

from k8slab.apimachinery.errors import conflict
from k8slab.cluster.client.controller import Controller, Retry
from tests.cluster.client.world import Bare, config_map


class Follower(Controller):
    """Notes the keys that it syncs; fails as often as told."""

    name = "follower"
    watches = (ConfigMap,)
    workers = 2

    def __init__(self, context):
        super().__init__(context)
        self.synced = []
        self.failures = []

    def sync(self, key):
        self.synced.append((round(self.clock.now, 4), key))
        yield self.clock.timeout(0.1)
        if self.failures:
            raise self.failures.pop()


@pytest.fixture
def world():
    return Bare()


@pytest.fixture
def follower(world):
    controller = Follower(world.context)
    controller.start()
    return controller


def test_what_was_there_before_is_synced_at_the_start(world):
    world.create(config_map("a"))
    controller = Follower(world.context)
    controller.start()
    world.clock.run(1)
    assert controller.synced == [(0, "default/a")]


def test_every_change_is_synced_and_many_changes_at_once_only_once(world, follower):
    world.create(config_map("a"))
    world.server.patch(ConfigMap, "a", "default", {"data": {"x": "1"}}, user="learner")
    world.clock.run(1)
    world.server.delete(ConfigMap, "a", "default", user="learner")
    world.clock.run(1)
    assert [key for _, key in follower.synced] == ["default/a", "default/a"]


@pytest.mark.parametrize("error", [conflict("configmaps", "a"), Retry("not now")])
def test_a_failed_sync_is_tried_again_with_back_off(world, follower, error):
    follower.failures = [error, error]
    world.create(config_map("a"))
    world.clock.run(5)
    times = [time for time, _ in follower.synced]
    assert [round(b - a, 4) for a, b in pairwise(times)] == [0.105, 0.11]
    assert follower.queue.failures("default/a") == 0


def test_any_other_exception_is_a_bug_and_ends_the_run(world, follower):
    follower.failures = [KeyError("spec")]
    world.create(config_map("a"))
    with pytest.raises(KeyError):
        world.clock.run(1)


def test_a_stopped_controller_sees_nothing_and_a_started_one_catches_up(world, follower):
    follower.stop()
    world.create(config_map("a"))
    world.clock.run(1)
    assert follower.synced == []
    follower.start()
    world.clock.run(1)
    assert [key for _, key in follower.synced] == ["default/a"]


def test_stopping_in_the_middle_of_a_sync_leaves_no_worker_behind(world, follower):
    world.create(config_map("a"))
    world.clock.run(0.05)
    follower.stop()
    follower.start()
    world.clock.run(1)
    world.create(config_map("b"))
    world.clock.run(1)
    assert [key for _, key in follower.synced] == ["default/a", "default/a", "default/b"]
