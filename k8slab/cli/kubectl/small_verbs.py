"""Verbs of a few lines: ``top``, ``auth``, ``config``, ``edit``. Models kubectl pkg/cmd/{top,auth,config}.

Left out: what needs a kubeconfig file (the lab has one user and one cluster), an editor, or a metrics server.
"""

from __future__ import annotations

from k8slab.apimachinery.errors import ApiError
from k8slab.cli import goyaml
from k8slab.cli.kubectl.api import Obj, encode
from k8slab.cli.kubectl.builder import MISSING_RESOURCE
from k8slab.cli.kubectl.errors import CommandError, Exit
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.jsonpath import json_indented
from k8slab.cli.kubectl.tables import new_tab_writer
from k8slab.cli.seam import Steps

CLUSTER, USER, CONTEXT = "k8slab", "kubernetes-admin", "kubernetes-admin@k8slab"


def top(run: Invocation) -> Steps[int]:
    """Show resource usage, which needs a metrics server."""
    mappings = yield from run.mapper.all()
    if not any(mapping.group == "metrics.k8s.io" for mapping in mappings):
        raise CommandError("Metrics API not available")
    raise CommandError("the lab's kubectl cannot show metrics yet")


def edit(run: Invocation) -> Steps[int]:
    """Refuse: there is no editor in a notebook."""
    if not run.args and not run.flags.items("filename"):
        raise CommandError(MISSING_RESOURCE)
    yield from ()
    what = " ".join(run.args) or "OBJECT"
    raise CommandError(
        "there is no editor in the lab. Change the manifest and run `kubectl apply -f FILE`, or change one field with "
        f"`kubectl patch {what} -p '{{...}}'` (`kubectl set image` and `kubectl scale` are shorter for the common cases)"
    )


def can_i(run: Invocation) -> Steps[int]:
    """Ask the server whether an action is allowed."""
    flags = run.flags
    if flags.on("list"):
        raise CommandError("the lab's kubectl cannot list permissions: ask about one action")
    if len(run.args) < 2:
        raise CommandError(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples."
        )
    verb, resource = run.args[0], run.args[1]
    name = run.args[2] if len(run.args) > 2 else ""
    if resource.startswith("/"):
        attributes: Obj = {"nonResourceAttributes": {"path": resource, "verb": verb}}
    else:
        word, slash, rest = resource.partition("/")
        name = rest if slash else name
        asked: Obj = {"verb": verb, "resource": word}
        try:
            mapping = yield from run.mapper.find(word)
            asked = {"verb": verb, "resource": mapping.plural, "group": mapping.group, "version": mapping.version}
        except CommandError:
            if word != "*":
                run.io.err(f"Warning: the server doesn't have a resource type '{word}'\n\n")
        asked |= {"name": name} if name else {}
        asked |= {} if flags.on("all-namespaces") else {"namespace": run.namespace}
        if flags.text("subresource"):
            asked["subresource"] = flags.text("subresource")
        attributes = {"resourceAttributes": asked}
    allowed, reason = yield from _review(run, attributes)
    if not flags.on("quiet"):
        run.io.out(("yes" if allowed else "no") + (f" - {reason}" if reason and not allowed else "") + "\n")
    if not allowed:
        raise Exit(1)
    return 0


def _review(run: Invocation, attributes: Obj) -> Steps[tuple[bool, str]]:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": attributes}
    try:
        answer = yield from run.api.call(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=encode(body)
        )
    except ApiError as error:
        if error.code == 404:
            return True, ""  # a server without authorization allows everything
        raise
    status = answer.get("status") or {}
    return bool(status.get("allowed")), str(status.get("reason", ""))


def whoami(run: Invocation) -> Steps[int]:
    """Say who the user is to the server."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = yield from run.api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=encode(body))
        about = (answer.get("status") or {}).get("userInfo") or {}
    except ApiError as error:
        if error.code != 404:
            raise
        about = {"username": USER, "groups": ["kubeadm:cluster-admins", "system:authenticated"]}
    writer = new_tab_writer()
    writer.write(f"ATTRIBUTE\tVALUE\nUsername\t{about.get('username', '')}\n")
    if about.get("groups"):
        writer.write(f"Groups\t[{' '.join(about['groups'])}]\n")
    run.io.out(writer.flush())
    return 0


def config_view(run: Invocation) -> Steps[int]:
    """Print the configuration that this kubectl works with."""
    yield from ()
    config = {
        "apiVersion": "v1",
        "clusters": [
            {"cluster": {"certificate-authority-data": "DATA+OMITTED", "server": run.api.server}, "name": CLUSTER}
        ],
        "contexts": [{"context": {"cluster": CLUSTER, "namespace": run.namespace, "user": USER}, "name": CONTEXT}],
        "current-context": CONTEXT,
        "kind": "Config",
        "users": [
            {"name": USER, "user": {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}
        ],
    }
    run.io.out(json_indented(config) + "\n" if run.flags.text("output") == "json" else goyaml.dump(config))
    return 0


def current_context(run: Invocation) -> Steps[int]:
    """Print the name of the context in use."""
    yield from ()
    run.io.out(f"{CONTEXT}\n")
    return 0


def get_contexts(run: Invocation) -> Steps[int]:
    """List the contexts: there is one."""
    yield from ()
    if run.flags.text("output") == "name":
        run.io.out(f"{CONTEXT}\n")
        return 0
    writer = new_tab_writer()
    if not run.flags.on("no-headers"):
        writer.write("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n")
    writer.write(f"*\t{CONTEXT}\t{CLUSTER}\t{USER}\t{run.namespace}\n")
    run.io.out(writer.flush())
    return 0


def set_context(run: Invocation) -> Steps[int]:
    """Refuse: a lab's kubectl keeps nothing between two commands."""
    yield from ()
    raise CommandError(
        "the lab's kubectl keeps no configuration between two commands: give the namespace with -n each time"
    )
