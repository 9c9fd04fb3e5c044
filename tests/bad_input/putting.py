"""A fault is put into the running program: whoever holds the sound thing holds the wrong one.

No file is changed. A function keeps its identity and gets other code, a table other rows.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from shiyu.common.ready import Select

PLAIN = (int, str, float, bool, bytes, type(None))
"""Values that others hold by chance: only a name that came from here is given another."""


REMEMBER = (Select, type(lru_cache(lambda: None)))


class PutBadly(Exception):
    """The fault could not be put in: nothing is said about the tests."""


def put_in(module: Any, statement: ast.stmt, *made_of_it: ast.stmt) -> None:
    """Give what the statements make to everybody who has the old one."""
    names = vars(module)
    scratch = dict(names)
    if isinstance(statement, ast.FunctionDef):
        statement.decorator_list = []  # what it is given to has done its work; the code alone goes
    code = compile(ast.Module([statement, *made_of_it], []), module.__file__, "exec")
    exec(code, scratch)  # our own source with one change
    for name, new in scratch.items():
        if new is not names.get(name) and name != "__builtins__":
            _give(names, name, new, is_class=isinstance(statement, ast.ClassDef))


def _give(names: dict[str, Any], name: str, new: Any, *, is_class: bool) -> None:
    old = names.get(name)
    if is_class:
        for inner, value in vars(new).items():
            _recode(vars(old).get(inner), value)
    elif callable(inspect.unwrap(new)) and hasattr(inspect.unwrap(new), "__code__"):
        _recode(old, new)
    elif isinstance(old, dict | set):
        old.clear()
        old.update(new)
    elif isinstance(old, list):
        old[:] = new
    else:
        _rebind(name, old, new)


def _recode(old: Any, new: Any) -> None:
    old, new = (_plain(one) for one in (old, new))
    if not (hasattr(old, "__code__") and hasattr(new, "__code__")):
        return
    if len(old.__code__.co_freevars) != len(new.__code__.co_freevars):
        raise PutBadly(old)
    old.__code__, old.__defaults__ = new.__code__, new.__defaults__
    old.__kwdefaults__ = new.__kwdefaults__


def _plain(one: Any) -> Any:
    """The function within a property, a method of a class or a decorator."""
    one = getattr(one, "fget", None) or getattr(one, "func", None) or one
    one = getattr(one, "__func__", one)
    return inspect.unwrap(one) if callable(one) else one


def _rebind(name: str, old: Any, new: Any) -> None:
    for module in _ours():
        for held, value in list(vars(module).items()):
            if value is old and (held == name or not isinstance(old, PLAIN)):
                setattr(module, held, new)


def forget() -> None:
    """What was worked out before is worked out anew."""
    for one in _remembering(len(sys.modules)):
        if isinstance(one, Select):
            vars(one).pop("_compiled", None)
        else:
            one.cache_clear()


@lru_cache(maxsize=1)
def _remembering(_modules: int) -> list[Any]:
    """Whatever of ours remembers; looked for again when a module has come in."""
    found = [one for module in _ours() for one in list(vars(module).values())]
    return [one for one in found if type(one) in REMEMBER and one is not _remembering]


def _ours() -> Iterator[Any]:
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("shiyu", "tests")):
            yield module
