"""How much may be taken out of the city, by versions (导出限额)."""

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.desk import rules
from shiyu.desk.models import ExportLimits
from shiyu.journal.actions import moment, record
from shiyu.notices.actions import owe
from shiyu.people.actors import Actor
from shiyu.people.rules import holders_of

ROWS, HOURS = (1, 200_000), (1, 168)
SUBJECT = "city:export-limits"
NUMBERS = ("rows_most", "alone_most", "kept_hours")


@transaction.atomic
def set_limits(
    *, rows_most: int, alone_most: int, kept_hours: int, seen: int, actor: Actor
) -> ExportLimits:
    """From now on no more than this is taken out at once (调整导出限额).

    What is under way keeps what held when it was asked for. The audit administrators are told.

    seen  the version the editor was looking at.

    Raises  OutOfOrder  when somebody has set others meanwhile.
            Refused     for numbers out of bounds, or when nothing differs.
    """
    if not rules.may_set_limits(actor):
        raise NotAllowed(_("导出限额由安全管理员调整"))
    list(ExportLimits.objects.select_for_update().order_by("-pk")[:1])
    held = rules.limits()  # read anew: another may have set them while this waited
    if held.pk != seen:
        raise OutOfOrder(_("限额刚刚被别人改过，请看过再改"))
    made = ExportLimits(rows_most=rows_most, alone_most=alone_most, kept_hours=kept_hours)
    _within_bounds(made)
    was, now = ([getattr(each, name) for name in NUMBERS] for each in (held, made))
    if was == now:
        raise Refused(_("没有改动"), field="rows_most")
    made.set_by_id, made.set_at = actor.id, moment()
    made.save(force_insert=True)
    facts = {"was": was, "now": now}
    record(SUBJECT, "set", actor=actor, at=made.set_at, facts=facts)
    told = {"most": rows_most, "alone": alone_most}
    owe(holders_of(rules.AUDIT), SUBJECT, "export_limits", facts=told, at=made.set_at)
    return made


def _within_bounds(limits: ExportLimits) -> None:
    for name, (least, most) in (("rows_most", ROWS), ("kept_hours", HOURS)):
        if not least <= getattr(limits, name) <= most:
            told = {"least": least, "most": f"{most:,}"}
            raise Refused(_("填 %(least)s 到 %(most)s 之间的数") % told, field=name)
    if not 0 <= limits.alone_most <= limits.rows_most:
        raise Refused(_("无须批准的行数不能超过一次最多的行数"), field="alone_most")
