"""``kubectl run``: a pod of one image. Models kubectl pkg/cmd/run.

Left out: --attach, -it and --rm (the pod is created and kubectl does not stay with it), --overrides.
"""

from __future__ import annotations

from k8slab.apimachinery import names
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.create.generator import built_in, finish, printer
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.expose import SERVICES
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

_PODS = built_in("v1", "pods", "Pod")
_RESTARTS = ("Always", "OnFailure", "Never")


def run(run: Invocation) -> Steps[int]:
    """Create the pod, and with --expose a Service for it."""
    flags = run.flags
    if not run.args or flags.dash_at == 0:
        raise run.usage("NAME is required for run")
    name, words = run.args[0], run.args[1:]
    if flags.on("attach") or flags.on("stdin") or flags.on("tty"):
        raise CommandError("the lab's kubectl run does not stay with the pod: leave out -i, -t and --attach")
    if flags.on("rm"):
        raise run.usage("--rm should only be used for attached containers")
    restart = flags.text("restart") or "Always"
    if restart not in _RESTARTS:
        raise run.usage(f"invalid restart policy: {restart}")
    if flags.on("expose") and not flags.text("port"):
        raise CommandError("--port must be set when exposing a service")
    _check_image(flags.text("image"))
    labels = _labels(flags.text("labels")) if flags.text("labels") else {"run": name}
    obj = _pod(run, name, labels, words, restart)
    if flags.on("expose"):
        service = _service(run, name, labels)
        if run.dry_run != "client":
            service = yield from run.api.create(SERVICES, run.namespace, service, run.write_params("kubectl-run"))
        run.io.out(printer(run, "created")(service))
    return (yield from finish(run, _PODS, obj, manager="kubectl-run"))


def _check_image(image: str) -> None:
    if not image or any(character.isspace() for character in image) or image != image.strip():
        raise CommandError(f'Invalid image name "{image}": invalid reference format')
    repository = image.partition("@")[0]
    path = repository.rpartition(":")[0] if ":" in repository.rsplit("/", 1)[-1] else repository
    if path != path.lower() and "/" not in path:
        raise CommandError(f'Invalid image name "{image}": repository name must be lowercase')


def _labels(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or "=" in value:
            raise CommandError(f"unexpected label spec: {part}")
        problems = names.label_value(value)
        if problems:
            raise CommandError(f'invalid label value: "{part}": {";".join(problems)}')
        found[key] = value
    return found


def _pod(run: Invocation, name: str, labels: dict[str, str], words: list[str], restart: str) -> Obj:
    flags = run.flags
    metadata: Obj = {"name": name}
    if run.namespace_given:
        metadata["namespace"] = run.namespace
    metadata["labels"] = labels
    annotations = dict(text.partition("=")[::2] for text in flags.items("annotations"))
    if annotations:
        metadata["annotations"] = annotations
    container: Obj = {"name": name, "image": flags.text("image")}
    if words:
        container["command" if flags.on("command") else "args"] = words
    if flags.text("port"):
        port = flags.text("port")
        if not port.isdigit():
            raise CommandError(f'strconv.Atoi: parsing "{port}": invalid syntax')
        container["ports"] = [{"containerPort": int(port)}]
    env = [_variable(text) for text in flags.items("env")]
    if env:
        container["env"] = env
    container["resources"] = {}
    if flags.text("image-pull-policy"):
        container["imagePullPolicy"] = flags.text("image-pull-policy")
    if flags.on("privileged"):
        container["securityContext"] = {"privileged": True}
    spec: Obj = {"containers": [container], "restartPolicy": restart, "dnsPolicy": "ClusterFirst"}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": {}}


def _variable(text: str) -> Obj:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandError(f"invalid env: {text}")
    return {"name": name, "value": value} if value else {"name": name}


def _service(run: Invocation, name: str, labels: dict[str, str]) -> Obj:
    metadata: Obj = {"name": name}
    if run.namespace_given:
        metadata["namespace"] = run.namespace
    port = int(run.flags.text("port"))
    spec = {"ports": [{"protocol": "TCP", "port": port, "targetPort": port}], "selector": labels}
    return {"kind": "Service", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}
