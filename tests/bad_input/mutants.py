"""Small faults put into rules and lifecycles one at a time: does a test notice? (变异测试)

    python -m tests.bad_input.mutants shiyu/cases/rules.py TESTS… [--every N] [--seconds S]

Tests are collected and the database is made once; each fault lives in a process forked from
there, so that one costs about as long as the first test that notices it. A function keeps its
identity and gets other code; a table keeps its identity and gets other rows: whoever imported
them sees the fault.
"""

import ast
import copy
import importlib
import inspect
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHOLE_S = 90
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}  # fmt: skip
NOTHING = ast.Constant(None)


def faults(tree: ast.Module) -> Iterator[tuple[int, str, ast.stmt]]:
    """Each fault: which statement of the module, what it is, and the statement with it."""
    for at, statement in enumerate(tree.body):
        if isinstance(statement, ast.Import | ast.ImportFrom) or _is_text(statement):
            continue
        if _acts_at_import(statement):
            continue
        for number, said in enumerate(_places(statement)):
            changed = copy.deepcopy(statement)
            list(_places(changed, do=number))
            yield at, said, ast.fix_missing_locations(changed)


def _acts_at_import(node: ast.stmt) -> bool:
    """`__all__`, and what others are decorated with: it has done its work when a fault comes."""
    if isinstance(node, ast.FunctionDef):
        inner = [one for one in ast.walk(node) if isinstance(one, ast.FunctionDef)]
        return len(inner) > 1
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _places(statement: ast.stmt, *, do: int = -1) -> Iterator[str]:
    """Where a statement can be made wrong, in a fixed order; the one asked for is made."""
    number = 0
    for node in ast.walk(statement):
        for said, change in _changes(node):
            if number == do:
                change()
                yield said
                return
            number += 1
            if do < 0:
                yield f"{getattr(node, 'lineno', statement.lineno)}: {said}"


def _changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            if other := SWAPPED.get(type(op)):
                yield (
                    f"{type(op).__name__}→{other.__name__}",
                    lambda i=i, o=other: _put(node.ops, i, o()),
                )
    elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPPED:
        other = SWAPPED[type(node.op)]
        yield f"{type(node.op).__name__}→{other.__name__}", lambda: setattr(node, "op", other())
    elif isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes):
        if isinstance(node.value, bool):
            yield f"{node.value}→not", lambda: setattr(node, "value", not node.value)
        elif isinstance(node.value, int):
            yield f"{node.value}→+1", lambda: setattr(node, "value", node.value + 1)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition turned", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Return) and node.value is not None:
        if ast.unparse(node.value) not in {"None", "False", "''"}:
            yield "returns nothing", lambda: setattr(node, "value", NOTHING)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield "filter dropped", lambda: node.ifs.pop()
    elif isinstance(node, ast.Tuple | ast.Set | ast.List) and len(node.elts) > 1:
        for i in range(len(node.elts)):
            yield f"element {i} dropped", lambda i=i: node.elts.pop(i)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "_move":
        yield from _of_a_move(node)
    if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.With):
        for i, inner in enumerate(node.body):
            removable = ast.Assign | ast.AugAssign | ast.Raise | ast.Expr | ast.Delete
            if isinstance(inner, removable) and not _is_text(inner):
                yield f"{inner.lineno} left out", lambda i=i: _put(node.body, i, ast.Pass())


def _of_a_move(node: ast.Call) -> Iterator[tuple[str, Any]]:
    """A row of a lifecycle: a stage less, another target, a duty less, no words owed."""
    for i in range(2, len(node.args)):
        yield f"source {i - 2} dropped", lambda i=i: node.args.pop(i)
    for keyword in node.keywords:
        if keyword.arg == "to" and ast.unparse(keyword.value) != "None":
            yield "no target", lambda k=keyword: setattr(k, "value", NOTHING)
        held = getattr(keyword.value, "elts", [])
        if keyword.arg == "by" and len(held) == 1:
            yield "no duty", lambda h=held: h.clear()


def _put(where: list[Any], at: int, what: Any) -> None:
    where[at] = what


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
        else:
            _rebind(old, new)


def _recode(old: Any, new: Any) -> None:
    old, new = (getattr(one, "fget", None) or getattr(one, "__func__", one) for one in (old, new))
    old, new = (
        inspect.unwrap(old) if callable(old) else old,
        inspect.unwrap(new) if callable(new) else new,
    )
    if hasattr(old, "__code__") and hasattr(new, "__code__"):
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__


def _rebind(old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("shiyu", "tests")):
            for name, value in list(vars(module).items()):
                if value is old:
                    setattr(module, name, new)


class Mutating:
    """Instead of one run of the tests: one for each fault, each in a process of its own."""

    def __init__(self, target: str, every: int, seconds: float) -> None:
        self.path, self.every = ROOT / target, every
        self.until = time.monotonic() + seconds
        self.module = target.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.survived: list[str] = []
        self.killed = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from django.db import connections

        times: dict[pytest.Item, float] = {}
        for item, following in _in_turn(session.items):
            began = time.monotonic()
            if not _passes(item, following):
                raise SystemExit(f"fails without any fault: {item.nodeid}")
            times[item] = time.monotonic() - began
        connections.close_all()
        ordered = sorted(session.items, key=lambda item: times[item])
        module = importlib.import_module(self.module)
        for number, (_, said, changed) in enumerate(faults(ast.parse(self.path.read_text()))):
            if number % self.every:
                continue
            if time.monotonic() > self.until:
                print("no more time; not tried from", said, flush=True)
                break
            if self._noticed(ordered, module, changed):
                self.killed += 1
            else:
                self.survived.append(said)
                print("SURVIVED", self.path.name, said, flush=True)
        whole = self.killed + len(self.survived)
        print(f"{self.path.relative_to(ROOT)}: {self.killed} of {whole} noticed", flush=True)
        os._exit(0)

    def _noticed(self, items: list[Any], module: Any, changed: ast.stmt) -> bool:
        child = os.fork()
        if child == 0:
            signal.alarm(WHOLE_S)  # a fault that never ends is noticed too
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            try:
                put_in(module, changed)
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


def main() -> None:
    words, every, seconds = sys.argv[1:], 1, 3600.0
    if "--every" in words:
        every = int(_taken(words, "--every"))
    if "--seconds" in words:
        seconds = float(_taken(words, "--seconds"))
    target, *tests = words
    asked = ["-p", "no:cacheprovider", "-q", *tests]
    pytest.main(asked, plugins=[Mutating(target, every, seconds)])


def _taken(words: list[str], name: str) -> str:
    at = words.index(name)
    words.pop(at)
    return words.pop(at)


if __name__ == "__main__":
    main()
