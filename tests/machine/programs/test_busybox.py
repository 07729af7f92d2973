"""busybox's manners, where they differ from GNU's, and programs that exist only if their file does."""

from __future__ import annotations

import pytest

USAGE = "BusyBox v1.36.1 (2024-06-10 07:11:47 UTC) multi-call binary."


@pytest.mark.parametrize(
    ("command", "error", "code"),
    [
        ("ls /nope", "ls: /nope: No such file or directory", 1),
        ("cat /nope", "cat: can't open '/nope': No such file or directory", 1),
        ("rm /nope", "rm: can't remove '/nope': No such file or directory", 1),
        ("rm /etc", "rm: '/etc' is a directory", 1),
        ("mkdir /etc", "mkdir: can't create directory '/etc': File exists", 1),
        ("rmdir /etc", "rmdir: '/etc': Directory not empty", 1),
        ("mv /nope /x", "mv: can't rename '/nope': No such file or directory", 1),
        ("cp /nope /x", "cp: can't stat '/nope': No such file or directory", 1),
        ("touch /nope/x", "touch: /nope/x: No such file or directory", 1),
        ("grep a /nope", "grep: /nope: No such file or directory", 2),
        ("sleep x", "sleep: invalid number 'x'", 1),
        ("id bob", "id: unknown user bob", 1),
        ("chown bob /etc", "chown: unknown user bob", 1),
        ("ping -c1 nohost", "ping: bad address 'nohost'", 1),
        ("wget -q http://nohost/", "wget: bad address 'nohost'", 1),
        ("ls -z", "ls: unrecognized option: z\n" + USAGE, 1),
    ],
)  # fmt: skip
def test_busybox_words_its_errors(command, error, code, alpine):
    answer = alpine.sh(command)
    assert answer.stderr.startswith(error)
    assert answer.exit_code == code


def test_ps_shows_the_narrow_table(alpine):
    lines = alpine.sh("ps; true").stdout.splitlines()
    assert lines[0] == "PID   USER     TIME  COMMAND"
    assert lines[-1].split() == ["3", "root", "0:00", "ps"]


def test_one_file_has_many_names(alpine):
    assert (
        alpine.sh("readlink /bin/ls; busybox echo hi; cp /bin/busybox /tmp/wc; echo a b | /tmp/wc -w").stdout
        == "/bin/busybox\nhi\n2\n"
    )
    assert alpine.run("busybox", "nosuch").stderr == "nosuch: applet not found\n"
    assert "Currently defined functions:" in alpine.run("busybox").stdout


@pytest.mark.parametrize(
    ("distribution", "absent", "present"),
    [
        (
            "debian",
            ["ps", "ip", "ping", "curl", "vim", "nc", "apk", "dnf"],
            ["bash", "apt-get", "find", "tar", "ls", "perl"],
        ),
        ("alpine", ["bash", "curl", "vim", "apt-get", "getent"], ["sh", "apk", "wget", "vi", "ps", "ip", "nc", "ping"]),
        ("almalinux", ["ps", "ip", "ifconfig", "vim", "apk", "dash"], ["bash", "dnf", "yum", "curl", "vi", "rpm"]),
    ],
)
def test_an_image_carries_what_its_distribution_carries(distribution, absent, present, machine):
    box = machine(distribution)
    assert box.sh(f"for p in {' '.join(absent)}; do command -v $p; done").stdout == ""
    assert len(box.sh(f"for p in {' '.join(present)}; do command -v $p; done").stdout.split()) == len(present)


def test_a_deleted_program_is_not_found(debian):
    assert debian.sh("rm /usr/bin/wc; echo a | wc").stderr == "sh: 1: wc: not found\n"


def test_a_file_nobody_modelled_says_so(debian):
    answer = debian.run("perl", "-v")
    assert answer.exit_code == 126 and "does not model" in answer.stderr
