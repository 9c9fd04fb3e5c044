"""The parts of `shiyu verify` for the journal's seals and the facts (日志、统计核验)."""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shiyu.site.start import connect

if TYPE_CHECKING:
    from shiyu.journal.audit import Audited, Fault

SHOWN = 20


def verify_journal(witness: Path | None = None, key: str = "", dump: Path | None = None) -> int:
    """Reckon the whole chain anew beside its witness; say the faults, the first of them last."""
    from shiyu.journal.audit import Audited, first_of, verify
    from shiyu.journal.witnessed import Witnessed

    audited, begun = Audited(), time.monotonic()
    faults: list[Fault] = []
    witnessed = Witnessed(witness, key=key)
    with connect("worker") as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for fault in verify(connection, witnessed, audited):
            if fault is None:
                _progress(audited, begun)
            elif len(faults) < SHOWN:
                faults.append(fault)
                click.echo(f"✗ {_told(fault)}")
        if dump is not None and not faults:
            _dump(connection, dump)
    if sys.stderr.isatty():
        click.echo("", err=True)
    if faults:
        click.echo(f"✗ journal: {audited.faults} faults; the first: {_told(first_of(faults))}")
    for note in audited.notes:
        click.echo(f"  journal: {note}")
    seconds = max(time.monotonic() - begun, 0.001)
    click.echo(
        f"{'✗' if faults else '✓'} journal: {audited.lines} sealed lines in {audited.batches} "
        f"batches, {audited.waiting} not sealed yet, {audited.remarks} remarks, {witnessed.marks} "
        f"marks in {seconds:.1f} s ({audited.lines / seconds:.0f} lines/s): {audited.faults} faults"
    )
    return audited.faults


def verify_facts(first: datetime | None = None, last: datetime | None = None) -> int:
    """Count the daily facts anew from the journal; say the differences, the first day first."""
    from shiyu.facts.audit import differences
    from shiyu.facts.recount import Recounted

    done, begun = Recounted(), time.monotonic()
    days = [day.date() if day else None for day in (first, last)]
    for fault in differences(done, *days):
        if fault is not None and done.faults <= SHOWN:
            click.echo(f"✗ {fault.says}")
    click.echo(
        f"{'✗' if done.faults else '✓'} facts: {done.facts} counted anew from {done.lines} lines "
        f"in {time.monotonic() - begun:.1f} s: {done.faults} faults"
    )
    return done.faults


def _progress(audited: "Audited", begun: float) -> None:
    if sys.stderr.isatty():
        rate = audited.lines / max(time.monotonic() - begun, 0.001)
        click.echo(f"\r  {audited.lines} sealed lines, {rate:.0f}/s", err=True, nl=False)


def _told(fault: "Fault") -> str:
    """A fault with the number of its line, its case and its batch, as far as they are known."""
    where = [f"line {fault.line}"] if fault.line is not None else []
    if fault.subject:
        where.append(_record(fault.subject))
    if fault.batch:
        where.append(f"batch {fault.batch}")
    return f"{', '.join(where) or 'journal'}: {fault.says}"


def _record(subject: str) -> str:
    """The number of a case by its subject; other records as they are named."""
    from shiyu.cases.models import Case

    kind, _, pk = subject.partition(":")
    if kind != "case" or not pk.isdecimal():
        return subject
    number = Case.objects.filter(pk=int(pk)).values_list("number", flat=True).first()
    return f"case {number}" if number else subject


def _dump(connection: object, path: Path) -> None:
    from shiyu.journal.dump import dump

    with path.open("wb") as file:
        lines = dump(connection, file)  # type: ignore[arg-type]
    click.echo(f"  journal: {lines} sealed lines written to {path}")
