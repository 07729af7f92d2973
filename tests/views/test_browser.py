"""Widgets in a real browser: reachable by keyboard, named for screen readers, readable in both themes, and quick."""

from __future__ import annotations

import asyncio
import random
import statistics

import pytest

from k8slab.views.widgets import view as view_module
from k8slab.views.widgets.board import ClusterBoard
from k8slab.views.widgets.events import EventStream
from k8slab.views.widgets.inspector import ObjectInspector
from k8slab.views.widgets.ownership import OwnershipGraph
from k8slab.views.widgets.theatre import RolloutTheatre
from tests.views.browser import CHROMIUM, chromium, on_page
from tests.views.world import World, deployment, event, node, pod, replica_set, rolled_world, small_world

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
    # playwright's pipes are closed by the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
AA_TEXT = 4.5
CLICK_MS, CROWD = 200, 600

#: Every visible text with its contrast against what lies under its middle: [[text, ratio]].
CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  canvas.canvas.width = canvas.canvas.height = 1;
  const rgba = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const over = (top, under) => top.slice(0, 3).map((value, at) => value * top[3] / 255 + under[at] * (1 - top[3] / 255));
  const light = (colour) => { const [r, g, b] = colour.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  const found = [];
  const walker = document.createTreeWalker(document.getElementById('root'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.textContent.trim() || parent.closest('title, option, [disabled], [hidden]')) continue;
    const range = document.createRange(); range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(parent), inSvg = parent instanceof SVGElement;
    let ground = [255, 255, 255];
    const stack = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2).reverse();
    for (const one of stack) {
      if (one === parent && inSvg) continue;
      const looks = getComputedStyle(one);
      const paint = one instanceof SVGElement ? (one.tagName === 'text' || one.tagName === 'svg' || one.tagName === 'g' ? 'transparent' : looks.fill) : looks.backgroundColor;
      if (paint === 'none') continue;
      const colour = rgba(paint);
      ground = over([...colour.slice(0, 3), colour[3] * Number(looks.opacity)], ground);
    }
    const ink = over(rgba(inSvg ? style.fill : style.color), ground);
    found.push([node.textContent.trim(), Math.round(ratio(ink, ground) * 100) / 100]);
  }
  return found;
}"""
#: What can be reached and has no name: [html].
NAMELESS = """() => [...document.querySelectorAll('button, select, input, [role=region], [role=group], [role=img], [role=listitem][tabindex], [tabindex="0"]')]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.closest('label')?.textContent.trim()))
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(autouse=True)
def no_other_views():
    yield
    view_module._open.clear()


def colourful_world():
    world = small_world()
    world.put(node("node-4", ready="Unknown"), node("node-5", cordoned=True), deployment(replicas=6, revision=2))
    world.put(replica_set("web-6f9b", 6, revision=2))
    for index, state in enumerate(
        ("ready", "running", "creating", "pending", "terminating", "failed", "done", "unknown")
    ):
        world.put(
            pod(f"web-6f9b-{index:05}", of="web-6f9b", on=f"node-{index % 4 + 1}", state=state, restarts=index % 3)
        )
    world.put(
        pod("stray", of=""), event("w", "Pod/web-6f9b-00005", "BackOff", "Back-off restarting", type="Warning", count=3)
    )
    world.clock.run(3)
    world.mark("kubectl apply -f web.yaml")
    world.put(deployment(replicas=7, revision=2))
    return world


def views():
    world = colourful_world()
    board = ClusterBoard(world.client, world)
    board.selected = "default/web-6f9b-00005"
    past = ClusterBoard(world.client, world)
    past.go(20)
    inspector = ObjectInspector(world.client, world)
    world.put(deployment(replicas=9, image="web:2", revision=2))
    inspector.look()
    rolled, stuck = rolled_world(4), rolled_world(4, bad=True)
    return {
        "board": board,
        "board in the past": past,
        "board of a real cluster": ClusterBoard(world.client),
        "theatre": RolloutTheatre(rolled.client, rolled, since=1),
        "theatre, stuck": RolloutTheatre(stuck.client, stuck, since=1, language="zh"),
        "ownership": OwnershipGraph(world.client, world),
        "events": EventStream(world.client, world),
        "inspector": inspector,
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_and_everything_has_a_name(theme):
    async def look():
        poor, nameless = {}, {}
        async with chromium() as browser:
            for name, view in views().items():
                async with on_page(browser, view, theme=theme, height=2600) as page:
                    # unroll what scrolls, and let what enters arrive
                    await page.add_style_tag(
                        content=".list, .yaml { max-height: none !important; overflow: visible !important }"
                    )
                    await page.wait_for_timeout(450)
                    found = await page.evaluate(CONTRASTS)
                    assert len(found) > 5, name
                    poor[name] = sorted({(text, ratio) for text, ratio in found if ratio < AA_TEXT})
                    nameless[name] = await page.evaluate(NAMELESS)
        return poor, nameless

    poor, nameless = asyncio.run(look())
    assert {name: texts for name, texts in poor.items() if texts} == {}
    assert {name: things for name, things in nameless.items() if things} == {}


def test_the_board_works_by_keyboard_alone():
    async def drive():
        world = small_world()
        board = ClusterBoard(world.client, world)
        async with chromium() as browser, on_page(browser, board) as page:
            told = "() => document.activeElement.getAttribute('aria-label') ?? ''"
            seen = []
            for _ in range(12):
                await page.keyboard.press("Tab")
                seen.append(await page.evaluate(told))
            assert seen[:3] == ["Play", "Step 1 s", "Speed"]
            assert seen[3].startswith("Pod web-7d5c-x7k2p, on node-1")  # one stop a node, not one a Pod
            assert seen[4:6] == ["Cordon node-1: no new Pods on it", "Stop node node-1: cut its power"]
            await page.locator(".pod").first.focus()
            outline = await page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            await page.keyboard.press("ArrowRight")
            assert "kd8wc" in await page.evaluate(told)
            await page.keyboard.press("Enter")
            await page.wait_for_selector(".story:not([hidden])")
            assert board.selected == "default/web-7d5c-kd8wc"
            await page.get_by_role("button", name="Kill this Pod").focus()
            await page.keyboard.press("Enter")
            await page.wait_for_function("() => document.querySelector('.note').textContent.includes('was told to go')")
            await page.keyboard.press("Escape")
            await page.wait_for_selector(".story", state="hidden")
            return outline

    assert asyncio.run(drive()) == "solid"


def test_a_newcomer_kills_a_pod_sees_it_replaced_and_rewinds():
    async def drive():
        world = small_world()
        board = ClusterBoard(world.client, world)
        async with chromium() as browser, on_page(browser, board) as page:
            await page.click(".pod >> nth=0")
            await page.click("text=Kill this Pod")
            await page.click('[aria-label="Play"]')
            await page.wait_for_function(
                "() => document.querySelector('.headline').textContent === '5 of 6 Pods ready'"
            )
            await page.wait_for_function(
                "() => document.querySelector('.headline').textContent === '6 of 6 Pods ready'"
            )
            assert await page.locator('.pod[data-key="default/web-7d5c-x7k2p"]:not(.leaving)').count() == 0
            await page.click("text=Before: kubectl delete pod web-7d5c-x7k2p")
            await page.wait_for_selector('.pod[data-key="default/web-7d5c-x7k2p"]')
            assert await page.locator(".past").is_visible()
            assert not board.playing
            await page.click("text=Back to now")
            await page.wait_for_selector(".past", state="hidden")

    asyncio.run(drive())


def test_the_record_is_played_stepped_and_scrubbed_without_the_kernel():
    async def drive():
        world = rolled_world(4)
        theatre = RolloutTheatre(world.client, world, since=1)
        async with chromium() as browser, on_page(browser, theatre) as page:
            headline = page.locator(".headline")
            assert "never fewer than 3 available" in await headline.inner_text()
            await page.click('[aria-label="One change back"]')
            assert await headline.inner_text() == "At 12.0 s: 4 can answer, 4 of them new"
            await page.locator('[aria-label="Place in the recording"]').fill("7.2")
            assert await headline.inner_text() == "At 7.0 s: 3 can answer, 2 of them new"
            await page.click('[aria-label="Play"]')
            await page.wait_for_function(
                "() => document.querySelector('.headline').textContent.startsWith('At 8.5 s')", timeout=5000
            )
            await page.click('[aria-label="Pause"]')
            return theatre.reading.client.calls

    assert asyncio.run(drive()) == []


def test_sliders_and_buttons_of_the_theatre_reach_the_deployment():
    async def drive():
        world = rolled_world(2)
        theatre = RolloutTheatre(world.client, world, since=1)
        async with chromium() as browser, on_page(browser, theatre) as page:
            await page.get_by_label("maxSurge").fill("3")
            await page.get_by_role("button", name="Roll out", exact=True).click()
            await page.wait_for_function("() => document.querySelector('.note').textContent === 'Rolling out web:3.'")
            await page.get_by_role("button", name="Let the lab run").wait_for()  # nothing rolls here, so it soon holds
            return theatre.reading.client.calls[-1][3]["spec"]["strategy"]["rollingUpdate"]

    assert asyncio.run(drive()) == {"maxSurge": 3, "maxUnavailable": 1}


def crowd():
    world, chance = World(), random.Random(1)
    world.put(*(node(f"node-{number}", cpu="16") for number in range(50)))
    world.put(deployment(replicas=CROWD), replica_set(replicas=CROWD))
    states = ["ready"] * 6 + ["creating", "running", "terminating", "failed"]
    world.put(
        *(
            pod(f"web-7d5c-{number:05}", on=f"node-{number % 50}", state=chance.choice(states))
            for number in range(CROWD)
        )
    )

    def churn():
        while True:
            yield world.clock.timeout(0.02)
            number = chance.randrange(CROWD)
            world.put(pod(f"web-7d5c-{number:05}", on=f"node-{number % 50}", state=chance.choice(states)))

    world.clock.process(churn())
    return world


def test_clicks_are_answered_while_six_hundred_pods_play():
    async def drive():
        world = crowd()
        board = ClusterBoard(world.client, world)
        async with chromium() as browser, on_page(browser, board) as page:
            assert await page.locator(".pod").count() == CROWD
            await page.click('[aria-label="Play"]')
            await page.wait_for_timeout(500)
            waits = []
            for number in range(5):
                wait = await page.evaluate(
                    """(number) => new Promise((resolve) => {
                      const began = performance.now();
                      const listen = () => { model.off('change:story', listen); resolve(performance.now() - began); };
                      model.on('change:story', listen);
                      document.querySelectorAll('.pod:not(.leaving)')[number].click();
                    })""",
                    number * 7,
                )
                waits.append(wait)
                await page.wait_for_timeout(100)
            frames = world.clock.now
            await page.click('[aria-label="Pause"]')
            return waits, frames

    waits, moved = asyncio.run(drive())
    assert statistics.median(waits) < CLICK_MS
    assert moved > 0.5


def test_reduced_motion_is_respected():
    async def drive():
        world = small_world()
        async with (
            chromium() as browser,
            on_page(browser, ClusterBoard(world.client, world), reduced_motion="reduce") as page,
        ):
            return await page.evaluate("() => getComputedStyle(document.querySelector('.pod')).animationName")

    assert asyncio.run(drive()) == "none"


def test_a_narrow_page_scrolls_only_downwards():
    async def drive():
        wide = {}
        async with chromium() as browser:
            for name, view in views().items():
                async with on_page(browser, view, width=420, height=900) as page:
                    wide[name] = await page.evaluate(
                        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    )
        return wide

    assert {name: over for name, over in asyncio.run(drive()).items() if over > 0} == {}
