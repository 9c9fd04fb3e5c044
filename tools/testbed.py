"""What the tests need of the machine: a Chromium, and if it can be had a PostgreSQL of its own."""

import os
import shutil
import subprocess
from pathlib import Path

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
        _install(*DEBIAN)
        found = _find()
    found = found or _playwright()
    if not found:
        raise Trouble(
            "no Chromium was found and none could be fetched: install the package chromium, "
            "or name one with SHIYU_CHROMIUM"
        )
    return found


def installed_postgresql() -> None:
    """As root on Debian, the machine's PostgreSQL beside the embedded one, without a cluster.

    Without it, the tests on a PostgreSQL that is not ours are skipped.
    """
    here = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if here or not _may_install():
        return
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("create_main_cluster = false\n")
    _install("postgresql")


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


def _install(*packages: str) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    words = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    try:
        run(["apt-get", "update"], "apt", "the list of packages could not be fetched", **quiet)
        run(words, "apt", f"{packages[0]} could not be installed", **quiet)
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
