"""The small faults that can be put into a statement, each with a name that outlives other edits.

A fault is named by where it lies, what it does and the words it does it to, without a line's
number: `may: condition turned | actor.kind == 'program'`.
"""

import ast
import copy
import enum
import pickle
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add,
}  # fmt: skip
NOTHING = ast.Constant(None)
NARROWING = frozenset({"filter", "exclude", "Q"})
SPOKEN = frozenset({"_", "gettext", "ValueError", "TypeError", "Meta"})
"""Calls whose words are for people: a fault in there is one of wording."""
REMOVABLE = ast.Assign | ast.AugAssign | ast.Raise | ast.Expr | ast.Delete
Change = tuple[str, ast.AST, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its name, the lines of what it lies in, and how the statement with it is made.

    table  the name of what is made wrong as the module is read; nothing for a function's fault.
    """

    name: str
    lines: range
    table: str
    number: int
    sound: bytes
    names: Mapping[str, Any]

    @property
    def at_import(self) -> bool:
        """Whether the fault strikes as the module is read."""
        return bool(self.table)

    @property
    def statement(self) -> ast.stmt:
        """The statement with the fault."""
        changed: ast.stmt = pickle.loads(self.sound)  # our own tree, copied the quickest way
        list(_places(changed, self.names, do=self.number))
        return ast.fix_missing_locations(changed)


def faults(tree: ast.Module, names: Mapping[str, Any]) -> Iterator[Fault]:
    """Each fault of a module, in the order of its lines; `names` are what the module holds."""
    seen: Counter[str] = Counter()
    for statement in tree.body:
        sound = pickle.dumps(statement)
        for number, (said, inner) in enumerate(_places(statement, names)):
            seen[said] += 1
            name = said if seen[said] == 1 else f"{said} #{seen[said]}"
            table = "" if isinstance(inner, ast.FunctionDef) else said.partition(":")[0]
            lines = range(_first(inner), (inner.end_lineno or inner.lineno) + 1)
            yield Fault(name, lines, table, number, sound, names)


def readers(tree: ast.Module, table: str) -> list[range]:
    """The functions of a module that read a table, or one that is made from it."""
    told = {table}.union(*(_words(made, ast.Store) for made in made_from(tree, table)))
    return [
        range(_first(node), (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and told & _words(node)
    ]


def made_from(tree: ast.Module, table: str) -> list[ast.stmt]:
    """What is made of a table as the module is read, in this order, and of that in turn."""
    told, found = {table}, list[ast.stmt]()
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and told & _words(statement):
            told |= _words(statement, ast.Store)
            found.append(statement)
    return found


def _words(node: ast.AST, how: type[ast.expr_context] = ast.Load) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, how)}


def _first(node: ast.stmt) -> int:
    decorated = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorated)])


def _places(
    statement: ast.stmt, names: Mapping[str, Any], *, do: int = -1
) -> Iterator[tuple[str, ast.stmt]]:
    """Where a statement can be made wrong, in a fixed order; the one asked for is made."""
    number = 0
    for inner, where, body in _parts(statement):
        for node in _walked(body):
            for said, about, change in _changes(node, names):
                if number == do:
                    change()
                    return
                number += 1
                if do < 0:
                    words = " ".join(ast.unparse(about).split())
                    yield f"{where}: {said} | {words[:70]}", inner


def _parts(statement: ast.stmt) -> Iterator[tuple[ast.stmt, str, list[ast.AST]]]:
    """What of a statement does something: bodies of functions, tables; no type, no words."""
    if isinstance(statement, ast.FunctionDef):
        if not _is_spent(statement):
            yield statement, statement.name, [statement]
    elif isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            if isinstance(inner, ast.FunctionDef):
                yield inner, f"{statement.name}.{inner.name}", [inner]
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        name = ast.unparse(target)
        value = statement.value
        is_alias = isinstance(value, ast.Subscript) or (
            isinstance(value, ast.BinOp) and _is_type(value)
        )
        if name != "__all__" and not is_alias:
            yield statement, name, [value]


def _is_type(node: ast.BinOp) -> bool:
    """An alias of types, e.g. int | None."""
    return isinstance(node.op, ast.BitOr) and any(
        isinstance(side, ast.Constant | ast.Subscript)
        or (isinstance(side, ast.Name) and side.id in {"int", "str", "float", "bool", "date"})
        for side in (node.left, node.right)
    )


def _is_spent(node: ast.FunctionDef) -> bool:
    """What others are decorated with: it has done its work when a fault comes."""
    inner = [one.name for one in ast.walk(node) if isinstance(one, ast.FunctionDef)][1:]
    returned = [
        ast.unparse(r.value) for r in ast.walk(node) if isinstance(r, ast.Return) and r.value
    ]
    return any(name in returned for name in inner)


def _walked(roots: list[ast.AST]) -> Iterator[ast.AST]:
    """Every node that acts: not types, not defaults of types, not what is said to people."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop(0)
        yield node
        if isinstance(node, ast.FunctionDef):
            waiting += [*node.body, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.AnnAssign):
            waiting += [node.value] if node.value else []
        elif isinstance(node, ast.Raise) or _is_for_people(node):
            continue
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "cast":
            waiting += node.args[1:]
        else:
            waiting += list(ast.iter_child_nodes(node))


def _is_for_people(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _speaks(node.left)
    return isinstance(node, ast.Call) and ast.unparse(node.func) in SPOKEN


def _speaks(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant | ast.JoinedStr) or (
        isinstance(node, ast.Call) and ast.unparse(node.func) in SPOKEN
    ) or (isinstance(node, ast.Name) and node.id in {"text", "said", "words"})  # fmt: skip


def _changes(node: ast.AST, names: Mapping[str, Any]) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            if other := SWAPPED.get(type(op)):
                said = f"{type(op).__name__}→{other.__name__}"
                yield said, node, lambda i=i, o=other: _put(node.ops, i, o())
    elif isinstance(node, ast.BoolOp):
        other = SWAPPED[type(node.op)]
        said = f"{type(node.op).__name__}→{other.__name__}"
        yield said, node, lambda: setattr(node, "op", other())
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
        other = SWAPPED[type(node.op)]
        said = f"{type(node.op).__name__}→{other.__name__}"
        if not (isinstance(node.op, ast.Add | ast.Mod) and _is_words(node)):
            yield said, node, lambda: setattr(node, "op", other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", node, lambda: setattr(node, "op", _Same())
    elif isinstance(node, ast.Constant):
        yield from _of_a_constant(node)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        said = "condition turned"
        turned = ast.UnaryOp(ast.Not(), node.test)
        yield said, node.test, lambda: setattr(node, "test", turned)
    elif isinstance(node, ast.Return) and node.value is not None:
        if ast.unparse(node.value) not in {"None", "False", "''", '""', "[]"}:
            yield "returns nothing", node, lambda: setattr(node, "value", NOTHING)
    elif isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            yield "filter dropped", node.ifs[i], lambda i=i: node.ifs.pop(i)
    elif isinstance(node, ast.Tuple | ast.Set | ast.List) and len(node.elts) > 1:
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            for i, one in enumerate(node.elts):
                yield "left out", one, lambda i=i: node.elts.pop(i)
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        for i, key in enumerate(node.keys):
            yield "left out", key or node.values[i], lambda i=i: _forget(node, i)
    elif isinstance(node, ast.Call):
        yield from _of_a_call(node)
    elif isinstance(node, ast.Attribute):
        yield from _of_a_member(node, names)
    for field in ("body", "orelse"):
        yield from _of_a_block(node, field)


def _of_a_constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        was = node.value
        yield f"{was}→not", node, lambda: setattr(node, "value", not was)
    elif isinstance(node.value, int):
        was = node.value
        yield f"{was}→+1", node, lambda: setattr(node, "value", was + 1)


def _of_a_call(node: ast.Call) -> Iterator[Change]:
    name = ast.unparse(node.func)
    if name == "_move":  # a row of a lifecycle: a stage less, no target, a duty less, no words
        for i in range(2, len(node.args)):
            row = ast.unparse(node.args[0])
            yield f"{row} loses", node.args[i], lambda i=i: node.args.pop(i)
        for keyword in node.keywords:
            if keyword.arg == "to" and ast.unparse(keyword.value) != "None":
                row = ast.unparse(node.args[0])
                yield (
                    f"{row} no target",
                    keyword.value,
                    lambda k=keyword: setattr(k, "value", NOTHING),
                )
            held = getattr(keyword.value, "elts", [])
            if keyword.arg == "by" and len(held) == 1:
                row = ast.unparse(node.args[0])
                yield f"{row} no duty", held[0], lambda h=held: h.clear()
    elif name.rpartition(".")[2] in NARROWING and len(node.args) + len(node.keywords) > 0:
        for i, keyword in enumerate(node.keywords):
            if len(node.keywords) + len(node.args) > 1 or name != "Q":
                yield "no longer asked", keyword, lambda i=i: node.keywords.pop(i)


def _of_a_member(node: ast.Attribute, names: Mapping[str, Any]) -> Iterator[Change]:
    """Another stage, duty or state than the one written."""
    whole = names.get(node.value.id) if isinstance(node.value, ast.Name) else None
    if isinstance(whole, type) and issubclass(whole, enum.Enum) and node.attr in whole.__members__:
        all_ = list(whole.__members__)
        other = all_[(all_.index(node.attr) + 1) % len(all_)]
        yield f"→{other}", copy.copy(node), lambda: setattr(node, "attr", other)


def _of_a_block(node: ast.AST, field: str) -> Iterator[Change]:
    block = getattr(node, field, None)
    if not isinstance(block, list) or isinstance(node, ast.ClassDef):
        return
    for i, inner in enumerate(block):
        is_text = isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant)
        if isinstance(inner, REMOVABLE) and not is_text:
            yield "left out", inner, lambda i=i: _put(block, i, ast.Pass())


class _Same(ast.UAdd):
    """`+` leaves a truth value what it is."""


def _is_words(node: ast.BinOp) -> bool:
    kinds = (ast.JoinedStr,)
    return any(
        isinstance(s, kinds) or (isinstance(s, ast.Constant) and isinstance(s.value, str))
        for s in (node.left, node.right)
    )


def _put(where: list[Any], at: int, what: Any) -> None:
    where[at] = what


def _forget(node: ast.Dict, at: int) -> None:
    del node.keys[at], node.values[at]
