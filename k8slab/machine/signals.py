"""Signals: their numbers and names, and what each does to a process that did not ask for it.

Models signal(7) for x86-64 and arm64.
"""

from __future__ import annotations

HUP, INT, QUIT, ILL, TRAP, ABRT, BUS, FPE, KILL, USR1, SEGV, USR2, PIPE, ALRM, TERM = range(1, 16)
STKFLT, CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, XCPU, XFSZ, VTALRM, PROF, WINCH, IO, PWR, SYS = range(16, 32)

NAMES = dict(
    enumerate(
        [
            "HUP",
            "INT",
            "QUIT",
            "ILL",
            "TRAP",
            "ABRT",
            "BUS",
            "FPE",
            "KILL",
            "USR1",
            "SEGV",
            "USR2",
            "PIPE",
            "ALRM",
            "TERM",
            "STKFLT",
            "CHLD",
            "CONT",
            "STOP",
            "TSTP",
            "TTIN",
            "TTOU",
            "URG",
            "XCPU",
            "XFSZ",
            "VTALRM",
            "PROF",
            "WINCH",
            "IO",
            "PWR",
            "SYS",
        ],
        start=1,
    )
)
NUMBERS = {name: number for number, name in NAMES.items()} | {"IOT": ABRT, "CLD": CHLD, "POLL": IO}
#: Real-time signals as glibc numbers them (nginx images stop with SIGQUIT, systemd ones with SIGRTMIN+3).
RTMIN, RTMAX = 34, 64

IGNORED = frozenset({CHLD, URG, WINCH})
STOPPING = frozenset({STOP, TSTP, TTIN, TTOU})
#: What a shell says about a child that died of a signal (strsignal).
DESCRIPTIONS = {
    HUP: "Hangup",
    INT: "Interrupt",
    QUIT: "Quit",
    ILL: "Illegal instruction",
    TRAP: "Trace/breakpoint trap",
    ABRT: "Aborted",
    BUS: "Bus error",
    FPE: "Floating point exception",
    KILL: "Killed",
    USR1: "User defined signal 1",
    SEGV: "Segmentation fault",
    USR2: "User defined signal 2",
    PIPE: "Broken pipe",
    ALRM: "Alarm clock",
    TERM: "Terminated",
    XCPU: "CPU time limit exceeded",
    XFSZ: "File size limit exceeded",
    SYS: "Bad system call",
}


def number(text: str) -> int | None:
    """Return the signal that *text* names (``9``, ``KILL``, ``SIGKILL``, ``rtmin+3``), or None."""
    if text.isdigit():
        value = int(text)
        return value if 0 <= value <= RTMAX else None
    name = text.upper().removeprefix("SIG")
    if name.startswith("RTMIN"):
        offset = name[5:].removeprefix("+") or "0"
        return RTMIN + int(offset) if offset.isdigit() and RTMIN + int(offset) <= RTMAX else None
    if name.startswith("RTMAX"):
        offset = name[5:].removeprefix("-") or "0"
        return RTMAX - int(offset) if offset.isdigit() and RTMAX - int(offset) >= RTMIN else None
    return NUMBERS.get(name)


def name(signal: int) -> str:
    """Return the name of *signal* without SIG."""
    if signal in NAMES:
        return NAMES[signal]
    return f"RTMIN+{signal - RTMIN}" if RTMIN < signal <= RTMAX else "RTMIN" if signal == RTMIN else str(signal)
