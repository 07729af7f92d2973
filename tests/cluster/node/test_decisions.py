"""The kubelet's pure decisions: back-off, image names, probes, what to do next, and the words of durations."""

import math

import pytest
from lightkube.models.core_v1 import Container, PodSpec, Probe
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod

from k8slab.cluster.node.backoff import Backoff
from k8slab.cluster.node.cri import EXITED, RUNNING, ContainerStatus, CriError, PodSandboxStatus
from k8slab.cluster.node.go_durations import go_duration
from k8slab.cluster.node.images import qualified
from k8slab.cluster.node.node_object import number_of
from k8slab.cluster.node.pod_actions import PodActions, Verdicts, compute
from k8slab.cluster.node.pretend_programs import PROGRAMS, Program, exists, program_of, with_annotations, with_command
from k8slab.cluster.node.probes import LIVENESS, READINESS, STARTUP, Verdict, first_probe_at, http_answer
from k8slab.cluster.node.runtime_records import Addresses

# -- back-off --------------------------------------------------------------------------------------------------------


def test_the_first_restart_is_at_once_and_then_the_wait_doubles_up_to_five_minutes():
    backoff, now, waits = Backoff(), 0.0, []
    for _ in range(8):
        failed_at, began = now, now
        while backoff.is_in_back_off_since("c", failed_at, now):
            now += 1
        waits.append(now - began)
        backoff.next("c", failed_at)
        now += 1
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]


def test_ten_quiet_minutes_make_the_back_off_start_anew():
    backoff = Backoff()
    backoff.next("c", 0)
    backoff.next("c", 10)
    assert backoff.get("c") == 20
    assert not backoff.is_in_back_off_since("c", 700, 701)
    backoff.next("c", 700)
    assert backoff.get("c") == 10


def test_a_key_that_was_forgotten_has_no_back_off():
    backoff = Backoff()
    backoff.next("uid_c", 0)
    backoff.forget("uid")
    assert backoff.get("uid_c") == 0
    assert not backoff.is_in_back_off_since_update("uid_c", 1)


# -- words and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.85, "850ms"), (1.5, "1.5s"), (10, "10s"), (160, "2m40s"), (300, "5m0s"), (3600, "1h0m0s")],
)
def test_durations_read_as_go_prints_them(seconds, text):
    assert go_duration(seconds) == text


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("shop/orders:1.0", "docker.io/shop/orders:1.0"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
    ],
)
def test_image_names_are_completed(image, full):
    assert qualified(image) == full


@pytest.mark.parametrize("image", ["Nginx", "nginx:", "a b", "-x", ""])
def test_what_is_no_image_name_is_refused(image):
    with pytest.raises(ValueError, match="invalid reference format"):
        qualified(image)


def test_node_numbers_follow_from_names():
    assert (number_of("node-3"), number_of("worker12")) == (3, 12)
    assert 100 <= number_of("plain") < 250


def test_addresses_are_handed_out_in_turn_and_used_again():
    addresses = Addresses("10.244.3.0/29")
    taken = [addresses.take() for _ in range(5)]
    assert taken == [f"10.244.3.{n}" for n in (2, 3, 4, 5, 6)]
    with pytest.raises(CriError, match="no IP addresses available"):
        addresses.take()
    addresses.give_back("10.244.3.4")
    assert addresses.take() == "10.244.3.4"


# -- pretended programs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "there"),
    [("nginx:1.27", True), ("nginx:bad", False), ("nginx:does-not-exist", False), ("badger:1", True), ("nope", False)],
)
def test_which_images_a_registry_has(image, there):
    assert exists(image) is there


@pytest.mark.parametrize(
    ("command", "exit_after", "exit_code"),
    [
        (["sleep", "5"], 5.05, 0),
        (["sh", "-c", "sleep 2; exit 3"], 2.05, 3),
        (["false"], 0.05, 1),
        (["sh", "-c", "while true; do date; sleep 1; done"], math.inf, 0),
        (["sleep", "infinity"], math.inf, 0),
        (["my-server"], math.inf, 0),
    ],
)
def test_a_shell_command_says_when_it_ends(command, exit_after, exit_code):
    program = with_command(Program(), command, ())
    assert (program.exit_after, program.exit_code) == (exit_after, exit_code)


def test_a_sleeping_process_one_ignores_sigterm():
    assert with_command(Program(), ["sleep", "3600"], ()).obeys_after == math.inf


def test_tags_and_annotations_change_a_program():
    assert program_of("app:crash", PROGRAMS).exit_code == 1
    assert program_of("nginx:sick", PROGRAMS).ready_after == math.inf
    changed = with_annotations(Program(), {"lab/ready-after": "3", "lab/unready-after": "4", "lab/exit-code": "2"})
    assert (changed.ready_after, changed.unready_after, changed.exit_code) == (3, 7, 2)


# -- probes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answers", "verdicts"),
    [
        pytest.param(READINESS, "+--+", [True, True, True, True], id="two failures are not three"),
        pytest.param(
            READINESS, "+---+", [True, True, True, False, True], id="three failures turn it, one success back"
        ),
        pytest.param(LIVENESS, "---", [True, True, False], id="alive until three failures in a row"),
        pytest.param(STARTUP, "--+", [None, None, True], id="not known until it answers"),
    ],
)
def test_a_verdict_turns_after_as_many_answers_as_the_threshold_says(kind, answers, verdicts):
    verdict = Verdict(kind, Probe(failureThreshold=3))
    seen = []
    for answer in answers:
        verdict.observe(answer == "+")
        seen.append(verdict.value)
    assert seen == verdicts


@pytest.mark.parametrize(("status", "ok"), [(200, True), (302, True), (399, True), (404, False), (500, False)])
def test_http_codes(status, ok):
    assert http_answer(status) == (ok, "" if ok else f"HTTP probe failed with statuscode: {status}")


def test_the_first_probe_comes_at_a_tick_after_the_initial_delay():
    assert first_probe_at(created_at=0, started_at=2.5, initial_delay=0, period=10) == 10
    assert first_probe_at(created_at=0, started_at=2.5, initial_delay=8, period=10) == 20
    assert first_probe_at(created_at=0, started_at=0, initial_delay=0, period=10) == 0


# -- what to do next -------------------------------------------------------------------------------------------------

SANDBOX = PodSandboxStatus("s", 0, "10.244.1.2", 0.0)
NOTHING = Verdicts({}, {})


def made(*names, init=(), sidecars=(), policy="Always"):
    inits = [Container(name=name, image="i", restartPolicy="Always" if name in sidecars else None) for name in (*init,)]
    spec = PodSpec(
        containers=[Container(name=name, image="i") for name in names],
        initContainers=inits or None,
        restartPolicy=policy,
    )
    return Pod(metadata=ObjectMeta(name="p"), spec=spec)


def there(name, state=RUNNING, code=0, sandbox="s"):
    return ContainerStatus("id-" + name, name, 0, "i", "ref", 0.0, sandbox, state, exit_code=code)


def told(actions: PodActions):
    return {
        "sandbox": actions.create_sandbox,
        "kill_pod": actions.kill_pod,
        "init": [container.name for container in actions.start_init],
        "start": [container.name for container in actions.start],
        "kill": [(status.name, message) for status, message in actions.kill],
    }


def steps(**changes):
    return {"sandbox": False, "kill_pod": False, "init": [], "start": [], "kill": []} | changes


@pytest.mark.parametrize(
    ("pod", "sandbox", "containers", "verdicts", "expected"),
    [
        pytest.param(made("a", "b"), None, [], NOTHING, steps(sandbox=True, start=["a", "b"]), id="a new Pod"),
        pytest.param(made("a", init=["i"]), None, [], NOTHING, steps(sandbox=True, init=["i"]), id="init comes first"),
        pytest.param(
            made("a", init=["i", "j"]), SANDBOX, [there("i", EXITED)], NOTHING, steps(init=["j"]), id="next init"
        ),
        pytest.param(made("a", init=["i"]), SANDBOX, [there("i")], NOTHING, steps(), id="init still runs"),
        pytest.param(
            made("a", init=["i"]), SANDBOX, [there("i", EXITED)], NOTHING, steps(start=["a"]), id="init is done"
        ),
        pytest.param(
            made("a", init=["i"]), SANDBOX, [there("i", EXITED, 1)], NOTHING, steps(init=["i"]), id="init failed: again"
        ),
        pytest.param(
            made("a", init=["i"], policy="Never"),
            SANDBOX,
            [there("i", EXITED, 1)],
            NOTHING,
            steps(kill_pod=True),
            id="init failed for good",
        ),
        pytest.param(
            made("a", init=["s"], sidecars=["s"]),
            SANDBOX,
            [there("s")],
            NOTHING,
            steps(start=["a"]),
            id="sidecar runs on",
        ),
        pytest.param(
            made("a", init=["s"], sidecars=["s"]),
            SANDBOX,
            [there("s")],
            Verdicts({"s": False}, {}),
            steps(),
            id="a sidecar that has not started yet",
        ),
        pytest.param(
            made("a", init=["s"], sidecars=["s"], policy="Never"),
            SANDBOX,
            [there("a", EXITED), there("s")],
            NOTHING,
            steps(kill_pod=True),
            id="the main container has ended: the sidecar goes",
        ),
        pytest.param(made("a"), SANDBOX, [there("a")], NOTHING, steps(), id="all is well"),
        pytest.param(made("a"), SANDBOX, [there("a", EXITED)], NOTHING, steps(start=["a"]), id="Always: again"),
        pytest.param(
            made("a", policy="OnFailure"), SANDBOX, [there("a", EXITED, 1)], NOTHING, steps(start=["a"]), id="OnFailure"
        ),
        pytest.param(
            made("a", policy="OnFailure"), SANDBOX, [there("a", EXITED)], NOTHING, steps(kill_pod=True), id="success"
        ),
        pytest.param(
            made("a", policy="Never"), SANDBOX, [there("a", EXITED, 1)], NOTHING, steps(kill_pod=True), id="Never"
        ),
        pytest.param(
            made("a"),
            SANDBOX,
            [there("a")],
            Verdicts({}, {"a": "liveness"}),
            steps(start=["a"], kill=[("a", "Container a failed liveness probe, will be restarted")]),
            id="not alive",
        ),
        pytest.param(
            made("a"),
            PodSandboxStatus("s", 0, "", 0.0, is_ready=False),
            [there("a", EXITED, 255)],
            NOTHING,
            steps(sandbox=True, kill_pod=True, start=["a"]),
            id="after a power cut",
        ),
        pytest.param(
            made("a", init=["i"]),
            PodSandboxStatus("new", 1, "10.244.1.3", 0.0),
            [there("a", EXITED, 255), there("i", EXITED)],
            NOTHING,
            steps(init=["i"]),
            id="in a new sandbox init containers run again",
        ),
    ],
)
def test_what_to_do_next(pod, sandbox, containers, verdicts, expected):
    assert told(compute(pod, sandbox, containers, verdicts)) == expected


def test_a_changed_image_restarts_the_container():
    pod = made("a")
    pod.spec.containers[0].image = "i:2"
    assert told(compute(pod, SANDBOX, [there("a")], NOTHING)) == steps(
        start=["a"], kill=[("a", "Container a definition changed, will be restarted")]
    )
