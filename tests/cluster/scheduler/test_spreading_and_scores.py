"""Among the nodes that will do: which is best? Points are weighted, as they are added up."""

import pytest
from lightkube.models.apps_v1 import ReplicaSetSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.core_v1 import Service

from tests.cluster.scheduler.builders import World, from_yaml, node, pod

WEB = {"app": "web"}


def zones(**zone_of):
    return [node(name, labels={"topology.kubernetes.io/zone": zone, "zone": zone}) for name, zone in zone_of.items()]


def spread(key, skew=1, action="DoNotSchedule", more=""):
    newcomer = from_yaml(f"""
topologySpreadConstraints:
- maxSkew: {skew}
  topologyKey: {key}
  whenUnsatisfiable: {action}
  labelSelector: {{matchLabels: {{app: web}}}}
{more}
""")
    newcomer.metadata.labels = WEB
    return newcomer


@pytest.mark.parametrize(
    ("counts", "skew", "expected"),
    [
        pytest.param({"a": 2, "b": 1}, 1, ["b"], id="2 and 1: only the emptier zone"),
        pytest.param({"a": 1, "b": 1}, 1, ["a", "b"], id="1 and 1: both"),
        pytest.param({"a": 2, "b": 0}, 2, ["b"], id="2 and 0 with skew 2: a third one in a would make 3"),
        pytest.param({"a": 1, "b": 0}, 2, ["a", "b"], id="1 and 0 with skew 2: both"),
    ],
)
def test_hard_spreading_over_zones(counts, skew, expected):
    there = [pod(f"{zone}{i}", on=zone, labels=WEB) for zone, count in counts.items() for i in range(count)]
    assert World(zones(a="a", b="b"), there).ask(spread("zone", skew))[0] == expected


def test_a_zone_whose_only_node_is_cordoned_still_counts():
    nodes = zones(a="a", b="b")
    nodes[1].spec.unschedulable = True
    feasible, diagnosis = World(nodes, [pod("w", on="a", labels=WEB)]).ask(spread("zone"))
    assert feasible == []
    assert diagnosis.counted_reasons() == (
        "1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable"
    )


def test_a_node_without_the_label_is_no_place_and_no_eviction_would_help():
    _, diagnosis = World([node("n")]).ask(spread("rack"))
    assert diagnosis.nodes["n"].resolvable is False
    assert diagnosis.counted_reasons() == (
        "1 node(s) didn't match pod topology spread constraints (missing required label)"
    )


def test_pods_that_are_being_deleted_are_not_counted():
    leaving = pod("leaving", on="a", labels=WEB)
    leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    assert World(zones(a="a", b="b"), [leaving]).ask(spread("zone"))[0] == ["a", "b"]


def test_too_few_domains_count_as_an_empty_one():
    there = [pod("w1", on="a", labels=WEB), pod("w2", on="b", labels=WEB)]
    newcomer = spread("zone", more="  minDomains: 3")
    assert World(zones(a="a", b="b"), there).ask(newcomer)[0] == []


class Listed:
    def __init__(self, *objects):
        self.objects = {f"{each.metadata.namespace}/{each.metadata.name}": each for each in objects}

    def get(self, key):
        return self.objects.get(key)

    def list(self, namespace=None):
        return list(self.objects.values())


REPLICA_SET = ReplicaSet(
    metadata=ObjectMeta(name="web", namespace="ns"), spec=ReplicaSetSpec(selector=LabelSelector(matchLabels=WEB))
)


def test_replicas_spread_over_nodes_and_zones_without_being_asked_to():
    there = [pod("w1", on="a1", labels=WEB)]
    world = World(zones(a1="a", a2="a", b1="b"), there, {ReplicaSet: Listed(REPLICA_SET), Service: Listed()})
    points = world.scores(pod("w2", labels=WEB, owner="web"))["PodTopologySpread"]
    assert points["b1"] == 200
    assert points["b1"] > points["a2"] > points["a1"]


def test_a_pod_of_nobody_is_not_spread():
    world = World([node("a"), node("b")], [pod("w1", on="a", labels=WEB)], {Service: Listed()})
    assert "PodTopologySpread" not in world.scores(pod("w2", labels=WEB))


def test_without_zones_the_quick_way_gives_the_same_points_as_the_long_one():
    there = [pod(f"w{i}", on=name, labels=WEB) for i, name in enumerate("aab")]
    listers = {ReplicaSet: Listed(REPLICA_SET), Service: Listed()}
    quick = World([node(name) for name in "abc"], there, listers)
    nodes = [node(name) for name in "abc"] + [node("elsewhere", cpu="0", labels={"topology.kubernetes.io/zone": "z"})]
    slow = World(nodes, there, listers)
    newcomer = pod("new", labels=WEB, owner="web", cpu="100m")
    assert quick.scores(newcomer)["PodTopologySpread"] == slow.scores(newcomer)["PodTopologySpread"]
    assert quick.scores(newcomer)["PodTopologySpread"]["c"] == 200


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        pytest.param("1", "2Gi", {"small": (50 + 50) // 2, "large": (75 + 75) // 2}, id="the same on both"),
        pytest.param("2", "0", {"small": (0 + 100) // 2, "large": (50 + 100) // 2}, id="only CPU"),
        pytest.param(
            None, None, {"small": (95 + 95) // 2, "large": (97 + 97) // 2}, id="the defaults of 100m and 200 MB"
        ),
    ],
)
def test_least_allocated(cpu, memory, expected):
    world = World([node("small", cpu="2", memory="4Gi"), node("large", cpu="4", memory="8Gi")])
    assert world.scores(pod("p", cpu=cpu, memory=memory))["NodeResourcesFit"] == expected


def test_balanced_allocation_prefers_even_use():
    world = World([node("even"), node("uneven")], [pod("o", on="uneven", memory="4Gi")])
    points = world.scores(pod("p", cpu="2", memory="4Gi"))["NodeResourcesBalancedAllocation"]
    assert points == {"even": 100, "uneven": 75}
    assert "NodeResourcesBalancedAllocation" not in world.scores(pod("best-effort"))


def test_a_soft_taint_costs_points_and_keeps_nobody_away():
    world = World([node("soft", taints=["a=b:PreferNoSchedule"]), node("plain")])
    assert world.scores(pod("p"))["TaintToleration"] == {"soft": 0, "plain": 300}


def test_preferred_node_affinity_adds_up_weights():
    newcomer = from_yaml("""
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 10
      preference: {matchExpressions: [{key: zone, operator: In, values: [a]}]}
    - weight: 90
      preference: {matchExpressions: [{key: zone, operator: In, values: [c]}]}
""")
    assert World(zones(n1="a", n2="b", n3="c")).scores(newcomer)["NodeAffinity"] == {"n1": 22, "n2": 0, "n3": 200}


def test_preferred_anti_affinity_turns_to_the_other_node():
    newcomer = from_yaml("""
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm: {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
""")
    world = World([node("a"), node("b")], [pod("w", on="a", labels=WEB)])
    assert world.scores(newcomer)["InterPodAffinity"] == {"a": 0, "b": 200}
