"""Paths, permissions, mounts: what a process may do, and Linux's words where it may not."""

from __future__ import annotations

import errno

import pytest

from k8slab.machine.fs.inode import Directory, File, Symlink, build
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.paths import Location, Searcher
from k8slab.machine.fs.view import FileView


def view_of(tree: dict[str, object], **how: object) -> FileView:
    mount = Mount(FileSystem("ext4", "/dev/sda1", 1_000_000), build(tree))
    return FileView(MountNamespace(mount), lambda: 50.0, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("act", "number", "words"),
    [
        (lambda v: v.read("/none"), errno.ENOENT, "No such file or directory"),
        (lambda v: v.read("/f/x"), errno.ENOTDIR, "Not a directory"),
        (lambda v: v.read("/d"), errno.EISDIR, "Is a directory"),
        (lambda v: v.list("/f"), errno.ENOTDIR, "Not a directory"),
        (lambda v: v.make_directory("/d"), errno.EEXIST, "File exists"),
        (lambda v: v.make_directory("/none/x"), errno.ENOENT, "No such file or directory"),
        (lambda v: v.remove_directory("/d"), errno.ENOTEMPTY, "Directory not empty"),
        (lambda v: v.remove_directory("/f"), errno.ENOTDIR, "Not a directory"),
        (lambda v: v.unlink("/d"), errno.EISDIR, "Is a directory"),
        (lambda v: v.rename("/d", "/d/inner"), errno.EINVAL, "Invalid argument"),
        (lambda v: v.rename("/f", "/d"), errno.EISDIR, "Is a directory"),
        (lambda v: v.link("/d", "/e"), errno.EPERM, "Operation not permitted"),
        (lambda v: v.read_link("/f"), errno.EINVAL, "Invalid argument"),
        (lambda v: v.read("/loop"), errno.ELOOP, "Too many levels of symbolic links"),
        (lambda v: v.read("/" + "x" * 300), errno.ENOENT, "No such file or directory"),
        (lambda v: v.write("/" + "x" * 300, ""), errno.ENAMETOOLONG, "File name too long"),
        (lambda v: v.write("/big", b"x" * 2_000_000), errno.ENOSPC, "No space left on device"),
        (lambda v: v.find(""), errno.ENOENT, "No such file or directory"),
    ],
)
def test_refusals_have_linux_numbers_and_words(act, number, words):
    view = view_of({"f": "file", "d": {"g": "x"}, "loop": Symlink("loop")})
    with pytest.raises(OSError) as refused:
        act(view)
    if number == errno.ENOENT and "x" * 300 in (refused.value.filename or ""):
        number, words = errno.ENAMETOOLONG, "File name too long"
    assert (refused.value.errno, refused.value.strerror) == (number, words)


def test_links_and_dots_are_followed_inside_the_root():
    view = view_of({"a": {"b": {"f": "deep"}}, "up": "->a/b/../b", "abs": "->/a"})
    assert view.read("/up/f") == b"deep"
    assert view.read("/abs/b/../../a/./b/f") == b"deep"
    assert view.read("/../../a/b/f") == b"deep"


def test_a_changed_root_cannot_be_left():
    outer = view_of({"secret": "s", "jail": {"etc": {"f": "inside"}, "out": "->/../../secret", "up": "->../secret"}})
    jail = outer.find("/jail")
    inner = FileView(outer.mounts, lambda: 0.0, root=Location(None, "", jail.inode, jail.mount))
    assert inner.list("/..") == ["etc", "out", "up"]
    for path in ("/out", "/up", "/etc/../../secret"):
        with pytest.raises(FileNotFoundError):
            inner.read(path)


def test_permissions_bind_everyone_but_root():
    view = view_of({"secret": File(b"s", 0o600), "open": File(b"o", 0o644), "d": build({"x": "y"})})
    view.change_mode("/d", 0o700)
    other = FileView(view.mounts, lambda: 0.0, credentials=Searcher(1000, 1000))
    assert other.read("/open") == b"o"
    for act in (
        lambda: other.read("/secret"),
        lambda: other.write("/open", "x"),
        lambda: other.list("/d"),
        lambda: other.read("/d/x"),
        lambda: other.write("/new", ""),
    ):
        with pytest.raises(PermissionError, match="Permission denied"):
            act()
    with pytest.raises(PermissionError, match="Operation not permitted"):
        other.change_mode("/open", 0o777)


def test_in_a_sticky_directory_only_the_owner_removes():
    view = view_of({})
    view.make_directory("/tmp")
    view.change_mode("/tmp", 0o1777)
    alice = FileView(view.mounts, lambda: 0.0, credentials=Searcher(1, 1))
    bob = FileView(view.mounts, lambda: 0.0, credentials=Searcher(2, 2))
    alice.write("/tmp/a", "a")
    with pytest.raises(PermissionError, match="Operation not permitted"):
        bob.unlink("/tmp/a")
    alice.unlink("/tmp/a")


def test_a_bind_mount_is_the_same_directory_and_hides_what_was_there():
    view = view_of({"host": {"f": "1"}, "target": {"hidden": "h"}})
    source = view.find("/host")
    view.mount("/target", source.inode, source.mount.file_system)
    assert view.list("/target") == ["f"]
    view.write("/target/g", "2")
    assert view.read("/host/g") == b"2"
    view.unmount("/target")
    assert view.list("/target") == ["hidden"]


def test_a_read_only_mount_refuses_every_change():
    view = view_of({"host": {"f": "1"}, "ro": {}})
    source = view.find("/host")
    view.mount("/ro", source.inode, source.mount.file_system, read_only=True)
    for act in (
        lambda: view.write("/ro/f", "x"),
        lambda: view.write("/ro/new", "x"),
        lambda: view.unlink("/ro/f"),
        lambda: view.make_directory("/ro/d"),
        lambda: view.change_mode("/ro/f", 0o777),
        lambda: view.rename("/ro/f", "/ro/g"),
    ):
        with pytest.raises(OSError, match="Read-only file system"):
            act()
    assert view.read("/ro/f") == b"1"


def test_a_mounted_file_is_busy():
    view = view_of({"conf": "host", "etc": {"conf": "image"}})
    source = view.find("/conf")
    view.mount("/etc/conf", source.inode, source.mount.file_system)
    assert view.read("/etc/conf") == b"host"
    view.write("/etc/other", "new")
    for act in (
        lambda: view.unlink("/etc/conf"),
        lambda: view.rename("/etc/other", "/etc/conf"),
        lambda: view.rename("/etc/conf", "/etc/x"),
    ):
        with pytest.raises(OSError, match="Device or resource busy"):
            act()


def test_only_a_directory_mounts_on_a_directory():
    view = view_of({"f": "x", "d": {}})
    with pytest.raises(NotADirectoryError):
        view.mount("/d", File(b""), FileSystem("x", "x"))
    with pytest.raises(NotADirectoryError):
        view.mount("/f", Directory(), FileSystem("x", "x"))


def test_a_small_tmpfs_fills_up_and_gives_back():
    view = view_of({"t": {}})
    view.mount("/t", Directory(), FileSystem("tmpfs", "tmpfs", 1000))
    view.write("/t/a", b"x" * 900)
    with pytest.raises(OSError, match="No space left on device"):
        view.write("/t/b", b"x" * 200)
    view.unlink("/t/a")
    view.write("/t/b", b"x" * 200)
    assert view.find("/t").mount.file_system.used_bytes == 200


def test_a_tree_deeper_than_any_honest_one_is_refused():
    view = view_of({})
    with pytest.raises(OSError, match="File name too long"):
        view.make_directories("/d" * 1000)


def test_through_a_dangling_link_the_target_is_made():
    view = view_of({"l": Symlink("target")})
    view.write("/l", "x")
    assert view.read("/target") == b"x"
