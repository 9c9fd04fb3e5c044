"""A real Chromium against the real pages; it may load nothing from anywhere else."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# Playwright keeps an event loop in this thread, which Django takes for an asynchronous program.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the run; `make test` says where it is, else the machine's own."""
    found = os.environ.get("SHIYU_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


class Windows:
    """Opens browser windows on the served city, each a person's own, and watches them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.open: list[BrowserContext] = []
        self.faults: list[str] = []

    def desk(self, **words: object) -> Page:
        return self._open(viewport=DESK, **words)

    def phone(self, **words: object) -> Page:
        return self._open(viewport=PHONE, is_mobile=True, has_touch=True, **words)

    def _open(self, **words: object) -> Page:
        settings = {"base_url": self.address, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context = self.browser.new_context(**settings | words)
        context.set_default_timeout(10_000)
        context.on("request", lambda request: self._watch(request.url))
        context.on("console", lambda line: self._listen(line.type, line.text))
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.open.append(context)
        return context.new_page()

    def _watch(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "http://localhost")):
            self.faults.append(f"asked elsewhere: {url}")

    def _listen(self, kind: str, text: str) -> None:
        refused = "Content Security Policy" in text or "requires 'Trusted" in text
        if refused or (kind == "error" and "Uncaught" in text):
            self.faults.append(text)

    def close(self) -> None:
        for context in self.open:
            context.close()


@pytest.fixture
def windows(chromium: Browser, live_server: object) -> Iterator[Windows]:
    """Several people at once; whatever a page loads from elsewhere, or breaks, fails the test."""
    windows = Windows(chromium, live_server.url)
    yield windows
    windows.close()
    assert windows.faults == []


@pytest.fixture
def page(windows: Windows) -> Page:
    """A window of a desk computer."""
    return windows.desk()


@pytest.fixture
def phone(windows: Windows) -> Page:
    """A window of a telephone."""
    return windows.phone()
