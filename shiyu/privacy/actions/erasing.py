"""Erasing a person: key, rows, words, pictures, copies; the record stays (删除个人信息).

What stays says nothing of them: that something was reported, where it went, when; lines of the
journal hold ids and salted commitments, whose salts go.
"""

import secrets
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from shiyu.cases import search
from shiyu.cases.models import Case, Report, Reporter
from shiyu.common.errors import OutOfOrder
from shiyu.common.models import Answered
from shiyu.common.wall import beyond
from shiyu.files import store
from shiyu.files.models import Photo
from shiyu.journal.actions import moment, record
from shiyu.journal.erasing import Ground as RemarkGround
from shiyu.journal.erasing import erase
from shiyu.journal.models import Remark
from shiyu.notices.actions import stop_following
from shiyu.people.actors import Actor
from shiyu.privacy import belongings, outside
from shiyu.privacy.belongings import Belongings
from shiyu.privacy.events import erasing
from shiyu.privacy.models import Erasure
from shiyu.privacy.outside import Listed, committed

PROGRAM = Actor.program("privacy")


@beyond("of one person")
def erase_people(
    report_ids: Sequence[int], *, why: str, actor: Actor, ref: str = ""
) -> dict[str, int]:
    """Erase all that belongs to whoever made these reports; returns how much, by kind.

    ref  of an erasure that stands in the list outside already, and is only done again.

    The list outside the database has it before it is committed, so that no restore forgets it;
    if it is not committed after all, the list says so too.
    """
    again, ref = bool(ref), ref or str(uuid.uuid4())
    try:
        with transaction.atomic():
            found = _locked(report_ids)
            counts = _erase(found, actor=actor, why=why)
            at = moment()
            Erasure.objects.create(ref=ref, why=why, at=at, counts=counts)
            if not again:
                outside.add(_listed(ref, found, why, at))
    except BaseException:
        if not again:
            outside.void(ref)
        raise
    return counts


def _locked(report_ids: Sequence[int]) -> Belongings:
    """What there is, with the reports and their cases locked: nothing is added meanwhile."""
    wanted = sorted(report_ids)
    rows = Report.objects.filter(pk__in=wanted).order_by("case_id", "pk")
    cases = sorted(set(rows.values_list("case_id", flat=True)))
    list(Case.objects.select_for_update(no_key=True).filter(pk__in=cases).order_by("pk"))
    list(Report.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    return belongings.of(wanted)


def _erase(found: Belongings, *, actor: Actor, why: str) -> dict[str, int]:
    counts = found.counts
    ids = [report.pk for report in found.reports]
    for case in found.addressed:
        case.address = ""
        Case.objects.filter(pk=case.pk).update(address="")
    for remark in found.remarks:
        with suppress(OutOfOrder):  # erased before, on another ground
            erase(remark, actor=PROGRAM, ground=RemarkGround.REQUESTED)
    Reporter.objects.filter(report__in=ids).delete()
    for report in found.reports:
        stop_following(report.subject)
    _drop_photos(found.photos)
    _forget_answers(found)
    for case in found.cases:
        fresh = Case.objects.select_related("kind", "place").defer("place__boundary")
        search.index(fresh.get(pk=case.pk), search.words_said(case))
    erasing.send(Erasure, reports=ids, cases=found.cases)
    for report in found.reports:
        record(report.subject, "erase_person", actor=actor, facts={"why": why, **counts})
    return counts


def _drop_photos(photos: Sequence[Photo]) -> None:
    """Rows at once; files when that is certain, save those that another picture's row names."""
    names = {photo.sha256 for photo in photos}
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).delete()

    def remove() -> None:
        still = set(Photo.objects.filter(sha256__in=names).values_list("sha256", flat=True))
        for name in names - still:
            store.remove(name)

    transaction.on_commit(remove)


def _forget_answers(found: Belongings) -> None:
    """Answers kept for repeated requests may have held what was sent."""
    told = Q()
    for case in found.cases:
        told |= Q(answer__icontains=case.number)
    if told:
        Answered.objects.filter(told).delete()


def _listed(ref: str, found: Belongings, why: str, at: datetime) -> Listed:
    salt = secrets.token_hex(16)
    return Listed(
        ref=ref,
        at=at.isoformat(),
        why=why,
        salt=salt,
        reports={str(r.pk): of_report(salt, r) for r in found.reports},
        remarks={str(r.pk): of_remark(salt, r) for r in found.remarks},
        photos={str(p.pk): of_photo(salt, p) for p in found.photos},
    )


def of_report(salt: str, report: Report) -> str:
    """What tells this report from another that has its id after a restore."""
    return committed(salt, report.source, report.source_ref, report.reported_at.timestamp())


def of_remark(salt: str, remark: Remark) -> str:
    return committed(salt, remark.subject, remark.author, remark.written_at.timestamp())


def of_photo(salt: str, photo: Photo) -> str:
    return committed(salt, photo.public_id, photo.sha256)
