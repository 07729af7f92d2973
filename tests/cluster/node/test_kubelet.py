"""Pods on a node, from the outside: what is written to the API server, and when."""

import pytest
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import ConfigMap, Node, Pod

from k8slab.cluster.node.pretend_programs import Program
from tests.cluster.node.small_cluster import USER, SmallCluster, pod


@pytest.fixture
def cluster():
    return SmallCluster()


def kubelet_events(cluster, name="p"):
    return [(reason, message) for reason, message, _ in cluster.events(name, "kubelet")]


# -- the beginning ---------------------------------------------------------------------------------------------------


def test_a_pod_comes_up_and_its_events_tell_how(cluster):
    cluster.create(pod())
    cluster.until_ready()
    image = "nginx:1.27"
    pulled = f'Successfully pulled image "{image}" in 2.4s (2.4s including waiting). Image size: 72000000 bytes.'
    assert kubelet_events(cluster) == [
        ("Pulling", f'Pulling image "{image}"'),
        ("Pulled", pulled),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ]
    status = cluster.pod().status
    assert (status.phase, status.podIP, status.hostIP, status.observedGeneration) == (
        "Running",
        "10.244.1.2",
        "192.168.10.1",
        1,
    )
    assert {each.type: each.status for each in status.conditions} == dict.fromkeys(
        ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"), "True"
    )
    (container,) = status.containerStatuses
    assert (container.ready, container.started, container.restartCount) == (True, True, 0)
    assert container.imageID.startswith("docker.io/library/nginx@sha256:")
    assert container.containerID.startswith("containerd://")


def test_the_second_pod_finds_the_image_there(cluster):
    cluster.create(pod("first"))
    cluster.until_ready("first")
    cluster.create(pod("second"))
    cluster.until_ready("second")
    already = 'Container image "nginx:1.27" already present on machine and can be accessed by the pod'
    assert kubelet_events(cluster, "second")[0] == ("Pulled", already)


def test_before_its_containers_start_a_pod_says_what_is_missing(cluster):
    cluster.create(pod())
    cluster.run_until(lambda: cluster.pod().status.containerStatuses)
    assert cluster.state() == ("waiting", "ContainerCreating")
    message = "containers with unready status: [c]"
    assert cluster.condition("p", "Ready") == ("False", "ContainersNotReady", message)
    assert cluster.condition("p", "PodReadyToStartContainers")[0] == "False"


def test_an_image_that_nobody_has(cluster):
    cluster.create(pod(image="nginx:bad"))
    cluster.run_until(
        lambda: cluster.state() == ("waiting", "ErrImagePull") if cluster.pod().status.containerStatuses else False
    )
    cluster.run_until(lambda: cluster.state() == ("waiting", "ImagePullBackOff"))
    name = "docker.io/library/nginx:bad"
    error = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{name}": '
        f'failed to resolve reference "{name}": {name}: not found'
    )
    waiting = cluster.pod().status.containerStatuses[0].state.waiting
    assert waiting.message == f'Back-off pulling image "nginx:bad": ErrImagePull: {error}'
    assert kubelet_events(cluster) == [
        ("Pulling", 'Pulling image "nginx:bad"'),
        ("Failed", f'Failed to pull image "nginx:bad": {error}'),
        ("Failed", "Error: ErrImagePull"),
        ("BackOff", 'Back-off pulling image "nginx:bad"'),
        ("Failed", "Error: ImagePullBackOff"),
    ]
    assert cluster.pod().status.phase == "Pending"


@pytest.mark.parametrize(
    ("image", "policy", "reason"),
    [("nginx:1.27", "Never", "ErrImageNeverPull"), ("nginx:-", "IfNotPresent", "InvalidImageName")],
)
def test_images_that_are_not_even_asked_for(cluster, image, policy, reason):
    cluster.create(pod(image=image, container=f"imagePullPolicy: {policy}"))
    cluster.run_until(lambda: cluster.pod().status.containerStatuses and cluster.state() == ("waiting", reason))
    assert not any(reason == "Pulling" for reason, _ in kubelet_events(cluster))


def test_a_missing_config_map_holds_the_container_up_until_it_comes(cluster):
    cluster.create(pod(container="envFrom: [{configMapRef: {name: settings}}]"))
    cluster.run_until(
        lambda: cluster.pod().status.containerStatuses and cluster.state()[1] == "CreateContainerConfigError"
    )
    assert ("Failed", 'Error: configmap "settings" not found') in kubelet_events(cluster)
    cluster.create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: b}")
    cluster.until_ready()
    assert cluster.server.get(ConfigMap, "settings", "default").data == {"A": "b"}


def test_a_missing_volume_is_waited_for(cluster):
    cluster.create(pod(extra="volumes: [{name: v, configMap: {name: settings}}]"))
    cluster.clock.run(3)
    message = 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found'
    assert ("FailedMount", message) in kubelet_events(cluster)
    assert cluster.state() == ("waiting", "ContainerCreating")


def test_init_containers_run_one_by_one_and_a_sidecar_stays(cluster):
    init = "\n".join(
        [
            "initContainers:",
            "- {name: one, image: busybox, command: [sh, -c, sleep 1]}",
            "- {name: side, image: nginx:1.27, restartPolicy: Always}",
            "- {name: two, image: busybox, command: ['true']}",
        ]
    )
    cluster.create(pod(extra=init))
    cluster.run_until(lambda: cluster.pod().status.initContainerStatuses)
    message = "containers with incomplete status: [one side two]"
    assert cluster.condition("p", "Initialized") == ("False", "ContainersNotInitialized", message)
    cluster.until_ready()
    statuses = cluster.pod().status.initContainerStatuses
    assert [each.ready for each in statuses] == [True, True, True]
    one, side, two = statuses
    assert side.state.running is not None
    assert one.state.terminated.finishedAt <= side.state.running.startedAt <= two.state.terminated.startedAt


# -- running ---------------------------------------------------------------------------------------------------------


def test_a_crashing_container_is_restarted_at_once_and_then_with_growing_back_off(cluster):
    cluster.create(pod(image="app:crash"))
    cluster.run_until(lambda: cluster.pod().status.containerStatuses and cluster.state()[1] == "CrashLoopBackOff", 30)
    status = cluster.pod().status.containerStatuses[0]
    uid = cluster.pod().metadata.uid
    assert status.restartCount == 1
    assert status.lastState.terminated.exitCode == 1
    assert status.state.waiting.message == f"back-off 10s restarting failed container=c pod=p_default({uid})"
    assert cluster.pod().status.phase == "Running"
    assert ("BackOff", f"Back-off restarting failed container c in pod p_default({uid})") in kubelet_events(cluster)
    cluster.clock.run(300)
    assert 4 <= cluster.pod().status.containerStatuses[0].restartCount <= 6


@pytest.mark.parametrize(
    ("policy", "command", "phase", "reason"),
    [
        ("Never", "[sleep, '1']", "Succeeded", "PodCompleted"),
        ("Never", "[sh, -c, sleep 1; exit 3]", "Failed", "PodFailed"),
        ("OnFailure", "['true']", "Succeeded", "PodCompleted"),
    ],
)
def test_pods_that_end(cluster, policy, command, phase, reason):
    cluster.create(pod(image="busybox", extra=f"restartPolicy: {policy}", container=f"command: {command}"))
    cluster.run_until(lambda: cluster.pod().status.phase == phase)
    assert cluster.condition("p", "Ready")[:2] == ("False", reason)
    cluster.clock.run(100)
    assert cluster.pod().status.phase == phase
    assert cluster.pod().status.containerStatuses[0].restartCount == 0


def test_readiness_follows_the_probe(cluster):
    probe = "readinessProbe: {httpGet: {port: 80, path: /ready}, periodSeconds: 1, failureThreshold: 2}"
    text = pod(container=probe).replace(
        "{name: p}", "{name: p, annotations: {lab/ready-after: '4', lab/unready-after: '5'}}"
    )
    cluster.create(text)
    cluster.run_until(lambda: cluster.pod().status.phase == "Running")
    assert not cluster.is_ready()
    began = cluster.clock.now
    cluster.until_ready()
    assert cluster.clock.now - began > 2
    refused = (
        'Readiness probe failed: Get "http://10.244.1.2:80/ready": dial tcp 10.244.1.2:80: connect: connection refused'
    )
    assert ("Unhealthy", refused) in kubelet_events(cluster)
    cluster.run_until(lambda: not cluster.is_ready())
    assert ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500") in kubelet_events(cluster)
    assert cluster.pod().status.containerStatuses[0].restartCount == 0


def test_a_container_that_fails_its_liveness_probe_is_killed_and_restarted(cluster):
    cluster.create(pod(container="livenessProbe: {tcpSocket: {port: 81}, periodSeconds: 2, failureThreshold: 2}"))
    cluster.run_until(
        lambda: cluster.pod().status.containerStatuses and cluster.pod().status.containerStatuses[0].restartCount
    )
    found = kubelet_events(cluster)
    assert ("Unhealthy", "Liveness probe failed: dial tcp 10.244.1.2:81: connect: connection refused") in found
    assert ("Killing", "Container c failed liveness probe, will be restarted") in found


def test_a_startup_probe_holds_the_others_back(cluster):
    probes = "\n".join(
        [
            "startupProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 30}",
            "livenessProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 1}",
        ]
    )
    cluster.create(pod(container=probes).replace("{name: p}", "{name: p, annotations: {lab/ready-after: '8'}}"))
    cluster.run_until(lambda: cluster.pod().status.phase == "Running")
    assert cluster.pod().status.containerStatuses[0].started is False
    cluster.until_ready()
    assert cluster.pod().status.containerStatuses[0].restartCount == 0


def test_a_new_image_restarts_the_container_in_place(cluster):
    cluster.create(pod())
    cluster.until_ready()
    body = {"spec": {"containers": [{"name": "c", "image": "nginx:1.28"}]}}
    cluster.server.patch(Pod, "p", "default", body, user=USER)
    cluster.run_until(lambda: cluster.pod().status.containerStatuses[0].image == "nginx:1.28")
    assert cluster.pod().status.containerStatuses[0].restartCount == 1
    assert ("Killing", "Container c definition changed, will be restarted") in kubelet_events(cluster)


def test_a_deadline_ends_the_pod(cluster):
    cluster.create(pod(extra="activeDeadlineSeconds: 8"))
    cluster.until_ready()
    cluster.run_until(lambda: cluster.pod().status.phase == "Failed")
    assert cluster.pod().status.reason == "DeadlineExceeded"


# -- the end ---------------------------------------------------------------------------------------------------------


def delete(cluster, **options):
    cluster.server.delete(Pod, "p", "default", user=USER, **options)


@pytest.mark.parametrize(
    ("image", "container", "grace", "least", "most"),
    [
        pytest.param("nginx:1.27", "", None, 0.2, 1.5, id="a server that obeys SIGTERM"),
        pytest.param("busybox", "command: [sleep, '3600']", None, 30, 31.5, id="a sleep is killed after 30 s"),
        pytest.param("busybox", "command: [sleep, '3600']", 5, 5, 6.5, id="or after the grace that was given"),
        pytest.param("nginx:1.27", "lifecycle: {preStop: {sleep: {seconds: 4}}}", None, 4, 6, id="preStop comes first"),
    ],
)
def test_how_long_a_pod_takes_to_go(cluster, image, container, grace, least, most):
    cluster.create(pod(image=image, container=container))
    cluster.until_ready()
    began = cluster.clock.now
    delete(cluster, grace_period_seconds=grace)
    cluster.run_until(lambda: not cluster.exists())
    assert least <= cluster.clock.now - began <= most
    assert kubelet_events(cluster)[-1] == ("Killing", "Stopping container c")
    cluster.clock.run(1)
    assert list(cluster.kubelets[0].runtime.pod_uids()) == []


def test_while_it_goes_a_pod_stays_ready_and_then_tells_how_it_ended(cluster):
    cluster.create(pod(image="busybox", container="command: [sleep, '3600']"))
    cluster.until_ready()
    seen = []
    cluster.server.watch(Pod, resource_version="0", deliver=lambda event: seen.append(event.object))
    delete(cluster, grace_period_seconds=3)
    cluster.clock.run(2)
    assert cluster.is_ready()
    cluster.run_until(lambda: not cluster.exists())
    last = seen[-1].status
    assert (last.phase, last.containerStatuses[0].state.terminated.exitCode) == ("Failed", 137)


def test_a_second_shorter_grace_period_counts(cluster):
    cluster.create(pod(image="busybox", container="command: [sleep, '3600']"))
    cluster.until_ready()
    delete(cluster)
    cluster.clock.run(3)
    delete(cluster, grace_period_seconds=1)
    cluster.run_until(lambda: not cluster.exists(), 3)


def test_a_pod_deleted_by_force_is_stopped_by_the_node_all_the_same(cluster):
    cluster.create(pod())
    cluster.until_ready()
    delete(cluster, grace_period_seconds=0)
    assert not cluster.exists()
    runtime = cluster.kubelets[0].runtime
    assert list(runtime.pod_uids()) != []
    cluster.clock.run(40)
    assert list(runtime.pod_uids()) == []


def test_a_pod_deleted_while_its_image_is_pulled_goes_at_once(cluster):
    cluster.create(pod(image="mysql:8"))
    cluster.clock.run(2)
    assert kubelet_events(cluster) == [("Pulling", 'Pulling image "mysql:8"')]
    delete(cluster)
    cluster.run_until(lambda: not cluster.exists(), 2)


def test_a_finished_pod_is_deleted_without_delay(cluster):
    cluster.create(pod(image="hello-world", extra="restartPolicy: Never"))
    cluster.run_until(lambda: cluster.pod().status.phase == "Succeeded")
    delete(cluster)
    cluster.run_until(lambda: not cluster.exists(), 1)


# -- the node --------------------------------------------------------------------------------------------------------


def test_a_node_registers_itself_and_renews_its_lease(cluster):
    node = cluster.server.get(Node, "node-1")
    assert {each.type: each.status for each in node.status.conditions} == {
        "MemoryPressure": "False",
        "DiskPressure": "False",
        "PIDPressure": "False",
        "Ready": "True",
    }
    assert (node.metadata.labels["kubernetes.io/hostname"], node.spec.podCIDR) == ("node-1", "10.244.1.0/24")
    first = cluster.server.get(Lease, "node-1", "kube-node-lease").spec.renewTime
    cluster.clock.run(25)
    renewed = cluster.server.get(Lease, "node-1", "kube-node-lease").spec.renewTime
    assert 15 <= (renewed - first).total_seconds() <= 25
    version = cluster.server.get(Node, "node-1").metadata.resourceVersion
    cluster.clock.run(200)
    assert cluster.server.get(Node, "node-1").metadata.resourceVersion == version  # nothing to say for five minutes
    cluster.clock.run(110)
    assert cluster.server.get(Node, "node-1").metadata.resourceVersion != version


def test_a_node_says_that_it_starts(cluster):
    assert [reason for reason, _ in kubelet_events(cluster, "node-1")] == [
        "Starting",
        "NodeHasSufficientMemory",
        "NodeHasNoDiskPressure",
        "NodeHasSufficientPID",
        "NodeReady",
    ]


def test_a_node_tells_which_images_it_has(cluster):
    cluster.create(pod())
    cluster.until_ready()
    cluster.clock.run(15)
    (image,) = cluster.server.get(Node, "node-1").status.images
    assert (image.names[1], image.sizeBytes) == ("docker.io/library/nginx:1.27", 72_000_000)


def test_a_pod_that_names_a_full_node_itself_is_rejected(cluster):
    cluster.create(pod(extra="nodeName: node-1", container="resources: {requests: {cpu: '8'}}"))
    cluster.run_until(lambda: cluster.pod().status.phase == "Failed")
    status = cluster.pod().status
    short = "Node didn't have enough resource: cpu, requested: 8000, used: 0, capacity: 4000"
    assert (status.reason, status.message) == ("OutOfcpu", f"Pod was rejected: {short}")


def test_without_power_nothing_is_said_and_with_it_pods_start_anew(cluster):
    cluster.create(pod())
    cluster.until_ready()
    kubelet = cluster.kubelets[0]
    before = cluster.pod()
    kubelet.stop()
    writes = len(cluster.trace)
    cluster.clock.run(100)
    assert len(cluster.trace) == writes
    assert cluster.is_ready()  # nobody has noticed: that is the node lifecycle controller's work
    assert not kubelet.is_ready
    kubelet.start()
    cluster.run_until(lambda: cluster.pod().status.containerStatuses[0].restartCount == 1)
    cluster.until_ready()
    last = cluster.pod().status.containerStatuses[0].lastState.terminated
    assert (last.exitCode, last.reason) == (255, "Unknown")
    assert cluster.pod().metadata.uid == before.metadata.uid
    message = "Pod sandbox changed, it will be killed and re-created."
    assert ("SandboxChanged", message) in kubelet_events(cluster)
    boot = cluster.server.get(Node, "node-1").status.nodeInfo.bootID
    assert kubelet_events(cluster, "node-1")[-1] == ("Rebooted", f"Node node-1 has been rebooted, boot id: {boot}")


def test_pods_that_were_deleted_while_the_power_was_off_go_when_it_is_back(cluster):
    cluster.create(pod())
    cluster.until_ready()
    cluster.kubelets[0].stop()
    delete(cluster)
    cluster.clock.run(100)
    assert cluster.exists()
    cluster.kubelets[0].start()
    cluster.run_until(lambda: not cluster.exists(), 5)


@pytest.mark.parametrize("moment", [0.001, 0.01, 0.3, 1, 2.5, 4])
def test_the_power_may_be_cut_at_any_moment(moment):
    cluster = SmallCluster()
    cluster.create(pod(container="readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}"))
    cluster.clock.run(moment)
    cluster.kubelets[0].stop()
    cluster.clock.run(5)
    cluster.kubelets[0].start()
    cluster.until_ready()


# -- hollow nodes ----------------------------------------------------------------------------------------------------


def test_hollow_nodes_run_the_same_kubelet():
    cluster = SmallCluster(nodes=2, hollow=True)
    for index in range(6):
        cluster.create(pod(f"p{index}"))
    cluster.run_until(lambda: all(cluster.is_ready(f"p{index}") for index in range(6)))
    assert [reason for reason, _ in kubelet_events(cluster, "p0")] == ["Pulled", "Created", "Started"]
    addresses = {cluster.pod(f"p{index}").status.podIP for index in range(6)}
    assert len(addresses) == 6
    cluster.server.delete(Pod, "p0", "default", user=USER)
    cluster.run_until(lambda: not cluster.exists("p0"), 5)


def test_hollow_pods_may_end_too():
    cluster = SmallCluster(hollow=True)
    text = pod(extra="restartPolicy: Never\ninitContainers: [{name: i, image: busybox}]")
    cluster.create(text.replace("{name: p}", "{name: p, annotations: {lab/exit-after: '2', lab/exit-code: '0'}}"))
    cluster.run_until(lambda: cluster.pod().status.phase == "Succeeded")


def test_a_program_may_be_added_to_the_table():
    cluster = SmallCluster(programs={"slow": Program(size_bytes=40_000_000, ready_after=20)})
    cluster.create(pod(image="slow:1", container="readinessProbe: {tcpSocket: {port: 1}, periodSeconds: 1}"))
    began = cluster.clock.now
    cluster.until_ready()
    assert cluster.clock.now - began > 20
