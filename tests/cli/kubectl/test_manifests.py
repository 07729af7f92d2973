"""Manifests are understood as Go understands them, and refused in its words."""

import pytest

from k8slab.cli.kubectl import manifests


def test_plain_words_mean_what_they_mean_in_yaml_1_1():
    text = 'a: y\nb: 0644\nc: 1.0\nd: 1:20\ne: 2026-01-01\nf: "y"\n1: x\non: 3\ng: ~\nh: 1e3\ni: !!str 5\nj: 0o10\n'
    assert list(manifests.documents(text)) == [
        {
            "a": True, "b": 420, "c": 1, "d": "1:20", "e": "2026-01-01", "f": "y", "1": "x", "true": 3, "g": None,
            "h": 1000, "i": "5", "j": 8,
        }
    ]  # fmt: skip


def test_documents_are_parted_and_empty_ones_left_out():
    assert list(manifests.documents("---\na: 1\n--- # two\n\n---\nb: 2\n")) == [{"a": 1}, {"b": 2}]
    assert list(manifests.documents('{"a": 1}\n{"b": 2}')) == [{"a": 1}, {"b": 2}]


def test_anchors_and_merge_keys_are_carried_out():
    assert manifests.from_yaml("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n") == {
        "a": {"k": 1, "l": 2},
        "b": {"k": 3, "l": 2},
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: b\nc:\n  d: e\n   f: g\n", "line 4: mapping values are not allowed in this context"),
        ("a: [1,2\nb: c\n", "line 1: did not find expected ',' or ']'"),
        ('a: "x\nb: 1\n', "line 3: found unexpected end of stream"),
        ("\ta: b\n", "found character that cannot start any token"),
        ("kind: x\na: b\n- c\n", "line 2: did not find expected key"),
        ("a: *x\n", "unknown anchor 'x' referenced"),
    ],
)
def test_broken_yaml_is_refused_with_go_yamls_sentence_and_line(text, sentence):
    with pytest.raises(manifests.ManifestError) as caught:
        list(manifests.documents(text))
    assert str(caught.value) == f"error converting YAML to JSON: yaml: {sentence}"


@pytest.mark.parametrize(
    ("obj", "sentence"),
    [
        ("text", "json: cannot unmarshal string into Go value of type unstructured.detector"),
        ({"apiVersion": "v1"}, "Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}'"),
        (
            {"kind": "Pod", "metadata": {"name": True}},
            "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string",
        ),
        (
            {"kind": "Pod", "metadata": {"labels": {"a": 1}}},
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            {"kind": "Pod", "metadata": {"labels": ["a"]}},
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        (
            {"kind": "Pod", "metadata": "x"},
            "json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta",
        ),
    ],
)
def test_metadata_of_the_wrong_kind_is_refused_before_anything_is_sent(obj, sentence):
    with pytest.raises(manifests.ManifestError) as caught:
        manifests.check_metadata(obj)
    assert str(caught.value) == sentence
