"""Images, their names, and what is said about them."""

import json

import pytest

from k8slab.docker import image_documents, image_removal
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import RunConfig
from k8slab.docker.image_store import ImageUse
from k8slab.docker.layers import chain_ids
from tests.docker.image_world import ImageWorld


@pytest.fixture
def world():
    made = ImageWorld()
    made.pull("alpine")
    made.pull("nginx:1.27")
    return made


def test_an_image_is_found_by_every_name_it_has(world):
    image = world.store.find("nginx:1.27")
    digest = world.store.digests(image.id)[0]
    for text in (
        image.id,
        image.short_id,
        image.id[7:20],
        "docker.io/library/nginx:1.27",
        digest,
        "sha256:" + image.id[7:12],
    ):
        assert world.store.find(text) is image, text


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("nope", 404, "No such image: nope:latest"),
        ("nope:1", 404, "No such image: nope:1"),
        ("nginx", 404, "No such image: nginx:latest"),
        ("sha256:" + "0" * 64, 404, "No such image: sha256:" + "0" * 64),
        ("docker,io/xmfree/alpine", 400, "invalid reference format"),
        ("UPPER", 400, "invalid reference format: repository name (library/UPPER) must be lowercase"),
        ("", 400, "repository name must have at least one component"),
    ],
)
def test_unknown_images_are_named_in_full(world, text, status, message):
    with pytest.raises(DockerError) as caught:
        world.store.find(text)
    assert (caught.value.status, caught.value.message) == (status, message)


def test_a_tag_is_a_second_name_and_no_copy(world):
    image = world.store.find("alpine")
    world.store.tag("alpine", "me/app", "v1")
    assert world.store.find("me/app:v1") is image
    assert world.store.tags(image.id) == ["alpine:latest", "me/app:v1"]
    assert world.events[-1][:2] == ("tag", image.id)


@pytest.mark.parametrize(
    ("repository", "tag", "message"),
    [
        ("docker,io/xmfree/alpine", "v3.12.3", "invalid reference format"),
        ("me/app", "-bad", "invalid tag format"),
        ("alpine@sha256:" + "a" * 64, "", "refusing to create a tag with a digest reference"),
    ],
)
def test_bad_tags_are_refused(world, repository, tag, message):
    with pytest.raises(DockerError) as caught:
        world.store.tag("alpine", repository, tag)
    assert caught.value.status == 400
    assert caught.value.message == message


def test_inspect_has_the_recorded_keys_in_their_order(world):
    document = image_documents.inspect(world.store, world.store.find("alpine"))
    assert list(document) == [
        "Id", "RepoTags", "RepoDigests", "Parent", "Comment", "Created", "DockerVersion", "Author", "Config", "Architecture", "Os",
        "Size", "GraphDriver", "RootFS", "Metadata",
    ]  # fmt: skip
    assert list(document["Config"]) == [
        "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Env",
        "Cmd", "Image", "Volumes", "WorkingDir", "Entrypoint", "OnBuild", "Labels",
    ]  # fmt: skip
    assert list(document["GraphDriver"]["Data"]) == ["MergedDir", "UpperDir", "WorkDir"]
    assert document["Size"] == 8310000


def test_history_says_missing_for_what_was_built_elsewhere(world):
    lines = image_documents.history(world.store, world.store.find("alpine"))
    assert [(line["Id"] == "<missing>", line["CreatedBy"], line["Size"]) for line in lines] == [
        (False, 'CMD ["/bin/sh"]', 0),
        (True, "ADD alpine-minirootfs-3.22.2-x86_64.tar.gz / # buildkit", 8310000),
    ]


def test_lists_show_what_filters_ask_for(world):
    world.store.tag("alpine", "me/app", "v1")

    def names(**filters):
        return [one["RepoTags"] for one in image_documents.summaries(world.store, filters=filters)]

    assert names() == [["alpine:latest", "me/app:v1"], ["nginx:1.27"]]
    assert names(reference=["me/*"]) == [["me/app:v1"]]
    assert names(reference=["nginx"]) == [["nginx:1.27"]]
    assert names(dangling=["true"]) == []
    assert names(before=["alpine"]) == [["nginx:1.27"]]
    assert names(since=["nginx:1.27"]) == [["alpine:latest", "me/app:v1"]]
    assert names(label=["maintainer"]) == [["nginx:1.27"]]
    with pytest.raises(DockerError, match="invalid filter 'nope'"):
        names(nope=["x"])
    with pytest.raises(DockerError, match="invalid filter 'dangling="):
        names(dangling=["perhaps"])


def test_shared_layers_are_counted_once(world):
    world.pull("nginx:1.28")
    image = world.store.find("nginx:1.28")
    shared = world.store.shared_size(image)
    assert shared == sum(layer.size for layer in image.layers if layer in world.store.find("nginx:1.27").layers)
    assert world.store.layers_size() < sum(one.size for one in world.store.images.values())
    assert image.layers[0] is world.store.find("nginx:1.27").layers[0]


def test_chain_ids_follow_the_image_specification():
    assert chain_ids([]) == []
    one = "sha256:" + "1" * 64
    assert chain_ids([one]) == [one]
    assert chain_ids([one, one])[1] != one


# -- rmi ---------------------------------------------------------------------------------------------------------------


def test_removing_one_of_two_names_only_untags(world):
    world.store.tag("alpine", "me/app")
    assert image_removal.remove(world.store, "me/app") == [{"Untagged": "me/app:latest"}]
    records = image_removal.remove(world.store, "alpine")
    image = "sha256:"
    assert [next(iter(record)) for record in records] == ["Untagged", "Untagged", "Deleted", "Deleted"]
    assert records[0] == {"Untagged": "alpine:latest"}
    assert records[2]["Deleted"].startswith(image)
    with pytest.raises(DockerError, match="No such image: alpine:latest"):
        world.store.find("alpine")


def test_layers_that_others_need_stay(world):
    world.pull("nginx:1.28")
    base = world.store.find("nginx:1.27").layers[0].diff_id
    records = image_removal.remove(world.store, "nginx:1.28")
    assert {"Deleted": base} not in records
    assert world.store.layer(base) is not None


@pytest.mark.parametrize(
    ("running", "text", "force", "message"),
    [
        pytest.param(
            False, "alpine", False,
            'conflict: unable to remove repository reference "alpine" (must force) - container aaaaaaaaaaaa is using its referenced image {id}',
            id="by name, a stopped container",
        ),
        pytest.param(
            False, "{id}", False, "conflict: unable to delete {id} (must be forced) - image is being used by stopped container aaaaaaaaaaaa",
            id="by id, a stopped container",
        ),
        pytest.param(
            True, "{id}", True, "conflict: unable to delete {id} (cannot be forced) - image is being used by running container aaaaaaaaaaaa",
            id="by id, a running container, forced",
        ),
    ],
)  # fmt: skip
def test_images_in_use_are_kept(world, running, text, force, message):
    image = world.store.find("alpine")
    world.uses.append(ImageUse("a" * 64, image.id, running))
    with pytest.raises(DockerError) as caught:
        image_removal.remove(world.store, text.format(id=image.short_id), force=force)
    assert caught.value.status == 409
    assert caught.value.message == message.format(id=image.short_id)
    assert world.store.find("alpine") is image


def test_force_takes_the_name_from_an_image_that_a_stopped_container_uses(world):
    image = world.store.find("alpine")
    world.uses.append(ImageUse("a" * 64, image.id, False))
    records = image_removal.remove(world.store, "alpine", force=True)
    assert records[0] == {"Untagged": "alpine:latest"}
    assert {"Deleted": image.id} in records


def test_an_image_with_two_repositories_is_not_deleted_by_id(world):
    image = world.store.find("alpine")
    world.store.tag("alpine", "me/app")
    with pytest.raises(DockerError) as caught:
        image_removal.remove(world.store, image.short_id)
    assert caught.value.message == (
        f"conflict: unable to delete {image.short_id} (must be forced) - image is referenced in multiple repositories"
    )
    assert len(image_removal.remove(world.store, image.short_id, force=True)) == 5


def test_an_image_with_children_is_kept_even_by_force(world):
    world.classic("FROM alpine\nLABEL a=b\n", tags=["child"])
    image = world.store.find("alpine")
    with pytest.raises(DockerError) as caught:
        image_removal.remove(world.store, image.id, force=True)
    assert caught.value.message == (
        f"conflict: unable to delete {image.short_id} (cannot be forced) - image has dependent child images"
    )
    # by name the image only loses its name
    assert [next(iter(one)) for one in image_removal.remove(world.store, "alpine")] == ["Untagged", "Untagged"]


def test_prune_takes_dangling_images_and_with_all_the_unused(world):
    world.hub.move_tag("alpine")
    old = world.store.find("alpine")
    world.pull("alpine")
    assert next(one["Id"] for one in image_documents.summaries(world.store, filters={"dangling": ["false"]})) != old.id
    report = image_removal.prune(world.store)
    assert {"Deleted": old.id} in report["ImagesDeleted"]
    assert report["SpaceReclaimed"] == 0  # its layer is also the new image's
    world.uses.append(ImageUse("a" * 64, world.store.find("nginx:1.27").id, True))
    report = image_removal.prune(world.store, {"dangling": ["false"]})
    assert report["SpaceReclaimed"] == 8310000
    assert [one["RepoTags"] for one in image_documents.summaries(world.store)] == [["nginx:1.27"]]
    assert image_removal.prune(world.store) == {"ImagesDeleted": None, "SpaceReclaimed": 0}


# -- configs -----------------------------------------------------------------------------------------------------------


def test_a_config_survives_its_json():
    config = RunConfig.from_document(
        {"Env": ["A=b"], "Cmd": "sh", "ExposedPorts": {"80/tcp": {}}, "Labels": {"b": "2", "a": "1"}, "StopTimeout": 0}
    )
    assert config.cmd == ["sh"]
    document = config.document()
    assert list(document["Labels"]) == ["a", "b"]
    assert RunConfig.from_document(json.loads(json.dumps(document))) == config


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Env": "A=b"}, "json: cannot unmarshal string into Go struct field Config.Env of type \\[\\]string"),
        ({"User": 7}, "json: cannot unmarshal number into Go struct field Config.User of type string"),
        ({"Tty": "yes"}, "json: cannot unmarshal string into Go struct field Config.Tty of type bool"),
        (["x"], "json: cannot unmarshal into Go value"),
    ],
)
def test_configs_of_the_wrong_kind_are_refused(document, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_document(document)
