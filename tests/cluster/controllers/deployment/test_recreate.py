import pytest
from lightkube.models.core_v1 import PodStatus
from lightkube.resources.core_v1 import Pod

from k8slab.cluster.controllers.deployment import recreate
from k8slab.cluster.controllers.deployment.rolling import Scale
from tests.cluster.controllers.deployment.builders import rs


def test_all_old_ones_are_emptied_at_once():
    olds = [rs("a", 3), rs("b", 0), rs("c", 1)]
    assert recreate.scale_down(olds) == [Scale("a", 0), Scale("c", 0)]


@pytest.mark.parametrize(
    ("actual", "phases", "expected"),
    [
        # pkg/controller/deployment/recreate_test.go: TestOldPodsRunning
        pytest.param(0, [], False, id="nothing left"),
        pytest.param(1, [], True, id="a status still counts one"),
        pytest.param(0, ["Running"], True, id="a Pod that runs"),
        pytest.param(0, ["Unknown"], True, id="a Pod that nobody knows about"),
        pytest.param(0, ["Pending"], True, id="a Pod that has not started"),
        pytest.param(0, ["Succeeded", "Failed"], False, id="Pods that have ended"),
        pytest.param(0, ["Succeeded", "Running"], True, id="one of two has ended"),
    ],
)
def test_old_pods_running(actual, phases, expected):
    pods = [Pod(status=PodStatus(phase=phase)) for phase in phases]
    assert recreate.old_pods_running([rs("old", 0, actual=actual)], pods) is expected
