import pytest
from lightkube.models.core_v1 import Taint, Toleration
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node, Pod

from k8slab.apimachinery import conditions
from k8slab.cluster.controllers.taint_eviction import TaintEvictionController, toleration_seconds
from tests.cluster.controllers.world import World, template

MAINTENANCE = Taint(key="maint", value="now", effect="NoExecute")


def tolerate(seconds=None, key="maint", operator="Exists", value=None, effect="NoExecute"):
    return Toleration(key=key, operator=operator, value=value, effect=effect, tolerationSeconds=seconds)


@pytest.mark.parametrize(
    ("tolerations", "taints", "expected"),
    [
        # pkg/controller/tainteviction/taint_eviction_test.go: TestCreatePod, TestGetMinTolerationTime
        pytest.param([], [], None, id="no taint"),
        pytest.param([], [MAINTENANCE], 0, id="not tolerated"),
        pytest.param([tolerate()], [MAINTENANCE], None, id="tolerated for ever"),
        pytest.param([tolerate(4)], [MAINTENANCE], 4, id="tolerated for a while"),
        pytest.param([tolerate(-1)], [MAINTENANCE], 0, id="a negative time is none"),
        pytest.param([tolerate(4, operator="Equal", value="now")], [MAINTENANCE], 4, id="the value fits"),
        pytest.param([tolerate(4, operator="Equal", value="then")], [MAINTENANCE], 0, id="another value"),
        pytest.param([tolerate(4, effect="NoSchedule")], [MAINTENANCE], 0, id="another effect"),
        pytest.param([tolerate(4, effect=None)], [MAINTENANCE], 4, id="any effect"),
        pytest.param([tolerate(4, key=None)], [MAINTENANCE], 4, id="any key"),
        pytest.param(
            [tolerate(9), tolerate(4, key="other")],
            [MAINTENANCE, Taint(key="other", effect="NoExecute")],
            4,
            id="the shortest of several",
        ),
    ],
)
def test_how_long_a_pod_may_stay(tolerations, taints, expected):
    assert toleration_seconds(tolerations, taints) == expected


@pytest.fixture
def world():
    world = World(TaintEvictionController, nodes=1)
    world.create(Node(metadata=ObjectMeta(name="node-1")))
    world.patch(Node, "node-1", {"spec": {"taints": None}}, None, content_type="application/merge-patch+json")
    return world


def pod(world, name, *tolerations):
    found = Pod(metadata=ObjectMeta(name=name, namespace="default"), spec=template().spec)
    found.spec.tolerations = list(tolerations) or None
    world.create(found)
    world.run(2)


def taint(world, *taints):
    body = {"spec": {"taints": [{"key": t.key, "value": t.value or "", "effect": t.effect} for t in taints]}}
    world.patch(Node, "node-1", body, None, content_type="application/merge-patch+json")


def test_pods_go_when_their_toleration_ends(world):
    pod(world, "plain")
    pod(world, "four", tolerate(4))
    pod(world, "forever", tolerate())
    taint(world, MAINTENANCE)
    world.run(3)
    assert world.names(Pod) == ["forever", "four"]
    world.run(3)
    assert world.names(Pod) == ["forever"]
    assert ("TaintManagerEviction", "Marking for deletion Pod default/four") in world.events("Pod")


def test_an_evicted_pod_says_why(world):
    pod(world, "plain")
    world.stuck.add("plain")
    taint(world, MAINTENANCE)
    world.run(1)
    found = world.get(Pod, "plain")
    reason = conditions.find(found.status.conditions, "DisruptionTarget")
    assert (reason.status, reason.reason) == ("True", "DeletionByTaintManager")
    assert found.metadata.deletionTimestamp is not None


def test_a_taint_that_is_taken_back_in_time_cancels_the_eviction(world):
    pod(world, "four", tolerate(4))
    taint(world, MAINTENANCE)
    world.run(2)
    taint(world)
    world.run(10)
    assert world.names(Pod) == ["four"]
    assert world.events("Pod") == [("TaintManagerEviction", "Cancelling deletion of Pod default/four")]


def test_another_taint_does_not_prolong_a_time_that_is_running(world):
    pod(world, "four", tolerate(4), tolerate(4, key="other"))
    taint(world, MAINTENANCE)
    world.run(2)
    taint(world, MAINTENANCE, Taint(key="other", effect="NoExecute"))
    world.run(3.5)
    assert world.names(Pod) == []


def test_another_taint_may_shorten_it(world):
    pod(world, "ten", tolerate(10))
    taint(world, MAINTENANCE)
    world.run(2)
    taint(world, MAINTENANCE, Taint(key="other", effect="NoExecute"))
    world.run(2)
    assert world.names(Pod) == []


def test_a_pod_that_comes_to_a_tainted_node_is_evicted_too(world):
    taint(world, MAINTENANCE)
    pod(world, "plain")
    assert world.names(Pod) == []


def test_no_schedule_drives_nobody_off(world):
    pod(world, "plain")
    taint(world, Taint(key="maint", effect="NoSchedule"))
    world.run(5)
    assert world.names(Pod) == ["plain"]
