"""One page of deliveries: outcome unknown first, then the rest, newest first (送达分页)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.notices import rules
from shiyu.notices.kinds import sentence
from shiyu.notices.lifecycle import MOVES, PERSON, WHY, Channel, Move, State
from shiyu.notices.models import Attempt, Delivery
from shiyu.people.actors import Actor

A_PAGE = 50
UNKNOWN, REST = "q", "r"
CANARY = "canary"  # the program looking after itself: shown by `shiyu canary`
MARKS = {
    State.SENT: "check",
    State.ARRIVED: "check",
    State.UNKNOWN: "help",
    State.FAILED: "cross",
    State.WITHHELD: "pause",
    State.OWED: "clock",
    State.SENDING: "send",
    State.GATHERED: "list",
    State.DROPPED: "cross",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery as it stands on a page."""

    row: Delivery
    text: str
    whom: str
    channel: str
    state: str
    mark: str
    why: str


@dataclass(frozen=True, slots=True)
class ShownTry:
    """One attempt as it stands on a page."""

    number: int
    begun_at: datetime
    left_at: datetime | None
    ended_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some deliveries, and the mark after which the next page starts; empty at the end."""

    lines: list[Shown]
    after: str


def page(actor: Actor, *, state: str = "", channel: str = "", after: str = "") -> Page:
    """The page after a mark such as q120: unknown ones older than 120, then all others."""
    rows = with_names(rules.deliveries_of(actor)).exclude(kind=CANARY)
    if channel in Channel.values:
        rows = rows.filter(channel=channel)
    part, last = _mark(after)
    found: list[Delivery] = []
    if state in State.values:
        part, found = REST, list(_older(rows.filter(state=state), last)[: A_PAGE + 1])
    else:
        if part == UNKNOWN:
            found = list(_older(rows.filter(state=State.UNKNOWN), last)[: A_PAGE + 1])
        if len(found) <= A_PAGE:
            rest = _older(rows.exclude(state=State.UNKNOWN), last if part == REST else None)
            found += rest[: A_PAGE + 1 - len(found)]
    lines = [shown(row) for row in found[:A_PAGE]]
    more = len(found) > A_PAGE
    return Page(lines, _mark_of(found[A_PAGE - 1], state) if more else "")


def with_names(rows: "QuerySet[Delivery]") -> "QuerySet[Delivery]":
    """With whom each goes to, in the same query."""
    return rows.select_related("address__person", "follower", "subscription")


def shown(row: Delivery) -> Shown:
    """What was told, to whom, and what came of it; addresses masked."""
    if row.channel == Channel.WEBHOOK:
        text = f"{row.kind} {row.facts.get('number', '')}".strip()
    elif row.kind == "verify":
        text = _("验证码")
    else:
        text = sentence(row.kind, row.facts)
    state = State(row.state)
    why = WHY.get(row.why)
    return Shown(
        row,
        text,
        _whom(row),
        str(Channel(row.channel).label),
        str(state.label),
        MARKS[state],
        str(why) if why else row.why,
    )


def shown_try(attempt: Attempt) -> ShownTry:
    """One attempt in words."""
    words = {
        "sent": _("对方收下"),
        "later": _("没有发出，稍后再试"),
        "failed": _("对方拒收"),
        "unknown": _("结果不明"),
    }
    said = words.get(attempt.outcome, _("还没有结果"))
    why = WHY.get(attempt.why)
    outcome = f"{said}：{why}" if why else said
    return ShownTry(attempt.number, attempt.begun_at, attempt.left_at, attempt.ended_at, outcome)


def moves_for(row: Delivery) -> list[Move]:
    """What a person may do about it now."""
    return [m for m in MOVES.values() if m.by == PERSON and row.state in m.sources]


def _whom(row: Delivery) -> str:
    if row.subscription is not None:
        return row.subscription.name
    if row.address is not None:
        return f"{row.address.person.name} {row.address.hint}"
    if row.follower is not None:
        return _("上报人 %(hint)s") % {"hint": row.follower.hint}
    return _("地址已删除")


def _older(rows: "QuerySet[Delivery]", last: int | None) -> "QuerySet[Delivery]":
    newest_first = rows.order_by("-pk")
    return newest_first if last is None else newest_first.filter(pk__lt=last)


def _mark(after: str) -> tuple[str, int | None]:
    part, number = after[:1], after[1:]
    if part in (UNKNOWN, REST) and number.isdecimal() and len(number) < 19:
        return part, int(number)
    return UNKNOWN, None


def _mark_of(row: Delivery, state: str) -> str:
    part = REST if state or row.state != State.UNKNOWN else UNKNOWN
    return f"{part}{row.pk}"
