"""What all widgets share: a scene for the browser, clicks from it, and the twins for readers without a kernel or without eyes.

A widget's bundle carries the live view, a PNG (English, drawn by ``figures/``) and a text (in the learner's language) that says
what the picture shows. All views of one lab look again together: when one of them moves time, and after every cell.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from k8slab.sim.errors import LabError
from k8slab.views.figures.picture import Picture
from k8slab.views.reading import Reading
from k8slab.views.tokens import STATIC
from k8slab.views.words import Words

#: Views that are open, oldest first. Weak: a view that nobody holds is gone.
_open: list[weakref.ref[View]] = []
_hooked = False
#: So many scenes may be on their way to the browser before play waits for it to draw them.
MOST_UNDRAWN = 2
#: During play a crowd is drawn at most once in so many real seconds: the browser needs a tenth of a second for it.
CROWD_SECONDS = 0.25


def module(*names: str) -> str:
    """Return the files *names* of ``static/`` as one text: a widget's module or stylesheet."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)


class View(anywidget.AnyWidget):
    """A live picture of a cluster. Subclasses say how to `look`, what a press means, and how they are drawn without a browser."""

    #: Groups of ``words.yaml`` that the browser needs.
    spoken: tuple[str, ...] = ()

    _has_browser = False  # whether one has ever said that it drew something
    _looked = 0.0  # when it last looked in pace, in real seconds
    _undrawn = 0  # scenes sent since it last did

    language = traitlets.Unicode("en").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, client: Any = None, inspector: Any = None, *, namespace: str | None = "default", language: str = "en"
    ) -> None:
        super().__init__(language=language)
        self._owed = False
        self.reading = Reading(client, inspector, namespace)
        self.say = Words(language)
        self.words = self.say.group(*self.spoken)
        self.on_msg(self._on_message)
        _open.append(weakref.ref(self))
        _look_after_cells()

    # -- to be said by each view -------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read the cluster and set the traits that the browser draws."""
        raise NotImplementedError

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Do what a click on *button* means."""
        raise NotImplementedError(button)

    def picture(self) -> Picture:
        """Return what is seen now as a picture, in English."""
        raise NotImplementedError

    def said(self) -> str:
        """Return what is seen now in words, in the learner's language."""
        raise NotImplementedError

    # -- clicks ------------------------------------------------------------------------------------------------------

    def _on_message(self, widget: Any, message: Mapping[str, Any], buffers: Any) -> None:
        button = str(message.get("press", ""))
        if button == "drawn":
            self._drawn()
            return
        try:
            self.press(button, message)
        except LabError as error:
            self.message = str(error)
        except NotImplementedError:
            self.message = self.say("view.unknown", button=button)

    def frame(self) -> None:
        """Call after each frame of live play: every view of this lab looks again, as fast as its browser can draw."""
        look_again(self.reading.inspector, in_pace=True)

    def changed(self) -> None:
        """Call after having changed the world or its time: every view of this lab looks again."""
        look_again(self.reading.inspector)

    # -- the pace of the browser -------------------------------------------------------------------------------------

    @traitlets.observe("scene")
    def _sent(self, change: Any) -> None:
        self._undrawn += 1

    def _drawn(self) -> None:
        self._has_browser, self._undrawn = True, 0
        if self._owed:
            self._owed = False
            self.look_in_pace()

    def catch_up(self) -> None:
        """Call when play ends: every view of this lab that left a frame out looks again."""
        for reference in list(_open):
            view = reference()
            if view is not None and view._owed and view.reading.inspector is self.reading.inspector:
                view._owed = False
                view.look()

    def look_in_pace(self) -> None:
        """`look`, unless the browser still has scenes to draw, or has just drawn a crowd: then a little later."""
        crowded = bool(self.scene.get("crowded"))
        most = 0 if crowded else MOST_UNDRAWN  # a click must not queue behind big scenes
        soon = crowded and time.monotonic() - self._looked < CROWD_SECONDS
        if self._has_browser and (soon or self._undrawn > most):
            self._owed = True
        else:
            self._looked = time.monotonic()
            self.look()

    # -- twins -------------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self.said()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        self.look()
        bundle = super()._repr_mimebundle_(**options)
        live, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        picture = self.picture()
        twins = {"text/plain": repr(self), "image/png": picture.png}
        return {**live, **twins}, {**(metadata or {}), "image/png": {"width": picture.width}}

    def close(self) -> None:
        """Take the view away."""
        _open[:] = [reference for reference in _open if reference() not in (self, None)]
        super().close()


def look_again(inspector: Any = None, *, in_pace: bool = False) -> None:
    """Let every open view of *inspector* (of every cluster, with None) look again; *in_pace* with its browser."""
    for reference in list(_open):
        view = reference()
        if view is not None and (inspector is None or view.reading.inspector is inspector):
            view.look_in_pace() if in_pace else view.look()


def _look_after_cells() -> None:
    """A cell may have changed the world: look again when it is done. Outside IPython nothing happens."""
    global _hooked
    if _hooked:
        return
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        shell.events.register("post_run_cell", lambda result: look_again())
        _hooked = True
