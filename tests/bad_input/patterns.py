"""Every regular expression of the program, found in its source, and what is worst for each."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import _parser as parser
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "shiyu"
WAYS = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
ANYWHERE = WAYS - {"match", "fullmatch"}
SKIPPED = frozenset({"tests", "migrations"})
NOT_TO_LOAD = frozenset({"shiyu.live.asgi", "shiyu.site.wsgi"})
"""Servers: they hold no pattern that is not in the module they load."""


@dataclass(frozen=True)
class Found:
    """One pattern, where it stands, and whether it is looked for anywhere in a text."""

    where: str
    pattern: "re.Pattern[Any]"
    is_anywhere: bool


@cache
def everywhere() -> tuple[list[Found], list[str]]:
    """All patterns; and where one is made of what is only known when it runs."""
    found: list[Found] = []
    unknown: list[str] = []
    for path in sorted(PROGRAM.rglob("*.py")):
        if SKIPPED & set(path.parts):
            continue
        source = path.read_text()
        if "re." not in source:
            continue
        for one in _in_file(path, ast.parse(source)):
            (found if isinstance(one, Found) else unknown).append(one)  # type: ignore[arg-type]
    return found, unknown


def _in_file(path: Path, tree: ast.Module) -> Iterator[Found | str]:
    name = str(path.relative_to(PROGRAM))
    ways = _ways_of_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func.value) != "re" or not node.args:
            continue
        if node.func.attr != "compile" and node.func.attr not in WAYS:
            continue
        where = f"{name}:{node.lineno}"
        pattern = _value(path, node.args[0])
        if not isinstance(pattern, str | bytes):
            yield f"{where} {ast.unparse(node.args[0])}"
            continue
        used = {node.func.attr} - {"compile"} or ways.get(_target(tree, node), set(WAYS))
        flags = _value(path, node.args[1]) if len(node.args) > 1 and not used - {"x"} else 0
        yield Found(where, re.compile(pattern, flags if isinstance(flags, int) else 0),
                    bool(used & ANYWHERE))  # fmt: skip


def _value(path: Path, node: ast.expr) -> Any:
    """What an expression of constants is, in its module."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        pass
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    try:
        return eval(ast.unparse(node), dict(vars(module)))  # our own source, names of its module
    except NameError:
        return None


def _target(tree: ast.Module, call: ast.Call) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.value is call:
            return ast.unparse(node.targets[0])
    return ""


def _ways_of_names(tree: ast.Module) -> dict[str, set[str]]:
    """By name of a compiled pattern: how this module uses it."""
    ways: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in WAYS:
            ways.setdefault(ast.unparse(node.value), set()).add(node.attr)
    return ways


# ---- what is worst ----------------------------------------------------------------------------


def example(pattern: "re.Pattern[Any]") -> str:
    """A text that the pattern takes, by walking its own tree."""
    written = pattern.pattern
    text = written.decode("latin-1") if isinstance(written, bytes) else written
    return "".join(_one(item) for item in parser.parse(text, pattern.flags & ~re.UNICODE))


def _one(item: tuple[Any, Any]) -> str:
    op, value = str(item[0]), item[1]
    if op == "LITERAL":
        return chr(value)
    if op == "NOT_LITERAL":
        return "b" if value == ord("a") else "a"
    if op == "ANY":
        return "a"
    if op == "IN":
        return _of_set(value)
    if op == "BRANCH":
        return "".join(_one(i) for i in value[1][-1])
    if op == "SUBPATTERN":
        return "".join(_one(i) for i in value[3])
    if op in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, inner = value
        return "".join(_one(i) for i in inner) * max(1, min(least, 4), min(2, int(most)))
    return ""


CATEGORY = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "w"}


def _of_set(items: list[tuple[Any, Any]]) -> str:
    if str(items[0][0]) == "NEGATE":
        taken = {chr(v) for op, v in items[1:] if str(op) == "LITERAL"}
        return next(sign for sign in "a b-中,0" if sign not in taken)
    op, value = str(items[-1][0]), items[-1][1]
    if op == "RANGE":
        return chr(value[0])
    if op == "CATEGORY":
        return CATEGORY.get(str(value), "-")
    return chr(value)


def pumps(pattern: "re.Pattern[Any]") -> set[str]:
    """What, repeated, makes a pattern go back and forth: pieces of what it takes."""
    text = example(pattern)
    pieces = set(text[:40]) | {text[i : i + 2] for i in range(min(len(text) - 1, 20))}
    return {piece for piece in (*pieces, text[:60], "a", "0", " ", "中", ",") if piece}


def worst(pump: str, size: int, *, of: "re.Pattern[Any]") -> Any:
    """So much of it, and at the end what the pattern does not take."""
    text = (pump * (size // len(pump) + 1))[:size] + "\x00!"
    return text.encode("utf-8", "replace") if isinstance(of.pattern, bytes) else text
