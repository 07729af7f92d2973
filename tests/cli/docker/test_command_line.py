"""The docker command as a whole: help, wrong words, streams, terminals, files; run by the drivers as the lab runs it."""

import json

import pytest
from simpy.events import Event

from k8slab.cli import driver
from k8slab.cli.docker import build_progress, dockerignore
from k8slab.cli.docker import help as helptext
from k8slab.cli.docker.main import docker, wants_terminal
from k8slab.cli.docker.streams import Demux
from k8slab.cli.docker.verbs import ARGUMENTS, VERBS
from k8slab.cli.driver import run_blocking
from k8slab.cli.local_files import MemoryFiles
from k8slab.cli.magics import docker_verb
from k8slab.cli.tar_archive import Member, pack, unpack
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request, Response


class Pipe:
    """A connection whose other side is a function of what is written: it is called with each piece and yields answers in time."""

    def __init__(self, clock, script=()):
        self.clock, self.out, self.written, self.half_closed, self.ended = clock, [], b"", False, False
        self._news = clock.event()
        for seconds, data in script:
            clock.call_later(seconds, lambda data=data: self.say(data))

    def say(self, data):
        if data is None:
            self.ended = True
        else:
            self.out.append(data)
        news, self._news = self._news, self.clock.event()
        news.succeed()

    def read(self):
        if self.out:
            return self.out.pop(0)
        return None if self.ended else b""

    def wait(self) -> Event:
        return self._news

    def write(self, data):
        self.written += data

    def close_write(self):
        self.half_closed = True

    def close(self):
        self.ended = True


def frame(kind, text):
    return bytes([kind, 0, 0, 0]) + len(text).to_bytes(4, "big") + text.encode()


class Engine:
    """Answers from a table: "METHOD path without version" -> Response or function of the request."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        path = request.path.removeprefix("/v1.50")
        answer = self.answers.get(f"{request.method} {path}", Response(200, {"api-version": "1.50"}))
        return answer(request) if callable(answer) else answer


def run(words, answers=None, **more):
    clock = more.pop("clock", None) or Clock()
    engine = Engine(answers or {})
    return driver.run_blocking(docker(words.split(), **more), engine.handle, clock), engine


@pytest.mark.parametrize("path", sorted(VERBS), ids=" ".join)
def test_every_verb_has_help_and_its_flags_can_be_read(path):
    completed, _ = run(" ".join((*path, "--help")))
    assert completed.exit_code == 0
    assert completed.stdout.startswith("Usage:  docker")
    for name in helptext.flags_of(path):
        assert f"--{name}" in completed.stdout or name in ("help",) or name in helptext_hidden(path)


def helptext_hidden(path):
    shown = helptext.recorded(path) or ""
    return [name for name in helptext.flags_of(path) if f"--{name}" not in shown]


@pytest.mark.parametrize(
    "path", [path for path, (_, most) in sorted(ARGUMENTS.items()) if most is not None], ids=" ".join
)
def test_too_many_words_are_refused_with_the_usage(path):
    completed, _ = run(" ".join((*path, *["word"] * 9)))
    assert completed.exit_code == 1
    assert f"docker: 'docker {' '.join(path)}' " in completed.stderr
    assert "\n\nUsage:  docker " in completed.stderr


def test_nobody_at_the_socket_is_told_in_the_clients_words():
    nobody = {"HEAD /_ping": Response(0), "GET /containers/json": Response(0)}
    completed, _ = run("ps", nobody)
    assert completed.exit_code == 1
    assert completed.stderr == (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n"
    )


def test_an_older_engine_is_asked_in_its_own_version():
    completed, engine = run("version", {"HEAD /_ping": Response(200, {"Api-Version": "1.44"})})
    assert engine.asked[-1].path == "/v1.44/version"
    assert "API version:       1.44 (downgraded from 1.50)" in completed.stdout


def running(clock, pipe, status=0):
    identifier = "ab" * 32
    return identifier, {
        "POST /containers/create": Response.of_json(201, {"Id": identifier, "Warnings": None}),
        f"POST /containers/{identifier}/attach": Response(101, {}, duplex=pipe),
        f"POST /containers/{identifier}/wait": Response(200, {}, json.dumps({"StatusCode": status}).encode()),
        f"POST /containers/{identifier}/start": Response(204),
        f"POST /containers/{identifier}/kill": lambda request: pipe.say(None) or Response(204),
    }


def test_a_container_in_the_foreground_prints_to_both_outputs_and_passes_its_exit_code_on():
    clock = Clock()
    pipe = Pipe(clock, [(1, frame(1, "out\n")), (2, frame(2, "err\n")), (3, None)])
    _, answers = running(clock, pipe, 3)
    completed, engine = run("run alpine sh", answers, clock=clock)
    assert (completed.stdout, completed.stderr, completed.exit_code) == ("out\n", "err\n", 3)
    assert clock.now == 3
    assert pipe.half_closed
    assert [request.path.rpartition("/")[2] for request in engine.asked] == [
        "_ping",
        "create",
        "attach",
        "wait",
        "start",
    ]


def test_what_comes_through_a_pipe_is_sent_whole_and_ended():
    clock = Clock()
    pipe = Pipe(clock, [(1, None)])
    _, answers = running(clock, pipe)
    run("run -i alpine cat", answers, clock=clock, stdin=b"a\xffb\n")
    assert (pipe.written, pipe.half_closed) == (b"a\xffb\n", True)


def test_a_container_that_never_ends_is_interrupted_with_a_signal():
    clock = Clock()
    pipe = Pipe(clock, [(1, frame(1, "started\n"))])
    identifier, answers = running(clock, pipe)
    completed, engine = run("run nginx", answers, clock=clock)
    assert completed.exit_code == 130
    assert completed.stdout == "started\n"
    assert engine.asked[-1].path.endswith(f"/containers/{identifier}/kill")
    assert engine.asked[-1].param("signal") == "INT"


def test_lines_of_a_cell_are_typed_on_the_containers_terminal():
    clock = Clock()
    pipe = Pipe(clock, [(1, b"/ # "), (5, None)])
    _, answers = running(clock, pipe)
    engine = Engine(answers)
    verb = docker_verb("run -it alpine sh", "echo hi\nexit 5\n", files=MemoryFiles())
    completed = run_blocking(verb, engine.handle, clock)
    assert pipe.written == b"echo hi\rexit 5\r\x04"
    assert completed.stdout == "/ # "


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("run -it a sh", True),
        ("run a sh -t", False),
        ("exec -t a ls", True),
        ("ps", False),
        ("start -ai a", True),
        ("foo", False),
    ],
)
def test_a_keyboard_is_needed_where_the_flags_say_so(words, expected):
    assert wants_terminal(words.split()) is expected


def test_a_terminal_cannot_be_had_without_one():
    completed, _ = run("run -it alpine sh")
    assert (completed.stderr, completed.exit_code) == ("the input device is not a TTY\n", 1)


def test_bytes_that_are_no_text_leave_as_they_came():
    data = bytes(range(256))
    completed, _ = run("save alpine", {"GET /images/get": Response(200, {}, data)})
    assert completed.output == data


def test_frames_may_be_split_anywhere():
    wire = frame(1, "hello") + frame(2, "oops")
    demux = Demux()
    found = [piece for i in range(len(wire)) for piece in demux.feed(wire[i : i + 1])]
    assert found == [(1, b"hello"), (2, b"oops")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("../evil", "file", id="a path that climbs out"),
        pytest.param("a/../../evil", "file", id="a path that climbs out later"),
        pytest.param("/etc/passwd", "file", id="an absolute path"),
    ],
)
def test_an_archive_from_a_container_writes_only_where_the_user_said(name, kind):
    files = MemoryFiles({"/lab/here/x": "x"}, cwd="/lab")
    data = pack([Member("tmp/", "dir"), Member(name, kind, data=b"evil")])
    head = {"x-docker-container-path-stat": "eyJuYW1lIjogInRtcCIsICJtb2RlIjogMjE0NzQ4NDE0MX0="}
    completed, _ = run("cp web:/tmp here", {"GET /containers/web/archive": Response(200, head, data)}, files=files)
    assert completed.exit_code == 1
    assert "is outside of" in completed.stderr
    assert files.contents == {"/lab/here/x": b"x"}


def test_an_archive_does_not_write_through_a_link_that_it_brought():
    files = MemoryFiles({"/lab/here/x": "x", "/etc/passwd": "root"}, cwd="/lab")
    data = pack([Member("tmp/", "dir"), Member("tmp/l", "link", target="/etc"), Member("tmp/l/passwd", data=b"evil")])
    head = {"x-docker-container-path-stat": "eyJuYW1lIjogInRtcCIsICJtb2RlIjogMjE0NzQ4NDE0MX0="}
    completed, _ = run("cp web:/tmp here", {"GET /containers/web/archive": Response(200, head, data)}, files=files)
    assert completed.exit_code == 1
    assert files.contents["/etc/passwd"] == b"root"


def test_something_that_is_no_archive_is_refused():
    files = MemoryFiles({"/lab/x": "x"}, cwd="/lab")
    completed, _ = run(
        "cp web:/tmp x", {"GET /containers/web/archive": Response(200, {}, b"garbage" * 100)}, files=files
    )
    assert completed.exit_code == 1


def test_a_login_is_kept_apart_from_the_users_files():
    files, home = MemoryFiles(cwd="/lab"), MemoryFiles()
    answers = {"POST /auth": Response.of_json(200, {"Status": "Login Succeeded", "IdentityToken": ""})}
    completed, _ = run("login -u me --password-stdin reg:5000", answers, files=files, home_files=home, stdin="secret\n")
    assert completed.stdout == "Login Succeeded\n"
    assert files.contents == {}
    assert json.loads(home.contents["/root/.docker/config.json"])["auths"] == {"reg:5000": {"auth": "bWU6c2VjcmV0"}}
    _, engine = run("push reg:5000/app", files=files, home_files=home)
    assert engine.asked[-1].headers["x-registry-auth"] != "e30="


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        ("*.log", "a.log", True),
        ("*.log", "sub/a.log", False),
        ("**/*.log", "sub/deep/a.log", True),
        ("**/*.log\n!sub/keep.log", "sub/keep.log", False),
        ("sub", "sub/x/y", True),
        ("sub/**", "sub/x", True),
        ("# comment\n\n", "a", False),
        ("a?c", "abc", True),
        ("/a", "a", True),
        ("[ab].txt", "b.txt", True),
    ],
)
def test_dockerignore_leaves_files_at_home(patterns, path, expected):
    assert dockerignore.ignored(dockerignore.read(patterns), path) is expected


def test_the_context_of_a_build_holds_what_dockerignore_lets_through():
    files = MemoryFiles(
        {
            "/lab/b/Dockerfile": "FROM x\n",
            "/lab/b/.dockerignore": "*\n!keep\n",
            "/lab/b/keep/a": "1",
            "/lab/b/drop": "2",
        },
        cwd="/lab",
    )
    _, engine = run("build b", {"POST /build": Response(200, {}, b"")}, files=files)
    assert [member.name for member in unpack(engine.asked[-1].body)] == [
        ".dockerignore",
        "Dockerfile",
        "keep/",
        "keep/a",
    ]


def test_a_build_of_the_labs_engine_is_shown_as_buildkit_shows_it():
    records = [
        {"vertexes": [{"digest": "v1", "name": "[internal] load build definition from Dockerfile", "started": 0.0}]},
        {
            "statuses": [
                {"vertex": "v1", "id": "transferring dockerfile:", "current": 50, "started": 0.0, "completed": 0.0}
            ]
        },
        {"vertexes": [{"digest": "v1", "started": 0.0, "completed": 0.0}]},
        {"vertexes": [{"digest": "v2", "name": "[1/2] FROM alpine", "started": 0.0, "completed": 0.0, "cached": True}]},
        {"vertexes": [{"digest": "v3", "name": "[2/2] RUN echo hi", "started": 1.0}]},
        {"logs": [{"vertex": "v3", "stream": 1, "data": "hi\n", "timestamp": 1.25}]},
        {"vertexes": [{"digest": "v3", "started": 1.0, "completed": 1.4}]},
        {
            "warnings": [
                {"vertex": "v1", "short": "MaintainerDeprecated: Maintainer instruction is deprecated", "start": 2}
            ]
        },
    ]
    stream = "".join(json.dumps({"id": build_progress.TRACE_ID, "aux": record}) + "\r\n" for record in records)
    files = MemoryFiles({"/lab/Dockerfile": "FROM alpine\n"}, cwd="/lab")
    completed, _ = run(
        "build .", {"POST /build": Response(200, {}, stream.encode())}, files=files, env={"K8SLAB_BUILDER": "1"}
    )
    assert completed.stdout == ""
    assert completed.stderr == (
        "#1 [internal] load build definition from Dockerfile\n"
        "#1 transferring dockerfile: 50B 0.0s done\n"
        "#1 DONE 0.0s\n\n"
        "#2 [1/2] FROM alpine\n"
        "#2 CACHED\n\n"
        "#3 [2/2] RUN echo hi\n"
        "#3 0.250 hi\n"
        "#3 DONE 0.4s\n"
        "\n 1 warning found (use docker --debug to expand):\n"
        " - MaintainerDeprecated: Maintainer instruction is deprecated (line 2)\n"
    )


def test_the_line_that_failed_is_marked_in_its_surroundings():
    text = build_progress.source_excerpt({"file": "Dockerfile", "text": "FROM a\nRUN b\nRUN c\n", "start": 2, "end": 2})
    assert text == (
        "Dockerfile:2\n--------------------\n   1 |     FROM a\n   2 | >>> RUN b\n   3 |     RUN c\n   4 |     \n--------------------\n"
    )


def test_compose_is_a_plug_in_that_the_client_alone_does_not_have():
    completed, _ = run("compose up")
    assert completed.stderr.startswith("docker: unknown command: docker compose\n")
    completed = run_blocking(docker_verb("compose up -d", files=MemoryFiles()), Engine({}).handle, Clock())
    assert completed.stderr == "the lab's docker has no compose plug-in yet: it arrives with the engine.\n"
