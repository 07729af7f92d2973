"""The hashes in names are those of the real thing: computed here from the recordings' manifests."""

import json
from pathlib import Path

import pytest
import yaml

from k8slab.apimachinery import hashing
from k8slab.cluster.apiserver.defaulting.pod_spec import default_pod_template

RECORDINGS = Path(__file__).parents[1] / "golden" / "kubernetes"


def template_of(recording, kind):
    manifests = json.loads((RECORDINGS / f"{recording}.json").read_text(encoding="utf-8"))["manifests"]
    documents = [doc for text in manifests.values() for doc in yaml.safe_load_all(text) if doc]
    template = next(doc["spec"]["template"] for doc in documents if doc["kind"] == kind)
    default_pod_template(template)
    return template


def hashes_of(recording):
    return json.loads((RECORDINGS / f"{recording}.json").read_text(encoding="utf-8"))["hashes"]


@pytest.mark.parametrize(
    "recording", ["dep-create-r3", "dep-deadline-create-r2", "svc-endpoints-life", "sch-drain", "node-deleted"]
)
def test_the_pod_template_hash_is_the_real_one(recording):
    assert hashing.pod_template_hash(template_of(recording, "Deployment")) == hashes_of(recording)["H1"]


def test_another_image_has_the_real_hash_too():
    template = template_of("dep-roll-default-r3", "Deployment")
    template["spec"]["containers"][0]["image"] = "app:v2"
    assert hashing.pod_template_hash(template) == hashes_of("dep-roll-default-r3")["H2"]


def test_a_daemon_sets_revision_is_the_hash_of_its_template():
    assert hashing.pod_template_hash(template_of("ds-roll", "DaemonSet")) == hashes_of("ds-roll")["R1"]


def test_a_stateful_sets_revision_is_the_hash_of_its_patch():
    template = template_of("sts-roll", "StatefulSet")
    data = {"spec": {"template": {**template, "$patch": "replace"}}}
    assert hashing.revision_hash(data, 0) == hashes_of("sts-roll")["R1"]


def test_a_collision_makes_another_hash():
    template = template_of("dep-create-r3", "Deployment")
    made = [hashing.pod_template_hash(template, count) for count in (None, 0, 1)]
    assert len(dict.fromkeys(made)) == 3


def test_quantities_are_printed_with_their_scale():
    template = {"spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}}}]}}
    dump = hashing.go_dump("PodTemplateSpec", template)
    assert "cpu:{i:(resource.int64Amount){value:(int64)100 scale:(resource.Scale)-3}" in dump
    assert "memory:{i:(resource.int64Amount){value:(int64)67108864 scale:(resource.Scale)0}" in dump


@pytest.mark.parametrize(("data", "value"), [(b"", 0x811C9DC5), (b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)])
def test_fnv_1a_gives_its_published_values(data, value):
    assert hashing.fnv32a(data) == value


def test_fnv_1_gives_its_published_value():
    assert hashing.fnv32(b"foobar") == 0x31F0B262
