"""Cases from pkg/controller/deployment/sync_test.go: TestScale."""

import pytest

from k8slab.cluster.controllers.deployment import fenceposts, revisions, scaling
from tests.cluster.controllers.deployment.builders import rollout_of, rs


def annotated(before, *sizes, oldest=0, available=None):
    """ReplicaSets foo-vN ... foo-v1, the newest first, as they were scaled for *before*."""
    posts = fenceposts.of(before)
    annotations = revisions.with_replicas(None, before.spec.replicas, before.spec.replicas + posts.max_surge)
    count = len(sizes)
    return [
        rs(f"foo-v{count - index}", size, annotations=dict(annotations), age=index, available=available)
        for index, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("before", "now", "has_new", "sizes", "expected"),
    [
        pytest.param(10, 12, True, [10], [12], id="normal scaling up"),
        pytest.param(10, 5, True, [10], [5], id="normal scaling down"),
        pytest.param(5, 10, True, [2, 3], [4, 6], id="proportional 5 to 10"),
        pytest.param(5, 3, True, [2, 3], [1, 2], id="proportional 5 to 3"),
        pytest.param(9, 4, True, [8, 1], [4, 0], id="proportional 9 to 4"),
        pytest.param(7, 10, True, [2, 3, 2], [3, 4, 3], id="proportional 7 to 10"),
        pytest.param(13, 8, True, [2, 8, 3], [1, 5, 2], id="proportional 13 to 8"),
        pytest.param(3, 4, True, [1, 1, 1], [2, 1, 1], id="what is left over goes to the newest"),
        pytest.param(3, 2, True, [1, 1, 1], [1, 1, 0], id="what is too much is taken from the oldest"),
        pytest.param(4, 5, False, [2, 2], [3, 2], id="without a new one the latest gains"),
        pytest.param(6, 0, True, [3, 2, 1], [0, 0, 0], id="down to zero"),
        pytest.param(6, 6, True, [0, 0, 0], [6, 0, 0], id="up from zero goes to the newest"),
        pytest.param(10, 14, False, [7, 3], [10, 4], id="size and template changed together"),
    ],
)
def test_scale(before, now, has_new, sizes, expected):
    sets = annotated(rollout_of(before), *sizes)
    assert outcome(rollout_of(now), sets, has_new) == expected


def outcome(deployment, sets, has_new):
    new, olds = (sets[0], sets[1:]) if has_new else (None, sets)
    steps = {step.name: step.replicas for step in scaling.plan(deployment, new, list(reversed(olds)))}
    return [steps.get(one.metadata.name, one.spec.replicas) for one in sets]


def test_surge_pods_are_spread_too():
    sets = annotated(rollout_of(10, surge=2), 6, 6)
    assert outcome(rollout_of(20, surge=2), sets, True) == [11, 11]


def test_surge_and_size_may_change_together():
    sets = annotated(rollout_of(10, surge=3), 5, 8)
    assert outcome(rollout_of(50, surge=6), sets, True) == [22, 34]


def test_one_write_that_failed_before_is_made_up_for():
    sets = annotated(rollout_of(5), 2, 1, 1)
    sets[1].metadata.annotations = revisions.with_replicas(None, 3, 3)
    assert outcome(rollout_of(5), sets, True) == [2, 2, 1]


def test_a_saturated_but_broken_new_one_does_not_take_the_old_pods():
    before = rollout_of(2, surge=1, unavailable=1)
    sets = annotated(before, 2, 1, available=0)
    assert outcome(before, sets, True) == [2, 1]


def test_a_saturated_new_one_empties_the_others():
    before = rollout_of(2, surge=1)
    assert outcome(before, annotated(before, 2, 1), True) == [2, 0]


def test_without_an_annotation_the_present_size_is_the_measure():
    deployment = rollout_of(10)
    deployment.status.replicas = 5
    assert scaling.fraction(rs("web", 2), deployment) == 2


def test_a_recreate_is_not_spread():
    before = rollout_of(4, strategy="Recreate")
    assert scaling.plan(rollout_of(8, strategy="Recreate"), None, annotated(before, 2, 2)) == []


def test_the_only_active_one_keeps_its_size_without_a_write():
    before = rollout_of(4)
    new, old = annotated(before, 4, 0)
    assert scaling.plan(before, new, [old]) == []
