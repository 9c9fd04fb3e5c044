"""Taking a report in, once, however often it is sent (上报)."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.calendars.rules import read_calendars
from shiyu.cases import events, search, story, timing
from shiyu.cases.actions import tell
from shiyu.cases.actions.turn import words_of
from shiyu.cases.happened import Happened, write
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Report, Reporter
from shiyu.cases.replay import Step
from shiyu.cases.siting import Site, centre_for, locate
from shiyu.catalogue.models import Kind
from shiyu.catalogue.rules import procedure_at
from shiyu.common import ready, together
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.files.actions import hand_over, keep_photo
from shiyu.files.models import Photo
from shiyu.journal.actions import announce, moment, record, write_remark
from shiyu.journal.models import Remark
from shiyu.people.actors import Actor
from shiyu.people.models import Unit
from shiyu.places.models import Place
from shiyu.places.rules import the_city

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_SIGNS = 12
CLOCK_SLACK = timedelta(minutes=5)
PHOTOS_MOST = 3
ADDRESS_MOST = 200


@dataclass(frozen=True, slots=True)
class Intake:
    """A report as it comes in, whatever the channel (上报件).

    source, source_ref  together name the report: the same pair is the same report.
    channel             public, hotline, patrol, sensor, department, superior, import.
    lon, lat            WGS-84 degrees, or None with a place or an address.
    occurred_at         aware; when it was reported, if not now.
    gathered            the draft whose photos, kept already, are to be the case's.
    """

    source: str
    source_ref: str
    channel: str
    text: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    place: Place | None = None
    kind: Kind | None = None
    photos: Sequence[UploadedFile | Photo] = ()
    gathered: str = ""
    name: str = ""
    phone: str = ""
    occurred_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def report(intake: Intake, *, actor: Actor) -> tuple[Report, str]:
    """Take in a problem someone saw (上报); returns the report and its receipt code.

    The code is shown once: only its hash is kept. For a report already there the code is "".

    Raises  Refused: outside the city, in the future, nothing said and nothing shown.
    """
    if found := _known(intake):
        return found, ""
    _shape(intake)
    try:
        with transaction.atomic():
            return _take_in(intake, actor=actor, direction=Case.Direction.UP)
    except IntegrityError as error:
        if "reported_once" not in str(error):
            raise
        return _KNOWN(intake.source, intake.source_ref)[0], ""


def join(case: Case, intake: Intake, *, actor: Actor) -> tuple[Report, str]:
    """Take in a further report of something already reported (一事多报): it joins that case.

    Its words, its place and its photos go with it, and it has a receipt of its own. What it
    says of a place is kept in its words: the case stays where it is.

    Raises  OutOfOrder once the case has ended; Refused as for `report`.
    """
    if found := _known(intake):
        return found, ""
    _shape(intake)
    try:
        with transaction.atomic():
            return _join(case, intake, actor=actor)
    except IntegrityError as error:
        if "reported_once" not in str(error):
            raise
        return _KNOWN(intake.source, intake.source_ref)[0], ""


@transaction.atomic
def order(intake: Intake, *, actor: Actor, parent: Case | None = None) -> Report:
    """Enter an order from above (交办), which a centre may split into children."""
    if parent is None and not actor.holds("intake", "dispatch"):
        raise NotAllowed(_("您的岗位不能登记交办事项"))
    if found := _known(intake):
        return found
    _shape(intake)
    if parent is None:
        _within_scope(intake, actor)
    try:
        with transaction.atomic():
            down = Case.Direction.DOWN
            return _take_in(intake, actor=actor, direction=down, parent=parent)[0]
    except IntegrityError as error:
        if "reported_once" not in str(error):
            raise
        return _KNOWN(intake.source, intake.source_ref)[0]


def _within_scope(intake: Intake, actor: Actor) -> None:
    place = _site(intake).place
    if not any(s.covers(place.first) for s in actor.scopes("intake", "dispatch")):
        text = _("%(place)s不在您的职责范围内，不能向那里交办") % {"place": place}
        raise NotAllowed(text, field="place")


def _within_reach(site: Site, actor: Actor) -> None:
    """Another system reports only where it was let in to (接口上报范围)."""
    if actor.kind != "key":
        return
    if not any(s.covers(site.place.first) for s in actor.scopes("report")):
        text = _("%(place)s不在这把密钥的上报范围内") % {"place": site.place}
        raise NotAllowed(text, field="place")


def _known(intake: Intake) -> Report | None:
    """The report that was taken in already under this name."""
    return next(iter(_KNOWN(intake.source, intake.source_ref)), None)


_KNOWN = ready.Select(
    lambda source, ref: Report.objects.filter(source=source, source_ref=ref).select_related("case"),
    "source",
    "source_ref",
)


def receipt_hash(code: str) -> str:
    """What is kept of a receipt code, however it is typed."""
    signs = "".join(c for c in code.upper() if c in ALPHABET)
    return hashlib.sha256(f"receipt\n{signs}".encode()).hexdigest()


def number_of(ordinal: int, prefix: str, day: datetime) -> str:
    """A case number, e.g. KF20261121000007: one sequence, gaps allowed."""
    return f"{prefix}{day:%Y%m%d}{ordinal:06d}"


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What a report that comes in asks of the database's counters, in one question."""

    now: datetime
    ordinal: int
    case: int
    report: int
    remark: int
    calendar: int


FRESH = """
SELECT clock_timestamp(), nextval('cases_number_seq'), nextval('cases_case_id_seq'),
       nextval('cases_report_id_seq'), nextval('journal_remark_id_seq'),
       (SELECT coalesce(max(id), 0) FROM calendars_calendar)
"""


def _fresh() -> _Fresh:
    ((now, *counters),) = ready.rows(FRESH)
    return _Fresh(timezone.localtime(now), *counters)


def _take_in(
    intake: Intake, *, actor: Actor, direction: str, parent: Case | None = None
) -> tuple[Report, str]:
    site = _site(intake)
    if parent is None:
        _within_reach(site, actor)
    fresh = _fresh()
    with together.together() as held:
        held.keys.setdefault(Remark, []).append(fresh.remark)
        case = _new_case(intake, site, fresh, direction, parent)
        words = words_of(intake.text, needed=False)
        taken, code, remark = _enter(
            case, intake, words, at=case.reported_at, actor=actor, pk=fresh.report
        )
        facts = {"report": taken.pk} | story.first_facts(case) | intake.extra
        _tell(case, "report", taken, facts, remark, actor)
        search.index(case, words)
        tell.reported(case)
    _keep_photos(case, intake, _author(taken, actor))
    transaction.on_commit(lambda: events.reported.send_robust(Case, case=case, report=taken))
    return taken, code


def _join(case: Case, intake: Intake, *, actor: Actor) -> tuple[Report, str]:
    case = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    if not case.is_open:
        raise OutOfOrder(_("这件刚刚办结，不能再关注。可以继续上报"))
    at = moment(case.last_at)
    words = words_of("\n".join(filter(None, (intake.text, intake.address.strip()))), needed=False)
    said_before = search.words_said(case)
    with together.together():
        taken, code, remark = _enter(case, intake, words, at=at, actor=actor)
        facts = {"report": taken.pk, "channel": intake.channel} | intake.extra
        _tell(case, "joined", taken, facts, remark, actor)
        search.index(case, f"{said_before} {words}")
        together.update(case, "version")  # whoever is just reading it reads again
    _keep_photos(case, intake, _author(taken, actor))
    return taken, code


def _tell(
    case: Case,
    verb: str,
    taken: Report,
    facts: dict[str, Any],
    remark: Remark | None,
    actor: Actor,
) -> None:
    """The line of a report, what is counted of it, and the live feed."""
    at, by = taken.reported_at, _author(taken, actor)
    record(case.subject, verb, actor=by, at=at, facts=facts, remark=remark)
    write(case, Happened(verb, at, facts, case.centre_id))
    announce("case", case.pk, case.version)


def _enter(
    case: Case,
    intake: Intake,
    words: str,
    *,
    at: datetime,
    actor: Actor,
    pk: int | None = None,
) -> tuple[Report, str, Remark | None]:
    """The report itself, who made it, what they said; with the receipt code shown once."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(RECEIPT_SIGNS))
    taken = Report(
        pk=pk,
        case=case,
        source=intake.source,
        source_ref=intake.source_ref,
        receipt=receipt_hash(code),
        reported_at=at,
        by_person_id=actor.id if actor.kind == "person" else None,
    )
    together.insert(taken)
    remark = None
    if words:
        remark = write_remark(case.subject, words, author=_author(taken, actor), at=at)
        taken.remark_id = remark.pk
        together.update(taken, "remark_id")
    if intake.name or intake.phone:
        reporter = Reporter(report=taken, name=intake.name, phone=intake.phone)
        together.insert(reporter, numbered=False)
    return taken, "-".join((code[:4], code[4:8], code[8:])), remark


def _author(taken: Report, actor: Actor) -> Actor:
    return actor if actor.kind in {"person", "key"} else Actor.receipt(taken.pk)


def _keep_photos(case: Case, intake: Intake, by: Actor) -> None:
    for photo in intake.photos:
        keep_photo(photo, subject=case.subject, role=Photo.Role.SCENE, actor=by)
    if intake.gathered:
        hand_over(intake.gathered, to=case.subject, actor=by)


def _new_case(
    intake: Intake, site: Site, fresh: _Fresh, direction: str, parent: Case | None
) -> Case:
    at = intake.occurred_at or fresh.now
    procedure = procedure_at(timezone.localtime(at).date())
    case = Case(
        pk=fresh.case,
        number=number_of(fresh.ordinal, the_city().number_prefix, timezone.localtime(at)),
        direction=direction,
        channel=intake.channel,
        stage=Stage.REPORTED,
        kind=intake.kind,
        procedure=procedure,
        place=site.place,
        place_number=site.place.first,
        lon=intake.lon,
        lat=intake.lat,
        address=intake.address.strip(),
        centre=centre_for(site.place, procedure.tier_for(intake.channel)),
        parent=parent,
        reported_at=at,
        taken_in_at=fresh.now,
        last_at=at,
    )
    calendars = read_calendars(fresh.calendar)
    timing.refresh(case, [], [Step("report", at, "")], now=fresh.now, calendars=calendars)
    together.insert(case)
    return case


def _site(intake: Intake) -> Site:
    if intake.place is not None:
        return Site(intake.place, exact=False)
    return locate(intake.lon, intake.lat)


def _shape(intake: Intake) -> None:
    """What no report may lack, whatever the form it came through."""
    if intake.lon is None and intake.place is None and not intake.address.strip():
        raise Refused(_("填写问题所在的街道和门牌，如「书店街 12 号」"), field="address")
    if len(intake.address) > ADDRESS_MOST:
        over = len(intake.address) - ADDRESS_MOST
        text = _("位置最多 %(most)d 字，现在多了 %(over)d 字")
        raise Refused(text % {"most": ADDRESS_MOST, "over": over}, field="address")
    gathered = Photo.objects.filter(subject=intake.gathered).count() if intake.gathered else 0
    shown = len(intake.photos) + gathered
    if not words_of(intake.text, needed=False) and not shown and intake.kind is None:
        raise Refused(_("说明是什么问题，或附一张照片"), field="text")
    if shown > PHOTOS_MOST:
        raise Refused(_("照片最多 %(most)d 张") % {"most": PHOTOS_MOST}, field="photos")
    at = intake.occurred_at
    if at is None:
        return
    if at.tzinfo is None:
        raise Refused(_("上报时间须带时区"), field="occurred_at")
    if at > timezone.now() + CLOCK_SLACK:
        raise Refused(_("上报时间不能晚于现在"), field="occurred_at")


def unit_named(code: str) -> Unit:
    """A unit by its code, if it still works."""
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise Refused(_("没有代码为“%(code)s”的机构") % {"code": code}, field="unit")
    if unit.ended_on is not None and unit.ended_on < timezone.localdate():
        raise Refused(_("%(unit)s 已停用，请另选单位") % {"unit": unit}, field="unit")
    return unit
