"""Recorded sessions of the real docker client, replayed; the recorder's own judge compares byte for byte."""

import json
from pathlib import Path

import pytest

from tests.golden_docker import compare_docker
from tests.golden_docker.__main__ import main
from tests.golden_docker.player import play
from tests.golden_docker.recorded_engine import content

FOLDER = Path(__file__).parent / "recordings"
#: Sessions that our client does not play as recorded yet, and why.
KNOWN: dict[str, str] = {}


def sessions():
    for group in ("docker-cli", "docker-fixtures"):
        for name in compare_docker.names(FOLDER / group):
            marks = [pytest.mark.xfail(strict=True, reason=KNOWN[name])] if name in KNOWN else []
            yield pytest.param(group, name, marks=marks, id=f"{group}/{name}")


def load(group, name):
    return json.loads((FOLDER / group / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("group", "name"), list(sessions()))
def test_our_client_prints_what_the_real_one_printed(group, name, tmp_path):
    session = load(group, name)
    played = play(session)
    played.write(tmp_path, name)
    assert compare_docker.difference(FOLDER / group, tmp_path, name) is None
    summary = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert compare_docker.requests(summary) == compare_docker.requests(session)
    assert played.surprises == []  # bodies, archives and headers of the requests are the recorded ones too


@pytest.mark.parametrize(("group", "name"), list(sessions()))
def test_our_client_leaves_the_files_that_the_real_one_left(group, name):
    session = load(group, name)
    after = {path: content(value) for path, value in (session.get("files_after") or {}).items()}
    before = {path: content(value) for path, value in (session.get("files") or {}).items()}
    assert play(session).files.contents == before | after


@pytest.mark.parametrize("group", ["docker-cli", "docker-fixtures"])
def test_the_judge_notices_altered_outputs(group, capsys):
    assert compare_docker.self_test(FOLDER / group) == 0
    assert "mutants noticed" in capsys.readouterr().out


def test_sessions_are_recorded_from_the_command_line(tmp_path, monkeypatch, capsys):
    wanted = [str(FOLDER / "docker-fixtures" / f"{name}.json") for name in ("ps-mixed", "usage-rm")]
    monkeypatch.setattr("sys.argv", ["golden_docker", "record", *wanted, "--out", str(tmp_path)])
    assert main() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ps-mixed.json",
        "ps-mixed.txt",
        "usage-rm.err",
        "usage-rm.json",
        "usage-rm.txt",
    ]


def test_what_was_not_recorded_is_told(tmp_path):
    session = load("docker-fixtures", "ps-mixed")
    session["steps"][0]["argv"] = ["docker", "volume", "ls"]
    played = play(session)
    assert played.exit_code == 1
    assert played.surprises == ["not recorded: GET /v1.50/volumes"]
