"""The real docker SDK in process: calls as its documentation has them, exceptions included."""

import io
import tarfile

import docker
import pytest
import requests
from docker.errors import APIError, ContainerError, ImageNotFound, NotFound

from k8slab.docker.sdk import install


def test_run_returns_what_the_container_printed(client):
    assert client.containers.run("alpine", "echo hello") == b"hello\n"


def test_run_raises_container_error_with_stderr(client):
    with pytest.raises(ContainerError) as caught:
        client.containers.run("alpine", ["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (caught.value.exit_status, caught.value.stderr) == (3, b"err\n")


def test_run_pulls_what_is_missing_and_says_what_does_not_exist(client):
    assert client.containers.run("busybox", "echo hi", remove=True) == b"hi\n"
    with pytest.raises(ImageNotFound):
        client.containers.run("nosuchimageatall")


def test_exec_in_all_its_modes(client):
    box = client.containers.run("alpine", "sleep 1000", detach=True)
    assert tuple(box.exec_run("echo hi")) == (0, b"hi\n")
    assert tuple(box.exec_run(["sh", "-c", "echo a; echo b >&2; exit 4"], demux=True)) == (4, (b"a\n", b"b\n"))
    assert list(box.exec_run(["sh", "-c", "echo a; sleep 1; echo b"], stream=True).output) == [b"a\n", b"b\n"]
    assert box.exec_run("env", environment={"COLOR": "blue"}).output.count(b"COLOR=blue\n") == 1
    assert box.exec_run("sh -c pwd", workdir="/tmp").output == b"/tmp\n"
    assert box.exec_run("id -u", user="nobody").output == b"65534\n"
    assert box.exec_run("tty", tty=True).output == b"/dev/pts/1\r\n"
    assert box.exec_run("nope").exit_code == 127
    connection = box.exec_run("cat", stdin=True, socket=True).output
    connection._sock.sendall(b"typed\n")
    assert connection.read(100) == b"\x01\0\0\0\0\0\0\x06typed\n"
    connection._sock.shutdown(1)
    assert connection.read(100) == b""


def test_exec_needs_a_running_container(client):
    box = client.containers.create("alpine", "true")
    with pytest.raises(APIError, match="is not running"):
        box.exec_run("ls")


def test_attach_gives_stdin_to_a_container(client):
    box = client.containers.create("alpine", "cat", stdin_open=True)
    connection = box.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    box.start()
    connection._sock.sendall(b"hey\n")
    assert connection.read(100) == b"\x01\0\0\0\0\0\0\x04hey\n"
    box.kill()
    assert connection.read(100) == b""


def test_a_terminal_talks_back(client):
    box = client.containers.run("alpine", "sh", tty=True, stdin_open=True, detach=True)
    connection = box.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    connection._sock.sendall(b"echo $((6*7))\nexit 5\n")
    assert box.wait()["StatusCode"] == 5
    assert b"42\r\n" in box.logs()


def test_logs_follow_the_container_to_its_end(client):
    box = client.containers.run("alpine", ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 1; done"], detach=True)
    assert list(box.logs(stream=True)) == [b"1\n", b"2\n", b"3\n"]
    assert box.logs(tail=2) == b"2\n3\n"
    assert box.logs(tail=1, timestamps=True).startswith(b"2026-01-01T00:00:0")
    assert box.logs(stderr=True, stdout=False) == b""


def test_archives_in_and_out(client):
    box = client.containers.create("alpine", "cat /tmp/f.txt")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        info = tarfile.TarInfo("f.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    assert box.put_archive("/tmp", data.getvalue())
    chunks, told = box.get_archive("/tmp/f.txt")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        assert archive.extractfile("f.txt").read() == b"abc"
    assert (told["name"], told["size"], told["mode"]) == ("f.txt", 3, 0o644)
    with pytest.raises(NotFound, match="Could not find the file /nope in container"):
        box.get_archive("/nope")
    box.start()
    box.wait()
    assert box.logs() == b"abc"


def test_diff_commit_and_run_what_was_committed(client):
    box = client.containers.run("alpine", ["sh", "-c", "echo 1 > /new; rm /etc/alpine-release"], detach=True)
    box.wait()
    assert {(row["Path"], row["Kind"]) for row in box.diff()} >= {("/new", 1), ("/etc/alpine-release", 2), ("/etc", 0)}
    image = box.commit("snap", "v1", message="why", changes="CMD cat /new")
    assert image.tags == ["snap:v1"]
    assert client.containers.run("snap:v1") == b"1\n"


def test_build_and_run(client):
    image, lines = client.images.build(
        fileobj=io.BytesIO(b"FROM alpine\nRUN echo made > /x\nCMD cat /x\n"), tag="me/app"
    )
    assert image.tags == ["me/app:latest"]
    assert any("Successfully tagged me/app:latest" in line.get("stream", "") for line in lines)
    assert client.containers.run("me/app") == b"made\n"


def test_a_wait_that_takes_too_long_times_out_in_virtual_seconds(world, client):
    box = client.containers.run("alpine", "sleep 1000", detach=True)
    before = world.clock.now
    with pytest.raises(requests.exceptions.ConnectionError, match="Read timed out"):
        box.wait(timeout=3)
    assert 3 <= world.clock.now - before < 4


def test_stats_and_top_of_a_running_container(client):
    box = client.containers.run("alpine", "sleep 1000", detach=True, mem_limit="64m")
    found = box.stats(stream=False)
    assert found["memory_stats"]["limit"] == 64 << 20 and found["pids_stats"]["current"] == 1
    assert found["precpu_stats"]["system_cpu_usage"] < found["cpu_stats"]["system_cpu_usage"]
    stream = box.stats(decode=True)
    assert [next(stream)["name"], next(stream)["name"]] == [f"/{box.name}"] * 2
    top = box.top()
    assert top["Titles"] == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert top["Processes"][0][-1] == "sleep 1000"
    assert box.top(ps_args="-o pid,args")["Processes"][0][1] == "sleep 1000"


def test_events_tell_a_life_in_order(world, client):
    world.clock.run(1)
    start = world.engine.now()
    client.containers.run("alpine", "true", name="e1", remove=True)
    found = client.events(since=start, until=world.engine.now() + 1, decode=True)
    told = [(one["Type"], one["Action"]) for one in found]
    assert [action for type, action in told if type == "container"] == ["create", "start", "die", "destroy"]
    assert [action for type, action in told if type == "network"] == ["connect", "disconnect"]


def test_listing_filters(client):
    one = client.containers.run("alpine", "sleep 100", detach=True, name="one", labels={"tier": "web"})
    client.containers.run("alpine", "sh -c 'exit 3'", detach=True, name="two").wait()
    assert client.containers.list() == [one]
    assert [box.name for box in client.containers.list(all=True)] == ["two", "one"]
    assert [box.name for box in client.containers.list(filters={"label": "tier=web"})] == ["one"]
    assert [box.name for box in client.containers.list(all=True, filters={"exited": "3"})] == ["two"]
    assert [box.name for box in client.containers.list(all=True, filters={"name": "w", "ancestor": "alpine"})] == [
        "two"
    ]
    with pytest.raises(APIError, match="invalid filter 'status=alive'"):
        client.containers.list(filters={"status": "alive"})


def test_an_unmodified_from_env_reaches_the_lab(world):
    uninstall = install(world.api, world.clock)
    try:
        assert docker.from_env().ping() is True
        assert docker.APIClient(base_url="unix:///var/run/docker.sock").version()["ApiVersion"] == "1.50"
    finally:
        uninstall()
    assert docker.APIClient.__module__ == "docker.api.client"


def test_the_system_knows_itself(client):
    client.containers.run("alpine", "true")
    assert client.version()["Version"] == "28.2.2"
    info = client.info()
    assert (info["Containers"], info["ContainersStopped"], info["Images"], info["Name"]) == (1, 1, 1, "lab")
    usage = client.df()
    assert usage["Images"][0]["Containers"] == 1 and usage["LayersSize"] == usage["Images"][0]["Size"]
