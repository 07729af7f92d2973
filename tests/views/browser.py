"""A widget in a real browser without Jupyter: the page imports its module and talks to the Python object through a bridge.

The bridge is what anywidget's model offers a module: get, set, save_changes, send, on, off.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: JupyterLab's own variables, as its two themes set them.
THEMES = {
    "light": "--jp-layout-color1: white; --jp-ui-font-color1: rgba(0,0,0,.87); --jp-border-color2: #e0e0e0; background: white",
    "dark": "--jp-layout-color1: #212121; --jp-ui-font-color1: rgba(255,255,255,1); --jp-border-color2: #616161; background: #111",
}
PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>body { margin: 24px; %(theme)s } %(css)s</style></head>
<body data-jp-theme-light="%(light)s"><div id="root"></div><script type="module">
const listeners = {}, pending = {};
const state = %(state)s;
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; pending[name] = value; tell(name); },
  save_changes: () => { const changes = {...pending}; for (const key in pending) delete pending[key]; bridgeSet(JSON.stringify(changes)); },
  send: (message) => { bridgeSend(JSON.stringify(message)); },
  on: (name, call) => (listeners[name] ??= []).push(call),
  off: (name, call) => { listeners[name] = (listeners[name] ?? []).filter((known) => known !== call); },
};
const tell = (name) => (listeners["change:" + name] ?? []).forEach((call) => call());
globalThis.push = (changes) => { for (const [name, value] of Object.entries(changes)) { state[name] = value; tell(name); } };
globalThis.model = model;
const widget = await import(URL.createObjectURL(new Blob([%(esm)s], {type: "text/javascript"})));
await widget.default.render({model, el: document.getElementById("root")});
globalThis.drawn = true;
</script></body></html>"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start one browser for several pages."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def on_page(
    browser: Browser, widget: Any, *, theme: str = "light", width: int = 1040, height: int = 760, **options: Any
) -> AsyncIterator[Page]:
    """Show *widget* on a page of its own; what it sends and sets reaches the Python object, and the reverse."""
    names = [name for name in widget.keys if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")]
    context = await browser.new_context(viewport={"width": width, "height": height}, **options)
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    changes: dict[str, Any] = {}
    waiting = asyncio.Event()

    def note(change: Any) -> None:
        changes[change["name"]] = change["new"]
        waiting.set()

    async def pump() -> None:
        while True:
            await waiting.wait()
            waiting.clear()
            sent = json.dumps(changes)
            changes.clear()
            await page.evaluate("text => push(JSON.parse(text))", sent)

    async def bridge_send(text: str) -> None:
        widget._on_message(widget, json.loads(text), [])

    async def bridge_set(text: str) -> None:
        for name, value in json.loads(text).items():
            setattr(widget, name, value)

    await page.expose_function("bridgeSend", bridge_send)
    await page.expose_function("bridgeSet", bridge_set)
    widget.observe(note, names)
    state = json.dumps({name: getattr(widget, name) for name in names})
    css, esm = str(widget._css), json.dumps(str(widget._esm))
    light = str(theme == "light").lower()
    await page.set_content(PAGE % {"theme": THEMES[theme], "css": css, "light": light, "state": state, "esm": esm})
    await page.wait_for_function("globalThis.drawn === true", timeout=20_000)
    task = asyncio.create_task(pump())
    try:
        yield page
    finally:
        task.cancel()
        widget.unobserve(note, names)
        await context.close()
    assert not faults, faults
