"""Image names: cases from distribution/reference's own tests, and those of the docker CLI's recordings."""

import os
import shutil
import subprocess

import pytest

from k8slab.docker.reference import ReferenceError, parse

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("typed", "full", "familiar"),
    [
        ("nginx", "docker.io/library/nginx", "nginx"),
        ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
        ("me/app", "docker.io/me/app", "me/app"),
        ("library/nginx", "docker.io/library/nginx", "nginx"),
        ("docker.io/nginx", "docker.io/library/nginx", "nginx"),
        ("index.docker.io/library/nginx:1", "docker.io/library/nginx:1", "nginx:1"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/team/app:v1.2.3", "localhost:5000/team/app:v1.2.3", "localhost:5000/team/app:v1.2.3"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}", f"nginx@{DIGEST}"),
        (f"nginx:1@{DIGEST}", f"docker.io/library/nginx:1@{DIGEST}", f"nginx:1@{DIGEST}"),
        ("Docker/app", "Docker/app", "Docker/app"),
        ("[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"),
        ("a__b/c-d.e", "docker.io/a__b/c-d.e", "a__b/c-d.e"),
    ],
)
def test_what_people_type_and_what_it_means(typed, full, familiar):
    reference = parse(typed)
    assert (str(reference), reference.familiar) == (full, familiar)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("UPPER", "repository name (library/UPPER) must be lowercase"),
        ("docker,io/xmfree/alpine:v3.12.3", "invalid reference format"),
        ("nginx:", "invalid reference format"),
        ("-x", "invalid reference format"),
        ("a/../b", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("nginx:" + "x" * 129, "invalid reference format"),
        ("nginx@sha256:1234", "invalid reference format"),
        ("a" * 64, "cannot specify 64-byte hexadecimal strings"),
        ("a/" * 150 + "a", "must not be more than 255 characters"),
    ],
)
def test_what_is_no_name(typed, words):
    with pytest.raises(ReferenceError) as caught:
        parse(typed)
    assert words in str(caught.value)


def test_no_tag_means_latest_but_a_digest_is_enough():
    assert parse("nginx").with_default_tag().tag == "latest"
    assert parse(f"nginx@{DIGEST}").with_default_tag().tag == ""


@pytest.mark.skipif(not shutil.which("docker"), reason="no docker command on the PATH to compare with")
@pytest.mark.parametrize("typed", ["UPPER", "docker,io/x/y", "nginx:", "a/../b", "a" * 64, "-nginx", "nginx:a b"])
def test_the_real_docker_refuses_in_the_same_words(typed):
    real = subprocess.run(
        ["docker", "pull", "--", typed],
        capture_output=True,
        text=True,
        env={**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:1"},
    )
    with pytest.raises(ReferenceError) as caught:
        parse(typed)
    assert real.stderr.strip().splitlines()[0] == str(caught.value)
