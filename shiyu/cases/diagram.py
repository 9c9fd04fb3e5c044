"""The life of a case as a drawing, made from the table itself so that it never lies (流程图)."""

from collections.abc import Iterator

from shiyu.cases.lifecycle import FINAL, MOVES, OPEN, Move, Stage

ALL_OPEN = "open"


def mermaid() -> str:
    """A Mermaid state diagram of all moves that change the stage."""
    lines = ["stateDiagram-v2", "    [*] --> reported: 上报"]
    lines += [f"    {stage.value}: {stage.label}" for stage in Stage]
    lines.append(f"    {ALL_OPEN}: 任一在办阶段")
    lines += [f"    {source} --> {target}: {titles}" for source, target, titles in _edges()]
    lines += [f"    {stage.value} --> [*]" for stage in Stage if stage in FINAL]
    return "\n".join(lines) + "\n"


def beside() -> str:
    """The moves that leave the stage as it is, as a list."""
    kept = [move for move in MOVES.values() if move.target is None]
    return "、".join(f"{move.title}（`{move.name}`）" for move in kept)


def _edges() -> Iterator[tuple[str, str, str]]:
    """From, to and the names of the moves between, each pair once, in the order of the table."""
    found: dict[tuple[str, str], list[str]] = {}
    for move in MOVES.values():
        if move.target is None:
            continue
        for source in _sources(move):
            found.setdefault((source, move.target.value), []).append(str(move.title))
    for (source, target), titles in found.items():
        yield source, target, "、".join(titles)


def _sources(move: Move) -> list[str]:
    """The stages it starts from; one box for a move that starts from every open stage."""
    if move.sources >= OPEN:
        return [ALL_OPEN]
    return [stage.value for stage in Stage if stage in move.sources]
