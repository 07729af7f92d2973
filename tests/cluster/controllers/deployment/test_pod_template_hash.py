import pytest

from k8slab.cluster.controllers.deployment import pod_template_hash
from tests.cluster.controllers.world import template


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param(template(), template(), True, id="the same"),
        pytest.param(template(**{"pod-template-hash": "a"}), template(), True, id="the hash does not count"),
        pytest.param(template(tier="a"), template(), False, id="another label"),
        pytest.param(template(image="app:v2"), template(), False, id="another image"),
    ],
)
def test_equality_but_for_the_hash(one, other, equal):
    assert pod_template_hash.equal_ignore_hash(one, other) is equal


def test_a_long_name_is_cut_so_that_the_hash_fits():
    assert pod_template_hash.replica_set_name("web", "abc") == "web-abc"
    name = pod_template_hash.replica_set_name("w" * 253, "abc")
    assert len(name) == 253 and name.endswith("w-abc")
