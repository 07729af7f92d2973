"""save and load, import and export, commit: what survives and what does not; and archives that mean harm."""

import gzip
import io
import json
import random
import tarfile

import pytest

from k8slab.docker import image_archive, image_documents, image_import, image_removal
from k8slab.docker.content import digest_of
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import RunConfig
from k8slab.docker.manifests import Platform
from k8slab.machine.fs.archive import Limits
from k8slab.machine.fs.inode import Directory, File, build
from k8slab.machine.fs.overlay import overlay
from tests.docker.image_world import ImageWorld


@pytest.fixture
def world():
    made = ImageWorld()
    made.pull("alpine")
    return made


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def load(world, data, **options):
    said = []
    images = image_archive.load(world.store, data, said.append, **options)
    return images, [one.get("stream") or one["status"] for one in said]


def test_save_and_load_keep_everything(world):
    image, _ = world.buildkit(
        {"Dockerfile": 'FROM alpine\nCOPY a /a\nENV X=1\nCMD ["x"]\n', "a": "A"}, tags=["me/app:1"]
    )
    world.store.tag("me/app:1", "me/app:2")
    data = image_archive.save(world.store, ["me/app:1", "alpine"])
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("manifest.json"))
    assert names[:2] == ["blobs", "blobs/sha256"]
    assert names[-4:] == ["index.json", "manifest.json", "oci-layout", "repositories"]
    assert [entry["RepoTags"] for entry in manifest] == [["me/app:1"], ["alpine:latest"]]
    other = ImageWorld()
    images, said = load(other, data, quiet=False)
    assert images[0].id == image.id
    assert said == ["Loading layer", "Loading layer", "Loaded image: me/app:1\n", "Loaded image: alpine:latest\n"]
    loaded = other.store.find("me/app:1")
    assert image_documents.history(other.store, loaded)[1:] == image_documents.history(world.store, image)[1:]
    assert loaded.config.config.cmd == ["x"]
    assert overlay(loaded.lowers).get("a").read_all() == b"A"
    assert image_archive.save(other.store, ["me/app:1", "alpine"]) == data


def test_a_bare_name_saves_all_its_tags_and_an_id_none(world):
    world.store.tag("alpine", "alpine", "mine")
    manifest = json.loads(
        image_archive._unpacked(image_archive.save(world.store, ["alpine"]), Limits())["manifest.json"]
    )
    assert manifest[0]["RepoTags"] == ["alpine:latest", "alpine:mine"]
    data = image_archive.save(world.store, [world.store.find("alpine").short_id])
    _, said = load(ImageWorld(), data)
    assert said == [f"Loaded image ID: {world.store.find('alpine').id}\n"]


def test_loading_over_a_name_takes_it_from_the_old_image(world):
    data = image_archive.save(world.store, ["alpine"])
    world.hub.move_tag("alpine")
    world.pull("alpine")
    old = world.store.find("alpine")
    _, said = load(world, data)
    assert said[0] == f"The image alpine:latest already exists, renaming the old one with ID {old.id} to empty string\n"


def test_an_oci_layout_without_manifest_json_is_loaded_too(world):
    files = image_archive._unpacked(image_archive.save(world.store, ["alpine"]), Limits())
    del files["manifest.json"], files["repositories"]
    images, said = load(ImageWorld(), tar(files))
    assert images[0].id == world.store.find("alpine").id
    assert said == ["Loaded image: alpine:latest\n"]


def test_an_import_has_files_and_nothing_else(world):
    root = overlay(world.store.find("alpine").lowers)
    data = image_import.export_tree(root)
    image = image_import.import_image(world.store, data, repository="nginx.1.0.1")
    assert world.store.tags(image.id) == ["nginx.1.0.1:latest"]
    assert image.config.config.cmd is None
    assert len(image.layers) == 1
    assert [line["Comment"] for line in image_documents.history(world.store, image)] == ["Imported from -"]
    changed = image_import.import_image(
        world.store,
        gzip.compress(data),
        repository="me/app",
        tag="1",
        changes=['CMD ["sh"]', "ENV A=b", "EXPOSE 80"],
        message="why",
    )
    assert (changed.config.config.cmd, changed.config.config.env) == (["sh"], ["A=b"])
    assert changed.layers[0] is image.layers[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["RUN x"], "run is not a valid change command"),
        (["COPY a b"], "copy is not a valid change command"),
        (["XYZ a"], "dockerfile parse error on line 1: unknown instruction: XYZ"),
        (
            ["CMD [1]"],
            "dockerfile parse error on line 1: when using JSON array syntax, arrays must be comprised of strings only",
        ),
        (["EXPOSE nope"], "invalid containerPort: nope"),
    ],
)
def test_bad_changes(world, changes, message):
    with pytest.raises(DockerError) as caught:
        image_import.import_image(world.store, tar({"a": b""}), changes=changes)
    assert (caught.value.status, caught.value.message) == (400, message)


def test_a_commit_takes_the_writable_layer_and_the_config(world):
    base = world.store.find("alpine")
    upper = build({"new": "x", "etc": {"motd": "hello"}})
    image = image_import.commit(
        world.store, upper, base, RunConfig(cmd=["nginx", "-g"], env=["A=b"]), repository="nginx", tag="1.0", author="cool",
        message="this is test", changes=["LABEL a=b"],
    )  # fmt: skip
    upper.entries["new"].data = b"changed later"
    assert overlay(image.lowers).get("new").read_all() == b"x"
    assert (image.parent, image.config.author, image.config.comment) == (base.id, "cool", "this is test")
    assert image.config.config.labels == {"a": "b"}
    assert image.config.config.env[-1].startswith("PATH=")
    first = image_documents.history(world.store, image)[0]
    assert (first["Comment"], first["CreatedBy"], first["Size"], first["Tags"]) == (
        "this is test",
        "nginx -g",
        6,
        ["nginx:1.0"],
    )
    with pytest.raises(DockerError, match="image has dependent child images"):
        image_removal.remove(world.store, base.id, force=True)


def test_hello_world_on_arm_says_so():
    world = ImageWorld()
    world.pull("hello-world", platform=Platform.parse("linux/arm64/v8"))
    assert image_documents.inspect(world.store, world.store.find("hello-world"))["Variant"] == "v8"


# -- archives that mean harm -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "invalid archive: does not contain a manifest.json"),
        ({"a": b"x"}, "invalid archive: does not contain a manifest.json"),
        ({"manifest.json": b"nonsense"}, "invalid archive: manifest.json is not JSON"),
        ({"manifest.json": b"[" * 100_000}, "invalid archive: manifest.json is not JSON"),
        ({"manifest.json": b"{}"}, "invalid archive: manifest.json is not a list of images"),
        ({"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'}, "open ../../etc/passwd: no such file or directory"),
        ({"manifest.json": b'[{"Config": "c", "Layers": ["l"]}]', "c": b'{"rootfs": {"diff_ids": []}}'}, "invalid manifest, layers length mismatch: expected 1, got 0"),
        ({"manifest.json": b'[{"Config": "c"}]', "c": b"{}"}, "invalid image JSON, no RootFS key"),
        ({"manifest.json": b'[{"Config": "c"}]', "c": b'{"rootfs": {}, "created": "yesterday"}'}, 'parsing time "yesterday": not an RFC 3339 time'),
        ({"manifest.json": b'[{"Config": "c", "Layers": ["l"]}]', "c": b'{"rootfs": {"diff_ids": ["sha256:0"]}}', "l": tar({"x": b""})}, None),
        ({"manifest.json": b'[{"Config": "c", "RepoTags": ["UPPER:1"]}]', "c": b'{"rootfs": {}}'}, "invalid reference format: repository name (library/UPPER) must be lowercase"),
        ({"index.json": b'{"manifests": [{}]}'}, "invalid archive: 'digest'"),
        ({"../manifest.json": b"[]"}, 'Error processing tar file(exit status 1): invalid tar entry "../manifest.json": path escapes the archive'),
    ],
)  # fmt: skip
def test_bad_archives_are_refused(world, files, message):
    before = dict(world.store.images)
    with pytest.raises(DockerError) as caught:
        load(world, tar(files))
    if message is not None:
        assert caught.value.message == message
    assert world.store.images == before or "UPPER" in str(message)


def hostile(kind):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("../../etc/evil" if kind == "climbs" else "link" if kind in ("hard", "soft") else "big")
        if kind == "hard":
            info.type, info.linkname = tarfile.LNKTYPE, "../../etc/passwd"
        elif kind == "soft":
            info.type, info.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(info)
        if kind == "soft":
            archive.addfile(tarfile.TarInfo("link/evil"))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["climbs", "hard", "soft"])
def test_layers_that_lead_out_of_the_root_are_refused(world, kind):
    with pytest.raises(DockerError, match="Error processing tar file"):
        image_import.import_image(world.store, hostile(kind))


def test_a_bomb_is_refused_before_it_is_unpacked(world):
    bomb = gzip.compress(tar({"zeros": bytes(3_000_000)}))
    assert len(bomb) < 10_000
    with pytest.raises(DockerError, match="too large when unpacked"):
        image_import.import_image(world.store, bomb, limits=Limits(bytes=1_000_000))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"\x1f\x8b",
        b"\x1f\x8bgarbage",
        b"BZhgarbage",
        b"\xfd7zXZ\0garbage",
        b"\0" * 700,
        bytes(range(256)) * 4,
    ],
)
def test_bytes_that_are_no_archive(world, data):
    if data in (b"", b"\0" * 700):
        assert load(ImageWorld(), tar({"manifest.json": b"[]"}))[0] == []
    with pytest.raises(DockerError):
        load(world, data)


def test_damaged_archives_always_end_in_a_docker_error(world):
    chance = random.Random(5)
    good = image_archive.save(world.store, ["alpine"])
    for _ in range(40):
        data = bytearray(good[: chance.randrange(len(good))] if chance.random() < 0.5 else good)
        for _ in range(chance.randrange(30)):
            data[chance.randrange(len(data))] = chance.randrange(256) if data else 0
        other = ImageWorld.__new__(ImageWorld)
        other.store = type(world.store)(world.clock)
        try:
            load(other, bytes(data))
        except DockerError as error:
            assert error.message


def test_layers_are_what_their_digests_say(world):
    layer = world.store.find("alpine").layers[0]
    assert digest_of(layer.tar()) == layer.diff_id
    assert isinstance(layer.root, Directory)
    assert isinstance(overlay([layer.root]).get("etc").get("alpine-release"), File)
