"""From the words of a command line to a verb: ``docker(["ps", "-a"], files=...)`` is ready for a driver.

Models cmd/docker, cli/cobra.go and cli/required.go: the global options come first, then the verb, then its flags; how a wrong line is
refused (the client's own slips included: ``SRun 'docker ...``) and with which exit code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from k8slab.cli.docker import flags as flagset
from k8slab.cli.docker import help as helptext
from k8slab.cli.docker.api import DEFAULT_HOST, Api
from k8slab.cli.docker.config_file import ConfigFile
from k8slab.cli.docker.errors import CommandError, Exit
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.terminal import Terminal
from k8slab.cli.docker.verbs import ARGUMENTS, NOT_INTERSPERSED, VERBS, VerbFunction
from k8slab.cli.local_files import LocalFiles, MemoryFiles
from k8slab.cli.seam import Io, Steps, Verb

VERSION = "Docker version 28.2.2, build e6534b4"
LEGACY_BUILDER = (
    "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
    "            Install the buildx component to build images with BuildKit:\n"
    "            https://docs.docker.com/go/buildx/\n\n"
)
BUILDKIT_DISABLED = (
    "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
    "            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n"
    "            environment-variable.\n\n"
)
NO_BUILDX = (
    "ERROR: BuildKit is enabled but the buildx component is missing or broken.\n"
    "       Install the buildx component to build images with BuildKit:\n"
    "       https://docs.docker.com/go/buildx/"
)
#: Set by the lab: its engine has a builder of its own that speaks as BuildKit does.
LAB_BUILDER = "K8SLAB_BUILDER"
#: Groups whose commands ask the engine what it can do before they complain about a wrong line.
_ASKS_FIRST = frozenset(
    ["builder", "config", "network", "node", "plugin", "secret", "service", "stack", "swarm", "volume", "checkpoint"]
)
#: Verbs outside of these groups that do so too.
_ASKS_TOO = frozenset([("container", "prune"), ("image", "prune"), ("system", "df"), ("system", "prune")])
#: Verbs that ask only before they show their flags (some of which depend on the engine), by their last word and by their group.
_SHOWS_FLAGS = frozenset(
    [
        "build",
        "container",
        "create",
        "exec",
        "history",
        "image",
        "images",
        "import",
        "load",
        "logs",
        "ls",
        "pull",
        "push",
        "rm",
        "rmi",
        "run",
        "save",
        "start",
        "system",
        "update",
    ]
)
_SHOWS_NO_FLAGS = frozenset(
    [("rm",), ("container", "ls"), ("container", "rm"), ("image", "tag"), ("context", "ls"), ("context", "rm")]
)


def docker(
    argv: Sequence[str],
    *,
    files: LocalFiles | None = None,
    home_files: LocalFiles | None = None,
    stdin: bytes | str | None = None,
    env: Mapping[str, str] | None = None,
    tty: Terminal | None = None,
    plugins: Mapping[str, VerbFunction] | None = None,
) -> Verb:
    """Return the command line *argv* (without the word ``docker``) as a verb for a driver.

    *files* are those that the line may name; the user's settings are kept in *home_files* (*files*, if not given). *stdin* None is a
    terminal (with *tty*) or nothing at all. *plugins* are verbs that the client itself does not have (``compose``): each gets an
    invocation whose words are all that stands after its name.
    """
    io = Io()
    local = files if files is not None else MemoryFiles()
    home = home_files if home_files is not None else local
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return Verb(io, _run(list(argv), io, local, home, data, env or {}, tty, plugins or {}))


def _run(
    argv: list[str],
    io: Io,
    files: LocalFiles,
    home: LocalFiles,
    stdin: bytes | None,
    env: Mapping[str, str],
    tty: Terminal | None,
    plugins: Mapping[str, VerbFunction],
) -> Steps[int]:
    try:
        return (yield from _dispatch(argv, io, files, home, stdin, env, tty, plugins))
    except Exit as error:
        return error.exit_code
    except CommandError as error:
        text = str(error)
        if text:
            io.err(text + "\n")
        return error.exit_code


def _dispatch(
    argv: list[str],
    io: Io,
    files: LocalFiles,
    home: LocalFiles,
    stdin: bytes | None,
    env: Mapping[str, str],
    tty: Terminal | None,
    plugins: Mapping[str, VerbFunction],
) -> Steps[int]:
    user_home = env.get("HOME", helptext.RECORDED_HOME)
    try:
        top = flagset.parse(argv, helptext.flags_of(()), interspersed=False)
    except flagset.HelpAsked as asked:
        if asked.short:
            io.err("Flag shorthand -h has been deprecated, use --help\n")
        yield from Api().ping()
        io.out(_help((), user_home))
        return 0
    except flagset.FlagError as error:
        yield from Api().ping()
        raise _usage_error(str(error), (), 125) from None
    if top.on("version"):
        io.out(VERSION + "\n")
        return 0
    hosts = top.items("host")
    if len(hosts) > 1:
        raise CommandError("Specify only one -H")
    host = hosts[0] if hosts else env.get("DOCKER_HOST") or DEFAULT_HOST
    api = Api(host, env.get("DOCKER_API_VERSION", ""))
    folder = top.text("config") if top.changed("config") else env.get("DOCKER_CONFIG") or f"{user_home}/.docker"
    config = ConfigFile(home, folder)
    words = top.args
    if not words:
        io.err(_help((), user_home))
        return 0
    if words[0] == "help":
        return (yield from _help_command(words[1:], io, api, user_home))
    if words[0] == "checkpoint":
        yield from api.ping()
        name = " ".join(words[:2]) if words[1:2] in (["create"], ["ls"], ["rm"]) else words[0]
        raise CommandError(f"docker {name} is only supported on a Docker daemon with experimental features enabled")
    if words[0] in plugins:
        given = flagset.Parsed({}, args=words[1:])
        run = Invocation((words[0],), given, io, files, stdin, env, tty, api, config)
        return (yield from plugins[words[0]](run))
    path, rest = _verb_of(words)
    if not path:
        raise CommandError(f"docker: unknown command: docker {words[0]}\n\nRun 'docker --help' for more information")
    if (path[0] in _ASKS_FIRST or path in _ASKS_TOO or path[-1] == "build") and not _needs_buildx(path, env):
        yield from api.ping()
    asks = _asks_for_flags(path)
    _announce_builder(path, io, env, stdin)
    try:
        parsed = flagset.parse(rest, helptext.flags_of(path), interspersed=path not in NOT_INTERSPERSED)
    except flagset.HelpAsked as asked:
        if asks:
            yield from api.ping()
        if asked.short:
            io.out("Flag shorthand -h has been deprecated, use --help\n")
        io.out(_help(path, user_home))
        return 0
    except flagset.FlagError as error:
        if asks:
            yield from api.ping()
        raise _usage_error(str(error), path, 125) from None
    io.out("".join(parsed.notes))
    if helptext.subcommands(path):
        if parsed.args:
            raise CommandError(
                f"docker: unknown command: docker {' '.join(path)} {parsed.args[0]}\n\n"
                f"Usage:  {helptext.usage(path)}\n\nRun 'docker {' '.join(path)} --help' for more information"
            )
        if path[0] not in ("context", "manifest", "trust"):
            yield from api.ping()
        io.err(("\n" if path == ("manifest",) else "") + _help(path, user_home))
        return 0
    _check_arguments(path, parsed.args)
    function: VerbFunction | None = VERBS.get(path)
    if function is None:
        raise CommandError(
            f'the lab\'s docker does not have "docker {" ".join(path)}": it works with a real engine only. '
            "What the lab leaves out is listed in its documentation."
        )
    run = Invocation(path, parsed, io, files, stdin, env, tty, api, config)
    return (yield from function(run))


def wants_terminal(argv: Sequence[str]) -> bool:
    """Return whether *argv* is meant for somebody at a keyboard: ``run -it``, ``start -ai``, ``login``."""
    path, rest = _verb_of([word for word in argv if word != "-D"])
    if not path or helptext.subcommands(path):
        return False
    try:
        parsed = flagset.parse(rest, helptext.flags_of(path), interspersed=path not in NOT_INTERSPERSED)
    except (flagset.FlagError, flagset.HelpAsked):
        return False
    if path[-1] in ("attach", "login"):
        return not parsed.on("password-stdin")
    return parsed.on("tty") or (path[-1] == "start" and parsed.on("interactive"))


def _verb_of(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the verb that *words* name, with its subcommands, and the words after it."""
    path: tuple[str, ...] = ()
    rest = list(words)
    while rest and helptext.subcommands(path):
        name = helptext.canonical(path, rest[0])
        if name is None:
            break
        path = (*path, name)
        rest = rest[1:]
    return path, rest


def _usage_error(message: str, path: tuple[str, ...], exit_code: int) -> CommandError:
    name = " ".join(("docker", *path))
    return CommandError(
        f"{message}\n\nUsage:  {helptext.usage(path)}\n\nRun '{name} --help' for more information", exit_code
    )


def _check_arguments(path: tuple[str, ...], words: list[str]) -> None:
    """Raise CommandError unless the number of *words* is one that the verb takes. Models cli/required.go."""
    least, most = ARGUMENTS.get(path, (0, None))
    count = len(words)
    if count >= least and (most is None or count <= most):
        return
    name = " ".join(("docker", *path))
    lead = "Run"
    if most == 0:
        wanted = "accepts no arguments"
    elif most is None:
        wanted, lead = f"requires at least {least} argument{'s' if least > 1 else ''}", "See"
    elif least == most:
        wanted = f"requires {least} argument{'s' if least > 1 else ''}"
    elif least == 0:
        wanted, lead = f"requires at most {most} argument{'s' if most > 1 else ''}", "SRun"
    else:
        wanted = f"requires at least {least} and at most {most} arguments"
    raise CommandError(
        f"docker: '{name}' {wanted}\n\nUsage:  {helptext.usage(path)}\n\n{lead} '{name} --help' for more information"
    )


def _help(path: tuple[str, ...], home: str) -> str:
    return helptext.text_of(path, home) or ""


def _asks_for_flags(path: tuple[str, ...]) -> bool:
    return path[-1] in _SHOWS_FLAGS and path not in _SHOWS_NO_FLAGS and path[0] != "context"


def _help_command(words: list[str], io: Io, api: Api, home: str) -> Steps[int]:
    path, rest = _verb_of(words)
    if rest or (words and not path):
        raise CommandError(f"unknown help topic: {' '.join(words)}")
    if not path or path[0] in _ASKS_FIRST or _asks_for_flags(path):
        yield from api.ping()
    io.out(_help(path, home))
    return 0


def _needs_buildx(path: tuple[str, ...], env: Mapping[str, str]) -> bool:
    wanted = env.get("DOCKER_BUILDKIT", "") in ("1", "t", "T", "true", "TRUE", "True")
    return wanted and path[-1] == "build" and not env.get(LAB_BUILDER)


def _announce_builder(path: tuple[str, ...], io: Io, env: Mapping[str, str], stdin: bytes | None) -> None:
    """Say which builder will work, where that is asked. Models cmd/docker/builder.go."""
    if path != ("build",) and path[0] != "builder" and path[:2] != ("image", "build"):
        return
    enabled = env.get("DOCKER_BUILDKIT", "")
    if enabled and enabled not in ("0", "1", "t", "f", "T", "F", "true", "false", "TRUE", "FALSE", "True", "False"):
        raise CommandError(
            f'DOCKER_BUILDKIT environment variable expects boolean value: strconv.ParseBool: parsing "{enabled}": invalid syntax'
        )
    if enabled in ("0", "f", "F", "false", "FALSE", "False"):
        io.err(BUILDKIT_DISABLED)
    elif env.get(LAB_BUILDER):
        return
    elif enabled:
        raise CommandError(NO_BUILDX)
    else:
        io.err(LEGACY_BUILDER)
