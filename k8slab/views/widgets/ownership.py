"""The ownership graph, live: who owns whom, and what goes when an owner goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from k8slab.views.figures.picture import Picture
from k8slab.views.widgets.view import View, module
from k8slab.views.words import ENGLISH


class OwnershipGraph(View):
    """The Deployment *of* that name (or all) with its ReplicaSets and Pods, and the owner references between them.

    Choose an object to see its whole line.
    """

    _esm = module("dom.js", "ownership.js")
    _css = module("tokens.css", "view.css", "ownership.css")
    spoken = ("ownership", "state", "view")

    places = traitlets.Dict().tag(sync=True)  # id: [x from 0 to 1, layer, line in its column, width of its seat]
    selected = traitlets.Unicode("").tag(sync=True)  # id

    def __init__(self, client: Any = None, inspector: Any = None, *, of: str = "", **options: Any) -> None:
        super().__init__(client, inspector, **options)
        self.of = of
        self._drawn_for: Any = None
        self.look()

    def look(self) -> None:
        """Show who owns whom now."""
        inspector = self.reading.inspector
        seen = (id(inspector.clock), inspector.revision) if inspector is not None else None
        if seen is not None and seen == self._drawn_for:
            return
        from k8slab.views.figures.ownership import layout  # networkx: on first use

        self._drawn_for = seen
        scene = self.reading.ownership(before=self.scene or None, words=self.say, of=self.of)
        with self.hold_sync():
            self.places = {node: list(place) for node, place in layout(scene).items()}
            self.scene = scene

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """Look again."""
        if button != "refresh":
            raise NotImplementedError(button)
        self._drawn_for = None
        self.look()

    def picture(self) -> Picture:
        """Return the graph as a picture."""
        from k8slab.views.figures.ownership import ownership_figure

        return ownership_figure(self.reading.ownership(before=self.scene or None, words=ENGLISH, of=self.of))

    def said(self) -> str:
        """Return the graph in words."""
        return str(self.scene["said"])
