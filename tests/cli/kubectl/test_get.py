"""``kubectl get``: tables, formats, selectors, watches."""

import pytest

from k8slab.cli import driver


@pytest.fixture
def filled(terminal):
    terminal("create", "configmap", "a", "--from-literal=k=1")
    terminal("create", "configmap", "b", "--from-literal=k=2", "--from-literal=l=3")
    terminal("label", "configmap", "b", "team=x")
    terminal("create", "secret", "generic", "s", "--from-literal=p=q")
    return terminal


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("get cm", "NAME   DATA   AGE\na      1      0s\nb      2      0s\n"),
        ("get configmap b", "NAME   DATA   AGE\nb      2      0s\n"),
        ("get cm/b cm/a", "NAME   DATA   AGE\nb      2      0s\na      1      0s\n"),
        ("get ConfigMap -l team=x", "NAME   DATA   AGE\nb      2      0s\n"),
        ("get cm --no-headers", "a     1     0s\nb     2     0s\n"),
        (
            "get cm --show-labels",
            "NAME   DATA   AGE   LABELS\na      1      0s    <none>\nb      2      0s    team=x\n",
        ),
        ("get cm -L team", "NAME   DATA   AGE   TEAM\na      1      0s    \nb      2      0s    x\n"),
        ("get cm -A", "NAMESPACE   NAME   DATA   AGE\ndefault     a      1      0s\ndefault     b      2      0s\n"),
        (
            "get cm,secret",
            "NAME          DATA   AGE\nconfigmap/a   1      0s\nconfigmap/b   2      0s\n\n"
            "NAME       TYPE     DATA   AGE\nsecret/s   Opaque   1      0s\n",
        ),
        ("get cm -o name", "configmap/a\nconfigmap/b\n"),
        ("get cm,secret -o name", "configmap/a\nconfigmap/b\nsecret/s\n"),
        ("get cm b -o jsonpath={.data}", '{"k":"2","l":"3"}'),
        ("get cm -o jsonpath={.items[*].data.k}", "1 2"),
        ("get cm -o go-template={{range.items}}{{.data.k}}{{end}}", "12"),
        (
            "get cm -o custom-columns=N:.metadata.name,L:.data.l,K:.data",
            "N     L        K\na     <none>   map[k:1]\nb     3        map[k:2 l:3]\n",
        ),
        ("get cm --sort-by=.data.k --no-headers", "a     1     0s\nb     2     0s\n"),
        ("get cm --field-selector=metadata.name=a -o name", "configmap/a\n"),
        ("get pods,cm", "NAME          DATA   AGE\nconfigmap/a   1      0s\nconfigmap/b   2      0s\n"),
    ],
)
def test_what_is_printed(filled, line, stdout):
    done = filled(*line.split())
    assert (done.stdout, done.stderr, done.exit_code) == (stdout, "", 0)


@pytest.mark.parametrize(
    ("words", "stderr", "code"),
    [
        (["get", "pods"], "No resources found in default namespace.\n", 0),
        (["get", "pods", "-A"], "No resources found\n", 0),
        (["get", "nodes"], "No resources found\n", 0),
        (["get", "cm", "nope", "--ignore-not-found"], "", 0),
        (["get", "cm", "x", "-l", "a=b"], "error: name cannot be provided when a selector is specified\n", 1),
        (["get", "cm", "-o", "jsonpath={.a"], "error: error parsing jsonpath {.a, unclosed action\n", 1),
        (["get", "cm", "-o", "jsonpath"], "error: template format specified but no template given\n", 1),
        (
            ["get", "cm", "-o", "custom-columns=A"],
            "error: unexpected custom-columns spec: A, expected <header>:<json-path-expr>\n",
            1,
        ),
        (
            ["get", "cm", "--show-labels", "-o", "yaml"],
            "error: --show-labels option cannot be used with yaml printer\n",
            1,
        ),
        (["get", "-f", "nope.yaml"], 'error: the path "nope.yaml" does not exist\n', 1),
    ],
)
def test_nothing_found_and_errors(filled, words, stderr, code):
    done = filled(*words)
    assert (done.stdout, done.stderr, done.exit_code) == ("", stderr, code)


def test_the_good_ones_are_shown_before_the_missing_ones_are_named(filled):
    done = filled("get", "cm", "a", "nope", "b", "-o", "name")
    assert done.stderr == 'Error from server (NotFound): configmaps "nope" not found\n'
    assert done.exit_code == 1


def test_one_object_is_printed_alone_and_several_as_a_list(filled):
    one = filled("get", "cm", "a", "-o", "yaml").stdout
    assert one.startswith('apiVersion: v1\ndata:\n  k: "1"\nkind: ConfigMap\nmetadata:\n')
    several = filled("get", "cm", "-o", "yaml").stdout
    assert several.startswith("apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n")
    assert several.endswith('kind: List\nmetadata:\n  resourceVersion: ""\n')
    text = filled("get", "cm", "a", "-o", "json").stdout
    assert text.startswith('{\n    "apiVersion": "v1",\n    "data": {\n        "k": "1"\n    },\n')


def test_managed_fields_are_shown_only_if_asked_for(filled):
    filled.api("PATCH", "/api/v1/namespaces/default/configmaps/a", {"metadata": {"annotations": {"x": "<&>"}}},
               headers={"content-type": "application/merge-patch+json"})  # fmt: skip
    assert "managedFields" not in filled("get", "cm", "a", "-o", "json").stdout
    assert '"x": "\\u003c\\u0026\\u003e"' in filled("get", "cm", "a", "-o", "json").stdout


def test_files_name_what_to_get(filled):
    filled("apply", "-f", "web.yaml")
    assert filled("get", "-f", "web.yaml", "-o", "name").stdout == "deployment.apps/web\n"


def test_a_watch_adds_rows_below_the_table_as_time_passes(filled):
    running = driver.process(filled.verb("get", "cm", "-w", "--request-timeout=5s"), filled.handle, filled.clock)
    filled.clock.run(1)
    filled("create", "configmap", "a-longer-name")
    filled.clock.run(1)
    filled("delete", "configmap", "a")
    filled.clock.run(10)
    lines = running.value.stdout.splitlines()
    assert lines[:3] == ["NAME   DATA   AGE", "a      1      0s", "b      2      0s"]
    assert [line.split()[0] for line in lines[3:]] == ["a-longer-name", "a"]
    assert running.value.exit_code == 0


def test_watch_only_leaves_out_what_is_there_and_events_can_be_named(filled):
    verb = filled.verb("get", "cm", "--watch-only", "--output-watch-events", "--request-timeout=5s")
    running = driver.process(verb, filled.handle, filled.clock)
    filled.clock.run(1)
    filled("delete", "configmap", "a")
    filled.clock.run(10)
    assert [line.split()[:2] for line in running.value.stdout.splitlines()] == [["EVENT", "NAME"], ["DELETED", "a"]]


def test_in_the_foreground_a_watch_ends_when_nothing_happens(filled):
    done = filled("get", "cm", "-w", silence_seconds=30)
    assert done.stdout == "NAME   DATA   AGE\na      1      0s\nb      2      0s\n"
    assert "nothing new for 30 virtual seconds" in done.stderr
    assert filled.clock.now == 30
