"""A real JupyterLab with a copy of the notebooks, and a real browser in front of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from k8slab.__main__ import lab_arguments

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BOOT_SECONDS, RUN_SECONDS = 60, 180


def chromium() -> str:
    """Return where the browser is. It is part of the test: without one the tour fails and says how to get it."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "the tour needs Chromium: apt-get install chromium"
    return found


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a copy of the course in *folder*, as ``make lab`` would; yield the server's address."""
    for name in ("notebooks", "assets"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    port = _free_port()
    settings = {
        "K8SLAB_PROGRESS": str(folder / "progress.json"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "assets" / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    options.append("--LabApp.expose_app_in_browser=True")
    with (folder / "jupyter.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *lab_arguments(options)],
            cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server, folder / "jupyter.log")
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=2) as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()}")


class Notebook:
    """A chapter that is open in JupyterLab."""

    def __init__(self, page: Page, address: str, path: str) -> None:
        self.page = page
        page.goto(f"{address}/lab/workspaces/tour/tree/{path}?reset")
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 3", timeout=60_000)
        page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'", timeout=60_000
        )

    def run_all(self) -> None:
        """Run all cells and wait for their end; an error in any of them fails."""
        self.page.set_default_timeout(RUN_SECONDS * 1000)
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)")
        self.page.set_default_timeout(30_000)
        errors = self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => {
                const outputs = cell.model.outputs;
                if (!outputs) return [];
                return [...Array(outputs.length).keys()].map((n) => outputs.get(n).toJSON())
                    .filter((output) => output.output_type === 'error').map((output) => output.evalue);
            })"""
        )
        assert errors == []

    def widget(self, code: str) -> Locator:
        """Return the widget that the cell with *code* shows, scrolled into view."""
        cell = (
            self.page.locator(".jp-CodeCell").filter(has=self.page.locator(".jp-InputArea-editor", has_text=code)).first
        )
        cell.scroll_into_view_if_needed()
        region = cell.locator(".k8slab[role=region]").first
        region.wait_for(state="visible")
        region.scroll_into_view_if_needed()
        return region

    def new_cell(self, code: str) -> Locator:
        """Put a cell with *code* at the end, run it, and return the widget that it shows."""
        self.page.set_default_timeout(RUN_SECONDS * 1000)
        self.page.evaluate(
            """async (code) => {
                const {commands, shell} = window.jupyterapp;
                const notebook = shell.currentWidget.content;
                notebook.activeCellIndex = notebook.widgets.length - 1;
                await commands.execute('notebook:insert-cell-below');
                notebook.activeCell.model.sharedModel.setSource(code);
                await commands.execute('notebook:run-cell');
            }""",
            code,
        )
        self.page.set_default_timeout(30_000)
        region = self.page.locator(".jp-CodeCell").last.locator(".k8slab[role=region]").first
        region.wait_for(state="visible")
        region.scroll_into_view_if_needed()
        return region

    def run_code(self, code: str) -> Any:
        """Run *code* in the chapter's kernel, outside any cell, and return what it printed."""
        return self.page.evaluate(
            """async (code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, store_history: false});
                let printed = '';
                future.onIOPub = (message) => {
                    if (message.header.msg_type === 'stream') printed += message.content.text;
                    if (message.header.msg_type === 'error') printed += `${message.content.ename}: ${message.content.evalue}`;
                };
                await future.done;
                return printed;
            }""",
            code,
        )

    def picture(self, shown: Locator, to: Path) -> None:
        """Store a picture of *shown*."""
        self.page.wait_for_timeout(400)  # let what moves come to rest
        to.parent.mkdir(parents=True, exist_ok=True)
        shown.screenshot(path=str(to))

    def set_theme(self, name: str) -> None:
        """Change JupyterLab's theme ("JupyterLab Dark")."""
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme}).then(() => null)", name
        )
        light = str("Dark" not in name).lower()
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")
