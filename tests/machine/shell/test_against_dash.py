"""Our shell and a real dash, given the same scripts: standard output, standard error and exit code are equal byte for byte."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.machine.shell.dash_scripts import SCRIPTS

DASH = shutil.which("dash")
PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.mark.skipif(DASH is None, reason="there is no dash on this machine to compare with")
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_shell_answers_as_dash_does(name, machine, tmp_path):
    script = SCRIPTS[name]
    real = subprocess.run(
        ["dash", "-c", script],
        cwd=tmp_path,
        env={"PATH": PATH, "HOME": "/root"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    box = machine("debian")
    box.host.files.make_directory("/D")
    ours = box.run("dash", "-c", script, cwd="/D", env={"PATH": PATH})
    out, err = (text.decode(errors="replace").replace(str(tmp_path), "/D") for text in (real.stdout, real.stderr))
    assert (ours.stdout, ours.stderr, ours.exit_code) == (out, err, real.returncode)


def test_there_are_more_than_two_hundred_scripts():
    assert len(SCRIPTS) > 200
