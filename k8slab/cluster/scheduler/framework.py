"""The extension points of a scheduling decision, and what a plugin may answer.

Models pkg/scheduler/framework (interface.go, runtime/framework.go). For each Pod: PreFilter looks once, Filter says of each
node whether it will do, PreScore looks once at those that do, Score rates them, and the ratings, brought to 0..100 and
multiplied by their weights, are added up. A plugin is a small class that has the points it needs (`Plugin` does nothing at
each); it changes nothing and raises nothing.

Plugins that look at one node only are *local*: their answers are kept by the Pod's signature until the node's generation
changes, so that the next replica of a Deployment asks about one node, not about all (upstream: opportunistic batching,
KEP-5598). Left out: percentageOfNodesToScore (below 100 nodes upstream looks at all, too), extenders, profiles, Permit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from k8slab.cluster.scheduler.cache import Cache
from k8slab.cluster.scheduler.cluster_events import ClusterEvent
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo

MAX_NODE_SCORE = 100
MOST_SIGNATURES = 64


class Skip(Enum):
    """PreFilter or PreScore: this plugin has nothing to say about this Pod."""

    SKIP = "skip"


SKIP = Skip.SKIP


@dataclass(frozen=True, slots=True)
class Unschedulable:
    """Why a node will not do. Unless *resolvable*, no eviction could help. *plugin* is filled in by the framework."""

    reasons: tuple[str, ...]
    resolvable: bool = True
    plugin: str = ""

    def by(self, plugin: str) -> Unschedulable:
        """Return this answer signed by *plugin*."""
        return Unschedulable(self.reasons, self.resolvable, plugin)


@dataclass(frozen=True, slots=True)
class Only:
    """PreFilter: no node but *names* can do, so the others need not be asked."""

    names: tuple[str, ...]


#: A Filter's answer: None is success.
Status: TypeAlias = Unschedulable | None
SUCCESS: Status = None

Lister: TypeAlias = Callable[[type], Any]


class CycleState:
    """One decision: its view of the cluster, and what plugins found out in PreFilter and PreScore, by plugin name."""

    __slots__ = ("cache", "found", "lister", "nodes")

    def __init__(self, cache: Cache, nodes: Sequence[NodeInfo], lister: Lister) -> None:
        self.cache = cache
        self.nodes = nodes
        self.lister = lister
        self.found: dict[str, Any] = {}


class Plugin:
    """A plugin that has nothing to say anywhere."""

    name: ClassVar[str]
    #: What its score counts in the sum.
    weight: ClassVar[int] = 1
    #: Whether Filter and Score follow from the Pod's spec and this one node.
    is_local: ClassVar[bool] = False

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Look once at *pod*. Unschedulable: no node will do."""
        return SUCCESS

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Return SUCCESS or why *node* will not do; reasons are counted over nodes for the FailedScheduling Event."""
        return SUCCESS

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """Look once at the nodes that will do."""
        return None

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Return how well *node* would do; bigger is better unless `normalize` turns it round."""
        return 0

    def scores(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """Return `score` for each of *nodes*; a plugin may know a quicker way."""
        return [self.score(state, pod, node) for node in nodes]

    def normalize(self, state: CycleState, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """Return *scores* (of *nodes*, in order) on the scale 0..100."""
        return scores

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Whether *event* may have made room for *pod*, which this plugin has turned down (a queueing hint)."""
        return True


def default_normalize(scores: list[int], reverse: bool = False) -> list[int]:
    """Return *scores* so that the greatest becomes 100, or 0 if *reverse* (helper.DefaultNormalizeScore)."""
    most = max(scores, default=0)
    if most == 0:
        return [MAX_NODE_SCORE] * len(scores) if reverse else scores
    scaled = [MAX_NODE_SCORE * score // most for score in scores]
    return [MAX_NODE_SCORE - score for score in scaled] if reverse else scaled


@dataclass(slots=True)
class Diagnosis:
    """Why no node will do: by node, or for all at once by a PreFilter."""

    all_nodes: int
    nodes: dict[str, Unschedulable] = field(default_factory=dict)
    pre_filter: Unschedulable | None = None
    #: What is to be said of nodes that were not asked because a PreFilter named others.
    absent: Unschedulable = Unschedulable((), resolvable=False)
    post_filter_message: str = ""

    @property
    def plugins(self) -> list[str]:
        """The plugins that turned the Pod down, sorted."""
        found = dict.fromkeys(rejection.plugin for rejection in self.nodes.values())
        if self.pre_filter is not None:
            found[self.pre_filter.plugin] = None
        if len(self.nodes) < self.all_nodes and self.absent.plugin:
            found[self.absent.plugin] = None
        return sorted(found)

    def message(self) -> str:
        """Return upstream's sentence: ``0/3 nodes are available: 1 Insufficient cpu, 2 ...`` (types.go, FitError)."""
        text = f"0/{self.all_nodes} nodes are available:"
        if self.pre_filter is not None:
            text += f" {', '.join(self.pre_filter.reasons)}."
        else:
            counted = self.counted_reasons()
            if counted:
                text += f" {counted}."
        return f"{text} {self.post_filter_message}" if self.post_filter_message else text

    def counted_reasons(self) -> str:
        """Return ``2 Insufficient cpu, 1 Too many pods`` over all nodes, sorted as text."""
        counts: dict[str, int] = {}
        for rejection in self.nodes.values():
            for reason in rejection.reasons:
                counts[reason] = counts.get(reason, 0) + 1
        for reason in self.absent.reasons if len(self.nodes) < self.all_nodes else ():
            counts[reason] = counts.get(reason, 0) + self.all_nodes - len(self.nodes)
        return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))


class _Looks:
    """What the local plugins said about nodes, for Pods of one signature."""

    __slots__ = ("by_node", "key")

    def __init__(self) -> None:
        #: node -> (generation, rejection or None, scores of the local plugins, their sum where not normalized)
        self.by_node: dict[str, tuple[int, Status, tuple[int, ...], int]] = {}
        self.key: tuple[bool, ...] = ()


@dataclass(slots=True)
class Scored:
    """The feasible nodes with the points of each plugin (normalized and weighted), for telling why."""

    nodes: Sequence[NodeInfo]
    totals: list[int]
    by_plugin: dict[str, list[int]]


class Framework:
    """Runs *plugins*, which are asked in their order."""

    def __init__(self, plugins: Sequence[Plugin], lister: Lister) -> None:
        self._lister = lister
        self.plugins = tuple(plugins)
        self._filters = tuple(plugin for plugin in plugins if type(plugin).filter is not Plugin.filter)
        self._pre_filters = tuple(plugin for plugin in plugins if type(plugin).pre_filter is not Plugin.pre_filter)
        scores = [plugin for plugin in plugins if type(plugin).score is not Plugin.score]
        self._local_scores = tuple(plugin for plugin in scores if plugin.is_local)
        self._global_scores = tuple(plugin for plugin in scores if not plugin.is_local)
        self._looks: OrderedDict[bytes, _Looks] = OrderedDict()

    def state(self, cache: Cache, nodes: Sequence[NodeInfo] | None = None) -> CycleState:
        """Return a new state for one decision over *nodes* (all, by default)."""
        return CycleState(cache, cache.nodes if nodes is None else nodes, self._lister)

    # -- filtering ---------------------------------------------------------------------------------------------------

    def pre_filter(self, state: CycleState, pod: PodInfo) -> tuple[Status, list[NodeInfo], list[Plugin], Unschedulable]:
        """Run the PreFilters. Return a rejection for all, or the nodes left, the filters left, and why others were left out."""
        skipped: dict[str, None] = {}
        only: dict[str, None] | None = None
        blamed = ""
        for plugin in self._pre_filters:
            answer = plugin.pre_filter(state, pod)
            if answer is None:
                continue
            if answer is SKIP:
                skipped[plugin.name] = None
            elif isinstance(answer, Only):
                only = dict.fromkeys(name for name in answer.names if only is None or name in only)
                blamed = plugin.name
            elif isinstance(answer, Unschedulable):
                return answer.by(plugin.name), [], [], Unschedulable(())
        filters = [plugin for plugin in self._filters if plugin.name not in skipped] if skipped else list(self._filters)
        if only is None:
            return SUCCESS, list(state.nodes), filters, Unschedulable((), resolvable=False)
        absent = Unschedulable((f"node(s) didn't satisfy plugin(s) [{blamed}]",), False, blamed)
        return SUCCESS, [node for node in state.nodes if node.name in only], filters, absent

    def feasible(self, state: CycleState, pod: PodInfo) -> tuple[list[NodeInfo], Diagnosis]:
        """Return the nodes that will do, in the order of the cache, and the reasons of the others."""
        diagnosis = Diagnosis(len(state.nodes))
        rejection, nodes, filters, absent = self.pre_filter(state, pod)
        if rejection is not None:
            diagnosis.pre_filter = rejection
            diagnosis.nodes = {node.name: rejection for node in state.nodes}
            return [], diagnosis
        diagnosis.absent = absent
        local = [plugin for plugin in filters if plugin.is_local]
        beyond = [plugin for plugin in filters if not plugin.is_local]
        looks = self._looks_at(pod, state)
        known = looks.by_node
        found = []
        for node in nodes:
            look = known.get(node.name)
            if look is None or look[0] != node.generation:
                look = known[node.name] = self._look(state, pod, node, local, looks.key)
            status = look[1]
            if status is None and beyond:
                status = self._first_rejection(state, pod, node, beyond)
            if status is None:
                found.append(node)
            else:
                diagnosis.nodes[node.name] = status
        return found, diagnosis

    def fits(self, state: CycleState, pod: PodInfo, node: NodeInfo, filters: Sequence[Plugin]) -> Status:
        """Ask *filters* (as `pre_filter` left them) about one node, remembering nothing."""
        return self._first_rejection(state, pod, node, filters)

    def _first_rejection(self, state: CycleState, pod: PodInfo, node: NodeInfo, filters: Sequence[Plugin]) -> Status:
        for plugin in filters:
            status = plugin.filter(state, pod, node)
            if status is not None:
                return status.by(plugin.name)
        return SUCCESS

    # -- scoring -----------------------------------------------------------------------------------------------------

    def scored(self, state: CycleState, pod: PodInfo, nodes: list[NodeInfo]) -> Scored:
        """Return the sum of the weighted scores of each of *nodes*, which `feasible` has found, plugin by plugin."""
        totals, parts = self._points(state, pod, nodes)
        return Scored(nodes, totals, dict(parts))

    def totals(self, state: CycleState, pod: PodInfo, nodes: list[NodeInfo]) -> list[int]:
        """Return only the sums of `scored`."""
        looks = self._looks_at(pod, state)
        totals = [looks.by_node[node.name][3] for node in nodes]
        for plugin, points in self._normalized(state, pod, nodes, looks):
            weight = plugin.weight
            totals = [total + weight * score for total, score in zip(totals, points)]
        return totals

    def _points(
        self, state: CycleState, pod: PodInfo, nodes: list[NodeInfo]
    ) -> tuple[list[int], list[tuple[str, list[int]]]]:
        looks = self._looks_at(pod, state)
        parts: dict[str, list[int]] = {plugin.name: [] for plugin in (*self._local_scores, *self._global_scores)}
        active = [plugin for plugin, is_active in zip(self._local_scores, looks.key) if is_active]
        for position, plugin in enumerate(active):
            parts[plugin.name] = [plugin.weight * looks.by_node[node.name][2][position] for node in nodes]
        for plugin, points in self._normalized(state, pod, nodes, looks):
            parts[plugin.name] = [plugin.weight * score for score in points]
        filled = [(name, points) for name, points in parts.items() if points]
        return [sum(points) for points in zip(*(points for _, points in filled))] or [0] * len(nodes), filled

    def _normalized(
        self, state: CycleState, pod: PodInfo, nodes: list[NodeInfo], looks: _Looks
    ) -> list[tuple[Plugin, list[int]]]:
        found: list[tuple[Plugin, list[int]]] = []
        position = -1
        for plugin, is_active in zip(self._local_scores, looks.key):
            if is_active:
                position += 1
                if type(plugin).normalize is not Plugin.normalize:
                    raw = [looks.by_node[node.name][2][position] for node in nodes]
                    found.append((plugin, plugin.normalize(state, nodes, raw)))
        for plugin in self._global_scores:
            if plugin.pre_score(state, pod, nodes) is not SKIP:
                raw = plugin.scores(state, pod, nodes)
                found.append((plugin, plugin.normalize(state, nodes, raw)))
        return found

    # -- what local plugins said -------------------------------------------------------------------------------------

    def _looks_at(self, pod: PodInfo, state: CycleState) -> _Looks:
        signature = pod.spec.signature
        looks = self._looks.get(signature)
        key = tuple(plugin.pre_score(state, pod, state.nodes) is not SKIP for plugin in self._local_scores)
        if looks is None:
            looks = self._looks[signature] = _Looks()
            looks.key = key
            if len(self._looks) > MOST_SIGNATURES:
                self._looks.popitem(last=False)
        elif looks.key != key:  # a first soft taint, for example: rate all nodes anew
            looks.by_node.clear()
            looks.key = key
        return looks

    def _look(
        self, state: CycleState, pod: PodInfo, node: NodeInfo, filters: Sequence[Plugin], key: tuple[bool, ...]
    ) -> tuple[int, Status, tuple[int, ...], int]:
        status = self._first_rejection(state, pod, node, filters)
        if status is not None:
            return node.generation, status, (), 0
        scores = []
        total = 0
        for plugin, is_active in zip(self._local_scores, key):
            if is_active:
                score = plugin.score(state, pod, node)
                scores.append(score)
                if type(plugin).normalize is Plugin.normalize:
                    total += plugin.weight * score
        return node.generation, SUCCESS, tuple(scores), total
