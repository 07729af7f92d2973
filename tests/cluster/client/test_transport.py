"""The real lightkube client against the lab's server."""

import pytest
from lightkube import ApiError
from lightkube.models.core_v1 import Container, PodSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.types import PatchType

from k8slab.cluster.client.transport import client_for
from k8slab.sim.errors import LabError
from tests.cluster.apiserver.conftest import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def client(world):
    with client_for(world.server, world.clock) as client:
        yield client


def configmap(name, **data):
    return ConfigMap(metadata=ObjectMeta(name=name), data=data)


def test_the_real_client_creates_reads_changes_and_deletes(client):
    made = client.create(configmap("a", x="1"))
    assert made.metadata.uid and made.metadata.namespace == "default"
    made.data = {"x": "2"}
    assert client.replace(made).data == {"x": "2"}
    assert client.patch(ConfigMap, "a", {"data": {"y": "3"}}, patch_type=PatchType.MERGE).data == {"x": "2", "y": "3"}
    assert [c.metadata.name for c in client.list(ConfigMap, namespace="*")] == ["a"]
    client.delete(ConfigMap, "a")
    with pytest.raises(ApiError) as error:
        client.get(ConfigMap, "a")
    assert (error.value.status.code, error.value.status.reason, str(error.value)) == (
        404,
        "NotFound",
        'configmaps "a" not found',
    )


def test_long_lists_come_in_chunks(client):
    for number in range(5):
        client.create(configmap(f"c{number}"))
    assert [c.metadata.name for c in client.list(ConfigMap, chunk_size=2)] == [f"c{number}" for number in range(5)]


def test_a_watch_lets_time_pass_until_something_happens(client, world):
    client.create(configmap("a"))
    world.clock.call_later(60, lambda: world.configmap("later"))
    watch = client.watch(ConfigMap)
    assert [next(watch)[1].metadata.name for _ in range(2)] == ["a", "later"]
    assert 60 <= world.clock.now < 61
    watch.close()


def test_waiting_for_what_never_comes_ends_and_says_so(world):
    client = client_for(world.server, world.clock, idle_seconds=30)
    spec = PodSpec(containers=[Container(name="c", image="app:v1")])
    client.create(Pod(metadata=ObjectMeta(name="p"), spec=spec))
    with pytest.raises(LabError, match="nothing happened for 30 virtual seconds"):
        client.wait(Pod, "p", for_conditions=["Ready"])
    assert 30 <= world.clock.now < 31


def test_each_call_takes_a_little_time_so_that_polling_gets_somewhere(client, world):
    world.clock.call_later(1, lambda: world.configmap("a"))
    for _asked in range(1000):
        if list(client.list(ConfigMap)):
            break
    assert 1 <= world.clock.now < 1.1


def test_a_call_from_inside_a_process_takes_no_time(client, world):
    found = []

    def process():
        yield world.clock.timeout(1)
        client.create(configmap("a"))
        found.append((world.clock.now, client.get(ConfigMap, "a").metadata.name))

    world.clock.process(process())
    world.clock.run(2)
    assert found == [(1, "a")]


def test_the_client_may_speak_as_somebody_else(world):
    client_for(world.server, world.clock, user="alice").create(configmap("a"))
    assert [e.who for e in world.trace.of("ConfigMap/default/a")] == ["alice"]
