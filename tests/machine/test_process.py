"""Processes: exit codes, signals, PID 1, orphans, namespaces, groups."""

from __future__ import annotations

import pytest

from k8slab.machine import signals
from k8slab.machine.fs.mounts import Mount, MountNamespace
from k8slab.machine.fs.overlay import overlay
from k8slab.machine.fs.paths import Searcher
from k8slab.machine.namespaces import Namespaces
from k8slab.machine.procfs import mounts_text
from k8slab.machine.users import UnknownUser, identify
from tests.machine.conftest import TREES


def contained(box, *argv: str, group: str = "docker/one", **limits):
    """Start *argv* as a container: PID, UTS and mount namespaces of its own, a group with *limits*."""
    host = box.host
    group_of = host.cgroup.child(group)
    for name, value in limits.items():
        setattr(group_of, name, value)
    mounts = MountNamespace(Mount(host.new_file_system("overlay", "overlay", on_disk=True), overlay([TREES["alpine"]])))
    files = host.view(mounts)
    space = host.new_pid_namespace()
    host.mount_proc(files, space, cgroup=group_of)
    own: Namespaces = host.namespaces.changed(pid=space, mnt=mounts, uts=host.new_uts_namespace("box"))
    return box.start(*argv, files=files, namespaces=own, cgroup=group_of)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 0),
        ("exit 3", 3),
        ("exit 256", 0),
        ("kill -9 $$", 137),
        ("kill $$", 143),
        ("kill -INT $$", 130),
        ("nope", 127),
        ("/etc/passwd", 126),
    ],
)
def test_exit_codes_are_what_a_shell_shows(debian, script, code):
    assert debian.sh(f"{script}; exit $?" if "$$" not in script else script).exit_code == code


def test_sleeping_takes_virtual_time(debian):
    assert debian.run("sleep", "100").exit_code == 0
    assert 100 <= debian.clock.now < 101


def test_a_signal_ends_a_sleeping_process_at_once(debian):
    process = debian.start("sleep", "1000")
    debian.clock.run(5)
    process.deliver(signals.TERM)
    debian.clock.run(0)
    assert process.exit_code == 143


def test_stopped_processes_wait_for_their_continuation(debian):
    process = debian.start("sleep", "10")
    debian.clock.run(1)
    process.deliver(signals.STOP)
    debian.clock.run(100)
    assert process.is_alive and process.state == "T"
    process.deliver(signals.CONT)
    debian.clock.run(0)
    assert process.exit_code == 0


def test_pid_1_gets_only_the_signals_it_asked_for(debian):
    deaf = contained(debian, "sleep", "1000")
    debian.clock.run(1)
    assert deaf.pid == 1
    deaf.deliver(signals.TERM)
    debian.clock.run(1)
    assert deaf.is_alive
    deaf.deliver(signals.KILL)
    debian.clock.run(0)
    assert deaf.exit_code == 137


def test_pid_1_cannot_be_killed_from_inside_but_from_outside(debian):
    process = contained(debian, "sh", "-c", "kill -9 1; kill 1; sleep 1000")
    debian.clock.run(1)
    assert process.is_alive
    process.deliver(signals.KILL)
    debian.clock.run(0)
    assert process.exit_code == 137


def test_a_trap_lets_pid_1_stop_gracefully(debian):
    process = contained(debian, "sh", "-c", "trap 'echo bye; exit 0' TERM; while :; do sleep 1; done")
    debian.clock.run(3)
    process.deliver(signals.TERM)
    debian.clock.run(2)
    assert process.exit_code == 0


def test_when_pid_1_ends_everything_in_its_namespace_is_killed(debian):
    init = contained(debian, "sh", "-c", "sleep 1000 & sleep 1000 & sleep 5")
    debian.clock.run(1)
    space = init.namespaces.pid
    assert len(space.processes) == 3  # the last command took the shell's place
    debian.clock.run(10)
    assert init.exit_code == 0
    assert [process for process in space.processes.values() if process.is_alive] == []


def test_a_container_sees_its_processes_and_the_host_sees_all(debian):
    init = contained(debian, "sleep", "1000")
    debian.clock.run(0)
    assert list(init.namespaces.pid.processes) == [1]
    assert init.host_pid in debian.host.processes
    listing = debian.host.files.read_text(f"/proc/{init.host_pid}/status")
    assert f"NSpid:\t{init.host_pid}\t1" in listing
    assert "sleep" in debian.host.files.read_text(f"/proc/{init.host_pid}/cmdline")


def test_namespaces_show_by_their_numbers(debian):
    init = contained(debian, "sleep", "1000")
    mine = debian.host.init.namespaces.numbers()
    theirs = init.namespaces.numbers()
    assert mine["pid"] == 4026531836
    assert {kind for kind in mine if mine[kind] != theirs[kind]} == {"pid", "uts"}


def test_an_orphan_moves_to_the_init_of_its_namespace(debian):
    init = contained(debian, "sh", "-c", "(sleep 100 & ); sleep 1000")
    debian.clock.run(1)
    orphan = next(process for process in init.namespaces.pid.processes.values() if process.argv == ["sleep", "100"])
    assert orphan.parent is init and orphan.parent_pid == 1


def test_a_child_nobody_waits_for_stays_a_zombie(debian):
    init = contained(debian, "sh", "-c", "true & exec sleep 1000")
    debian.clock.run(1)
    states = [process.state for process in init.namespaces.pid.processes.values()]
    assert states == ["S", "Z"]


def test_hosts_collect_their_orphans(debian):
    before = len(debian.host.processes)
    debian.sh("(sleep 1 &); true")
    debian.clock.run(5)
    assert len(debian.host.processes) <= before + 1


# -- groups ------------------------------------------------------------------------------------------------------------


def test_the_oom_killer_takes_the_biggest_and_the_code_is_137(debian):
    debian.sh("apt-get update; apt-get install -y stress")
    group = debian.host.cgroup.child("limited")
    group.memory_max = 50 << 20
    ended = debian.run("stress", "--vm", "1", "--vm-bytes", "200M", cgroup=group)
    assert group.oom_kills == 1
    assert "got signal 9" in ended.stderr and ended.exit_code == 1
    assert group.memory_peak > 50 << 20 and group.memory_current == 0


def test_a_process_over_the_limit_alone_dies_itself(debian):
    group = debian.host.cgroup.child("limited")
    group.memory_max = 10 << 20
    process = debian.start("tail", "/dev/zero", cgroup=group)
    debian.clock.run_until(process.exited)
    assert process.exit_code == 137 and process.oom_killed


def test_half_a_processor_takes_twice_as_long(debian):
    group = debian.host.cgroup.child("half")
    group.cpu_max = 0.5

    def work(process):
        yield from process.compute(2.0)

    process = debian.host.spawn(["work"], body=work, cgroup=group)
    debian.clock.run_until(process.exited)
    assert debian.clock.now == pytest.approx(4.0, abs=0.01)
    assert group.cpu_seconds == pytest.approx(2.0)
    assert group.throttled_seconds == pytest.approx(2.0, abs=0.01)


def test_two_workers_share_one_processor(machine):
    box = machine("debian", cpus=1)

    def work(process):
        yield from process.compute(1.0)

    both = [box.host.spawn(["work"], body=work) for _ in range(2)]
    box.clock.run_until(lambda: all(not one.is_alive for one in both))
    assert box.clock.now == pytest.approx(2.0, abs=0.25)


def test_pids_max_refuses_the_next_fork(debian):
    group = debian.host.cgroup.child("few")
    group.pids_max = 3
    ended = debian.sh("sleep 10 & sleep 10 & sleep 10 & sleep 10 & wait", cgroup=group)
    assert "sh: 1: Cannot fork" in ended.stderr and ended.exit_code == 2


def test_the_freezer_holds_a_group_still(debian):
    group = debian.host.cgroup.child("ice")
    process = debian.start("sh", "-c", "while :; do date; sleep 1; done", cgroup=group)
    debian.clock.run(3)
    group.freeze(True)
    debian.clock.run(1)
    used = group.cpu_seconds
    debian.clock.run(100)
    assert group.cpu_seconds == used and process.is_alive
    group.freeze(False)
    debian.clock.run(5)
    assert group.cpu_seconds > used


def test_limits_can_be_read_and_written_as_files(debian):
    debian.host.cgroup.child("web")
    ended = debian.sh(
        "cd /sys/fs/cgroup/web && cat memory.max cpu.max pids.max && echo 50M > memory.max && echo '50000 100000' > cpu.max && cat memory.max cpu.max"
    )
    assert ended.stdout == "max\nmax 100000\nmax\n52428800\n50000 100000\n"
    assert debian.host.cgroup.children["web"].cpu_max == 0.5


# -- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", (0, 0)),
        ("www-data", (33, 33)),
        ("1000", (1000, 0)),
        ("1000:50", (1000, 50)),
        ("games:users", (5, 100)),
        ("33", (33, 33)),
    ],
)
def test_users_are_found_by_name_and_number(debian, spec, expected):
    found = identify(debian.host.files, spec)
    assert (found.uid, found.gid) == expected


def test_unknown_users_get_moby_s_words(debian):
    with pytest.raises(UnknownUser, match="unable to find user bob: no matching entries in passwd file"):
        identify(debian.host.files, "bob")
    with pytest.raises(UnknownUser, match="unable to find group x: no matching entries in group file"):
        identify(debian.host.files, "root:x")


def test_a_process_of_another_user_cannot_be_signalled(debian):
    victim = debian.start("sleep", "100")
    ended = (
        debian.run("kill", str(victim.pid), user=Searcher(1000, 1000))
        if debian.host.files.exists("/usr/bin/kill")
        else debian.sh(f"kill {victim.pid}", user=Searcher(1000, 1000))
    )
    assert "Operation not permitted" in ended.stderr and victim.is_alive


def test_the_mount_table_lists_what_is_mounted(debian):
    text = mounts_text(debian.host.init)
    assert text.splitlines()[0] == "/dev/sda1 / ext4 rw,relatime 0 0"
    assert "cgroup /sys/fs/cgroup cgroup2" in text


def test_log_files_linked_to_dev_stdout_reach_the_reader(debian):
    ended = debian.sh(
        "ln -s /dev/stdout /tmp/log; echo to the log > /tmp/log; echo err > /dev/stderr; cat < /dev/null; head -c 3 /dev/zero | wc -c"
    )
    assert (ended.stdout, ended.stderr) == ("to the log\n3\n", "err\n")


def test_urandom_is_seeded(machine):
    first = machine("debian").sh("head -c 8 /dev/urandom | sha256sum").stdout
    assert first == machine("debian").sh("head -c 8 /dev/urandom | sha256sum").stdout


def test_a_script_runs_under_its_interpreter_and_a_missing_one_is_no_such_file(debian):
    debian.sh(
        "printf '#!/bin/sh\\necho $0 $1\\n' > /tmp/s; printf '#!/bin/nope\\n' > /tmp/t; printf '#!/bin/sh\\r\\necho\\n' > /tmp/u; chmod +x /tmp/?"
    )
    assert debian.run("/tmp/s", "x").stdout == "/tmp/s x\n"
    for path in ("/tmp/t", "/tmp/u"):
        with pytest.raises(FileNotFoundError):
            debian.host.spawn([path])


def test_a_glibc_program_without_its_loader_is_no_such_file(machine):
    box = machine("alpine")
    tool = machine("debian").host.files.read("/usr/bin/cat")
    box.host.files.write("/bin/gnucat", tool)
    box.host.files.change_mode("/bin/gnucat", 0o755)
    with pytest.raises(FileNotFoundError):
        box.host.spawn(["/bin/gnucat"])


def test_a_program_for_another_processor_is_an_exec_format_error(machine):
    with pytest.raises(OSError, match="Exec format error"):
        machine("debian", arch="arm64").host.spawn(["/usr/bin/cat"])


def test_starting_many_processes_is_the_same_everywhere(machine):
    def trace() -> str:
        box = machine("debian")
        return box.sh(
            "for i in 1 2 3; do (echo $i $$; sleep 0.1) & done; wait; ls -l /proc/self/fd | wc -l; mktemp"
        ).stdout

    assert trace() == trace()
