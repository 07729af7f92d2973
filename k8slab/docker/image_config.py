"""What an image says besides its files: the config JSON whose digest is the image's id.

Models the OCI image-spec's config.md and moby's container.Config (the half that an image and a container share).
Left out: Windows (os.version, os.features, ArgsEscaped has no effect).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from k8slab.docker import content, timestamps

DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(slots=True)
class RunConfig:
    """How to run a container of an image; Go's field order, so that ``docker inspect`` prints the same."""

    hostname: str = ""
    domainname: str = ""
    user: str = ""
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    exposed_ports: dict[str, dict[str, Any]] | None = None
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    env: list[str] | None = None
    cmd: list[str] | None = None
    healthcheck: dict[str, Any] | None = None
    args_escaped: bool = False
    image: str = ""
    volumes: dict[str, dict[str, Any]] | None = None
    working_dir: str = ""
    entrypoint: list[str] | None = None
    network_disabled: bool = False
    mac_address: str = ""
    on_build: list[str] | None = None
    labels: dict[str, str] | None = None
    stop_signal: str = ""
    stop_timeout: int | None = None
    shell: list[str] | None = None

    def copy(self) -> RunConfig:
        """Return an equal config whose lists and maps go their own way."""
        twin = replace(self)
        for name in _CONTAINERS:
            value = getattr(twin, name)
            if value is not None:
                setattr(twin, name, value.copy())
        return twin

    def document(self) -> dict[str, Any]:
        """Return it as the API shows it: names and order of moby's container.Config, what Go leaves out left out."""
        found: dict[str, Any] = {}
        for name, key in _KEYS.items():
            value = getattr(self, name)
            if key in _OMIT_EMPTY and not value and (key != "StopTimeout" or value is None):
                continue
            found[key] = value if key not in _SETS or value is None else {one: value[one] for one in sorted(value)}
        if self.labels:
            found["Labels"] = {key: self.labels[key] for key in sorted(self.labels)}
        return found

    def image_document(self) -> dict[str, Any]:
        """Return it as it stands in an image's config JSON: only what is set."""
        return {key: value for key, value in self.document().items() if value not in (None, "", False, [], {})}

    @classmethod
    def from_document(cls, document: Any) -> RunConfig:
        """Return what *document* says; unknown fields are ignored. Raises ValueError for a value of the wrong kind."""
        config = cls()
        if document is None:
            return config
        if not isinstance(document, dict):
            raise ValueError("json: cannot unmarshal into Go value of type container.Config")
        for name, key in _KEYS.items():
            value = document.get(key)
            if value is None:
                continue
            setattr(config, name, _checked(key, value))
        return config

    def env_map(self) -> dict[str, str]:
        """Return the environment as a map, in its order."""
        return dict(one.partition("=")[::2] for one in self.env or ())

    def set_env(self, name: str, value: str) -> None:
        """Set one variable, in its place if it is there already."""
        self.env = list(self.env or ())
        for position, one in enumerate(self.env):
            if one.partition("=")[0] == name:
                self.env[position] = f"{name}={value}"
                return
        self.env.append(f"{name}={value}")


_KEYS = {
    "hostname": "Hostname", "domainname": "Domainname", "user": "User", "attach_stdin": "AttachStdin",
    "attach_stdout": "AttachStdout", "attach_stderr": "AttachStderr", "exposed_ports": "ExposedPorts", "tty": "Tty",
    "open_stdin": "OpenStdin", "stdin_once": "StdinOnce", "env": "Env", "cmd": "Cmd", "healthcheck": "Healthcheck",
    "args_escaped": "ArgsEscaped", "image": "Image", "volumes": "Volumes", "working_dir": "WorkingDir",
    "entrypoint": "Entrypoint", "network_disabled": "NetworkDisabled", "mac_address": "MacAddress", "on_build": "OnBuild",
    "labels": "Labels", "stop_signal": "StopSignal", "stop_timeout": "StopTimeout", "shell": "Shell",
}  # fmt: skip
_OMIT_EMPTY = (
    "ExposedPorts", "Healthcheck", "ArgsEscaped", "NetworkDisabled", "MacAddress", "StopSignal", "StopTimeout", "Shell",
)  # fmt: skip
_SETS = ("ExposedPorts", "Volumes")
_LISTS = ("Env", "Cmd", "Entrypoint", "OnBuild", "Shell")
_CONTAINERS = tuple(name for name, key in _KEYS.items() if key in (*_SETS, *_LISTS, "Labels", "Healthcheck"))
_KINDS: dict[str, type[Any]] = {
    **dict.fromkeys(_KEYS.values(), str),
    **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "ArgsEscaped", "NetworkDisabled"), bool),
    **dict.fromkeys((*_SETS, "Labels", "Healthcheck"), dict),
    **dict.fromkeys(_LISTS, list),
    "StopTimeout": int,
}  # fmt: skip
_GO_TYPES = {str: "string", bool: "bool", dict: "map", list: "[]string", int: "int"}


def _checked(key: str, value: Any) -> Any:
    kind: Any = _KINDS[key]
    if kind is list and isinstance(value, str) and key in ("Cmd", "Entrypoint", "Shell"):
        return [value]  # strslice.StrSlice takes a plain string too
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(
            f"json: cannot unmarshal {_json_type(value)} into Go struct field Config.{key} of type {_GO_TYPES[kind]}"
        )
    if kind is list:
        if not all(isinstance(one, str) for one in value):
            raise ValueError(f"json: cannot unmarshal into Go struct field Config.{key} of type string")
        return list(value)
    if key == "Labels":
        return {str(name): str(text) for name, text in value.items()}
    if key in _SETS:
        return {str(name): {} for name in value}
    return dict(value) if kind is dict else value


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "value")


@dataclass(frozen=True, slots=True)
class History:
    """One line of ``docker history``. An *empty_layer* changed only the config."""

    created: str = timestamps.ZERO
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as it stands in the config JSON."""
        found: dict[str, Any] = {"created": self.created}
        for key, value in (("created_by", self.created_by), ("author", self.author), ("comment", self.comment)):
            if value:
                found[key] = value
        if self.empty_layer:
            found["empty_layer"] = True
        return found


@dataclass(slots=True)
class ImageConfig:
    """The whole config JSON. *diff_ids* are the layers, bottom first."""

    architecture: str = "amd64"
    os: str = "linux"
    variant: str = ""
    created: str = timestamps.ZERO
    author: str = ""
    comment: str = ""
    docker_version: str = ""
    config: RunConfig = field(default_factory=RunConfig)
    #: The command line of the step that made the image, as the classic builder keeps it for its cache.
    container_config: RunConfig | None = None
    diff_ids: list[str] = field(default_factory=list)
    history: list[History] = field(default_factory=list)

    def encode(self) -> bytes:
        """Return the JSON whose digest is the image's id."""
        found: dict[str, Any] = {"architecture": self.architecture}
        if self.variant:
            found["variant"] = self.variant
        for key, value in (("author", self.author), ("comment", self.comment)):
            if value:
                found[key] = value
        found["config"] = self.config.image_document()
        if self.container_config is not None:
            found["container_config"] = self.container_config.document()
        found["created"] = self.created
        if self.docker_version:
            found["docker_version"] = self.docker_version
        found["history"] = [one.document() for one in self.history]
        found["os"] = self.os
        found["rootfs"] = {"type": "layers", "diff_ids": list(self.diff_ids)}
        return content.encode(found)

    @classmethod
    def decode(cls, data: bytes) -> ImageConfig:
        """Return what the JSON *data* says. Raises ValueError."""
        document = json.loads(data)
        if not isinstance(document, dict):
            raise ValueError("invalid image config: not an object")
        rootfs = document.get("rootfs")
        if not isinstance(rootfs, dict):
            raise ValueError("invalid image JSON, no RootFS key")
        diff_ids = rootfs.get("diff_ids") or []
        history = document.get("history") or []
        if not isinstance(diff_ids, list) or not all(isinstance(one, str) for one in diff_ids):
            raise ValueError("invalid image config: rootfs.diff_ids must be a list of digests")
        if not isinstance(history, list) or not all(isinstance(one, dict) for one in history):
            raise ValueError("invalid image config: history must be a list")
        container_config = document.get("container_config")
        created = _text(document, "created", timestamps.ZERO)
        timestamps.to_unix(created)
        lines = [_history(one) for one in history]
        for line in lines:
            timestamps.to_unix(line.created)
        return cls(
            architecture=_text(document, "architecture", "amd64"),
            os=_text(document, "os", "linux"),
            variant=_text(document, "variant"),
            created=created,
            author=_text(document, "author"),
            comment=_text(document, "comment"),
            docker_version=_text(document, "docker_version"),
            config=RunConfig.from_document(document.get("config")),
            container_config=None if container_config is None else RunConfig.from_document(container_config),
            diff_ids=list(diff_ids),
            history=lines,
        )


def _history(line: dict[str, Any]) -> History:
    return History(
        _text(line, "created", timestamps.ZERO),
        _text(line, "created_by"),
        _text(line, "author"),
        _text(line, "comment"),
        line.get("empty_layer") is True,
    )


def _text(document: dict[str, Any], key: str, default: str = "") -> str:
    value = document.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise ValueError(f"json: cannot unmarshal {_json_type(value)} into Go struct field Image.{key} of type string")
    return value or default
