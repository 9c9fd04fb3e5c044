"""What stands in a file that is taken out: its rows, and who took it out for what (导出内容)."""

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.desk import filters, rules, workbook
from shiyu.desk.around import around
from shiyu.desk.columns import Column, Told
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person

AT_A_TIME = 500


def rows(export: Export, columns: Sequence[Column], opened: list[int]) -> Iterator[list[Told]]:
    """The rows, newest first, some hundred at a time: what the owner may see at that moment."""
    actor = Actor.for_person(export.person)
    here = QUEUES[export.queue]
    if not actor.holds(*here.duties):
        raise Refused(_("申请人已没有这个列表的岗位"))
    found = filters.read(export.filters, actor, due=here.due)
    wanted, most = {column.name for column in columns}, rules.limits().rows_most
    if export.approver_id is None:  # as many as were asked for: nobody has agreed to more
        most = min(most, export.counted)
    below, written = None, 0
    while written < most:
        now = timezone.now()
        cases = found.apply(here.cases(actor), now)
        if below is not None:
            cases = cases.filter(pk__lt=below)
        batch = list(cases.with_row().order_by("-pk")[: min(AT_A_TIME, most - written)])
        if not batch:
            return
        told, shown = around(batch, wanted, actor=actor, now=now, unmasked=export.personal)
        opened += shown
        for case in batch:
            yield [column.tell(case, told) for column in columns]
        below, written = batch[-1].pk, written + len(batch)
        _wrote(export, written)


def _wrote(export: Export, rows: int) -> None:
    """How far the file is, for the page that waits."""
    Export.objects.filter(pk=export.pk).update(written=rows)


def mark(export: Export) -> workbook.Mark:
    """Who took this out, when, what for: on every printed page and on a sheet of its own."""
    now = f"{timezone.localtime(timezone.now()):%Y-%m-%d %H:%M}"
    unit = _unit_of(export.person)
    who = f"{export.person.name}（{unit}）" if unit else export.person.name
    what = f"{export.get_purpose_display()}：{export.reason}"
    line = _("%(who)s %(when)s 导出，用途 %(what)s，编号 %(key)s，不得外传") % {
        "who": who,
        "when": now,
        "what": what,
        "key": export.key[:8],
    }
    names = _("已批准显示") if export.personal else _("已隐去")
    facts = (
        (_("导出人"), who),
        (_("导出时间"), now),
        (_("用途"), what),
        (_("列表"), str(QUEUES[export.queue].title)),
        (_("筛选"), export.filtered or _("没有筛选")),
        (_("批准人"), _approvers(export)),
        (_("姓名和电话"), names),
        (_("编号"), export.key),
        (_("说明"), _("每次导出和下载都有记录。文件到期自动删除，已下载的由下载人负责销毁。")),
    )
    return workbook.Mark(line, facts)


def _approvers(export: Export) -> str:
    people = [who.name for who in (export.approver, export.seconder) if who is not None]
    return "、".join(people) or _("行数少，无须批准")


def _unit_of(person: Person) -> str:
    held = Appointment.objects.in_force(timezone.localdate()).filter(person=person)
    return held.values_list("post__unit__name", flat=True).first() or ""
