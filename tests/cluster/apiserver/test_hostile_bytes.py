"""No bytes that reach `ApiServer.handle` end in a traceback: the answer is always a Response with a sensible code."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slab.cluster.apiserver import gosyntax
from k8slab.sim.http import Request
from tests.cluster.apiserver.conftest import CONFIGMAPS, DEPLOYMENTS, PODS, World

METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
PATHS = st.one_of(
    st.sampled_from([CONFIGMAPS, f"{CONFIGMAPS}/a", PODS, f"{PODS}/p", f"{PODS}/p/status", f"{PODS}/p/binding"]),
    st.sampled_from(
        [DEPLOYMENTS, f"{DEPLOYMENTS}/web", f"{DEPLOYMENTS}/web/scale", f"{PODS}/p/eviction", f"{PODS}/p/log"]
    ),
    st.sampled_from(["/api/v1/namespaces/x/finalize", "/api/v1/nodes", "/apis", "/api/v1/namespaces/default/bindings"]),
    st.lists(st.text(max_size=6), max_size=6).map(lambda parts: "/" + "/".join(parts)),
    st.lists(
        st.sampled_from(["api", "apis", "v1", "apps", "namespaces", "default", "pods", "%00", ".."]), max_size=8
    ).map(lambda parts: "/" + "/".join(parts)),
)
NAMES = [
    "watch",
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
    "labelSelector",
    "fieldSelector",
    "dryRun",
]
NAMES += ["fieldValidation", "gracePeriodSeconds", "propagationPolicy", "timeoutSeconds", "includeObject", "pretty"]
VALUES = st.one_of(
    st.sampled_from(
        ["", "1", "0", "-1", "true", "All", "Strict", "a=b", "Exact", "9" * 25, "a in (b", "spec.nodeName=x"]
    ),
    st.text(max_size=12),
)
QUERIES = st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, max_size=2), max_size=3)
PATCHES = ("json-patch+json", "merge-patch+json", "strategic-merge-patch+json", "apply-patch+yaml")
CONTENT_TYPES = st.sampled_from(["", "text/plain", *(f"application/{kind}" for kind in ("json", "yaml", *PATCHES))])
ACCEPTS = st.sampled_from(
    ["", "*/*", "application/yaml", "application/json;as=Table;v=v1;g=meta.k8s.io", "text/html", ";;=,"]
)
FIELDS = [
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "status",
    "name",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
]
FIELDS += [
    "finalizers",
    "containers",
    "template",
    "selector",
    "matchLabels",
    "replicas",
    "image",
    "resources",
    "limits",
    "cpu",
]
FIELDS += [
    "op",
    "path",
    "value",
    "from",
    "$patch",
    "$setElementOrder/containers",
    "data",
    "ports",
    "env",
    "target",
    "volumes",
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8),
    st.sampled_from(["v1", "Pod", "ConfigMap", "apps/v1", "a", "p", "web", "default", "1Gi", "/spec/replicas", "add", "replace"]),
)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)),
    max_leaves=25,
)
BODIES = st.one_of(
    st.binary(max_size=60),
    DOCUMENTS.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b"[" * 3000, b'{"a":' * 2000, b"{}", b"null", b"\xff\xfe", b"a: &x [*x]", b"&a [*a]", b"- - -", b"\0", b"? {}"]
    ),
)


@pytest.fixture(scope="module")
def crowded():
    world = World()
    world.configmap("a")
    world.pod("p", node="node-1")
    world.deployment("web")
    world.make("/api/v1/namespaces", {"metadata": {"name": "x"}})
    return world


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(METHODS, PATHS, QUERIES, CONTENT_TYPES, ACCEPTS, BODIES)
def test_whatever_comes_in_an_answer_goes_out(crowded, method, path, query, content_type, accept, body):
    headers = {"content-type": content_type, "accept": accept}
    response = crowded.server.handle(Request(method, path, query, headers, body))
    assert 200 <= response.status < 600
    if response.stream is not None:
        response.stream.read()
        response.stream.close()
    elif response.status >= 400 and response.headers["content-type"] == "application/json":
        status = json.loads(response.body)
        assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", response.status)
        assert status["message"]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=20), st.text(alphabet='{}[]",:tfn0123.eE+-\\u a', max_size=14)))
def test_gos_scanner_and_pythons_agree_on_what_json_is(text):
    try:
        json.loads(text, parse_constant=lambda constant: 1 / 0)
        is_json = True
    except (ValueError, ZeroDivisionError):
        is_json = False
    try:
        gosyntax.check(text.encode())
        assert is_json
    except gosyntax.GoSyntaxError as error:
        assert not is_json and str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "invalid character 'n' looking for beginning of object key string"),
        ("", "unexpected end of JSON input"),
        ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ("-x", "invalid character 'x' in numeric literal"),
        ('"a\n"', "invalid character '\\n' in string literal"),
        ('"\\x"', "invalid character 'x' in string escape code"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("é", "invalid character 'Ã' looking for beginning of value"),
    ],
)
def test_broken_json_is_described_in_gos_words(text, message):
    with pytest.raises(gosyntax.GoSyntaxError) as error:
        gosyntax.check(text.encode())
    assert str(error.value) == message
