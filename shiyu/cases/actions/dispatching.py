"""What the dispatch desk does: send out, call back, grant time (派遣)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases import guards, rules
from shiyu.cases.actions.turn import begin
from shiyu.cases.models import Assignment, Case
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.people.actors import Actor
from shiyu.people.models import Unit


@transaction.atomic
def dispatch(
    case: Case,
    *,
    lead: Unit | None = None,
    co: Sequence[Unit] = (),
    actor: Actor,
    reason: str = "",
    version: int | None = None,
) -> Case:
    """Hand a filed case to the units that must handle it (派遣): one lead, any co-handlers.

    lead  may be left out only when a lead is at work and an objection left a gap beside it.

    Raises  Refused: a unit has ended, the kind is not admitted to the grid, one unit twice,
            or an objector is sent it again without an answer.
    """
    turn = begin(case, "dispatch", actor=actor, version=version)
    units = ([lead] if lead else []) + list(co)
    if len({u.pk for u in units}) != len(units):
        raise Refused(_("同一个单位不能既主责又协办"), field="co")
    for unit in units:
        guards.fits(turn.case.kind, unit, timezone.localdate())
    return turn.finish(
        reason=reason,
        units=[u.pk for u in units],
        lead=lead.pk if lead else None,
    )


@transaction.atomic
def recall(case: Case, *, actor: Actor, version: int | None = None) -> Case:
    """Take a dispatch back (撤回), until the unit has opened it and within the minutes allowed."""
    turn = begin(case, "recall", actor=actor, version=version)
    guards.recall_in_time(turn.case.procedure, turn.steps, turn.now)
    opened = turn.case.assignments.filter(
        unit__in=guards.last_sent(turn.steps), state=Assignment.State.SENT, opened_at__isnull=False
    ).select_related("unit")
    if first := opened.first():
        raise OutOfOrder(_("%(unit)s 已经查看，不能撤回") % {"unit": first.unit})
    return turn.finish()


@transaction.atomic
def extend(case: Case, *, unit: Unit, actor: Actor, reason: str = "") -> Case:
    """Grant a unit its limit once more (同意延期)."""
    return begin(case, "extend", actor=actor).finish(unit=unit.pk, reason=reason)


@transaction.atomic
def refuse_extension(case: Case, *, unit: Unit, actor: Actor, reason: str) -> Case:
    """Refuse an extension (不同意延期); a refusal does not count towards the most allowed."""
    return begin(case, "refuse_extension", actor=actor).finish(unit=unit.pk, reason=reason)


@transaction.atomic
def endorse_suspension(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Support a suspension, first of two levels (初审挂账)."""
    return begin(case, "endorse_suspension", actor=actor).finish(reason=reason)


@transaction.atomic
def suspend(case: Case, *, until: date, actor: Actor, reason: str = "") -> Case:
    """Suspend a case until a day (批准挂账), second level; it resumes by itself."""
    turn = begin(case, "suspend", actor=actor)
    guards.suspension_fits(turn.case.procedure, until, turn.now)
    facts = {"until": until.isoformat()}
    return turn.finish(reason=reason, facts=facts, changes={"resumes_on": until})


@transaction.atomic
def refuse_suspension(case: Case, *, actor: Actor, reason: str) -> Case:
    """Refuse a suspension (不同意挂账)."""
    return begin(case, "refuse_suspension", actor=actor).finish(reason=reason)


@transaction.atomic
def resume(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Go on with a suspended case (恢复办理): by hand, or by the program on its day."""
    turn = begin(case, "resume", actor=actor)
    at_work = replace(turn.concern, units=frozenset(turn.standing.active))
    if not rules.may(actor, "resume", at_work):
        raise NotAllowed(_("本单位已不承办这件案件，不能恢复办理"))
    return turn.finish(reason=reason, changes={"resumes_on": None})


def resume_due() -> int:
    """Resume every suspended case whose day has come, each in a transaction of its own."""
    today = timezone.localdate()
    due = Case.objects.filter(stage="suspended", resumes_on__lte=today)
    program = Actor.program("calendar")
    resumed = 0
    for case in due:
        try:
            resume(case, actor=program)
        except OutOfOrder:  # somebody was quicker: the others wait no longer for it
            continue
        resumed += 1
    return resumed


@transaction.atomic
def urge(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Press the handling units (催办); the stage stays."""
    return begin(case, "urge", actor=actor).finish(reason=reason)
