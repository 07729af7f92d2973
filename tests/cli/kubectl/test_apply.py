"""``kubectl apply`` and its kin: diff, create -f, replace, view-last-applied."""

import json

import pytest

from k8slab.cli.kubectl.last_applied import ANNOTATION

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: k}\ndata: {a: '1'}\n"


def test_created_unchanged_configured(terminal):
    terminal.files["k.yaml"] = CM
    assert terminal("apply", "-f", "k.yaml").stdout == "configmap/k created\n"
    assert terminal("apply", "-f", "k.yaml").stdout == "configmap/k unchanged\n"
    terminal.files["k.yaml"] = CM.replace("'1'", "'2'")
    assert terminal("apply", "-f", "k.yaml").stdout == "configmap/k configured\n"
    assert terminal("get", "cm", "k", "-o", "jsonpath={.data}").stdout == '{"a":"2"}'


def test_the_annotation_keeps_what_was_applied(terminal):
    terminal("apply", "-f", "-", stdin=CM)
    live = terminal.api("GET", "/api/v1/namespaces/default/configmaps/k")
    assert live["metadata"]["annotations"][ANNOTATION] == (
        '{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"k",'
        '"namespace":"default"}}\n'
    )
    assert terminal("apply", "view-last-applied", "cm", "k").stdout == (
        'apiVersion: v1\ndata:\n  a: "1"\nkind: ConfigMap\nmetadata:\n  annotations: {}\n  name: k\n  namespace: default\n'
    )


def test_what_others_set_stays_and_what_left_the_manifest_goes(terminal):
    terminal("apply", "-f", "-", stdin=CM.replace("a: '1'", "a: '1', b: '2'"))
    terminal("patch", "cm", "k", "--type=merge", "-p", '{"data":{"hand":"made"}}')
    terminal("apply", "-f", "-", stdin=CM)
    assert terminal("get", "cm", "k", "-o", "jsonpath={.data}").stdout == '{"a":"1","hand":"made"}'


def test_a_three_way_merge_is_sent_as_a_strategic_patch(terminal):
    terminal("apply", "-f", "web.yaml")
    terminal("scale", "deploy/web", "--replicas=5")
    terminal.files["web.yaml"] = terminal.files["web.yaml"].replace("app:v1", "app:v2").replace("  replicas: 2\n", "")
    assert terminal("apply", "-f", "web.yaml").stdout == "deployment.apps/web configured\n"
    sent = next(r for r in terminal.requests if r.method == "PATCH")
    assert sent.headers["content-type"] == "application/strategic-merge-patch+json"
    assert sent.param("fieldManager") == "kubectl-client-side-apply"
    spec = json.loads(sent.body)["spec"]
    assert spec["replicas"] is None
    assert spec["template"]["spec"]["containers"] == [{"name": "c", "image": "app:v2"}]


def test_an_object_that_was_not_applied_gets_the_annotation_with_a_warning(terminal):
    terminal("create", "configmap", "k", "--from-literal=a=0")
    done = terminal("apply", "-f", "-", stdin=CM)
    assert done.stdout == "configmap/k configured\n"
    assert done.stderr.startswith(
        "Warning: resource configmaps/k is missing the kubectl.kubernetes.io/last-applied-configuration annotation"
    )


@pytest.mark.parametrize(
    ("flag", "word"), [("--dry-run=client", "created (dry run)"), ("--dry-run=server", "created (server dry run)")]
)
def test_a_dry_run_stores_nothing(terminal, flag, word):
    assert terminal("apply", "-f", "-", flag, stdin=CM).stdout == f"configmap/k {word}\n"
    assert terminal("get", "cm", "k").exit_code == 1


def test_folders_recursion_and_several_documents(terminal):
    terminal.files.update({"dir/a.yaml": CM + "---\n" + CM.replace("name: k", "name: l"), "dir/notes.txt": "no"})
    terminal.files["dir/sub/b.json"] = json.dumps(
        {
            "kind": "List",
            "apiVersion": "v1",
            "items": [{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "n"}}],
        }
    )
    assert terminal("apply", "-f", "dir").stdout == "configmap/k created\nconfigmap/l created\n"
    done = terminal("apply", "-R", "-f", "dir")
    assert done.stdout == "configmap/k unchanged\nconfigmap/l unchanged\nnamespace/n created\n"


@pytest.mark.parametrize(
    ("text", "stderr"),
    [
        ("a: b: c", "error: error parsing STDIN: error converting YAML to JSON: yaml: mapping values are not allowed in this context\n"),
        (
            "metadata: {name: x}",
            'error: error validating "STDIN": error validating data: [apiVersion not set, kind not set]; if you choose to '
            "ignore these errors, turn validation off with --validate=false\n",
        ),
        (
            "apiVersion: v1\nkind: Confmap\nmetadata: {name: x}",
            'error: resource mapping not found for name: "x" namespace: "" from "STDIN": no matches for kind "Confmap" in '
            'version "v1"\nensure CRDs are installed first\n',
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}",
            "error: from x-: cannot use generate name with apply\n",
        ),
        ("", "error: no objects passed to apply\n"),
        (
            CM.replace("\ndata:", "\ndta:"),
            'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a '
            'ConfigMap: strict decoding error: unknown field "dta"\n',
        ),
        (
            CM.replace("name: k", "name: K"),
            'The ConfigMap "K" is invalid: metadata.name: Invalid value: "K": a lowercase RFC 1123 subdomain must consist of '
            "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
            "'example.com', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n",
        ),
    ],
    ids=["yaml", "no kind", "unknown kind", "generateName", "nothing", "unknown field", "invalid"],
)  # fmt: skip
def test_bad_manifests(terminal, text, stderr):
    done = terminal("apply", "-f", "-", stdin=text)
    assert (done.stdout, done.stderr, done.exit_code) == ("", stderr, 1)


def test_one_bad_document_does_not_stop_the_others(terminal):
    text = CM + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: true}\n---\n" + CM.replace("name: k", "name: z")
    done = terminal("apply", "-f", "-", stdin=text)
    assert done.stdout == "configmap/k created\nconfigmap/z created\n"
    assert done.stderr == (
        'error: unable to decode "STDIN": json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of '
        "type string\n"
    )


def test_a_namespace_on_the_command_line_must_be_the_objects(terminal):
    text = CM.replace("{name: k}", "{name: k, namespace: kube-public}")
    assert terminal("apply", "-f", "-", stdin=text).stdout == "configmap/k created\n"
    assert terminal("apply", "-n", "default", "-f", "-", stdin=text).stderr == (
        'error: the namespace from the provided object "kube-public" does not match the namespace "default". '
        "You must pass '--namespace=kube-public' to perform this operation.\n"
    )


def test_diff_shows_what_would_change_and_exits_with_one(terminal):
    terminal("apply", "-f", "-", stdin=CM)
    assert terminal("diff", "-f", "-", stdin=CM).exit_code == 0
    done = terminal("diff", "-f", "-", stdin=CM.replace("'1'", "'2'"))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("diff -u -N /tmp/LIVE-") and lines[0].endswith("/v1.ConfigMap.default.k")
    assert lines[3:8] == ["@@ -1,6 +1,6 @@", " apiVersion: v1", " data:", '-  a: "1"', '+  a: "2"']
    assert terminal("get", "cm", "k", "-o", "jsonpath={.data.a}").stdout == "1"
    assert terminal("diff").exit_code == 2


def test_diff_hides_the_values_of_secrets(terminal):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: old}\n"
    terminal("create", "-f", "-", stdin=secret)
    out = terminal("diff", "-f", "-", stdin=secret.replace("old", "new")).stdout
    assert "-  p: '*** (before)'\n+  p: '*** (after)'\n" in out


def test_create_and_replace_are_strict_about_what_is_there(terminal):
    assert terminal("create", "-f", "-", stdin=CM).stdout == "configmap/k created\n"
    assert terminal("create", "-f", "-", stdin=CM).stderr == (
        'Error from server (AlreadyExists): error when creating "STDIN": configmaps "k" already exists\n'
    )
    assert terminal("replace", "-f", "-", stdin=CM.replace("'1'", "'9'")).stdout == "configmap/k replaced\n"
    assert terminal("replace", "-f", "-", stdin=CM.replace("name: k", "name: q")).stderr == (
        'Error from server (NotFound): error when replacing "STDIN": configmaps "q" not found\n'
    )
    done = terminal("replace", "--force", "-f", "-", stdin=CM)
    assert done.stdout == 'configmap "k" deleted from default namespace\nconfigmap/k replaced\n'
