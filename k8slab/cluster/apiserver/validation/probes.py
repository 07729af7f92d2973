"""Probes and lifecycle hooks: exactly one handler each, with sensible numbers.

Models validateProbe, validateLivenessProbe (and its siblings), validateHandler, validateLifecycle of pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.objectmeta import validate_nonnegative

Json = dict[str, Any]

_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def validate_probes(container: Json, grace_period: int | None, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the hooks and the three probes of *container*."""
    if lifecycle := container.get("lifecycle"):
        yield from validate_lifecycle(lifecycle, grace_period, f"{path}.lifecycle")
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (probe := container.get(field)) is None:
            continue
        at = f"{path}.{field}"
        yield from _probe(probe, grace_period, at)
        if field != "readinessProbe" and probe.get("successThreshold", 0) != 1:
            yield FieldError.invalid(f"{at}.successThreshold", probe.get("successThreshold", 0), "must be 1")
        if field == "readinessProbe" and "terminationGracePeriodSeconds" in probe:
            seconds = probe["terminationGracePeriodSeconds"]
            yield FieldError.invalid(
                f"{at}.terminationGracePeriodSeconds", seconds, "must not be set for readinessProbes"
            )


def validate_lifecycle(lifecycle: Json, grace_period: int | None, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with postStart and preStop."""
    for field in ("postStart", "preStop"):
        if field in lifecycle:
            yield from _handler(lifecycle[field], grace_period, f"{path}.{field}")


def _probe(probe: Json, grace_period: int | None, path: str) -> Iterator[FieldError]:
    yield from _handler(probe, grace_period, path)
    for field in _NUMBERS:
        yield from validate_nonnegative(probe.get(field), f"{path}.{field}")
    if probe.get("terminationGracePeriodSeconds", 1) <= 0:
        seconds = probe["terminationGracePeriodSeconds"]
        yield FieldError.invalid(f"{path}.terminationGracePeriodSeconds", seconds, "must be greater than 0")


def _handler(handler: Json, grace_period: int | None, path: str) -> Iterator[FieldError]:
    found = False
    for field in ("exec", "httpGet", "tcpSocket", "grpc", "sleep"):
        if field not in handler:
            continue
        if found:
            yield FieldError.forbidden(f"{path}.{field}", "may not specify more than 1 handler type")
            continue
        found = True
        yield from _action(field, handler[field], grace_period, f"{path}.{field}")
    if not found:
        yield FieldError.required(path, "must specify a handler type")


def _action(field: str, action: Json, grace_period: int | None, path: str) -> Iterator[FieldError]:
    if field == "exec":
        if not action.get("command"):
            yield FieldError.required(f"{path}.command")
    elif field == "httpGet":
        if not action.get("path"):
            yield FieldError.required(f"{path}.path")
        yield from validate_port_number_or_name(action.get("port", 0), f"{path}.port")
        if action.get("scheme", "") not in ("HTTP", "HTTPS"):
            yield FieldError.not_supported(f"{path}.scheme", action.get("scheme", ""), ("HTTP", "HTTPS"))
        for header in action.get("httpHeaders") or ():
            for message in names.http_header_name(header.get("name", "")):
                yield FieldError.invalid(f"{path}.httpHeaders", header.get("name", ""), message)
    elif field == "sleep":
        seconds = action.get("seconds", 0)
        if grace_period is not None and not 0 <= seconds <= grace_period:
            why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_period})"
            yield FieldError.invalid(path, seconds, why)
    else:
        yield from validate_port_number_or_name(action.get("port", 0), f"{path}.port")


def validate_port_number_or_name(port: int | str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with *port*, a number or the name of one."""
    problems = names.port_name(port) if isinstance(port, str) else names.port_number(port)
    for message in problems:
        yield FieldError.invalid(path, port, message)
