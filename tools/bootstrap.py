"""What `make` runs: from a bare Python to a running city, or to a finished test run.

Standard library only, since nothing is installed yet.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"Shiyu needs Python 3.11 or later, and {sys.executable} is {sys.version.split()[0]}: "
        "install a newer one, or name it with `make PYTHON=/path/to/python3`."
    )

import argparse
import os
import shutil
from pathlib import Path

import ground
import testbed
from ground import ROOT, VENV, Trouble, run, say, step

CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")
REMOVE_DATA = (
    "from shiyu.common.embedded import Cluster; from shiyu.common.home import home; "
    "Cluster(home()).remove()"
)


def demo(words: argparse.Namespace) -> None:
    """Everything up to a running demo city."""
    _prepare("base")
    if words.reset:
        _reset()
    with step("database"):
        run([_shiyu(), "migrate"], "migrate", "the database could not be brought to this version")
    _make_demo_city()
    if words.serve == "no":
        say("Ready: `make demo` serves it.")
        return
    if _knows("demo", "sign-ins"):
        run([_shiyu(), "demo", "sign-ins"], None, "the sign-ins could not be listed")
    ground.become([_shiyu(), "serve", "--port", words.port, "--with-workers"])


def test(words: argparse.Namespace) -> None:
    """Check the code, then run the tests; the test runner has the last word."""
    _prepare("dev")
    with step("Chromium"):
        os.environ["SHIYU_CHROMIUM"] = testbed.find_or_install()
    testbed.installed_postgresql()
    _check_code()
    chosen = ["-m", "long"] if words.long else []
    # Whoever has nothing left takes over half of what another still has before them.
    at_once = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "worksteal"]
    # Programs the tests start would each be compiled anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    ground.become([str(VENV / "bin/pytest"), *at_once, *chosen])


def check(words: argparse.Namespace) -> None:
    """ruff, mypy and the import contract."""
    _prepare("dev")
    _check_code()


def clean(words: argparse.Namespace) -> None:
    """Remove what was built and installed; the city's data stays."""
    for path in (VENV, ground.BUILT, ROOT / "web/node_modules", *(ROOT / name for name in CACHES)):
        shutil.rmtree(path, ignore_errors=True)
    say("Clean; the city's data was not touched.")


def _prepare(kind: str) -> None:
    ground.environment()
    ground.packages(kind)
    ground.front_end()
    ground.messages()


def _check_code() -> None:
    tools = VENV / "bin"
    with step("ruff"):
        run([tools / "ruff", "check"], None, "ruff found something: see above")
    with step("mypy"):
        run([tools / "mypy"], None, "mypy found something: see above")
    with step("import contract"):
        run([tools / "lint-imports"], "imports", "a module looks the wrong way")


def _make_demo_city() -> None:
    """Made once; a half-made one is taken up again by `shiyu demo make` itself."""
    mark = _home() / "demo-made"
    if mark.exists():
        say("demo city: already there")
    elif _knows("demo", "make"):
        with step("demo city"):
            run([_shiyu(), "demo", "make"], None, "the demo city could not be made")
        mark.touch()


def _reset() -> None:
    with step("removing the old city"):
        if os.environ.get("SHIYU_DATABASE_URL"):
            raise Trouble("only the embedded database is reset, and SHIYU_DATABASE_URL is set")
        run([VENV / "bin/python", "-c", REMOVE_DATA], "reset", "the old city could not be removed")
        for name in ("files", "demo-made"):
            path = _home() / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _home() -> Path:
    return Path(os.environ.get("SHIYU_HOME") or ROOT / ".shiyu").expanduser().absolute()


def _shiyu() -> str:
    return str(VENV / "bin/shiyu")


def _knows(*words: str) -> bool:
    """Whether this version of `shiyu` has such a command."""
    return not ground.attempt([_shiyu(), *words, "--help"]).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=["demo", "test", "check", "clean"])
    parser.add_argument("--port", default="8000")
    parser.add_argument("--serve", choices=["yes", "no"], default="yes")
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--long", action="store_true")
    words = parser.parse_args()
    try:
        with ground.alone():
            {"demo": demo, "test": test, "check": check, "clean": clean}[words.target](words)
    except Trouble as trouble:
        sys.exit(f"Stopped: {trouble}.")
    except KeyboardInterrupt:
        print("\nInterrupted; the next time it goes on from here.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
