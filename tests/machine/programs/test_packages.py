"""Package managers: what they install is there, what they refuse is refused in their words."""

from __future__ import annotations

from k8slab.machine.userlands.distributions import centos
from tests.machine import conftest


def test_apk_adds_a_program_that_runs(alpine):
    assert alpine.sh("curl -V").exit_code == 127
    answer = alpine.sh("apk add --no-cache curl && curl -V | head -1")
    assert "(1/3) Installing ca-certificates (20240203)" in answer.stdout
    assert answer.stdout.endswith("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.15 zlib/1.2.13\n")
    assert alpine.sh("apk del curl; curl -V").exit_code == 127


def test_apk_does_not_know_everything(alpine):
    answer = alpine.sh("apk add nosuch")
    assert (
        answer.stderr
        == "ERROR: unable to select packages:\n  nosuch (no such package):\n    required by: world[nosuch]\n"
    )
    assert answer.exit_code == 1


def test_apt_needs_its_lists_first(debian):
    assert debian.sh("apt-get install -y procps").stderr == "E: Unable to locate package procps\n"
    answer = debian.sh("apt-get update && apt-get install -y procps && ps -V > /dev/null; command -v ps")
    assert answer.stdout.endswith("/usr/bin/ps\n")
    size = debian.sh("du -s /var/lib/apt/lists | cut -f1").stdout
    assert int(size) > 40_000
    debian.sh("rm -rf /var/lib/apt/lists/*")
    assert debian.sh("apt-get install -y curl").exit_code == 100


def test_apt_asks_unless_told_not_to(debian):
    debian.sh("apt-get update")
    answer = debian.sh("apt-get install vim")
    assert answer.stdout.endswith("Do you want to continue? [Y/n] Abort.\n")
    assert answer.exit_code == 1
    assert debian.sh("apt-get install vim; vim --version | head -1", stdin=b"y\n").stdout.endswith(
        "VIM - Vi IMproved 8.2 (2019 Dec 12, compiled Jan 01 2026 00:00:00)\n"
    )


def test_dnf_and_yum_install_on_almalinux(machine):
    box = machine("almalinux")
    answer = box.sh(
        "yum -y install vim && yum -y install net-tools && vim --version | head -1 && ifconfig lo | head -1"
    )
    assert answer.exit_code == 0
    assert "Installed:\n  vim-common" in answer.stdout and "Complete!" in answer.stdout
    assert answer.stdout.endswith("lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n")
    assert box.sh("dnf install -y nosuch").stderr == "Error: Unable to find a match: nosuch\n"
    assert box.sh("rpm -q net-tools").stdout == "net-tools-2.0-0.62.20160912git.el9.x86_64\n"


def test_centos_8_has_no_mirrors_any_more(machine):
    conftest.TREES.setdefault("centos", centos())
    answer = machine("centos").sh("yum -y install vim")
    assert (
        answer.stderr
        == "Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist: No URLs in mirrorlist\n"
    )
    assert answer.exit_code == 1


def test_users_are_added_as_the_image_has_it(machine):
    assert (
        machine("debian").sh("useradd -m bob && id bob && ls -d /home/bob && useradd bob").stdout
        == "uid=1000(bob) gid=1000(bob) groups=1000(bob)\n/home/bob\n"
    )
    alpine = machine("alpine").sh("addgroup -S app && adduser -S -G app app; id app")
    assert alpine.stdout == "uid=100(app) gid=101(app) groups=101(app)\n"
