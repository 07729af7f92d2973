"""Verbs that change what is there: scale, set, label, annotate, patch, taint, cordon, delete."""

import json

import pytest


@pytest.fixture
def web(terminal):
    terminal("apply", "-f", "web.yaml")
    return terminal


@pytest.fixture
def node(terminal):
    terminal.api("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    return terminal


def test_scale_patches_the_scale_subresource(web):
    assert web("scale", "deploy/web", "--replicas=5").stdout == "deployment.apps/web scaled\n"
    sent = next(r for r in web.requests if r.method == "PATCH")
    assert (sent.path.endswith("/deployments/web/scale"), sent.body) == (True, b'{"spec":{"replicas":5}}')


@pytest.mark.parametrize(
    ("flags", "stderr"),
    [
        (["--replicas=3", "--current-replicas=9"], "error: Expected replicas to be 9, was 2\n"),
        (
            ["--replicas=-1"],
            "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n",
        ),
    ],
)
def test_scale_checks_its_preconditions(web, flags, stderr):
    assert web("scale", "deploy/web", *flags).stderr == stderr
    assert web("scale", "deploy/web", "--replicas=3", "--current-replicas=2").stdout == "deployment.apps/web scaled\n"


def test_set_image_sends_only_what_differs(web):
    assert web("set", "image", "deploy/web", "c=app:v2").stdout == "deployment.apps/web image updated\n"
    sent = next(r for r in web.requests if r.method == "PATCH")
    assert json.loads(sent.body) == {
        "spec": {
            "template": {
                "spec": {
                    "$setElementOrder/containers": [{"name": "c"}],
                    "containers": [{"image": "app:v2", "name": "c"}],
                }
            }
        }
    }
    assert web("set", "image", "deploy/web", "c=app:v2").stdout == ""
    assert web("set", "image", "deploy/web", "zz=app:v2").stderr == 'error: unable to find container named "zz"\n'


def test_set_env_adds_removes_and_lists(web):
    assert web("set", "env", "deploy/web", "A=1", "B=2").stdout == "deployment.apps/web env updated\n"
    assert web("set", "env", "deploy/web", "A-").stdout == "deployment.apps/web env updated\n"
    assert web("set", "env", "deploy/web", "--list").stdout == "# Deployment web, container c\nB=2\n"


def test_set_resources_serviceaccount_and_selector(web):
    done = web("set", "resources", "deploy/web", "--requests=cpu=100m", "--limits=cpu=1")
    assert done.stdout == "deployment.apps/web resource requirements updated\n"
    assert web("set", "serviceaccount", "deploy/web", "bot").stdout == "deployment.apps/web serviceaccount updated\n"
    path = "jsonpath={.spec.template.spec.serviceAccountName} {.spec.template.spec.containers[0].resources}"
    assert web("get", "deploy", "web", "-o", path).stdout == ('bot {"limits":{"cpu":"1"},"requests":{"cpu":"100m"}}')
    web("expose", "deploy", "web", "--port=80")
    assert web("set", "selector", "svc", "web", "a=b").stdout == "service/web selector updated\n"


@pytest.mark.parametrize(
    ("words", "stdout", "stderr"),
    [
        (["a=b"], "deployment.apps/web labeled\n", ""),
        (["team=x"], "deployment.apps/web not labeled\n", ""),
        (["team=y"], "", "error: 'team' already has a value (x), and --overwrite is false\n"),
        (["team=y", "--overwrite"], "deployment.apps/web labeled\n", ""),
        (["team-"], "deployment.apps/web unlabeled\n", ""),
        (["nope-"], 'label "nope" not found.\ndeployment.apps/web not labeled\n', ""),
        ([], "", "error: at least one label update is required\n"),
        (["a=b", "a-"], "", "error: can not both modify and remove a label in the same command\n"),
        (["a=b=c"], "", "error: invalid label spec: a=b=c\n"),
        (["--list"], "team=x\n", ""),
    ],
)
def test_label(web, words, stdout, stderr):
    web("label", "deploy", "web", "team=x")
    done = web("label", "deploy", "web", *words)
    assert (done.stdout, done.stderr) == (stdout, stderr)


def test_annotate(web):
    assert web("annotate", "deploy", "web", "a=b c").stdout == "deployment.apps/web annotated\n"
    assert web("annotate", "deploy", "web", "a=d").stderr == (
        "error: --overwrite is false but found the following declared annotation(s): 'a' already has a value (b c)\n"
    )
    assert web("annotate", "deploy", "web", "a-").stdout == "deployment.apps/web annotated\n"


@pytest.mark.parametrize(
    ("flags", "stdout", "stderr"),
    [
        (["-p", '{"spec":{"replicas":3}}'], "deployment.apps/web patched\n", ""),
        (["-p", "spec: {replicas: 3}"], "deployment.apps/web patched\n", ""),
        (["-p", '{"spec":{"replicas":2}}'], "deployment.apps/web patched (no change)\n", ""),
        (
            ["--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":4}]'],
            "deployment.apps/web patched\n",
            "",
        ),
        (["--patch-file=p.yaml"], "deployment.apps/web patched\n", ""),
        ([], "", "error: must specify --patch or --patch-file containing the contents of the patch\n"),
        (["--type=x", "-p", "{}"], "", 'error: --type must be one of [json merge strategic], not "x"\n'),
        (["--patch-file=no"], "", "error: unable to read patch file: open no: no such file or directory\n"),
    ],
)
def test_patch(web, flags, stdout, stderr):
    web.files["p.yaml"] = "spec:\n  paused: true\n"
    done = web("patch", "deploy", "web", *flags)
    assert (done.stdout, done.stderr) == (stdout, stderr)


def test_taints_come_and_go(node):
    assert node("taint", "node", "n1", "a=b:NoSchedule").stdout == "node/n1 tainted\n"
    assert node("taint", "node", "n1", "a=c:NoSchedule").stderr == (
        "error: node n1 already has a taint(s) with same effect(s) and --overwrite is false\n"
    )
    assert node("taint", "node", "n1", "a=c:NoSchedule", "--overwrite").stdout == "node/n1 modified\n"
    assert node("taint", "nodes", "--all", "a:NoSchedule-").stdout == "node/n1 untainted\n"
    assert node("taint", "node", "n1", "a-").stderr == 'error: taint "a" not found\n'
    assert node("taint", "node", "n1", "a=b:Foo").stderr.startswith("error: invalid taint effect: Foo, unsupported")


def test_cordon_says_what_was_so_already(node):
    assert node("cordon", "n1").stdout == "node/n1 cordoned\n"
    assert node("cordon", "n1").stdout == "node/n1 already cordoned\n"
    assert node("uncordon", "n1").stdout == "node/n1 uncordoned\n"
    assert node("uncordon", "n1").stdout == "node/n1 already uncordoned\n"
    assert node("cordon", "n2").stderr == 'Error from server (NotFound): nodes "n2" not found\n'


@pytest.mark.parametrize(
    ("words", "stdout", "stderr"),
    [
        (["deploy", "web"], 'deployment.apps "web" deleted from default namespace\n', ""),
        (["deploy/web", "--dry-run=client"], 'deployment.apps "web" deleted from default namespace (dry run)\n', ""),
        (["deploy", "--all", "-o", "name"], "deployment.apps/web\n", ""),
        (["-f", "web.yaml"], 'deployment.apps "web" deleted from default namespace\n', ""),
        (["deploy", "nope"], "", 'Error from server (NotFound): deployments.apps "nope" not found\n'),
        (["deploy", "nope", "--ignore-not-found"], "", ""),
        (["deploy", "-l", "a=b"], "No resources found\n", ""),
        (["deploy", "web", "--cascade=x"], "", 'error: invalid cascade value (x). Must be "background", "foreground", or "orphan"\n'),
        (["deploy", "web", "--now", "--grace-period=3"], "", "error: --now and --grace-period cannot be specified together\n"),
        (["namespace", "nope", "-n", "x"], "", 'Warning: deleting cluster-scoped resources, not scoped to the provided namespace\nError from server (NotFound): namespaces "nope" not found\n'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_delete(web, words, stdout, stderr):
    done = web("delete", *words)
    assert (done.stderr, done.exit_code == 0) == (stderr, not stderr)
    assert done.stdout == stdout or words[:1] == ["deploy", "nope", "--ignore-not-found"]


def test_delete_waits_until_the_last_finalizer_is_gone(terminal):
    terminal("create", "configmap", "k")
    terminal("patch", "cm", "k", "-p", '{"metadata":{"finalizers":["lab/keep"]}}')
    terminal.clock.call_later(
        40, lambda: terminal.api("PATCH", "/api/v1/namespaces/default/configmaps/k", {"metadata": {"finalizers": None}},
                                 headers={"content-type": "application/merge-patch+json"})
    )  # fmt: skip
    assert terminal("delete", "cm", "k", "--timeout=5s").stderr == (
        "error: timed out waiting for the condition on configmaps/k\n"
    )
    assert terminal.clock.now == 5
    assert terminal("delete", "cm", "k").exit_code == 0
    assert terminal.clock.now == 40


def test_force_deletion_warns(terminal):
    terminal("create", "configmap", "k")
    done = terminal("delete", "cm", "k", "--force")
    assert done.stdout == 'configmap "k" force deleted from default namespace\n'
    assert done.stderr.startswith("Warning: Immediate deletion does not wait for confirmation")
