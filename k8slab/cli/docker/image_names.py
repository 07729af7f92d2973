"""Names of images as the command line reads them, with the client's words for a wrong one."""

from __future__ import annotations

from k8slab.docker import reference


def parse(text: str) -> reference.Reference:
    """Return what *text* names. Raises ValueError in the client's words."""
    try:
        return reference.parse(text)
    except reference.ReferenceError as error:
        message = str(error)
        start = "invalid reference format: repository name ("
        if message.startswith(start) and "/" not in text:  # the client shows the whole path of an official image here
            message = f"{start}library/{text.partition(':')[0]}) must be lowercase"
        raise ValueError(message) from None
