"""How a report comes into being: the case, the report, who made it, what was said (收件).

Everything here works inside the transaction of `reporting`, which decides whether and how often.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
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
from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.masking import mask
from shiyu.files.actions import hand_over, keep_photo
from shiyu.files.models import Photo
from shiyu.journal.actions import announce, record, write_remark
from shiyu.journal.models import Remark
from shiyu.people.actors import Actor
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
    notice              the edition of the privacy notice that was seen.
    gathered            the draft whose photos, kept already, are to be the case's.
    hidden              numbers masked in text and address, as they were written: `masked`.
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
    hidden: Sequence[str] = ()
    notice: str = ""
    occurred_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def receipt_hash(code: str) -> str:
    """What is kept of a receipt code, however it is typed."""
    signs = "".join(c for c in code.upper() if c in ALPHABET)
    return hashlib.sha256(f"receipt\n{signs}".encode()).hexdigest()


def number_of(ordinal: int, prefix: str, day: datetime) -> str:
    """A case number, e.g. KF20261121000007: one sequence, gaps allowed."""
    return f"{prefix}{day:%Y%m%d}{ordinal:06d}"


def masked(intake: Intake, actor: Actor) -> Intake:
    """The report with the numbers in its words hidden; those that may be needed go apart (遮盖)."""
    plates = actor.kind != "person"
    text, address = (mask(said, plates=plates) for said in (intake.text, intake.address))
    if not text.kinds and not address.kinds:
        return intake
    hidden = (*intake.hidden, *text.needed, *address.needed)
    return replace(intake, text=text.text, address=address.text, hidden=hidden)


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a report that comes in asks of the database's counters, in one question."""

    now: datetime
    ordinal: int
    case: int
    report: int
    remark: int
    calendar: int
    standing: str | None


FRESH = f"""
SELECT clock_timestamp(), nextval('cases_number_seq'), nextval('cases_case_id_seq'),
       nextval('cases_report_id_seq'), nextval('journal_remark_id_seq'),
       (SELECT coalesce(max(id), 0) FROM calendars_calendar), {ready.STAMP}
  FROM generate_series(1, %s)
"""  # noqa: S608 - our own words


def fresh_numbers(most: int = 1) -> list[Fresh]:
    return [Fresh(timezone.localtime(now), *rest) for now, *rest in ready.rows(FRESH, [most])]


def take_in(
    intake: Intake,
    *,
    actor: Actor,
    direction: str,
    parent: Case | None = None,
    fresh: Fresh | None = None,
) -> tuple[Report, str]:
    fresh, intake = fresh or fresh_numbers()[0], masked(intake, actor)
    with ready.as_of(fresh.standing):
        return _take_in(intake, fresh, actor, direction, parent)


def _take_in(
    intake: Intake, fresh: Fresh, actor: Actor, direction: str, parent: Case | None
) -> tuple[Report, str]:
    site = site_of(intake)
    if parent is None:
        _within_reach(site, actor)
    with together.together() as held:
        held.keys.setdefault(Remark, []).append(fresh.remark)
        case = _new_case(intake, site, fresh, direction, parent)
        words = words_of(intake.text, needed=False)
        taken, code, remark = enter(
            case, intake, words, at=case.reported_at, actor=actor, pk=fresh.report
        )
        facts = {"report": taken.pk} | story.first_facts(case) | intake.extra
        tell_of(case, "report", taken, facts, remark, actor)
        search.index(case, words, first=taken)
        tell.reported(case)
    keep_photos(case, intake, author_of(taken, actor))
    transaction.on_commit(lambda: events.reported.send_robust(Case, case=case, report=taken))
    return taken, code


def _within_reach(site: Site, actor: Actor) -> None:
    """Another system reports only where it was let in to (接口上报范围)."""
    if actor.kind != "key":
        return
    if not any(s.covers(site.place.first) for s in actor.scopes("report")):
        text = _("%(place)s不在这把密钥的上报范围内") % {"place": site.place}
        raise NotAllowed(text, field="place")


def tell_of(
    case: Case,
    verb: str,
    taken: Report,
    facts: dict[str, Any],
    remark: Remark | None,
    actor: Actor,
) -> None:
    """The line of a report, what is counted of it, and the live feed."""
    at, by = taken.reported_at, author_of(taken, actor)
    record(case.subject, verb, actor=by, at=at, facts=facts, remark=remark)
    write(case, Happened(verb, at, facts, case.centre_id))
    announce("case", case.pk, case.version)


def enter(
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
        notice=intake.notice,
    )
    together.insert(taken)
    remark = None
    if words:
        remark = write_remark(case.subject, words, author=author_of(taken, actor), at=at)
        taken.remark_id = remark.pk
        together.update(taken, "remark_id")
    if intake.name or intake.phone or intake.hidden:
        reporter = Reporter.of(taken.pk, name=intake.name, phone=intake.phone, hidden=intake.hidden)
        together.insert(reporter, numbered=False)
    return taken, "-".join((code[:4], code[4:8], code[8:])), remark


def author_of(taken: Report, actor: Actor) -> Actor:
    return actor if actor.kind in {"person", "key"} else Actor.receipt(taken.pk)


def keep_photos(case: Case, intake: Intake, by: Actor) -> None:
    for photo in intake.photos:
        keep_photo(photo, subject=case.subject, role=Photo.Role.SCENE, actor=by)
    if intake.gathered:
        hand_over(intake.gathered, to=case.subject, actor=by)


def _new_case(
    intake: Intake, site: Site, fresh: Fresh, direction: str, parent: Case | None
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


def site_of(intake: Intake) -> Site:
    if intake.place is not None:
        return Site(intake.place, exact=False)
    return locate(intake.lon, intake.lat)


def check_shape(intake: Intake) -> None:
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
