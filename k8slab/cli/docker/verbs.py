"""Which function carries out which verb, and how many words each verb takes."""

from __future__ import annotations

from collections.abc import Callable

from k8slab.cli.docker import (
    archives,
    build,
    container_verbs,
    contexts,
    cp,
    disk_usage,
    events_verb,
    exec_verb,
    images,
    info,
    inspect,
    lifecycle,
    logs,
    networks,
    prune,
    ps,
    registry_verbs,
    run_verb,
    stats,
    swarm,
    version,
    volumes,
)
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps

VerbFunction = Callable[[Invocation], Steps[int]]
Path = tuple[str, ...]
Count = tuple[int, int | None]

#: Verbs of ``docker container`` that also stand alone: name -> (function, least words, most words).
_CONTAINER: dict[str, tuple[VerbFunction, int, int | None]] = {
    "attach": (lifecycle.attach, 1, 1),
    "commit": (container_verbs.commit, 1, 2),
    "cp": (cp.cp, 2, 2),
    "create": (run_verb.create, 1, None),
    "diff": (container_verbs.diff, 1, 1),
    "exec": (exec_verb.execute, 2, None),
    "export": (archives.export, 1, 1),
    "kill": (lifecycle.kill, 1, None),
    "logs": (logs.logs, 1, 1),
    "pause": (lifecycle.pause, 1, None),
    "port": (container_verbs.port, 1, 2),
    "rename": (lifecycle.rename, 2, 2),
    "restart": (lifecycle.restart, 1, None),
    "rm": (lifecycle.rm, 1, None),
    "run": (run_verb.run, 1, None),
    "start": (lifecycle.start, 1, None),
    "stats": (stats.stats, 0, None),
    "stop": (lifecycle.stop, 1, None),
    "top": (container_verbs.top, 1, None),
    "unpause": (lifecycle.unpause, 1, None),
    "update": (lifecycle.update, 1, None),
    "wait": (lifecycle.wait, 1, None),
}
#: Verbs of ``docker image`` that also stand alone.
_IMAGE: dict[str, tuple[VerbFunction, int, int | None]] = {
    "build": (build.build, 1, 1),
    "history": (images.history, 1, 1),
    "import": (archives.import_, 1, None),
    "load": (archives.load, 0, 0),
    "pull": (registry_verbs.pull, 1, 1),
    "push": (registry_verbs.push, 1, 1),
    "save": (archives.save, 1, None),
    "tag": (images.tag, 2, 2),
}
_SYSTEM: dict[str, tuple[VerbFunction, int, int | None]] = {
    "events": (events_verb.events, 0, 0),
    "info": (info.info, 0, 0),
}
_OTHERS: dict[Path, tuple[VerbFunction, int, int | None]] = {
    ("ps",): (ps.ps, 0, 0),
    ("container", "ls"): (ps.ps, 0, 0),
    ("container", "inspect"): (inspect.container, 1, None),
    ("container", "prune"): (prune.containers, 0, 0),
    ("images",): (images.ls, 0, 1),
    ("image", "ls"): (images.ls, 0, 1),
    ("image", "inspect"): (inspect.image, 1, None),
    ("image", "prune"): (prune.images, 0, 0),
    ("rmi",): (images.rm, 1, None),
    ("image", "rm"): (images.rm, 1, None),
    ("builder", "build"): (build.build, 1, 1),
    ("builder", "prune"): (prune.build_cache, 0, 0),
    ("inspect",): (inspect.anything, 1, None),
    ("login",): (registry_verbs.login, 0, 1),
    ("logout",): (registry_verbs.logout, 0, 1),
    ("search",): (registry_verbs.search, 1, 1),
    ("version",): (version.version, 0, 0),
    ("system", "df"): (disk_usage.df, 0, 0),
    ("system", "prune"): (prune.system, 0, 0),
    ("network", "connect"): (networks.connect, 2, 2),
    ("network", "create"): (networks.create, 1, 1),
    ("network", "disconnect"): (networks.disconnect, 2, 2),
    ("network", "inspect"): (inspect.network, 1, None),
    ("network", "ls"): (networks.ls, 0, 0),
    ("network", "prune"): (prune.networks, 0, 0),
    ("network", "rm"): (networks.rm, 1, None),
    ("volume", "create"): (volumes.create, 0, 1),
    ("volume", "inspect"): (inspect.volume, 1, None),
    ("volume", "ls"): (volumes.ls, 0, 0),
    ("volume", "prune"): (prune.volumes, 0, 0),
    ("volume", "rm"): (volumes.rm, 1, None),
    ("context", "inspect"): (contexts.inspect, 0, None),
    ("context", "ls"): (contexts.ls, 0, 0),
    ("context", "show"): (contexts.show, 0, 0),
    ("context", "use"): (contexts.use, 1, 1),
    ("plugin", "ls"): (swarm.plugins, 0, 0),
    ("plugin", "inspect"): (inspect.of_kind("plugin"), 1, None),
    ("node", "ls"): (swarm.asks("GET", "/nodes"), 0, 0),
    ("node", "inspect"): (swarm.asks("GET", "/info"), 1, None),
    ("node", "ps"): (swarm.asks("GET", "/info"), 0, None),
    ("node", "rm"): (swarm.asks("DELETE", "/nodes/{}"), 1, None),
    ("service", "ls"): (swarm.asks("GET", "/services", {"status": "true"}), 0, 0),
    ("service", "ps"): (swarm.asks("GET", "/services"), 1, None),
    ("service", "logs"): (swarm.asks("GET", "/services/{}", {"insertDefaults": "false"}), 1, 1),
    ("service", "update"): (swarm.asks("GET", "/services/{}"), 1, 1),
    ("service", "create"): (swarm.asks("POST", "/services/create"), 1, None),
    ("service", "inspect"): (inspect.of_kind("service"), 1, None),
    ("service", "rm"): (swarm.asks("DELETE", "/services/{}"), 1, None),
    ("service", "scale"): (swarm.asks("GET", "/services/{}"), 1, None),
    ("stack", "ls"): (swarm.asks("GET", "/services"), 0, 0),
    ("stack", "ps"): (swarm.asks("GET", "/tasks"), 1, 1),
    ("secret", "ls"): (swarm.asks("GET", "/secrets"), 0, 0),
    ("config", "ls"): (swarm.asks("GET", "/configs"), 0, 0),
    ("swarm", "init"): (swarm.asks("POST", "/swarm/init"), 0, 0),
    ("swarm", "join"): (swarm.asks("POST", "/swarm/join"), 1, 1),
    ("swarm", "join-token"): (swarm.asks("GET", "/swarm"), 1, 1),
    ("swarm", "leave"): (swarm.asks("POST", "/swarm/leave"), 0, 0),
    ("swarm", "update"): (swarm.asks("GET", "/swarm"), 0, 0),
}
_ALL: dict[Path, tuple[VerbFunction, int, int | None]] = {
    **{(name,): entry for name, entry in (_CONTAINER | _IMAGE | _SYSTEM).items()},
    **{("container", name): entry for name, entry in _CONTAINER.items()},
    **{("image", name): entry for name, entry in _IMAGE.items()},
    **{("system", name): entry for name, entry in _SYSTEM.items()},
    **_OTHERS,
}
VERBS: dict[Path, VerbFunction] = {path: entry[0] for path, entry in _ALL.items()}
ARGUMENTS: dict[Path, Count] = {path: (entry[1], entry[2]) for path, entry in _ALL.items()}
#: Verbs whose own words may look like flags: everything after the first of them belongs to the command in the container.
NOT_INTERSPERSED = frozenset(
    [*(("container", name) for name in ("run", "create", "exec", "top")), ("run",), ("create",), ("exec",), ("top",)]
)
