"""Dockerfiles and contexts of any bytes: clear errors, bounded time, nothing outside the build's own tree."""

import io
import random
import tarfile
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slab.docker.builder import checks, grammar
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.builder.words import ExpansionError, expand
from k8slab.docker.errors import DockerError
from tests.docker.image_world import ImageWorld

PIECES = [
    "FROM", "FROM alpine", " AS ", "x", "\n", "RUN", " ", "COPY", "--from=", "--chown=", "a b", "\\", "`", "<<EOF", "EOF", "$", "${", "}", ":-", "[", '"', "'",
    "]", ",", "ENV", "A=b", "ARG", "ONBUILD", "#", "# escape=`", "HEALTHCHECK", "--interval=1s", "CMD", "EXPOSE", "80", "\t", "\0", "é", "\ufeff", "SHELL",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_text_is_a_dockerfile_or_a_dockerfile_error(pieces):
    text = "".join(pieces)
    try:
        found = grammar.parse(text)
    except BuildError as error:
        assert error.message
        return
    checks.check(found)
    for one in found.instructions:
        assert 1 <= one.start <= one.end <= text.count("\n") + 1


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="${}ab:-+?#%/\\'\"* ", max_size=40))
def test_any_word_expands_or_says_why(text):
    try:
        expand(text, {"a": "ab", "b": ""})
    except ExpansionError as error:
        assert str(error).startswith("failed to process ")


def test_substitutions_do_not_nest_without_end():
    with pytest.raises(ExpansionError, match="nested too deeply"):
        expand("${a:-" * 10_000 + "}" * 10_000, {})


@pytest.mark.parametrize(
    "text",
    ["FROM a\nRUN " + "x" * 70_000, "FROM a\n" * 30_000, "FROM a\nRUN x \\\n" + "\n" * 50_000 + "y", "FROM a\nENV " + "A=b " * 10_000, "FROM a\nCMD " + "[" * 50_000],
    ids=["long line", "many stages", "empty continuations", "many pairs", "deep JSON"],
)  # fmt: skip
def test_big_dockerfiles_take_little_time(text):
    began = time.perf_counter()
    try:
        checks.check(grammar.parse(text))
    except BuildError as error:
        assert error.message == "dockerfile line greater than max allowed size of 65535"
    assert time.perf_counter() - began < 5


def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, data in members:
            info = tarfile.TarInfo(name)
            if kind == "file":
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            else:
                info.type, info.linkname = {"soft": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}[kind], data
                archive.addfile(info)
    return out.getvalue()


@pytest.mark.parametrize("name", ["../Dockerfile", "a/../../x", "/../x"])
def test_contexts_that_climb_are_refused(name):
    with pytest.raises(BuildError, match=r"path escapes the root|failed to read"):
        Context.of_tar(tar((name, "file", b"FROM scratch\n")))


def test_links_in_a_context_stay_inside_it():
    world = ImageWorld()
    world.host.files.write("/etc/secret", "top")
    dockerfile = b"FROM scratch\nCOPY out /x\n"
    context = tar(("Dockerfile", "file", dockerfile), ("out", "soft", "../../../../etc/secret"))
    with pytest.raises(DockerError, match='"/out": not found'):
        world.run(world.builder.buildkit(context, _options(), lambda _: None))


def test_an_archive_in_add_cannot_climb():
    world = ImageWorld()
    packed = tar(("../../evil", "file", b"x"))
    with pytest.raises(DockerError, match="path escapes"):
        world.buildkit({"Dockerfile": "FROM scratch\nADD a.tar /opt/\n", "a.tar": packed})


def test_a_loop_without_end_is_stopped_by_virtual_time():
    world = ImageWorld()
    world.pull("alpine")
    began = time.perf_counter()
    with pytest.raises(DockerError, match="exit code: 137"):
        world.buildkit("FROM alpine\nRUN while true; do sleep 60; done\n")
    assert time.perf_counter() - began < 5


def test_endless_output_is_clipped():
    world = ImageWorld()
    world.pull("alpine")
    said = []
    with pytest.raises(DockerError):
        world.run(
            world.builder.classic(
                Context.of_files({"Dockerfile": "FROM alpine\nRUN yes | head -c 9000000; exit 1\n"}), _options(), lambda one: said.append(len(one.get("stream", "")))
            )
        )  # fmt: skip
    assert sum(said) < 3_000_000


def test_random_contexts_end_in_errors():
    chance = random.Random(3)
    good = tar(("Dockerfile", "file", b"FROM scratch\nCOPY a /a\n"), ("a", "file", b"x" * 600))
    for _ in range(60):
        data = bytearray(good[: chance.randrange(1, len(good))])
        for _ in range(chance.randrange(20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            Context.of_tar(bytes(data)).dockerfile()
        except BuildError as error:
            assert error.message


def _options():
    return BuildOptions()
