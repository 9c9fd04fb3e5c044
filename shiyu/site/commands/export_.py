"""`shiyu export`: everything the city owns, in open formats, complete enough to move away."""

import errno
from pathlib import Path

import click

from shiyu.site.start import connect, django_ready, refuse

PURPOSE_LEAST = 2


@click.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--purpose", default="", help="why the data leave; kept in the journal's remark")
@click.option("--check", "only_check", is_flag=True, help="verify an export; nothing is written")
def command(path: Path, purpose: str, only_check: bool) -> None:
    """Write everything the city owns to the folder or FILE.zip PATH.

    Every table as CSV and as JSON Lines, places as GeoJSON (WGS-84), pictures as they are, a
    manifest with counts and SHA-256, and a data dictionary. All is read as of one moment, while
    the city goes on. PATH appears when it is whole; broken off, nothing is left.

    The export holds PERSONAL DATA (the manifest says in which columns): names and telephones of
    reporters and the numbers hidden in their words, IN CLEAR; in the database they are encrypted
    with keys that stay here. That it was made, when, how much and what for stands in the journal.
    Secrets of signing in do not leave.
    """
    django_ready()
    from django.utils import translation

    from shiyu.common.errors import Refused

    with translation.override("zh-hans"):
        try:
            _check(path) if only_check else _leave(path, purpose)
        except Refused as refusal:
            refuse(refusal.message)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            refuse(f"{'磁盘空间不足' if full else error.strerror}：没有写成 {path}，未留下半成品")


def _leave(path: Path, purpose: str) -> None:
    from shiyu.history.moving import records
    from shiyu.history.moving.leaving import leave
    from shiyu.site.commands.city_ import Bar

    if len(purpose.strip()) < PURPOSE_LEAST:
        refuse("写明用途：--purpose 迁往新平台，合同某某号")
    bar = Bar()
    about = records.begin(purpose.strip())
    seen = [""]

    def show(table: str, done: int, of: int) -> None:
        if table != seen[0]:
            seen[0] = table
            bar.say(table)
        bar.show(done, max(of, done + 1))

    with connect("web") as connection:
        left = leave(connection, path, about=about, progress=show)
    records.end(left)
    bar.end()
    for name in left.missing[:10]:
        click.echo(f"照片文件不在了：{name}", err=True)
    click.echo(
        f"{left.tables} 张表 {left.rows} 行、共 {left.files} 个文件写到 {path}；"
        f"清单 SHA-256 {left.sha256}。其中有个人信息，请按规定保管"
    )


def _check(path: Path) -> None:
    from shiyu.history.moving.checking import check

    count, wrong = check(path)
    for sentence in wrong[:40]:
        click.echo(sentence)
    click.echo(f"共 {count} 个文件，{len(wrong)} 处不符" + ("" if wrong else "，完整"))
    if wrong:
        raise SystemExit(1)
