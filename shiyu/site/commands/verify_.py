"""`shiyu verify`: replay the clocks, check the invariants and the journal's seals (核验)."""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shiyu.site.start import django_ready
from shiyu.site.verifying import verify_facts, verify_journal

if TYPE_CHECKING:
    from shiyu.cases.audit import Audited

SHOWN = 20
WHAT = ("all", "clock", "invariants", "journal", "facts")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("what", type=click.Choice(WHAT), default="all")
@click.option(
    "--witness",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="journal: a copy of the witness file kept elsewhere, instead of this server's own.",
)
@click.option(
    "--key", default="", help="journal: the public key that the witness file begins with."
)
@click.option(
    "--dump",
    type=click.Path(dir_okay=False, path_type=Path),
    help="journal: write the sealed lines, if they hold, for tools/verify_receipt.py.",
)
@click.option("--day", type=DAY, help="facts: this day of the city alone.")
@click.option("--from", "first", type=DAY, help="facts: from this day on.")
@click.option("--to", "last", type=DAY, help="facts: up to this day.")
def command(
    what: str,
    witness: Path | None,
    key: str,
    dump: Path | None,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
) -> None:
    """Replay every case from its journal (clock), check what must never be false (invariants),
    recompute every seal of the journal and compare it with the witness file (journal), count the
    daily facts anew from the journal (facts).

    Exit status 0 when everything holds, 1 with the faults named otherwise; the last line sums up.
    """
    django_ready()
    from shiyu.cases.audit import INVARIANTS, Audited, broken_invariants

    if what == "journal":
        sys.exit(1 if verify_journal(witness, key, dump) else 0)
    if what == "facts":
        sys.exit(1 if verify_facts(day or first, day or last) else 0)
    audited, begun = Audited(), time.monotonic()
    if what == "all":
        audited.faults += verify_journal(witness, key, dump)
        audited.faults += verify_facts()
    if what in {"all", "clock"}:
        _replay(audited, begun)
    if what in {"all", "invariants"}:
        for fault in broken_invariants():
            audited.faults += 1
            click.echo(f"✗ {fault.subject}: {fault.says}")
    if what == "all":
        _tell_unassessed()
    seconds = time.monotonic() - begun
    mark = "✓" if audited.faults == 0 else "✗"
    replayed = f"{audited.cases} cases, {audited.lines} lines"
    looked_at = f"{len(INVARIANTS)} invariants of all cases" if what == "invariants" else replayed
    click.echo(f"{mark} verified {looked_at} in {seconds:.1f} s: {audited.faults} faults")
    sys.exit(1 if audited.faults else 0)


def _tell_unassessed() -> None:
    """What is done with people's data without an assessment: told, no fault of the record."""
    from shiyu.privacy.rules import unassessed

    for title in unassessed():
        click.echo(f"! no valid impact assessment (影响评估): {title}; see /privacy/assessments/")


def _replay(audited: "Audited", begun: float) -> None:
    from shiyu.cases.audit import replay_all
    from shiyu.cases.models import Case

    there = Case.objects.count()
    for fault in replay_all(audited):
        if fault is None:
            rate = audited.cases / max(time.monotonic() - begun, 0.001)
            left = max(0, there - audited.cases) / rate / 60
            told = f"{audited.cases} of {there} cases replayed, {rate:.0f}/s, {left:.0f} min left"
            click.echo(f"\r  {told} ", err=True, nl=False)
        elif audited.faults <= SHOWN:
            click.echo(f"✗ {fault.subject}: {fault.says}")
    click.echo("", err=True)
