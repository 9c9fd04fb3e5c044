"""What all imports of a city's own files share: their options, and what they say (自有文件)."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from shiyu.common.sheets import Outcome, Reject
    from shiyu.people.actors import Actor

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_AT_MOST = 40

accept_valid = click.option(
    "--accept-valid", is_flag=True, help="take in the valid rows even if others are rejected"
)
dry_run = click.option("--dry-run", is_flag=True, help="say what would happen; write nothing")
rejects = click.option(
    "--rejects",
    "rejects_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="write the rejected rows with their reasons to this csv",
)


def carry_out(file: Path, run: "Callable[[Actor], Outcome]", rejects_file: Path | None) -> None:
    """Read and write the file, then say what became of it."""
    django_ready()
    from django.utils import translation

    from shiyu.common.errors import Refused
    from shiyu.people.actors import Actor

    click.echo(f"读取 {file} …", err=True)
    with translation.override("zh-hans"):
        try:
            outcome = run(Actor.program("import"))
        except Refused as refusal:
            raise click.ClickException(refusal.message) from None
        _tell("提示", outcome.notes)
        _tell("退回", outcome.rejected)
        if rejects_file is not None:
            _write_rejects(rejects_file, outcome.rejected)
            click.echo(f"退回的行已写入 {rejects_file}", err=True)
        click.echo(outcome.summary)
    if outcome.rejected and not outcome.applied:
        raise SystemExit(1)


def checking(rows: int) -> None:
    click.echo(f"共 {rows} 行，检查并写入 …", err=True)


def _tell(title: str, rows: "list[Reject]") -> None:
    for row in rows[:SHOWN_AT_MOST]:
        click.echo(f"{title} {row}" + (f"（{_short(row.text)}）" if row.text else ""))
    if len(rows) > SHOWN_AT_MOST:
        click.echo(f"{title} 还有 {len(rows) - SHOWN_AT_MOST} 条，可用 --rejects 写成文件")


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:40]


def _write_rejects(path: Path, rows: "list[Reject]") -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["工作表", "行", "原因", "内容"])
        table.writerows([row.sheet, row.row, row.reason, row.text] for row in rows)
