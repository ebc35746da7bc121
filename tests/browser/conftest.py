"""A report that was built, and a real browser to open it in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from fleetstats.core.settings import Settings
from fleetstats.outputs.report import Outcome, build
from fleetstats.outputs.report.assets import CHROMIUMS
from fleetstats.pipeline.build import Outcome as Published

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without it these tests skip themselves and say so."""
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def report(from_digests: tuple[Settings, Published], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The page of 2023Q3, built once. No PDF: that has a test of its own."""
    return build(from_digests[0], "2023Q3", output=tmp_path_factory.mktemp("reports"), pdf=False)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests."""
    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


class Visit:
    """A visit to the page; it keeps what the page said on its console and what it asked for."""

    def __init__(self, context: BrowserContext, index: Path) -> None:
        self.context, self.index = context, index
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def open(self, query: str = "", anchor: str = "") -> Page:
        """Go to the page and wait until it is laid out."""
        self.page.goto(self.index.as_uri() + query + anchor)
        self.page.wait_for_function("!document.documentElement.classList.contains('waiting')")
        return self.page


@pytest.fixture
def visit(browser: Browser, report: Outcome) -> Iterator[Visit]:
    """A visitor on a desktop whose browser asks for English and light colours."""
    context = browser.new_context(
        viewport={"width": 1100, "height": 800}, locale="en-GB", color_scheme="light", accept_downloads=True
    )
    yield Visit(context, report.page)
    context.close()
