"""Figures: nothing overlaps, nothing is cut off, whatever the names; and the files are what they should be."""

from __future__ import annotations

import io
import itertools
import struct

import pytest
from PIL import Image

from k8slab.views import tokens
from k8slab.views.figures.animation import rollout_animation
from k8slab.views.figures.board import board_figure, draw_board
from k8slab.views.figures.canvas import Canvas, shorten, text_width
from k8slab.views.figures.lists import draw_events, draw_object, events_figure, object_figure
from k8slab.views.figures.ownership import draw_ownership, layout, ownership_figure
from k8slab.views.figures.palette_png import palette_png
from k8slab.views.figures.rollout import draw_rollout, rollout_figure, ticks
from k8slab.views.rollout_recorder import RolloutRecorder
from k8slab.views.scenes.board import board_scene
from k8slab.views.scenes.events import event_scene
from k8slab.views.scenes.objects import object_scene
from k8slab.views.scenes.ownership import ownership_scene
from tests.views.world import deployment, event, node, pod, replica_set, rolled_world, small_world

LONG = "a-deployment-with-a-name-as-long-as-a-name-may-be-in-kubernetes"
STATES = ("ready", "running", "creating", "pending", "terminating", "failed", "done", "unknown")


def crowded_objects():
    """Return long names, all states, three nodes of which one is silent and one cordoned, an orphan, two revisions."""
    sets = [replica_set(f"{LONG}-7d5c", 4, of=LONG), replica_set(f"{LONG}-6f9b", 4, of=LONG, revision=12)]
    pods = [
        pod(f"{LONG}-{'7d5c' if index % 2 else '6f9b'}-{index:05}", of=f"{LONG}-{'7d5c' if index % 2 else '6f9b'}",
            on=f"node-{index % 3 + 1}", state=state, restarts=index * 7)
        for index, state in enumerate(STATES)
    ]  # fmt: skip
    long_node = "a-node-whose-name-is-much-longer-than-a-card-is-wide.example.com"
    nodes = [
        node("node-1", cpu="1"),
        node("node-2", ready="Unknown", cordoned=True),
        node("node-3", cordoned=True),
        node(long_node),
    ]
    return (
        nodes,
        [*pods, pod("an-orphan-with-a-long-name", of="", on=long_node)],
        sets,
        [deployment(LONG, 4, revision=12)],
    )


def assert_clean(canvas):
    """Every text lies within the figure, and no two texts touch."""
    canvas.figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in canvas.figure.texts]
    assert boxes
    for words, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= canvas.width + 0.5 and box.y1 <= canvas.height, words
    for (first, a), (second, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 0.5 or down <= 2, (first, second)  # 2 px: the boxes hold room for letters that reach lower


CANVASES = {
    "board, long names": lambda: draw_board(board_scene(*crowded_objects())),
    "board, dark": lambda: draw_board(board_scene(*crowded_objects()), mode="dark"),
    "board, empty": lambda: draw_board(board_scene([], [])),
    "board, a crowd": lambda: draw_board(
        board_scene([node(f"node-{n}") for n in range(20)], [pod(f"web-{n}", on=f"node-{n % 20}") for n in range(200)])
    ),
    "board, many Deployments": lambda: draw_board(
        board_scene([node("node-1")], [], [replica_set(f"{LONG}-{n}", of=f"{n}-{LONG}") for n in range(4)],
                    [deployment(f"{n}-{LONG}") for n in range(4)])
    ),
    "ownership, long names": lambda: draw_ownership(ownership_scene([one for group in crowded_objects()[1:] for one in group])),
    "ownership, a crowd": lambda: draw_ownership(
        ownership_scene([deployment(), replica_set(), *(pod(f"web-7d5c-{n:05}") for n in range(300))])
    ),
    "ownership, several Deployments, orphans": lambda: draw_ownership(ownership_scene([
        *(deployment(f"shop-{n}") for n in range(4)), *(replica_set(f"shop-{n}-6bd85757f6", of=f"shop-{n}") for n in range(4)),
        *(pod(f"shop-{n}-6bd85757f6-{m}", of=f"shop-{n}-6bd85757f6") for n in range(4) for m in range(5)), *(pod(f"stray-{n}", of="") for n in range(6))])),
    "ownership, kept for undo": lambda: draw_ownership(ownership_scene([
        deployment(), *(replica_set(f"web-{n}", revision=n, replicas=0) for n in range(1, 9)), replica_set("web-9", revision=9), pod("web-9-a", of="web-9")])),
    "ownership, empty": lambda: draw_ownership(ownership_scene([])),
    "rollout": lambda: draw_rollout(RolloutRecorder(rolled_world(4), since=1).scene()),
    "rollout, ten replicas": lambda: draw_rollout(RolloutRecorder(rolled_world(10, surge=3, unavailable=2), since=1).scene()),
    "rollout, stuck": lambda: draw_rollout(RolloutRecorder(rolled_world(4, bad=True), since=1).scene(), mode="dark"),
    "rollout, long message and marks": lambda: draw_rollout(marked_scene(), message=f"What {LONG} did, and {LONG} too, in one very long sentence"),
    "rollout, one version": lambda: draw_rollout(RolloutRecorder(small_world(), since=1).scene(whole=True)),
    "rollout, no requests": lambda: draw_rollout(RolloutRecorder(rolled_world(4), since=1).scene(requests=False)),
    "rollout, empty": lambda: draw_rollout(RolloutRecorder(small_world(), "none", since=1).scene()),
    "events": lambda: draw_events(event_scene([
        event(f"e{n}", f"Pod/{LONG}-{n}", "FailedCreatePodSandBoxAndMore", f"could not {LONG} because {LONG}", type="Warning", count=n, when=n * 1000)
        for n in range(30)])),
    "events, none": lambda: draw_events(event_scene([])),
    "object": lambda: draw_object(object_scene(deployment(LONG, image=LONG), deployment(LONG))),
    "object, none": lambda: draw_object(object_scene(None)),
}  # fmt: skip


def marked_scene():
    world = rolled_world(4)
    for text in ("kubectl annotate deployment/web a=b", f"kubectl set image deployment/{LONG} web=web:3"):
        world.mark(text)
    return RolloutRecorder(world, since=1).scene()


@pytest.mark.parametrize("name", CANVASES)
def test_no_text_overlaps_another_or_is_cut_off(name):
    assert_clean(CANVASES[name]())


def test_the_measure_of_a_text_is_that_of_the_drawn_text():
    canvas = Canvas()
    canvas.text(10, 10, "web-7d5c-x7k2p fi ff", mono=True)
    drawn = canvas.figure.texts[0].get_window_extent().width
    assert text_width("web-7d5c-x7k2p fi ff", tokens.SIZES["text"], True) == pytest.approx(drawn, rel=0.03)


def test_a_long_name_loses_its_middle_not_its_end():
    short = shorten("web-7d5c9f8b6-x7k2p", 90, tokens.SIZES["text"], True)
    assert short.startswith("web") and "…" in short and short.endswith("x7k2p"[-4:])
    assert text_width(short, tokens.SIZES["text"], True) <= 90


@pytest.mark.parametrize(
    ("start", "end", "first", "step"), [(0, 8, 0, 1), (2, 15, 2, 2), (3.4, 5, 3.5, 0.5), (100, 700, 120, 120)]
)
def test_times_on_the_axis_are_round(start, end, first, step):
    found = ticks(start, end)
    assert found[0] == first
    assert found[1] - found[0] == step
    assert len(found) <= 10


def test_the_graph_stays_put_when_a_pod_goes():
    def made(*names):
        return [deployment(), replica_set(), *(pod(f"web-7d5c-{name}", created="abcd".index(name)) for name in names)]

    before = ownership_scene(made("a", "b", "c", "d"))
    after = ownership_scene(made("a", "c", "d"), before=before)
    first, second = layout(before), layout(after)
    assert all(second[node] == first[node] for node in second)


def test_an_owner_stands_over_the_middle_of_what_it_owns():
    places = layout(ownership_scene([deployment(), replica_set(), pod("web-7d5c-a"), pod("web-7d5c-b")]))
    assert places["uid-web"] == (0.5, 0, 0, 1)
    assert places["uid-web-7d5c"] == (0.5, 1, 0, 1)
    assert [places[f"uid-web-7d5c-{name}"] for name in "ab"] == [(0.25, 2, 0, 0.5), (0.75, 2, 0, 0.5)]


def test_a_crowd_stands_in_columns():
    scene = ownership_scene([replica_set(of=""), *(pod(f"web-7d5c-{number:03}") for number in range(100))])
    places = layout(scene)
    assert max(line for _, _, line, _ in places.values()) == 2
    assert len({x for x, layer, _, _ in places.values() if layer == 1}) == 34


def test_a_picture_says_in_words_what_it_shows():
    picture = ownership_figure(ownership_scene([deployment()]))
    assert repr(picture) == "Who owns whom: 1 Deployment"
    bundle, metadata = picture._repr_mimebundle_()
    assert bundle["text/plain"] == repr(picture)
    assert bundle["image/png"][:4] == b"\x89PNG"
    assert metadata["image/png"]["width"] == tokens.FIGURE["width"]


def test_pictures_have_a_palette_twice_the_pixels_and_the_exact_page_colour():
    picture = board_figure(board_scene(*crowded_objects()))
    with Image.open(io.BytesIO(picture.png)) as image:
        assert (image.mode, image.width) == ("P", 2 * tokens.FIGURE["width"])
        assert image.convert("RGB").getpixel((3, 3)) == (255, 255, 255)
    assert len(picture.png) < 120_000


@pytest.mark.parametrize("draw", [
    lambda: rollout_figure(RolloutRecorder(rolled_world(2), since=1).scene()),
    lambda: events_figure(event_scene([event("a", "Pod/web", "Started", "Started container web")])),
    lambda: object_figure(object_scene(deployment())),
])  # fmt: skip
def test_the_same_scene_gives_the_same_bytes(draw):
    assert draw().png == draw().png


# -- the recorded animation -------------------------------------------------------------------------------------------------


def chunks(png):
    place = 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        yield kind, png[place + 8 : place + 8 + length]
        place += 12 + length


@pytest.fixture(scope="module")
def film():
    return rollout_animation(RolloutRecorder(rolled_world(4), since=1).scene(), frames=24)


def test_the_animation_is_an_animated_png_that_loops_and_rests_at_its_end(film):
    found = list(chunks(film.png))
    control = next(body for kind, body in found if kind == b"acTL")
    assert struct.unpack(">II", control) == (24, 0)
    delays = [struct.unpack(">HH", body[20:24]) for kind, body in found if kind == b"fcTL"]
    assert len(delays) == 24
    assert delays[0] == (130, 1000)
    assert delays[-1] == (4000, 1000)


def test_every_reader_can_play_it(film):
    with Image.open(io.BytesIO(film.png)) as image:
        assert (getattr(image, "n_frames", 1), image.size) == (24, (960, 540))
        frames = []
        for number in (0, 12, 23):
            image.seek(number)
            frames.append(image.convert("RGB").tobytes())
    assert len(set(frames)) == 3


def test_the_animation_is_small_and_says_what_it_shows(film):
    assert len(film.png) < 100_000
    assert repr(film).startswith("In 9 s: never fewer than 3 available")


def test_a_frame_of_a_palette_png_holds_only_what_changed():
    first, second = Image.new("RGB", (40, 30), "#FFFFFF"), Image.new("RGB", (40, 30), "#FFFFFF")
    second.putpixel((7, 5), (11, 122, 91))
    png = palette_png([first, second], [100, 100])
    width, height, left, top = struct.unpack(">IIII", [body for kind, body in chunks(png) if kind == b"fcTL"][1][4:20])
    assert (width, height, left, top) == (1, 1, 7, 5)
    with Image.open(io.BytesIO(png)) as image:
        image.seek(1)
        shown = image.convert("RGB")
        assert (shown.getpixel((7, 5)), shown.getpixel((0, 0))) == ((11, 122, 91), (255, 255, 255))


def test_an_unchanged_frame_is_a_frame_too():
    same = Image.new("RGB", (8, 8), "#3B6EA5")
    with Image.open(io.BytesIO(palette_png([same, same.copy()], [100, 100]))) as image:
        assert getattr(image, "n_frames", 1) == 2
        image.seek(1)
        assert image.convert("RGB").getpixel((4, 4)) == (0x3B, 0x6E, 0xA5)
