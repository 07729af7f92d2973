"""Pulling and pushing: the Hub, private registries, and what goes wrong between them."""

import pytest

from k8slab.docker.errors import DockerError
from k8slab.docker.manifests import Platform
from k8slab.docker.remotes import Auth
from tests.docker.image_world import LEARNER, ImageWorld, texts


@pytest.fixture
def world():
    return ImageWorld()


def test_a_pull_tells_of_every_layer(world):
    messages = world.pull("alpine")
    image = world.store.find("alpine")
    id = image.config.diff_ids[0][7:19]
    assert texts(messages) == [
        "latest Pulling from library/alpine",
        f"{id} Pulling fs layer",
        f"{id} Verifying Checksum",
        f"{id} Download complete",
        f"{id} Pull complete",
        f"Digest: {world.store.digests(image.id)[0].partition('@')[2]}",
        "Status: Downloaded newer image for alpine:latest",
    ]
    moving = [one for one in messages if one.get("progress")]
    assert [one["status"] for one in moving] == ["Downloading"] * 6 + ["Extracting"] * 6
    assert list(moving[-1]) == ["status", "progressDetail", "progress", "id"]
    assert moving[-1]["progressDetail"]["current"] == moving[-1]["progressDetail"]["total"]
    assert world.events[-1] == ("pull", "alpine:latest", {"name": "alpine"})


def test_a_second_pull_finds_nothing_new(world):
    world.pull("alpine")
    assert texts(world.pull("alpine"))[-1] == "Status: Image is up to date for alpine:latest"
    assert len(world.pull("alpine")) == 3


def test_layers_that_are_here_are_not_fetched_again(world):
    world.pull("nginx:1.27")
    said = texts(world.pull("nginx:1.28"))
    assert said[1].endswith("Already exists")
    assert said[2].endswith("Pulling fs layer")


def test_a_fourth_layer_waits_for_a_place(world):
    said = texts(world.pull("nginx:1.27"))
    assert sum(one.endswith("Waiting") for one in said) == 4
    unpacked = [one[:12] for one in said if one.endswith("Pull complete")]
    assert unpacked == [diff_id[7:19] for diff_id in world.store.find("nginx:1.27").config.diff_ids]


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("nginx:9", 404, "manifest for nginx:9 not found: manifest unknown: manifest unknown"),
        (
            "tomact:v1",
            404,
            "pull access denied for tomact, repository does not exist or may require 'docker login': "
            "denied: requested access to the resource is denied",
        ),
        (
            "localhost:5000/x",
            500,
            'Get "http://localhost:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
        ),
        ("reg.example.com/x", 500, 'Get "https://reg.example.com/v2/": dial tcp: lookup reg.example.com: no such host'),
    ],
)
def test_what_cannot_be_pulled_is_an_error_before_any_message(world, name, status, message):
    with pytest.raises(DockerError) as caught:
        world.pull(name)
    assert (caught.value.status, caught.value.message) == (status, message)


def test_mysql_5_7_is_not_there_for_arm(world):
    with pytest.raises(DockerError) as caught:
        world.pull("mysql:5.7", platform=Platform.parse("linux/arm64"))
    assert caught.value.message == (
        "no matching manifest for linux/arm64/v8 in the manifest list entries: no match for platform in manifest: not found"
    )
    world.pull("mysql:8.4", platform=Platform.parse("arm64"))
    assert world.store.find("mysql:8.4").config.architecture == "arm64"


def test_a_moved_tag_leaves_the_old_image_without_it(world):
    world.pull("alpine")
    old = world.store.find("alpine")
    pinned = world.store.digests(old.id)[0]
    world.hub.move_tag("alpine")
    world.pull("alpine")
    assert world.store.find("alpine") is not old
    assert world.store.tags(old.id) == []
    assert world.store.find(pinned) is old
    assert texts(world.pull(pinned))[-1] == f"Status: Image is up to date for {pinned}"


def test_latest_can_move_to_another_version(world):
    world.pull("nginx:1.28")
    digest = world.hub.move_tag("nginx", "1.28")
    world.pull("nginx")
    assert world.store.find("nginx") is world.store.find("nginx:1.28")
    assert world.store.digests(world.store.find("nginx").id) == [f"nginx@{digest}"]


def test_dead_mirrors_are_passed_over_with_a_line_in_the_log(world):
    world.registries.mirrors = ["https://registry.docker-cn.com", "http://hub-mirror.c.163.com"]
    world.pull("alpine")
    assert [line[0] for line in world.log] == ["warning", "info", "warning", "info"]
    assert world.log[0][1] == (
        'Error getting v2 registry: Get "https://registry.docker-cn.com/v2/": '
        "dial tcp: lookup registry.docker-cn.com: no such host"
    )


def test_anonymous_pulls_are_limited_and_accounts_are_not(world):
    world.hub.anonymous_pulls = 2
    world.pull("alpine")
    with pytest.raises(DockerError) as caught:
        world.pull("busybox")
    assert (caught.value.status, caught.value.message) == (
        429,
        "toomanyrequests: You have reached your unauthenticated pull rate limit. "
        "https://www.docker.com/increase-rate-limit",
    )
    world.pull("busybox", auth=LEARNER)
    world.clock.run(6 * 3600)
    world.pull("hello-world")


def test_a_private_repository_does_not_exist_for_others(world):
    world.pull("alpine")
    world.store.tag("alpine", "learner/secret")
    world.push("learner/secret", auth=LEARNER)
    world.hub.make_private("learner/secret")
    with pytest.raises(DockerError, match="pull access denied for learner/secret"):
        world.pull("learner/secret")
    world.pull("learner/secret", auth=LEARNER)


def test_push_needs_a_login_and_an_own_namespace(world):
    world.pull("alpine")
    for name in ("xmfree/alpine", "learner/web", "alpine"):
        world.store.tag("alpine", name, "v1")
        with pytest.raises(DockerError, match=r"^denied: requested access to the resource is denied$"):
            world.push(f"{name}:v1")
    with pytest.raises(DockerError, match="denied"):
        world.push("xmfree/alpine:v1", auth=LEARNER)
    id = world.store.find("alpine").config.diff_ids[0][7:19]
    messages = world.push("learner/web:v1", auth=LEARNER)
    assert texts(messages)[:3] == [
        "The push refers to repository [docker.io/learner/web]",
        f"{id} Preparing",
        f"{id} Mounted from library/alpine",
    ]
    assert messages[-1]["aux"]["Tag"] == "v1"
    assert texts(messages)[-1] == f"v1: digest: {messages[-1]['aux']['Digest']} size: {messages[-1]['aux']['Size']}"
    assert texts(world.push("learner/web:v1", auth=LEARNER))[2] == f"{id} Layer already exists"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "An image does not exist locally with the tag: nope"),
        ("alpine:v9", "tag does not exist: alpine:v9"),
    ],
)
def test_push_of_what_is_not_here(world, name, message):
    world.pull("alpine")
    with pytest.raises(DockerError) as caught:
        world.push(name, auth=LEARNER)
    assert caught.value.message == message


def test_login(world):
    answer = world.run(world.transfers.login(LEARNER))
    assert answer == {"Status": "Login Succeeded", "IdentityToken": ""}
    with pytest.raises(DockerError) as caught:
        world.run(world.transfers.login(Auth("learner", "wrong")))
    assert (caught.value.status, caught.value.message) == (
        401,
        'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password',
    )


def test_search_shows_official_images_first(world):
    rows = world.hub.search("nginx")
    assert rows[0] == {
        "star_count": 21000,
        "is_official": True,
        "name": "nginx",
        "is_automated": False,
        "description": "Official build of Nginx.",
    }
    assert [row["name"] for row in world.hub.search("alpine", limit=2)] == ["alpine", "httpd"] or len(
        world.hub.search("alpine", limit=2)
    ) == 2
    assert world.hub.search("no such thing") == []


def test_every_image_of_the_catalogue_can_be_made(world):
    for repository in world.hub.catalogue.repositories.values():
        for image in repository.images:
            variant = image.variant(image.platforms[0])
            assert variant.config.history, image.tags
            assert sum(not line.empty_layer for line in variant.config.history) == len(variant.layers)


def test_two_labs_share_the_layers(world):
    other = ImageWorld()
    world.pull("debian")
    other.pull("debian")
    assert other.store.find("debian").layers[0].root is world.store.find("debian").layers[0].root
    assert other.store.find("debian").id == world.store.find("debian").id
