"""All that the holder of a receipt sees of the case, and nothing of other reporters (办理进度)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from shiyu.cases import timing
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Look, Rating
from shiyu.cases.rules import reopens_until
from shiyu.cases.story import lines_of
from shiyu.catalogue.models import Responsibility
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.notices.rules import followed_by
from shiyu.people.models import Appointment
from shiyu.portal import coming, track, where
from shiyu.portal.receipts import Receipt

LOOKS_SHOWN = 30


def page_of(receipt: Receipt) -> dict[str, Any]:
    """What the follow page shows."""
    case, now, lines = receipt.case, timezone.now(), lines_of(receipt.case)
    photos = list(photos_for(receipt))
    rated = Rating.objects.filter(report=receipt.report, round=case.round).first()
    until = reopens_until(case)
    return {
        "receipt": receipt,
        "case": case,
        "where": _where(case) if began_with(receipt, lines) else "",
        "lamp": timing.lamp(case, now=now),
        "stage": track.plain_stage(case),
        "due": coming.by_when(case.due_at) if case.is_open else "",
        "sentence": coming.in_one_sentence(case),
        "stations": track.stations(receipt.report, lines),
        "ahead": track.ahead(case),
        "units": track.units_working(case),
        "standard": case.standard,
        "handling_limit": track.limit_in_words(case.standard.handling) if case.standard else "",
        "responsible": _responsible(receipt),
        "before": [p for p in photos if p.role != Photo.Role.AFTER],
        "after": [p for p in photos if p.role == Photo.Role.AFTER],
        "rated": rated,
        "reopen_by": coming.by_when(until),
        "may_reopen": now <= until,
        "told_who": hasattr(receipt.report, "reporter"),
        "looks": looks_of(receipt),
        "follower": followed_by(receipt.report.subject),
    }


def photos_for(receipt: Receipt) -> QuerySet[Photo]:
    """One's own photos; and of a closed case those that show what was done.

    By then a second person has looked at them on site, and the desk has closed the case.
    """
    mine = Q(added_by=receipt.actor.ref)
    if receipt.case.stage == Stage.CLOSED:
        mine |= Q(role=Photo.Role.AFTER)
    return Photo.objects.filter(mine, subject=receipt.case.subject)


def began_with(receipt: Receipt, lines: Sequence[Line]) -> bool:
    """Whether this report opened the case; else its address is another person's to read."""
    opened = next((line for line in lines if line.verb == "report"), None)
    return opened is not None and opened.facts.get("report") == receipt.report.pk


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody's look at what this reporter gave of themselves: a unit, never a name.

    times  how often it was shown while it was open.
    """

    units: str
    purpose: str
    at: datetime
    times: int


def looks_of(receipt: Receipt) -> list[Looked]:
    """Which unit opened what this reporter gave of themselves, when and why; the newest first."""
    own = Look.objects.filter(report=receipt.report)
    looks = list(own.filter(under=None)[:LOOKS_SHOWN])
    times = Counter(own.filter(under__isnull=False).values_list("under", flat=True))
    units = _units_of(looks)
    return [
        Looked(
            units.get(look.pk, receipt.case.centre.name),
            look.get_purpose_display(),
            look.at,
            times[look.pk],
        )
        for look in looks
    ]


def _units_of(looks: Sequence[Look]) -> dict[int, str]:
    """For each look the units that its maker worked for on that day."""
    people = {look.person_id for look in looks}
    held = Appointment.objects.filter(person__in=people).select_related("post__unit")
    spans = [(a.person_id, a.starts_on, a.ends_on, a.post.unit.name) for a in held] if looks else []
    found = {}
    for look in looks:
        day = timezone.localdate(look.at)
        names = [
            name
            for person, starts, ends, name in spans
            if person == look.person_id and starts <= day and (ends is None or day <= ends)
        ]
        if names:
            found[look.pk] = "、".join(dict.fromkeys(names))
    return found


def _where(case: Case) -> str:
    return case.address or where.in_words(case.place)


def _responsible(receipt: Receipt) -> list[Responsibility]:
    """The lines of the standard that name the units now working on it."""
    case = receipt.case
    if case.standard_id is None:
        return []
    units = case.assignments.exclude(state="left").values("unit_id")
    named = Responsibility.objects.filter(standard=case.standard_id, unit__in=units)
    return list(named.select_related("unit").exclude(role=Responsibility.Role.WATCH))
