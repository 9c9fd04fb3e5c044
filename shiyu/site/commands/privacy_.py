"""`shiyu privacy`: what is known of people, how long, and what was erased (隐私)."""

import json
import os
from pathlib import Path

import click
import django

from shiyu.site.start import django_ready


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
