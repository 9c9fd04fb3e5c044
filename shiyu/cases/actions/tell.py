"""Who is told of a move, in its own transaction (通知对象)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils import timezone

from shiyu.cases.guards import last_sent
from shiyu.cases.lifecycle import COMMAND, DISPATCH, HANDLE, INTAKE, VERIFY
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.common.ready import ANY, Select, rows
from shiyu.common.wall import beyond
from shiyu.common.worktime import Unit
from shiyu.notices.actions import owe, owe_followers, publish
from shiyu.notices.events import NOT_TOLD, OF_MOVE
from shiyu.notices.kinds import page_of
from shiyu.people.models import Appointment

if TYPE_CHECKING:
    from shiyu.cases.actions.turn import Turn

TO_UNIT = {
    "dispatch": "dispatched",
    "recall": "recalled",
    "rework": "reworked",
    "extend": "extension_decided",
    "refuse_extension": "extension_decided",
    "suspend": "suspension_decided",
    "refuse_suspension": "suspension_decided",
    "resume": "resumed",
    "reopen": "reopened",
    "urge": "urged",
    "withdraw": "withdrawn",
    "void": "voided",
    "exempt": "appeal_decided",
    "refuse_appeal": "appeal_decided",
}
"""Moves that the handling units are told of, and the kind of notice."""

TO_DUTY = {
    "object": (DISPATCH, "objected"),
    "ask_extension": (DISPATCH, "extension_asked"),
    "ask_suspension": (DISPATCH, "suspension_asked"),
    "endorse_suspension": (COMMAND, "suspension_asked"),
    "handle": (VERIFY, "handled"),
    "verify": (INTAKE, "verified"),
    "escalate": (INTAKE, "escalated"),
    "ask_void": (COMMAND, "void_asked"),
    "check_open": (VERIFY, "check_asked"),
    "check_done": (INTAKE, "check_answered"),
    "appeal": (COMMAND, "appealed"),
}
"""Moves that the holders of a duty at the case's centre are told of."""

TO_REPORTER = {
    "close": "report_closed",
    "settle": "report_closed",
    "dismiss": "report_ended",
    "void": "report_ended",
    "reopen": "report_reopened",
}
"""Moves that those who reported under an account are told of, and the kind of notice."""

FOLLOWED = {
    "accept": "accept",
    "dismiss": "dismiss",
    "suspend": "suspend",
    "close": "close",
    "settle": "close",
    "reopen": "reopen",
    "void": "void",
}
"""Moves that residents who asked to hear of their report are told of."""

FOR_OTHERS = frozenset({"hotline", "superior", "import"})
"""Channels whose reports were written down for somebody else: the clerk is not told."""

URGENT = frozenset({"urge", "reopen", "object"})
AT_ONCE = frozenset({"recall", "withdraw", "void"})
"""Moves told in quiet hours too: somebody may be on the way for nothing."""

REPORTERS = """
WITH RECURSIVE told (id) AS (
    SELECT %s::bigint
    UNION SELECT c.id FROM cases_case c JOIN told t ON c.merged_into_id = t.id
)
SELECT told.id, array_agg(r.by_person_id) FILTER (WHERE r.by_person_id IS NOT NULL)
  FROM told LEFT JOIN cases_report r ON r.case_id = told.id
 GROUP BY told.id
"""


def after(turn: "Turn", step: Step) -> None:
    """Owe the notices of a move to those whom it concerns, except who made it."""
    case = turn.case
    if kind := TO_UNIT.get(step.verb):
        _owe(turn, handlers_of(_units_of(turn, step)), kind)
    if found := TO_DUTY.get(step.verb):
        duty, kind = found
        if step.verb != "handle" or case.stage == "handled":
            _owe(turn, holders_of(duty, case), kind)
    if step.verb == "reopen" and not turn.standing.active:
        _owe(turn, holders_of(DISPATCH, case), "returned_to_desk")
    if step.verb in FOLLOWED:
        _tell_reporters(turn, step.verb)
    if step.verb not in NOT_TOLD:
        _publish(case, step.verb, at=turn.now)


def reported(case: Case) -> None:
    """Tell programs elsewhere of a new case."""
    _publish(case, "report", at=case.taken_in_at)


def _publish(case: Case, verb: str, *, at: datetime) -> None:
    types = ["case.reported"] if verb == "report" else ["case.moved"]
    if verb in OF_MOVE:
        types.append(OF_MOVE[verb])
    publish(
        types,
        case.subject,
        data=lambda: _payload(case, verb, at),
        at=at,
        place_number=case.place_number,
    )


def _payload(case: Case, verb: str, at: datetime) -> dict[str, object]:
    return {
        "number": case.number,
        "move": verb,
        "stage": case.stage,
        "outcome": case.outcome,
        "version": case.version,
        "at": at.isoformat(),
        "links": {"page": page_of(case.subject)},
    }


def _tell_reporters(turn: "Turn", verb: str) -> None:
    """Those who reported this case, or one merged into it: under an account, or by receipt."""
    case = turn.case
    with beyond("those told"):
        told = rows(REPORTERS, [case.pk])
    if verb in TO_REPORTER and case.channel not in FOR_OTHERS:
        _owe(turn, {p for _case, people in told for p in people or ()}, TO_REPORTER[verb])
    owe_followers(
        [f"case:{pk}" for pk, _people in told],
        FOLLOWED[verb],
        number=case.number,
        at=turn.now,
        mark=f"{case.subject}.{case.version}",
    )


def _units_of(turn: "Turn", step: Step) -> list[int]:
    """The units a move concerns: those it names, those just called back, or all at work."""
    if step.unit is not None:
        return [step.unit]
    if step.verb == "recall":
        return list(last_sent(turn.steps))
    return list(step.units) or turn.standing.active


def handlers_of(units: Iterable[int]) -> set[int]:
    """The people who handle for these units today."""
    today = timezone.localdate()
    return {found.person_id for unit in units for found in _HANDLERS(today, unit)}


def holders_of(duty: str, case: Case) -> set[int]:
    """The people who hold a duty over the case's place, at its centre when the duty is a desk's."""
    found = _HOLDERS(timezone.localdate(), duty, case.place_number)
    at_desk = duty != VERIFY
    return {a.person_id for a in found if not at_desk or a.post.unit_id == case.centre_id}


def facts_for(case: Case) -> dict[str, Any]:
    """What a notice about a case says: number, kind and place; nothing about a person."""
    return {
        "number": case.number,
        "kind": case.kind.name if case.kind else "",
        "place": case.place.name,
    }


def _handlers(day: date, unit: int) -> QuerySet[Appointment]:
    posts = Appointment.objects.in_force(day).only("person")
    return posts.filter(post__duties__duty=HANDLE, post__duties__unit=unit)


def _holders(day: date, duty: str, place: int) -> QuerySet[Appointment]:
    posts = Appointment.objects.in_force(day).select_related("post").only("person", "post__unit")
    return posts.filter(
        post__duties__duty=duty,
        post__duties__place_first__lte=place,
        post__duties__place_last__gte=place,
    )


_HANDLERS = Select(_handlers, date(2000, 1, 1), ANY, stands=True)
_HOLDERS = Select(_holders, date(2000, 1, 1), "duty", ANY, stands=True)


def _owe(turn: "Turn", people: set[int], kind: str) -> None:
    people.discard(turn.actor.id if turn.actor.kind == "person" else 0)
    owe(
        sorted(people),
        turn.case.subject,
        kind,
        facts=facts_for(turn.case),
        at=turn.now,
        urgent=turn.verb in URGENT,
        at_once=turn.verb in AT_ONCE or _is_pressing(turn.case),
    )


def _is_pressing(case: Case) -> bool:
    """Whether its time runs at night too: then its people are told at night (紧急工作时)."""
    return case.standard is not None and case.standard.handling.endswith(Unit.URGENT_HOUR.value)
