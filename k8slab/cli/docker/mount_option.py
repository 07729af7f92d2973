"""``--mount type=bind,source=/a,target=/b,readonly``: read into the JSON of the API.

Models opts/mount.go. Left out: the options of cluster volumes and image mounts beyond the sub-path.
"""

from __future__ import annotations

import csv
import posixpath
from typing import Any

from k8slab.cli.docker import units


def parse(text: str, cwd: str = "/") -> dict[str, Any]:
    """Return the mount that *text* describes. A source of a bind that begins with a dot is below *cwd*. Raises ValueError."""
    fields = next(csv.reader([text], strict=True), [])
    mount: dict[str, Any] = {"Type": "volume"}
    volume: dict[str, Any] = {}
    bind: dict[str, Any] = {}
    tmpfs: dict[str, Any] = {}
    image: dict[str, Any] = {}
    for part in fields:
        key, mark, value = part.partition("=")
        key = key.lower()
        if key in ("readonly", "ro", "volume-nocopy", "bind-nonrecursive"):
            on = _switch(key, value) if mark else True
            if key in ("readonly", "ro"):
                mount["ReadOnly"] = on
            elif key == "volume-nocopy":
                volume["NoCopy"] = on
            else:
                bind["NonRecursive"] = on
            continue
        if not mark:
            raise ValueError(f"invalid field '{part}' must be a key=value pair")
        match key:
            case "type":
                mount["Type"] = value.lower()
            case "source" | "src":
                mount["Source"] = value
                if value == "." or value.startswith(("./", "../")) or value == "..":
                    mount["Source"] = posixpath.normpath(posixpath.join(cwd, value))
            case "target" | "dst" | "destination":
                mount["Target"] = value
            case "consistency":
                mount["Consistency"] = value.lower()
            case "bind-propagation":
                bind["Propagation"] = value.lower()
            case "bind-recursive":
                _recursive(value, bind)
            case "volume-subpath":
                volume["Subpath"] = value
            case "volume-driver":
                volume.setdefault("DriverConfig", {})["Name"] = value
            case "volume-label":
                name, _, label = value.partition("=")
                volume.setdefault("Labels", {})[name] = label
            case "volume-opt":
                name, _, option = value.partition("=")
                volume.setdefault("DriverConfig", {}).setdefault("Options", {})[name] = option
            case "image-subpath":
                image["Subpath"] = value
            case "tmpfs-size":
                tmpfs["SizeBytes"] = _size(key, value)
            case "tmpfs-mode":
                tmpfs["Mode"] = _mode(key, value)
            case _:
                raise ValueError(f"unexpected key '{key}' in '{part}'")
    kind = mount["Type"]
    if not kind:
        raise ValueError("type is required")
    if "Target" not in mount or not mount["Target"]:
        raise ValueError("target is required")
    for name, options in (("volume", volume), ("bind", bind), ("tmpfs", tmpfs), ("image", image)):
        if options and kind != name:
            raise ValueError(f"cannot mix '{name}-*' options with mount type '{kind}'")
    if bind:
        mount["BindOptions"] = bind
    if volume:
        mount["VolumeOptions"] = _ordered(volume, ("NoCopy", "Labels", "Subpath", "DriverConfig"))
    if image:
        mount["ImageOptions"] = image
    if tmpfs:
        mount["TmpfsOptions"] = tmpfs
    return _ordered(
        mount,
        (
            "Type",
            "Source",
            "Target",
            "ReadOnly",
            "Consistency",
            "BindOptions",
            "VolumeOptions",
            "ImageOptions",
            "TmpfsOptions",
        ),
    )


def _ordered(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names if found.get(name)}


def _switch(key: str, value: str) -> bool:
    if value in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if value in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError(f"invalid value for {key}: {value}")


def _recursive(value: str, bind: dict[str, Any]) -> None:
    match value:
        case "enabled":
            pass
        case "disabled":
            bind["NonRecursive"] = True
        case "writable":
            bind["ReadOnlyNonRecursive"] = True
        case "readonly":
            bind["ReadOnlyForceRecursive"] = True
        case _:
            raise ValueError(
                f'invalid value for bind-recursive: {value} (must be "enabled", "disabled", "writable", or "readonly")'
            )


def _size(key: str, value: str) -> int:
    try:
        return units.ram_in_bytes(value)
    except ValueError:
        raise ValueError(f"invalid value for {key}: {value}") from None


def _mode(key: str, value: str) -> int:
    try:
        return int(value, 8)
    except ValueError:
        raise ValueError(f"invalid value for {key}: {value}") from None
