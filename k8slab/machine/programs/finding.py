"""``find``: tests and actions over a tree.

Left out: -regex, -fstype, -newerXY, the debugging options.
"""

from __future__ import annotations

import posixpath
import re
import stat as modes
from collections.abc import Generator
from typing import Any

from k8slab.machine import users
from k8slab.machine.fs.inode import Device, Directory, Fifo, File, Socket, Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.programs.tool import Call, Steps, reason
from k8slab.machine.shell import patterns


class _BadFind(Exception):
    """The expression is wrong; the message is find's."""


class _Find:
    """One find: its tests as a tree of functions."""

    def __init__(self, call: Call, words: list[str]) -> None:
        self.call = call
        self.words = words
        self.at = 0
        self.max_depth = 1 << 30
        self.min_depth = 0
        self.acts = False
        self.depth_first = False
        self.batches: list[tuple[list[str], list[str]]] = []
        self.code = 0
        self.pruned = False

    def parse(self) -> Any:
        test = self._or() if self.at < len(self.words) else (lambda *_: iter_true())
        if self.at < len(self.words):
            word = self.words[self.at]
            raise _BadFind(
                f"paths must precede expression: `{word}'"
                if not word.startswith("-")
                else f"unknown predicate `{word}'"
            )
        return test

    def _or(self) -> Any:
        left = self._and()
        while self.at < len(self.words) and self.words[self.at] in ("-o", "-or"):
            self.at += 1
            right = self._and()
            left = _either(left, right)
        return left

    def _and(self) -> Any:
        left = self._one()
        while self.at < len(self.words) and self.words[self.at] not in ("-o", "-or", ")"):
            if self.words[self.at] in ("-a", "-and"):
                self.at += 1
            left = _both(left, self._one())
        return left

    def _value(self, name: str) -> str:
        if self.at >= len(self.words):
            raise _BadFind(f"missing argument to `{name}'")
        self.at += 1
        return self.words[self.at - 1]

    def _one(self) -> Any:
        if self.at >= len(self.words):
            raise _BadFind("invalid expression")
        word = self.words[self.at]
        self.at += 1
        if word in ("!", "-not"):
            return _negated(self._one())
        if word == "(":
            inside = self._or()
            if self.at >= len(self.words) or self.words[self.at] != ")":
                raise _BadFind("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
            self.at += 1
            return inside
        return self._primary(word)

    def _primary(self, word: str) -> Any:
        files = self.call.files
        if word in ("-name", "-iname", "-path", "-wholename", "-ipath"):
            value = self._value(word)
            fold = word.startswith("-i")
            pattern = value.lower() if fold else value

            def named(path: str, found: Location) -> bool:
                text = path if "path" in word or "whole" in word else path.rstrip("/").rsplit("/", 1)[-1] or "/"
                return patterns.matches(pattern, text.lower() if fold else text)

            return _plain(named)
        if word == "-type":
            value = self._value(word)
            classes: dict[str, type | tuple[type, ...]] = {
                "f": File,
                "d": Directory,
                "l": Symlink,
                "p": Fifo,
                "s": Socket,
                "c": Device,
                "b": Device,
            }
            if any(letter not in classes for letter in value.split(",")):
                raise _BadFind(f"Unknown argument to -type: {value}")
            wanted = [classes[letter] for letter in value.split(",")]
            return _plain(lambda path, found: any(isinstance(found.inode, kind) for kind in wanted))
        if word in ("-maxdepth", "-mindepth"):
            value = self._value(word)
            if not value.isdigit():
                raise _BadFind(f"Expected a positive decimal integer argument to {word}, but got `{value}'")
            if word == "-maxdepth":
                self.max_depth = int(value)
            else:
                self.min_depth = int(value)
            return _plain(lambda path, found: True)
        if word in ("-size", "-mtime", "-mmin", "-uid", "-gid", "-links", "-perm"):
            return self._numeric(word, self._value(word))
        if word in ("-user", "-group"):
            value = self._value(word)
            table = (
                {one.name: one.uid for one in users.users(files)}
                if word == "-user"
                else {one.name: one.gid for one in users.groups(files)}
            )
            number = table.get(value, int(value) if value.isdigit() else None)
            if number is None:
                raise _BadFind(f"`{value}' is not the name of a known {word[1:]}")
            return _plain(lambda path, found: (found.inode.uid if word == "-user" else found.inode.gid) == number)
        if word == "-newer":
            other = files.stat(self._value(word)).mtime
            return _plain(lambda path, found: found.inode.mtime > other)
        if word == "-empty":
            return _plain(
                lambda path, found: (
                    found.inode.is_empty()
                    if isinstance(found.inode, Directory)
                    else isinstance(found.inode, File) and not found.inode.size
                )
            )
        if word in ("-true", "-false", "-xdev", "-mount", "-noleaf", "-depth"):
            self.depth_first = self.depth_first or word == "-depth"
            return _plain(lambda path, found: word != "-false")
        return self._action(word)

    def _numeric(self, word: str, value: str) -> Any:
        if word == "-perm":
            mask = int(value.lstrip("-/"), 8)
            if value.startswith("-"):
                return _plain(lambda path, found: found.inode.mode & mask == mask)
            if value.startswith("/"):
                return _plain(lambda path, found: bool(found.inode.mode & mask))
            return _plain(lambda path, found: found.inode.mode == mask)
        match = re.fullmatch(r"([-+]?)(\d+)([cwbkMG]?)", value)
        if match is None:
            raise _BadFind(f"invalid argument `{value}' to `{word}'")
        unit = {"c": 1, "w": 2, "k": 1024, "M": 1 << 20, "G": 1 << 30}.get(match[3], 512)
        wanted = int(match[2])
        now = self.call.files.now()

        def measured(found: Location) -> int:
            inode = found.inode
            if word == "-size":
                return -(-inode.size // unit)
            if word == "-mtime":
                return int((now - inode.mtime) // 86400)
            if word == "-mmin":
                return int(-(-(now - inode.mtime) // 60))
            return {"-uid": inode.uid, "-gid": inode.gid, "-links": inode.links}[word]

        compare = {
            "+": lambda value: value > wanted,
            "-": lambda value: value < wanted,
            "": lambda value: value == wanted,
        }[match[1]]
        return _plain(lambda path, found: compare(measured(found)))

    def _action(self, word: str) -> Any:
        call = self.call
        if word in ("-print", "-print0", "-ls"):
            self.acts = True
            end = "\0" if word == "-print0" else "\n"

            def show_path(path: str, found: Location) -> bool:
                call.out(path + end)
                return True

            return _plain(show_path)
        if word == "-prune":

            def prune(path: str, found: Location) -> bool:
                self.pruned = True
                return True

            return _plain(prune)
        if word == "-quit":

            def leave(path: str, found: Location) -> bool:
                raise StopIteration

            return _plain(leave)
        if word == "-delete":
            self.acts = self.depth_first = True

            def delete(path: str, found: Location) -> bool:
                try:
                    if isinstance(found.inode, Directory):
                        call.files.remove_directory(path)
                    else:
                        call.files.unlink(path)
                except OSError as error:
                    self.code = call.fail(f"cannot delete ‘{path}’: {reason(error)}")
                    return False
                return True

            return _plain(delete)
        if word == "-printf":
            template = self._value(word)
            self.acts = True

            def show(path: str, found: Location) -> bool:
                facts = call.files.stat_of(found)
                values = {
                    "p": path,
                    "f": path.rsplit("/", 1)[-1],
                    "s": str(facts.size),
                    "m": f"{facts.mode & 0o7777:o}",
                    "y": modes.filemode(facts.mode)[0].replace("-", "f"),
                    "u": users.user_name(call.files, facts.uid) or str(facts.uid),
                    "g": users.group_name(call.files, facts.gid) or str(facts.gid),
                    "h": posixpath.dirname(path) or ".",
                    "%": "%",
                }
                text = re.sub(r"%(.)", lambda match: values.get(match[1], match[0]), template)
                call.out(text.replace("\\n", "\n").replace("\\t", "\t"))
                return True

            return _plain(show)
        if word in ("-exec", "-execdir", "-ok"):
            return self._exec(word)
        raise _BadFind(f"unknown predicate `{word}'")

    def _exec(self, word: str) -> Any:
        self.acts = True
        template: list[str] = []
        while self.at < len(self.words) and self.words[self.at] != ";":
            template.append(self.words[self.at])
            self.at += 1
            if template[-1] == "+" and template[-2:-1] == ["{}"]:
                collected: list[str] = []
                self.batches.append((template[:-2], collected))
                return _plain(_collector(collected))
        if self.at >= len(self.words):
            raise _BadFind(f"missing argument to `{word}'")
        self.at += 1

        def run(path: str, found: Location) -> Generator[Any, Any, bool]:
            return (yield from self.run([part.replace("{}", path) for part in template])) == 0

        return run

    def run(self, argv: list[str]) -> Generator[Any, Any, int]:
        """Run *argv* and return its status."""
        yield from self.call.flush()
        try:
            child = self.call.process.spawn(argv)
        except OSError as error:
            return self.call.fail(f"‘{argv[0]}’: {reason(error)}")
        return (yield from self.call.process.wait(child))


def iter_true() -> Generator[Any, Any, bool]:
    """The test that always holds."""
    return True
    yield


def _collector(collected: list[str]) -> Any:
    def collect(path: str, found: Location) -> bool:
        collected.append(path)
        return True

    return collect


def _plain(function: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return function(path, found)
        yield

    return test


def _both(left: Any, right: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return (yield from left(path, found)) and (yield from right(path, found))

    return test


def _either(left: Any, right: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return (yield from left(path, found)) or (yield from right(path, found))

    return test


def _negated(inner: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return not (yield from inner(path, found))

    return test


def find(call: Call) -> Steps:
    words = list(call.args)
    while words and words[0] in ("-L", "-P", "-H"):
        words.pop(0)
    paths: list[str] = []
    while words and not words[0].startswith("-") and words[0] not in ("(", "!"):
        paths.append(words.pop(0))
    finder = _Find(call, words)
    try:
        test = finder.parse()
    except _BadFind as error:
        return call.fail(str(error))

    def visit(path: str, found: Location, level: int) -> Generator[Any, Any, None]:
        finder.pruned = False
        if not finder.depth_first and level >= finder.min_depth:
            yield from look(path, found)
        if isinstance(found.inode, Directory) and level < finder.max_depth and not finder.pruned:
            if not call.files.credentials.may(found.inode, 5):
                finder.code = call.fail(f"‘{path}’: Permission denied")
            else:
                for name in found.inode.names():
                    below = call.files.walker.child(found, name)
                    if below is not None:
                        yield from visit(path.rstrip("/") + "/" + name if path != "/" else "/" + name, below, level + 1)
        finder.pruned = False
        if finder.depth_first and level >= finder.min_depth:
            yield from look(path, found)

    def look(path: str, found: Location) -> Generator[Any, Any, None]:
        if (yield from test(path, found)) and not finder.acts:
            call.line(path)

    for path in paths or ["."]:
        try:
            start = call.files.find(path, follow=False)
        except OSError as error:
            finder.code = call.fail(f"‘{path}’: {reason(error)}" if not call.busybox else f"{path}: {reason(error)}")
            continue
        try:
            yield from visit(path, start, 0)
        except RuntimeError:  # -quit
            break
    for template, collected in finder.batches:
        if collected:
            yield from finder.run([*template, *collected])
    return finder.code
