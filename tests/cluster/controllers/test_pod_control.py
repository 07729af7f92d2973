import pytest
from lightkube.resources.apps_v1 import ReplicaSet

from k8slab.cluster.controllers.pod_control import batch_sizes, pod_from_template
from tests.cluster.controllers.world import replica_set


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(0, [], id="nothing to do"),
        pytest.param(1, [1], id="one"),
        pytest.param(2, [1, 1], id="the first alone"),
        pytest.param(10, [1, 2, 4, 3], id="each batch is twice the last"),
        pytest.param(500, [1, 2, 4, 8, 16, 32, 64, 128, 245], id="500 in nine batches"),
    ],
)
def test_slow_start(count, sizes):
    assert batch_sizes(count) == sizes


def test_a_pod_takes_labels_annotations_and_spec_from_the_template():
    owner = replica_set("web")
    owner.metadata.uid = "uid-1"
    owner.spec.template.metadata.annotations = {"a": "1"}
    owner.spec.template.metadata.finalizers = ["lab.example/hold"]
    pod = pod_from_template(owner.spec.template, owner)
    assert pod.metadata.generateName == "web-"
    assert pod.metadata.name is None
    assert pod.metadata.labels == {"app": "web"}
    assert pod.metadata.annotations == {"a": "1"}
    assert pod.metadata.finalizers == ["lab.example/hold"]
    (reference,) = pod.metadata.ownerReferences
    assert (reference.kind, reference.uid) == ("ReplicaSet", "uid-1")
    assert reference.controller and reference.blockOwnerDeletion
    assert pod.spec is owner.spec.template.spec
    assert isinstance(owner, ReplicaSet)
