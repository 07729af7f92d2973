"""Is the image there, must it be pulled, may it be tried again already?

Models pkg/kubelet/images (image_manager.go) and the naming rules of distribution/reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any, NamedTuple

import simpy
from simpy.events import Event

from k8slab.cluster.node.backoff import Backoff
from k8slab.cluster.node.cri import CriError, Image, ImageService
from k8slab.cluster.node.go_durations import go_duration
from k8slab.sim.clock import Clock

ERR_IMAGE_PULL = "ErrImagePull"
IMAGE_PULL_BACK_OFF = "ImagePullBackOff"
ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull"
INVALID_IMAGE_NAME = "InvalidImageName"

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::(?P<tag>[\w][\w.-]{{0,127}}))?(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?"
)

#: Writes an Event about a container: type, reason, message.
Note = Callable[[str, str, str], None]


@lru_cache(maxsize=1024)
def with_default_tag(image: str) -> str:
    """Return *image* with ``:latest`` if it names neither tag nor digest. Raises ValueError."""
    match = _REFERENCE.fullmatch(image)
    if match is None:
        raise ValueError("invalid reference format")
    return image if match["tag"] or match["digest"] else image + ":latest"


def qualified(image: str) -> str:
    """Return the full name: ``nginx`` is ``docker.io/library/nginx:latest``."""
    image = with_default_tag(image)
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


class Pulled(NamedTuple):
    """An image, or the reason and message with which the container waits."""

    image: Image | None
    reason: str = ""
    message: str = ""


class ImageManager:
    """The images of one node."""

    def __init__(self, clock: Clock, service: ImageService) -> None:
        self._clock = clock
        self._service = service
        self._backoff = Backoff()
        self._last_errors: dict[str, str] = {}
        self._line = simpy.Resource(clock.env)  # serializeImagePulls: one after the other

    def ensure_exists(self, uid: str, container: Any, note: Note) -> Generator[Event, Any, Pulled]:
        """Return the container's image, pulling it if the policy asks for it. Takes the time of the pull."""
        name, policy = container.image, container.imagePullPolicy
        try:
            full = with_default_tag(name)
        except ValueError as error:
            message = f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {error}'
            note("Warning", "InspectFailed", message)
            return Pulled(None, INVALID_IMAGE_NAME, message)
        there = self._service.image_status(full)
        if there is not None and policy != "Always":
            note(
                "Normal",
                "Pulled",
                f'Container image "{name}" already present on machine and can be accessed by the pod',
            )
            return Pulled(there)
        if policy == "Never":
            message = f'Container image "{name}" is not present with pull policy of Never'
            note("Warning", ERR_IMAGE_NEVER_PULL, message)
            return Pulled(None, ERR_IMAGE_NEVER_PULL, message)
        key = f"{uid}_{name}"
        if self._backoff.is_in_back_off_since_update(key, self._clock.now):
            message = f'Back-off pulling image "{name}"'
            note("Normal", "BackOff", message)
            return Pulled(None, IMAGE_PULL_BACK_OFF, f"{message}: {ERR_IMAGE_PULL}: {self._last_errors.get(key, '')}")
        return (yield from self._pull(key, name, full, note))

    def _pull(self, key: str, name: str, full: str, note: Note) -> Generator[Event, Any, Pulled]:
        note("Normal", "Pulling", f'Pulling image "{name}"')
        asked = self._clock.now
        with self._line.request() as turn:
            yield turn
            began = self._clock.now
            try:
                image = yield from self._service.pull_image(full)
            except CriError as error:
                note("Warning", "Failed", f'Failed to pull image "{name}": {error}')
                self._backoff.next(key, self._clock.now)
                self._last_errors[key] = str(error)
                return Pulled(None, ERR_IMAGE_PULL, str(error))
        now = self._clock.now
        message = (
            f'Successfully pulled image "{name}" in {go_duration(now - began)} ({go_duration(now - asked)} including waiting). '
            f"Image size: {image.size_bytes} bytes."
        )
        note("Normal", "Pulled", message)
        return Pulled(image)

    def forget(self, uid: str) -> None:
        """The Pod *uid* has gone."""
        self._backoff.forget(uid)
        for key in [key for key in self._last_errors if key.startswith(uid)]:
            del self._last_errors[key]
