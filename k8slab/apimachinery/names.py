"""What names, label keys and label values may look like, and the sentence for each way of getting it wrong.

Models apimachinery pkg/util/validation (IsDNS1123Label, IsQualifiedName, ...). Each function returns the list of what is
wrong, empty if nothing is.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_is_subdomain = re.compile(_SUBDOMAIN).fullmatch
_DNS1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = rf"({_QUALIFIED})?"
_C_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_CONFIG_KEY = r"[-._a-zA-Z0-9]+"
_HTTP_HEADER = r"[-A-Za-z0-9]+"
_PERCENT = r"[0-9]+%"
_PORT_NAME_CHARACTERS = r"[-a-z0-9]+"


def _regex_error(message: str, pattern: str, *examples: str) -> str:
    text = message + " (e.g. "
    for index, example in enumerate(examples):
        text += (" or " if index else "") + f"'{example}', "
    return text + f"regex used for validation is '{pattern}')"


def _too_long(most: int, unit: str = "characters") -> str:
    # Upstream is on its way from characters to bytes: labels say bytes already, DNS names do not (1.36).
    return f"must be no more than {most} {unit}"


_SUBDOMAIN_ERROR = _regex_error(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character",
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    "example.com",
)
_LABEL_ERROR = _regex_error(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    _LABEL,
    "my-name",
    "123-abc",
)
_DNS1035_ERROR = _regex_error(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character",
    _DNS1035,
    "my-name",
    "abc-123",
)
_QUALIFIED_ERROR = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)


@lru_cache(maxsize=8192)
def dns1123_label(value: str) -> tuple[str, ...]:
    """A name without dots: Namespaces, containers, volumes, Services."""
    problems = [_too_long(63)] if len(value) > 63 else []
    if not re.fullmatch(_LABEL, value):
        is_subdomain = re.fullmatch(_SUBDOMAIN, value)
        problems.append("must not contain dots" if is_subdomain else _LABEL_ERROR)
    return tuple(problems)


def dns1123_subdomain(value: str) -> tuple[str, ...]:
    """A name that may have dots: Pods, ConfigMaps and most other objects. Most names come once, so none is remembered."""
    if len(value) <= 253 and _is_subdomain(value):
        return ()
    problems = [_too_long(253)] if len(value) > 253 else []
    if not _is_subdomain(value):
        problems.append(_SUBDOMAIN_ERROR)
    return tuple(problems)


@lru_cache(maxsize=1024)
def dns1035_label(value: str) -> tuple[str, ...]:
    """A name without dots that starts with a letter (Services before 1.36)."""
    problems = [_too_long(63)] if len(value) > 63 else []
    if not re.fullmatch(_DNS1035, value):
        problems.append(_DNS1035_ERROR)
    return tuple(problems)


@lru_cache(maxsize=8192)
def qualified_name(value: str) -> tuple[str, ...]:
    """The key of a label, a taint, a resource: ``name`` or ``example.com/name``."""
    problems: list[str] = []
    parts = value.split("/")
    name = parts[-1]
    if len(parts) == 2:
        prefix = parts[0]
        if not prefix:
            problems.append("prefix part must be non-empty")
        else:
            if len(prefix) > 253:
                problems.append("prefix part " + _too_long(253, "bytes"))
            if not re.fullmatch(_SUBDOMAIN, prefix):
                problems.append("prefix part " + _SUBDOMAIN_ERROR)
    elif len(parts) > 2:
        message = _regex_error("a valid label key " + _QUALIFIED_ERROR, _QUALIFIED, "MyName", "my.name", "123-abc")
        return (message + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part " + _too_long(63, "bytes"))
    if not re.fullmatch(_QUALIFIED, name):
        problems.append("name part " + _regex_error(_QUALIFIED_ERROR, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return tuple(problems)


@lru_cache(maxsize=8192)
def label_value(value: str) -> tuple[str, ...]:
    """The value of a label; may be empty."""
    problems = [_too_long(63, "bytes")] if len(value) > 63 else []
    if not re.fullmatch(_LABEL_VALUE, value):
        message = (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character"
        )
        problems.append(_regex_error(message, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return tuple(problems)


def c_identifier(value: str) -> list[str]:
    """A name as C knows it."""
    if re.fullmatch(_C_IDENTIFIER, value):
        return []
    message = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
    return [_regex_error(message, _C_IDENTIFIER, "my_name", "MY_NAME", "MyName")]


def env_var_name(value: str) -> list[str]:
    """The name of an environment variable: any printable ASCII but ``=`` (since 1.34)."""
    problems = [] if value else ["environment variable name must be non-empty"]
    if any(not 32 <= ord(character) < 127 or character == "=" for character in value):
        problems.append(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
        )
    return problems


def config_key(value: str) -> list[str]:
    """A key of a ConfigMap or Secret: it must do as a file name."""
    problems = [_too_long(253)] if len(value) > 253 else []
    if not re.fullmatch(_CONFIG_KEY, value):
        message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        problems.append(_regex_error(message, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if value == ".":
        problems.append("must not be '.'")
    elif value == "..":
        problems.append("must not be '..'")
    elif value.startswith(".."):
        problems.append("must not start with '..'")
    return problems


def port_number(value: int) -> list[str]:
    """A TCP or UDP port."""
    return [] if 1 <= value <= 65535 else [in_range_message(1, 65535)]


def port_name(value: str) -> list[str]:
    """The name of a port (RFC 6335)."""
    problems = [_too_long(15)] if len(value) > 15 else []
    if not re.fullmatch(_PORT_NAME_CHARACTERS, value):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        problems.append("must contain at least one letter (a-z)")
    if "--" in value:
        problems.append("must not contain consecutive hyphens")
    if value and (value[0] == "-" or value[-1] == "-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def percent(value: str) -> list[str]:
    """A percentage such as ``25%``."""
    if re.fullmatch(_PERCENT, value):
        return []
    message = "a valid percent string must be a numeric string followed by an ending '%'"
    return [_regex_error(message, _PERCENT, "1%", "93%")]


def http_header_name(value: str) -> list[str]:
    """The name of an HTTP header."""
    if re.fullmatch(_HTTP_HEADER, value):
        return []
    return [
        _regex_error(
            "a valid HTTP header must consist of alphanumeric characters or '-'", _HTTP_HEADER, "X-Header-Name"
        )
    ]


def in_range_message(low: int, high: int) -> str:
    """What is said of a number outside of *low* to *high*."""
    return f"must be between {low} and {high}, inclusive"
