"""Tools whose answers depend on the machine, not only on files: ps, mounts, time, sed -i on a mounted file, the network ones."""

from __future__ import annotations

import re

import pytest

from k8slab.machine.fs.paths import Searcher


def test_sed_in_place_cannot_replace_a_mounted_file(debian):
    files = debian.host.files
    files.write("/host.conf", "port 80\n")
    files.write("/etc/app.conf", "image\n")
    source = files.find("/host.conf")
    files.mount("/etc/app.conf", source.writable(), source.mount.file_system)
    answer = debian.sh("cd /etc && sed -i s/80/81/ ./app.conf")
    assert re.fullmatch(r"sed: cannot rename \./sed\w{6}: Device or resource busy\n", answer.stderr)
    assert answer.exit_code == 4
    assert files.read("/host.conf") == b"port 80\n"
    assert debian.sh("echo 'port 82' > /etc/app.conf").exit_code == 0
    assert files.read("/host.conf") == b"port 82\n"


def test_a_read_only_mount_shows_in_every_tool_s_words(debian):
    files = debian.host.files
    files.make_directory("/ro")
    source = files.find("/etc")
    files.mount("/ro", source.inode, source.mount.file_system, read_only=True)
    errors = debian.sh(
        "touch /ro/x; mkdir /ro/d; rm /ro/passwd; echo x > /ro/y; cp /etc/group /ro/z; chmod 600 /ro/passwd; mv /ro/passwd /tmp"
    ).stderr
    assert errors.count("Read-only file system") == 7
    assert "sh: 1: cannot create /ro/y: Read-only file system" in errors
    assert "touch: cannot touch '/ro/x': Read-only file system" in errors


def test_ps_of_procps_shows_users_parents_and_commands(debian):
    debian.sh("apt-get update; apt-get install -y procps")
    debian.start("sleep", "1000", user=Searcher(33, 33))
    debian.clock.run(60)
    full = debian.sh("ps -ef; true").stdout.splitlines()
    assert full[0] == "UID          PID    PPID  C STIME TTY          TIME CMD"
    assert re.match(r"www-data +\d+ +1  0 00:0\d \? +00:00:00 sleep 1000$", full[2])
    wide = debian.sh("ps aux; true").stdout.splitlines()
    assert wide[0] == "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND"
    assert wide[1].startswith("root           1")
    assert debian.sh("ps -o pid,comm -p 1").stdout == "    PID COMMAND\n      1 systemd\n"
    sleeper = next(line.split()[1] for line in wide if line.endswith("sleep 1000"))
    assert debian.sh("pgrep sleep; pkill sleep; pgrep sleep").stdout.split() == [sleeper]


def test_top_and_free_and_uptime_read_the_machine(debian):
    debian.sh("apt-get update; apt-get install -y procps")
    debian.clock.run(3600)
    assert "Mem:         8388608" in debian.sh("free").stdout
    assert re.match(r" \d\d:\d\d:\d\d up  1:\d\d,", debian.sh("uptime").stdout)
    page = debian.sh("top -b -n 1").stdout
    assert "PID USER      PR  NI" in page and "systemd" in page


def test_tail_follows_a_growing_file(debian):
    debian.sh("echo first > /tmp/log")
    out: list[bytes] = []
    follower = debian.start("tail", "-f", "/tmp/log", output=out.append)
    debian.clock.run(5)
    debian.sh("echo second >> /tmp/log")
    debian.clock.run(5)
    assert b"".join(out) == b"first\nsecond\n"
    follower.deliver(15)


def test_dates_are_virtual(debian):
    debian.clock.run(86400 * 31)
    assert (
        debian.sh("date; date -u +%F; touch /tmp/f; ls -l /tmp/f").stdout.splitlines()[0]
        == "Sun Feb  1 00:00:00 UTC 2026"
    )


def test_df_and_du_count_what_is_there(debian):
    answer = debian.sh("dd if=/dev/zero of=/tmp/big bs=1M count=50; du -h /tmp/big; df -h / | tail -1; ls -lh /tmp/big")
    assert "50+0 records out\n52428800 bytes (52 MB, 50 MiB) copied" in answer.stderr
    assert answer.stdout.splitlines()[0] == "50M\t/tmp/big"
    assert "50M" in answer.stdout.splitlines()[1]


def test_the_network_tools_on_a_machine_without_a_cable(machine):
    box = machine("alpine")
    assert (
        box.sh("ip addr show lo").stdout.splitlines()[0]
        == "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000"
    )
    assert box.sh("ping -c 1 127.0.0.1").exit_code == 0
    assert box.sh("ping -c 1 10.0.0.1").stderr == "ping: sendto: Network unreachable\n"
    assert box.sh("nc -z 127.0.0.1 80").exit_code == 1
    assert (
        box.sh("wget -q -O- 127.0.0.1").stderr == "wget: can't connect to remote host (127.0.0.1): Connection refused\n"
    )
    assert box.sh("ifconfig lo").stdout.startswith(
        "lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n"
    )


def test_two_programs_talk_through_nc(alpine):
    heard: list[bytes] = []
    alpine.start("nc", "-l", "-p", "9000", output=heard.append)
    alpine.clock.run(1)
    assert alpine.sh("echo hello | nc 127.0.0.1 9000").exit_code == 0
    assert b"".join(heard) == b"hello\n"
    assert alpine.sh("netstat -ltn | grep -c 9000").stdout == "0\n"


@pytest.mark.parametrize(
    "script",
    [
        "xargs -n x echo",
        "fold -w x /etc/passwd",
        "base64 -w x /etc/passwd",
        "head -n 99999999999999999999 /etc/hostname",
        "seq 1 0 2",
        "chmod 99999 /etc",
        "find / -perm zz",
        "cut -f x /etc/passwd",
        "sort -k x /etc/passwd",
        "sed 's/[/x/' /etc/passwd",
        "grep '\\(' /etc/passwd",
        "expr 1 / 0",
        "tr z-a b < /etc/passwd",
        "printf '%99999999999d' 1",
        "date -d @99999999999999999999",
        "dd if=/dev/zero bs=0",
        "touch -r /nope /x",
        "tail -n -x /etc/passwd",
        "truncate -s x /f",
        "mktemp x",
        "timeout x true",
        "install -m zz a b",
        "awk 1",
    ],
)
def test_nonsense_arguments_get_an_answer_and_never_a_crash(script, debian):
    answer = debian.sh(script)
    assert answer.exit_code is not None
    assert answer.stderr or answer.exit_code in (0, 1)
