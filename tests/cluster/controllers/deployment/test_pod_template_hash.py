import re

import pytest

from k8slab.cluster.controllers.deployment import pod_template_hash
from tests.cluster.controllers.world import template


def test_fnv1a_as_published():
    assert pod_template_hash.fnv1a_32(b"") == 0x811C9DC5
    assert pod_template_hash.fnv1a_32(b"foobar") == 0xBF9CF968


def test_digits_become_letters_and_digits_that_spell_nothing():
    assert pod_template_hash.safe_encode("0123456789") == "456789bcdf"


def test_equal_templates_have_equal_hashes_and_others_do_not():
    assert pod_template_hash.compute(template(), None) == pod_template_hash.compute(template(), None)
    assert pod_template_hash.compute(template(), None) != pod_template_hash.compute(template(image="app:v2"), None)
    assert re.fullmatch("[456789bcdf]{7,10}", pod_template_hash.compute(template(), None))


def test_a_collision_count_makes_another_hash():
    hashes = {pod_template_hash.compute(template(), count) for count in (None, 0, 1, 2)}
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param(template(), template(), True, id="the same"),
        pytest.param(template(**{"pod-template-hash": "a"}), template(), True, id="the hash does not count"),
        pytest.param(template(tier="a"), template(), False, id="another label"),
        pytest.param(template(image="app:v2"), template(), False, id="another image"),
    ],
)
def test_equality_but_for_the_hash(one, other, equal):
    assert pod_template_hash.equal_ignore_hash(one, other) is equal


def test_a_long_name_is_cut_so_that_the_hash_fits():
    assert pod_template_hash.replica_set_name("web", "abc") == "web-abc"
    name = pod_template_hash.replica_set_name("w" * 253, "abc")
    assert len(name) == 253 and name.endswith("w-abc")
