"""Tar: layers and back, and archives that mean harm."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slab.machine.fs.archive import ArchiveError, Limits, is_archive, members, pack, read_layer, unpack, write_layer
from k8slab.machine.fs.inode import WHITEOUT, Directory, File, build, seal, walk
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.view import FileView


def view_of(tree: dict[str, object]) -> FileView:
    return FileView(MountNamespace(Mount(FileSystem("ext4", "/dev/sda1"), build(tree))), lambda: 0.0)


def tar_of(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in entries:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, data


def test_a_layer_goes_through_tar_and_back_unchanged():
    root = build(
        {"etc": {"passwd": "root"}, "bin": {"sh": File(b"\x7fELF", 0o755, 1, 2, 1_700_000_000.0)}, "sh": "->bin/sh"}
    )
    opaque = Directory(0o700, opaque=True)
    opaque.entries["gone"] = WHITEOUT
    root.put("var", opaque)
    data = write_layer(seal(root))
    again = read_layer(data)
    assert write_layer(again) == data
    assert [path for path, _ in walk(again)] == [path for path, _ in walk(root)]
    var = again.entries["var"]
    assert isinstance(var, Directory) and var.opaque and var.entries["gone"] is WHITEOUT


def test_whiteouts_have_the_names_of_the_image_spec():
    root = build({"d": {}})
    inner = root.entries["d"]
    assert isinstance(inner, Directory)
    inner.entries["gone"], inner.opaque = WHITEOUT, True
    with tarfile.open(fileobj=io.BytesIO(write_layer(root))) as archive:
        assert archive.getnames() == ["d", "d/.wh..wh..opq", "d/.wh.gone"]


def test_a_second_name_of_one_file_stays_one_file():
    file = File(b"x")
    root = build({})
    root.put("a", file)
    root.put("b", file)
    again = read_layer(write_layer(root))
    assert again.entries["a"] is again.entries["b"]


def test_a_hole_of_a_gigabyte_makes_a_small_archive():
    data = write_layer(build({"big": File(b"head", hole=1 << 30)}))
    assert len(data) < 20_000
    assert read_layer(data).entries["big"].size == (1 << 30) + 4


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        pytest.param(tar_of(entry("../evil", b"x")), "escapes", id="a name that climbs out"),
        pytest.param(tar_of(entry("a/../../evil", b"x")), "escapes", id="a name that climbs out later"),
        pytest.param(
            tar_of(entry("l", kind=tarfile.SYMTYPE, link="/etc"), entry("l/passwd", b"x")),
            "not a directory",
            id="a link as parent",
        ),
        pytest.param(
            tar_of(entry("h", kind=tarfile.LNKTYPE, link="../../etc/passwd")),
            "out of the root",
            id="a hard link out of the root",
        ),
        pytest.param(
            tar_of(entry("h", kind=tarfile.LNKTYPE, link="none")), "no such file", id="a hard link to nothing"
        ),
        pytest.param(tar_of(entry(".wh..")), "invalid whiteout", id="a whiteout of the parent"),
        pytest.param(tar_of(entry("/".join("d" * 500))), "too long", id="a path of 500 levels"),
        pytest.param(b"not a tar at all" * 100, "invalid tar header", id="nonsense"),
        pytest.param(tar_of(entry("f", b"x" * 5000))[:2000], "EOF", id="cut off"),
        pytest.param(gzip.compress(tar_of(entry("f", b"x" * 5000)))[:60], "EOF", id="cut off behind gzip"),
    ],
)
def test_a_hostile_layer_is_refused(archive, words):
    with pytest.raises(ArchiveError, match=words):
        read_layer(archive)


def test_a_bomb_is_stopped_while_it_unpacks():
    bomb = gzip.compress(tar_of(entry("zeros", bytes(50 << 20))))
    assert len(bomb) < 100_000
    with pytest.raises(ArchiveError, match="too large"):
        read_layer(bomb, Limits(bytes=1 << 20))


def test_too_many_entries_are_refused():
    with pytest.raises(ArchiveError, match="too many files"):
        read_layer(tar_of(*(entry(f"f{n}") for n in range(50))), Limits(entries=20))


def test_unpacking_walks_links_inside_the_target_only():
    view = view_of({"work": {"etc": {}}, "etc": {"passwd": "root"}})
    data = tar_of(entry("out", kind=tarfile.SYMTYPE, link="/etc"), entry("out/new", b"x"))
    unpack(view, data, "/work")
    assert view.read("/work/etc/new") == b"x"
    unpack(view, data, "/work", confined=False)  # as docker cp: inside the container's root
    assert view.read("/etc/new") == b"x"
    for evil in (entry("../../etc/passwd", b"evil"), entry("l", kind=tarfile.SYMTYPE, link="../../etc")):
        with pytest.raises(ArchiveError, match=r"escapes|invalid symlink"):
            unpack(view, tar_of(evil), "/work")
    assert view.read("/etc/passwd") == b"root"


def test_packing_and_unpacking_keeps_modes_owners_and_links():
    view = view_of({"src": {"f": File(b"1", 0o600, 5, 6), "d": {"g": "2"}, "l": "->f"}, "dst": {}})
    unpack(view, pack(view, "/src"), "/dst")
    assert view.read("/dst/src/d/g") == b"2"
    assert view.read_link("/dst/src/l") == "f"
    found = view.stat("/dst/src/f")
    assert (found.mode & 0o777, found.uid, found.gid) == (0o600, 5, 6)


def test_a_file_does_not_replace_a_directory_when_asked_not_to():
    view = view_of({"d": {"keep": "k"}})
    with pytest.raises(ArchiveError, match="cannot overwrite directory"):
        unpack(view, tar_of(entry("d", b"x")), "/", no_overwrite_dir_non_dir=True)
    assert view.read("/d/keep") == b"k"


def test_compressed_archives_are_known_by_their_first_bytes():
    plain = tar_of(entry("f", b"x"))
    assert is_archive(plain) and is_archive(gzip.compress(plain))
    assert not is_archive(b"hello") and not is_archive(gzip.compress(b"hello"))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_are_an_archive_or_an_archive_error(data):
    try:
        list(members(data))
    except ArchiveError as error:
        assert str(error)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "a/b", "../a", "/a", "a/../b", ".wh.a", "a/.wh..wh..opq"]),
            st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]),
            st.sampled_from(["a", "/", "../..", "b"]),
        ),
        max_size=8,
    )
)
def test_any_mix_of_entries_stays_inside(entries):
    data = tar_of(*(entry(name, b"", kind, link) for name, kind, link in entries))
    view = view_of({"jail": {}, "a": "outside", "b": "outside"})
    with contextlib.suppress(ArchiveError, OSError):
        unpack(view, data, "/jail")
    assert view.read("/a") == view.read("/b") == b"outside"
    try:
        read_layer(data)
    except ArchiveError as error:
        assert str(error)
