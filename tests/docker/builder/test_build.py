"""Builds with both builders: files, cache, stages, output."""

import io
import tarfile

import pytest

from k8slab.docker import image_documents
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.errors import DockerError
from k8slab.machine.executable import executable
from k8slab.machine.fs.changes import merged_tree
from k8slab.machine.fs.inode import File, Symlink
from k8slab.machine.fs.overlay import overlay
from tests.docker.image_world import ImageWorld


@pytest.fixture
def world():
    made = ImageWorld()
    made.pull("alpine")
    return made


@pytest.fixture(params=["classic", "buildkit"])
def build(request, world):
    return getattr(world, request.param)


def file_at(image, path):
    found = {at: node for at, node in merged_tree(overlay(image.lowers)) if at == path}
    return found.get(path)


def text_at(image, path):
    node = file_at(image, path)
    return node.read_all().decode() if isinstance(node, File) else None


def archive(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


# -- what instructions do ----------------------------------------------------------------------------------------------


def test_config_instructions(build):
    image, _ = build(
        'FROM alpine\nENV A=1 B=$A\nENV C=$A\nLABEL l="$A x"\nWORKDIR /w\nWORKDIR sub\nUSER nobody\nEXPOSE 80 53/udp\n'
        'VOLUME /data\nSTOPSIGNAL SIGQUIT\nSHELL ["/bin/sh", "-ec"]\nHEALTHCHECK CMD true\nONBUILD RUN x\nENTRYPOINT ["e"]\nCMD c d\n'
    )
    config = image.config.config
    assert config.env == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=1", "B=", "C=1"]
    assert config.labels == {"l": "1 x"}
    assert (config.working_dir, config.user, config.stop_signal) == ("/w/sub", "nobody", "SIGQUIT")
    assert sorted(config.exposed_ports) == ["53/udp", "80/tcp"]
    assert (list(config.volumes), config.on_build) == (["/data"], ["RUN x"])
    assert (config.entrypoint, config.cmd) == (["e"], ["/bin/sh", "-ec", "c d"])
    assert config.healthcheck == {"Test": ["CMD-SHELL", "true"]}
    assert len(image.layers) == 3  # each WORKDIR makes one


def test_only_the_last_cmd_counts(build):
    image, _ = build('FROM alpine\nCMD echo a\nCMD echo "successs------ok"\nCMD /bin/bash\n')
    assert image.config.config.cmd == ["/bin/sh", "-c", "/bin/bash"]


def test_an_entrypoint_forgets_the_cmd_of_the_base(build):
    image, _ = build('FROM alpine\nENTRYPOINT ["x"]\n')
    assert image.config.config.cmd is None
    image, _ = build('FROM alpine\nCMD ["y"]\nENTRYPOINT ["x"]\n')
    assert image.config.config.cmd == ["y"]


def test_run_sees_variables_user_and_directory(build):
    image, _ = build(
        "FROM alpine\nARG V=1\nENV E=2\nWORKDIR /w\nUSER 1000\nRUN echo $V $E $(id -u) $(pwd) > /tmp/out\n"
    )
    assert text_at(image, "/tmp/out") == "1 2 1000 /w\n"
    assert "V=1" not in image.config.config.env


def test_cd_does_not_last(build):
    image, _ = build("FROM alpine\nRUN cd /tmp\nRUN pwd > /out\n")
    assert text_at(image, "/out") == "/\n"


def test_a_deleted_file_stays_in_the_layer_below(build):
    image, _ = build("FROM alpine\nRUN dd if=/dev/zero of=/big bs=1024 count=1000\nRUN rm /big\n")
    assert file_at(image, "/big") is None
    assert [layer.size for layer in image.layers[1:]] == [1024000, 0]


def test_copy_to_a_directory_to_a_name_and_with_wildcards(build):
    files = {"a.txt": "A", "b.txt": "B", "dir/c.txt": "C", "dir/deep/d.txt": "D"}
    image, _ = build(
        {
            "Dockerfile": "FROM alpine\nCOPY a.txt /one\nCOPY a.txt /into/\nCOPY *.txt /all/\nCOPY dir /dir2\nWORKDIR /w\nCOPY b.txt .\nCOPY [\"a.txt\", \"x y\"]\n",
            **files,
        }
    )  # fmt: skip
    found = {
        path: text_at(image, path)
        for path in (
            "/one",
            "/into/a.txt",
            "/all/a.txt",
            "/all/b.txt",
            "/dir2/c.txt",
            "/dir2/deep/d.txt",
            "/w/b.txt",
            "/w/x y",
        )
    }
    assert found == {
        "/one": "A", "/into/a.txt": "A", "/all/a.txt": "A", "/all/b.txt": "B", "/dir2/c.txt": "C", "/dir2/deep/d.txt": "D",
        "/w/b.txt": "B", "/w/x y": "A",
    }  # fmt: skip


def test_chown_and_chmod(build):
    image, _ = build(
        {"Dockerfile": "FROM alpine\nCOPY --chown=nobody:nogroup --chmod=640 a /a\nCOPY --chown=5 a /b\n", "a": ""}
    )
    node, other = file_at(image, "/a"), file_at(image, "/b")
    assert (node.uid, node.gid, node.mode) == (65534, 65533, 0o640)
    assert (other.uid, other.gid) == (5, 5)


def test_add_unpacks_archives_and_copy_does_not(build):
    packed = archive({"apache/bin/run.sh": "x", "apache/conf": "y"})
    image, _ = build(
        {"Dockerfile": "FROM alpine\nADD a.tar.gz /opt\nCOPY a.tar.gz /opt/a.tar.gz\n", "a.tar.gz": packed}
    )
    assert text_at(image, "/opt/apache/bin/run.sh") == "x"
    assert file_at(image, "/opt/a.tar.gz").read_all() == packed


def test_onbuild_runs_in_the_next_build(build):
    build("FROM alpine\nONBUILD RUN echo hi > /hi\nONBUILD ENV A=b\n", tags=["base"])
    image, said = build("FROM base\nENV C=d\n")
    assert text_at(image, "/hi") == "hi\n"
    assert image.config.config.env[-2:] == ["A=b", "C=d"]
    assert image.config.config.on_build is None
    assert said.count("echo hi") <= 1


def test_arguments_of_the_command_line(build):
    text = "ARG BASE=nope\nFROM $BASE\nARG V=1\nLABEL v=$V\n"
    image, _ = build(text, args={"BASE": "alpine", "V": "2"})
    assert image.config.config.labels == {"v": "2"}


def test_labels_of_the_command_line(build):
    image, _ = build("FROM alpine\nLABEL a=1\n", labels={"b": "2"})
    assert image.config.config.labels == {"a": "1", "b": "2"}


def test_stages_copy_from_each_other_and_from_images(build):
    image, _ = build(
        "FROM alpine AS one\nRUN echo 1 > /one\nFROM alpine AS two\nCOPY --from=one /one /two\nFROM scratch\n"
        "COPY --from=1 /two /three\nCOPY --from=alpine /etc/alpine-release /release\n"
    )
    assert [path for path, _ in merged_tree(overlay(image.lowers))] == ["/release", "/three"]
    assert text_at(image, "/three") == "1\n"


def test_a_target_ends_the_build_there(build):
    text = "FROM alpine AS one\nENV A=1\nFROM alpine AS two\nENV A=2\n"
    assert build(text, target="one")[0].config.config.env[-1] == "A=1"
    assert build(text, target="0")[0].config.config.env[-1] == "A=1"
    with pytest.raises(DockerError):
        build(text, target="three")


def test_dockerignore_keeps_files_out(build):
    files = {
        "Dockerfile": "FROM alpine\nCOPY . /all\n",
        ".dockerignore": "*.log\nsecret\n",
        "a.log": "",
        "b": "",
        "secret/x": "",
    }
    image, _ = build(files)
    assert [path for path, _ in merged_tree(overlay(image.lowers)) if path.startswith("/all/")] == [
        "/all/.dockerignore",
        "/all/Dockerfile",
        "/all/b",
    ]


def test_scripts_and_links_keep_their_nature(build):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, mode, data in (
            ("Dockerfile", 0o644, b"FROM alpine\nCOPY run.sh link /x/\nRUN /x/run.sh > /out\n"),
            ("run.sh", 0o755, b"#!/bin/sh\necho ran\n"),
        ):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            tar.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "run.sh"
        tar.addfile(info)
    world = build.__self__
    options = BuildOptions()
    image = world.run(getattr(world.builder, build.__name__)(out.getvalue(), options, lambda _: None))
    assert text_at(image, "/out") == "ran\n"
    assert not isinstance(file_at(image, "/x/link"), Symlink)  # a named source is followed, as upstream does


# -- cache -------------------------------------------------------------------------------------------------------------


def steps_done(said):
    """Return which of BuildKit's numbered steps were not cached."""
    blocks = said.split("\n\n")
    return [
        block.split("] ", 1)[1].split("\n")[0]
        for block in blocks
        if "] " in block and "/" in block.split("] ")[0] and "DONE" in block and "internal" not in block
    ]


FILES = {"Dockerfile": "FROM alpine\nENV V=1\nRUN echo one > /one\nCOPY a.txt /a\nRUN echo two > /two\n", "a.txt": "A"}


def test_a_second_build_runs_nothing_and_makes_the_same_image(build):
    first, _ = build(FILES)
    build.__self__.clock.run(60)
    second, said = build(FILES)
    assert second.id == first.id
    assert "Running in" not in said and "DONE" not in "".join(steps_done(said))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"a.txt": "B"}, ["COPY a.txt /a", "RUN echo two > /two"], id="a copied file"),
        pytest.param({"other.txt": "x"}, [], id="a file that nobody copies"),
        pytest.param({"Dockerfile": FILES["Dockerfile"].replace("V=1", "V=2")}, ["RUN echo one > /one", "COPY a.txt /a", "RUN echo two > /two"], id="an ENV that every RUN sees"),
        pytest.param({"Dockerfile": FILES["Dockerfile"].replace("ENV V=1", "ENV V=1\nLABEL x=y")}, [], id="a label"),
        pytest.param({"Dockerfile": FILES["Dockerfile"].replace("echo two", "echo  two")}, ["RUN echo  two > /two"], id="the last command"),
    ],
)  # fmt: skip
def test_buildkit_repeats_what_a_change_touches(world, change, expected):
    world.buildkit(FILES)
    _, said = world.buildkit({**FILES, **change})
    assert steps_done(said) == expected


def test_the_classic_cache_breaks_for_all_that_follows(world):
    world.classic(FILES)
    _, said = world.classic({**FILES, "Dockerfile": FILES["Dockerfile"].replace("ENV V=1", "ENV V=1\nLABEL x=y")})
    assert said.count("Using cache") == 1
    assert said.count("Running in") == 3


def test_touching_a_file_does_not_break_the_cache(world):
    context = Context.of_files(FILES)
    world.run(world.builder.buildkit(context, BuildOptions(), lambda _: None))
    context.find("a.txt").mtime = 99.0
    said = []
    world.run(world.builder.buildkit(context, BuildOptions(), said.append))
    assert all(
        vertex["cached"]
        for one in said
        for vertex in one["aux"].get("vertexes", ())
        if vertex["name"].startswith("[") and "/" in vertex["name"].split("]")[0] and vertex["completed"]
    )


def test_no_cache_runs_everything_again(build):
    first, _ = build(FILES)
    build.__self__.clock.run(60)
    second, _ = build(FILES, no_cache=True)
    assert second.id != first.id


def test_pruning_the_cache(world):
    world.buildkit(FILES)
    assert len(world.builder.cache.documents()) == 3
    report = world.builder.cache.prune()
    assert (len(report["CachesDeleted"]), report["SpaceReclaimed"]) == (3, 9)
    _, said = world.buildkit(FILES)
    assert len(steps_done(said)) == 4  # FROM too


# -- what is said ------------------------------------------------------------------------------------------------------


def test_the_classic_stream_has_the_recorded_shape(world):
    files = {"Dockerfile": 'FROM alpine\nRUN echo building\nCOPY a.txt /a.txt\nCMD ["cat", "/a.txt"]\n', "a.txt": "A\n"}
    image, said = world.classic(files, tags=["me/app"])
    ids = [line.removeprefix(" ---> ") for line in said.split("\n") if line.startswith(" ---> ") and len(line) == 18]
    container = said.partition(" ---> Running in ")[2][:12]
    last = said.rpartition(" ---> Running in ")[2][:12]
    assert said == (
        "Step 1/4 : FROM alpine\n"
        f" ---> {ids[0]}\n"
        "Step 2/4 : RUN echo building\n"
        f" ---> Running in {container}\n"
        "building\n"
        f" ---> Removed intermediate container {container}\n"
        f" ---> {ids[1]}\n"
        "Step 3/4 : COPY a.txt /a.txt\n"
        f" ---> {ids[2]}\n"
        'Step 4/4 : CMD ["cat", "/a.txt"]\n'
        f" ---> Running in {last}\n"
        f" ---> Removed intermediate container {last}\n"
        f" ---> {ids[3]}\n"
        f"Successfully built {image.short_id}\n"
        "Successfully tagged me/app:latest\n"
    )
    assert ids[3] == image.short_id


def test_a_quiet_classic_build_says_only_the_id(world):
    image, said = world.classic("FROM busybox\nRUN echo hi\n", quiet=True)
    assert said == f"{image.id}\n"


def test_add_fetches_urls_from_the_labs_own_servers(build):
    world = build.__self__
    world.host.files.write("/etc/registry.yml", "http:\n  addr: :5000\n")
    world.host.files.add("/usr/bin/registry", executable("registry"))
    world.host.spawn(["registry", "serve", "/etc/registry.yml"])
    world.clock.run(1)
    image, _ = build("FROM scratch\nADD http://localhost:5000/v2/_catalog /opt/\n")
    assert text_at(image, "/opt/_catalog") == '{"repositories":[]}\n'
    with pytest.raises(DockerError, match=r"lookup example\.com: no such host"):
        build("FROM scratch\nADD https://example.com/x /x\n")


def test_an_image_that_is_only_copied_from_has_its_own_vertex(world):
    world.pull("busybox")
    _, said = world.buildkit("FROM scratch\nCOPY --from=busybox /etc/passwd /a\nCOPY --from=busybox /etc/group /b\n")
    assert said.count(" FROM docker.io/library/busybox:latest@sha256:") == 1


def test_histories_of_the_two_builders(world):
    files = {"Dockerfile": 'FROM alpine\nARG V=1\nRUN echo a\nCOPY a /a\nCMD ["x", "y"]\n', "a": ""}
    classic = image_documents.history(world.store, world.classic(files)[0])
    assert [line["CreatedBy"].split("file:")[0] for line in classic[:4]] == [
        '/bin/sh -c #(nop)  CMD ["x" "y"]', "/bin/sh -c #(nop) COPY ", "|1 V=1 /bin/sh -c echo a", "/bin/sh -c #(nop)  ARG V=1",
    ]  # fmt: skip
    buildkit = image_documents.history(world.store, world.buildkit(files)[0])
    assert [(line["CreatedBy"], line["Comment"]) for line in buildkit[:4]] == [
        ('CMD ["x" "y"]', "buildkit.dockerfile.v0"),
        ("COPY a /a # buildkit", "buildkit.dockerfile.v0"),
        ("RUN |1 V=1 /bin/sh -c echo a # buildkit", "buildkit.dockerfile.v0"),
        ("ARG V=1", "buildkit.dockerfile.v0"),
    ]


def test_plain_progress_from_beginning_to_end(world):
    image, said = world.buildkit({"Dockerfile": "FROM alpine\nRUN echo hi\nCOPY a /a\n", "a": "A"}, tags=["me/app"])
    digest = world.store.digests(world.store.find("alpine").id)[0].partition("@")[2]
    assert (
        said
        == f"""#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 75B done
#1 DONE 0.0s

#2 [internal] load metadata for docker.io/library/alpine:latest
#2 DONE 0.0s

#3 [internal] load .dockerignore
#3 transferring context: 2B done
#3 DONE 0.0s

#4 [internal] load build context
#4 transferring context: 65B done
#4 DONE 0.0s

#5 [1/3] FROM docker.io/library/alpine:latest@{digest}
#5 DONE 0.0s

#6 [2/3] RUN echo hi
#6 0.080 hi
#6 DONE 0.1s

#7 [3/3] COPY a /a
#7 DONE 0.0s

#8 exporting to image
#8 exporting layers done
#8 writing image {image.id} done
#8 naming to docker.io/me/app:latest done
#8 DONE 0.0s
"""
    )


def test_stages_run_side_by_side_and_unneeded_ones_not_at_all(world):
    text = (
        "FROM alpine AS slow\nRUN sleep 5 && echo 1 > /1\nFROM alpine AS quick\nRUN sleep 4 && echo 2 > /2\n"
        "FROM alpine AS unused\nRUN false\nFROM alpine\nCOPY --from=slow /1 /1\nCOPY --from=quick /2 /2\n"
    )
    before = world.clock.now
    _, said = world.buildkit(text)
    assert world.clock.now - before < 6
    assert "[slow 2/2] RUN sleep 5" in said and "[stage-3 3/3] COPY --from=quick /2 /2" in said
    assert "unused" not in said


@pytest.mark.parametrize(
    ("text", "classic", "buildkit"),
    [
        ("FROM alpine\nRUN exit 3\n", "The command '/bin/sh -c exit 3' returned a non-zero code: 3", 'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3'),
        ("FROM alpine\nCOPY nope /x\n", "COPY failed: file not found in build context or excluded by .dockerignore: stat nope: file does not exist", None),
        ("FROM alpine\nCOPY ../x /x\n", "COPY failed: forbidden path outside the build context: ../x ()", None),
        ("FROM nope\n", "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", "nope: failed to resolve source metadata for docker.io/library/nope:latest: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"),
        ("FROM alpine:9\n", "manifest for alpine:9 not found: manifest unknown: manifest unknown", "alpine:9: failed to resolve source metadata for docker.io/library/alpine:9: docker.io/library/alpine:9: not found (did you mean alpine?)"),
        ("FROM scatch\n", "pull access denied for scatch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", None),
        ("FROM a:b:c\n", "invalid reference format", 'failed to parse stage name "a:b:c": invalid reference format'),
        ("ARG X\nFROM $X\n", "base name ($X) should not be blank", "base name ($X) should not be blank"),
        ("FROM alpine\nEXPOSE x\n", "invalid containerPort: x", "invalid containerPort: x"),
        ("FROM alpine\nSTOPSIGNAL FOO\n", "invalid signal: FOO", "invalid signal: FOO"),
        ("FROM alpine\nCOPY Dockerfile .dockerignore /x\n", "COPY failed: file not found in build context or excluded by .dockerignore: stat .dockerignore: file does not exist", None),
        ("FROM alpine\nCOPY Dockerfile Dockerfile /x\n", "When using COPY with more than one source file, the destination must be a directory and end with a /", "When using COPY with more than one source file, the destination must be a directory and end with a /"),
        ("FROM alpine\nLABEL x=${\n", "failed to process \"${\": syntax error: missing '}'", "failed to process \"${\": syntax error: missing '}'"),
        ("FROM alpine\nRUN <<EOF\nx\nEOF\n", "the here-document option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled", 'process "/bin/sh -c x\n" did not complete successfully: exit code: 127'),
    ],
)  # fmt: skip
def test_failures_are_told_in_each_builders_words(world, text, classic, buildkit):
    with pytest.raises(DockerError) as caught:
        world.classic(text)
    assert caught.value.message == classic
    with pytest.raises(DockerError) as caught:
        world.buildkit(text)
    if buildkit is not None:
        assert caught.value.message == buildkit
    progress = caught.value.progress
    assert progress.endswith(f"ERROR: failed to build: failed to solve: {caught.value.message}\n")
    assert ">>>" in progress


@pytest.mark.parametrize(
    ("text", "hint"),
    [("FROM alpne\n", "alpine"), ("FROM alpine AS build\nFROM alpine\nCOPY --from=buildr /x /x\n", "build")],
)
def test_a_misspelt_image_gets_a_suggestion(world, text, hint):
    with pytest.raises(DockerError, match=rf"authorization failed \(did you mean {hint}\?\)$"):
        world.buildkit(text)


def test_a_failed_step_shows_its_last_lines_and_its_place(world):
    with pytest.raises(DockerError) as caught:
        world.buildkit("FROM alpine\n\nRUN echo one && \\\n    nosuch\n")
    end = caught.value.progress.partition("------\n")[2]
    assert (
        end
        == """ > [2/2] RUN echo one &&     nosuch:
0.080 one
0.080 /bin/sh: nosuch: not found
------
Dockerfile:3
--------------------
   2 |     
   3 | >>> RUN echo one && \\
   4 | >>>     nosuch
   5 |     
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c echo one &&     nosuch" did not complete successfully: exit code: 127
"""
    )


def test_warnings_are_listed_at_the_end(world):
    _, said = world.buildkit("FROM alpine\nMAINTAINER cool\n")
    assert said.endswith(
        "\n 1 warning found (use docker --debug to expand):\n"
        " - MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)\n"
    )
    with pytest.raises(DockerError, match="lint violation found for rules: MaintainerDeprecated"):
        world.buildkit("# check=error=true\nFROM alpine\nMAINTAINER cool\n")


def test_heredocs_run_and_copy(world):
    image, said = world.buildkit(
        "FROM alpine\nENV A=1\nRUN <<EOF\necho one > /one\necho two > /two\nEOF\n"
        "COPY <<a <<'b' /texts/\n$A\na\n$A\nb\nRUN cat <<x > /three\n3\nx\n"
    )
    assert [text_at(image, path) for path in ("/one", "/two", "/three", "/texts/a", "/texts/b")] == [
        "one\n",
        "two\n",
        "3\n",
        "1\n",
        "$A\n",
    ]
    assert "RUN <<EOF (echo one > /one...)" in said


def test_mounts_of_a_run_are_not_in_the_layer(world):
    image, _ = world.buildkit(
        {"Dockerfile": "FROM alpine\nRUN --mount=type=cache,target=/c echo x >> /c/n\nRUN --mount=type=cache,target=/c wc -l < /c/n > /out\n"
                       "RUN --mount=type=bind,target=/ctx cat /ctx/a > /b\nRUN --mount=type=secret,id=k cat /run/secrets/k > /s\n", "a": "A"},
        secrets={"k": b"top"},
    )  # fmt: skip
    assert text_at(image, "/out").strip() == "1"
    assert (text_at(image, "/b"), text_at(image, "/s")) == ("A", "top")
    assert not any(path.startswith(("/c/", "/ctx/")) for path, _ in merged_tree(overlay(image.lowers)))


def test_base_images_that_buildkit_pulls_are_not_listed(world):
    world.buildkit("FROM busybox\nENV A=b\n", tags=["x"])
    assert world.store.find_or_none("busybox") is None
    assert [one["RepoTags"] for one in image_documents.summaries(world.store)] == [["alpine:latest"], ["x:latest"]]
    world.classic("FROM busybox\nENV A=b\n")
    assert world.store.find_or_none("busybox") is not None


def test_the_seeds_tomcat_file_keeps_its_mistakes(world):
    """The space in CLASSPATH and the % in PATH are no errors: they end up in the image."""
    image, _ = world.buildkit(
        "FROM alpine\nENV JAVA_HOME /usr/local/jdk1.8.0_281\nENV CLASSPATH $JAVA_HOME /lib/dt.jar\n"
        "ENV CATALINA_HOME /usr/local/apache-tomact-9.0.41\nENV PATH $PATH:%JAVA_HOME/bin:$CATALINA_HOME/bin\n"
    )
    env = dict(one.partition("=")[::2] for one in image.config.config.env)
    assert env["CLASSPATH"] == "/usr/local/jdk1.8.0_281 /lib/dt.jar"
    assert env["PATH"].endswith(":%JAVA_HOME/bin:/usr/local/apache-tomact-9.0.41/bin")


def test_same_seed_same_images():
    ids = [ImageWorld(7).buildkit(FILES)[0].id for _ in range(2)]
    assert ids[0] == ids[1]
