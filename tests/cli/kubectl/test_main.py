"""From words to verbs: help, unknown verbs and flags, exit codes, the log of requests."""

import pytest

from k8slab.cli.kubectl import help as helptext
from k8slab.cli.kubectl.verbs import REQUIRED, VERBS


@pytest.mark.parametrize("path", sorted(VERBS), ids=" ".join)
def test_every_verb_has_help(terminal, path):
    done = terminal(*path, "--help")
    assert done.exit_code == 0
    assert f"kubectl {' '.join(path)}" in done.stdout
    assert terminal.requests == []


def test_every_flag_that_must_be_given_exists():
    for path, names in REQUIRED.items():
        assert set(names) <= set(helptext.flags_of(path))


@pytest.mark.parametrize(
    ("line", "stderr"),
    [
        ("gett pods", 'error: unknown command "gett" for "kubectl"\n\nDid you mean this?\n\tset\n\tget\n'),
        ("xyzzy", 'error: unknown command "xyzzy" for "kubectl"\n'),
        ("get --foo", "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n"),
        ("get pods -o", "error: flag needs an argument: 'o' in -o\nSee 'kubectl get --help' for usage.\n"),
        ("rollout status --foo", "error: unknown flag: --foo\nSee 'kubectl rollout status --help' for usage.\n"),
        ("rollout foo", "error: unknown command \"foo\"\nSee 'kubectl rollout -h' for help and examples\n"),
        ("create foo", "error: Unexpected args: [foo]\nSee 'kubectl create -h' for help and examples\n"),
        ("create deployment x", 'error: required flag(s) "image" not set\n'),
        ("scale deploy/x", 'error: required flag(s) "replicas" not set\n'),
        ("apply", "error: must specify one of -f and -k\n"),
        ("rollout status", "error: required resource not specified\n"),
        ("get nosuch", 'error: the server doesn\'t have a resource type "nosuch"\n'),
        ("get pods nope", 'Error from server (NotFound): pods "nope" not found\n'),
        ("get x/y/z", "error: arguments in resource/name form may not have more than one slash\n"),
        ("delete pods", "error: resource(s) were provided, but no name was specified\n"),
        ("top nodes", "error: Metrics API not available\n"),
        ("logs nope", 'error: error from server (NotFound): pods "nope" not found in namespace "default"\n'),
        (
            "exec p ls",
            "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n"
            "See 'kubectl exec -h' for help and examples\n",
        ),
        ("exec nope -- ls", 'Error from server (NotFound): pods "nope" not found\n'),
        ("attach nope", 'Error from server (NotFound): pods "nope" not found\n'),
        (
            "port-forward x",
            "error: TYPE/NAME and list of ports are required for port-forward\n"
            "See 'kubectl port-forward -h' for help and examples\n",
        ),
        ("cp a b", "error: one of src or dest must be a remote file specification\n"),
    ],
)
def test_what_makes_no_sense_is_refused_in_kubectls_words(terminal, line, stderr):
    done = terminal(*line.split())
    assert (done.stdout, done.stderr, done.exit_code) == ("", stderr, 1)


def test_without_a_verb_the_overview_is_printed(terminal):
    assert terminal().stdout.startswith("kubectl controls the Kubernetes cluster manager.\n")
    assert terminal("rollout").stdout.startswith("Manage the rollout of one or many resources.\n")


def test_edit_says_what_to_do_instead(terminal):
    done = terminal("edit", "deployment", "web")
    assert done.exit_code == 1
    assert "kubectl apply -f FILE" in done.stderr and "kubectl patch deployment web" in done.stderr


def test_global_flags_may_stand_before_the_verb(terminal):
    done = terminal("-n", "kube-system", "get", "pods")
    assert done.stderr == "No resources found in kube-system namespace.\n"


def test_verbosity_shows_the_requests(terminal):
    done = terminal("-v=6", "get", "pods")
    assert done.stderr.splitlines()[0] == (
        'I0101 00:00:00.000000    4242 round_trippers.go:632] "Response" verb="GET" '
        'url="https://127.0.0.1:6443/api/v1/namespaces/default/pods?limit=500" status="200 OK" milliseconds=1'
    )


def test_versions_and_configuration(terminal):
    assert terminal("version", "--client").stdout.startswith("Client Version: v1.36")
    assert "Server Version: v1.36" in terminal("version").stdout
    assert terminal("config", "current-context").stdout == "kubernetes-admin@k8slab\n"
    assert terminal("config", "get-contexts", "-o", "name").stdout == "kubernetes-admin@k8slab\n"
    assert "current-context: kubernetes-admin@k8slab\n" in terminal("config", "view").stdout
    assert "keeps no configuration" in terminal("config", "set-context", "--current").stderr
    assert terminal("cluster-info").stdout.startswith("Kubernetes control plane is running at https://")
    assert "kubernetes-admin" in terminal("auth", "whoami").stdout
    assert terminal("auth", "can-i", "get", "pods").stdout == "yes\n"


def test_what_the_server_offers(terminal):
    lines = terminal("api-resources", "--api-group=apps", "--no-headers").stdout.splitlines()
    assert lines[-3].split() == ["deployments", "deploy", "apps/v1", "true", "Deployment"]
    assert "apps/v1\n" in terminal("api-versions").stdout
    assert terminal("api-resources", "-o", "name", "--namespaced=false").stdout.startswith("namespaces\nnodes\n")


def test_explain_documents_fields(terminal):
    text = terminal("explain", "deployment.spec.replicas").stdout
    assert text.startswith("GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\nFIELD: replicas <integer>\n")
    assert "  containerPort\t<integer> -required-\n" in terminal("explain", "pod.spec.containers.ports").stdout
    assert terminal("explain", "pod.nope").stderr == 'error: field "nope" does not exist\n'
