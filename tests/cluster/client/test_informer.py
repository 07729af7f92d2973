import pytest
from lightkube.resources.core_v1 import ConfigMap

from k8slab.apimachinery import labels
from k8slab.cluster.client.informer import Handler, by_controller_uid, by_orphan_namespace
from tests.cluster.client.world import Bare, config_map


@pytest.fixture
def world():
    return Bare()


def heard(informer):
    notes = []
    informer.add_handler(
        Handler(
            lambda obj: notes.append(("add", obj.metadata.name)),
            lambda old, new: notes.append(("update", old.data, new.data)),
            lambda obj: notes.append(("delete", obj.metadata.name)),
        )
    )
    return notes


def test_the_cache_starts_with_what_is_there_and_tells_it_as_new(world):
    world.create(config_map("a"))
    informer = world.informers.informer(ConfigMap)
    assert informer.lister.get("default/a").metadata.name == "a"
    assert heard(informer) == [("add", "a")]


def test_changes_arrive_a_little_later_in_the_order_in_which_they_were_made(world):
    informer = world.informers.informer(ConfigMap)
    notes = heard(informer)
    world.create(config_map("a", x="1"))
    world.server.patch(ConfigMap, "a", "default", {"data": {"x": "2"}}, user="learner")
    world.server.delete(ConfigMap, "a", "default", user="learner")
    assert notes == [] and informer.lister.get("default/a") is None
    world.clock.run(0.01)
    assert notes == [("add", "a"), ("update", {"x": "1"}, {"x": "2"}), ("delete", "a")]
    assert len(informer.lister) == 0


def test_many_changes_at_once_are_delivered_in_one_batch(world):
    informer = world.informers.informer(ConfigMap)
    moments = []
    informer.add_handler(Handler(lambda obj: moments.append(world.clock.now)))
    for number in range(50):
        world.create(config_map(f"c{number}"))
    world.clock.run(1)
    assert len(moments) == 50 and len(set(moments)) == 1


def test_there_is_one_informer_a_kind(world):
    assert world.informers.informer(ConfigMap) is world.informers.informer(ConfigMap)
    assert world.informers.informer(ConfigMap) is not world.informers.informer(ConfigMap, "metadata.name=a")


def test_a_field_selector_narrows_what_is_seen(world):
    informer = world.informers.informer(ConfigMap, "metadata.name=a")
    world.create(config_map("a"))
    world.create(config_map("b"))
    world.clock.run(0.01)
    assert [one.metadata.name for one in informer.lister.list()] == ["a"]


def test_lists_are_by_namespace_and_by_label(world):
    world.create(config_map("a", labels={"app": "x"}))
    world.create(config_map("b", labels={"app": "y"}))
    lister = world.informers.lister(ConfigMap)
    assert [one.metadata.name for one in lister.list("default", labels.parse("app=x"))] == ["a"]
    assert lister.list("elsewhere") == []


def test_indexes_follow_the_changes_of_what_they_index(world):
    informer = world.informers.informer(ConfigMap)
    informer.lister.add_index("owner", by_controller_uid)
    informer.lister.add_index("orphans", by_orphan_namespace)

    def names(index, value):
        world.clock.run(0.01)
        return [one.metadata.name for one in informer.lister.by_index(index, value)]

    world.create(config_map("a", owner="uid-1"))
    world.create(config_map("b"))
    assert names("owner", "uid-1") == ["a"] and names("orphans", "default") == ["b"]
    body = {"metadata": {"ownerReferences": None}}
    world.server.patch(ConfigMap, "a", "default", body, user="x", content_type="application/merge-patch+json")
    assert names("owner", "uid-1") == [] and names("orphans", "default") == ["b", "a"]
    assert informer.lister.index_values("owner") == []
    world.server.delete(ConfigMap, "b", "default", user="x")
    assert names("orphans", "default") == ["a"]


def test_an_index_that_comes_late_has_what_is_there(world):
    world.create(config_map("a", owner="uid-1"))
    lister = world.informers.lister(ConfigMap)
    lister.add_index("owner", by_controller_uid)
    assert lister.count("owner", "uid-1") == 1


def test_a_stopped_informer_hears_nothing(world):
    notes = heard(world.informers.informer(ConfigMap))
    world.create(config_map("a"))
    world.informers.stop(ConfigMap)
    world.create(config_map("b"))
    world.clock.run(1)
    assert notes == []
