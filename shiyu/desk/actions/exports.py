"""Taking a list out as a file: asked for with a purpose, approved, made, gone after a while (导出).

Every step is a line of the journal under `export:ID`; the words of a purpose stay with the export.
"""

import errno
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter.exceptions import XlsxWriterException

from shiyu.cases import story
from shiyu.cases.actions import note_export
from shiyu.cases.models import CaseQuerySet
from shiyu.common import clock
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.switching import before_switching_on
from shiyu.common.wall import within
from shiyu.desk import filters, rules, workbook
from shiyu.desk.actions import filling
from shiyu.desk.columns import chosen
from shiyu.desk.lifecycle import EXPORT_MOVES, ExportStage
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES, Queue
from shiyu.journal.actions import moment, record
from shiyu.notices.actions import owe
from shiyu.people.actors import Actor
from shiyu.people.seeing import sight_of

REASON_MOST = 200

Later = Callable[[Export], object]


@transaction.atomic
def ask(
    here: Queue,
    asked: Mapping[str, str],
    *,
    columns: Sequence[str],
    purpose: str,
    reason: str,
    personal: bool,
    actor: Actor,
    later: Later,
) -> Export:
    """Ask for a list as a file (申请导出): at once for a few rows, by a second person for many.

    later  owes the job that makes it, in this transaction.

    Raises  Refused without a purpose, for nothing, or for more rows than anybody exports.
    """
    text = _words(reason)
    if purpose not in Export.Purpose.values:
        raise Refused(_("选一个用途"), field="purpose")
    found = filters.read(asked, actor, due=here.due)
    most = rules.limits()
    count = _counted(found.apply(here.cases(actor), timezone.now()), most.rows_most)
    if count > most.rows_most:
        told = {"most": most.rows_most}
        raise Refused(
            _("这个列表超过 %(most)d 行。一次最多导出 %(most)d 行，请缩小筛选范围，分几次导出")
            % told
        )
    if not count:
        raise Refused(_("这个列表现在没有案件，没有可导出的"))
    shown = chosen(columns)
    names = personal and any(column.personal for column in shown)
    if names:
        before_switching_on("export", actor=actor)
    first, last = rules.reach_of(actor)
    alone = count <= rules.alone_left(actor, timezone.now()) and not names
    export = Export.objects.create(
        person_id=actor.id,
        purpose=purpose,
        reason=text,
        queue=here.name,
        filters=dict(found.asked),
        filtered=" · ".join(found.words())[:300],
        columns=[column.name for column in shown],
        personal=names,
        first=first,
        last=last,
        approvals=rules.approvals_for(actor, here.duties),
        counted=count,
        stage=ExportStage.APPROVED if alone else ExportStage.ASKED,
        asked_at=moment(),
    )
    facts = {"purpose": purpose, "rows": count, "columns": export.columns, "personal": names}
    _line(export, "ask", actor, facts)
    if alone:
        later(export)
    else:
        _ask_for_word(export)
    return export


@transaction.atomic
def approve(export: Export, *, actor: Actor, later: Later) -> Export:
    """Approve what another person asked for (批准导出); the whole city's needs two of them."""
    export = _turn(export, "approve", actor)
    if export.approver_id is None:
        export.approver_id = actor.id
    else:
        export.seconder_id = actor.id
    waits = export.approvals > 1 and export.seconder_id is None
    if waits:
        export.stage = ExportStage.ASKED
    export.decided_at = moment(export.asked_at)
    export.save()
    _line(export, "approve", actor, {"waits": waits})
    if waits:
        _ask_for_word(export)
    else:
        later(export)
        _tell_decided(export)
    return export


@transaction.atomic
def refuse(export: Export, *, reason: str, actor: Actor) -> Export:
    """Refuse it, saying why (不批准导出)."""
    export = _turn(export, "refuse", actor)
    export.decision = _words(reason)
    if export.approver_id is None:
        export.approver_id = actor.id
    else:
        export.seconder_id = actor.id
    export.decided_at = moment(export.asked_at)
    export.save()
    _line(export, "refuse", actor)
    _tell_decided(export)
    return export


def follow_places(**_more: object) -> None:
    """What waits for somebody's word is known by the new numbers of its places (随区域重编)."""
    waiting = Export.objects.select_for_update(of=("self",)).filter(stage=ExportStage.ASKED)
    for export in waiting.select_related("person").order_by("pk"):
        export.first, export.last = rules.reach_of(Actor.for_person(export.person))
        export.save(update_fields=["first", "last"])


def make(export: Export) -> None:
    """Write the file of an approved export: whole, or not at all; made twice it is one (生成)."""
    export = Export.objects.select_related("person").get(pk=export.pk)
    if export.stage != ExportStage.APPROVED:
        return
    draft = None
    try:
        draft = workbook.Draft(export.key)
        opened: list[int] = []
        export.held = rules.held_by(Actor.for_person(export.person))
        columns = chosen(export.columns)
        with within(sight_of(Actor.for_person(export.person))):  # and not as the worker
            draft.write(columns, filling.rows(export, columns, opened), filling.mark(export))
        _made(export, draft, opened)
    except (OSError, XlsxWriterException, Refused) as wrong:
        _fail(export, wrong)
    finally:
        if draft is not None:
            draft.drop()


@transaction.atomic
def download(export: Export, *, actor: Actor) -> Path:
    """Hand the file to its owner; each time is on the record (下载导出).

    Raises  NotAllowed when a duty by which its rows were seen is held no more.
    """
    export = _turn(export, "download", actor)
    if not rules.still_holds(actor, export):
        raise NotAllowed(_("生成这个文件后您的岗位变了，不能再下载。需要的话重新导出"))
    path = workbook.path_of(export.key)
    if export.expires_at is None or export.expires_at <= moment() or not path.exists():
        raise OutOfOrder(_("这个文件已过期删除，需要的话重新导出"))
    _line(export, "download", actor)
    return path


def give_up(export: Export) -> bool:
    """Fail one whose job was given up; False where it has ended meanwhile (生成中断)."""
    try:
        _fail(
            export, Refused(_("生成到一半中断了，没有生成文件。请重新导出，再不行告诉系统管理员"))
        )
    except OutOfOrder:
        return False
    return True


def expire() -> int:
    """Delete every file whose time is over; how many (过期删除)."""
    over = Export.objects.filter(stage=ExportStage.MADE, expires_at__lte=clock.now())
    for export in over:
        drop(export)
    return len(over)


@transaction.atomic
def drop(export: Export) -> None:
    """Delete the file of an export now, and say so; twice is once (删除导出文件)."""
    program = Actor.program("exports")
    try:
        gone = _turn(export, "expire", program)
    except OutOfOrder:  # another worker was quicker
        return
    workbook.remove(gone.key)
    gone.save(update_fields=["stage"])
    _line(gone, "expire", program)


def _ask_for_word(export: Export) -> None:
    """Tell those who may approve it that it waits for them."""
    told = {"queue": str(QUEUES[export.queue].title), "count": export.counted}
    people = rules.who_may_decide(export)
    owe(people, export.subject, "export_asked", facts=told, at=moment(export.asked_at))


def _tell_decided(export: Export) -> None:
    told = {"queue": str(QUEUES[export.queue].title), "count": export.counted}
    asker = {export.person_id}
    owe(asker, export.subject, "export_decided", facts=told, at=moment(export.asked_at))


def _turn(export: Export, name: str, actor: Actor) -> Export:
    """Lock an export for one step, and see that it may be made now by this actor."""
    move = EXPORT_MOVES[name]
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if not _may(actor, move.by, export):
        raise NotAllowed(_("您不能对这次导出“%(move)s”") % {"move": move.title})
    if export.stage != move.source:
        told = {"stage": ExportStage(export.stage).label, "move": move.title}
        raise OutOfOrder(_("这次导出%(stage)s，不能“%(move)s”") % told)
    export.stage = move.target
    return export


def _may(actor: Actor, by: str, export: Export) -> bool:
    if by == "another":
        return rules.may_decide(actor, export)
    if by == "owner":
        return actor.kind == "person" and actor.id == export.person_id
    return actor.kind == "program"


@transaction.atomic
def _made(export: Export, draft: workbook.Draft, opened: list[int]) -> None:
    """The file stands at its place and the row says so, or neither."""
    written = Export.objects.values_list("written", flat=True).get(pk=export.pk)
    program, held = Actor.program("exports"), export.held
    export = _turn(export, "make", program)
    export.held = held
    export.made_at = moment(export.asked_at)
    export.expires_at = export.made_at + timedelta(hours=rules.limits().kept_hours)
    export.sha256, export.written = draft.sha256(), written
    export.save()
    if opened:
        owner = Actor("person", export.person_id)
        told = [name for name in ("name", "phone") if name in export.columns]
        note_export(opened, subject=export.subject, actor=owner, fields=told)
    _line(export, "make", program, {"rows": written, "sha256": export.sha256})
    draft.keep()


@transaction.atomic
def _fail(export: Export, wrong: Exception) -> None:
    """Say what went wrong in words; nothing half is left."""
    program = Actor.program("exports")
    export = _turn(export, "fail", program)
    if isinstance(wrong, Refused):
        export.failure = wrong.message[:200]
    elif "No space" in str(wrong) or getattr(wrong, "errno", 0) in {errno.ENOSPC, errno.EDQUOT}:
        export.failure = _("服务器磁盘已满，没有生成文件。请告诉系统管理员，腾出空间后重新导出")
    else:
        export.failure = _("写文件时出错，没有生成文件。请重新导出，再不行告诉系统管理员")
    export.save(update_fields=["stage", "failure"])
    at = _line(export, "fail", program)
    told = {"queue": str(QUEUES[export.queue].title), "count": export.counted}
    owe([export.person_id], export.subject, "export_failed", facts=told, at=at)


def _counted(cases: CaseQuerySet, most: int) -> int:
    """How many rows, looking no further than one past the most."""
    return cases.order_by().values("pk")[: most + 1].count()


def _words(text: str) -> str:
    clean = " ".join(story.plain(text).split())
    if not clean:
        raise Refused(_("写明用来做什么、给谁看"), field="reason")
    if len(clean) > REASON_MOST:
        over = {"most": REASON_MOST, "over": len(clean) - REASON_MOST}
        raise Refused(_("说明最多 %(most)d 字，现在多了 %(over)d 字") % over, field="reason")
    return clean


def _line(
    export: Export, verb: str, actor: Actor, facts: Mapping[str, object] | None = None
) -> datetime:
    at = moment()
    record(export.subject, verb, actor=actor, at=at, facts=facts or {})
    return at
