"""Everything that the page of a case shows, gathered in a fixed number of queries (案件页)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from shiyu.cases import rules, timing
from shiyu.cases.channels import title_of
from shiyu.cases.models import Assignment, Case, CaseQuerySet, Rating
from shiyu.common.worktime import Allowance, minute_of
from shiyu.desk import clock_panel, reads, reporters, telling
from shiyu.desk.situation import Situation
from shiyu.files.models import Photo
from shiyu.places.models import Place

BEFORE = frozenset({Photo.Role.SCENE, Photo.Role.BEFORE})


@dataclass(frozen=True, slots=True)
class PartShown:
    """One unit's part, with its own light (承办)."""

    part: Assignment
    lamp: timing.Lamp
    objects_until: datetime | None
    waits: str


def of(about: Situation, *, only_decisions: bool = False) -> dict[str, Any]:
    """What the template of a case needs besides its moves."""
    case = about.case
    told = telling.tell(about)
    live, ended = clock_panel.panel(case, about.steps, about.clocks, about.units, about.calendars)
    path = about.asides.path
    pairs, checks, photos = _photos(case)
    reports, looks = reporters.of(about)
    return {
        "case": case,
        "clock": timing.lamp(case, now=about.now),
        "channel": title_of(case.channel),
        "path": [place for place in path if place.level != Place.Level.CITY] or path,
        "cell": next((place for place in path if place.level == Place.Level.CELL), None),
        "story": [line for line in told if not (only_decisions and line.is_note)],
        "story_count": len(told),
        "last_line": about.lines[-1].pk if about.lines else 0,
        "only_decisions": only_decisions,
        "live_clocks": live,
        "ended_clocks": ended,
        "parts": _parts(about),
        "reports": reports,
        "looks": looks,
        "knows_reporter": about.knows_reporter,
        "ratings": _ratings(about),
        "pairs": pairs,
        "check_photos": checks,
        "photo_count": photos,
        "points": _points(case),
        "near": about.near,
        "into": about.others.get(case.merged_into_id or 0),
        "split_from": about.others.get(case.parent_id or 0),
        "children": _children(about) if case.direction == Case.Direction.DOWN else [],
        "merged": _merged(about) if about.has("joined") else [],
        "why_not": rules.why_not_closed(case, about.standing),
        "awaits": [AWAITS[name]() for name in about.standing.awaits],
        "extensions": sum(about.standing.extensions.values()),
        "suspension_used": about.standing.suspension == "used",
    }


AWAITS = {
    "appeal": lambda: _("超期申诉等答复"),
    "check": lambda: _("立案前核查等反馈"),
    "endorsed": lambda: _("挂账等批准"),
    "extension": lambda: _("延期等答复"),
    "objection": lambda: _("派单异议等答复"),
    "suspension": lambda: _("挂账等初审"),
    "void": lambda: _("作废等批准"),
}
"""What a case waits for beside its stage, in words."""


def _photos(case: Case) -> tuple[list[tuple[Any, Any]], list[Photo], int]:
    """Pictures in pairs, before and after; those of checks; how many in all."""
    photos = reads.PHOTOS(case.subject)
    before = [photo for photo in photos if photo.role in BEFORE]
    after = [photo for photo in photos if photo.role == Photo.Role.AFTER]
    checks = [photo for photo in photos if photo.role == Photo.Role.CHECK]
    return list(zip_longest(before, after)), checks, len(photos)


def _points(case: Case) -> list[dict[str, Any]]:
    if case.lat is None or case.lon is None:
        return []
    title = case.kind.name if case.kind else case.number
    url = reverse("desk:case", args=[case.number])
    where = {"id": case.pk, "lat": case.lat, "lon": case.lon}
    return [where | {"light": "", "title": title, "url": url}]


def _children(about: Situation) -> list[Case]:
    parts: CaseQuerySet = rules.visible_to(about.actor).filter(parent=about.case)
    return list(parts.with_row().order_by("id")[:60])


def _merged(about: Situation) -> list[Case]:
    return list(rules.visible_to(about.actor).filter(merged_into=about.case).order_by("id")[:20])


def _parts(about: Situation) -> list[PartShown]:
    parts = about.parts
    asked = about.standing.extension_asked
    return [
        PartShown(
            part,
            _lamp_of(part, about.now),
            _objects_until(about, part),
            _("申请延期，等答复") if part.unit_id in asked else "",
        )
        for part in parts
    ]


def _lamp_of(part: Assignment, now: datetime) -> timing.Lamp:
    lamp = timing.lamp(part, now=now)
    if part.state not in {Assignment.State.SENT, Assignment.State.SIGNED}:
        lamp["light"] = None
    return lamp


def _objects_until(about: Situation, part: Assignment) -> datetime | None:
    """Until when a unit that has not signed may object (派单异议)."""
    if part.state != Assignment.State.SENT:
        return None
    limit = Allowance.parse(about.case.procedure.objection_limit)
    terms = timing.terms_of(about.case, [str(part.unit_id)], calendars=about.calendars)
    timeline = terms.calendar_of(str(part.unit_id)).timeline(limit)
    return terms.zone.datetime_of(timeline.add(minute_of(part.sent_at), limit.minutes))


def _ratings(about: Situation) -> list[tuple[Rating, str]]:
    """What reporters said of each round, with their words where these are kept."""
    kept = {pk: remark.text for pk, remark in about.remarks.items() if remark.erased_at is None}
    return [(rating, kept.get(rating.remark_id or 0, "")) for rating in about.ratings]
