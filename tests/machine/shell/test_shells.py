"""What differs between dash, busybox ash and bash, the prompt, and scripts that mean harm."""

from __future__ import annotations

import pytest

from k8slab.machine.terminal import Terminal, TerminalEnd

ERRORS = [
    ("nope", "sh: 1: nope: not found", "sh: nope: not found", "bash: line 1: nope: command not found", (127, 127, 127)),
    ("/nope/x", "sh: 1: /nope/x: not found", "sh: /nope/x: not found", "bash: line 1: /nope/x: No such file or directory", (127, 127, 127)),
    ("/tmp", "sh: 1: /tmp: Permission denied", "sh: /tmp: Permission denied", "bash: line 1: /tmp: Permission denied", (126, 126, 126)),
    ("cd /nope", "sh: 1: cd: can't cd to /nope", "sh: cd: can't cd to /nope: No such file or directory", "bash: line 1: cd: /nope: No such file or directory", (2, 2, 1)),
    ("cat < /nope", "sh: 1: cannot open /nope: No such file", "sh: can't open /nope: no such file", "bash: line 1: /nope: No such file or directory", (2, 2, 1)),
    ("echo > /nope/x", "sh: 1: cannot create /nope/x: Directory nonexistent", "sh: can't create /nope/x: nonexistent directory", "bash: line 1: /nope/x: No such file or directory", (2, 2, 1)),
    ("fi", 'sh: 1: Syntax error: "fi" unexpected', 'sh: syntax error: unexpected "fi"', "bash: line 1: syntax error near unexpected token `fi'", (2, 2, 2)),
    ("set -u; echo $x", "sh: 1: x: parameter not set", "sh: x: parameter not set", "bash: line 1: x: unbound variable", (2, 2, 1)),
    ("readonly x=1; x=2", "sh: 1: x: is read only", "sh: x: is read only", "bash: line 1: x: readonly variable", (2, 2, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("script", "dash", "ash", "bash", "codes"), ERRORS, ids=[row[0] for row in ERRORS])
def test_every_shell_words_its_errors(script, dash, ash, bash, codes, machine):
    answers = [machine("debian").sh(script), machine("alpine").sh(script), machine("debian").sh(script, shell="bash")]
    assert [answer.stderr.splitlines()[0] for answer in answers] == [dash, ash, bash]
    assert tuple(answer.exit_code for answer in answers) == codes


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("echo {1..3} {a,b}{x,y} {01..03} {c..a}", "1 2 3 ax ay bx by 01 02 03 c b a\n"),
        ("echo a{b,c}d '{a,b}' {x} {}", "abd acd {a,b} {x} {}\n"),
        ("x=hello; echo ${x/l/L} ${x//l/L} ${x^^} ${x:1:3} ${x: -2}", "heLlo heLLo HELLO ell lo\n"),
        (
            "[[ hello == h*o && -d /etc ]] && echo yes; [[ a < b ]] && echo less; [[ abc =~ ^a.c$ ]] && echo re",
            "yes\nless\nre\n",
        ),
        ("((2 > 1)) && echo ok; i=1; echo $((i++)) $((++i)) $((2**8))", "ok\n1 3 256\n"),
        ("read a b <<< 'x y'; echo $b; echo hi &> /tmp/o; cat /tmp/o", "y\nhi\n"),
        ("function f { local x=1; echo $x; }; f; x=1; x+=2; echo $x", "1\n12\n"),
        ("set -o pipefail; false | true; echo $?", "1\n"),
        ("echo -e 'a\\tb'; echo 'a\\tb'; printf -v v %03d 7; echo $v", "a\tb\na\\tb\n007\n"),
        ("y=z; z=v; echo $'a\\nb' ${!y} $BASH_VERSION", "a\nb v 5.2.15(1)-release\n"),
    ],
)
def test_bash_has_its_own_words(script, output, debian):
    assert debian.sh(script, shell="bash").stdout == output


def typed(box, shell: str, *lines: bytes) -> str:
    """Return what appears on a terminal on which somebody types *lines*, a second apart."""
    screen: list[bytes] = []
    terminal = Terminal(box.clock, screen.append)
    end = TerminalEnd(terminal)
    box.host.spawn(
        [shell], fds={0: end, 1: end, 2: end}, env={"PATH": "/usr/bin:/bin", "HOME": "/root"}, terminal=terminal
    )
    box.clock.run(0.1)
    for line in lines:
        terminal.type(line)
        box.clock.run(1)
    return b"".join(screen).decode().replace("\r\n", "\n")


def test_a_prompt_reads_and_answers_line_by_line(debian):
    screen = typed(
        debian, "sh", b"echo hi\n", b"for i in 1 2\n", b"do echo $i; done\n", b"cat <<E\n", b"doc\n", b"E\n", b"exit\n"
    )
    assert screen == "# echo hi\nhi\n# for i in 1 2\n> do echo $i; done\n1\n2\n# cat <<E\n> doc\n> E\ndoc\n# exit\n"


def test_an_error_at_the_prompt_does_not_end_the_shell(debian):
    screen = typed(debian, "sh", b"fi\n", b"echo ${x:?gone}\n", b"nope\n", b"echo $?\n")
    assert (
        screen
        == '# fi\nsh: 1: Syntax error: "fi" unexpected\n# echo ${x:?gone}\nsh: 2: x: gone\n# nope\nsh: 3: nope: not found\n# echo $?\n127\n# '
    )


def test_control_c_ends_the_command_and_not_the_shell(debian):
    screen = typed(debian, "sh", b"sleep 100\n", b"\x03", b"echo $?\n")
    assert screen == "# sleep 100\n^C\n# echo $?\n130\n# "


def test_control_d_ends_the_shell(debian):
    before = len(debian.host.processes)
    typed(debian, "bash", b"\x04")
    assert len(debian.host.processes) == before


def test_the_prompts_of_the_images(machine):
    assert typed(machine("alpine"), "sh", b"cd /etc\n") == "/ # cd /etc\n/etc # "
    assert typed(machine("debian"), "bash", b"cd\n") == "root@host:/# cd\nroot@host:~# "
    assert typed(machine("almalinux"), "bash", b"cd /etc\n") == "[root@host /]# cd /etc\n[root@host etc]# "


HOSTILE = {
    "an endless loop": ("while :; do :; done", None),
    "a fork bomb": ("f() { f & f & wait; }; f", None),
    "a pipe bomb": ("f() { f | f; }; f", None),
    "a value that doubles for ever": ("x=a; while :; do x=$x$x; done", "sh: 1: Out of space"),
    "five hundred subshells inside each other": ("(" * 500 + "echo" + ")" * 500, "nesting too deep"),
    "quotes inside substitutions for ever": ('"$("$(' * 300, "nesting too deep"),
    "a function that calls itself": ("f() { f; }; f", "Maximum function recursion depth (1000) reached"),
    "a substitution that calls itself": ("f() { echo $(f); }; f", "Cannot fork"),
    "an eval of itself": ('x=\'eval "$x"\'; eval "$x"', "too many nested evaluations"),
    "output without end": ("yes > /tmp/y", None),
    "zeros without end": ("cat /dev/zero > /tmp/z", None),
    "a variable without end": ("x=$(cat /dev/zero | tr '\\0' a)", None),
    "a trap that triggers itself": ("trap 'kill -USR1 $$' USR1; kill -USR1 $$; sleep 1", None),
    "a sum of twenty thousand ones": ("echo $((1" + "+1" * 20000 + "))", "expression too long"),
    "directories inside each other for ever": ("while :; do mkdir d && cd d || exit 9; done", "File name too long"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_script_that_means_harm_is_bounded(name, debian):
    script, words = HOSTILE[name]
    group = debian.host.cgroup.child("victim")
    group.pids_max = 200
    errors: list[bytes] = []
    process = debian.start("sh", "-c", script, cwd="/tmp", cgroup=group, errors=errors.append)
    debian.clock.run_until(process.exited, 100)
    if words is None:
        group.freeze(True)  # it goes on, or has ended: either way the clock has moved and the machine answers
        assert debian.sh("echo alive").stdout == "alive\n"
    else:
        assert words in b"".join(errors).decode()
        assert not process.is_alive


def test_an_endless_loop_burns_its_processor(debian):
    group = debian.host.cgroup.child("spin")
    debian.start("sh", "-c", "while :; do :; done", cgroup=group)
    debian.clock.run(50)
    assert group.cpu_seconds == pytest.approx(50, abs=3)


def test_a_disk_that_is_full_says_so(machine):
    box = machine("debian")
    box.host.disk.capacity_bytes = 1_000_000
    ended = box.sh(
        "head -c 2000000 /dev/urandom > /tmp/big; echo $?; echo x > /tmp/small; rm /tmp/big; echo y > /tmp/small; cat /tmp/small"
    )
    assert "No space left on device" in ended.stderr
    assert ended.stdout.endswith("y\n")
