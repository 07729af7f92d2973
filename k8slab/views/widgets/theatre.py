"""The rollout theatre: roll a Deployment with the settings that you choose, watch it happen, then play it back and forth.

Rolling is one patch of the Deployment, as ``kubectl patch`` would send it; the lab's own controllers do the rest. What is seen
is read back from etcd's past, so the record is complete however fast time was moved.
Left out: requests over a network; the line under the Pods is a stand-in and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets
from lightkube.core.exceptions import ApiError
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.types import PatchType

from k8slab.apimachinery import owners
from k8slab.sim.errors import LabError
from k8slab.sim.inspect import Inspector
from k8slab.views.figures.picture import Picture
from k8slab.views.rollout_recorder import RolloutRecorder, last_rollout
from k8slab.views.scenes.board import revision_of
from k8slab.views.widgets.player import SPEEDS, Player
from k8slab.views.widgets.view import View, module
from k8slab.views.words import ENGLISH, Words

#: Live play stops by itself this long after a rollout has finished, or when nothing more happens.
REST_SECONDS, GIVE_UP_SECONDS = 3.0, 45.0
HASH_LABEL = "pod-template-hash"


class RolloutTheatre(View):
    """A rollout of one Deployment: settings, three ways to start one, and the record with its player."""

    _esm = module("dom.js", "controls.js", "lanes.js", "theatre.js")
    _css = module("tokens.css", "view.css", "theatre.css")
    spoken = ("theatre", "player", "state", "rollout", "requests", "view")

    settings = traitlets.Dict().tag(sync=True)  # surge, unavailable, delay, grace
    running = traitlets.Bool(False).tag(sync=True)
    is_lab = traitlets.Bool(False).tag(sync=True)
    speed = traitlets.Float(5.0).tag(sync=True)

    def __init__(
        self,
        client: Any = None,
        inspector: Any = None,
        *,
        deployment: str = "web",
        images: tuple[str, ...] = (),
        bad_image: str = "",
        since: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(client, inspector, **options)
        self.deployment, self.images, self.bad_image = deployment, images, bad_image
        self.is_lab = inspector is not None
        self.settings = {"surge": 1, "unavailable": 0, "delay": 2, "grace": 5}
        self.player = Player(inspector, self.frame, self._stopped)
        self.player.speed = self.speed
        self.recorder: RolloutRecorder | None = None
        if inspector is not None:
            # it opens with the last rollout there was, however that was started
            began = last_rollout(inspector, deployment, self._namespace) if since is None else since
            self.recorder = RolloutRecorder(inspector, deployment, self._namespace, since=began)
        self._began = 0.0
        self._drawn_for: Any = None
        self._take_settings()
        self.look()

    @property
    def _lab(self) -> Inspector:
        if self.reading.inspector is None:
            raise LabError(self.say("theatre.real-cluster"))
        return self.reading.inspector

    @property
    def _namespace(self) -> str:
        return self.reading.namespace or "default"

    # -- looking -----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read what has happened since the last look."""
        if self.recorder is None:
            self.message = self.say("theatre.real-cluster")
            return
        inspector = self._lab
        seen = (id(inspector.clock), inspector.revision, inspector.clock.now)
        if seen == self._drawn_for:
            return
        if self._drawn_for and self._drawn_for[0] != seen[0]:  # the lab was reset: its past is another one
            self.recorder = RolloutRecorder(inspector, self.deployment, self._namespace, since=1)
        self._drawn_for = seen
        self.scene = self._record(self.say)

    def frame(self) -> None:
        """After each frame of live play: look, and stop when there is nothing more to see."""
        super().frame()
        if self.recorder is not None and self.running:
            self.recorder.read()
            if self._is_over():
                self.pause()
                self.message = self.say("theatre.done" if self.recorder.is_settled() else "theatre.stuck")
                self.changed()

    def _record(self, words: Words) -> dict[str, Any]:
        if self.recorder is None:
            return {}
        return self.recorder.scene(words=words)

    def _is_over(self) -> bool:
        assert self.recorder is not None
        quiet = min(self.recorder.quiet_seconds(), self._lab.clock.now - self._began)
        return quiet >= (REST_SECONDS if self.recorder.is_settled() else GIVE_UP_SECONDS)

    def _take_settings(self) -> None:
        """Start from what the Deployment says now, as far as the sliders reach."""
        found = self._deployment()
        rolling = found.spec.strategy.rollingUpdate if found is not None and found.spec.strategy else None
        if rolling is None:
            return
        now = dict(self.settings)
        for name, value in (("surge", rolling.maxSurge), ("unavailable", rolling.maxUnavailable)):
            if isinstance(value, int):
                now[name] = value
        self.settings = now

    def _deployment(self) -> Any | None:
        found = self.reading.objects(Deployment)
        return next((one for one in found if one.metadata.name == self.deployment), None)

    # -- presses -----------------------------------------------------------------------------------------------------

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Do what a click means."""
        table: dict[str, Any] = {
            "set": lambda: self.set(str(message.get("name", "")), int(message.get("value", 0))),
            "roll": lambda: self.roll(bad=False),
            "bad": lambda: self.roll(bad=True),
            "undo": self.undo,
            "pause": self.pause,
            "go-on": self.go_on,
            "speed": lambda: self.set_speed(float(message.get("speed", 5))),
        }
        if button not in table:
            raise NotImplementedError(button)
        try:
            table[button]()
        except ApiError as error:
            self.message = str(error.status.message or error)

    def set(self, name: str, value: int) -> None:
        """Choose surge or unavailable (Pods), delay or grace (seconds) for the next rollout."""
        if name in self.settings and 0 <= value <= 60:
            self.settings = {**self.settings, name: value}

    def set_speed(self, speed: float) -> None:
        """Run *speed* virtual seconds a second."""
        self.speed = self.player.speed = min(SPEEDS, key=lambda known: abs(known - speed))

    def roll(self, *, bad: bool) -> None:
        """Patch the Deployment to the next version (or to one that never gets ready) with the chosen settings, and run."""
        found = self._required()
        container = found.spec.template.spec.containers[0]
        image = self._bad_image(container.image) if bad else self._next_image(container.image)
        self._begin(f"kubectl set image deployment/{self.deployment} {container.name}={image}")
        body = patch_of(self.settings, container.name, image)
        self.reading.client.patch(Deployment, self.deployment, body, namespace=self._namespace)
        self.message = self.say("theatre.rolling.bad" if bad else "theatre.rolling", image=image)
        self.go_on()

    def undo(self) -> None:
        """Give the Deployment the Pod template of the revision before, as ``kubectl rollout undo`` does, and run."""
        found = self._required()
        own = [one for one in self.reading.objects(ReplicaSet) if owners.is_controlled_by(one, found)]
        older = sorted(own, key=revision_of)[:-1]
        if not older:
            raise LabError(self.say("theatre.no-past"))
        template = older[-1].spec.template.to_dict()
        template.get("metadata", {}).get("labels", {}).pop(HASH_LABEL, None)
        self._begin(f"kubectl rollout undo deployment/{self.deployment}")
        operations = [{"op": "replace", "path": "/spec/template", "value": template}]
        self.reading.client.patch(
            Deployment, self.deployment, operations, namespace=self._namespace, patch_type=PatchType.JSON
        )
        self.message = self.say("theatre.undoing", revision=revision_of(older[-1]))
        self.go_on()

    def go_on(self) -> None:
        """Let time pass until the rollout is over."""
        self.changed()
        self._began = self._lab.clock.now
        self.player.play()
        self.running = True

    def pause(self) -> None:
        """Hold time."""
        self.player.pause()
        self.running = False
        self.catch_up()

    def _stopped(self, why: str) -> None:
        self.running = False
        self.message = why
        self.catch_up()

    def _begin(self, mark: str) -> None:
        """Start a new record if the last rollout is over; otherwise this one is part of it."""
        inspector = self._lab
        assert self.recorder is not None
        if self.recorder.is_settled() or not self.recorder.moments:
            self.recorder = RolloutRecorder(inspector, self.deployment, self._namespace)
            self.recorder.read()
        inspector.mark(mark)

    def _required(self) -> Any:
        if self.recorder is None:
            raise LabError(self.say("theatre.real-cluster"))
        found = self._deployment()
        if found is None:
            raise LabError(self.say("theatre.missing", name=self.deployment))
        return found

    def _next_image(self, image: str) -> str:
        if self.images:
            known = list(self.images)
            return known[(known.index(image) + 1) % len(known)] if image in known else known[0]
        return bumped(image)

    def _bad_image(self, image: str) -> str:
        return self.bad_image or image.rpartition(":")[0] + ":does-not-exist"

    # -- twins -------------------------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        """Return the record as an animated PNG; before the first rollout, as the empty stage."""
        scene = self._record(ENGLISH) or {**EMPTY, "message": ENGLISH("theatre.real-cluster"), "said": ""}
        if not scene["rows"]:
            from k8slab.views.figures.rollout import rollout_figure

            return rollout_figure(scene, height=160)
        from k8slab.views.figures.animation import rollout_animation

        return rollout_animation(scene)

    def said(self) -> str:
        """Return the record in words."""
        return str(self.scene.get("said") or self.message or self.say("rollout.empty"))

    def close(self) -> None:
        """Take the theatre away and hold time."""
        self.pause()
        super().close()


EMPTY: dict[str, Any] = {
    "deployment": "", "start": 0.0, "end": 0.0, "rows": [], "bounds": [], "marks": [], "requests": None,
    "lines": {"total": [], "ready": [], "available": []},
}  # fmt: skip


def patch_of(settings: Mapping[str, int], container: str, image: str) -> dict[str, Any]:
    """Return the strategic merge patch of a rollout with *settings*.

    Without a delay there is no readiness probe. A Pod spends its grace answering on (a preStop hook that sleeps); without
    grace it is killed at once.
    """
    probe = None
    if settings["delay"]:
        probe = {
            "httpGet": {"path": "/", "port": 80},
            "initialDelaySeconds": settings["delay"],
            "periodSeconds": 1,
        }
    surge, unavailable, grace = settings["surge"], settings["unavailable"], settings["grace"]
    hook = {"preStop": {"sleep": {"seconds": grace}}} if grace else None
    return {
        "spec": {
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
            "template": {
                "spec": {
                    "terminationGracePeriodSeconds": grace,
                    "containers": [{"name": container, "image": image, "readinessProbe": probe, "lifecycle": hook}],
                }
            },
        }
    }


def bumped(image: str) -> str:
    """Return *image* with the last number of its tag raised by one; ``web`` becomes ``web:2``."""
    name, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "1")
    head = tag.rstrip("0123456789")
    number = tag[len(head) :]
    return f"{name}:{head}{int(number) + 1}" if number else f"{name}:{tag}.1"
