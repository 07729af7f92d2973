"""The ownership graph as a still picture: owners above, what they own below, edges from the controller down.

networkx holds the graph and says which layer each object is in; the seats along a layer come from the scene, so that the
picture stays put when an object comes or goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx

from k8slab.views import tokens
from k8slab.views.figures.canvas import MARGIN, Canvas
from k8slab.views.figures.chip import HEIGHT, WIDTH, draw_chip
from k8slab.views.figures.picture import Picture

LAYER_HEIGHT = 124
TAB_WIDTH, TAB_HEIGHT = 224, 48


def graph_of(scene: Mapping[str, Any]) -> networkx.DiGraph:
    """Return the ownership scene as a graph whose nodes carry the scene's dicts."""
    graph = networkx.DiGraph()
    for node in scene["nodes"]:
        graph.add_node(node["id"], **node)
    for edge in scene["edges"]:
        graph.add_edge(edge["from"], edge["to"], controller=edge["controller"])
    return graph


def layout(scene: Mapping[str, Any], *, width: float = 1.0) -> dict[str, tuple[float, int]]:
    """Return ``{id: (x, layer)}``: x from 0 to *width*, each owner over the middle of what it owns.

    The leaves take equal places in the order of their seats; empty seats between them keep their place.
    """
    graph = graph_of(scene)
    tree = networkx.DiGraph()
    tree.add_nodes_from(graph.nodes)
    tree.add_edges_from((node["parent"], node["id"]) for node in scene["nodes"] if node["parent"])
    layers: dict[str, int] = {}
    for number, generation in enumerate(networkx.topological_generations(tree)):
        layers.update(dict.fromkeys(sorted(generation), number))
    places: dict[str, float] = {}
    cursor = 0.0

    def seat(node: str) -> None:
        nonlocal cursor
        children = sorted(tree.successors(node), key=lambda child: graph.nodes[child]["slot"])
        if not children:
            places[node] = cursor + 0.5
            cursor += 1
            return
        first, expected = cursor, 0
        for child in children:
            gap = graph.nodes[child]["slot"] - expected
            cursor += gap if not list(tree.successors(child)) else 0
            expected = graph.nodes[child]["slot"] + 1
            seat(child)
        places[node] = (first + cursor) / 2 if len(children) == 1 else (places[children[0]] + places[children[-1]]) / 2

    roots = [node["id"] for node in scene["nodes"] if not node["parent"]]
    for root in sorted(roots, key=lambda node: graph.nodes[node]["slot"]):
        seat(root)
        cursor += 0.25
    span = max(cursor - 0.25, 1.0)
    return {node: (places[node] / span * width, layers[node]) for node in places}


def ownership_figure(scene: Mapping[str, Any], *, message: str | None = None, mode: tokens.Mode = "light") -> Picture:
    """Return the picture of an ownership scene."""
    said = scene["said"] if message is None else f"{message}\n{scene['said']}"
    return draw_ownership(scene, message=message, mode=mode).picture(said)


def draw_ownership(scene: Mapping[str, Any], *, message: str | None = None, mode: tokens.Mode = "light") -> Canvas:
    """Return the canvas of `ownership_figure`."""
    places = layout(scene, width=tokens.FIGURE["width"] - 2 * MARGIN)
    depth = max((layer for _, layer in places.values()), default=0) + 1
    canvas = Canvas(height=round(MARGIN + 76 + (depth - 1) * LAYER_HEIGHT + TAB_HEIGHT + MARGIN), mode=mode)
    under = "An arrow is an owner reference: when the owner goes, what it owns goes with it"
    top = canvas.title(message or scene["message"], under if scene["nodes"] else "") + 16
    crowd = {layer: sum(other == layer for _, other in places.values()) for _, layer in places.values()}
    nodes = {node["id"]: node for node in scene["nodes"]}
    sizes = {node: _size(nodes[node], crowd[layer]) for node, (_, layer) in places.items()}

    def middle(node: str) -> tuple[float, float]:
        x, layer = places[node]
        half = sizes[node][0] / 2
        return min(max(MARGIN + x, MARGIN + half), canvas.width - MARGIN - half), top + layer * LAYER_HEIGHT + TAB_HEIGHT / 2

    for edge in scene["edges"]:
        (x1, y1), (x2, y2) = middle(edge["from"]), middle(edge["to"])
        y1, y2 = y1 + sizes[edge["from"]][1] / 2, y2 - sizes[edge["to"]][1] / 2
        bend = (y1 + y2) / 2
        canvas.path([(x1, y1), (x1, bend), (x2, bend), (x2, y2 - 4)], colour="edge", thick=1.25, dashed=not edge["controller"])
        canvas.polygon([(x2 - 4, y2 - 7), (x2 + 4, y2 - 7), (x2, y2)], fill="edge", z=2)
    for node in scene["nodes"]:
        _draw(canvas, node, *middle(node["id"]), *sizes[node["id"]])
    return canvas


def _size(node: Mapping[str, Any], crowd: int) -> tuple[float, float]:
    room = (tokens.FIGURE["width"] - 2 * MARGIN) / max(crowd, 1) - 6
    if node["kind"] == "Pod":
        return max(10.0, min(WIDTH, room)), HEIGHT
    return max(40.0, min(TAB_WIDTH, room)), TAB_HEIGHT


def _draw(canvas: Canvas, node: Mapping[str, Any], x: float, y: float, width: float, height: float) -> None:
    left, top = x - width / 2, y - height / 2
    if node["kind"] == "Pod" and not node["ghost"]:
        if width < 40:
            canvas.box(left, top, width, height, fill=node["version"] if node["state"] == "ready" else "gone", radius=3)
        else:
            draw_chip(canvas, left, top, {**node, "tail": node["label"]}, width=width)
        return
    canvas.box(left, top, width, height, fill="raised", line="gone" if node["ghost"] else "edge", dashed=node["ghost"], radius=tokens.RADIUS["card"])
    if node["version"]:
        canvas.box(left + 8, top + 8, 4, height - 16, fill=node["version"], radius=2, z=2)
    inner = width - 28
    # the name's own mono type already says that it is an object; the kind stands over it
    canvas.text(left + 18, y - 10, f"{node['kind']}" + (f", {node['label']}" if node["label"] else ""), size="small", colour="muted", width=inner)
    canvas.text(left + 18, y + 9, node["name"], size="small", mono=True, strong=True, width=inner)
