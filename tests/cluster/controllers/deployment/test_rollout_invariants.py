"""The two promises of a rolling update, for any numbers and any Pods failing at any time.

First in a world of the least that matters (many examples), then with the real controllers and the real server (a few).
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lightkube.models.apps_v1 import DeploymentStrategy, RollingUpdateDeployment
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery import pods
from k8slab.cluster.controllers.deployment import fenceposts, rolling
from k8slab.cluster.controllers.deployment.controller import DeploymentController
from k8slab.cluster.controllers.deployment.rolling import Size
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from tests.cluster.controllers.world import World, deployment, image_patch, is_rolled_out

#: How far the controllers' caches may be behind.
BEHIND_SECONDS = 0.02


class Few:
    """One ReplicaSet of the small world: what was asked for, its Pods (True: available), and what its status last said."""

    def __init__(self, name, replicas=0):
        self.name, self.replicas = name, replicas
        self.pods = [True] * replicas
        self.reported = replicas

    def manage(self):
        """What the ReplicaSet controller does: unavailable Pods go first, new ones start unavailable."""
        self.pods.sort()
        self.pods = self.pods[max(0, len(self.pods) - self.replicas) :]
        self.pods = [False] * (self.replicas - len(self.pods)) + self.pods

    def report(self):
        self.reported = sum(self.pods)

    @property
    def size(self):
        return Size(self.name, self.replicas, min(self.reported, self.replicas))


DOINGS = ["plan", "plan", "plan", "manage", "report", "heal", "heal", "fail", "template"]
amounts = st.integers(0, 12) | st.integers(0, 100).map(lambda number: f"{number}%")


@given(st.integers(1, 12), amounts, amounts, st.data())
@settings(max_examples=100)
def test_in_a_small_world(desired, surge, unavailable, data):
    posts = fenceposts.resolve(surge, unavailable, desired)
    least = desired - min(posts.max_unavailable, desired)
    sets = [Few("v1", desired)]
    for step in range(data.draw(st.integers(5, 40), label="steps")):
        what = data.draw(st.sampled_from(DOINGS), label="what")
        if what == "template" and len(sets) < 4:
            new = Few(f"v{len(sets) + 1}")
            olds = [one.size for one in sets]
            new.replicas = rolling.new_replicas(desired, posts.max_surge, new.size, olds)
            sets.append(new)
        elif what == "plan":
            *olds, new = sets
            believed = {one.name: one.size for one in sets}
            steps = rolling.plan(desired, *posts, new.size, [old.size for old in olds])
            for scale in steps:
                next(one for one in sets if one.name == scale.name).replicas = scale.replicas
            after = sum(min(believed[one.name].available, one.replicas) for one in sets)
            if steps and steps[0].name != new.name:
                assert after >= min(least, sum(size.available for size in believed.values())), step
        else:
            one = data.draw(st.sampled_from(sets), label="which")
            if what == "manage":
                one.manage()
            elif what == "report":
                one.report()
            elif one.pods:
                one.pods[data.draw(st.integers(0, len(one.pods) - 1), label="pod")] = what == "heal"
        assert sum(one.replicas for one in sets) <= desired + posts.max_surge


class Auditor:
    """Watches the real server and checks every write of a ReplicaSet against the two promises."""

    def __init__(self, world, desired, posts):
        self.world, self.desired, self.posts = world, desired, posts
        self.sets = {}
        self.reports = {}  # uid -> [(time, availableReplicas)]
        self.scale_downs = 0
        revision = world.server.list(ReplicaSet)[1]
        world.server.watch(ReplicaSet, resource_version=revision, deliver=self.hear)

    def hear(self, event):
        found, uid = event.object, event.object.metadata.uid
        before = self.sets.get(uid)
        self.sets[uid] = found
        now = self.world.clock.now
        self.reports.setdefault(uid, []).append((now, found.status.availableReplicas or 0))
        total = sum(one.spec.replicas for one in self.sets.values())
        assert total <= self.desired + self.posts.max_surge, f"{total} replicas at {now}"
        if before is not None and found.spec.replicas < before.spec.replicas:
            self.scale_downs += 1
            self.check_scale_down(uid, before, now)

    def check_scale_down(self, uid, before, now):
        left = sum(min(self.believed(one, now), self.sets[one].spec.replicas) for one in self.sets)
        had = sum(
            min(self.believed(one, now), before.spec.replicas if one == uid else self.sets[one].spec.replicas)
            for one in self.sets
        )
        assert left >= min(had, self.desired - self.posts.max_unavailable), f"{left} of {had} left at {now}"

    def believed(self, uid, now):
        """The most that the controller may have thought available: what was reported lately."""
        times = self.reports[uid]
        recent = [count for time, count in times if time >= now - BEHIND_SECONDS]
        earlier = [count for time, count in times if time < now - BEHIND_SECONDS][-1:]
        return max(recent + earlier)


@given(st.integers(1, 6), st.integers(0, 3), st.integers(0, 3), st.lists(st.integers(0, 99), max_size=12))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_with_the_real_controllers(desired, surge, unavailable, failures):
    posts = fenceposts.resolve(surge, unavailable, desired)
    surge, unavailable = posts
    world = World(ReplicaSetController, DeploymentController)
    rolling_update = RollingUpdateDeployment(maxSurge=surge, maxUnavailable=unavailable)
    strategy = DeploymentStrategy(type="RollingUpdate", rollingUpdate=rolling_update)
    world.create(deployment(replicas=desired, strategy=strategy))
    world.until(lambda: is_rolled_out(world))
    auditor = Auditor(world, desired, posts._replace(max_unavailable=min(unavailable, desired)))
    for one in world.all(ReplicaSet):
        auditor.sets[one.metadata.uid] = one
        auditor.reports[one.metadata.uid] = [(0.0, one.status.availableReplicas)]
    world.patch(Deployment, "web", image_patch("app:v2"))
    for number in failures:
        world.run(0.3 + number / 200)
        running = [pod for pod in world.all(Pod) if pods.is_active(pod)]
        if running:
            victim = running[number % len(running)].metadata.name
            world.set_ready(victim, False, phase="Failed" if number % 3 == 0 else "Running")
            if number % 3 == 1:
                world.delete(Pod, victim)
    for pod in world.all(Pod):
        if pods.is_active(pod) and pod.spec.nodeName:
            world.set_ready(pod.metadata.name, True)
    world.until(lambda: is_rolled_out(world))
    assert auditor.scale_downs > 0
