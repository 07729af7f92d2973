"""Our small tools and the real GNU ones of this machine, given the same command lines, answer alike."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.machine.programs.gnu_commands import COMMANDS, SETUP

PATH = "/usr/local/bin:/usr/bin:/bin"


def has_gnu() -> bool:
    """Whether dash and GNU coreutils 9.1 with their companions (Debian 12) are here."""
    if shutil.which("dash") is None or shutil.which("ls") is None:
        return False
    version = subprocess.run(["ls", "--version"], capture_output=True, text=True, check=False).stdout
    return "GNU coreutils) 9.1" in version


GNU = has_gnu()


@pytest.mark.skipif(not GNU, reason="no GNU coreutils 9.1 and dash on this machine to compare with")
@pytest.mark.parametrize("command", COMMANDS)
def test_the_tool_answers_as_gnu_s_does(command, machine, tmp_path):
    env = {"PATH": PATH, "HOME": "/root", "LC_ALL": "C"}
    tmp_path.chmod(0o755)
    real = subprocess.run(
        ["dash", "-c", SETUP + command],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    box = machine("debian")
    box.host.files.make_directory("/D")
    ours = box.run("dash", "-c", SETUP + command, cwd="/D", env=env)
    out, err = (text.decode(errors="replace").replace(str(tmp_path), "/D") for text in (real.stdout, real.stderr))
    assert tuple(text.replace("‘", "'").replace("’", "'") for text in ours[:2]) == (out, err)
    assert ours.exit_code == real.returncode


def test_there_are_more_than_three_hundred_command_lines():
    assert len(COMMANDS) > 300
