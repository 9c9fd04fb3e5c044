"""The page of backups and drills: how old, how far, what a loss costs, what to do (备份和演练)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, needs
from shiyu.site.backup.state import Seen, read_seen

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SILENT_AFTER = timedelta(minutes=5)
LATE = 2.0
TAKE, DRILL, CHECK = "shiyu backup", "shiyu restore --drill", "shiyu backup --check"
ARCHIVING: dict[str, tuple["StrPromise", str]] = {
    "off": (gettext_lazy("没有开：数据库要重启一次"), "shiyu backup --restart"),
    "fails": (gettext_lazy("送不出去：备份盘满了、没挂上，或者是别的城市的"), "shiyu doctor"),
    "elsewhere": (gettext_lazy("送到别处去了，不在这个备份里"), TAKE),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that must hold, whether it does, and what to do if not (command, to be typed)."""

    title: str
    well: bool
    said: str
    todo: str = ""
    command: str = ""


@needs(Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)
@require_safe
def backups(request: SignedIn) -> HttpResponse:
    """How the backups and the drills stand (备份和演练)."""
    seen, now = read_seen(), datetime.now(UTC)
    about: dict[str, Any] = {"seen": seen}
    if seen is not None:
        verdicts = list(verdicts_of(seen, now))
        about |= {"verdicts": verdicts, "wrong": sum(not one.well for one in verdicts)}
        about["bases"] = [_base(row) for row in seen.bases]
        about["drills"] = [_drill(row) for row in seen.drills]
    return render(request, "site/backups.html", about)


def verdicts_of(seen: Seen, now: datetime) -> "list[Verdict]":
    """What must hold for nothing to be lost, in the order in which one would repair it."""
    return [_keeper(seen, now), _newest(seen, now), _archive(seen), _drilled(seen, now)]


def _keeper(seen: Seen, now: datetime) -> Verdict:
    title = _("随时备份")
    kept = _at(seen.kept_at)
    if now - _sure(seen.looked_at) > SILENT_AFTER:
        said = _("备份进程没有动静，最后一次是 {when}").format(when=_when(seen.looked_at))
        return Verdict(title, False, said, _("启动它"), "systemctl start shiyu-keeper")
    if seen.trouble:
        return Verdict(title, False, seen.trouble, _("先解决这一条，再看下面"), "shiyu doctor")
    said = _("照片、见证和删除清单每半分钟抄一次，最近 {when}").format(when=_when(seen.kept_at))
    return Verdict(title, kept is not None, said)


def _newest(seen: Seen, now: datetime) -> Verdict:
    title = _("整库备份")
    if not seen.bases:
        return Verdict(title, False, _("一份也没有"), _("马上做一份"), TAKE)
    if seen.gap:
        said = _("日志中间缺了一段，恢复不到缺口以后")
        return Verdict(title, False, said, _("马上重做一份"), TAKE)
    age = now - _sure(seen.bases[0]["ended_at"])
    said = _("最近一份 {when}，共 {n} 份").format(
        when=_when(seen.bases[0]["ended_at"]), n=len(seen.bases)
    )
    well = age <= LATE * timedelta(hours=seen.every_hours)
    return Verdict(title, well, said, "" if well else _("过期了，补做一份"), "" if well else TAKE)


def _archive(seen: Seen) -> Verdict:
    title = _("日志归档")
    if seen.archiving:
        why, command = ARCHIVING[seen.archiving]
        return Verdict(title, False, str(why), _("看数据库日志，按手册处理"), command)
    if not seen.archived_until:
        return Verdict(title, True, _("还没有要归档的"))
    said = _("到 {when}，有改动时最多隔 60 秒").format(when=_when(seen.archived_until))
    return Verdict(title, True, said)


def _drilled(seen: Seen, now: datetime) -> Verdict:
    title = _("恢复演练")
    if not seen.drills:
        well = not seen.drill_days
        return Verdict(title, well, _("还没有演练过"), _("做一次：没有恢复过的备份不算备份"), DRILL)
    last = seen.drills[0]
    if not last["well"]:
        said = _("{when} 没有成功：{why}").format(when=_when(last["at"]), why=last["says"])
        return Verdict(title, False, said, _("改正以后再演练一次"), DRILL)
    said = _("{when} 成功：{back} 秒恢复并核验完，当时出事会丢 {loss} 秒").format(
        when=_when(last["at"]), back=round(last["back_s"]), loss=round(last["loss_s"])
    )
    late = bool(seen.drill_days) and now - _sure(last["at"]) > LATE * timedelta(
        days=seen.drill_days
    )
    return Verdict(title, not late, said, _("过期了，再演练一次") if late else "", DRILL)


def _base(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": row["name"], "at": _at(row["ended_at"]), "size": filesizeformat(row["bytes"])}


def _drill(row: dict[str, Any]) -> dict[str, Any]:
    """A drill as a row: what a reader of figures wants."""
    size = row.get("gigabytes", 0)
    return {
        "at": _at(row["at"]),
        "well": row["well"],
        "back_s": round(row.get("back_s", 0)),
        "loss_s": round(row.get("loss_s", 0)),
        "size": filesizeformat(round(size * 1e9)) if size else "—",
        "photos": row.get("photos", 0),
        "says": row.get("says", ""),
    }


def _at(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _sure(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _when(text: str) -> str:
    """`2026-11-21 10:32` in the city's time."""
    return f"{timezone.localtime(_sure(text)):%Y-%m-%d %H:%M}" if text else "—"
