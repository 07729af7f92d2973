"""``rollout`` and ``wait`` follow an object through time; ``drain`` empties a node."""

import json

import pytest

from k8slab.cli import driver
from k8slab.cli.kubectl.rollout import status

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"


def deployment(generation=1, observed=1, wanted=3, **counts):
    return {
        "metadata": {"name": "web", "generation": generation},
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": observed, **counts},
    }


@pytest.mark.parametrize(
    ("obj", "sentence", "done"),
    [
        (deployment(generation=2), "Waiting for deployment spec update to be observed...", False),
        (
            deployment(updatedReplicas=1),
            'Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...',
            False,
        ),
        (
            deployment(updatedReplicas=3, replicas=4),
            'Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination...',
            False,
        ),
        (
            deployment(updatedReplicas=3, replicas=3, availableReplicas=2),
            'Waiting for deployment "web" rollout to finish: 2 of 3 updated replicas are available...',
            False,
        ),
        (
            deployment(updatedReplicas=3, replicas=3, availableReplicas=3),
            'deployment "web" successfully rolled out',
            True,
        ),
    ],
)
def test_a_rollouts_status_in_a_sentence(obj, sentence, done):
    assert status.deployment(obj, 0) == (sentence + "\n", done)


@pytest.fixture
def web(terminal):
    """A Deployment with two revisions, as its controller would have left them."""
    terminal("apply", "-f", "web.yaml")
    owner = terminal.api("GET", f"{DEPLOYMENTS}/web")
    for revision in (1, 2):
        template = json.loads(json.dumps(owner["spec"]["template"]))
        template["metadata"]["labels"]["pod-template-hash"] = f"h{revision}"
        template["spec"]["containers"][0]["image"] = f"app:v{revision}"
        reference = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "web",
            "uid": owner["metadata"]["uid"],
            "controller": True,
        }
        terminal.api("POST", REPLICA_SETS, {
            "metadata": {
                "name": f"web-h{revision}", "labels": template["metadata"]["labels"], "ownerReferences": [reference],
                "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            },
            "spec": {"replicas": 0, "selector": {"matchLabels": template["metadata"]["labels"]}, "template": template},
        })  # fmt: skip
    terminal("set", "image", "deploy/web", "c=app:v2")
    return terminal


def test_history_lists_revisions_and_shows_one(web):
    assert web("rollout", "history", "deploy/web").stdout == (
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    )
    one = web("rollout", "history", "deploy/web", "--revision=1").stdout
    assert one.startswith("deployment.apps/web with revision #1\nPod Template:\n  Labels:\tapp=web\n")
    assert "    Image:\tapp:v1\n" in one
    assert web("rollout", "history", "deploy/web", "--revision=9").stderr == (
        "error: unable to find the specified revision\n"
    )


def test_undo_puts_the_template_of_the_revision_before_back(web):
    done = web("rollout", "undo", "deploy/web")
    assert done.stdout == "deployment.apps/web rolled back\n"
    assert done.stderr.startswith("Warning: resource deployments/web was previously managed with 'kubectl apply'.")
    path = "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.metadata.labels}"
    assert web("get", "deploy", "web", "-o", path).stdout == 'app:v1 {"app":"web"}'
    assert web("rollout", "undo", "deploy/web", "--to-revision=1").stdout == (
        "deployment.apps/web skipped rollback (current template already matches revision 1)\n"
    )
    assert web("rollout", "undo", "deploy/web", "--to-revision=7").stderr.endswith(
        "error: unable to find specified revision 7 in history\n"
    )


def test_pause_resume_restart(web):
    assert web("rollout", "pause", "deploy/web").stdout == "deployment.apps/web paused\n"
    assert web("rollout", "pause", "deploy/web").stderr == 'error: deployments.apps "web" is already paused\n'
    assert web("rollout", "restart", "deploy/web").stderr == (
        'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume first)\n'
    )
    assert web("rollout", "resume", "deploy/web").stdout == "deployment.apps/web resumed\n"
    assert web("rollout", "resume", "deploy/web").stderr == 'error: deployments.apps "web" is not paused\n'
    assert web("rollout", "restart", "deploy/web").stdout == "deployment.apps/web restarted\n"
    path = r"jsonpath={.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}"
    assert web("get", "deploy", "web", "-o", path).stdout == "2026-01-01T00:00:00Z"


def test_rollout_status_prints_a_line_a_change_until_it_is_complete(web):
    running = driver.process(web.verb("rollout", "status", "deploy/web"), web.handle, web.clock)
    generation = web.api("GET", f"{DEPLOYMENTS}/web")["metadata"]["generation"]
    for second, ready in enumerate((1, 2)):
        counts = {"updatedReplicas": 2, "replicas": 2, "readyReplicas": ready, "availableReplicas": ready}
        value = {"observedGeneration": generation, **counts}
        web.clock.call_later(second + 1, lambda value=value: web.status(f"{DEPLOYMENTS}/web", value))
    web.clock.run(5)
    assert running.value.stdout.splitlines() == [
        "Waiting for deployment spec update to be observed...",
        'Waiting for deployment "web" rollout to finish: 1 of 2 updated replicas are available...',
        'deployment "web" successfully rolled out',
    ]


def test_rollout_status_gives_up_after_its_timeout(web):
    done = web("rollout", "status", "deploy/web", "--timeout=7s")
    assert (done.stderr, done.exit_code) == ("error: timed out waiting for the condition\n", 1)
    assert web.clock.now == 7


def test_wait_for_a_condition(web):
    conditions = [{"type": "Available", "status": "True", "reason": "x"}]
    generation = web.api("GET", f"{DEPLOYMENTS}/web")["metadata"]["generation"]
    value = {"observedGeneration": generation, "conditions": conditions}
    web.clock.call_later(12, lambda: web.status(f"{DEPLOYMENTS}/web", value))
    assert web("wait", "deploy/web", "--for=condition=available").stdout == "deployment.apps/web condition met\n"
    assert web.clock.now == 12


@pytest.mark.parametrize(
    ("words", "stdout", "stderr", "seconds"),
    [
        (["deploy/web", "--for=condition=x", "--timeout=4s"], "", "error: timed out waiting for the condition on deployments/web\n", 4),
        (["deploy/web", "--for=jsonpath={.spec.replicas}=2"], "deployment.apps/web condition met\n", "", 0),
        (["deploy/web", "--for=jsonpath={.spec.replicas}=9", "--timeout=2s"], "", "error: timed out waiting for the condition on deployments/web\n", 2),
        (["deploy/web", "--for=delete", "--timeout=3s"], "", "error: timed out waiting for the condition on deployments/web\n", 3),
        (["deploy/nope", "--for=delete"], "", "", 0),
        (["deploy/web", "--for=create"], "deployment.apps/web condition met\n", "", 0),
        (["deploy/nope", "--for=condition=x"], "", 'Error from server (NotFound): deployments.apps "nope" not found\n', 0),
        (["pods", "-l", "a=b", "--for=condition=x"], "", "error: no matching resources found\n", 0),
        (["deploy/web", "--for=x"], "", 'error: unrecognized condition: "x"\n', 0),
        (["deploy/web", "--for=condition=x", "--timeout=0"], "", "error: condition not met for deployments/web\n", 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wait(web, words, stdout, stderr, seconds):
    done = web("wait", *words)
    assert (done.stdout, done.stderr, web.clock.now) == (stdout, stderr, seconds)


def test_drain_evicts_and_waits(terminal):
    terminal.api("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    pod = {"metadata": {"name": "p"}, "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "x"}]}}
    terminal.api("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    terminal.api("POST", "/api/v1/namespaces/default/pods", pod)
    refused = terminal("drain", "n1")
    assert refused.stdout == "node/n1 cordoned\n"
    assert refused.stderr == (
        'error: unable to drain node "n1" due to error: cannot delete Pods that declare no controller (use --force to '
        "override): default/p, continuing command...\nThere are pending nodes to be drained:\n n1\n"
        "cannot delete Pods that declare no controller (use --force to override): default/p\n"
    )
    delete = {"gracePeriodSeconds": 0}
    terminal.clock.call_later(3, lambda: terminal.api("DELETE", "/api/v1/namespaces/default/pods/p", delete))
    done = terminal("drain", "n1", "--force")
    assert done.stdout == ("node/n1 already cordoned\nevicting pod default/p\npod/p evicted\nnode/n1 drained\n")
    assert done.stderr == "Warning: deleting Pods that declare no controller: default/p\n"
    assert 3 <= terminal.clock.now <= 4
