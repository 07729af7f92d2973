"""Plays a recorded session: our docker gets the recorded words, input, files and a clock that stands still; the recording answers."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from k8slab.cli.docker.main import docker
from k8slab.cli.docker.terminal import Terminal
from k8slab.cli.local_files import MemoryFiles
from k8slab.cli.seam import Now, Read, Sleep, Verb, raw
from k8slab.sim.http import Request
from tests.golden_docker.recorded_engine import RecordedEngine, content, query_of

RECORDED_MTIME = 1767323045


@dataclass
class Played:
    """What our client did in a session."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    files: MemoryFiles | None = None
    surprises: list[str] = field(default_factory=list)

    def write(self, folder: Path, name: str) -> None:
        """Write the session's files as the recordings have them."""
        (folder / f"{name}.txt").write_bytes(self.stdout)
        if self.stderr:
            (folder / f"{name}.err").write_bytes(self.stderr)
        summary = {"exit": self.exit_code, "requests": self.requests}
        (folder / f"{name}.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")


def play(session: dict[str, Any]) -> Played:
    """Return what our client does with the input of *session*."""
    given = {path: content(value) for path, value in (session.get("files") or {}).items()}
    files = MemoryFiles(given, cwd=session.get("cwd", "/"), mtime=RECORDED_MTIME)
    played = Played(files=files)
    piped: bytes | None = None
    for step in session["steps"]:
        stdin = content(step["stdin"]) if step.get("stdin") is not None else None
        stdin, piped = (piped if piped is not None else stdin), None
        stdout, stderr, played.exit_code = _step(step, stdin, session.get("env") or {}, files, played)
        if step.get("piped"):
            piped = stdout
        else:
            played.stdout += stdout
        played.stderr += stderr
    return played


def _step(
    step: dict[str, Any], stdin: bytes | None, env: dict[str, str], files: MemoryFiles, played: Played
) -> tuple[bytes, bytes, int]:
    tty = None
    if step.get("tty"):
        tty = Terminal(step.get("rows", 24), step.get("cols", 80), tuple(step.get("keys") or ()))
    engine = RecordedEngine(step["requests"])
    words = step["argv"][1:] if step["argv"][:1] == ["docker"] else step["argv"]
    verb = docker(words, files=files, stdin=stdin, env=env, tty=tty)
    screen: list[str] = []
    verb.io.echo = screen.append
    exit_code = _drive(verb, engine, step["now"])
    verb.io.finish()
    played.requests += [{"method": r.method, "path": r.path, "query": query_of(r)} for r in engine.asked]
    played.surprises += engine.surprises
    if tty is not None:
        return re.sub(rb"(?<!\r)\n", b"\r\n", raw("".join(screen))), b"", exit_code
    return raw("".join(verb.io.stdout)), raw("".join(verb.io.stderr)), exit_code


def _drive(verb: Verb, engine: RecordedEngine, now: float) -> int:
    answer: Any = None
    try:
        while True:
            step = verb.steps.send(answer)
            answer = None
            if isinstance(step, Request):
                answer = engine.handle(step)
            elif isinstance(step, Read):
                answer = step.stream.read()
                while answer == b"" and step.timeout_seconds is None and step.stream.hurry():  # type: ignore[union-attr]
                    answer = step.stream.read()
                if answer == b"" and step.timeout_seconds is None:
                    answer = None
            elif isinstance(step, Now):
                answer = datetime.fromtimestamp(now, UTC)
            else:
                assert isinstance(step, Sleep)  # the clock stands still
    except StopIteration as stop:
        return int(stop.value or 0)
