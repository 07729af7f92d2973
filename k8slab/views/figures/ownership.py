"""The ownership graph as a still picture: owners above, what they own below, edges from the controller down.

networkx holds the graph and says which layer each object is in; the seats along a layer come from the scene, so that the
picture stays put when an object comes or goes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import networkx

from k8slab.views import tokens
from k8slab.views.figures.canvas import MARGIN, Canvas, text_width
from k8slab.views.figures.chip import HEIGHT, WIDTH, draw_bead, draw_chip
from k8slab.views.figures.picture import Picture

LAYER_HEIGHT, LINE_HEIGHT = 124, 20
MOST_IN_A_LINE = 48
TAB_WIDTH, TAB_HEIGHT = 224, 48
#: What share of the width the seat of a tab takes at least, whatever it owns; a tab is wider than a chip.
LEAST_TAB = 0.12
#: x from 0 to 1, layer, line in a column, and how wide its seat is, from 0 to 1.
Place = tuple[float, int, int, float]


def graph_of(scene: Mapping[str, Any]) -> networkx.DiGraph:
    """Return the ownership scene as a graph whose nodes carry the scene's dicts."""
    graph = networkx.DiGraph()
    for node in scene["nodes"]:
        graph.add_node(node["id"], **node)
    for edge in scene["edges"]:
        graph.add_edge(edge["from"], edge["to"], controller=edge["controller"])
    return graph


def layout(scene: Mapping[str, Any]) -> dict[str, Place]:
    """Return ``{id: place}``, each owner over the middle of what it owns.

    Leaves take places in the order of their seats; empty seats keep their place. When there are more than `MOST_IN_A_LINE`, they stand
    in columns of several lines under their owner.
    """
    graph = graph_of(scene)
    tree = networkx.DiGraph()
    tree.add_nodes_from(graph.nodes)
    tree.add_edges_from((node["parent"], node["id"]) for node in scene["nodes"] if node["parent"])
    layers: dict[str, int] = {}
    for number, generation in enumerate(networkx.topological_generations(tree)):
        layers.update(dict.fromkeys(generation, number))
    leaves = sum(tree.out_degree(node) == 0 for node in tree)
    deep = max(1, -(-leaves // MOST_IN_A_LINE))
    tab = max(2, math.ceil(leaves / deep * LEAST_TAB))
    places: dict[str, Place] = {}
    cursor = 0.0

    def seat(node: str) -> None:
        nonlocal cursor
        children = sorted(tree.successors(node), key=lambda child: graph.nodes[child]["slot"])
        first = cursor
        if children and all(graph.nodes[child]["kind"] == "Pod" and not tree.out_degree(child) for child in children):
            columns = max(graph.nodes[child]["slot"] for child in children) // deep + 1
            width = max(columns, tab)
            for child in children:
                column, line = divmod(graph.nodes[child]["slot"], deep)
                places[child] = (first + (width - columns) / 2 + column + 0.5, layers[child], line, 1)
            cursor += width
        elif children:
            for child in children:
                seat(child)
        else:
            cursor += 1 if is_chip(graph.nodes[node]) else tab
        places[node] = ((first + cursor) / 2, layers[node], 0, cursor - first)

    roots = [node["id"] for node in scene["nodes"] if not node["parent"]]
    for root in sorted(roots, key=lambda node: graph.nodes[node]["slot"]):
        seat(root)
    span = max(cursor, 1.0)
    return {node: (x / span, layer, line, room / span) for node, (x, layer, line, room) in places.items()}


def ownership_figure(scene: Mapping[str, Any], *, message: str | None = None, mode: tokens.Mode = "light") -> Picture:
    """Return the picture of an ownership scene."""
    said = scene["said"] if message is None else f"{message}\n{scene['said']}"
    return draw_ownership(scene, message=message, mode=mode).picture(said)


def draw_ownership(scene: Mapping[str, Any], *, message: str | None = None, mode: tokens.Mode = "light") -> Canvas:
    """Return the canvas of `ownership_figure`."""
    width = tokens.FIGURE["width"] - 2 * MARGIN
    places = layout(scene)
    depth = max((layer for _, layer, _, _ in places.values()), default=0) + 1
    deep = max((line for _, _, line, _ in places.values()), default=0)
    canvas = Canvas(
        height=round(MARGIN + 76 + (depth - 1) * LAYER_HEIGHT + TAB_HEIGHT + deep * LINE_HEIGHT + MARGIN), mode=mode
    )
    under = "An arrow is an owner reference: when the owner goes, what it owns goes with it"
    top = canvas.title(message or scene["message"], under if scene["nodes"] else "") + 16
    room = rooms(scene, places)
    sizes = {node["id"]: _size(node, room[places[node["id"]][1], is_chip(node)] * width) for node in scene["nodes"]}

    def middle(node: str) -> tuple[float, float]:
        x, layer, line, _ = places[node]
        half = sizes[node][0] / 2
        x = min(max(MARGIN + x * width, MARGIN + half), canvas.width - MARGIN - half)
        return x, top + layer * LAYER_HEIGHT + TAB_HEIGHT / 2 + line * LINE_HEIGHT

    for edge in scene["edges"]:
        if places[edge["to"]][2]:
            continue  # it stands in a column under one that has its arrow
        (x1, y1), (x2, y2) = middle(edge["from"]), middle(edge["to"])
        y1, y2 = y1 + sizes[edge["from"]][1] / 2, y2 - sizes[edge["to"]][1] / 2
        bend = (y1 + y2) / 2
        canvas.path(
            [(x1, y1), (x1, bend), (x2, bend), (x2, y2 - 4)], colour="edge", thick=1.25, dashed=not edge["controller"]
        )
        canvas.polygon([(x2 - 4, y2 - 7), (x2 + 4, y2 - 7), (x2, y2)], fill="edge", z=2)
    for node in scene["nodes"]:
        _draw(canvas, node, *middle(node["id"]), *sizes[node["id"]])
    return canvas


def rooms(scene: Mapping[str, Any], places: Mapping[str, Place]) -> dict[tuple[int, bool], float]:
    """Return how much of the width a chip (or, with False, a tab) of each layer has: all are as wide as the narrowest seat."""
    found: dict[tuple[int, bool], float] = {}
    for node in scene["nodes"]:
        _, layer, _, room = places[node["id"]]
        key = (layer, is_chip(node))
        found[key] = min(found.get(key, 1.0), room)
    return found


def is_chip(node: Mapping[str, Any]) -> bool:
    """Whether *node* is drawn as a Pod, not as a tab."""
    return node["kind"] == "Pod" and not node["ghost"]


def _size(node: Mapping[str, Any], room: float) -> tuple[float, float]:
    if not is_chip(node):
        return max(44.0, min(TAB_WIDTH, room - 12)), TAB_HEIGHT
    if room < 40:
        side = max(6.0, min(14.0, room - 4))
        return side, side
    return min(WIDTH, room - 6), HEIGHT


def _draw(canvas: Canvas, node: Mapping[str, Any], x: float, y: float, width: float, height: float) -> None:
    left, top = x - width / 2, y - height / 2
    if is_chip(node):
        if width == height:
            draw_bead(canvas, left, top, width, node)
        else:
            draw_chip(canvas, left, top, {**node, "tail": node["label"]}, width=width)
        return
    folded = "folded" in node
    line = "gone" if node["ghost"] else "line" if folded else "edge"
    canvas.box(left, top, width, height, fill="raised", line=line, dashed=node["ghost"], radius=tokens.RADIUS["card"])
    if node["version"]:
        canvas.box(left + 8, top + 8, 4, height - 16, fill=node["version"], radius=2, z=2)
    words = [node["kind"], *filter(None, node["label"].split(", "))]
    while len(words) > 1 and text_width(", ".join(words), tokens.SIZES["small"]) > width - 32:
        words.pop()
    canvas.text(left + 18, y - 10, ", ".join(words), size="small", colour="muted", width=width - 28)
    canvas.text(
        left + 18, y + 9, node["name"], size="small", mono=not folded, strong=not folded,
        colour="muted" if folded else "ink", width=width - 28,
    )  # fmt: skip
