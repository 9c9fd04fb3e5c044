"""What a handling unit does with its part: sign, object, ask for time, answer (处置)."""

from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from shiyu.cases import guards
from shiyu.cases.actions.reporting import order
from shiyu.cases.actions.taking import Intake
from shiyu.cases.actions.turn import begin
from shiyu.cases.gathered import has_open_children
from shiyu.cases.models import Assignment, Case
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.files.actions import keep_photo
from shiyu.files.models import Photo
from shiyu.journal.actions import moment
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

ORDER_PARTS_MOST = 50


@transaction.atomic
def opened(case: Case, *, actor: Actor) -> None:
    """Remember that a unit's handler has looked at its part: from then on it is not recalled."""
    units = actor.units("handle")
    unseen = Assignment.objects.filter(
        case=case, unit__in=units, state=Assignment.State.SENT, opened_at__isnull=True
    )
    if unseen.exists():
        Case.objects.select_for_update(no_key=True).only("pk").get(
            pk=case.pk
        )  # no recall meanwhile
        unseen.update(opened_at=moment())
        Case.objects.filter(pk=case.pk).update(version=F("version"))  # see cases/gathered.py


@transaction.atomic
def sign(case: Case, *, unit: Unit, actor: Actor, version: int | None = None) -> Case:
    """Sign for the unit's part (签收)."""
    return begin(case, "sign", actor=actor, unit=unit.pk, version=version).finish(unit=unit.pk)


@transaction.atomic
def object_(
    case: Case, *, unit: Unit, actor: Actor, reason: str, version: int | None = None
) -> Case:
    """Say that this is not the unit's to handle (派单异议), within the limit for objections."""
    turn = begin(case, "object", actor=actor, unit=unit.pk, version=version)
    guards.objection_in_time(turn.case, unit.pk, turn.steps, turn.now)
    return turn.finish(unit=unit.pk, reason=reason)


@transaction.atomic
def ask_extension(
    case: Case, *, unit: Unit, actor: Actor, reason: str, version: int | None = None
) -> Case:
    """Ask for the limit once more (申请延期); not once overdue."""
    turn = begin(case, "ask_extension", actor=actor, unit=unit.pk, version=version)
    sentence = _("已超期的案件不能申请延期。可以写明超期原因")
    guards.not_overdue(turn.case, unit.pk, turn.steps, turn.now, sentence)
    return turn.finish(unit=unit.pk, reason=reason)


@transaction.atomic
def ask_suspension(
    case: Case, *, unit: Unit, actor: Actor, reason: str, version: int | None = None
) -> Case:
    """Ask to set the case aside for a time (申请挂账); not once overdue."""
    turn = begin(case, "ask_suspension", actor=actor, unit=unit.pk, version=version)
    sentence = _("已超期的案件不能申请挂账。可以写明超期原因")
    guards.not_overdue(turn.case, unit.pk, turn.steps, turn.now, sentence)
    return turn.finish(unit=unit.pk, reason=reason)


@transaction.atomic
def split(
    case: Case,
    *,
    unit: Unit,
    parts: Sequence[Intake],
    actor: Actor,
    reason: str = "",
    version: int | None = None,
) -> list[Case]:
    """Split an order from above into children for places or units (分解); returns them.

    The children run on clocks of their own; the parent is handled when they are done.
    """
    turn = begin(case, "split", actor=actor, unit=unit.pk, version=version)
    if turn.case.direction != Case.Direction.DOWN:
        raise Refused(_("只有交办事项可以分解"))
    if not 1 <= len(parts) <= ORDER_PARTS_MOST:
        raise Refused(_("分解为 1 至 %(most)d 件") % {"most": ORDER_PARTS_MOST}, field="parts")
    children = [order(part, actor=actor, parent=turn.case).case for part in parts]
    for child in children:
        guards.within_reach(unit, child)
    turn.finish(unit=unit.pk, reason=reason, facts={"children": [c.pk for c in children]})
    return children


@transaction.atomic
def handle(
    case: Case,
    *,
    unit: Unit,
    actor: Actor,
    reason: str,
    photos: Sequence[UploadedFile] = (),
    version: int | None = None,
) -> Case:
    """Report the unit's part put right (处置反馈), with the evidence its standard asks for."""
    turn = begin(case, "handle", actor=actor, unit=unit.pk, version=version)
    if has_open_children(turn.case):
        raise OutOfOrder(_("分解出的案件还没有全部办结"))
    part = turn.standing.parts.get(unit.pk)
    leads = part is not None and part.lead
    guards.shows_evidence(turn.case.standard, leads=leads, after=bool(photos))
    for photo in photos:
        keep_photo(photo, subject=turn.case.subject, role=Photo.Role.AFTER, actor=actor)
    return turn.finish(unit=unit.pk, reason=reason)


@transaction.atomic
def appeal(case: Case, *, unit: Unit, actor: Actor, reason: str) -> Case:
    """Appeal an overdue mark (申诉超期): the fact stays, the statistic may be exempted."""
    turn = begin(case, "appeal", actor=actor, unit=unit.pk)
    guards.was_overdue(turn.case, unit.pk, turn.steps, turn.now)
    return turn.finish(unit=unit.pk, reason=reason)


@transaction.atomic
def exempt(case: Case, *, unit: Unit, actor: Actor, reason: str = "") -> Case:
    """Uphold an appeal (同意剔除超期)."""
    return begin(case, "exempt", actor=actor).finish(unit=unit.pk, reason=reason)


@transaction.atomic
def refuse_appeal(case: Case, *, unit: Unit, actor: Actor, reason: str) -> Case:
    """Turn an appeal down (驳回申诉)."""
    return begin(case, "refuse_appeal", actor=actor).finish(unit=unit.pk, reason=reason)
