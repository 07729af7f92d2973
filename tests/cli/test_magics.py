"""``%kubectl`` and ``%%kubectl``."""

import pytest

from k8slab.cli import magics
from k8slab.cli.disk import Disk
from k8slab.sim.errors import LabError


class Shell:
    """What IPython's shell offers to magics."""

    def __init__(self):
        self.magics = {}

    def register_magic_function(self, function, magic_kind, magic_name):
        self.magics[magic_kind, magic_name] = function


def test_both_magics_hand_their_text_on():
    shell, seen = Shell(), []
    magics.register(shell, "kubectl", lambda line, stdin: seen.append((line, stdin)))
    shell.magics["line", "kubectl"]("get pods")
    shell.magics["cell", "kubectl"]("apply -f -", "a: b\n")
    assert seen == [("get pods", ""), ("apply -f -", "a: b\n")]


def test_a_line_is_read_as_a_shell_reads_it():
    assert magics.words_of("kubectl patch x -p '{\"a\": 1}'  # why") == ["patch", "x", "-p", '{"a": 1}']
    with pytest.raises(LabError, match="quote"):
        magics.words_of("get 'pods")


def test_the_disk_gives_files_and_folders(tmp_path):
    (tmp_path / "a.yaml").write_text("x: 1\n", encoding="utf-8")
    disk = Disk()
    assert disk.list(str(tmp_path)) == ["a.yaml"]
    assert disk.read(str(tmp_path / "a.yaml")) == "x: 1\n"
    with pytest.raises(NotADirectoryError):
        disk.list(str(tmp_path / "a.yaml"))
