"""The living cluster: nodes and Pods that follow the lab, a Pod's story, faults to cause, and a time bar to look back.

Works on a real cluster too, through its client; then there is no past to rewind to and no node to switch off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets
from lightkube.core.exceptions import ApiError
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.core_v1 import Node, Pod

from k8slab.views.figures.picture import Picture
from k8slab.views.scenes.board import versions
from k8slab.views.widgets.player import SPEEDS, Player
from k8slab.views.widgets.view import View, module
from k8slab.views.words import ENGLISH, Words

STEP_SECONDS = 1.0
#: How much a step back or forward may read (Pods times moments) on its way to the next change that can be seen.
MOST_READ = 12_000


class ClusterBoard(View):
    """The cluster as a board. Click a Pod for its story; press play to let time pass; drag the time bar to look back."""

    _esm = module("dom.js", "controls.js", "timebar.js", "story.js", "board.js")
    _css = module("tokens.css", "view.css", "board.css")
    spoken = ("board", "pod", "state", "player", "timebar", "story", "view", "node")

    timebar = traitlets.Dict().tag(sync=True)
    story = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    speed = traitlets.Float(1.0).tag(sync=True)
    is_lab = traitlets.Bool(False).tag(sync=True)

    def __init__(self, client: Any = None, inspector: Any = None, **options: Any) -> None:
        super().__init__(client, inspector, **options)
        self.is_lab = inspector is not None
        self.player = Player(inspector, self.frame, self._stopped)
        self._revision: int | None = None
        self._drawn_for: Any = None
        self._told: tuple[Any, int] = (None, 0)  # the trace, and how long it was when the story was told
        self.look()

    # -- looking -----------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int | None:
        """The revision that is shown, or None for the present."""
        return self._revision

    def look(self) -> None:
        """Show what is there now, or what was there at the revision chosen on the time bar."""
        inspector = self.reading.inspector
        if inspector is not None:
            if self._revision is not None and self._revision >= inspector.revision:
                self._revision = None
            self.timebar = self.reading.timebar(self._revision, self.say)
            # a frame in which nothing was written need not be built again
            seen = (id(inspector.clock), self._revision or inspector.revision, self.selected)
            if seen == self._drawn_for:
                return
            self._drawn_for = seen
        self.scene = self.reading.board(self._revision, self.scene or None, self.say)
        if self.selected and (self._revision is not None or self._is_news()):
            self._tell_story()

    def _is_news(self) -> bool:
        """Whether somebody wrote about the selected Pod since its story was told (reading all Events for nothing is dear)."""
        inspector = self.reading.inspector
        if inspector is None or inspector.trace is not self._told[0]:
            return True
        namespace, _, name = self.selected.partition("/")
        about = (f"Pod/{namespace}/{name}", f"Event/{namespace}/{name}.")
        known = len(inspector.trace)
        news = any(entry.object.startswith(about) for entry in inspector.trace.entries[self._told[1] : known])
        self._told = (inspector.trace, known)
        return news

    @traitlets.observe("selected")
    def _selected(self, change: Any) -> None:
        self._tell_story()

    def _tell_story(self) -> None:
        inspector = self.reading.inspector
        live = inspector is not None and self._revision is None
        self._told = (inspector.trace, len(inspector.trace)) if inspector is not None and live else (None, 0)
        if not self.selected:
            self.story = {}
            return
        bands = versions(self.reading.objects(ReplicaSet, self._revision))
        story = self.reading.story(self.selected, bands, self._revision, self.say)
        self.story = story or {"gone": self.say("story.gone", name=self.selected.partition("/")[2])}

    # -- presses -----------------------------------------------------------------------------------------------------

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Do what a click means; see the table."""
        name = str(message.get("name", ""))
        table: dict[str, Any] = {
            "play": self.play,
            "pause": self.pause,
            "step": self.step,
            "back": lambda: self.go(self._change(-1)),
            "forward": lambda: self.go(self._change(+1)),
            "seek": lambda: self.go(int(message.get("revision", 0))),
            "live": lambda: self.go(None),
            "speed": lambda: self.set_speed(float(message.get("speed", 1))),
            "kill": lambda: self.kill(name),
            "cordon": lambda: self.cordon(name, True),
            "uncordon": lambda: self.cordon(name, False),
            "stop": lambda: self.power(name, False),
            "start": lambda: self.power(name, True),
        }
        if button not in table:
            raise NotImplementedError(button)
        try:
            table[button]()
        except ApiError as error:
            self.message = str(error.status.message or error)
            self.changed()

    def play(self) -> None:
        """Let time pass until `pause`."""
        self.go(None)
        self.player.play()
        self.playing = True
        self.message = ""

    def pause(self) -> None:
        """Hold time."""
        self.player.pause()
        self.playing = False
        self.catch_up()

    def _stopped(self, why: str) -> None:
        self.playing = False
        self.message = why
        self.catch_up()

    def step(self) -> None:
        """Let one virtual second pass."""
        self.pause()
        self.go(None)
        if self.reading.inspector is not None:
            self.reading.inspector.clock.run(STEP_SECONDS)
        self.changed()

    def set_speed(self, speed: float) -> None:
        """Play *speed* virtual seconds a second: one of `SPEEDS`."""
        self.speed = self.player.speed = min(SPEEDS, key=lambda known: abs(known - speed))

    def go(self, revision: int | None) -> None:
        """Show the world as it was at *revision*; None is the present. Time stands still while one looks back."""
        inspector = self.reading.inspector
        if revision is not None and inspector is not None:
            self.pause()
            revision = max(1, inspector.oldest_revision, revision)
            revision = None if revision >= inspector.revision else revision
        self._revision = revision
        self.look()

    def _change(self, direction: int) -> int | None:
        """Return the nearest revision before or after the one shown that looks different."""
        inspector = self.reading.inspector
        if inspector is None:
            return None
        revision = self._revision or inspector.revision
        shown = self.reading.board(self._revision, words=ENGLISH)
        first = max(1, inspector.oldest_revision)
        for _ in range(max(20, MOST_READ // (shown["counts"]["total"] + 20))):
            revision += direction
            # a write of an Event or a Lease cannot be seen: it need not be read
            while first <= revision <= inspector.revision and not self.reading.may_show(revision, direction):
                revision += direction
            if not first <= revision <= inspector.revision:
                return None if direction > 0 else first
            if self.reading.board(revision, words=ENGLISH) != shown:
                break
        return revision

    def kill(self, key: str) -> None:
        """Delete the Pod *key* ("namespace/name"), as ``kubectl delete pod`` would."""
        if self._refuse_in_the_past():
            return
        namespace, _, name = key.partition("/")
        self._mark(f"kubectl delete pod {name}")
        self.reading.client.delete(Pod, name, namespace=namespace)
        self.message = self.say("board.killed" if self.playing else "board.killed.paused", name=name)
        self.changed()

    def cordon(self, name: str, unschedulable: bool) -> None:
        """Keep new Pods off the node *name*, or let them on again."""
        if self._refuse_in_the_past():
            return
        self._mark(f"kubectl {'cordon' if unschedulable else 'uncordon'} {name}")
        self.reading.client.patch(Node, name, {"spec": {"unschedulable": unschedulable or None}})
        self.message = self.say("board.cordoned" if unschedulable else "board.uncordoned", name=name)
        self.changed()

    def power(self, name: str, on: bool) -> None:
        """Switch the node *name* off or on. Only a lab can do that."""
        if self._refuse_in_the_past():
            return
        inspector = self.reading.inspector
        if inspector is None:
            self.message = self.say("board.real-cluster")
            return
        (inspector.start_node if on else inspector.stop_node)(name)
        self.message = self.say("board.started" if on else "board.stopped", name=name)
        self.changed()

    def _refuse_in_the_past(self) -> bool:
        if self._revision is not None:
            self.message = self.say("board.past")
        return self._revision is not None

    def _mark(self, text: str) -> None:
        if self.reading.inspector is not None:
            self.reading.inspector.mark(text)

    # -- twins -------------------------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        """Return the board as a picture."""
        from k8slab.views.figures.board import board_figure

        return board_figure(self.reading.board(self._revision, self.scene, ENGLISH), past=self._moment(ENGLISH))

    def said(self) -> str:
        """Return the board in words."""
        from k8slab.views.scenes.board import said_of

        return said_of(self.scene, past=self._moment(self.say))

    def _moment(self, words: Words) -> str:
        """Return which moment of the past is shown; nothing for the present."""
        return str(self.reading.timebar(self._revision, words)["said"]) if self._revision is not None else ""

    def close(self) -> None:
        """Take the board away and hold time."""
        self.pause()
        super().close()
