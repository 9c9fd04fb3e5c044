"""`shiyu bench`: how much intake and the loop bear over real HTTP, beside a floor (压测).

The measuring itself lives in the folder `bench/` of the project, which an installed package does
not bring along.
"""

import json
import sys
from importlib import import_module
from typing import Any

import click

from shiyu.common.home import PROJECT
from shiyu.site.start import refuse

CLIENTS_MOST = 256
SECONDS_MOST = 600
CASES_MOST = 10_000_000
BATCH_MOST = 100
ROUNDS_MOST = 1_000


class Counts(click.ParamType):
    """Some numbers, with commas between them."""

    name = "numbers"

    def __init__(self, most: int = CLIENTS_MOST) -> None:
        self.most = most

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            counts = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers like 1,8,32", param, ctx)
        if not all(0 < count <= self.most for count in counts):
            self.fail(f"from 1 to {self.most} can be measured", param, ctx)
        return tuple(sorted(set(counts)))


@click.command()
@click.argument("what", type=click.Choice(["intake", "loop", "lists"]))
@click.option("--clients", type=Counts(), default="1,8,32", show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0.5, SECONDS_MOST),
    default=20,
    show_default=True,
    help="For each number of clients and each of the two programs.",
)
@click.option(
    "--through",
    type=click.Choice(["pages", "api"]),
    default="pages",
    show_default=True,
    help="As people do it, page by page, or as another system does, by /api/v1.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, BATCH_MOST),
    default=1,
    show_default=True,
    help="So many reports or cases in a request of another system (--through api).",
)
@click.option(
    "--cases",
    type=Counts(most=CASES_MOST),
    default="20000,1000000",
    show_default=True,
    help="Measure the lists in a city of so many cases, then grown to so many (lists).",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, ROUNDS_MOST),
    default=15,
    show_default=True,
    help="Open each page so often, after once to warm up (lists).",
)
@click.option("--photo", is_flag=True, help="Let each report bring a photo (intake).")
@click.option("--json", "as_json", is_flag=True, help="The whole outcome as one line of JSON.")
def command(
    what: str,
    clients: tuple[int, ...],
    seconds: float,
    through: str,
    batch: int,
    cases: tuple[int, ...],
    rounds: int,
    photo: bool,
    as_json: bool,
) -> None:
    """Measure WHAT over real HTTP in a fresh made-up city, beside the least program.

    intake: residents report through the pages, step by step, until the receipt.
    loop: people on duty drive cases from report to closure through the real forms.
    lists: one person opens lists, cases and the resident's pages, in the demo city and in a large.
    With --through api other systems do both by /api/v1, a request for a report or a move, or
    with --batch for many of them.

    Your own city's data is not touched: the run has a database of its own, removed afterwards.
    Exit status 1 when anything acknowledged is missing or there twice, or `shiyu verify` finds
    a fault in what was written.
    """
    if what == "lists":
        _lists(cases, rounds, as_json)
        return
    measure = _measure()
    if photo and (what != "intake" or through != "pages"):
        refuse("--photo belongs to intake through the pages.")
    if batch > 1 and through != "api":
        refuse("--batch belongs to --through api: people send one report at a time.")
    click.echo(measure.HEADS[what], err=True)
    try:
        outcome = measure.run(
            what,
            clients=clients,
            seconds=seconds,
            photo=photo,
            through=through,
            batch=batch,
            say=lambda words: click.echo(words, err=True),
        )
    except measure.Trouble as trouble:
        refuse(str(trouble))
    click.echo(json.dumps(outcome, ensure_ascii=False) if as_json else _told(outcome))
    if not outcome["whole"]:
        click.echo(_told(outcome), err=True)
        sys.exit(1)


def _lists(cases: tuple[int, ...], rounds: int, as_json: bool) -> None:
    """The lists of a small and of a large city; the last line sums up."""
    _measure()
    lists, measure = import_module("bench.lists"), import_module("bench.measure")
    try:
        outcome = lists.run(
            sizes=cases, rounds=rounds, say=lambda words: click.echo(words, err=True)
        )
    except measure.Trouble as trouble:
        refuse(str(trouble))
    slow = outcome["slow"]
    said = f"✗ above the aim: {', '.join(slow)}" if slow else "✓ all within the aim"
    click.echo(json.dumps(outcome, ensure_ascii=False) if as_json else said)


def _measure() -> Any:
    """The measuring code, by its path in the project."""
    if not (PROJECT / "bench" / "measure.py").is_file():
        refuse(
            f"The folder bench/ is not in {PROJECT}: benches run from a clone of the project, "
            "not from an installed package."
        )
    sys.path.insert(0, str(PROJECT))
    return import_module("bench.measure")


def _told(outcome: dict[str, Any]) -> str:
    kept = outcome["kept"]
    mark = "✓" if outcome["whole"] else "✗"
    return (
        f"{mark} {kept['acknowledged']} acknowledged, {kept['lost']} lost, "
        f"{kept['duplicates']} twice, {kept['in_flight']} under way at the end; "
        f"{outcome['verify']}"
    )
