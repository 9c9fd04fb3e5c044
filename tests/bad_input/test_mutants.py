"""Small faults put into rules and lifecycles are noticed, at least 95 of 100 (T-S14)."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.bad_input.equivalents import equivalents
from tests.bad_input.mutations import faults, made_from
from tests.bad_input.putting import put_in
from tests.bad_input.ruled import ROOT, group_of, groups, noticing, ruled

AT_LEAST = 0.95
PIECE_S = 3300

SOUND = """
ROWS = {"open": 1, "closed": 2}
BY_NUMBER = {number: name for name, number in ROWS.items()}
MOST = 3
def _double(number):
    return number + number
def within(number, *, names=("a", "b")):
    if number > MOST or "a" not in names:
        return False
    return _double(number) <= ROWS["closed"] * 3
class Held:
    @property
    def many(self):
        return len(ROWS) == 2
"""


def _planted(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of rules that nobody else has."""
    module = ModuleType("shiyu.planted")
    module.__file__ = "planted.py"
    exec(SOUND, vars(module))
    monkeypatch.setitem(sys.modules, "shiyu.planted", module)
    return module


def _says(module: ModuleType) -> list[object]:
    """All that the planted rules say, through names that were taken before any fault."""
    return [
        *(module.within(number) for number in range(6)), module.within(1, names=()),
        module._double(4), module.Held().many, dict(module.ROWS), module.MOST,
        dict(module.BY_NUMBER),
    ]  # fmt: skip


def test_each_fault_changes_what_the_rules_say_and_keeps_who_they_are(monkeypatch):
    before, said, unseen = _says(_planted(monkeypatch)), set(), set()
    tree = ast.parse(SOUND)
    for fault in faults(tree, vars(_planted(monkeypatch))):
        planted = _planted(monkeypatch)
        within, rows, by_number = planted.within, planted.ROWS, planted.BY_NUMBER
        said.add(fault.name)
        try:
            put_in(planted, fault.statement, *made_from(tree, fault.table))
            after = _says(planted)
        except (LookupError, TypeError):
            after = []
        if after == before:
            unseen.add(fault.name)
        assert planted.within is within
        assert planted.ROWS is rows
        assert planted.BY_NUMBER is by_number
        if fault.table == "ROWS" and after:
            assert by_number == {number: name for name, number in rows.items()}
    assert unseen == {"within: left out | 'b'", "within: 3→+1 | 3"}  # nothing asks for either
    assert said >= {
        "ROWS: left out | 'open'",
        "MOST: 3→+1 | 3",
        "_double: Add→Sub | number + number",
        "within: Gt→GtE | number > MOST",
        "within: NotIn→In | 'a' not in names",
        "within: condition turned | number > MOST or 'a' not in names",
        "within: returns nothing | return _double(number) <= ROWS['closed'] * 3",
        "Held.many: Eq→NotEq | len(ROWS) == 2",
    }


def test_every_file_of_rules_has_tests_to_be_tried_against():
    found = groups()

    assert {"shiyu/cases", "shiyu/cases/clock", "shiyu/common/worktime"} <= set(found)
    assert sum(map(len, found.values())) == len(ruled()) >= 39
    for group in found:
        missing = [test for test in noticing(group) if not (ROOT / test).exists()]
        assert not missing, f"{group}: say in tests/bad_input/ruled.py which tests notice"


def test_a_new_file_of_rules_is_found_by_its_name_or_by_what_it_holds(tmp_path: Path):
    planted = {
        "shiyu/trees/rules.py": "",
        "shiyu/trees/felling.py": "def visible_to(actor):\n    return []\n",
        "shiyu/trees/steps.py": 'MOVES = (_move("fell", "伐", to=None),)\n',
        "shiyu/cases/clock/pause.py": "",
    }
    for name, source in {**planted, "shiyu/trees/views.py": "def show(may):\n    may()\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)

    assert set(ruled(tmp_path)) == set(planted)
    assert group_of("shiyu/trees/rules.py") == "shiyu/trees"
    assert noticing("shiyu/trees") == ("shiyu/trees/tests",)
    assert group_of("shiyu/cases/clock/pause.py") == "shiyu/cases/clock"


def _names(file: str) -> set[str]:
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    return {fault.name for fault in faults(ast.parse((ROOT / file).read_text()), vars(module))}


def test_every_fault_said_to_change_nothing_is_still_there_and_says_why():
    for file, known in equivalents().items():
        gone = set(known) - _names(file)
        assert not gone, f"{file}: no longer there, so take out of equivalents.toml: {gone}"
        assert all(len(why) > 20 for why in known.values()), file


def _gone_through(files: list[str], tests: tuple[str, ...], out: Path, seconds: int) -> dict:
    asked = [*files, *tests, "--seconds", str(seconds), "--out", str(out)]
    command = [sys.executable, "-m", "tests.bad_input.mutants", *asked]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 300, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    print(ended.stdout)
    return json.loads(out.read_text())


@pytest.mark.long
@pytest.mark.parametrize("group", sorted(groups()))
def test_of_a_hundred_faults_in_a_group_of_rules_at_least_95_are_noticed(group, tmp_path):
    found = _gone_through(groups()[group], noticing(group), tmp_path / "found.json", PIECE_S)

    noticed = sum(one["noticed"] for one in found.values())
    survived = [f"{file} {name}" for file, one in found.items() for name in one["survived"]]
    tried = noticed + len(survived)
    assert tried, group
    assert noticed / tried >= AT_LEAST, f"{noticed} of {tried}:\n" + "\n".join(survived)


@pytest.mark.long
def test_a_test_that_looks_at_nothing_notices_next_to_nothing(tmp_path: Path):
    idle = tmp_path / "test_idle.py"
    idle.write_text(
        "from shiyu.common.worktime import Season\n\n"
        "def test_idle():\n    str(Season((1, 2), (3, 4)))\n"
    )
    file = "shiyu/common/worktime/allowance.py"

    found = _gone_through([file], (str(idle),), tmp_path / "found.json", 600)[file]

    assert found["noticed"] < 0.1 * found["faults"]
    assert len(found["survived"]) > 0.8 * found["faults"]
