"""`shiyu privacy`: what is known of people, how long, and what was erased (隐私)."""

import csv
import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import django

from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from shiyu.privacy.actions.breaching import Affected, Extent

TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
PRIVATE = 0o600


@click.group("privacy")
def command() -> None:
    """What is known of people: the data catalogue, keeping, erasing."""


@command.command("catalogue")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def show_catalogue(as_json: bool) -> None:
    """Every column and place that may hold a personal value: class, purpose, basis, keeping."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")
    django.setup()
    from django.utils import translation

    from shiyu.privacy import catalogue

    with translation.override("zh-hans"):
        rows = catalogue.as_rows()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(f"{row['where']:<40} {row['class']:<10} {row['kept']}")
        click.echo(f"{'':<40} {'、'.join(row['purposes'])}；{row['basis']}")
        click.echo(f"{'':<40} 谁能看：{row['seen_by']}；遮盖：{row['masked']}")
    click.echo(f"{len(rows)} columns and places.")


@command.command("retain")
@click.option("--dry-run", is_flag=True, help="only say what is due")
def retain(dry_run: bool) -> None:
    """Purge what has been kept long enough, in batches; what the law holds back stays."""
    django_ready()
    from shiyu.privacy.actions import retention

    if dry_run:
        for name, count in retention.due().items():
            click.echo(f"{name:<10} {count.gone} due, {count.held} held back by law")
        return
    for name, count in retention.run().items():
        click.echo(f"{name:<10} {count.gone} purged, {count.held} held back by law")


@command.command("replay")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(path: Path) -> None:
    """Erase again what the list at PATH names and this database still has, after a restore."""
    django_ready()
    from shiyu.privacy.actions import replay_erasures

    for name, count in sorted(replay_erasures(path).items()):
        click.echo(f"{name:<12} {count}")


@command.command("breach")
@click.option("--since", type=TIME, required=True, help="Read from then on, in the city's time.")
@click.option("--until", type=TIME, help="Read before then; now if left out.")
@click.option("--by", "account", default="", help="By this account alone.")
@click.option("--case", "number", default="", help="Of this case alone.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Where files go.")
@click.option("--now", "for_real", is_flag=True, help="Do it; without this it is only reckoned.")
def breach(
    since: datetime,
    until: datetime | None,
    account: str,
    number: str,
    to: Path | None,
    for_real: bool,
) -> None:
    """After a leak: end open access grants, list whose data were read, draft the notices.

    Without --now nothing is changed and nothing written: how many grants would end, how many
    people are affected. With it the grants end at once, and the folder --to gets affected.csv (no
    names, no numbers) and two drafts to fill in.
    """
    django_ready()
    from shiyu.privacy.actions import breaching

    extent = _extent(since, until, account, number)
    found, grants = breaching.affected(extent), breaching.open_grants(extent).count()
    reads = sum(one.reads for one in found)
    click.echo(f"{reads} reads of {len(found)} reports, {grants} grants open")
    click.echo(f"{breaching.reporters_left(found)} of their makers can still be reached")
    if not for_real:
        click.echo("Nothing was changed. --now --to FOLDER ends the grants and writes the files.")
        return
    if to is None:
        raise click.UsageError("--now needs --to FOLDER for the list and the drafts")
    click.echo(f"{breaching.freeze(extent)} grants ended")
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_affected(to / "affected.csv", found)
    for name, text in breaching.notices(extent, found):
        _private(to / name).write_text(text)
    click.echo(f"affected.csv and two drafts are in {to}. Close the account itself at /people/.")


def _extent(since: datetime, until: datetime | None, account: str, number: str) -> "Extent":
    from django.utils import timezone

    from shiyu.cases.models import Case
    from shiyu.people.models import Person
    from shiyu.privacy.actions.breaching import Extent

    person = Person.objects.filter(username=account).first()
    case = Case.objects.filter(number=number.upper()).first()
    if account and person is None:
        raise click.UsageError(f"there is no account {account}")
    if number and case is None:
        raise click.UsageError(f"there is no case {number}")
    return Extent(
        timezone.make_aware(since),
        timezone.make_aware(until) if until else timezone.now(),
        person.pk if person else None,
        case.pk if case else None,
    )


def _write_affected(path: Path, found: "list[Affected]") -> None:
    with _private(path).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case", "report", "first", "last", "reads", "fields", "channels", "by"])
        for one in found:
            said = ("、".join(sorted(some)) for some in (one.fields, one.channels, one.readers))
            rows.writerow([one.number, one.report, one.first, one.last, one.reads, *said])


def _private(path: Path) -> Path:
    path.touch(mode=PRIVATE)
    return path
