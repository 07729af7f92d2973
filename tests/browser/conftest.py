"""One JupyterLab and one browser for the whole tour; its pictures go to ``build/tour``."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.jupyter import ARGUMENTS, ROOT, Notebook, chromium, jupyterlab


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab")) as served:
        yield served


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page whose errors fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1500}, device_scale_factor=2)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def chapter(page, address):
    """Open a chapter: ``chapter("15-replicaset-and-deployment", "zh")``."""

    def open_chapter(name, language="en"):
        folder = "notebooks/zh" if language == "zh" else "notebooks"
        return Notebook(page, address, f"{folder}/{name}.ipynb")

    return open_chapter


@pytest.fixture(scope="session")
def album():
    return ROOT / "build" / "tour"
