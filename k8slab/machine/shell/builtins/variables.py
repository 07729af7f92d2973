"""Builtins that act on variables and parameters: export, readonly, unset, local, set, shift, getopts, read."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from k8slab.machine.shell.builtins.output import write
from k8slab.machine.shell.interpreter import OPTIONS, Shell, quote
from k8slab.machine.shell.parser import NAME

Steps = Generator[Any, Any, int]
LETTERS = {name: letter for letter, name in OPTIONS.items()}


def number(shell: Shell, name: str, text: str) -> int:
    """Return *text* as a number that is not negative, or end the command *name* with dash's words."""
    if not text.isdigit():
        if shell.dialect.is_bash:
            raise shell.fatal(f"{name}: {text}: numeric argument required", 2)
        raise shell.fatal(f"{name}: Illegal number: {text}")
    return int(text)


def _split(shell: Shell, command: str, word: str) -> tuple[str, str | None]:
    name, equals, value = word.partition("=")
    if not NAME.match(name):
        if shell.dialect.is_bash:
            shell.complain(f"{command}: `{word}': not a valid identifier")
            return "", None
        raise shell.fatal(f"{command}: {shell.dialect.bad_variable_name(name)}")
    return name, value if equals else None


def _listing(shell: Shell, command: str, names: list[str]) -> str:
    word = f"declare -{'x' if command == 'export' else 'r'}" if shell.dialect.is_bash else command
    lines = []
    for name in sorted(names):
        value = shell.values.get(name)
        if shell.dialect.is_bash:
            lines.append(f'{word} {name}="{value}"\n' if value is not None else f"{word} {name}\n")
        else:
            lines.append(f"{word} {name}={_single(value)}\n" if value is not None else f"{word} {name}\n")
    return "".join(lines)


def _single(text: str) -> str:
    """Return *text* in single quotes, as ``set`` lists it."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def export(shell: Shell, argv: list[str]) -> Steps:
    command = argv[0]
    words = [word for word in argv[1:] if word not in ("-p", "--")]
    if command == "export" and "-n" in words:
        for word in words:
            shell.exported.pop(word, None)
        shell.export("PATH") if "PATH" in shell.exported else shell.exported.update({})
        shell._environment = None
        return 0
    if not words:
        table = shell.exported if command == "export" else shell.read_only
        return (yield from write(shell, _listing(shell, command, list(table))))
    status = 0
    for word in words:
        name, value = _split(shell, command, word)
        if not name:
            status = 1
            continue
        if value is not None:
            shell.assign(name, value)
        if command == "export":
            shell.export(name)
        else:
            shell.read_only[name] = True
    return status


def unset(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    functions = words[:1] == ["-f"]
    if words[:1] in (["-f"], ["-v"], ["--"]):
        words = words[1:]
    for name in words:
        if functions:
            shell.functions.pop(name, None)
        elif not NAME.match(name):
            raise shell.fatal(f"unset: {shell.dialect.bad_variable_name(name)}")
        elif name in shell.values or name in shell.exported:
            shell.unset_variable(name)
        elif shell.dialect.is_bash:
            shell.functions.pop(name, None)
    return 0


def local(shell: Shell, argv: list[str]) -> int:
    if not shell.locals or not shell.calls:
        if shell.dialect.is_bash:
            shell.complain("local: can only be used in a function")
            return 1
        raise shell.fatal("local: not in a function")
    for word in argv[1:]:
        if word.startswith("-") and len(word) > 1 and shell.dialect.is_bash:
            continue
        name, value = _split(shell, "local", word)
        if not name:
            return 1
        shell.make_local(name)
        if value is not None:
            shell.assign(name, value)
        elif shell.dialect.is_bash:
            shell.values.pop(name, None)
    return 0


def declare(shell: Shell, argv: list[str]) -> int:
    """bash's declare, for the plain cases: -x, -r, -i and values."""
    flags = "".join(word[1:] for word in argv[1:] if word.startswith("-"))
    for word in argv[1:]:
        if word.startswith("-"):
            continue
        name, value = _split(shell, "declare", word)
        if not name:
            return 1
        if shell.calls and "g" not in flags:
            shell.make_local(name)
        if value is not None:
            shell.assign(name, value)
        if "x" in flags:
            shell.export(name)
        if "r" in flags:
            shell.read_only[name] = True
    return 0


def set_options(shell: Shell, argv: list[str]) -> Steps:
    words = argv[1:]
    if not words:
        names = sorted(shell.values)
        return (yield from write(shell, "".join(f"{name}={_single(shell.values[name])}\n" for name in names)))
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            shell.positional = words[at + 1 :]
            return 0
        if word == "-" or len(word) < 2 or word[0] not in "-+":
            break
        at += 1
        for letter in word[1:]:
            if letter == "o":
                if at >= len(words):
                    return (yield from write(shell, _options(shell, word[0] == "+")))
                set_option(shell, words[at], word[0] == "-")
                at += 1
            else:
                set_letter(shell, letter, word[0])
    if at < len(words):
        shell.positional = words[at + 1 :] if words[at] == "-" else words[at:]
    return 0


def set_letter(shell: Shell, letter: str, sign: str) -> None:
    """Switch the option *letter* on (*sign* ``-``) or off. Raises Fatal if there is none."""
    if letter in ("h", "B", "H", "E", "T", "P") and shell.dialect.is_bash:
        return
    if letter not in OPTIONS or letter == "p":
        if shell.dialect.is_bash:
            raise shell.fatal(f"set: {sign}{letter}: invalid option", 2)
        raise shell.fatal(f"set: Illegal option {sign}{letter}")
    shell.options[letter] = sign == "-"


def set_option(shell: Shell, name: str, on: bool) -> None:
    """Switch the option called *name* (``errexit``, ...). Raises Fatal if there is none."""
    letter = LETTERS.get(name)
    if letter is None or (letter == "p" and shell.dialect.name == "dash"):
        if shell.dialect.is_bash and name in (
            "posix",
            "vi",
            "emacs",
            "errtrace",
            "functrace",
            "braceexpand",
            "hashall",
        ):
            return
        if shell.dialect.is_bash:
            raise shell.fatal(f"set: {name}: invalid option name", 2)
        raise shell.fatal(f"set: Illegal option {'-' if on else '+'}o {name}")
    shell.options[letter] = on


def _options(shell: Shell, as_commands: bool) -> str:
    names = [name for name in LETTERS if name != "pipefail" or shell.dialect.name != "dash"]
    if as_commands:
        return "".join(f"set {'-' if shell.options[LETTERS[name]] else '+'}o {name}\n" for name in names)
    rows = "".join(f"{name:<16}{'on' if shell.options[LETTERS[name]] else 'off'}\n" for name in names)
    return ("" if shell.dialect.is_bash else "Current option settings\n") + rows


def shift(shell: Shell, argv: list[str]) -> int:
    count = number(shell, "shift", argv[1]) if len(argv) > 1 else 1
    if count > len(shell.positional):
        if shell.dialect.is_bash:
            return 1
        raise shell.fatal("shift: can't shift that many")
    shell.positional = shell.positional[count:]
    return 0


def getopts(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 3:
        raise shell.fatal("getopts: Usage: getopts optstring var [arg...]")
    letters, name = argv[1], argv[2]
    words = argv[3:] or shell.positional
    silent = letters.startswith(":")
    index, inside = _position(shell)
    if index > len(words) or (inside == 0 and not _is_option(words[index - 1])):
        return _no_more(shell, name, index)
    if inside == 0 and words[index - 1] == "--":
        return _no_more(shell, name, index + 1)
    word = words[index - 1]
    at = inside or 1
    letter = word[at]
    at += 1
    place = letters.find(letter) if letter != ":" else -1
    shell.values.pop("OPTARG", None)
    found = letter
    if place < 0:
        found = "?"
        if silent:
            shell.assign("OPTARG", letter)
        elif shell.get("OPTERR") != "0":
            _report(shell, f"Illegal option -{letter}", f"illegal option -- {letter}")
    elif letters[place + 1 : place + 2] == ":":
        if at < len(word):
            shell.assign("OPTARG", word[at:])
        elif index < len(words):
            shell.assign("OPTARG", words[index])
            index += 1
        elif silent:
            found = ":"
            shell.assign("OPTARG", letter)
        else:
            found = "?"
            _report(shell, f"No arg for -{letter} option", f"option requires an argument -- {letter}")
        at = len(word)
    if at >= len(word):
        index, at = index + 1, 0
    shell.assign("OPTIND", str(index))
    shell.getopts_place = (index, at)  # type: ignore[attr-defined]
    shell.assign(name, found)
    return 0


def _position(shell: Shell) -> tuple[int, int]:
    """Return where getopts goes on: OPTIND, and the letter inside that word (0: at its start)."""
    text = shell.get("OPTIND") or "1"
    index = int(text) if text.isdigit() and text != "0" else 1
    place = getattr(shell, "getopts_place", (1, 0))
    return (index, place[1] if place[0] == index else 0)


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-")


def _no_more(shell: Shell, name: str, index: int) -> int:
    shell.assign("OPTIND", str(index))
    shell.getopts_place = (index, 0)  # type: ignore[attr-defined]
    shell.assign(name, "?")
    return 1


def _report(shell: Shell, dash: str, other: str) -> None:
    if shell.dialect.name == "dash":
        shell.error_text(dash + "\n")
    else:
        shell.error_text(f"{shell.name}: {other}\n")


def read(shell: Shell, argv: list[str]) -> Steps:
    raw, names, prompt, at = False, [], "", 1
    silent = False
    while at < len(argv) and argv[at].startswith("-") and len(argv[at]) > 1:
        word = argv[at]
        at += 1
        if word == "--":
            break
        if word[1:] in ("p", "t", "n", "d", "u"):
            prompt = argv[at] if word == "-p" and at < len(argv) else prompt
            at += 1
            continue
        for letter in word[1:]:
            if letter == "r":
                raw = True
            elif letter == "s" and shell.dialect.name != "dash":
                silent = True
            elif letter == "p":
                prompt = word[word.index("p") + 1 :] or (argv[at] if at < len(argv) else "")
                at += 0 if word[word.index("p") + 1 :] else 1
                break
            else:
                raise shell.fatal(f"read: Illegal option -{letter}")
    names = argv[at:]
    if not names:
        if shell.dialect.name == "dash":
            raise shell.fatal("read: arg count")
        names = ["REPLY"]
    if prompt and shell.process.stdin_is_tty():
        shell.error_text(prompt)
    terminal = shell.process.terminal if silent else None
    if terminal is not None:
        terminal.echo = False
    try:
        characters, ended = yield from _read_line(shell, raw)
    finally:
        if terminal is not None:
            terminal.echo = True
    for name, value in zip(names, _divide(characters, shell.ifs, len(names)), strict=True):
        if not NAME.match(name):
            raise shell.fatal(f"read: {shell.dialect.bad_variable_name(name)}")
        shell.assign(name, value)
    return 1 if ended else 0


def _read_line(shell: Shell, raw: bool) -> Generator[Any, Any, tuple[list[tuple[str, bool]], bool]]:
    """Return the characters of one line as ``(character, was escaped)``, and whether the input ended before its newline."""
    if 0 not in shell.process.fds:
        return [], True
    stdin = shell.process.fd(0)
    line = bytearray()
    ended = False
    while True:
        byte = yield from stdin.read(1)
        if not byte:
            ended = True
            break
        if byte == b"\n":
            if not raw and _odd_backslashes(line):
                line += byte
                continue
            break
        line += byte
    text = line.decode(errors="surrogateescape")
    if raw:
        return [(char, False) for char in text], ended
    characters: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            if text[at + 1] != "\n":
                characters.append((text[at + 1], True))
            at += 2
        elif text[at] == "\\":
            at += 1
        else:
            characters.append((text[at], False))
            at += 1
    return characters, ended


def _odd_backslashes(line: bytearray) -> bool:
    return (len(line) - len(line.rstrip(b"\\"))) % 2 == 1


def _divide(characters: list[tuple[str, bool]], ifs: str, count: int) -> list[str]:
    """Split a line over *count* variables; the last one takes the rest."""
    white = [char for char in ifs if char in " \t\n"]

    def is_white(at: int) -> bool:
        return characters[at][0] in white and not characters[at][1]

    def is_separator(at: int) -> bool:
        return characters[at][0] in ifs and not characters[at][1]

    at, end = 0, len(characters)
    while at < end and is_white(at):
        at += 1
    values: list[str] = []
    while len(values) < count - 1:
        begin = at
        while at < end and not is_separator(at):
            at += 1
        values.append("".join(char for char, _ in characters[begin:at]))
        while at < end and is_white(at):
            at += 1
        if at < end and is_separator(at):
            at += 1
            while at < end and is_white(at):
                at += 1
    stop = end
    while stop > at and is_white(stop - 1):
        stop -= 1
    rest = characters[at:stop]
    # One separator that is not blank at the very end belongs to the last field's end, not to its value.
    if (
        rest
        and is_separator(stop - 1)
        and not is_white(stop - 1)
        and sum(is_separator(one) for one in range(at, stop)) == 1
    ):
        rest = rest[:-1]
    values.append("".join(char for char, _ in rest))
    return values


def listing_of(shell: Shell) -> str:
    """Return the aliases as ``alias`` lists them."""
    return "".join(f"{name}={_single(value)}\n" for name, value in sorted(shell.aliases.items()))


__all__ = ["declare", "export", "getopts", "listing_of", "local", "quote", "read", "set_options", "shift", "unset"]
