"""Small faults put into rules and lifecycles one at a time: does a test notice? (变异测试)

    python -m tests.bad_input.mutants shiyu/cases/rules.py TESTS… [--every N] [--seconds S]

Tests are collected and the database is made once; each fault lives in a process forked from
there, so that one costs about as long as the first test that notices it. Only those tests are run
that come through the function with the fault. A function keeps its identity and gets other code;
a table keeps its identity and gets other rows: whoever imported them sees the fault.
"""

import ast
import importlib
import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.bad_input.mutations import Fault, faults

ROOT = Path(__file__).resolve().parents[2]
AT_LEAST_S = 10


# ---- putting a fault in -----------------------------------------------------------------------


def put_in(module: Any, statement: ast.stmt) -> None:
    """Give what the statement makes to everybody who has the old one."""
    names = vars(module)
    scratch = dict(names)
    code = compile(ast.Module([statement], []), module.__file__, "exec")
    exec(code, scratch)  # our own source with one change
    for name, new in scratch.items():
        old = names.get(name)
        if new is old or name == "__builtins__":
            continue
        if isinstance(statement, ast.ClassDef):
            for inner, value in vars(new).items():
                _recode(vars(old).get(inner), value)
        elif callable(inspect.unwrap(new)) and hasattr(inspect.unwrap(new), "__code__"):
            _recode(old, new)
        elif isinstance(old, dict):
            old.clear()
            old.update(new)
        elif isinstance(old, list):
            old[:] = new
        elif isinstance(old, set):
            old.clear()
            old.update(new)
        else:
            _rebind(old, new)
    forget()


def _recode(old: Any, new: Any) -> None:
    old, new = (
        getattr(one, "fget", None) or getattr(one, "func", None) or one for one in (old, new)
    )
    old, new = (getattr(one, "__func__", one) for one in (old, new))
    old, new = (
        inspect.unwrap(old) if callable(old) else old,
        inspect.unwrap(new) if callable(new) else new,
    )
    if hasattr(old, "__code__") and hasattr(new, "__code__"):
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__


def _rebind(old: Any, new: Any) -> None:
    for module in _ours():
        for name, value in list(vars(module).items()):
            if value is old:
                setattr(module, name, new)


def forget() -> None:
    """What was worked out before a fault came is worked out anew."""
    from shiyu.common.ready import Select

    for module in _ours():
        for value in list(vars(module).values()):
            if isinstance(value, Select):
                vars(value).pop("_compiled", None)
            elif callable(clear := getattr(value, "cache_clear", None)):
                clear()


def _ours() -> Iterator[Any]:
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("shiyu", "tests")):
            yield module


# ---- which tests come where --------------------------------------------------------------------


class Paths:
    """Which functions of the files in question a test came through."""

    def __init__(self, files: list[Path]) -> None:
        self.files = {str(file) for file in files}
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, frame: FrameType, _event: str, _arg: object) -> None:
        code = frame.f_code
        if code.co_filename in self.files:
            self.seen.add((code.co_filename, code.co_firstlineno))


class Mutating:
    """Instead of one run of the tests: one for each fault, each in a process of its own."""

    def __init__(self, targets: list[str], every: int, seconds: float) -> None:
        self.targets, self.every = targets, every
        self.until = time.monotonic() + seconds
        self.found: dict[str, dict[str, Any]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from django.db import connections

        self.times: dict[pytest.Item, float] = {}
        self.through: dict[pytest.Item, set[tuple[str, int]]] = {}
        files = [ROOT / target for target in self.targets]
        for item, following in _in_turn(session.items):
            forget()
            paths, began = Paths(files), time.monotonic()
            sys.settrace(paths)
            passed = _passes(item, following)
            sys.settrace(None)
            if not passed:
                print("fails without any fault:", item.nodeid, flush=True)
                os._exit(2)
            self.times[item], self.through[item] = time.monotonic() - began, paths.seen
        connections.close_all()
        self.ordered = sorted(session.items, key=lambda item: self.times[item])
        for target in self.targets:
            self._all_of(target)
        print(json.dumps(self.found, ensure_ascii=False), flush=True)
        os._exit(0)

    def _all_of(self, target: str) -> None:
        path = ROOT / target
        name = target.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        module = importlib.import_module(name)
        tree = ast.parse(path.read_text())
        noticed, survived, left = 0, [], 0
        for number, fault in enumerate(faults(tree, vars(module))):
            if number % self.every:
                continue
            if time.monotonic() > self.until:
                left += 1
            elif self._noticed(module, path, fault):
                noticed += 1
            else:
                survived.append(fault.name)
                print("SURVIVED", target, fault.lines.start, fault.name, flush=True)
        print(
            f"{target}: {noticed} of {noticed + len(survived)} noticed, {left} not tried",
            flush=True,
        )
        self.found[target] = {"noticed": noticed, "survived": survived, "left": left}

    def _noticed(self, module: Any, path: Path, fault: Fault) -> bool:
        items = self.ordered
        if not fault.at_import:
            items = [
                item
                for item in items
                if any(f == str(path) and line in fault.lines for f, line in self.through[item])
            ]
        if not items:
            return False
        child = os.fork()
        if child == 0:
            most = AT_LEAST_S + 4 * sum(self.times[item] for item in items)
            signal.alarm(int(most))  # a fault that never ends is noticed too
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            try:
                put_in(module, fault.statement)
                passed = all(_passes(*pair) for pair in _in_turn(items))
            except BaseException:
                passed = False
            os._exit(0 if passed else 1)
        return os.waitpid(child, 0)[1] != 0


def _in_turn(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item]]:
    """Each test and the one after it; after the last the first, so that the city stays."""
    return zip(items, [*items[1:], items[0]], strict=True)


def _passes(item: pytest.Item, following: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol

    reports = runtestprotocol(item, nextitem=following, log=False)
    return all(report.passed or report.skipped for report in reports)


def mutate(targets: list[str], tests: list[str], *, every: int = 1, seconds: float = 3600) -> None:
    """Put every fault into these files, beside these tests; ends the process."""
    asked = ["-p", "no:cacheprovider", "-q", "-p", "no:randomly", *tests]
    pytest.main(asked, plugins=[Mutating(targets, every, seconds)])


def main() -> None:
    words, every, seconds = sys.argv[1:], 1, 3600.0
    if "--every" in words:
        every = int(_taken(words, "--every"))
    if "--seconds" in words:
        seconds = float(_taken(words, "--seconds"))
    targets = [word for word in words if word.startswith("shiyu/") and "/tests/" not in word]
    mutate(targets, [word for word in words if word not in targets], every=every, seconds=seconds)


def _taken(words: list[str], name: str) -> str:
    at = words.index(name)
    words.pop(at)
    return words.pop(at)


if __name__ == "__main__":
    main()
