"""Every file of rules, conditions and lifecycles, found by its name or by what it holds.

Nobody has to remember a new one: it is gone through with the tests of its own package, or with
those named here for the longest beginning of its path.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = frozenset(
    {"rules", "guards", "lifecycle", "judged", "sight", "actors", "duties", "wall", "tell"}
)
PACKAGES = frozenset({"clock", "replay", "worktime"})
POLICY = re.compile(r"(may|visible_to|may_see|require)")
MADE_OF_MOVES = re.compile(r"\b_move\(")
SELDOM = ("tests", "migrations")

CASES = "shiyu/cases/tests/"
TESTS: dict[str, tuple[str, ...]] = {
    "shiyu/cases/clock": (
        f"{CASES}test_clock_exact.py", f"{CASES}test_clock_sums.py", f"{CASES}test_clock_moves.py",
        f"{CASES}test_clock_scenario.py", f"{CASES}test_clock.py", f"{CASES}test_retiming_runs.py",
        "shiyu/site/tests/test_clock_command.py",
    ),
    "shiyu/cases/replay": (
        f"{CASES}test_replay_exact.py", f"{CASES}test_lifecycle.py", f"{CASES}test_replay.py",
        f"{CASES}test_replay_walks.py", f"{CASES}test_who_acts.py",
    ),
    "shiyu/cases": (
        f"{CASES}test_who_acts.py", f"{CASES}test_who_sees.py", f"{CASES}test_replay_exact.py",
        f"{CASES}test_start_exact.py", f"{CASES}test_told_exact.py", f"{CASES}test_told_outside.py",
        f"{CASES}test_judged_exact.py",
        f"{CASES}test_lifecycle.py", f"{CASES}test_replay_walks.py",
        f"{CASES}test_acting.py", f"{CASES}test_reach.py", f"{CASES}test_seen_to_count.py",
        f"{CASES}test_actions.py",
    ),
    "shiyu/common/worktime": (
        "shiyu/common/tests/test_worktime.py", "shiyu/common/tests/test_worktime_exact.py",
    ),
    "shiyu/common": ("shiyu/common/tests/test_wall_exact.py", "tests/test_wall.py"),
    "shiyu/calendars": ("shiyu/calendars/tests", "tests/test_calendar_pages.py"),
    "shiyu/people": (
        "shiyu/people/tests/test_who_is_who.py", "shiyu/people/tests", f"{CASES}test_acting.py",
    ),
    "shiyu/privacy": ("shiyu/privacy/tests", "tests/privacy"),
    "shiyu/files": ("shiyu/portal/tests/test_rules_exact.py", "shiyu/files/tests"),
}  # fmt: skip


def ruled(root: Path = ROOT) -> list[str]:
    """The files that say who may do what, when, and what becomes of it."""
    found = []
    for path in sorted((root / "shiyu").rglob("*.py")):
        inner = path.relative_to(root)
        if any(part in SELDOM for part in inner.parts):
            continue
        if path.stem in NAMES or PACKAGES & set(inner.parts[:-1]) or _decides(path.read_text()):
            found.append(str(inner))
    return found


def _decides(source: str) -> bool:
    """Whether a file holds a table of moves, or says openly who may."""
    if not re.search(r"def (may|visible_to|require)|_move\(", source):
        return False
    return bool(MADE_OF_MOVES.search(source)) or any(
        isinstance(node, ast.FunctionDef) and POLICY.fullmatch(node.name)
        for node in ast.parse(source).body
    )


def groups(root: Path = ROOT) -> dict[str, list[str]]:
    """The files by what they are gone through with."""
    found: dict[str, list[str]] = {}
    for file in ruled(root):
        found.setdefault(group_of(file), []).append(file)
    return found


def group_of(file: str) -> str:
    """The longest beginning of the path that has tests of its own; else the package."""
    begun = [name for name in TESTS if file.startswith(f"{name}/")]
    return max(begun, key=len) if begun else "/".join(file.split("/")[:2])


def noticing(group: str) -> tuple[str, ...]:
    """The tests that should notice."""
    return TESTS.get(group, (f"{group}/tests",))
