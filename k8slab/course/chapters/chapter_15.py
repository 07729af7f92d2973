"""Chapter 15: release a Pod, bound an update, lose no request, rescue a rollout, select by sets."""

from __future__ import annotations

from typing import Any

from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery import owners, pods
from k8slab.course.chapters import requests
from k8slab.course.chapters.workload import Workload, count_ready
from k8slab.course.verdict import Check, NotStarted, Stuck, Verdict
from k8slab.lab import Lab
from k8slab.views.scenes.pod import READY, TERMINATING

#: A Pod made this long after its ReplicaSet was not there from the start.
LATER_SECONDS = 5
FEWEST, MOST = 9, 11
REQUESTS, REQUESTS_PER_SECOND = 10_000, 10
GOOD_IMAGE, BAD_IMAGE = "nginx:1.27", "nginx:1.28-typo"
CHOSEN, LEFT_ALONE, CARTS = ("web", "api"), "batch", 6


def take_a_pod_away(lab: Lab) -> Verdict:
    """15-1: a Pod that ``web``'s ReplicaSet made runs on without an owner, and the ReplicaSet has its 3 again."""
    web = Workload(lab, "web")
    if web.deployment is None or not web.newest:
        return Stuck("gone")
    replica_set = web.newest
    owned = web.pods_of(replica_set)
    made_here = [pod for pod in web.all_pods if (pod.metadata.generateName or "") == f"{replica_set.metadata.name}-"]
    released = [pod for pod in made_here if owners.controller_of(pod) is None and pods.is_active(pod)]
    if not released and len(owned) == 3 and not any(_made_later(pod, replica_set) for pod in owned):
        return NotStarted()
    running = [pod for pod in released if pods.is_ready(pod)]
    values = {"replica_set": replica_set.metadata.name, "ready": count_ready(owned)}
    return [
        Check("orphan", bool(running), {"pod": running[0].metadata.name if running else ""}),
        Check("owned", len(owned) == 3 and count_ready(owned) == 3, values),
    ]


def _made_later(pod: Any, replica_set: Any) -> bool:
    age = pod.metadata.creationTimestamp - replica_set.metadata.creationTimestamp
    return age.total_seconds() > LATER_SECONDS


def update_on_a_budget(lab: Lab) -> Verdict:
    """15-2: through the whole last update of ``shop``: never fewer than 9 ready, never more than 11 not terminating."""
    shop = Workload(lab, "shop")
    if shop.deployment is None:
        return Stuck("gone")
    began = shop.update_began()
    if began is None:
        return NotStarted()
    rolled = Check("rolled", shop.is_rolled, {"updated": shop.updated, "old": len(shop.pods) - shop.updated})
    counted = []
    for moment in shop.record_since(began).moments:
        staying = [lane for lane in moment.lanes.values() if lane.state != TERMINATING]
        ready = sum(lane.state == READY for lane in staying)
        counted.append((f"{moment.time:.1f}", ready, len(staying)))
    low = min(counted, key=lambda at: at[1])
    high = max(counted, key=lambda at: at[2])
    return [
        Check("replicas", shop.replicas == 10, {"replicas": shop.replicas}),
        Check("fewest", low[1] >= FEWEST, {"time": low[0], "fewest": low[1]}),
        Check("most", high[2] <= MOST, {"time": high[0], "most": high[2]}),
        rolled,
    ]


def lose_no_request(lab: Lab) -> Verdict:
    """15-3: of the 10 000 requests from the beginning of the last update on, none fails."""
    pay = Workload(lab, "pay")
    if pay.deployment is None:
        return Stuck("gone")
    began = pay.update_began()
    if began is None:
        return NotStarted()
    told = requests.count(pay, since=began, seconds=REQUESTS / REQUESTS_PER_SECOND)
    return [
        Check("rolled", pay.is_rolled, {"updated": pay.updated, "replicas": pay.replicas}),
        *(Check(why, not told.failed[why], {"failed": told.failed[why]}) for why in ("starting", "stopped", "nobody")),
        Check("sent", told.sent >= REQUESTS, {"sent": told.sent}),
    ]


def rescue_a_rollout(lab: Lab) -> Verdict:
    """15-4: ``news`` is back at the image that works, by one more revision, and all its Pods are ready."""
    news = Workload(lab, "news")
    if news.deployment is None:
        return Stuck("gone")
    if news.image == BAD_IMAGE and news.revision == 2:
        return NotStarted()
    good = [pod for pod in news.pods if pod.spec.containers[0].image == GOOD_IMAGE]
    others = len(news.pods) - len(good)
    ready = count_ready(good)
    return [
        Check("image", news.image == GOOD_IMAGE, {"image": news.image}),
        Check("revision", news.revision > 2, {"revision": news.revision}),
        Check("serving", ready == 4 and not others, {"ready": ready, "others": others}),
    ]


def select_two_of_three(lab: Lab) -> Verdict:
    """15-5: ReplicaSet ``keeper`` owns the four Pods of web and api as they were, and nothing else happened."""
    carts = [pod for pod in lab.objects(Pod, namespace="default") if pods.is_active(pod)]
    original = [
        pod for pod in carts if (pod.metadata.labels or {}).get("exercise") == "15-5" and not pod.metadata.generateName
    ]
    if len(original) < CARTS:
        return Stuck("lost", {"lost": CARTS - len(original)})
    sets = lab.objects(ReplicaSet, namespace="default")
    keeper = next((one for one in sets if one.metadata.name == "keeper"), None)
    if keeper is None:
        return NotStarted()
    owned = [pod for pod in carts if owners.is_controlled_by(pod, keeper)]
    chosen = [pod for pod in original if pod.metadata.labels.get("tier") in CHOSEN and pod in owned]
    alone = [
        pod for pod in original if pod.metadata.labels.get("tier") == LEFT_ALONE and owners.controller_of(pod) is None
    ]
    extra = len([pod for pod in owned if pod not in original])
    return [
        Check("adopted", len(chosen) == 4, {"owned": len(chosen)}),
        Check("batch", len(alone) == 2),
        Check("exact", not extra, {"extra": extra}),
    ]


JUDGES = {
    "15-1": take_a_pod_away,
    "15-2": update_on_a_budget,
    "15-3": lose_no_request,
    "15-4": rescue_a_rollout,
    "15-5": select_two_of_three,
}
