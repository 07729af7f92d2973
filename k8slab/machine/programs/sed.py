"""``sed``: addresses, s, d, p, i, a, c, q, y, =, n, N, D, P, G, H, g, h, x, b, t, labels, and ``-i``.

``sed -i`` writes a new file beside the old one and renames it: on a file that is a mount point the rename fails, in the real
one's words. Left out: the w and r commands, e, and the --debug family.
"""

from __future__ import annotations

import posixpath
import re

from k8slab.machine.programs.sed_script import BadScript, Command, parse
from k8slab.machine.programs.tool import Call, Options, Steps, reason

MOST_STEPS = 2_000_000


def sed(call: Call) -> Steps:
    # -i may have a suffix glued to it, but never takes the next word
    suffix: str | None = None
    words = []
    for word in call.args:
        match = re.fullmatch(r"-([nErsuz]*)i(.*)", word)
        if match and not word.startswith("--"):
            suffix = match[2]
            if match[1]:
                words.append("-" + match[1])
            continue
        if word == "--in-place" or word.startswith("--in-place="):
            suffix = word[11:].lstrip("=")
            continue
        words.append(word)
    call.args = words
    options, operands = call.options(
        "nErse:f:uz",
        {
            "quiet": "n",
            "silent": "n",
            "regexp-extended": "E",
            "expression=": "e",
            "file=": "f",
            "null-data": "z",
            "separate": "s",
        },
    )
    scripts = options.all("e")
    for path in options.all("f"):
        scripts.append(call.files.read_text(path))
    if not scripts:
        if not operands:
            call.err("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n")
            return 1
        scripts, operands = [operands[0]], operands[1:]
    try:
        commands = parse("\n".join(scripts), extended="E" in options or "r" in options)
    except BadScript as error:
        if call.busybox:
            return call.fail(str(error).partition(": ")[2] or str(error))
        return call.fail(f"-e expression #1, {error}")
    code = 0
    if suffix is None:
        lines: list[tuple[str, bool]] = []
        for path in operands or ["-"]:
            try:
                lines += _lines((yield from call.read(path)).decode(errors="surrogateescape"))
            except OSError as error:
                code = 1 if call.busybox else 2
                _cannot_read(call, path, error)
        editor = Editor(commands, options)
        call.out(editor.edit(lines))
        return editor.exit_code or code
    for path in operands:
        code = max(code, _in_place(call, path, commands, options, suffix))
    return code


def _cannot_read(call: Call, path: str, error: OSError) -> None:
    if error.errno == 21:
        call.fail(
            f"couldn't read {path}: {reason(error)}" if call.busybox else f"read error on {path}: {reason(error)}"
        )
    else:
        call.fail(f"{path}: {reason(error)}" if call.busybox else f"can't read {path}: {reason(error)}")


def _in_place(call: Call, path: str, commands: list[Command], options: Options, suffix: str) -> int:
    files = call.files
    try:
        found = files.find(path)
        text = files.read_text(path)
    except OSError as error:
        if error.errno == 21:
            return call.fail(f"couldn't edit {path}: not a regular file", 4)
        return call.fail(
            f"can't read {path}: {reason(error)}" if not call.busybox else f"{path}: {reason(error)}",
            2 if not call.busybox else 1,
        )
    for command in commands:
        command.active = False
    edited = Editor(commands, options).edit(_lines(text))
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    tail = "".join(letters[call.process.host.chance.below(len(letters))] for _ in range(6))
    directory = posixpath.dirname(path)
    temporary = posixpath.join(directory or ".", "sed" + tail)
    try:
        files.write(temporary, edited)
        files.change_mode(temporary, found.inode.mode)
        if files.credentials.uid == 0:
            files.change_owner(temporary, found.inode.uid, found.inode.gid)
    except OSError as error:
        if call.busybox:
            return call.fail(f"can't create temp file '{path}{tail}': {reason(error)}")
        return call.fail(f"couldn't open temporary file {temporary}: {reason(error)}", 4)
    try:
        if suffix:
            backup = suffix.replace("*", posixpath.basename(path)) if "*" in suffix else path + suffix
            files.rename(path, backup)
        files.rename(temporary, path)
    except OSError as error:
        files.unlink(temporary)
        if call.busybox:
            return call.fail(f"can't move '{path}{tail}' to '{path}': {reason(error)}")
        return call.fail(f"cannot rename {temporary}: {reason(error)}", 4)
    return 0


def _lines(text: str) -> list[tuple[str, bool]]:
    """Return ``(line, had a newline)``."""
    pieces = text.split("\n")
    ended = [(piece, True) for piece in pieces[:-1]]
    return ended + ([(pieces[-1], False)] if pieces[-1] else [])


class Editor:
    """Runs the commands over lines."""

    def __init__(self, commands: list[Command], options: Options) -> None:
        self.commands = commands
        self.quiet = "n" in options
        self.out: list[str] = []
        self.hold = ""
        self.exit_code = 0
        self.steps = 0
        self.last_pattern: re.Pattern[str] | None = None

    def edit(self, lines: list[tuple[str, bool]]) -> str:
        """Return what comes out."""
        self.lines = lines
        self.number = 0
        while self.number < len(lines):
            self.space, newline = lines[self.number]
            self.number += 1
            self.after: list[str] = []
            outcome = self._cycle()
            if outcome != "delete" and not self.quiet and outcome != "quiet":
                self.out.append(self.space + ("\n" if newline or self.after or self.number < len(lines) else ""))
            self.out += self.after
            if outcome in ("quit", "quiet"):
                break
        return "".join(self.out)

    def _cycle(self) -> str:
        at = 0
        replaced = False
        while at < len(self.commands):
            self.steps += 1
            if self.steps > MOST_STEPS:
                return "quit"
            command = self.commands[at]
            at += 1
            if command.name == "}":
                continue
            if self._selected(command) == command.negated:
                if command.name == "{":
                    at = command.target
                continue
            name = command.name
            if name == "s":
                changed = self._substitute(command)
                replaced = replaced or changed
            elif name == "d":
                return "delete"
            elif name == "D":
                _, newline, tail = self.space.partition("\n")
                if not newline:
                    return "delete"
                self.space = tail
                at = 0
            elif name == "p":
                self.out.append(self.space + "\n")
            elif name == "P":
                self.out.append(self.space.partition("\n")[0] + "\n")
            elif name == "q":
                self.exit_code = command.step
                return "quit"
            elif name == "Q":
                self.exit_code = command.step
                return "quiet"
            elif name == "=":
                self.out.append(f"{self.number}\n")
            elif name == "i":
                self.out.append(command.text + "\n")
            elif name == "a":
                self.after.append(command.text + "\n")
            elif name == "c":
                if len(command.addresses) < 2 or not command.active or command.negated:
                    self.out.append(command.text + "\n")
                return "delete"
            elif name in "nN":
                if self.number >= len(self.lines):
                    return "quit" if name == "N" or not self.quiet else "quiet"
                if name == "n":
                    if not self.quiet:
                        self.out.append(self.space + "\n")
                    self.space = self.lines[self.number][0]
                else:
                    self.space += "\n" + self.lines[self.number][0]
                self.number += 1
            elif name == "y":
                self.space = self.space.translate({ord(old): new for old, new in zip(command.text, command.flags)})
            elif name == "g":
                self.space = self.hold
            elif name == "G":
                self.space += "\n" + self.hold
            elif name == "h":
                self.hold = self.space
            elif name == "H":
                self.hold += "\n" + self.space
            elif name == "x":
                self.space, self.hold = self.hold, self.space
            elif name == "z":
                self.space = ""
            elif name == "b" or (name == "t" and replaced) or (name == "T" and not replaced):
                replaced = False
                if command.target < 0:
                    break
                at = command.target
            elif name == "l":
                self.out.append(self.space.replace("\\", "\\\\").replace("\t", "\\t") + "$\n")
        return ""

    def _selected(self, command: Command) -> bool:
        addresses = command.addresses
        if not addresses:
            return True
        if len(addresses) == 1:
            if command.step and isinstance(addresses[0], int):
                first = addresses[0]
                return self.number >= first and (self.number - first) % command.step == 0
            return self._matches(addresses[0])
        begin, second = addresses
        if command.active:
            if isinstance(second, int):
                if self.number >= second:
                    command.active = False
                return self.number <= second
            if isinstance(second, str) and second.startswith("+"):
                if self.number >= command.step:
                    command.active = False
                return True
            if self._matches(second):
                command.active = False
            return True
        if self._matches(begin):
            command.active = True
            if isinstance(second, int) and second <= self.number:
                command.active = False
            if isinstance(second, str) and second.startswith("+"):
                command.step = self.number + int(second[1:])
                command.active = command.step > self.number
            return True
        return False

    def _matches(self, address: int | str | re.Pattern[str]) -> bool:
        if isinstance(address, int):
            return self.number == address
        if isinstance(address, str):
            return self.number == len(self.lines)
        self.last_pattern = address
        return address.search(self.space) is not None

    def _substitute(self, command: Command) -> bool:
        pattern = command.pattern or self.last_pattern
        if pattern is None:
            return False
        self.last_pattern = pattern
        digits = re.search(r"\d+", command.flags)
        nth = int(digits[0]) if digits else 1
        everywhere = "g" in command.flags
        out: list[str] = []
        at = count = 0
        changed = False
        last_end = -1
        for match in pattern.finditer(self.space):
            if match.start() == match.end() == last_end:
                continue  # POSIX: an empty match may not touch the match before it
            last_end = match.end()
            count += 1
            if count < nth:
                continue
            out += [self.space[at : match.start()], expand(command.text, match)]
            at = match.end()
            changed = True
            if not everywhere:
                break
        self.space = "".join(out) + self.space[at:]
        if changed and "p" in command.flags:
            self.out.append(self.space + "\n")
        return changed


def expand(template: str, match: re.Match[str]) -> str:
    """Return the replacement *template* (``&``, ``\\1``, ``\\n``, ``\\U``) for *match*."""
    out: list[str] = []
    change = ""
    at = 0
    while at < len(template):
        char = template[at]
        at += 1
        piece = char
        if char == "&":
            piece = match[0]
        elif char == "\\" and at < len(template):
            following = template[at]
            at += 1
            if following.isdigit():
                try:
                    piece = match[int(following)] or ""
                except IndexError:
                    piece = ""
            elif following in "ULE":
                change = "" if following == "E" else following
                continue
            else:
                piece = {"n": "\n", "t": "\t"}.get(following, following)
        out.append(piece.upper() if change == "U" else piece.lower() if change == "L" else piece)
    return "".join(out)
