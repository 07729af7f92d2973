"""Which nodes will do, and upstream's words for why the others will not."""

import pytest

from tests.cluster.scheduler.builders import World, from_yaml, node, pod

TOLERATES_GPU = """
tolerations:
- {key: gpu, operator: Equal, value: "yes", effect: NoSchedule}
"""
ZONE_A = {"zone": "a", "cores": "8"}
ZONE_B = {"zone": "b", "cores": "16"}


@pytest.mark.parametrize(
    ("there", "newcomer", "reason", "resolvable"),
    [
        pytest.param(node("n", cpu="1"), pod("p", cpu="2"), "Insufficient cpu", False, id="more than the node has"),
        pytest.param(node("n", cpu="2"), pod("p", cpu="1500m"), "Insufficient cpu", True, id="more than is left"),
        pytest.param(node("n", memory="1Gi"), pod("p", memory="2Gi"), "Insufficient memory", False, id="memory"),
        pytest.param(node("n"), pod("p", gpu="1"), "Insufficient example.com/gpu", False, id="unknown resource"),
        pytest.param(node("n", pods="1"), pod("p"), "Too many pods", True, id="number of Pods"),
        pytest.param(
            node("n", unschedulable=True), pod("p"), "node(s) were unschedulable", False, id="a cordoned node"
        ),
        pytest.param(
            node("n", taints=["gpu=yes:NoSchedule"]),
            pod("p"),
            "node(s) had untolerated taint(s)",
            False,
            id="a taint",
        ),
        pytest.param(
            node("n", taints=["gpu=no:NoExecute"]),
            from_yaml(TOLERATES_GPU),
            "node(s) had untolerated taint(s)",
            False,
            id="a taint of another value",
        ),
        pytest.param(
            node("n"),
            pod("p", nodeSelector={"disk": "ssd"}),
            "node(s) didn't match Pod's node affinity/selector",
            False,
            id="a label that is not there",
        ),
        pytest.param(
            node("n"),
            pod("p", host_port=80),
            "node(s) didn't have free ports for the requested pod ports",
            True,
            id="a host port that is taken",
        ),
    ],
)
def test_a_node_is_turned_down_with_upstreams_reason(there, newcomer, reason, resolvable):
    world = World([there], [pod("other", on="n", cpu="1", host_port=80)])
    feasible, diagnosis = world.ask(newcomer)
    assert feasible == []
    assert diagnosis.nodes["n"].reasons == (reason,)
    assert diagnosis.nodes["n"].resolvable is resolvable


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(TOLERATES_GPU, ["plain", "tainted"], id="a toleration opens the tainted node too"),
        pytest.param("tolerations: [{operator: Exists}]", ["plain", "tainted"], id="an empty key tolerates all"),
        pytest.param("tolerations: [{key: gpu, operator: Exists, effect: NoExecute}]", ["plain"], id="another effect"),
        pytest.param("priority: 0", ["plain"], id="without toleration"),
    ],
)
def test_taints_and_tolerations(spec, expected):
    world = World([node("plain"), node("tainted", taints=["gpu=yes:NoSchedule"])])
    assert world.ask(from_yaml(spec))[0] == expected


def required(*terms):
    lines = "\n".join(f"      - {term}" for term in terms)
    return (
        "affinity:\n  nodeAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n"
        + lines
    )


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["matchExpressions: [{key: zone, operator: In, values: [b, c]}]"], ["b"]),
        (["matchExpressions: [{key: zone, operator: NotIn, values: [a]}]"], ["b", "bare"]),
        (["matchExpressions: [{key: cores, operator: Gt, values: ['8']}]"], ["b"]),
        (["matchExpressions: [{key: cores, operator: Lt, values: ['16']}]"], ["a"]),
        (["matchExpressions: [{key: zone, operator: DoesNotExist}]"], ["bare"]),
        (["matchExpressions: [{key: zone, operator: Exists}, {key: cores, operator: In, values: ['8']}]"], ["a"]),
        (
            [
                "matchExpressions: [{key: zone, operator: In, values: [a]}]",
                "matchFields: [{key: metadata.name, operator: In, values: [bare]}]",
            ],
            ["a", "bare"],
        ),
        (["{}"], []),
    ],
)
def test_required_node_affinity(terms, expected):
    world = World([node("a", labels=ZONE_A), node("b", labels=ZONE_B), node("bare")])
    assert world.ask(from_yaml(required(*terms)))[0] == expected


def test_terms_that_name_their_node_leave_the_others_out_with_the_plugins_name():
    world = World([node("a", cpu="1"), node("b"), node("c")])
    newcomer = from_yaml(required("matchFields: [{key: metadata.name, operator: In, values: [a]}]"))
    newcomer.spec.containers[0].resources = pod("x", cpu="2").spec.containers[0].resources
    feasible, diagnosis = world.ask(newcomer)
    assert feasible == []
    assert (
        diagnosis.message()
        == "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."
    )
    assert diagnosis.plugins == ["NodeAffinity", "NodeResourcesFit"]


def test_reasons_are_counted_over_nodes_and_sorted_as_text():
    nodes = [node(f"n{i}", taints=["a=b:NoSchedule"]) for i in range(2)] + [node("m", cpu="1", memory="1Gi")]
    _, diagnosis = World(nodes).ask(pod("p", cpu="2", memory="2Gi"))
    assert (
        diagnosis.message()
        == "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 2 node(s) had untolerated taint(s)."
    )


def test_a_claim_that_does_not_exist_turns_all_nodes_down_at_once():
    newcomer = from_yaml("volumes: [{name: v, persistentVolumeClaim: {claimName: nope}}]")
    _, diagnosis = World([node("a"), node("b")]).ask(newcomer)
    assert diagnosis.message() == '0/2 nodes are available: persistentvolumeclaim "nope" not found.'


def test_what_a_node_said_is_forgotten_when_the_node_changes():
    world = World([node("n", cpu="1")])
    assert world.ask(pod("p", cpu="2"))[0] == []
    world.cache.set_node(node("n", cpu="4"))
    assert world.ask(pod("p", cpu="2"))[0] == ["n"]
    world.cache.set_pod(pod("big", on="n", cpu="3"))
    assert world.ask(pod("p", cpu="2"))[0] == []
    world.cache.remove_pod("big")
    assert world.ask(pod("p", cpu="2"))[0] == ["n"]


def anti(app, key="kubernetes.io/hostname"):
    return f"""
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
    - labelSelector: {{matchLabels: {{app: {app}}}}}
      topologyKey: {key}
"""


def placed(made, on, labels):
    made.spec.nodeName, made.metadata.labels = on, labels
    return made


@pytest.mark.parametrize(
    ("there", "newcomer", "expected", "reason"),
    [
        pytest.param(
            pod("web", on="a", labels={"app": "web"}),
            from_yaml(anti("web")),
            ["b"],
            "node(s) didn't match pod anti-affinity rules",
            id="keeps away from web",
        ),
        pytest.param(
            placed(from_yaml(anti("web"), "lonely"), "a", {"app": "lonely"}),
            pod("p", labels={"app": "web"}),
            ["b"],
            "node(s) didn't satisfy existing pods anti-affinity rules",
            id="one that is there refuses web",
        ),
        pytest.param(
            pod("cache", on="b", labels={"app": "cache"}),
            from_yaml(anti("cache").replace("podAntiAffinity", "podAffinity")),
            ["b"],
            "node(s) didn't match pod affinity rules",
            id="wants to be near cache",
        ),
        pytest.param(
            pod("other", on="b", labels={"app": "other"}),
            placed(from_yaml(anti("self").replace("podAntiAffinity", "podAffinity")), None, {"app": "self"}),
            ["a", "b"],
            None,
            id="the first of a group may go anywhere",
        ),
    ],
)
def test_company_that_is_wanted_and_refused(there, newcomer, expected, reason):
    feasible, diagnosis = World([node("a"), node("b")], [there]).ask(newcomer)
    assert feasible == expected
    assert [rejection.reasons for rejection in diagnosis.nodes.values()] == ([(reason,)] if reason else [])
