import pytest
from lightkube.models.core_v1 import ResourceQuotaSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Pod, ResourceQuota

from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.controllers.resource_quota import ResourceQuotaController
from tests.cluster.controllers.world import World, template


@pytest.fixture
def world():
    return World(ResourceQuotaController)


def quota(name="q", **more):
    def make(**hard):
        names = {key.replace("__", "/").replace("_", "."): value for key, value in hard.items()}
        return ResourceQuota(
            metadata=ObjectMeta(name=name, namespace="default"), spec=ResourceQuotaSpec(hard=names, **more)
        )

    return make


def pod(name, cpu=None):
    found = Pod(metadata=ObjectMeta(name=name, namespace="default"), spec=template().spec)
    if cpu:
        found.spec.containers[0].resources = {"requests": {"cpu": cpu}}
    return found


def used(world, name="q"):
    world.run(0.5)
    return world.get(ResourceQuota, name).status.used


def test_a_new_quota_counts_what_is_there(world):
    world.create(pod("a", "100m"))
    world.create(quota()(pods="5", requests_cpu="1", count__configmaps="3"))
    assert used(world) == {"pods": "1", "requests.cpu": "100m", "count/configmaps": "0"}
    assert world.get(ResourceQuota, "q").status.hard == {"pods": "5", "requests.cpu": "1", "count/configmaps": "3"}


def test_what_is_deleted_is_given_back(world):
    world.create(quota()(configmaps="1"))
    world.run(0.5)
    first = ConfigMap(metadata=ObjectMeta(name="a", namespace="default"))
    second = ConfigMap(metadata=ObjectMeta(name="b", namespace="default"))
    world.create(first)
    assert used(world) == {"configmaps": "1"}
    with pytest.raises(ApiError, match="exceeded quota: q, requested: configmaps=1, used: configmaps=1"):
        world.create(second)
    world.delete(ConfigMap, "a")
    assert used(world) == {"configmaps": "0"}
    world.create(second)


def test_a_pod_that_has_ended_no_longer_counts(world):
    world.create(quota()(pods="1"))
    world.run(0.5)
    world.create(pod("a"))
    assert used(world) == {"pods": "1"}
    world.set_ready("a", False, phase="Succeeded")
    assert used(world) == {"pods": "0"}


def test_a_changed_limit_is_taken_over(world):
    world.create(quota()(pods="1"))
    world.run(0.5)
    world.patch(ResourceQuota, "q", {"spec": {"hard": {"pods": "7"}}})
    world.run(0.5)
    assert world.get(ResourceQuota, "q").status.hard == {"pods": "7"}


def test_scopes_narrow_what_counts(world):
    world.create(quota("best-effort", scopes=["BestEffort"])(pods="5"))
    world.create(quota("others", scopes=["NotBestEffort"])(pods="5"))
    world.run(0.5)
    world.create(pod("a"))
    world.create(pod("b", "100m"))
    world.create(pod("c", "100m"))
    assert used(world, "best-effort") == {"pods": "1"}
    assert used(world, "others") == {"pods": "2"}


def test_counting_again_without_a_change_writes_nothing(world):
    world.create(quota()(pods="5"))
    world.run(1)
    before = world.server.store.revision
    world.run(700)
    assert world.server.store.revision == before
