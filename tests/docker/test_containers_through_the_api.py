"""Experiments through the Engine API: the first slice of a container's life, documents, versions and refusals."""

import pytest

INSPECT_KEYS = [
    "Id",
    "Created",
    "Path",
    "Args",
    "State",
    "Image",
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "LogPath",
    "Name",
    "RestartCount",
    "Driver",
    "Platform",
    "MountLabel",
    "ProcessLabel",
    "AppArmorProfile",
    "ExecIDs",
    "HostConfig",
    "GraphDriver",
    "Mounts",
    "Config",
    "NetworkSettings",
]


def run(world, name, *command, **more):
    world.ask("POST", "/v1.50/containers/create", {"Image": "alpine", "Cmd": list(command), **more}, name=name)
    assert world.ask("POST", f"/v1.50/containers/{name}/start").status == 204


def test_a_container_from_create_to_rm(world):
    created = world.ask("POST", "/v1.50/containers/create", {"Image": "alpine", "Cmd": ["echo", "hello"]}, name="e1")
    assert created.status == 201 and created.json()["Warnings"] == []
    assert world.ask("POST", "/v1.50/containers/e1/start").status == 204
    assert world.ask("POST", "/v1.50/containers/e1/wait").json() == {"StatusCode": 0}
    logs = world.ask("GET", "/v1.50/containers/e1/logs", stdout=1, stderr=1)
    assert logs.body == b"\x01\0\0\0\0\0\0\x06hello\n"
    assert logs.headers["content-type"] == "application/vnd.docker.multiplexed-stream"
    found = world.ask("GET", "/v1.50/containers/e1/json").json()
    assert list(found) == INSPECT_KEYS
    assert (found["State"]["Status"], found["State"]["ExitCode"], found["Path"], found["Args"]) == (
        "exited",
        0,
        "echo",
        ["hello"],
    )
    assert world.ask("GET", "/v1.50/containers/json").json() == []
    (row,) = world.ask("GET", "/v1.50/containers/json", all=1).json()
    assert (row["Names"], row["Image"], row["Command"], row["Status"]) == (
        ["/e1"], "alpine", "echo hello", "Exited (0) Less than a second ago",
    )  # fmt: skip
    assert world.ask("DELETE", "/v1.50/containers/e1").status == 204
    assert world.ask("GET", "/v1.50/containers/e1/json").json() == {"message": "No such container: e1"}


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/v1.51/info", 400, "client version 1.51 is too new. Maximum supported API version is 1.50"),
        ("GET", "/v1.23/info", 400, "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version"),
        ("GET", "/v1.50/nope", 404, "page not found"),
        ("GET", "/v1.50/containers/web/json", 404, "No such container: web"),
        ("GET", "/v1.50/images/nope/json", 404, "No such image: nope:latest"),
        ("GET", "/v1.50/networks/nope", 404, "network nope not found"),
        ("GET", "/v1.50/volumes/nope", 404, "get nope: no such volume"),
        ("GET", "/v1.50/exec/nope/json", 404, "No such exec instance: nope"),
        ("DELETE", "/v1.50/networks/bridge", 403, "bridge is a pre-defined network and cannot be removed"),
        ("POST", "/v1.50/containers/create", 400, "no image specified"),
        ("GET", "/v1.50/nodes", 503, 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'),
    ],
)  # fmt: skip
def test_what_the_daemon_refuses_in_its_own_words(world, method, path, status, message):
    answer = world.ask(method, path)
    assert (answer.status, answer.json()) == (status, {"message": message})


@pytest.mark.parametrize(
    ("body", "name", "status", "words"),
    [
        ({"Image": "nope"}, "", 404, "No such image: nope:latest"),
        ({"Image": "UPPER"}, "", 400, "repository name (library/UPPER) must be lowercase"),
        ({"Image": "alpine"}, "a", 400, "Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
        ({"Image": "alpine", "WorkingDir": "rel"}, "", 400, "the working directory 'rel' is invalid, it needs to be an absolute path"),
        ({"Image": "alpine", "HostConfig": {"Memory": 1000}}, "", 400, "Minimum memory limit allowed is 6MB"),
        ({"Image": "alpine", "HostConfig": {"NanoCpus": 99 * 10**9}}, "", 400, "range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available"),
        ({"Image": "alpine", "HostConfig": {"RestartPolicy": {"Name": "often"}}}, "", 400, "unknown policy 'often'"),
        ({"Image": "alpine", "HostConfig": {"AutoRemove": True, "RestartPolicy": {"Name": "always"}}}, "", 400, "can't create 'AutoRemove' container with restart policy"),
        ({"Image": "alpine", "HostConfig": {"Memory": "much"}}, "", 400, "json: cannot unmarshal string into Go struct field HostConfig.Memory of type int64"),
        ({"Image": "alpine", "HostConfig": {"PortBindings": {"80/tcp": [7]}}}, "", 400, "json: cannot unmarshal array into Go struct field HostConfig.PortBindings"),
        ({"Image": "alpine", "HostConfig": {"PortBindings": {"x/tcp": []}}}, "", 400, "invalid port specification"),
        ({"Image": "alpine", "HostConfig": "x"}, "", 400, "cannot unmarshal string into Go struct field HostConfig"),
        ({"Image": "alpine", "NetworkingConfig": {"EndpointsConfig": {"x": 5}}}, "", 400, "NetworkingConfig.EndpointsConfig"),
        ({"Image": "alpine", "Env": "A=1"}, "", 400, "Config.Env of type []string"),
        ({"Image": "alpine", "HostConfig": {"Binds": ["a:b:c:d"]}}, "", 400, "invalid volume specification: 'a:b:c:d'"),
        ({"Image": "alpine", "HostConfig": {"Binds": ["/a:/b:sideways"]}}, "", 400, "invalid mode: sideways"),
        ({"Image": "alpine", "HostConfig": {"Binds": ["/a:/b", "c1:/b"]}}, "", 400, "Duplicate mount point: /b"),
        ({"Image": "alpine", "HostConfig": {"Mounts": [{"Type": "bind", "Source": "/nope", "Target": "/x"}]}}, "", 400, 'invalid mount config for type "bind": bind source path does not exist: /nope'),
        ({"Image": "alpine", "NetworkingConfig": {"EndpointsConfig": {"bridge": {"IPAMConfig": {"IPv4Address": "172.17.0.9"}}}}}, "", 400, "user specified IP address is supported on user defined networks only"),
    ],
)  # fmt: skip
def test_what_cannot_be_created(world, body, name, status, words):
    answer = world.ask("POST", "/v1.50/containers/create", body, **({"name": name} if name else {}))
    assert answer.status == status
    assert words in answer.json()["message"]


def test_a_taken_name_names_its_owner(world):
    run(world, "web", "true")
    owner = world.ask("GET", "/v1.50/containers/web/json").json()["Id"]
    answer = world.ask("POST", "/v1.50/containers/create", {"Image": "alpine"}, name="web")
    assert answer.status == 409
    assert answer.json()["message"] == (
        f'Conflict. The container name "/web" is already in use by container "{owner}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["nosuch"], 127, 'exec: "nosuch": executable file not found in $PATH: unknown'),
        (["/nope"], 127, 'exec: "/nope": stat /nope: no such file or directory: unknown'),
        (["/etc/passwd"], 126, 'exec: "/etc/passwd": permission denied: unknown'),
    ],
)
def test_what_cannot_be_started(world, command, code, words):
    world.ask("POST", "/v1.50/containers/create", {"Image": "alpine", "Cmd": command}, name="bad")
    answer = world.ask("POST", "/v1.50/containers/bad/start")
    assert answer.status == 400
    assert answer.json()["message"].endswith(words)
    state = world.ask("GET", "/v1.50/containers/bad/json").json()["State"]
    assert (state["Status"], state["ExitCode"]) == ("created", code)


def test_starting_and_stopping_twice_changes_nothing(world):
    run(world, "s1", "sleep", "100")
    assert world.ask("POST", "/v1.50/containers/s1/start").status == 304
    assert world.ask("POST", "/v1.50/containers/s1/stop", t=1).status == 204
    assert world.ask("POST", "/v1.50/containers/s1/stop").status == 304
    answer = world.ask("POST", "/v1.50/containers/s1/kill")
    assert answer.status == 409 and answer.json()["message"].endswith("is not running")


def test_a_running_container_is_only_removed_by_force(world):
    run(world, "r1", "sleep", "100")
    answer = world.ask("DELETE", "/v1.50/containers/r1")
    assert (answer.status, answer.json()["message"]) == (
        409, 'cannot remove container "/r1": container is running: stop the container before removing or force remove',
    )  # fmt: skip
    assert world.ask("DELETE", "/v1.50/containers/r1", force=1).status == 204
    assert world.ask("GET", "/v1.50/containers/json", all=1).json() == []


def test_the_wait_that_is_opened_before_the_start_answers_at_the_end(world):
    from k8slab.sim.http import Request

    world.ask(
        "POST", "/v1.50/containers/create", {"Image": "alpine", "Cmd": ["sh", "-c", "sleep 2; exit 7"]}, name="w1"
    )
    waiting = world.api.handle(Request.of("POST", "/v1.50/containers/w1/wait", params={"condition": "next-exit"}))
    assert waiting.stream.read() == b""
    world.ask("POST", "/v1.50/containers/w1/start")
    world.clock.run(3)
    assert waiting.stream.read() == b'{"StatusCode":7}\n'
    assert waiting.stream.read() is None


def test_docker_s_own_processes_are_seen_on_the_host(world):
    run(world, "p1", "sleep", "100")
    by_number = {one.host_pid: one for one in world.host.processes.values()}
    names = {one.argv[0] for one in by_number.values()}
    assert {"/usr/bin/dockerd", "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2", "runc", "sleep"} <= names
    world.clock.run(1)
    sleeper = next(one for one in world.host.processes.values() if one.argv[0] == "sleep")
    assert sleeper.parent.argv[0] == "/usr/bin/containerd-shim-runc-v2"
    assert not any(one.argv[0] == "runc" for one in world.host.processes.values())
    world.ask("DELETE", "/v1.50/containers/p1", force=1)
    world.clock.run(1)
    assert not any("shim" in one.argv[0] for one in world.host.processes.values())


def test_the_log_file_lies_on_the_host(world):
    run(world, "l1", "echo", "hi")
    world.clock.run(1)
    path = world.ask("GET", "/v1.50/containers/l1/json").json()["LogPath"]
    assert world.host.files.read_text(path).startswith('{"log":"hi\\n","stream":"stdout","time":"2026-01-01T00:00:')


def test_equal_seeds_give_equal_worlds():
    from tests.docker.conftest import World

    def story():
        made = World()
        made.client.images.pull("alpine", tag="latest")
        made.client.containers.run("alpine", "echo hi", detach=True)
        made.clock.run(1)
        return made.trace.text()

    assert story() == story()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/volumes/create", {"Name": "aa", "Labels": [1]}),
        ("/volumes/create", {"Name": 5}),
        ("/networks/create", {"Name": "aa", "IPAM": "x"}),
        ("/networks/create", {"Name": "aa", "IPAM": {"Config": [3]}}),
        ("/networks/create", {"Name": "aa", "Options": {"a": 1}}),
        ("/containers/web/exec", {"Cmd": True}),
        ("/containers/web/exec", {"Cmd": [1]}),
        ("/containers/web/update", {"Memory": "x"}),
        ("/containers/web/update", {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": "3"}}),
    ],
)
def test_values_of_the_wrong_kind_are_refused(world, path, body):
    run(world, "web", "sleep", "100")
    answer = world.ask("POST", "/v1.50" + path, body)
    assert answer.status == 400
    assert answer.json()["message"].startswith("invalid JSON: json: cannot unmarshal")
