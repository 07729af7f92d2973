"""Which builtins a shell has."""

from __future__ import annotations

from k8slab.machine.shell.builtins import flow, output, surroundings, variables
from k8slab.machine.shell.interpreter import Builtin

#: POSIX 2.14: an error in one of these ends a shell that is not interactive, and assignments before them stay.
SPECIAL = (
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
)  # fmt: skip

POSIX: dict[str, Builtin] = {
    ".": flow.source,
    ":": output.true,
    "[": output.test,
    "alias": surroundings.alias,
    "bg": surroundings.no_job_control,
    "break": flow.leave_loop,
    "cd": surroundings.cd,
    "chdir": surroundings.cd,
    "command": surroundings.command,
    "continue": flow.leave_loop,
    "echo": output.echo,
    "eval": flow.evaluate,
    "exec": flow.execute,
    "exit": flow.leave,
    "export": variables.export,
    "false": output.false,
    "fg": surroundings.no_job_control,
    "getopts": variables.getopts,
    "hash": surroundings.hash_commands,
    "jobs": surroundings.jobs,
    "kill": surroundings.kill,
    "local": variables.local,
    "printf": output.printf,
    "pwd": surroundings.pwd,
    "read": variables.read,
    "readonly": variables.export,
    "return": flow.return_from,
    "set": variables.set_options,
    "shift": variables.shift,
    "test": output.test,
    "times": surroundings.times,
    "trap": flow.trap,
    "true": output.true,
    "type": surroundings.describe,
    "ulimit": surroundings.ulimit,
    "umask": surroundings.umask,
    "unalias": surroundings.unalias,
    "unset": variables.unset,
    "wait": flow.wait,
}

BASH: dict[str, Builtin] = {
    **POSIX,
    "builtin": surroundings.builtin,
    "declare": variables.declare,
    "logout": flow.leave,
    "shopt": surroundings.shopt,
    "source": flow.source,
    "typeset": variables.declare,
}

ASH: dict[str, Builtin] = {**POSIX, "source": flow.source}
