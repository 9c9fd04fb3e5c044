"""Small faults put into rules and lifecycles one at a time: does a test notice? (变异测试)

    python -m tests.bad_input.mutants shiyu/cases/rules.py TESTS… [--seconds S] [--most N] [--out F]

Tests are collected and the database is made once; each fault lives in a process forked from
there, so that one costs about as long as the first test that notices it: those that noticed the
faults before come first, then the fastest. Only those tests are run that come through the
function with the fault. A function keeps its identity and gets other code; a table keeps its
identity and gets other rows: whoever imported them sees the fault. No file is ever changed.
"""

import ast
import importlib
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tests.bad_input.equivalents import equivalents
from tests.bad_input.mutations import Fault, faults, made_from, readers
from tests.bad_input.putting import PutBadly, forget, put_in

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261122
"""Which faults of a file are tried where not all can be."""
PROCESSOR_S, WAITING_S = 3, 30
"""What a fault may take at least before it counts as one that never ends."""
MEMORY = 3 << 30
KEPT = (Phase.explicit, Phase.generate)
PASSED, NOTICED, NOT_PUT = 0, 1, 3
CONTROL_EACH = 30
EXAMPLES = 25
"""Of a test with made-up examples: fewer than by day, so that no more is claimed than is seen."""
QUICKLY = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--assert=plain", "--tb=no"]


class Paths:
    """Which functions of the files in question a test came through."""

    def __init__(self, files: list[Path]) -> None:
        self.files = {str(file) for file in files}
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, frame: FrameType, _event: str, _arg: object) -> None:
        code = frame.f_code
        if code.co_filename in self.files:
            self.seen.add((code.co_filename, code.co_firstlineno))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be gone through."""

    files: list[str]
    seconds: float = 3600
    """For all of it; at most half of them for the first pass, in which no fault is put in."""
    most: int | None = None
    after: int = 0
    """So many of the order by chance were tried in another run."""
    patience: float = 30
    """Seconds of tests for one fault: what they do not notice has survived."""
    out: Path | None = None


class Mutating:
    """Instead of one run of the tests: one for each fault, each in a process of its own."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.until = time.monotonic() + asked.seconds
        self.found: dict[str, dict[str, Any]] = {}
        # Read at once: others may be writing these files meanwhile.
        self.sources = {file: (ROOT / file).read_text() for file in asked.files}
        self.noticed_by: Counter[str] = Counter()
        self.trusted: set[str] = set()

    def pytest_configure(self) -> None:
        """The same examples for every fault, and none made smaller once one has failed."""
        settings.register_profile("mutants", phases=KEPT, derandomize=True, database=None)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.items:
            os._exit(4)
        for item in session.items:
            _with_few_examples(item)
        self._without_any_fault(session.items)
        self.items = sorted(self.times, key=lambda item: self.times[item])
        for file in self.asked.files:
            self._all_of(file)
        os._exit(0)

    def _without_any_fault(self, items: list[pytest.Item]) -> None:
        from django.db import connections

        self.times: dict[pytest.Item, float] = {}
        self.through: dict[pytest.Item, set[tuple[str, int]]] = {}
        files = [ROOT / file for file in self.asked.files]
        half, first = self.until - self.asked.seconds / 2, items[0]
        for number, (item, following) in enumerate(_in_turn(items), 1):
            is_last = time.monotonic() > half
            forget()
            paths, began = Paths(files), time.monotonic()
            sys.settrace(paths)
            passed = _passes(item, first if is_last else following)
            sys.settrace(None)
            if passed:
                self.times[item], self.through[item] = time.monotonic() - began, paths.seen
            else:
                print("fails without any fault, so left out:", item.nodeid, flush=True)
            if is_last and number < len(items):
                print(f"no time for {len(items) - number} of the tests: left out", flush=True)
                break
        connections.close_all()
        print(f"{len(items)} tests in {sum(self.times.values()):.0f} s", flush=True)

    def _all_of(self, file: str) -> None:
        name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        module = importlib.import_module(name)
        known = equivalents().get(file, {})
        self.tree = ast.parse(self.sources[file])
        every = [one for one in faults(self.tree, vars(module)) if one.name not in known]
        # In an order by chance, always the same: what time allows is a fair sample of all.
        random.Random(SEED).shuffle(every)
        until = self._until(file)
        said = {"faults": len(every) + len(known), "equivalent": len(known), "noticed": 0}
        found: dict[str, Any] = {**said, "survived": [], "untried": 0, "not_put": []}
        self.found[file] = found
        for number, fault in enumerate(every[self.asked.after :]):
            if number >= (self.asked.most or len(every)) or time.monotonic() > until:
                found["untried"] = len(every) - self.asked.after - number
                break
            ended = self._with(module, file, fault)
            if ended == PASSED:
                found["survived"].append(fault.name)
            elif ended == NOT_PUT:
                found["not_put"].append(fault.name)
            else:
                found["noticed"] += 1
            if ended in {PASSED, NOT_PUT}:
                word = "SURVIVED" if ended == PASSED else "NOT PUT"
                print(word, f"{file}:{fault.lines.start}", fault.name, flush=True)
        print(file, {**found, "survived": len(found["survived"])}, flush=True)
        if self.asked.out:
            self.asked.out.write_text(json.dumps(self.found, ensure_ascii=False, indent=1))

    def _until(self, file: str) -> float:
        """What one file leaves is the next one's; none has more than its share of what is left."""
        left = len(self.asked.files) - self.asked.files.index(file)
        return time.monotonic() + (self.until - time.monotonic()) / left

    def _with(self, module: Any, file: str, fault: Fault) -> int:
        for _attempt in range(20):
            items = self._for(file, fault)
            ended, by = self._in_a_fork(items, module, fault) if items else (PASSED, "")
            if ended != NOTICED:
                return ended
            if self._may_be_trusted(items, by):
                self.noticed_by[by] += 1
                return NOTICED
        return PASSED

    def _for(self, file: str, fault: Fault) -> list[pytest.Item]:
        """The tests that come through what is wrong: what noticed others first, then by time."""
        path = str(ROOT / file)
        items, places = self.items, [fault.lines]
        if fault.table.startswith("_"):
            places = readers(self.tree, fault.table)
        if not fault.table or fault.table.startswith("_"):
            lines = {line for f, line in set.union(*self.through.values()) if f == path}
            through = {(path, line) for line in lines if any(line in p for p in places)}
            items = [item for item in items if through & self.through[item]]
        total = sum(self.noticed_by[item.nodeid] for item in items) or 1

        def worth(item: pytest.Item) -> float:
            return self.times[item] / (0.02 + self.noticed_by[item.nodeid] / total)

        items, spent = sorted(items, key=worth), 0.0
        for n, item in enumerate(items):
            spent += self.times[item]
            if spent > self.asked.patience:
                return items[: n + 1]
        return items

    def _may_be_trusted(self, items: list[pytest.Item], by: str) -> bool:
        """At its first notice, and now and then: does the test pass in a fork without the fault?

        If it does so only with the database made anew, the fault is tried again; one that does
        not even then is left out, and ends everything if it has been believed before.
        """
        seldom = (sum(self.noticed_by.values()) + 1) % CONTROL_EACH
        if not by or (by in self.trusted and seldom):
            return True
        alone = [item for item in items if item.nodeid == by]
        if self._in_a_fork(alone, None, None)[0] == PASSED:
            self.trusted.add(by)
            return True
        _renew()
        if self._in_a_fork(alone, None, None)[0] == PASSED:
            print("something was left in the database before:", by, flush=True)
            return False
        print("fails in a fork without any fault:", by, flush=True)
        if by in self.trusted:
            os._exit(2)
        self.items = [item for item in self.items if item.nodeid != by]
        return False

    def _in_a_fork(
        self, items: list[pytest.Item], module: Any, fault: Fault | None
    ) -> tuple[int, str]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _bound(sum(self.times[item] for item in items))
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            made = made_from(self.tree, fault.table) if fault and fault.table else []
            os._exit(_tried(items, module, fault, made, writing))
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            by = pipe.read().decode()
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            _renew()  # it may have been in the midst of something committed
            return NOTICED, by
        return os.WEXITSTATUS(status), by


def _bound(ordinary: float) -> None:
    """A fault that never ends, or takes all memory, is noticed too."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, PROCESSOR_S + 5 * ordinary)
    signal.setitimer(signal.ITIMER_REAL, WAITING_S + 20 * ordinary)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _tried(
    items: list[pytest.Item], module: Any, fault: Fault | None, made: list[ast.stmt], said: int
) -> int:
    try:
        if fault is not None:
            put_in(module, fault.statement, *made)
            forget()
    except PutBadly:
        return NOT_PUT
    except BaseException:
        # A table that cannot be made stops the program at its start; a function always can be.
        return NOTICED if fault is not None and fault.at_import else NOT_PUT
    try:
        # What the first pass left set up may be another module's.
        items[0].session._setupstate.teardown_exact(items[0])
        for item, following in _in_turn(items):
            if not _passes(item, following):
                os.write(said, item.nodeid.encode())
                return NOTICED
    except BaseException:
        os.write(said, item.nodeid.encode())
        return NOTICED
    return PASSED


def _with_few_examples(item: pytest.Item) -> None:
    test = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
    own = getattr(test, "_hypothesis_internal_use_settings", None)
    if own is not None:
        few = min(own.max_examples, EXAMPLES)
        test._hypothesis_internal_use_settings = settings(  # type: ignore[union-attr]
            own, max_examples=few, phases=KEPT, derandomize=True, database=None
        )


def _renew() -> None:
    from shiyu.common.tests.database import run

    if hasattr(run, "template"):  # tests without any database make none
        run.renew()


def _in_turn(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item]]:
    """Each test and the one after it; after the last the first, so that the city stays."""
    return zip(items, [*items[1:], items[0]], strict=True)


def _passes(item: pytest.Item, following: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol

    reports = runtestprotocol(item, nextitem=following, log=False)
    return all(report.passed or report.skipped for report in reports)


def mutate(asked: Asked, tests: list[str]) -> None:
    """Put every fault into these files, beside these tests; ends the process."""
    sys.exit(pytest.main([*QUICKLY, *tests], plugins=[Mutating(asked)]) or 2)


def main() -> None:
    words = sys.argv[1:]
    seconds, most, after, patience, out = (
        _taken(words, name) for name in ("--seconds", "--most", "--after", "--patience", "--out")
    )
    files = [word for word in words if word.startswith("shiyu/") and "/tests" not in word]
    mutate(
        Asked(
            files,
            seconds=float(seconds or 3600),
            most=int(most) if most else None,
            after=int(after or 0),
            patience=float(patience or 30),
            out=Path(out) if out else None,
        ),
        [word for word in words if word not in files],
    )


def _taken(words: list[str], name: str) -> str | None:
    if name not in words:
        return None
    at = words.index(name)
    words.pop(at)
    return words.pop(at)


if __name__ == "__main__":
    main()
