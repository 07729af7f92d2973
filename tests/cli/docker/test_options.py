"""Flags of ``docker run`` as the API takes them. The cases are what the real 28.2 client sent, or said, for the same words."""

import json

import pytest

from k8slab.cli.docker import mount_option, network_option, ports_option, units, volume_option
from k8slab.cli.docker.main import docker
from k8slab.cli.local_files import MemoryFiles
from k8slab.cli.seam import Now
from k8slab.sim.http import Request, Response

FILES = {"/lab/e.txt": "# comment\nFOO=bar\nHOME\nNOPE\n", "/lab/l.txt": "x=y\nz\n", "/lab/bad.txt": "A B=1\n"}


def sent(words, env=None):
    """Return the body that ``docker create`` sends for *words*, and what it prints on standard error."""
    verb = docker(["create", *words.split()], files=MemoryFiles(FILES, cwd="/lab"), env=env or {})
    bodies = []
    answer = None
    try:
        while True:
            step = verb.steps.send(answer)
            assert isinstance(step, Request)
            answer = Response(200, {"api-version": "1.50"})
            if step.path.endswith("/create"):
                bodies.append(json.loads(step.body))
                answer = Response.of_json(201, {"Id": "ab" * 32, "Warnings": None})
    except StopIteration:
        return (bodies[0] if bodies else None), "".join(verb.io.stderr)


@pytest.mark.parametrize(
    ("words", "place", "expected"),
    [
        pytest.param(
            "-p 80 x", "PortBindings", {"80/tcp": [{"HostIp": "", "HostPort": ""}]}, id="a port of the engine's choice"
        ),
        pytest.param(
            "-p 127.0.0.1:53:53/udp x",
            "PortBindings",
            {"53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}]},
            id="an address",
        ),
        pytest.param(
            "-p 8000-8001:80-81 x",
            "PortBindings",
            {"80/tcp": [{"HostIp": "", "HostPort": "8000"}], "81/tcp": [{"HostIp": "", "HostPort": "8001"}]},
            id="a range onto a range",
        ),
        pytest.param(
            "-p 8000-8010:80 x",
            "PortBindings",
            {"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]},
            id="one port from a range",
        ),
        pytest.param("-v /a:/b -v data:/c:ro -v /anon x", "Binds", ["/a:/b", "data:/c:ro"], id="volumes with a source"),
        pytest.param(
            "-v ./rel:/b -v .:/c x", "Binds", ["/lab/rel:/b", "/lab:/c"], id="dots are below the working directory"
        ),
        pytest.param("--tmpfs /run --tmpfs /tmp:size=10m x", "Tmpfs", {"/run": "", "/tmp": "size=10m"}, id="tmpfs"),
        pytest.param("-m 512m x", "Memory", 536870912, id="memory"),
        pytest.param("--memory-swap -1 x", "MemorySwap", -1, id="unlimited swap"),
        pytest.param("--cpus 1.5 x", "NanoCpus", 1500000000, id="processors"),
        pytest.param(
            "--restart on-failure:3 x", "RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}, id="restart"
        ),
        pytest.param(
            "--cap-add net_admin --cap-add ALL x", "CapAdd", ["ALL", "CAP_NET_ADMIN"], id="capabilities get full names"
        ),
        pytest.param("--network lab x", "NetworkMode", "lab", id="network"),
        pytest.param("--add-host a=1.2.3.4 x", "ExtraHosts", ["a:1.2.3.4"], id="extra host"),
    ],
)
def test_a_flag_becomes_a_field_of_the_host_config(words, place, expected):
    body, stderr = sent(words)
    assert (body["HostConfig"][place], stderr) == (expected, "")


@pytest.mark.parametrize(
    ("words", "place", "expected"),
    [
        pytest.param("-e A=1 -e B -e C= x", "Env", ["A=1", "B=bee", "C="], id="-e takes the caller's own value"),
        pytest.param(
            "--env-file e.txt -e Z=1 x",
            "Env",
            ["FOO=bar", "HOME=/root", "Z=1"],
            id="a file's empty names are looked up",
        ),
        pytest.param("-l a=b -l c --label-file l.txt x", "Labels", {"x": "y", "a": "b", "c": ""}, id="labels"),
        pytest.param("--entrypoint sh x -c ls", "Cmd", ["-c", "ls"], id="words after the image are the command"),
        pytest.param("-it x sh -l", "Cmd", ["sh", "-l"], id="flags after the image are the command's"),
        pytest.param("-v /anon -v /a:/b x", "Volumes", {"/anon": {}}, id="volumes without a source"),
        pytest.param(
            "--health-cmd true --health-interval 1m --health-retries 2 x",
            "Healthcheck",
            {"Test": ["CMD-SHELL", "true"], "Interval": 60000000000, "Retries": 2},
            id="health check",
        ),
    ],
)
def test_a_flag_becomes_a_field_of_the_config(words, place, expected):
    body, stderr = sent(words, {"B": "bee", "HOME": "/root"})
    assert (body[place], stderr) == (expected, "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-p abc x", "docker: invalid containerPort: abc"),
        ("-p 80-90:80-85 x", "docker: invalid ranges specified for container and host Ports: 80-85 and 80-90"),
        ("-v :x: x", "docker: invalid spec: :x:: empty section between colons"),
        ("--rm --restart always x", "docker: conflicting options: cannot specify both --restart and --rm"),
        ("--env-file nope x", "docker: open nope: no such file or directory"),
        ("--env-file bad.txt x", "docker: invalid env file (bad.txt): variable 'A B' contains whitespaces"),
        ("--mount foo x", 'invalid argument "foo" for "--mount" flag: invalid field \'foo\' must be a key=value pair'),
        ("-m 1x x", 'invalid argument "1x" for "-m, --memory" flag: invalid suffix: \'x\''),
        ("--add-host a x", 'invalid argument "a" for "--add-host" flag: bad format for add-host: "a"'),
        (
            "--network host --network a x",
            "docker: conflicting options: cannot attach both user-defined and non-user-defined network-modes",
        ),
    ],
)
def test_a_wrong_value_is_refused_in_the_clients_words(words, message):
    body, stderr = sent(words)
    assert body is None
    assert stderr.split("\n")[0] == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "Less than a second"),
        ("60", "About a minute"),
        ("5400", "2 hours"),
        ("86400", "24 hours"),
        ("1209600", "2 weeks"),
    ],
)
def test_a_span_of_time_is_told_roughly(text, expected):
    assert units.human_duration(float(text)) == expected


@pytest.mark.parametrize(
    ("size", "expected"), [(0, "0B"), (999, "999B"), (999_500, "1e+03kB"), (1_234_567, "1.23MB"), (10**15, "1PB")]
)
def test_a_size_has_three_digits(size, expected):
    assert units.human_size(size, 3) == expected


def test_the_long_form_of_a_network_names_everything():
    found = network_option.parse("name=lab,alias=db,ip=1.2.3.4,driver-opt=a.b=c,gw-priority=3")
    assert (found.target, found.aliases, found.ip, found.driver_options, found.gateway_priority) == (
        "lab",
        ["db"],
        "1.2.3.4",
        {"a.b": "c"},
        3,
    )


def test_a_mount_of_one_kind_takes_no_options_of_another():
    with pytest.raises(ValueError, match=r"cannot mix 'tmpfs-\*' options with mount type 'volume'"):
        mount_option.parse("type=volume,target=/x,tmpfs-size=1")


def test_a_drive_letter_is_part_of_the_path():
    found = volume_option.parse("a:b:c:d")
    assert (found.source, found.target) == ("a:b", "c:d")


def test_the_long_form_of_a_port_is_the_short_one():
    assert ports_option.parse(["published=8080,target=80"]) == ports_option.parse(["8080:80"])


def test_no_verb_asks_for_the_time_before_it_must():
    verb = docker(["tag", "a", "b"])
    steps = [verb.steps.send(None)]
    steps.append(verb.steps.send(Response(200, {})))
    assert not any(isinstance(step, Now) for step in steps)
