"""Volumes, bind mounts and tmpfs as experiments: what stays, what is hidden, what is shared."""

import pytest
from docker.errors import APIError, ContainerError
from docker.types import Mount


def sh(client, script, **more):
    return client.containers.run("alpine", ["sh", "-c", script], remove=True, **more).decode()


def test_a_named_volume_outlives_its_containers(client):
    sh(client, "echo kept > /data/f", volumes=["data:/data"])
    assert sh(client, "cat /data/f", volumes=["data:/data"]) == "kept\n"
    assert [one.name for one in client.volumes.list()] == ["data"]
    assert client.volumes.get("data").attrs["Mountpoint"] == "/var/lib/docker/volumes/data/_data"


def test_the_volume_s_files_are_plain_files_of_the_host(world, client):
    sh(client, "echo 1 > /data/f", volumes=["data:/data"])
    assert world.host.files.read_text("/var/lib/docker/volumes/data/_data/f") == "1\n"


def test_an_empty_volume_is_filled_from_the_image_and_a_full_one_hides_it(client):
    assert "passwd" in sh(client, "ls /etc", volumes=["conf:/etc"])
    sh(client, "touch /mine/only", volumes=["other:/mine"])
    assert sh(client, "ls /etc/ | grep -v -e hosts -e hostname -e resolv", volumes=["other:/etc"]) == "only\n"


def test_a_bind_mount_hides_what_the_image_has_and_is_one_and_the_same_directory(world, client):
    world.host.files.make_directories("/srv/www")
    world.host.files.write("/srv/www/a", "host\n")
    assert sh(
        client, "cat /etc/a; echo more > /etc/b; ls /etc/passwd 2>&1 || true", volumes=["/srv/www:/etc"]
    ).startswith("host\nls:")
    assert world.host.files.read_text("/srv/www/b") == "more\n"


def test_v_makes_a_missing_directory_and_mount_refuses(world, client):
    sh(client, "true", volumes=["/srv/new:/x"])
    assert world.host.files.is_directory("/srv/new")
    with pytest.raises(
        APIError, match='invalid mount config for type "bind": bind source path does not exist: /srv/none'
    ):
        sh(client, "true", mounts=[Mount("/x", "/srv/none", type="bind")])


def test_read_only_mounts_refuse_writing(client):
    with pytest.raises(ContainerError, match="Read-only file system"):
        sh(client, "echo 1 > /data/f", volumes=["data:/data:ro"])
    with pytest.raises(ContainerError, match="Read-only file system"):
        sh(client, "echo 1 > /f", read_only=True)
    assert sh(client, "echo 1 > /run/f; cat /run/f", read_only=True, tmpfs={"/run": "size=1m"}) == "1\n"


def test_a_file_can_be_mounted_on_a_file_but_not_on_a_directory(world, client):
    world.host.files.make_directories("/srv")
    world.host.files.write("/srv/conf", "mine\n")
    assert sh(client, "cat /etc/conf", volumes=["/srv/conf:/etc/conf:ro"]) == "mine\n"
    with pytest.raises(APIError, match="Are you trying to mount a directory onto a file"):
        sh(client, "true", volumes=["/srv/conf:/etc"])


def test_volumes_from_shares_even_with_containers_that_never_ran(client):
    store = client.containers.create("alpine", volumes=["/data1"], name="v-data1")
    one = client.containers.run("alpine", "sleep 99", detach=True, volumes_from=["v-data1"])
    two = client.containers.run("alpine", "sleep 99", detach=True, volumes_from=["v-data1"])
    one.exec_run(["sh", "-c", "echo v11 > /data1/v01.txt"])
    assert two.exec_run("cat /data1/v01.txt").output == b"v11\n"
    store.remove()
    assert two.exec_run("cat /data1/v01.txt").output == b"v11\n"


def test_a_volume_in_use_stays_and_anonymous_ones_go_with_rm(client):
    box = client.containers.create("alpine", volumes=["/anon"], name="holder")
    (volume,) = client.volumes.list()
    with pytest.raises(APIError, match=rf"remove {volume.name}: volume is in use - \[{box.id}\]"):
        volume.remove()
    box.remove(v=True)
    assert client.volumes.list() == []


def test_prune_takes_anonymous_volumes_and_with_all_the_named_ones(client):
    client.volumes.create("named")
    client.containers.create("alpine", volumes=["/anon"]).remove()
    gone = client.volumes.prune()["VolumesDeleted"]
    assert len(gone) == 1 and len(gone[0]) == 64
    assert client.volumes.prune(filters={"all": "true"})["VolumesDeleted"] == ["named"]


def test_bad_names_are_refused(client):
    with pytest.raises(APIError, match='"b!d" includes invalid characters for a local volume name'):
        client.volumes.create("b!d")


def test_a_commit_has_nothing_of_the_volumes(client):
    box = client.containers.run(
        "alpine", ["sh", "-c", "echo 1 > /data/f; echo 2 > /f"], detach=True, volumes=["data:/data"]
    )
    box.wait()
    box.commit("snap", "v1")
    assert client.containers.run("snap:v1", ["sh", "-c", "ls /data; cat /f"]) == b"2\n"
