"""Generators: objects made from a few flags. The YAML is what the real kubectl prints (1.36: without empty timestamps)."""

import pytest

POD = """\
apiVersion: v1
kind: Pod
metadata:
  labels:
    run: p
  name: p
spec:
  containers:
  - args:
    - a
    image: x
    name: p
    resources: {}
  dnsPolicy: ClusterFirst
  restartPolicy: Always
status: {}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: d
  name: d
  namespace: lab
spec:
  replicas: 2
  selector:
    matchLabels:
      app: d
  strategy: {}
  template:
    metadata:
      labels:
        app: d
    spec:
      containers:
      - image: x/web:1
        name: web
        ports:
        - containerPort: 80
        resources: {}
status: {}
"""
CRONJOB = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: c
spec:
  jobTemplate:
    metadata:
      name: c
    spec:
      template:
        metadata: {}
        spec:
          containers:
          - command:
            - date
            image: x
            name: c
            resources: {}
          restartPolicy: OnFailure
  schedule: '*/5 * * * *'
status: {}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  labels:
    app: s
  name: s
spec:
  ports:
  - name: 80-http
    nodePort: 30080
    port: 80
    protocol: TCP
    targetPort: http
  selector:
    app: s
  type: NodePort
status:
  loadBalancer: {}
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: p
spec:
  maxUnavailable: 50%
  selector:
    matchExpressions:
    - key: c
      operator: Exists
    matchLabels:
      a: b
status:
  currentHealthy: 0
  desiredHealthy: 0
  disruptionsAllowed: 0
  expectedPods: 0
"""
QUOTA = 'apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard:\n    cpu: "1"\n    pods: "2"\nstatus: {}\n'


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "p", "--image=x", "--", "a"], POD),
        (["-n", "lab", "create", "deployment", "d", "--image=x/web:1", "--replicas=2", "--port=80"], DEPLOYMENT),
        (["create", "cronjob", "c", "--image=x", "--schedule=*/5 * * * *", "--", "date"], CRONJOB),
        (["create", "service", "nodeport", "s", "--tcp=80:http", "--node-port=30080"], SERVICE),
        (["create", "pdb", "p", "--selector=a=b,c", "--max-unavailable=50%"], BUDGET),
        (["create", "quota", "q", "--hard=cpu=1000m,pods=2"], QUOTA),
        (["create", "ns", "n"], 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "n"\nspec: {}\nstatus: {}\n'),
        (["create", "sa", "bot"], "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: bot\n"),
        (
            ["create", "secret", "generic", "s", "--from-literal=a=b", "--type=t"],
            "apiVersion: v1\ndata:\n  a: Yg==\nkind: Secret\nmetadata:\n  name: s\ntype: t\n",
        ),
        (
            ["create", "cm", "c", "--from-file=dir", "--from-file=k=one.txt"],
            "apiVersion: v1\ndata:\n  k: |\n    one\n  two.txt: two\nkind: ConfigMap\nmetadata:\n  name: c\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_client_dry_run_prints_what_would_be_sent(terminal, words, expected):
    terminal.files.update({"one.txt": "one\n", "dir/two.txt": "two"})
    at = words.index("--") if "--" in words else len(words)
    done = terminal(*words[:at], "--dry-run=client", "-o", "yaml", *words[at:])
    assert (done.stdout, done.stderr) == (expected, "")
    assert [r for r in terminal.requests if r.method == "POST"] == []


def test_json_keeps_the_order_of_the_fields(terminal):
    out = terminal("create", "deployment", "d", "--image=x", "--dry-run=client", "-o", "json").stdout
    assert out.startswith(
        '{\n    "kind": "Deployment",\n    "apiVersion": "apps/v1",\n    "metadata": {\n        "name": "d",\n'
    )


@pytest.mark.parametrize(
    ("words", "stdout"),
    [
        (["create", "deployment", "d", "--image=x"], "deployment.apps/d created\n"),
        (
            ["create", "deployment", "d", "--image=x", "--dry-run=server"],
            "deployment.apps/d created (server dry run)\n",
        ),
        (["create", "namespace", "n"], "namespace/n created\n"),
        (["create", "configmap", "c", "--from-literal=a=b"], "configmap/c created\n"),
        (["create", "serviceaccount", "s"], "serviceaccount/s created\n"),
        (["run", "p", "--image=x"], "pod/p created\n"),
        (["run", "p", "--image=x", "--port=80", "--expose"], "service/p created\npod/p created\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_object_is_created(terminal, words, stdout):
    terminal.api("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    done = terminal(*words)
    assert (done.stdout, done.stderr) == (stdout, "")


@pytest.mark.parametrize(
    ("line", "stderr"),
    [
        ("create configmap", "error: exactly one NAME is required, got 0\nSee 'kubectl create configmap -h' for help and examples\n"),
        ("create cm c --from-literal=a", "error: invalid literal source a, expected key=value\n"),
        ("create cm c --from-file=nope", "error: error reading nope: no such file or directory\n"),
        ("create ns default", 'Error from server (AlreadyExists): namespaces "default" already exists\n'),
        ("create quota q --hard=cpu", "error: Invalid argument syntax cpu, expected <resource>=<value>\n"),
        ("create svc clusterip s", "error: at least one tcp port specifier must be provided\n"),
        ("create job j", "error: either --image or --from must be specified\n"),
        ("create deployment d --image=x --dry-run=maybe", 'error: Invalid dry-run value (maybe). Must be "none", "server", or "client".\n'),
        ("create deployment d --image=a --image=b -- x", "error: cannot specify multiple --image options and command\n"),
    ],
)  # fmt: skip
def test_generators_refuse_what_they_cannot_use(terminal, line, stderr):
    done = terminal(*line.split())
    assert (done.stdout, done.stderr, done.exit_code) == ("", stderr, 1)


def test_a_container_is_called_after_its_image(terminal):
    path = "jsonpath={.spec.template.spec.containers[*].name}"
    words = ["create", "deployment", "d", "--dry-run=client", "-o", path]
    assert terminal(*words, "--image=reg.io/a/web:1", "--image=redis@sha256:abc").stdout == "web redis"


def test_expose_and_autoscale_take_what_they_need_from_the_workload(terminal):
    terminal("create", "deployment", "web", "--image=x", "--port=8080")
    assert terminal("expose", "deployment", "web", "--port=80", "--target-port=8080").stdout == "service/web exposed\n"
    spec = terminal.api("GET", "/api/v1/namespaces/default/services/web")["spec"]
    assert spec["selector"] == {"app": "web"}
    assert [(p["port"], p["targetPort"]) for p in spec["ports"]] == [(80, 8080)]
    done = terminal("autoscale", "deployment", "web", "--max=3", "--cpu=50%", "--dry-run=client", "-o", "yaml")
    assert "        averageUtilization: 50\n        type: Utilization\n" in done.stdout
    assert (
        terminal("expose", "cm", "x", "--port=1").stderr == 'Error from server (NotFound): configmaps "x" not found\n'
    )
