"""The lab as a learner meets it."""

import hashlib
import subprocess
import sys

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Node, Pod

from k8slab.lab import Lab
from k8slab.sim.errors import LabError

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.27"}]}
"""

STORY = """
from k8slab.lab import Lab
lab = Lab(nodes=3, seed=7)
lab.kubectl("create deployment web --image=nginx:1.27 --replicas=4"); lab.run(30)
lab.kubectl("set image deployment/web nginx=nginx:1.28"); lab.run(60)
lab.stop_node("node-2"); lab.run(400)
print(lab.trace.text()); print(lab.kubectl("get pods,events -A -o wide").stdout)
"""


@pytest.fixture
def lab():
    return Lab(nodes=3)


def test_a_new_lab_has_its_nodes_ready(lab):
    nodes = list(lab.client.list(Node))
    assert [node.metadata.name for node in nodes] == ["node-1", "node-2", "node-3"]
    assert not any(node.spec.taints for node in nodes)


def test_a_deployment_comes_up_and_kubectl_shows_it(lab):
    assert lab.kubectl("apply -f -", stdin=MANIFEST).stdout == "deployment.apps/web created\n"
    status = lab.kubectl("rollout status deployment/web")
    assert status.stdout.endswith('deployment "web" successfully rolled out\n')
    assert lab.client.get(Deployment, "web").status.availableReplicas == 3


def test_a_manifest_is_read_from_the_disk_where_the_command_names_it(lab, tmp_path):
    path = tmp_path / "web.yaml"
    path.write_text(MANIFEST)
    assert lab.kubectl(["apply", "-f", str(path)]).exit_code == 0
    missing = lab.kubectl(["apply", "-f", str(tmp_path / "absent.yaml")])
    assert (missing.exit_code, "does not exist" in missing.stderr) == (1, True)


def test_the_past_can_be_read_again(lab):
    lab.kubectl("apply -f -", stdin=MANIFEST)
    lab.run(30)
    then = lab.revision
    lab.kubectl("delete deployment web")
    lab.run(60)
    assert len(lab.objects(Pod, namespace="default")) == 0
    assert len(lab.objects(Pod, namespace="default", revision=then)) == 3
    assert lab.time_of(then) <= 30.5


def test_what_the_learner_does_is_marked_and_what_he_asks_is_not(lab):
    lab.kubectl("apply -f -", stdin=MANIFEST)
    lab.kubectl("get pods")
    lab.stop_node("node-1")
    assert [mark.text for mark in lab.marks()] == ["kubectl apply -f -", "power of node-1 cut"]


def test_a_stopped_node_becomes_not_ready_and_its_pods_move(lab):
    lab.kubectl("apply -f -", stdin=MANIFEST)
    lab.run(30)
    lab.stop_node("node-1")
    lab.run(400)
    assert "NotReady" in lab.kubectl("get node node-1").stdout
    running = [pod for pod in lab.client.list(Pod) if pod.metadata.deletionTimestamp is None]
    assert {pod.spec.nodeName for pod in running} == {"node-2", "node-3"}
    lab.start_node("node-1")
    lab.run(30)
    assert "NotReady" not in lab.kubectl("get node node-1").stdout


def test_run_until_tells_how_long_it_took_or_what_is_missing(lab):
    lab.kubectl("apply -f -", stdin=MANIFEST)

    def three_pods():
        """three Pods exist"""
        return len(lab.objects(Pod, namespace="default")) == 3

    def nine_pods():
        """nine Pods exist"""
        return len(lab.objects(Pod, namespace="default")) == 9

    assert 0 < lab.run_until(three_pods) < 5
    with pytest.raises(LabError, match="nine Pods exist"):
        lab.run_until(nine_pods, timeout_seconds=10)


def test_reset_builds_the_same_world_afresh(lab):
    before = lab.kubectl("get nodes -o wide").stdout
    lab.kubectl("apply -f -", stdin=MANIFEST)
    lab.run(100)
    lab.reset()
    assert lab.kubectl("get nodes -o wide").stdout == before
    assert lab.objects(Pod) == []


@pytest.mark.parametrize(
    "misuse", [lambda: Lab(nodes=-1), lambda: Lab(nodes=1).stop_node("node-9"), lambda: Lab(nodes=0).run(-5)]
)
def test_misuse_says_what_to_do(misuse):
    with pytest.raises(LabError):
        misuse()


def test_two_labs_live_side_by_side():
    one, other = Lab(nodes=1), Lab(nodes=2)
    one.run(100)
    assert (len(one.objects(Node)), len(other.objects(Node)), other.now < 1) == (1, 2, True)


def test_the_same_seed_tells_the_same_story_under_any_hash_seed():
    def told(hash_seed):
        environment = {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", STORY], env=environment, capture_output=True, check=True)
        return hashlib.sha256(done.stdout).hexdigest(), len(done.stdout)

    one = told("1")
    assert one == told("4242")
    assert one[1] > 10_000


def test_another_seed_tells_another_story():
    names = []
    for seed in (1, 2):
        lab = Lab(nodes=1, seed=seed)
        lab.kubectl("apply -f -", stdin=MANIFEST)
        lab.run(10)
        names.append([pod.metadata.name for pod in lab.objects(Pod)])
    assert names[0] != names[1]


def test_docker_runs_on_the_labs_own_machine(lab):
    ran = lab.docker("run --rm alpine sh -c 'echo hi; exit 3'")
    assert (ran.stdout, ran.exit_code) == ("hi\n", 3)
    assert lab.docker_client().containers.run("alpine", "echo sdk") == b"sdk\n"


def test_the_lines_of_a_cell_are_typed_where_docker_asks_for_a_keyboard(lab):
    typed = lab.docker("run -it --rm alpine sh", stdin="echo hello\nexit 5\n")
    assert ("hello" in typed.stdout, typed.exit_code) == (True, 5)


def test_a_published_port_answers_and_a_stopped_container_does_not(lab):
    lab.docker("run -d --name web -p 8080:80 nginx:1.27")
    page = "run --rm --network host alpine wget -qO- http://127.0.0.1:8080"
    assert "<h1>Welcome to nginx!</h1>" in lab.docker(page).stdout
    assert lab.docker("stop web").stdout == "web\n"
    assert "Exited (0)" in lab.docker("ps -a").stdout
    assert "Connection refused" in lab.docker(page).stderr
