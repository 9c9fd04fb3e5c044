"""A Chromium for the browser tests: the machine's own, Debian's, or Playwright's download."""

import os
import shutil
import subprocess

from ground import VENV, Trouble, attempt, run, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN = ("chromium", "fonts-noto-cjk")
PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_or_install() -> str:
    """Path of a Chromium that can show Chinese."""
    found = _find()
    if _may_install() and not (found and _shows_chinese()):
        _install_debian()
        found = _find()
    found = found or _playwright()
    if not found:
        raise Trouble(
            "no Chromium was found and none could be fetched: install the package chromium, "
            "or name one with SHIYU_CHROMIUM"
        )
    return found


def _find() -> str | None:
    named = os.environ.get("SHIYU_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def _shows_chinese() -> bool:
    """Whether a font for Chinese is here; without fontconfig we cannot tell and ask no more."""
    if not shutil.which("fc-list"):
        return True
    return bool(attempt(["fc-list", ":lang=zh"]).stdout.strip())


def _may_install() -> bool:
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def _install_debian() -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    words = ["apt-get", "install", "-y", "--no-install-recommends", *DEBIAN]
    try:
        run(["apt-get", "update"], "apt", "the list of packages could not be fetched", **quiet)
        run(words, "apt", "Debian's chromium could not be installed", **quiet)
    except Trouble as trouble:
        say(f"  {trouble}")


def _playwright() -> str | None:
    """Playwright's own Chromium, downloaded if it can be."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(VENV / "browsers"))
    try:
        run([VENV / "bin/playwright", "install", "chromium"], "chromium", "no download")
    except Trouble:
        return None
    path = subprocess.run(
        [VENV / "bin/python", "-c", PLAYWRIGHT_PATH], capture_output=True, text=True, check=False
    ).stdout.strip()
    return path or None
