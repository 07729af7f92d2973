"""The overlay: what shines through, what is copied up, what a deletion leaves."""

from __future__ import annotations

import errno

import pytest

from k8slab.machine.fs.changes import changes, size
from k8slab.machine.fs.inode import WHITEOUT, Directory, File, build, seal
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.overlay import MergedDirectory, layer_of, overlay
from k8slab.machine.fs.view import FileView


def stacked(*lowers: dict[str, object]) -> tuple[MergedDirectory, FileView]:
    """Return an overlay over *lowers* (top first) and root's view of it; time is always 100."""
    root = overlay([seal(build(tree)) for tree in lowers])
    return root, FileView(MountNamespace(Mount(FileSystem("overlay", "overlay"), root)), lambda: 100.0)


def test_the_upper_of_two_layers_wins_and_directories_merge():
    _, view = stacked({"etc": {"a": "new", "b": "b"}}, {"etc": {"a": "old", "c": "c"}, "bin": {}})
    assert view.list("/") == ["bin", "etc"]
    assert view.list("/etc") == ["a", "b", "c"]
    assert view.read("/etc/a") == b"new"


def test_a_file_of_one_layer_hides_a_directory_of_the_layer_below():
    _, view = stacked({"x": "file"}, {"x": {"inner": "i"}})
    assert view.read("/x") == b"file"
    with pytest.raises(NotADirectoryError):
        view.read("/x/inner")


def test_writing_copies_up_and_leaves_the_layer_alone():
    root, view = stacked({"etc": {"hosts": "127.0.0.1\n"}})
    lower = root.lowers[0]
    view.write("/etc/hosts", "10.0.0.1\n", append=True)
    assert view.read("/etc/hosts") == b"127.0.0.1\n10.0.0.1\n"
    etc = lower.entries["etc"]
    assert isinstance(etc, Directory) and isinstance(etc.entries["hosts"], File)
    assert etc.entries["hosts"].data == b"127.0.0.1\n"
    assert changes(root) == [("C", "/etc"), ("C", "/etc/hosts")]


def test_a_deleted_file_leaves_a_whiteout_and_can_come_back():
    root, view = stacked({"a": "1", "b": "2"})
    view.unlink("/a")
    assert view.list("/") == ["b"]
    assert root.upper is not None and root.upper.entries["a"] is WHITEOUT
    assert changes(root) == [("D", "/a")]
    view.write("/a", "again")
    assert view.read("/a") == b"again"
    assert changes(root) == [("C", "/a")]


def test_a_file_that_was_only_above_leaves_no_whiteout():
    root, view = stacked({"a": "1"})
    view.write("/tmpfile", "x")
    view.unlink("/tmpfile")
    assert changes(root) == []


def test_a_directory_made_where_one_was_removed_is_opaque():
    root, view = stacked({"d": {"old": "o", "deep": {"x": "y"}}})
    view.remove_tree("/d")
    view.make_directory("/d")
    assert view.list("/d") == []
    view.write("/d/new", "n")
    assert changes(root) == [("C", "/d"), ("D", "/d/deep"), ("A", "/d/new"), ("D", "/d/old")]


def test_changing_a_mode_copies_up_but_not_what_is_inside():
    root, view = stacked({"d": {"f": "x"}})
    view.change_mode("/d", 0o700)
    assert changes(root) == [("C", "/d")]
    assert view.stat("/d").mode & 0o777 == 0o700
    assert view.read("/d/f") == b"x"


def test_a_directory_with_a_part_below_cannot_be_renamed():
    _, view = stacked({"d": {"f": "x"}})
    with pytest.raises(OSError, match="cross-device") as refused:
        view.rename("/d", "/e")
    assert refused.value.errno == errno.EXDEV
    view.make_directory("/new")
    view.write("/new/f", "1")
    view.rename("/new", "/moved")
    assert view.read("/moved/f") == b"1" and not view.exists("/new")


def test_renaming_a_file_of_a_lower_layer_moves_a_copy():
    root, view = stacked({"a": "1"})
    view.rename("/a", "/b")
    assert view.list("/") == ["b"]
    assert changes(root) == [("D", "/a"), ("A", "/b")]


def test_hard_links_share_what_is_written_once_both_are_above():
    _, view = stacked({"a": "1"})
    view.link("/a", "/b")
    view.write("/b", "2")
    assert view.read("/a") == b"2"
    assert view.stat("/a").links == 2


def test_a_file_knows_its_layer():
    root, view = stacked({"top": "t"}, {"bottom": "b", "top": "old"})
    view.write("/mine", "m")
    assert [layer_of(root, path) for path in ("/mine", "/top", "/bottom", "/none")] == [0, 1, 2, None]


def test_a_thousand_overlays_share_their_layers():
    lower = seal(build({"usr": {"bin": {f"tool{n}": "x" * 100 for n in range(500)}}}))
    roots = [overlay([lower]) for _ in range(1000)]
    assert all(root.upper is not None and not root.upper.entries and not root.children for root in roots)
    assert size(lower) == 50_000


def test_a_hole_is_counted_but_not_kept():
    _, view = stacked({"big": File(b"head", hole=10**6)})
    assert view.stat("/big").size == 10**6 + 4
    view.write("/big", "!", append=True)
    found = view.find("/big").inode
    assert isinstance(found, File)
    assert found.size == 10**6 + 5
