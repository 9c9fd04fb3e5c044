"""What a restore must never take back, carried out again by its own action (再次执行)."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from shiyu.common.errors import OutOfOrder, Refused

Row = dict[str, Any]
WHY = "恢复前已吊销"


def again(later: list[Row]) -> dict[str, Any]:
    """Carry out again what was done after that moment and must stand.

    Returns how many of each, and what has no action here, for a person to look at.
    """
    done: Counter[str] = Counter()
    to_look_at = []
    for row in sorted(later, key=lambda row: int(row["line"])):
        act = ACTIONS.get(row["verb"])
        try:
            if act is not None:
                done[row["verb"]] += act(row)
                continue
            why = "set anew by hand"
        except Refused as refusal:
            why = refusal.message
        to_look_at.append({name: row[name] for name in ("at", "subject", "verb")} | {"why": why})
    return {"again": {verb: n for verb, n in done.items() if n}, "to_look_at": to_look_at}


def _program() -> Any:
    from shiyu.people.actors import Actor

    return Actor.program("restore")


def _erase_remark(row: Row) -> int:
    from shiyu.journal.erasing import erase
    from shiyu.journal.models import Remark

    kind, _, pk = row["subject"].partition(":")
    remark = Remark.objects.filter(pk=pk).first() if kind == "remark" else None
    if remark is None:
        return 0
    with suppress(OutOfOrder):
        erase(remark, actor=_program(), ground=row["facts"]["ground"])
        return 1
    return 0


def _revoke(row: Row) -> int:
    """The key that was revoked; after an exchange each one that was to end."""
    from shiyu.api import actions
    from shiyu.api.models import Key

    facts = row["facts"]
    names = facts.get("keys") or [facts["key"]]
    found = list(Key.objects.filter(visible__in=names, revoked_at=None))
    for key in found:
        actions.revoke(key, why=WHY, actor=_program())
    return len(found)


def _switch_off(row: Row) -> int:
    from shiyu.people.actions import deactivate
    from shiyu.people.models import Person

    person = Person.objects.filter(pk=_pk(row), is_active=True).first()
    if person is not None:
        deactivate(person, actor=_program())
    return int(person is not None)


def _end_appointment(row: Row) -> int:
    from shiyu.people.actions import end_appointment
    from shiyu.people.models import Appointment

    held = Appointment.objects.not_over().filter(pk=row["facts"]["appointment"]).first()
    if held is None:
        return 0
    facts = row["facts"]
    last_day = None if facts.get("at_once", True) else date.fromisoformat(facts["ends_on"])
    with suppress(OutOfOrder):
        end_appointment(held, actor=_program(), ends_on=last_day)
        return 1
    return 0


def _withdraw_duty(row: Row) -> int:
    from shiyu.people.actions import withdraw_duty
    from shiyu.people.models import PostDuty

    facts = row["facts"]
    given = PostDuty.objects.filter(
        post_id=_pk(row),
        duty=facts["duty"],
        unit_id=facts.get("unit"),
        place_code=facts.get("place", ""),
    )
    count = 0
    for one in given:
        withdraw_duty(one, actor=_program())
        count += 1
    return count


def _pk(row: Row) -> int:
    return int(row["subject"].partition(":")[2])


ACTIONS: dict[str, Callable[[Row], int]] = {
    "erase": _erase_remark,
    "revoke_key": _revoke,
    "rotate_key": _revoke,
    "deactivate": _switch_off,
    "end_appointment": _end_appointment,
    "withdraw_duty": _withdraw_duty,
}
"""How each is carried out again; what is not here is named to whoever restores."""
