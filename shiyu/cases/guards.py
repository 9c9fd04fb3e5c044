"""What a move must meet besides its stage: limits of time, number and words (各步的条件).

Asked by the actions for live moves and by the history engine for those of the past.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.calendars.rules import Calendars
from shiyu.cases import timing
from shiyu.cases.clock import Clock, State
from shiyu.cases.lifecycle import Outcome
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.cases.rules import reopens_until
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.catalogue.rules import may_go_to_grid
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.worktime import Allowance, minute_of
from shiyu.people.models import Tier, Unit
from shiyu.places.models import Place


def standard_holds(standard: Standard, day: date) -> None:
    """A case is filed under a standard in force that day, of a kind that has not ended (立案)."""
    if standard.valid_from > day or (standard.valid_until and standard.valid_until < day):
        raise Refused(_("这条立案标准今天不在有效期内，请另选"), field="standard")
    if standard.kind.ended_on is not None and standard.kind.ended_on < day:
        raise Refused(_("“%(kind)s”已停用，请另选类别") % {"kind": standard.kind}, field="standard")


def within_reach(unit: Unit, child: Case) -> None:
    """A unit splits an order only for places of its own (分解)."""
    own = Place.objects.filter(code=unit.place_code).only("first", "last").first()
    if own is not None and not own.first <= child.place_number <= own.last:
        text = _("%(place)s不在%(unit)s的范围内，不能分解到那里")
        raise Refused(text % {"place": child.place, "unit": unit}, field="parts")


def fits(kind: Kind | None, unit: Unit, day: date) -> None:
    """A unit may be sent a case of this kind that day (派遣)."""
    if unit.ended_on is not None and unit.ended_on < day:
        raise Refused(_("%(unit)s 已停用，请另选主责单位") % {"unit": unit}, field="lead")
    to_grid = unit.kind == Unit.Kind.CENTRE and unit.tier in {Tier.TOWNSHIP, Tier.COMMUNITY}
    if to_grid and kind is not None and (why := may_go_to_grid(kind)):
        raise Refused(why, field="lead")


def recall_in_time(procedure: Procedure, steps: Sequence[Step], now: datetime) -> None:
    """A dispatch is taken back within the minutes allowed (撤回)."""
    sent = steps[-1].at if steps else now
    sent = next((s.at for s in reversed(steps) if s.verb == "dispatch"), sent)
    most = procedure.recall_minutes
    if now - sent > timedelta(minutes=most):
        raise OutOfOrder(_("派遣已过 %(most)d 分钟，不能撤回") % {"most": most})


def last_sent(steps: Sequence[Step]) -> tuple[int, ...]:
    """The units of the last dispatch."""
    return next((s.units for s in reversed(steps) if s.verb == "dispatch"), ())


def objection_in_time(
    case: Case,
    unit: int,
    steps: Sequence[Step],
    now: datetime,
    *,
    calendars: Calendars | None = None,
) -> None:
    """A unit objects within the limit for objections (派单异议)."""
    limit = Allowance.parse(case.procedure.objection_limit)
    terms = timing.terms_of(case, [str(unit)], calendars=calendars)
    calendar = terms.calendar_of(str(unit))
    sent = next((s.at for s in reversed(steps) if unit in s.units and s.verb == "dispatch"), now)
    used = calendar.timeline(limit).measure(minute_of(sent), minute_of(now))
    if used > limit.minutes:
        raise OutOfOrder(_("派单异议应在 %(limit)s 内提出") % {"limit": limit})


def not_overdue(case: Case, unit: int, steps: Sequence[Step], now: datetime, sentence: str) -> None:
    """More time is asked for before the time is over (延期、挂账)."""
    for found in _handling_of(case, unit, steps, now):
        if found.state is not State.ENDED and found.late:
            raise OutOfOrder(sentence)


def was_overdue(case: Case, unit: int, steps: Sequence[Step], now: datetime) -> None:
    """Only an overdue mark that exists is appealed (申诉超期)."""
    if not any(found.late for found in _handling_of(case, unit, steps, now)):
        raise Refused(_("本单位在这件案件上没有超期"))


def suspension_fits(procedure: Procedure, until: date, now: datetime) -> None:
    """A suspension ends on a later day, within the days allowed (挂账)."""
    today = timezone.localtime(now).date()
    most = procedure.suspension_days_most
    if not today < until <= today + timedelta(days=most):
        raise Refused(
            _("挂账期限应在明天至 %(most)d 天之内") % {"most": most},
            field="until",
        )


def says_why(outcome: str, words: str) -> None:
    """Anything but "fixed" says why (结案)."""
    if outcome != Outcome.FIXED and not words:
        raise Refused(_("没有完全解决的，写明原因（不属本市的，写明归谁管）"), field="reason")


def reopen_in_time(case: Case, now: datetime) -> None:
    """A reporter says "not fixed" within the days allowed (重办)."""
    if now > reopens_until(case):
        days = case.procedure.reopen_days
        raise OutOfOrder(_("结案已超过 %(days)d 天，请重新上报") % {"days": days})


def settles(kind: Kind, *, before: bool, after: bool) -> None:
    """Kinds that allow it are settled on the spot, with pictures of before and after (自办自结)."""
    if not kind.settles:
        raise Refused(_("“%(kind)s”不能自办自结，请上报") % {"kind": kind}, field="kind")
    if not before or not after:
        raise Refused(_("自办自结须有处置前、处置后的照片"), field="after")


def shows_evidence(standard: Standard | None, *, leads: bool, after: bool) -> None:
    """The lead unit shows what the standard asks for (处置凭证)."""
    asked = standard.evidence if standard is not None else []
    if "after" in asked and leads and not after:
        raise Refused(_("还不能反馈：缺处置后照片"), field="photos")


def _handling_of(case: Case, unit: int, steps: Sequence[Step], now: datetime) -> list[Clock]:
    found = timing.clocks_of(case, steps, now=now)
    return [c for c in found if c.name == "handling" and c.unit == str(unit)]
