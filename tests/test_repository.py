"""What holds for the repository as a whole: who may import whom, and that its lists of dependencies agree."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from k8slab.__main__ import lab_arguments, main

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_imports_run_downwards_only():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    done = subprocess.run(
        [*command, "--config", "tests/importlinter.ini", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_conda_installs_what_pyproject_names():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    packages = [line for line in by_pip if not line.startswith("--")]
    assert packages == PYPROJECT["dependencies"]
    assert by_pip[0] == "--constraint constraints.txt" and by_pip[-1] == "--editable ."
    assert any(entry.startswith("python" + PYPROJECT["requires-python"]) for entry in listed if isinstance(entry, str))


def test_constraints_pin_every_dependency_within_its_range():
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line[:1] not in ("", "#")
    ]
    pinned = {canonical(name): version for name, version in (line.split("==") for line in lines)}
    asked = [
        *PYPROJECT["dependencies"],
        *(one for extra in PYPROJECT["optional-dependencies"].values() for one in extra),
    ]
    for text in asked:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pinned[canonical(requirement.name)]), text


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_importing_k8slab_loads_nothing_slow():
    code = "import sys, k8slab; print(sorted(set(sys.modules) & {'matplotlib', 'networkx', 'numpy', 'ipywidgets', 'lightkube', 'docker'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "page", "rest"),
    [
        pytest.param([], "notebooks/00-start-here.ipynb", [], id="English is what one gets"),
        pytest.param(
            ["--zh", "--no-browser"], "notebooks/zh/00-start-here.ipynb", ["--no-browser"], id="Chinese on demand"
        ),
    ],
)
def test_the_lab_opens_on_the_start_page(arguments, page, rest, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    opened, *others = lab_arguments(arguments)
    assert opened == f"--LabApp.default_url=/lab/workspaces/k8slab/tree/{page}"
    assert others == rest


def test_the_lab_opens_for_root_too_as_in_a_container(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    assert "--allow-root" in lab_arguments([])


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _opened(opener, address):
    """Return the page at *address*; on a busy machine the server prints where it is before it answers."""
    end = time.monotonic() + 30
    while True:
        try:
            with opener.open(address, timeout=20) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_the_address_that_jupyter_prints_lets_the_learner_in(tmp_path):
    """`make lab` answers: the printed address, with its token, gives JupyterLab itself and no login page."""
    settings = {name: str(tmp_path) for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    command = [sys.executable, "-m", "k8slab", "lab", "--no-browser", f"--port={_free_port()}"]
    with subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+token=\w+", line)))
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            page = _opened(opener, address)
        finally:
            server.terminate()
    assert "00-start-here.ipynb" in address
    assert '"appName": "JupyterLab"' in page


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--help"], 0), (["lba"], 2)])
def test_the_command_line_says_how_it_is_used(arguments, code, capsys):
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert "usage: python -m k8slab lab" in (shown.err if code else shown.out)


def test_jupyter_asks_nobody_for_news():
    settings = json.loads(
        (ROOT / "assets/jupyter/labconfig/default_setting_overrides.json").read_text(encoding="utf-8")
    )
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}
