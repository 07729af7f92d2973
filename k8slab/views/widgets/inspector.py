"""The object inspector: one object's YAML, with what changed since the last look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import ConfigMap, Node, Pod

from k8slab.sim.errors import LabError
from k8slab.views.figures.picture import Picture
from k8slab.views.scenes.objects import object_scene
from k8slab.views.scenes.ownership import kind_of
from k8slab.views.widgets.view import View, module
from k8slab.views.words import ENGLISH

KINDS: tuple[type, ...] = (Deployment, ReplicaSet, Pod, Node, ConfigMap)


class ObjectInspector(View):
    """An object as the API server tells it. "Seen" makes what is there now the last look; changes show against that."""

    _esm = module("dom.js", "inspector.js")
    _css = module("tokens.css", "view.css", "inspector.css")
    spoken = ("object", "view")

    kinds: Any = traitlets.List().tag(sync=True)
    names: Any = traitlets.List().tag(sync=True)  # of the chosen kind
    kind = traitlets.Unicode("Deployment").tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, client: Any = None, inspector: Any = None, *, kind: str = "Deployment", name: str = "", **options: Any
    ) -> None:
        super().__init__(client, inspector, **options)
        self.kinds = [model._api_info.resource.kind for model in KINDS]  # type: ignore[attr-defined]
        if kind not in self.kinds:
            raise LabError(f"the inspector shows {', '.join(self.kinds)}, not {kind!r}")
        self._before: Any = None
        self._drawn_for: Any = None
        self.kind, self.name = kind, name
        self.look()

    @traitlets.observe("kind", "name")
    def _chosen(self, change: Any) -> None:
        if self.kinds:
            self._before = self._drawn_for = None
            self.look()

    def look(self) -> None:
        """Show the object as it is now, against the last look."""
        inspector = self.reading.inspector
        seen = (id(inspector.clock), inspector.revision, self.kind, self.name) if inspector is not None else None
        if seen is not None and seen == self._drawn_for:
            return
        self._drawn_for = seen
        found = self._objects()
        self.names = sorted(found)
        if not self.name and self.names:
            self.name = self.names[0]  # the observer looks again
            return
        now = found.get(self.name)
        if self._before is None and now is not None:
            self._before = now
            self.scene = object_scene(now, words=self.say)
            return
        self.scene = object_scene(now, self._before, words=self.say)

    def _objects(self) -> dict[str, Any]:
        model = KINDS[self.kinds.index(self.kind)]
        return {obj.metadata.name: obj for obj in self.reading.objects(model)}

    def press(self, button: str, message: Mapping[str, Any]) -> None:
        """ "Seen": what is there now is the last look."""
        if button != "seen":
            raise NotImplementedError(button)
        self._before = self._objects().get(self.name)
        self._drawn_for = None
        self.scene = object_scene(self._before, words=self.say)

    def picture(self) -> Picture:
        """Return the object as a picture."""
        from k8slab.views.figures.lists import object_figure

        now = self._objects().get(self.name)
        same = (
            now is not None
            and self._before is not None
            and kind_of(now) == kind_of(self._before)
            and now == self._before
        )
        return object_figure(object_scene(now, None if same else self._before, words=ENGLISH))

    def said(self) -> str:
        """Return the object's YAML in words: what changed, then the lines."""
        marks = {"same": "  ", "added": "+ ", "removed": "- "}
        return "\n".join([self.scene["said"], *(marks[line["change"]] + line["text"] for line in self.scene["lines"])])
