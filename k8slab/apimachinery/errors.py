"""What the API server says when it says no: a ``Status`` with a code, a reason to branch on, and upstream's own sentence.

Models apimachinery pkg/api/errors (the constructors and the Is... predicates) and pkg/util/validation/field (`FieldError`).
Left out: the reasons that only aggregated servers and authentication plugins give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from k8slab.apimachinery import gojson

Status = dict[str, Any]


class _Omit:
    """The type of `OMIT`."""

    def __repr__(self) -> str:
        return "OMIT"


#: A bad value that is not shown.
OMIT = _Omit()

#: Type of a field error -> (its words, the reason of the cause it becomes).
_TYPES = {
    "NotFound": ("Not found", "FieldValueNotFound"),
    "Required": ("Required value", "FieldValueRequired"),
    "Duplicate": ("Duplicate value", "FieldValueDuplicate"),
    "Invalid": ("Invalid value", "FieldValueInvalid"),
    "NotSupported": ("Unsupported value", "FieldValueNotSupported"),
    "Forbidden": ("Forbidden", "FieldValueForbidden"),
    "TooLong": ("Too long", "FieldValueTooLong"),
    "TooMany": ("Too many", "FieldValueTooMany"),
    "InternalError": ("Internal error", "InternalError"),
    "TypeInvalid": ("Invalid value", "FieldValueTypeInvalid"),
}
_WITHOUT_VALUE = ("Required", "Forbidden", "TooLong", "InternalError")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong in an object: which field (``spec.containers[0].image``), in what way, and its value."""

    field: str
    type: str = "Invalid"
    detail: str = ""
    bad_value: Any = OMIT

    @classmethod
    def invalid(cls, field: str, value: Any, detail: str) -> FieldError:
        """The value is malformed or out of range."""
        return cls(field, "Invalid", detail, value)

    @classmethod
    def required(cls, field: str, detail: str = "") -> FieldError:
        """The field must be given."""
        return cls(field, "Required", detail)

    @classmethod
    def not_supported(cls, field: str, value: Any, supported: Iterable[str]) -> FieldError:
        """The value is not one of *supported*, named in this order."""
        words = ", ".join(gojson.quote(word) for word in supported)
        return cls(field, "NotSupported", f"supported values: {words}" if words else "", value)

    @classmethod
    def forbidden(cls, field: str, detail: str) -> FieldError:
        """The field may not be given, or not be changed."""
        return cls(field, "Forbidden", detail)

    @classmethod
    def duplicate(cls, field: str, value: Any) -> FieldError:
        """Another item already has this value."""
        return cls(field, "Duplicate", "", value)

    @classmethod
    def not_found(cls, field: str, value: Any) -> FieldError:
        """The value names something that is not there."""
        return cls(field, "NotFound", "", value)

    @classmethod
    def too_long(cls, field: str, most: int) -> FieldError:
        """The text has more than *most* bytes."""
        return cls(field, "TooLong", f"may not be more than {most} bytes" if most >= 0 else "value is too long")

    @classmethod
    def too_many(cls, field: str, count: int, most: int) -> FieldError:
        """The list has *count* items where *most* are allowed."""
        return cls(field, "TooMany", f"must have at most {most} item{'' if most == 1 else 's'}", count)

    @classmethod
    def internal(cls, field: str, detail: str) -> FieldError:
        """The server could not find out."""
        return cls(field, "InternalError", detail)

    @property
    def body(self) -> str:
        """The sentence without the field: the message of a cause."""
        words = _TYPES[self.type][0]
        if self.type not in _WITHOUT_VALUE and self.bad_value is not OMIT:
            words += ": " + _shown(self.bad_value)
        return f"{words}: {self.detail}" if self.detail else words

    @property
    def cause(self) -> dict[str, str]:
        """This error as an entry of ``status.details.causes``."""
        return {"reason": _TYPES[self.type][1], "message": self.body, "field": self.field}

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return gojson.quote(value)
    return gojson.marshal(value)


class ApiError(Exception):
    """The API server refused. ``status`` is the ``metav1.Status`` that goes over the wire."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.get("message", ""))
        self.status = status

    @property
    def code(self) -> int:
        """The HTTP status code."""
        return self.status["code"]

    @property
    def reason(self) -> str:
        """One CamelCase word (``NotFound``, ``Conflict``), or nothing."""
        return self.status.get("reason", "")

    @property
    def message(self) -> str:
        """The sentence for people."""
        return self.status.get("message", "")

    @property
    def causes(self) -> list[dict[str, str]]:
        """What is wrong field by field, for Invalid and a few others."""
        return self.status.get("details", {}).get("causes", [])


def failure(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> ApiError:
    """Return an ApiError in the words given; the functions below know upstream's."""
    status: Status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    if reason:
        status["reason"] = reason
    if details is not None:
        status["details"] = details
    status["code"] = code
    return ApiError(status)


def details_of(resource: str, name: str = "", **more: Any) -> dict[str, Any]:
    """Return Status details for *resource* (``pods``, ``deployments.apps``, or a kind such as ``Deployment.apps``)."""
    kind, _, group = resource.partition(".")
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    if kind:
        details["kind"] = kind
    details.update(more)
    return details


def not_found(resource: str, name: str) -> ApiError:
    """404: there is no such object."""
    return failure(404, "NotFound", f"{resource} {gojson.quote(name)} not found", details_of(resource, name))


def no_such_resource() -> ApiError:
    """404: there is no such kind of object, or no such path."""
    return failure(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: str, name: str) -> ApiError:
    """409: the name is taken."""
    return failure(409, "AlreadyExists", f"{resource} {gojson.quote(name)} already exists", details_of(resource, name))


def generate_name_conflict(resource: str, name: str) -> ApiError:
    """409: a name made from generateName is taken; the caller may try again."""
    message = f"{resource} {gojson.quote(name)} already exists, the server was not able to generate a unique name for the object"
    return failure(409, "AlreadyExists", message, details_of(resource, name, retryAfterSeconds=1))


OBJECT_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: str, name: str, why: str = OBJECT_MODIFIED) -> ApiError:
    """409: the object is not as the writer believed."""
    message = f"Operation cannot be fulfilled on {resource} {gojson.quote(name)}: {why}"
    return failure(409, "Conflict", message, details_of(resource, name))


def apply_conflict(causes: Sequence[dict[str, str]], message: str) -> ApiError:
    """409: a server-side apply wants fields that somebody else manages."""
    return failure(409, "Conflict", message, {"causes": list(causes)})


def invalid(group_kind: str, name: str, causes: Sequence[FieldError]) -> ApiError:
    """422: everything that is wrong with the object, in the order in which it was found. *group_kind*: ``Deployment.apps``."""
    message = f"{group_kind} {gojson.quote(name)} is invalid"
    details = details_of(group_kind, name)
    if causes:
        message += ": " + aggregate([str(cause) for cause in causes])
        details["causes"] = [cause.cause for cause in causes]
    return failure(422, "Invalid", message, details)


def aggregate(messages: Sequence[str]) -> str:
    """Return several sentences as one, the way Go's errors.Aggregate shows them: ``[a, b]``, repetitions once."""
    seen = list(dict.fromkeys(messages))
    return seen[0] if len(seen) == 1 else "[" + ", ".join(seen) + "]"


def bad_request(message: str) -> ApiError:
    """400: the request cannot be understood."""
    return failure(400, "BadRequest", message)


def forbidden(resource: str, name: str, why: str) -> ApiError:
    """403: admission or authorization refuses."""
    subject = resource if resource else "forbidden"
    if not resource:
        message = f"forbidden: {why}"
    elif not name:
        message = f"{subject} is forbidden: {why}"
    else:
        message = f"{subject} {gojson.quote(name)} is forbidden: {why}"
    return failure(403, "Forbidden", message, details_of(resource, name))


def unauthorized(message: str = "Unauthorized") -> ApiError:
    """401: the server does not know who asks."""
    return failure(401, "Unauthorized", message)


def method_not_supported(resource: str, action: str) -> ApiError:
    """405: this resource knows no such verb."""
    message = f"{action} is not supported on resources of kind {gojson.quote(resource)}"
    return failure(405, "MethodNotAllowed", message, details_of(resource))


def method_not_allowed() -> ApiError:
    """405: the path exists, but not with this HTTP method."""
    return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def expired(message: str) -> ApiError:
    """410: the revision asked for has been compacted away (a continue token or a watch too old)."""
    return failure(410, "Expired", message)


def gone(message: str) -> ApiError:
    """410: what was asked for is no longer there and will not come back."""
    return failure(410, "Gone", message)


def too_old_resource_version(asked: int | str, oldest: int | str) -> ApiError:
    """410: a watch wants to start before the oldest event that is kept."""
    return expired(f"too old resource version: {asked} ({oldest})")


def too_large_resource_version(asked: int | str, current: int | str) -> ApiError:
    """504: a revision that has not been written yet."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return failure(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def unsupported_media_type(accepted: Sequence[str] = ()) -> ApiError:
    """415: the body is in no format that the server reads."""
    if not accepted:
        return failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return failure(415, "UnsupportedMediaType", message)


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    """406: the server writes no format that the client accepts."""
    message = "only the following media types are accepted: " + ", ".join(accepted)
    return failure(406, "NotAcceptable", message)


def request_entity_too_large(message: str) -> ApiError:
    """413: the object or the request is too big."""
    return failure(413, "RequestEntityTooLarge", f"Request entity too large: {message}")


def too_many_requests(message: str, retry_after_seconds: int = 0, causes: Sequence[dict[str, str]] = ()) -> ApiError:
    """429: not now; an eviction that the disruption budget does not allow is the common one."""
    details: dict[str, Any] = {}
    if causes:
        details["causes"] = list(causes)
    if retry_after_seconds:
        details["retryAfterSeconds"] = retry_after_seconds
    return failure(429, "TooManyRequests", message, details)


def timeout(message: str, retry_after_seconds: int = 0) -> ApiError:
    """504: the server gave up waiting."""
    details = {"retryAfterSeconds": retry_after_seconds} if retry_after_seconds else {}
    return failure(504, "Timeout", f"Timeout: {message}", details)


def server_timeout(resource: str, operation: str, retry_after_seconds: int = 0) -> ApiError:
    """500: the server could not finish in time; trying again may help."""
    message = f"The {operation} operation against {resource} could not be completed at this time, please try again."
    details = details_of(resource, operation)
    if retry_after_seconds:
        details["retryAfterSeconds"] = retry_after_seconds
    return failure(500, "ServerTimeout", message, details)


def service_unavailable(message: str) -> ApiError:
    """503: nobody is there to answer."""
    return failure(503, "ServiceUnavailable", message)


def internal(message: str) -> ApiError:
    """500: the server failed, not the caller."""
    details = {"causes": [{"message": message}]}
    return failure(500, "InternalError", f"Internal error occurred: {message}", details)


def unknown(message: str, code: int = 500) -> ApiError:
    """An error that no constructor stands for: a message and a code without a reason."""
    return failure(code, "", message)


def reason_of(error: BaseException) -> str:
    """Return the reason of *error*, or nothing if it is no ApiError."""
    return error.reason if isinstance(error, ApiError) else ""


def is_not_found(error: BaseException) -> bool:
    """Whether the object (or its namespace) was not there."""
    return reason_of(error) == "NotFound"


def is_already_exists(error: BaseException) -> bool:
    """Whether the name was taken."""
    return reason_of(error) == "AlreadyExists"


def is_conflict(error: BaseException) -> bool:
    """Whether the object had changed in the meantime."""
    return reason_of(error) == "Conflict"


def is_invalid(error: BaseException) -> bool:
    """Whether validation refused the object."""
    return reason_of(error) == "Invalid"


def is_bad_request(error: BaseException) -> bool:
    """Whether the request could not be understood."""
    return reason_of(error) == "BadRequest"


def is_forbidden(error: BaseException) -> bool:
    """Whether admission or authorization refused."""
    return reason_of(error) == "Forbidden"


def is_expired(error: BaseException) -> bool:
    """Whether the revision asked for is no longer kept."""
    return reason_of(error) in ("Expired", "Gone")


def is_too_many_requests(error: BaseException) -> bool:
    """Whether the server asks to come back later."""
    return reason_of(error) == "TooManyRequests"


def has_cause(error: BaseException, reason: str) -> bool:
    """Whether a cause with *reason* is among those of *error* (``NamespaceTerminating``, ``DisruptionBudget``)."""
    return isinstance(error, ApiError) and any(cause.get("reason") == reason for cause in error.causes)
