"""A private registry as a program on a machine, used by push and pull and asked directly."""

import json

import pytest

from k8slab.docker.content import digest_of
from k8slab.docker.errors import DockerError
from k8slab.docker.registry import RegistryApi
from k8slab.machine.executable import executable
from k8slab.machine.streams import Null, Sink
from k8slab.sim.chance import Chance
from k8slab.sim.http import Request
from tests.docker.image_world import ImageWorld, texts


@pytest.fixture
def world():
    made = ImageWorld()
    made.host.files.make_directories("/etc/distribution")
    made.host.files.write("/etc/distribution/config.yml", "http:\n  addr: :5000\n")
    made.host.files.add("/usr/bin/registry", executable("registry", version="3.0.0"))
    made.lines = []
    made.registry = made.host.spawn(
        ["registry", "serve", "/etc/distribution/config.yml"],
        fds={0: Null(), 1: Sink(made.lines.append), 2: Sink(made.lines.append)},
    )
    made.clock.run(0.1)
    made.pull("alpine")
    return made


def test_what_was_pushed_can_be_pulled_by_another(world):
    world.store.tag("alpine", "localhost:5000/me/web", "v1")
    said = texts(world.push("localhost:5000/me/web:v1"))
    assert said[0] == "The push refers to repository [localhost:5000/me/web]"
    assert said[2].endswith("Pushed")
    image = world.store.find("alpine")
    other = ImageWorld()
    other.registries.network = world.network
    other.clock, other.transfers.clock = world.clock, world.clock
    other.pull("localhost:5000/me/web:v1")
    assert other.store.find("localhost:5000/me/web:v1").id == image.id
    assert texts(world.push("localhost:5000/me/web:v1"))[2].endswith("Layer already exists")
    world.store.tag("alpine", "localhost:5000/other")
    assert texts(world.push("localhost:5000/other"))[2].endswith("Mounted from me/web")
    assert world.host.files.exists(
        "/var/lib/registry/docker/registry/v2/repositories/me/web/_manifests/tags/v1/current/link"
    )
    assert any(b"PUT /v2/me/web/manifests/v1 HTTP/1.1" in line for line in world.lines)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "localhost:5000/nope",
            "manifest for localhost:5000/nope:latest not found: manifest unknown: manifest unknown",
        ),
        (
            "localhost:5000/alpine:9",
            "manifest for localhost:5000/alpine:9 not found: manifest unknown: manifest unknown",
        ),
    ],
)
def test_what_a_registry_does_not_have(world, name, message):
    world.store.tag("alpine", "localhost:5000/alpine", "1")
    world.push("localhost:5000/alpine:1")
    with pytest.raises(DockerError) as caught:
        world.pull(name)
    assert caught.value.message == message


def test_plain_http_is_refused_for_other_machines_unless_configured(world):
    world.registries.resolve = lambda name: (
        "127.0.0.1" if name == "localhost" else "127.0.0.1" if name == "reg.lab" else None
    )
    world.registries.is_insecure = lambda domain: domain.startswith("localhost")
    with pytest.raises(DockerError) as caught:
        world.pull("reg.lab:5000/alpine")
    assert caught.value.message == 'Get "https://reg.lab:5000/v2/": http: server gave HTTP response to HTTPS client'


@pytest.mark.parametrize(
    ("insecure", "domain", "expected"),
    [
        ([], "localhost:5000", True),
        ([], "127.0.0.7:80", True),
        ([], "192.168.56.10:5000", False),
        (["192.168.56.10:5000"], "192.168.56.10:5000", True),
        (["192.168.0.0/16"], "192.168.56.10:5000", True),
        ([], "reg.lab", False),
    ],
)
def test_who_may_speak_plain_http(world, insecure, domain, expected):
    world.registries.insecure = insecure
    assert world.registries.is_insecure(domain) is expected


@pytest.fixture
def api():
    world = ImageWorld()
    return RegistryApi(world.host.files, Chance(1))


def ask(api, method, target, body=b""):
    reply = api.handle(Request.from_url(method, target, {}, body))
    return reply.status, reply.body, reply


def code(reply):
    return json.loads(reply[1])["errors"][0]["code"]


def test_the_api_step_by_step(api):
    assert ask(api, "GET", "/v2/")[:2] == (200, b"{}")
    assert ask(api, "GET", "/v2/_catalog")[1] == b'{"repositories":[]}\n'
    config = b"{}"
    status, _, started = ask(api, "POST", "/v2/web/blobs/uploads/")
    assert status == 202
    place = started.header("Location")
    assert ask(api, "PATCH", place, config[:1])[0] == 202
    assert code(ask(api, "PUT", f"{place}&digest=sha256:{'0' * 64}", config[1:])) == "DIGEST_INVALID"
    assert ask(api, "PUT", f"{place}&digest={digest_of(config)}", config[1:])[0] == 201
    assert ask(api, "GET", f"/v2/web/blobs/{digest_of(config)}")[:2] == (200, config)
    assert ask(api, "HEAD", f"/v2/other/blobs/{digest_of(config)}")[0] == 404
    media = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": media, "config": {"digest": digest_of(config), "size": 2}, "layers": []}
    ).encode()
    status, _, kept = ask(api, "PUT", "/v2/web/manifests/v1", manifest)
    assert (status, kept.header("Docker-Content-Digest")) == (201, digest_of(manifest))
    assert ask(api, "GET", "/v2/web/manifests/v1")[1] == manifest
    assert ask(api, "GET", "/v2/web/tags/list")[1] == b'{"name":"web","tags":["v1"]}\n'
    assert ask(api, "GET", "/v2/_catalog")[1] == b'{"repositories":["web"]}\n'
    assert ask(api, "DELETE", f"/v2/web/manifests/{digest_of(manifest)}")[0] == 202
    assert code(ask(api, "GET", "/v2/web/manifests/v1")) == "MANIFEST_UNKNOWN"


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "expected"),
    [
        ("GET", "/v2/web/tags/list", b"", 404, "NAME_UNKNOWN"),
        ("GET", "/v2/web/manifests/latest", b"", 404, "MANIFEST_UNKNOWN"),
        ("PUT", "/v2/web/manifests/v1", b"nonsense", 400, "MANIFEST_INVALID"),
        ("PUT", "/v2/web/manifests/v1", b"[" * 5000, 400, "MANIFEST_INVALID"),
        ("PUT", "/v2/web/manifests/v1", b'{"schemaVersion":2,"config":{"digest":"sha256:' + b"0" * 64 + b'"},"layers":[]}', 400, "MANIFEST_BLOB_UNKNOWN"),
        ("PATCH", "/v2/web/blobs/uploads/00000000-0000", b"", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("POST", "/v2/web/manifests/v1", b"", 405, "UNSUPPORTED"),
    ],
)  # fmt: skip
def test_bad_requests_get_the_registrys_codes(api, method, target, body, status, expected):
    reply = ask(api, method, target, body)
    assert (reply[0], code(reply)) == (status, expected)


@pytest.mark.parametrize(
    "target", ["/", "/v1/", "/v2/../etc/passwd", "/v2/a/../b/tags/list", "/v2/A/tags/list", "/v2//manifests/x"]
)
def test_paths_that_are_no_repository_are_not_found(api, target):
    assert ask(api, "GET", target)[0] == 404
