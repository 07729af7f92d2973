import pytest

from k8slab.cluster.controllers.deployment import revisions
from tests.cluster.controllers.deployment.builders import rollout_of, rs

REVISION, HISTORY = revisions.REVISION, revisions.REVISION_HISTORY


@pytest.mark.parametrize(
    ("before", "revision", "after"),
    [
        pytest.param(None, 1, {REVISION: "1"}, id="the first"),
        pytest.param({REVISION: "3"}, 3, {REVISION: "3"}, id="nothing new"),
        pytest.param({REVISION: "5"}, 2, {REVISION: "5"}, id="never down, though old ones may have been deleted"),
        pytest.param({REVISION: "1"}, 3, {REVISION: "3", HISTORY: "1"}, id="back again: the earlier is remembered"),
        pytest.param({REVISION: "3", HISTORY: "1"}, 5, {REVISION: "5", HISTORY: "1,3"}, id="and again"),
        pytest.param({REVISION: "9", HISTORY: "1"}, 10, {REVISION: "10", HISTORY: "1,9"}, id="as numbers, not texts"),
        pytest.param({REVISION: "bad"}, 3, {REVISION: "bad"}, id="a bad number is left alone"),
    ],
)
def test_annotations_of_the_new_replica_set(before, revision, after):
    assert revisions.for_new_replica_set(rollout_of(3), before, revision) == after


def test_the_deployments_own_annotations_are_copied_but_for_bookkeeping():
    deployment = rollout_of(3)
    deployment.metadata.annotations = {
        "team": "a",
        "kubernetes.io/change-cause": "why not",
        revisions.LAST_APPLIED: "{}",
        REVISION: "7",
        HISTORY: "1",
        revisions.DESIRED_REPLICAS: "3",
        revisions.MAX_REPLICAS: "4",
        revisions.ROLLBACK_TO: "2",
    }
    found = revisions.for_new_replica_set(deployment, None, 1)
    assert found == {"team": "a", "kubernetes.io/change-cause": "why not", REVISION: "1"}


def test_a_history_that_gets_too_long_loses_its_oldest():
    history = ",".join(str(number) for number in range(1000, 1400))
    found = revisions.appended(history, "1400")
    assert len(found) <= revisions.MAX_HISTORY_CHARACTERS
    assert found.endswith(",1399,1400") and not found.startswith("1000")


def test_a_revision_longer_than_the_limit_is_not_remembered():
    assert revisions.appended("1", "9" * 2100) is None


def test_numbers_that_are_none_count_as_nothing():
    sets = [rs("a", 0), rs("b", 0, annotations={REVISION: "x"}), rs("c", 0, annotations={REVISION: "4"})]
    assert [revisions.revision(one) for one in sets] == [0, 0, 4]
    assert revisions.max_revision(sets) == 4
    assert revisions.max_revision([]) == 0
    assert revisions.desired_replicas(sets[0]) is None
