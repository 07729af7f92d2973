"""The stream of Events, live, newest at the bottom, with a choice of kind and type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from k8slab.views.figures.picture import Picture
from k8slab.views.widgets.view import View, module
from k8slab.views.words import ENGLISH


class EventStream(View):
    """What the components tell about what they do. *about* ("Pod/web-1") keeps the Events of one object."""

    _esm = module("dom.js", "events.js")
    _css = module("tokens.css", "view.css", "events.css")
    spoken = ("events", "view")

    kind = traitlets.Unicode("").tag(sync=True)
    warnings_only = traitlets.Bool(False).tag(sync=True)

    def __init__(self, client: Any = None, inspector: Any = None, *, about: str = "", **options: Any) -> None:
        super().__init__(client, inspector, **options)
        self.about = about
        self._drawn_for: Any = None
        self.look()

    def look(self) -> None:
        """Show the Events there are now."""
        inspector = self.reading.inspector
        seen = (id(inspector.clock), inspector.revision) if inspector is not None else None
        if seen is not None and seen == self._drawn_for:
            return
        self._drawn_for = seen
        self.scene = self.reading.events(about=self.about, words=self.say)

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Look again."""
        if button != "refresh":
            raise NotImplementedError(button)
        self._drawn_for = None
        self.look()

    def picture(self) -> Picture:
        """Return the newest Events as a picture."""
        from k8slab.views.figures.lists import events_figure

        return events_figure(self.reading.events(about=self.about, words=ENGLISH))

    def said(self) -> str:
        """Return the newest Events as lines of text."""
        return str(self.scene["said"])
