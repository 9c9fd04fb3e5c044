"""What the law orders to be kept is not erased: stored and guarded, no more (依法留存)."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases.models import Report
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor
from shiyu.privacy import rules
from shiyu.privacy.models import Hold

LONGEST = timedelta(days=3 * 366)


def held(report_ids: Sequence[int]) -> list[Hold]:
    """The holds in force on any of these reports."""
    today = timezone.localdate()
    return list(Hold.objects.filter(report__in=report_ids, lifted_at=None, until__gte=today))


@transaction.atomic
def hold(report: Report, *, ground: str, until: date, actor: Actor) -> Hold:
    """Keep what belongs to this report from being erased until a day.

    Raises  NotAllowed; Refused without a ground, for a day gone by or too far ahead.
    """
    _may(actor, report)
    if ground not in Hold.Ground.values:
        raise Refused(_("选一项留存依据"), field="ground")
    today = timezone.localdate()
    if not today <= until <= today + LONGEST:
        raise Refused(_("留存到今天以后、三年以内的一天，到期可以再延"), field="until")
    now = moment()
    made = Hold.objects.create(report=report, ground=ground, until=until, by_id=actor.id, at=now)
    facts = {"hold": made.pk, "ground": ground, "until": until}
    record(report.subject, "hold", actor=actor, at=now, facts=facts)
    return made


@transaction.atomic
def lift(one: Hold, *, actor: Actor) -> Hold:
    """End a hold before its day. Raises NotAllowed; OutOfOrder when it has ended."""
    one = Hold.objects.select_for_update(of=("self",)).select_related("report__case").get(pk=one.pk)
    _may(actor, one.report)
    if one.lifted_at is not None:
        raise OutOfOrder(_("这项留存已经解除"))
    one.lifted_at, one.lifted_by_id = moment(one.at), actor.id
    one.save(update_fields=["lifted_at", "lifted_by"])
    record(one.report.subject, "lift_hold", actor=actor, at=one.lifted_at, facts={"hold": one.pk})
    return one


def _may(actor: Actor, report: Report) -> None:
    if not rules.answers_for(actor, report.case):
        raise NotAllowed(_("依法留存由本地的安全管理员办理"))
