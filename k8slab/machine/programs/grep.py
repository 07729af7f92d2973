"""``grep``, ``egrep``, ``fgrep``. Left out: colours, -P's extras beyond what Python shares with Perl."""

from __future__ import annotations

import re

from k8slab.machine.fs.inode import File
from k8slab.machine.programs.regex import BadPattern, compile_posix
from k8slab.machine.programs.tool import Call, Options, Steps, reason

LONG = {
    "ignore-case": "i", "invert-match": "v", "count": "c", "line-number": "n", "files-with-matches": "l", "quiet": "q", "silent": "q",
    "recursive": "r", "extended-regexp": "E", "fixed-strings": "F", "only-matching": "o", "word-regexp": "w", "no-filename": "h",
    "with-filename": "H", "no-messages": "s", "files-without-match": "L", "line-regexp": "x", "regexp=": "e", "after-context=": "A",
    "before-context=": "B", "context=": "C", "max-count=": "m", "color?": "K", "colour?": "K", "include=": "I", "exclude=": "X", "text": "a", "perl-regexp": "P",
}  # fmt: skip


def grep(call: Call) -> Steps:
    options, words = call.options("ivcnlqrREFowhHsLxe:A:B:C:m:f:aPzGU", LONG, code=2)
    patterns = options.all("e")
    if not patterns:
        if not words:
            call.err("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n")
            return 2
        patterns, words = [words[0]], words[1:]
    patterns = [line for pattern in patterns for line in pattern.split("\n")]
    try:
        matchers = [_compile(call, options, pattern) for pattern in patterns]
    except BadPattern as error:
        message = str(error)
        return call.fail(
            "Invalid regular expression" if message.startswith("Unmatched [") and not call.busybox else message, 2
        )
    recursive = "r" in options or "R" in options
    paths: list[str] = []
    code = 1
    broken = False
    for path in words or (["."] if recursive else ["-"]):
        if path != "-" and call.files.is_directory(path):
            if recursive:
                paths += [at for at, found in call.files.walk(path, follow=True) if isinstance(found.inode, File)]
            else:
                call.fail(f"{path}: Is a directory")
                broken = True
            continue
        paths.append(path)
    named = ("H" in options or recursive or len(words) > 1) and "h" not in options
    for path in paths:
        try:
            data = yield from call.read(path)
        except OSError as error:
            broken = True
            if "s" not in options:
                call.fail(f"{path}: {reason(error)}")
            continue
        shown = "(standard input)" if path == "-" else path
        if _search(call, options, matchers, data, shown, named):
            code = 0
            if "q" in options:
                return 0
    return 2 if broken and "q" not in options else code


def _compile(call: Call, options: Options, pattern: str) -> re.Pattern[str]:
    if "P" in options:
        try:
            matcher = re.compile(pattern, re.IGNORECASE if "i" in options else 0)
        except re.error as error:
            raise BadPattern(str(error)) from None
    else:
        matcher = compile_posix(
            pattern,
            extended="E" in options or call.name == "egrep",
            ignore_case="i" in options,
            fixed="F" in options or call.name == "fgrep",
        )
    if "w" in options:
        return re.compile(rf"(?<!\w)(?:{matcher.pattern})(?!\w)", matcher.flags)
    if "x" in options:
        return re.compile(rf"^(?:{matcher.pattern})$", matcher.flags)
    return matcher


def _search(call: Call, options: Options, matchers: list[re.Pattern[str]], data: bytes, name: str, named: bool) -> bool:
    binary = b"\0" in data[:32768] and "a" not in options
    text = data.decode(errors="surrogateescape")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    before = int(options.get("B") or options.get("C") or 0)
    after = int(options.get("A") or options.get("C") or 0)
    limit = int(options.get("m") or 1 << 60)
    invert = "v" in options
    prefix = f"{name}:" if named else ""
    count, last_shown, trailing = 0, -1, 0
    for number, line in enumerate(lines):
        hits = (
            [match for matcher in matchers for match in matcher.finditer(line)]
            if "o" in options and not invert
            else None
        )
        matched = bool(hits) if hits is not None else any(matcher.search(line) for matcher in matchers) != invert
        if matched and count < limit:
            count += 1
            if "q" in options or "l" in options or "L" in options:
                break
            if "c" in options:
                continue
            if binary:
                call.line(f"grep: {name}: binary file matches" if not call.busybox else f"Binary file {name} matches")
                return True
            if (before or after) and last_shown >= 0 and number - before > last_shown + 1:
                call.line("--")
            for context in range(max(last_shown + 1, number - before), number):
                _show(call, options, prefix.replace(":", "-"), context, "-", lines[context])
            if hits is not None:
                for match in hits:
                    if match[0]:
                        _show(call, options, prefix, number, ":", match[0])
            else:
                _show(call, options, prefix, number, ":", line)
            last_shown, trailing = number, after
        elif trailing and "c" not in options:
            _show(call, options, prefix.replace(":", "-"), number, "-", line)
            last_shown, trailing = number, trailing - 1
    if "l" in options and count:
        call.line(name)
    if "L" in options and not count:
        call.line(name)
    if "c" in options:
        call.line(f"{prefix}{count}")
    return count > 0


def _show(call: Call, options: Options, prefix: str, number: int, mark: str, line: str) -> None:
    call.line(prefix + (f"{number + 1}{mark}" if "n" in options else "") + line)
