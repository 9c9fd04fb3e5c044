"""Make one neighbour's database and fill it (装邻居).

    python -m bench.neighbours.make HOME (helpdesk|tracker) COUNT

Each has a PostgreSQL of its own below HOME, by the same program, of the same version and with the
same settings as Shiyu's. What a client needs to know is left in HOME/NAME/about.json.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from shiyu.common.embedded import Cluster

HERE = Path(__file__).parent
TRACKER_LIB = Path("/usr/share/request-tracker5")


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("home", type=Path)
    asked.add_argument("name", choices=["helpdesk", "tracker"])
    asked.add_argument("count", type=int)
    how = asked.parse_args()
    home = how.home / how.name
    cluster = Cluster(home)
    cluster.hold()
    try:
        said = {"helpdesk": fill_helpdesk, "tracker": fill_tracker}[how.name](home, how.count)
    finally:
        cluster.release()
    (home / "about.json").write_text(said)
    print(said)
    return 0


def fill_helpdesk(home: Path, count: int) -> str:
    """Migrate, collect nothing, fill; the words of its last line."""
    python = str(home.parent / "hd" / "bin" / "python")
    environment = helpdesk_environment(home)
    run([python, "-m", "django", "migrate", "--noinput", "-v", "0"], environment)
    return run([python, "-m", "helpdesk_site.fill", str(count)], environment)


def fill_tracker(home: Path, count: int) -> str:
    """Lay out its schema once, fill; the words of its last line."""
    environment = tracker_environment(home)
    for name in ("mason_data", "session_data", "var"):
        (home / name).mkdir(exist_ok=True)
    if not (home / "laid-out").exists():
        words = ["rt-setup-database-5", "--action", "init", "--skip-create", "--dba", "owner"]
        password = json.loads((home / "connection.json").read_text())["passwords"]["owner"]
        run([*words, "--dba-password", password], environment)
        (home / "laid-out").touch()
    return run(["perl", str(HERE / "tracker_site" / "fill.pl"), str(count)], environment)


def helpdesk_environment(home: Path) -> dict[str, str]:
    return {
        "HELPDESK_HOME": str(home),
        "PYTHONPATH": str(HERE),
        "DJANGO_SETTINGS_MODULE": "helpdesk_site.settings",
    }


def tracker_environment(home: Path) -> dict[str, str]:
    return {
        "TRACKER_HOME": str(home),
        "RT_SITE_CONFIG": str(HERE / "tracker_site" / "RT_SiteConfig.pm"),
        "RT_SITE_CONFIG_DIR": "/dev/null",
    }


def run(words: list[str], environment: dict[str, str]) -> str:
    """Carry out one command; its last line."""
    done = subprocess.run(
        words, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{words[:3]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return (done.stdout.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    sys.exit(main())
