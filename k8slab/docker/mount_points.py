"""What is mounted in a container: ``-v``, ``--mount``, ``--tmpfs``, ``--volumes-from`` and an image's VOLUMEs, taken apart.

Models volume/mounts (linux_parser.go, validate.go) and daemon/volumes.go (registerMountPoints) with their words.
Left out: SELinux labels, propagation other than rprivate, image and npipe mounts, sub-paths.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from k8slab.docker.errors import DockerError, invalid_parameter

MODES = (
    "rw",
    "ro",
    "z",
    "Z",
    "nocopy",
    "consistent",
    "cached",
    "delegated",
    "rprivate",
    "private",
    "rshared",
    "shared",
    "rslave",
    "slave",
)


@dataclass(slots=True)
class MountPoint:
    """One mount of a container. *source* is a host path (bind) or the volume's directory; *name* the volume."""

    type: str
    destination: str
    name: str = ""
    source: str = ""
    mode: str = ""
    rw: bool = True
    copies: bool = True
    #: ``-v`` makes a missing source directory, ``--mount`` does not.
    makes_source: bool = False
    driver: str = ""
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None
    size_bytes: int = 0
    permissions: int = 0o1777
    is_anonymous: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as ``docker inspect`` shows it under Mounts."""
        found: dict[str, Any] = {"Type": self.type}
        if self.name:
            found["Name"] = self.name
        found["Source"] = self.source
        found["Destination"] = self.destination
        if self.type == "volume":
            found["Driver"] = "local"
        found |= {"Mode": self.mode, "RW": self.rw, "Propagation": "rprivate" if self.type == "bind" else ""}
        return found


def _destination(path: str, kind: str, whole: str) -> str:
    prefix = f"invalid volume specification: '{whole}': " if whole else ""
    if not path.startswith("/"):
        raise invalid_parameter(
            f"{prefix}invalid mount config for type \"{kind}\": invalid mount path: '{path}' mount path must be absolute"
        )
    path = posixpath.normpath(path).replace("//", "/")
    if path == "/":
        raise invalid_parameter(
            f"{prefix}invalid mount config for type \"{kind}\": invalid specification: destination can't be '/'"
        )
    return path


def parse_bind(text: str) -> MountPoint:
    """Return what ``-v text`` asks for. Raises DockerError 400."""
    parts = text.split(":")
    if len(parts) > 3 or not all(parts):
        raise invalid_parameter(f"invalid volume specification: '{text}'")
    if len(parts) == 1:
        return MountPoint("volume", _destination(parts[0], "volume", text), is_anonymous=True)
    mode = parts[2] if len(parts) == 3 else ""
    words = [word for word in mode.split(",") if word]
    if any(word not in MODES for word in words) or ("ro" in words and "rw" in words):
        raise invalid_parameter(f"invalid mode: {mode}")
    source = parts[0]
    kind = "bind" if source.startswith("/") else "volume"
    if kind == "volume" and source.startswith("."):
        raise invalid_parameter(
            f"invalid volume specification: '{text}': invalid mount config for type \"bind\": invalid mount path: '{source}' mount path must be absolute"
        )
    return MountPoint(
        kind,
        _destination(parts[1], kind, text),
        name=source if kind == "volume" else "",
        source=posixpath.normpath(source) if kind == "bind" else "",
        mode=mode or ("z" if kind == "volume" else ""),
        rw="ro" not in words,
        copies="nocopy" not in words,
        makes_source=True,
    )


def parse_mount(spec: Mapping[str, Any], source_exists: Callable[[str], bool]) -> MountPoint:
    """Return what ``--mount`` asks for. Raises DockerError 400."""
    kind = str(spec.get("Type") or "")
    source, target = str(spec.get("Source") or ""), str(spec.get("Target") or "")
    wrong = f'invalid mount config for type "{kind}": '
    if kind not in ("bind", "volume", "tmpfs"):
        raise invalid_parameter(f'invalid mount config for type "{kind}": mount type unknown')
    if not target:
        raise invalid_parameter(wrong + "field Target must not be empty")
    point = MountPoint(kind, _destination(target, kind, ""), rw=not spec.get("ReadOnly"))
    if kind == "bind":
        if not source:
            raise invalid_parameter(wrong + "field Source must not be empty")
        if not source.startswith("/"):
            raise invalid_parameter(f"{wrong}invalid mount path: '{source}' mount path must be absolute")
        point.source = posixpath.normpath(source)
        point.makes_source = bool((spec.get("BindOptions") or {}).get("CreateMountpoint"))
        if not point.makes_source and not source_exists(point.source):
            raise invalid_parameter(f"{wrong}bind source path does not exist: {source}")
    elif kind == "volume":
        options = spec.get("VolumeOptions") or {}
        point.name, point.is_anonymous, point.mode = source, not source, "z"
        point.copies = not options.get("NoCopy")
        point.labels = options.get("Labels")
        point.options = (options.get("DriverConfig") or {}).get("Options")
        point.driver = (options.get("DriverConfig") or {}).get("Name") or ""
    else:
        if source:
            raise invalid_parameter(wrong + "field Source must not be specified")
        options = spec.get("TmpfsOptions") or {}
        point.size_bytes, point.permissions = int(options.get("SizeBytes") or 0), int(options.get("Mode") or 0o1777)
    return point


def parse_tmpfs(destination: str, options: str) -> MountPoint:
    """Return what ``--tmpfs destination:options`` asks for. Raises DockerError 400."""
    point = MountPoint("tmpfs", _destination(destination, "tmpfs", ""))
    for word in filter(None, options.split(",")):
        key, _, value = word.partition("=")
        if key == "size":
            point.size_bytes = size_of(value)
        elif key == "mode":
            point.permissions = int(value, 8) if value and all(one in "01234567" for one in value) else 0o1777
        elif key == "ro":
            point.rw = False
        elif key not in ("rw", "noexec", "nosuid", "nodev", "exec", "suid", "dev", "uid", "gid", "noatime", "relatime"):
            raise invalid_parameter(f'invalid tmpfs option ["{word}"]')
    return point


def size_of(text: str) -> int:
    """Return *text* (``64m``, ``1g``) in bytes. Raises DockerError 400."""
    number, unit = text.rstrip("kKmMgGbB"), text.lstrip("0123456789").lower().rstrip("b")
    if not number.isdigit() or unit not in ("", "k", "m", "g"):
        raise invalid_parameter(f"invalid size: '{text}'")
    return int(number) << {"": 0, "k": 10, "m": 20, "g": 30}[unit]


def collect(
    host_config: Mapping[str, Any],
    image_volumes: Mapping[str, Any],
    volumes_from: Callable[[str], Iterator[MountPoint]],
    source_exists: Callable[[str], bool],
) -> dict[str, MountPoint]:
    """Return the mounts of a new container by destination. Raises DockerError.

    Later kinds win over earlier ones: --volumes-from, then -v, --mount and --tmpfs; an image's VOLUME only where nothing else is.
    """
    found: dict[str, MountPoint] = {}
    for text in host_config.get("VolumesFrom") or ():
        name, _, mode = text.partition(":")
        if mode not in ("", "ro", "rw", "z", "Z"):
            raise invalid_parameter(f"invalid mode: {mode}")
        for point in volumes_from(name):
            found[point.destination] = replace(
                point, rw=point.rw and mode != "ro", mode=mode or point.mode, copies=False
            )
    named: dict[str, MountPoint] = {}
    asked = [parse_bind(text) for text in host_config.get("Binds") or ()]
    asked += [parse_mount(spec, source_exists) for spec in host_config.get("Mounts") or ()]
    tmpfs = host_config.get("Tmpfs") or {}
    asked += [parse_tmpfs(path, tmpfs[path]) for path in sorted(tmpfs)]
    for point in asked:
        if point.destination in named:
            raise DockerError(400, f"Duplicate mount point: {point.destination}")
        named[point.destination] = point
    found |= named
    for text in sorted(image_volumes):
        path = posixpath.normpath("/" + text.lstrip("/"))
        if path not in found:
            found[path] = MountPoint("volume", path, is_anonymous=True)
    return found
