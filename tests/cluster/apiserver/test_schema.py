"""Decoding: what the real server answered passes through unchanged, and what Go drops is dropped."""

import json
from pathlib import Path

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod, Secret

from k8slab.cluster.apiserver import schema
from k8slab.cluster.apiserver.decoding import load_json, registered
from k8slab.cluster.apiserver.schema import DecodeError
from k8slab.cluster.apiserver.yamlbody import YamlError, load

RECORDINGS = Path(__file__).parents[2] / "golden" / "kubernetes"


def objects_in(value):
    """Every whole object that the real server answered with."""
    if isinstance(value, dict):
        if isinstance(value.get("metadata"), dict) and registered(str(value.get("apiVersion")), str(value.get("kind"))):
            yield value
        else:
            for item in value.values():
                yield from objects_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects_in(item)


def readable(value):
    """The recordings have placeholders for times, and Go's nulls, which a reader drops."""
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [readable(item) for item in value]
    return "2026-01-01T00:00:00Z" if value == "<time>" else 30000 if value == "<nodePort>" else value


def recorded():
    found = {}
    for path in sorted(RECORDINGS.glob("*.json")):
        recording = json.loads(path.read_text())
        answers = [recording.get("final", {}), [step.get("body") for step in recording.get("steps", [])]]
        for obj in objects_in(answers):
            found.setdefault(json.dumps(readable(obj), sort_keys=True), f"{path.stem} {obj['kind']}")
    return [pytest.param(json.loads(text), id=name) for text, name in found.items()]


@pytest.mark.parametrize("obj", recorded())
def test_an_object_of_the_real_server_is_in_gos_form_already(obj):
    decoded, strict = schema.decode(obj, registered(obj["apiVersion"], obj["kind"]))
    assert (decoded, strict) == (obj, [])


@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        pytest.param(Deployment, {"spec": {"paused": False, "minReadySeconds": 0}}, {"spec": {}}, id="plain zero values go"),
        pytest.param(
            Deployment, {"spec": {"replicas": 0, "revisionHistoryLimit": 0}},
            {"spec": {"replicas": 0, "revisionHistoryLimit": 0}}, id="zero behind a pointer stays",
        ),
        pytest.param(Pod, {"spec": {"volumes": [], "nodeSelector": {}, "hostname": ""}}, {"spec": {}}, id="empty lists, maps, strings go"),
        pytest.param(
            Pod, {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}, {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}},
            id="an empty struct behind a pointer stays",
        ),
        pytest.param(Pod, {"spec": {"runtimeClassName": "", "nodeName": None}}, {"spec": {"runtimeClassName": ""}}, id="nulls go"),
        pytest.param(ConfigMap, {"data": {"a": None, "b": ""}}, {"data": {"a": "", "b": ""}}, id="a null in a map is an empty text"),
        pytest.param(Secret, {"data": {"a": "aGk="}}, {"data": {"a": "aGk="}}, id="bytes"),
        pytest.param(
            Pod, {"metadata": {"creationTimestamp": "2026-01-01T02:00:00.5+02:00"}},
            {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}}, id="times are whole seconds in UTC",
        ),
        pytest.param(
            Pod, {"spec": {"overhead": {"cpu": "0.25", "memory": 1024}}}, {"spec": {"overhead": {"cpu": "250m", "memory": "1024"}}},
            id="quantities are canonical",
        ),
    ],
)  # fmt: skip
def test_an_object_gets_the_form_in_which_go_writes_it(model, given, expected):
    assert schema.decode(given, model) == (expected, [])


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        (Secret, {"data": {"a": "a$b"}}, "illegal base64 data at input byte 1"),
        (Secret, {"data": {"a": "a"}}, "illegal base64 data at input byte 0"),
        (Pod, {"spec": {"containers": [{"livenessProbe": {"httpGet": {"port": True}}}]}}, "json: cannot unmarshal bool into Go value of type int32"),
        (
            Pod, {"metadata": {"creationTimestamp": "now"}},
            'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
        ),
        (Pod, {"spec": {"containers": [{"image": 1}]}}, "json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string"),
        (Pod, {"spec": {"restartPolicy": 1}}, "json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy"),
        (Pod, {"spec": {"nodeSelector": []}}, "json: cannot unmarshal array into Go struct field PodSpec.spec.nodeSelector of type map[string]string"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_gos_words(model, given, message):
    with pytest.raises(DecodeError) as error:
        schema.decode(given, model)
    assert str(error.value) == message


def test_what_stands_twice_counts_with_its_last_value_and_is_named_once():
    body = b'{"spec":{"replicas":1,"replicas":2,"template":{"spec":{"containers":[{"name":"a","name":"b","nmae":1}]}},"replicas":3}}'
    obj, strict = schema.decode(load_json(body), Deployment)
    assert obj["spec"]["replicas"] == 3
    assert strict == [
        'duplicate field "spec.replicas"',
        'duplicate field "spec.template.spec.containers[0].name"',
        'unknown field "spec.template.spec.containers[0].nmae"',
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "a: y\nb: off\nc: 1e3\nd: 2020-01-01\n1: x\n",
            {"a": True, "b": False, "c": 1000.0, "d": "2020-01-01", "1": "x"},
        ),
        ("base: &b {x: 1}\nd:\n  <<: *b\n  z: 2\n", {"base": {"x": 1}, "d": {"x": 1, "z": 2}}),
        ("", None),
        ('a: "y"\nb: 010\nc: 0x10\nd: ~\n', {"a": "y", "b": 8, "c": 16, "d": None}),
    ],
)
def test_yaml_is_read_as_go_reads_it(text, value):
    assert load(text) == (value, [])


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t- x", "&a [*a]", "? [x]\n: y", "a: *b"])
def test_broken_yaml_is_refused(text):
    with pytest.raises(YamlError, match=r"^yaml: "):
        load(text)
