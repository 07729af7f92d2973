import pytest

from k8slab.cluster.controllers.deployment import fenceposts
from tests.cluster.controllers.deployment.builders import rollout_of


@pytest.mark.parametrize(
    ("surge", "unavailable", "desired", "expected"),
    [
        # pkg/controller/deployment/util/deployment_util_test.go: TestResolveFenceposts
        pytest.param("0%", "0%", 0, (0, 1), id="nothing of nothing: one may be unavailable"),
        pytest.param("39%", "39%", 10, (4, 3), id="surge rounds up, unavailable rounds down"),
        pytest.param(None, "39%", 10, (0, 3), id="no surge"),
        pytest.param("39%", None, 10, (4, 0), id="no unavailable"),
        pytest.param(None, None, 10, (0, 1), id="neither: one may be unavailable"),
        # the defaults
        pytest.param("25%", "25%", 1, (1, 0), id="25% of 1"),
        pytest.param("25%", "25%", 3, (1, 0), id="25% of 3"),
        pytest.param("25%", "25%", 4, (1, 1), id="25% of 4"),
        pytest.param("25%", "25%", 10, (3, 2), id="25% of 10"),
        pytest.param("100%", 0, 4, (4, 0), id="all at once"),
        pytest.param("10%", "10%", 3, (1, 0), id="10% of 3"),
        pytest.param(0, "10%", 3, (0, 1), id="rounded down to nothing"),
    ],
)
def test_resolve(surge, unavailable, desired, expected):
    assert fenceposts.resolve(surge, unavailable, desired) == expected


def test_no_more_than_all_can_be_unavailable():
    assert fenceposts.of(rollout_of(3, surge=0, unavailable=7)).max_unavailable == 3
    assert fenceposts.of(rollout_of(0, surge=0, unavailable="50%")).max_unavailable == 0


def test_a_recreate_has_no_fenceposts():
    assert fenceposts.of(rollout_of(3, strategy="Recreate")) == (0, 0)
