"""Cases from pkg/controller/deployment/rolling_test.go, and the invariants for all numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slab.cluster.controllers.deployment import fenceposts, rolling
from k8slab.cluster.controllers.deployment.rolling import Scale, Size


def new(replicas, available=0):
    return Size("new", replicas, available)


def old(replicas, available=None, name="old"):
    return Size(name, replicas, replicas if available is None else available)


@pytest.mark.parametrize(
    ("surge", "unavailable", "fresh", "olds", "expected"),
    [
        # TestDeploymentController_reconcileNewReplicaSet
        pytest.param(0, 2, new(0), [old(10)], [Scale("old", 8)], id="no surge: the old ones make room first"),
        pytest.param(2, 0, new(0), [old(10)], [Scale("new", 2)], id="surge: new Pods come first"),
        pytest.param(2, 0, new(0), [old(5)], [Scale("new", 7)], id="as many as fit under the surge"),
        pytest.param(2, 0, new(2), [old(10)], [], id="surge used up and nothing new available: wait"),
        pytest.param(2, 0, new(11), [old(2)], [Scale("new", 10)], id="never more than asked for"),
        # TestDeploymentController_reconcileOldReplicaSets
        pytest.param(0, 1, new(0), [old(10)], [Scale("old", 9)], id="0 and 0 mean one at a time"),
        pytest.param(0, 2, new(0), [old(10, 8)], [Scale("old", 8)], id="the unhealthy go first"),
        pytest.param(
            0, 2, new(0), [old(10, 9)], [Scale("old", 9), Scale("old", 8)], id="one unhealthy, then one healthy"
        ),
        pytest.param(0, 2, new(2), [old(8)], [], id="new Pods that are not available do not free old ones"),
        pytest.param(2, 2, new(5), [old(7)], [], id="a crash loop does not drain the old version"),
        # rollover: the docstring's example
        pytest.param(3, 2, new(3), [old(10)], [Scale("old", 8)], id="example, step 2"),
        pytest.param(3, 2, new(3), [old(8)], [Scale("new", 5)], id="example, step 3"),
        pytest.param(3, 2, new(5), [old(8)], [], id="example: stuck at 13 - 8 - 5 = 0"),
        pytest.param(
            3,
            2,
            new(0),
            [old(8), old(5, 0, "bad")],
            [Scale("bad", 0)],
            id="a third template cleans up the bad one and keeps the good one",
        ),
        pytest.param(3, 2, new(10, 10), [old(0)], [], id="done"),
        pytest.param(3, 2, new(10, 10), [old(3)], [Scale("old", 0)], id="the last old ones go"),
        pytest.param(3, 2, new(10, 10), [old(1, 2), old(2, 0, "bad")], [], id="a status ahead of its spec: wait"),
    ],
)
def test_next_step(surge, unavailable, fresh, olds, expected):
    assert rolling.plan(10, surge, unavailable, fresh, olds) == expected


@pytest.mark.parametrize(
    ("replicas", "available", "most", "cleaned"),
    [
        # TestDeploymentController_cleanupUnhealthyReplicas
        (10, 8, 1, 1),
        (10, 8, 3, 2),
        (10, 8, 0, 0),
        (10, 10, 3, 0),
    ],
)
def test_clean_up_unhealthy(replicas, available, most, cleaned):
    steps = rolling.clean_up_unhealthy([old(replicas, available)], most)
    assert steps == ([Scale("old", replicas - cleaned)] if cleaned else [])


@pytest.mark.parametrize(
    ("unavailable", "available", "replicas", "expected"),
    [
        # TestDeploymentController_scaleDownOldReplicaSetsForRollingUpdate
        pytest.param(1, 10, 10, 9, id="one may go"),
        pytest.param(2, 10, 10, 8, id="two may go"),
        pytest.param(2, 8, 8, 8, id="nothing to spare"),
        pytest.param(2, 0, 0, 0, id="nothing left"),
    ],
)
def test_scale_down_of_healthy_ones(unavailable, available, replicas, expected):
    steps = rolling.scale_down(10, unavailable, new(0), [old(replicas, available)])
    assert (steps[-1].replicas if steps else replicas) == expected


sizes = st.integers(0, 30)


@st.composite
def rollouts(draw):
    """A Deployment in the middle of anything: its fenceposts and its ReplicaSets, statuses never ahead of specs."""
    desired = draw(sizes)
    percent = st.integers(0, 100).map(lambda number: f"{number}%")
    posts = fenceposts.resolve(draw(sizes | percent), draw(sizes | percent), desired)

    def size(name):
        replicas = draw(sizes)
        return Size(name, replicas, draw(st.integers(0, replicas)))

    olds = [size(f"old-{number}") for number in range(draw(st.integers(0, 3)))]
    return desired, posts.max_surge, min(posts.max_unavailable, desired), size("new"), olds


def after(steps, every):
    """The sizes once *steps* are taken: a ReplicaSet removes its unavailable Pods first."""
    written = {step.name: step.replicas for step in steps}
    return [
        one._replace(replicas=written[one.name], available=min(one.available, written[one.name]))
        if one.name in written
        else one
        for one in every
    ]


@given(rollouts())
def test_no_step_takes_the_replicas_above_desired_plus_surge(rollout):
    desired, surge, unavailable, fresh, olds = rollout
    before = [fresh, *olds]
    steps = rolling.plan(desired, surge, unavailable, fresh, olds)
    total_before, total = (sum(one.replicas for one in group) for group in (before, after(steps, before)))
    assert total <= max(total_before, desired + surge)


@given(rollouts())
def test_no_step_down_takes_the_available_below_the_bound(rollout):
    desired, surge, unavailable, fresh, olds = rollout
    before = [fresh, *olds]
    steps = rolling.plan(desired, surge, unavailable, fresh, olds)
    if any(step.name == "new" for step in steps):
        return  # only old ReplicaSets are scaled down for a rollout
    available_before, available = (sum(one.available for one in group) for group in (before, after(steps, before)))
    assert available >= min(available_before, desired - unavailable)


@given(rollouts())
def test_a_plan_touches_either_the_new_one_or_only_old_ones_and_only_downwards(rollout):
    desired, surge, unavailable, fresh, olds = rollout
    steps = rolling.plan(desired, surge, unavailable, fresh, olds)
    replicas = {one.name: one.replicas for one in [fresh, *olds]}
    if any(step.name == "new" for step in steps):
        assert len(steps) == 1
        return
    for step in steps:
        assert 0 <= step.replicas < replicas[step.name]
        replicas[step.name] = step.replicas


@given(rollouts())
def test_a_rollout_of_healthy_pods_ends(rollout):
    desired, surge, unavailable, fresh, olds = rollout
    if surge == 0 and unavailable == 0:
        unavailable = 1
    every = [fresh, *olds]
    for _ in range(400):
        every = [one._replace(available=one.replicas) for one in every]
        steps = rolling.plan(desired, surge, unavailable, every[0], every[1:])
        if not steps:
            break
        every = after(steps, every)
    if desired == 0 and surge == 0:
        return  # nothing asked for and nothing allowed: the scaling step empties the old ones
    assert [one.replicas for one in every] == [desired] + [0] * len(olds)
