"""The containers of one engine by id and by name, and what a person may call one: id, name, or the beginning of an id.

Models container/view.go and daemon/container.go (GetContainer) with their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from k8slab.docker.container import Container
from k8slab.docker.errors import conflict, invalid_parameter, not_found

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)


class Containers:
    """All containers, oldest first."""

    def __init__(self) -> None:
        self.by_id: dict[str, Container] = {}
        self.by_name: dict[str, Container] = {}

    def __iter__(self) -> Iterator[Container]:
        return iter(list(self.by_id.values()))

    def __len__(self) -> int:
        return len(self.by_id)

    def check_name(self, name: str) -> str:
        """Return *name* without its slash. Raises DockerError 400 for a bad one, 409 for one that is taken."""
        if not _NAME.fullmatch(name):
            raise invalid_parameter(f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        name = name.lstrip("/")
        other = self.by_name.get(name)
        if other is not None:
            raise conflict(
                f'Conflict. The container name "/{name}" is already in use by container "{other.id}". '
                "You have to remove (or rename) that container to be able to reuse that name."
            )
        return name

    def add(self, container: Container) -> None:
        """Keep *container*."""
        self.by_id[container.id] = container
        self.by_name[container.name] = container

    def drop(self, container: Container) -> None:
        """Forget *container*."""
        self.by_id.pop(container.id, None)
        if self.by_name.get(container.name) is container:
            del self.by_name[container.name]

    def rename(self, container: Container, name: str) -> None:
        """Give *container* the free name *name*."""
        del self.by_name[container.name]
        container.name = name
        self.by_name[name] = container

    def find(self, text: str) -> Container:
        """Return the container that *text* means. Raises DockerError 404, or 400 for the beginning of several ids."""
        found = self.by_id.get(text) or self.by_name.get(text.removeprefix("/"))
        if found is not None:
            return found
        if text and all(one in "0123456789abcdef" for one in text):
            several = [one for id, one in self.by_id.items() if id.startswith(text)]
            if len(several) == 1:
                return several[0]
            if several:
                raise invalid_parameter(f"multiple IDs found with provided prefix: {text}")
        raise not_found(f"No such container: {text}")
