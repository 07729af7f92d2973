import pytest

from k8slab.cluster.controllers.deployment import revisions, rollback
from tests.cluster.controllers.deployment.builders import rollout_of, rs


def asked(text):
    deployment = rollout_of(3)
    deployment.metadata.annotations = {revisions.ROLLBACK_TO: text, "team": "a", revisions.REVISION: "3"}
    return deployment


def sets():
    def one(revision, image, **annotations):
        return rs(f"web-{revision}", 1, image=image, annotations={revisions.REVISION: str(revision), **annotations})

    return [one(1, "app:v0", team="b"), one(2, "app:v9"), one(3, "app:v1")]


@pytest.mark.parametrize(("text", "expected"), [("2", 2), ("0", 0), ("soon", None)])
def test_revision_asked_for(text, expected):
    assert rollback.revision_asked_for(asked(text)) == expected


def test_nobody_asked():
    assert rollback.revision_asked_for(rollout_of(3)) is None


@pytest.mark.parametrize(
    ("revision", "reason", "message", "image"),
    [
        (1, "DeploymentRollback", 'Rolled back deployment "web" to revision 1', "app:v0"),
        (0, "DeploymentRollback", 'Rolled back deployment "web" to revision 2', "app:v9"),
        (7, "DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to.", "app:v1"),
        (
            3,
            "DeploymentRollbackTemplateUnchanged",
            'The rollback revision contains the same template as current deployment "web"',
            "app:v1",
        ),
    ],
)
def test_plan(revision, reason, message, image):
    found = rollback.plan(asked(str(revision)), sets(), revision)
    assert (found.reason, found.message) == (reason, message)
    assert found.deployment.spec.template.spec.containers[0].image == image
    assert revisions.ROLLBACK_TO not in found.deployment.metadata.annotations


def test_annotations_of_that_revision_come_back_and_bookkeeping_stays():
    found = rollback.plan(asked("1"), sets(), 1)
    assert found.deployment.metadata.annotations == {revisions.REVISION: "3", "team": "b"}


def test_the_only_revision_has_none_before_it():
    assert rollback.plan(asked("0"), sets()[:1], 0).message == "Unable to find last revision."
