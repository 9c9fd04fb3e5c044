"""`shiyu trace NUMBER`: what came of one request: actions, jobs, deliveries, with times (追踪)."""

import json
from datetime import timedelta
from typing import TextIO

import click

from shiyu.site.start import connect, hold_database, refuse


@click.command()
@click.argument("number")
@click.option(
    "--log",
    type=click.File(encoding="utf-8", errors="replace"),
    help="A log in JSON to look through as well; - reads it from a pipe.",
)
@click.option("--days", default=1.0, show_default=True, help="How long after it to look.")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def command(number: str, log: TextIO | None, days: float, as_json: bool) -> None:
    """Tell what became of the request of this number (X-Request-Id, or on the error page).

    For what only the log knows:  journalctl -u 'shiyu-*' -o cat | shiyu trace NUMBER --log -
    """
    from shiyu.site.tracing import trace

    hold_database()
    with connect("worker") as connection:
        try:
            found = trace(connection, number, within=timedelta(days=days), log=log or ())
        except ValueError as error:
            refuse(f"{number}: {error}")
    if as_json:
        stops = [{"at": s.at.isoformat(), "sort": s.sort, "said": s.said} for s in found]
        click.echo(json.dumps(stops, ensure_ascii=False, indent=1))
        return
    if not found:
        refuse("Nothing is known of it: it changed nothing, or its log is not here (--log).")
    first = found[0].at
    for stop in found:
        after = (stop.at - first).total_seconds()
        at = stop.at.astimezone().isoformat(timespec="milliseconds")
        click.echo(f"{at}  +{after:9.3f} s  {stop.sort:<8} {stop.said}")
