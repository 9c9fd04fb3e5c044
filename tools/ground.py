"""The ground everything stands on: environment, packages, built front end, compiled messages."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
NOTES = VENV / "bootstrap"  # what has been done, and the log of each step
WEB = ROOT / "web"
BUILT = ROOT / "shiyu/site/static/built"
MESSAGES = ROOT / "tools/messages.py"
SAY_EVERY_S = 5.0

_began = time.monotonic()
_lock: int | None = None


class Trouble(Exception):
    """What is missing, in one sentence."""


def say(sentence: str) -> None:
    print(f"[{time.monotonic() - _began:6.1f} s] {sentence}", flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Say when something begins, and how long it took."""
    say(f"{name} …")
    start = time.monotonic()
    yield
    say(f"{name}: done in {time.monotonic() - start:.1f} s")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Only one `make` at a time prepares this folder."""
    global _lock
    try:
        _lock = os.open(ROOT / ".bootstrap.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        raise Trouble(
            f"the folder {ROOT} belongs to somebody else: make a clone of your own"
        ) from None
    try:
        fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another `make` is at work here; waiting for it …")
        fcntl.flock(_lock, fcntl.LOCK_EX)
    yield


def become(command: Sequence[str]) -> None:
    """Turn into that program, which then receives signals and gives the exit code itself."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(command[0], list(command))  # the lock is not inherited


def attempt(command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def run(command: Sequence[str | Path], log: str | None, trouble: str, **variables: str) -> None:
    """Carry out a command; its words go to a log, or to the terminal when there is no log."""
    words = [str(word) for word in command]
    environment = {**os.environ, **variables}
    if log is None:
        if subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode:
            raise Trouble(trouble)
        return
    NOTES.mkdir(parents=True, exist_ok=True)
    place = NOTES / f"{log}.log"
    with (
        place.open("w+") as file,
        subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT
        ) as process,
    ):
        _wait(process, place)
    if process.returncode:
        raise Trouble(f"{trouble}: {_last_error(place)} (all of it in {place.relative_to(ROOT)})")


def _wait(process: "subprocess.Popen[bytes]", place: Path) -> None:
    """Until it has ended; every few seconds, say what it is at."""
    told, told_at = "", time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
            return
        if time.monotonic() - told_at > SAY_EVERY_S:
            line = _last_line(place)
            if line and line != told:
                say(f"  {line[:100]}")
            told, told_at = line, time.monotonic()


def _last_line(place: Path) -> str:
    lines = place.read_text(errors="replace").strip().splitlines()
    telling = [line for line in lines if not line.lstrip().startswith("WARNING")]
    return telling[-1].split(" (from ")[0].strip() if telling else ""


def _last_error(place: Path) -> str:
    text = place.read_text(errors="replace")
    errors = re.findall(r"(?im)^(?:error|npm (?:err!|error)|stopped)[: ]+(.+)$", text)
    return (errors[-1] if errors else _last_line(place)).strip().rstrip(".")


def environment() -> None:
    """The virtual environment, made anew if it has been moved or its Python is gone."""
    python = VENV / "bin/python"
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    if python.exists() and not attempt([python, "-c", probe]).returncode:
        return
    with step(f"virtual environment (Python {sys.version.split()[0]})"):
        made = attempt([sys.executable, "-m", "venv", "--clear", VENV])
        if made.returncode:
            said = (made.stdout + made.stderr).strip()
            if "ensurepip" in said:
                raise Trouble("this Python cannot make virtual environments: install python3-venv")
            raise Trouble(f"no virtual environment could be made: {said.splitlines()[-1]}")


def packages(kind: str) -> None:
    """Exactly the packages of a lock file, each checked by its hash; nothing if they are there."""
    done = _read_note("packages")
    python = VENV / "bin/python"
    wanted = {name: _hash([ROOT / "requirements" / f"{name}.lock"]) for name in ("base", "dev")}
    wanted["project"] = _hash([ROOT / "pyproject.toml"]) + str(ROOT)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    if done.get(kind) != wanted[kind]:
        with step(f"packages of requirements/{kind}.lock"):
            lock = ["--require-hashes", "-r", ROOT / "requirements" / f"{kind}.lock"]
            run([*pip, "--progress-bar", "off", *lock], "packages", "packages are missing")
        done |= {"base": wanted["base"], kind: wanted[kind]}
    if done.get("project") != wanted["project"]:
        own = ["--no-deps", "--no-build-isolation", "-e", ROOT]
        run([*pip, *own], "project", "the project itself could not be installed")
        done["project"] = wanted["project"]
    _write_note("packages", done)


def front_end() -> None:
    """Build what browsers load, with the node that came from PyPI; nothing if nothing changed."""
    if not (WEB / "package.json").exists():
        return
    sources = sorted(path for path in WEB.rglob("*") if _is_source(path))
    wanted = {"sources": _hash(sources), "lock": _hash([WEB / "package-lock.json"])}
    done = _read_note("front-end")
    if done == wanted and any(BUILT.glob("*")):
        return
    npm = [VENV / "bin/npm", "--prefix", WEB, "--no-fund", "--no-audit"]
    variables = {
        "npm_config_cache": str(VENV / "npm-cache"),
        "npm_config_update_notifier": "false",
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    with step("front end"):
        if done.get("lock") != wanted["lock"] or not (WEB / "node_modules").is_dir():
            words = [*npm, "--prefer-offline", "ci"]
            run(words, "npm-ci", "the front end's packages are missing", **variables)
            _write_note("front-end", {"lock": wanted["lock"]})
        run([*npm, "run", "build"], "npm-build", "the front end does not build", **variables)
    _write_note("front-end", wanted)


def _is_source(path: Path) -> bool:
    return path.is_file() and "node_modules" not in path.parts


def messages() -> None:
    """Compile the catalogues of translated texts."""
    catalogues = sorted(ROOT.glob("shiyu/*/locale/*/LC_MESSAGES/*.po"))
    if not catalogues or not MESSAGES.exists():
        return
    wanted = {"catalogues": _hash(catalogues)}
    compiled = list(ROOT.glob("shiyu/*/locale/*/LC_MESSAGES/*.mo"))
    if compiled and _read_note("messages") == wanted:
        return
    with step("translations"):
        words = [VENV / "bin/python", MESSAGES, "compile"]
        run(words, "messages", "the translations could not be compiled")
    _write_note("messages", wanted)


def _hash(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.exists():
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read_note(name: str) -> dict[str, str]:
    try:
        note: dict[str, str] = json.loads((NOTES / f"{name}.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return note


def _write_note(name: str, note: dict[str, str]) -> None:
    NOTES.mkdir(parents=True, exist_ok=True)
    (NOTES / f"{name}.json").write_text(json.dumps(note))
