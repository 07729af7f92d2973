"""``kubectl create namespace|configmap|secret|serviceaccount|quota|poddisruptionbudget|priorityclass``.

Models kubectl pkg/cmd/create/create_{namespace,configmap,secret,...}.go. Left out: --append-hash.
"""

from __future__ import annotations

import base64
import json
import posixpath
from typing import Any

from k8slab.apimachinery import labels, names, quantity
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.create.generator import built_in, finish, key_value, metadata, name_argument
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

_NAMESPACES = built_in("v1", "namespaces", "Namespace", namespaced=False)
_CONFIGMAPS = built_in("v1", "configmaps", "ConfigMap")
_SECRETS = built_in("v1", "secrets", "Secret")
_SERVICEACCOUNTS = built_in("v1", "serviceaccounts", "ServiceAccount")
_QUOTAS = built_in("v1", "resourcequotas", "ResourceQuota")
_BUDGETS = built_in("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget")
_PRIORITIES = built_in("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", namespaced=False)


def namespace(run: Invocation) -> Steps[int]:
    """Create a Namespace."""
    obj = {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": metadata(run, name_argument(run), namespaced=False),
        "spec": {},
        "status": {},
    }
    return (yield from finish(run, _NAMESPACES, obj))


def configmap(run: Invocation) -> Steps[int]:
    """Create a ConfigMap from literals, files and folders."""
    name = name_argument(run)
    obj: Obj = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata(run, name)}
    data = _collect(run, "ConfigMap")
    if data:
        obj["data"] = {key: data[key] for key in sorted(data)}
    return (yield from finish(run, _CONFIGMAPS, obj, "failed to create configmap"))


def secret_generic(run: Invocation) -> Steps[int]:
    """Create a Secret from literals, files and folders."""
    return (yield from _secret(run, _collect(run, "Secret"), run.flags.text("type")))


def secret_tls(run: Invocation) -> Steps[int]:
    """Create a Secret that holds a key and its certificate."""
    cert, key = run.flags.text("cert"), run.flags.text("key")
    if not key or not cert:
        raise CommandError("key and cert must be specified")
    data = {"tls.crt": _read(run, cert), "tls.key": _read(run, key)}
    return (yield from _secret(run, data, "kubernetes.io/tls"))


def _read(run: Invocation, path: str) -> str:
    try:
        return run.read_file(path)
    except CommandError as error:
        raise CommandError(f"Cannot read file {path}, {error}") from None


def secret_docker_registry(run: Invocation) -> Steps[int]:
    """Create a Secret with which images of a private registry can be pulled."""
    flags = run.flags
    user, password = flags.text("docker-username"), flags.text("docker-password")
    server = flags.text("docker-server")
    email = flags["docker-email"]
    email = email[-1] if isinstance(email, list) and email else email or ""
    if not user or not password or not server:
        raise CommandError(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required"
        )
    entry: dict[str, Any] = {"username": user, "password": password}
    if email:
        entry["email"] = email
    entry["auth"] = base64.b64encode(f"{user}:{password}".encode()).decode()
    data = {".dockerconfigjson": json.dumps({"auths": {server: entry}}, separators=(",", ":"))}
    return (yield from _secret(run, data, "kubernetes.io/dockerconfigjson"))


def _secret(run: Invocation, data: dict[str, str], kind: str) -> Steps[int]:
    obj: Obj = {"kind": "Secret", "apiVersion": "v1", "metadata": metadata(run, name_argument(run))}
    if data:
        obj["data"] = {key: base64.b64encode(data[key].encode()).decode() for key in sorted(data)}
    if kind:
        obj["type"] = kind
    return (yield from finish(run, _SECRETS, obj, "failed to create secret"))


def _collect(run: Invocation, kind: str) -> dict[str, str]:
    """Return the pairs that ``--from-literal``, ``--from-file`` and ``--from-env-file`` give."""
    flags, name = run.flags, name_argument(run)
    if flags.items("from-env-file") and (flags.items("from-file") or flags.items("from-literal")):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")
    data: dict[str, str] = {}
    for text in flags.items("from-literal"):
        _add(data, *key_value(text), kind, name)
    for source in flags.items("from-file"):
        for key, path in _files(run, source):
            _add(data, key, run.read_file(path), kind, name)
    for path in flags.items("from-env-file"):
        for line in run.read_file(path).splitlines():
            stripped = line.lstrip()
            if stripped and not stripped.startswith("#"):
                key, _, value = stripped.partition("=")
                _add(data, key, value, kind, name)
    return data


def _files(run: Invocation, source: str) -> list[tuple[str, str]]:
    key, equals, path = source.partition("=")
    if source.count("=") > 1:
        raise CommandError("key names or file paths cannot contain '='")
    if equals and not key:
        raise CommandError(f"key name for file path {path} missing")
    if equals and not path:
        raise CommandError(f"file path for key name {key} missing")
    if equals:
        return [(key, path)]
    try:
        entries = run.files.list(source)
    except NotADirectoryError:
        return [(posixpath.basename(source), source)]
    except FileNotFoundError:
        raise CommandError(f"error reading {source}: no such file or directory") from None
    found = []
    for entry in entries:
        path = posixpath.join(source, entry)
        try:
            run.files.list(path)
        except NotADirectoryError:
            found.append((entry, path))
    return found


def _add(data: dict[str, str], key: str, value: str, kind: str, name: str) -> None:
    problems = names.config_key(key)
    if problems:
        raise CommandError(f'"{key}" is not a valid key name for a {kind}: {problems[0]}')
    if key in data:
        raise CommandError(
            f'cannot add key "{key}", another key by that name already exists in Data for {kind} "{name}"'
        )
    data[key] = value


def serviceaccount(run: Invocation) -> Steps[int]:
    """Create a ServiceAccount."""
    obj = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": metadata(run, name_argument(run))}
    return (yield from finish(run, _SERVICEACCOUNTS, obj, "failed to create serviceaccount"))


def quota(run: Invocation) -> Steps[int]:
    """Create a ResourceQuota."""
    name = name_argument(run)
    spec: Obj = {}
    hard = _resource_list(run.flags.text("hard"))
    if hard:
        spec["hard"] = hard
    scopes = [scope for scope in run.flags.text("scopes").split(",") if scope]
    if scopes:
        spec["scopes"] = scopes
    obj = {"kind": "ResourceQuota", "apiVersion": "v1", "metadata": metadata(run, name), "spec": spec, "status": {}}
    return (yield from finish(run, _QUOTAS, obj, "failed to create quota"))


def _resource_list(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(",") if text else ():
        name, equals, amount = part.partition("=")
        if not equals or "=" in amount:
            raise CommandError(f"Invalid argument syntax {part}, expected <resource>=<value>")
        try:
            found[name] = quantity.canonical(amount)
        except ValueError as error:
            raise CommandError(str(error)) from None
    return {name: found[name] for name in sorted(found)}


def poddisruptionbudget(run: Invocation) -> Steps[int]:
    """Create a PodDisruptionBudget."""
    flags = run.flags
    name = name_argument(run)
    selector, least, most = flags.text("selector"), flags.text("min-available"), flags.text("max-unavailable")
    if not selector:
        raise CommandError("a selector must be specified")
    if not most and not least:
        raise CommandError("one of min-available or max-unavailable must be specified")
    if most and least:
        raise CommandError("min-available and max-unavailable cannot be both specified")
    spec: Obj = {"minAvailable": _int_or_text(least)} if least else {}
    spec["selector"] = label_selector(selector)
    if most:
        spec["maxUnavailable"] = _int_or_text(most)
    status = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
    obj = {
        "kind": "PodDisruptionBudget",
        "apiVersion": "policy/v1",
        "metadata": metadata(run, name),
        "spec": spec,
        "status": status,
    }
    return (yield from finish(run, _BUDGETS, obj, "failed to create poddisruptionbudgets"))


def _int_or_text(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text


def label_selector(text: str) -> Obj:
    """Return the LabelSelector that a selector in words means. Raises CommandError for what it cannot hold."""
    try:
        requirements = labels.parse_requirements(text)
    except ValueError as error:
        raise CommandError(str(error)) from None
    exact: dict[str, str] = {}
    expressions: list[Obj] = []
    words = {"in": "In", "notin": "NotIn", "exists": "Exists", "!": "DoesNotExist"}
    for requirement in requirements:
        if requirement.operator in ("=", "=="):
            exact[requirement.key] = requirement.values[0]
        elif requirement.operator in words:
            expression: Obj = {"key": requirement.key, "operator": words[requirement.operator]}
            if requirement.values:
                expression["values"] = sorted(requirement.values)
            expressions.append(expression)
        else:
            raise CommandError(f'"{requirement.operator}" is not a valid label selector operator')
    selector: Obj = {"matchLabels": exact} if exact else {}
    return {**selector, "matchExpressions": expressions} if expressions else selector


def priorityclass(run: Invocation) -> Steps[int]:
    """Create a PriorityClass."""
    flags = run.flags
    obj: Obj = {
        "kind": "PriorityClass",
        "apiVersion": "scheduling.k8s.io/v1",
        "metadata": metadata(run, name_argument(run), namespaced=False),
        "value": flags.number("value"),
    }
    if flags.on("global-default"):
        obj["globalDefault"] = True
    if flags.text("description"):
        obj["description"] = flags.text("description")
    obj["preemptionPolicy"] = flags.text("preemption-policy")
    return (yield from finish(run, _PRIORITIES, obj, "failed to create priorityclass"))
