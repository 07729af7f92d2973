"""``docker X prune``: remove what nobody uses. Models cli/command/*/prune.go."""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import api, units
from k8slab.cli.docker.errors import CommandError, Exit
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps

ASK = "Are you sure you want to continue? [y/N]"


def _agreed(run: Invocation, warning: str) -> Steps[None]:
    """Go on only if the user wants to. Raises Exit otherwise."""
    yield from run.api.ping()
    if not run.flags.on("force") and not run.confirm(f"{warning}{ASK}"):
        raise Exit(0)


def _reclaimed(run: Invocation, size: int) -> None:
    run.io.out(f"Total reclaimed space: {units.human_size(size)}\n")


def containers(run: Invocation) -> Steps[int]:
    """Remove the containers that have ended."""
    yield from _agreed(run, "WARNING! This will remove all stopped containers.\n")
    text, size = yield from _containers(run, run.flags.items("filter"))
    if text:
        run.io.out(text + "\n")
    _reclaimed(run, size)
    return 0


def _containers(run: Invocation, terms: list[str]) -> Steps[tuple[str, int]]:
    report = yield from run.api.json("POST", "/containers/prune", {"filters": api.filters(terms)})
    gone = report.get("ContainersDeleted") or []
    return _block("Deleted Containers:", gone), report.get("SpaceReclaimed") or 0


def _block(title: str, lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in [title, *lines]) if lines else ""


def images(run: Invocation) -> Steps[int]:
    """Remove images without a name, or all that no container uses."""
    if run.flags.on("all"):
        warning = "WARNING! This will remove all images without at least one container associated to them.\n"
    else:
        warning = "WARNING! This will remove all dangling images.\n"
    yield from _agreed(run, warning)
    text, size = yield from _images(run, run.flags.items("filter"), run.flags.on("all"))
    if text:
        run.io.out(text + "\n")
    _reclaimed(run, size)
    return 0


def _images(run: Invocation, terms: list[str], everything: bool) -> Steps[tuple[str, int]]:
    terms = [*terms, f"dangling={'false' if everything else 'true'}"]
    report = yield from run.api.json("POST", "/images/prune", {"filters": api.filters(terms)})
    lines = [
        f"untagged: {entry['Untagged']}" if entry.get("Untagged") else f"deleted: {entry['Deleted']}"
        for entry in report.get("ImagesDeleted") or []
    ]
    return _block("Deleted Images:", lines), report.get("SpaceReclaimed") or 0


def networks(run: Invocation) -> Steps[int]:
    """Remove the networks that nobody is connected to."""
    yield from _agreed(run, "WARNING! This will remove all custom networks not used by at least one container.\n")
    text = yield from _networks(run, run.flags.items("filter"))
    if text:
        run.io.out(text + "\n")
    return 0


def _networks(run: Invocation, terms: list[str]) -> Steps[str]:
    report = yield from run.api.json("POST", "/networks/prune", {"filters": api.filters(terms)})
    return _block("Deleted Networks:", report.get("NetworksDeleted") or [])


def volumes(run: Invocation) -> Steps[int]:
    """Remove the volumes that no container uses: those without a name, or all."""
    terms = run.flags.items("filter")
    if run.flags.on("all"):
        if any(term.startswith("all=") for term in terms):
            raise CommandError("conflicting options: cannot specify both --all and --filter all=1")
        terms = [*terms, "all=true"]
        warning = "WARNING! This will remove all local volumes not used by at least one container.\n"
    else:
        warning = "WARNING! This will remove anonymous local volumes not used by at least one container.\n"
    yield from _agreed(run, warning)
    text, size = yield from _volumes(run, terms)
    if text:
        run.io.out(text + "\n")
    _reclaimed(run, size)
    return 0


def _volumes(run: Invocation, terms: list[str]) -> Steps[tuple[str, int]]:
    report = yield from run.api.json("POST", "/volumes/prune", {"filters": api.filters(terms)})
    return _block("Deleted Volumes:", report.get("VolumesDeleted") or []), report.get("SpaceReclaimed") or 0


def build_cache(run: Invocation) -> Steps[int]:
    """Remove what builds have left."""
    flags = run.flags
    kind = "all" if flags.on("all") else "all dangling"
    yield from _agreed(run, f"WARNING! This will remove {kind} build cache. ")
    text, size = yield from _build_cache(run, flags.items("filter"), flags.on("all"), int(flags["keep-storage"] or 0))
    if text:
        run.io.out(text + "\n")
    _reclaimed(run, size)
    return 0


def _build_cache(run: Invocation, terms: list[str], everything: bool, keep: int) -> Steps[tuple[str, int]]:
    query: dict[str, Any] = {
        "filters": api.filters(terms) or "",
        "all": "1" if everything else None,
        "keep-storage": str(keep) if keep else None,
    }
    report = yield from run.api.json("POST", "/build/prune", query)
    return _block("Deleted build cache objects:", report.get("CachesDeleted") or []), report.get("SpaceReclaimed") or 0


def system(run: Invocation) -> Steps[int]:
    """Remove everything that nobody uses."""
    flags = run.flags
    everything, with_volumes, terms = flags.on("all"), flags.on("volumes"), flags.items("filter")
    if with_volumes and any(term.startswith("until=") for term in terms):
        raise CommandError('ERROR: The "until" filter is not supported with "--volumes"')
    yield from _agreed(run, _warning(everything, with_volumes, terms))
    total = 0
    blocks: list[str] = []
    text, size = yield from _containers(run, terms)
    blocks, total = [*blocks, text], total + size
    text = yield from _networks(run, terms)
    blocks.append(text)
    if with_volumes:
        text, size = yield from _volumes(run, terms)
        blocks, total = [*blocks, text], total + size
    text, size = yield from _images(run, terms, everything)
    blocks, total = [*blocks, text], total + size
    text, size = yield from _build_cache(run, terms, everything, 0)
    blocks, total = [*blocks, text], total + size
    run.io.out("".join(block + "\n" for block in blocks if block))
    _reclaimed(run, total)
    return 0


def _warning(everything: bool, with_volumes: bool, terms: list[str]) -> str:
    lines = ["all stopped containers", "all networks not used by at least one container"]
    if with_volumes:
        lines.append("all anonymous volumes not used by at least one container")
    lines.append(
        "all images without at least one container associated to them" if everything else "all dangling images"
    )
    lines.append("all build cache" if everything else "unused build cache")
    text = "WARNING! This will remove:\n" + "".join(f"  - {line}\n" for line in lines)
    if terms:
        text += "\n  Items to be pruned will be filtered with:\n" + "".join(f"  - {term}\n" for term in terms)
    return f"{text}\n"
