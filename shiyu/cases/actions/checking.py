"""Checks on site, before filing and before closing, by someone other than the handler (核查)."""

from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from shiyu.cases.actions.turn import Turn, begin
from shiyu.cases.models import Case, Check
from shiyu.common import ready, together
from shiyu.files.actions import keep_photo
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.models import Unit


@transaction.atomic
def check_open(case: Case, *, actor: Actor, reason: str = "", version: int | None = None) -> Case:
    """Send someone to look before filing (派发立案前核查): the intake clocks pause."""
    turn = begin(case, "check_open", actor=actor, version=version)
    Check.objects.create(case=turn.case, kind=Check.Kind.BEFORE_FILING, opened_at=turn.now)
    return turn.finish(reason=reason)


@transaction.atomic
def check_done(
    case: Case,
    *,
    found: bool,
    actor: Actor,
    reason: str,
    photos: Sequence[UploadedFile] = (),
    version: int | None = None,
) -> Case:
    """Answer a check before filing (立案前核查反馈): whether it is so, and what was seen."""
    turn = begin(case, "check_done", actor=actor, version=version)
    _end(turn, Check.Kind.BEFORE_FILING, passed=found)
    _keep(turn, photos)
    return turn.finish(reason=reason, facts={"found": found})


@transaction.atomic
def verify(
    case: Case,
    *,
    actor: Actor,
    reason: str = "",
    photos: Sequence[UploadedFile] = (),
    version: int | None = None,
) -> Case:
    """Find on site that it is put right (核查通过); never by who handled it."""
    turn = begin(case, "verify", actor=actor, version=version)
    _end(turn, Check.Kind.BEFORE_CLOSING, passed=True)
    _keep(turn, photos)
    return turn.finish(reason=reason)


@transaction.atomic
def rework(
    case: Case,
    *,
    actor: Actor,
    reason: str,
    units: Sequence[Unit] = (),
    photos: Sequence[UploadedFile] = (),
    version: int | None = None,
) -> Case:
    """Send it back to the units, or to those named (返工): their clocks go on."""
    turn = begin(case, "rework", actor=actor, version=version)
    _end(turn, Check.Kind.BEFORE_CLOSING, passed=False)
    _keep(turn, photos)
    return turn.finish(reason=reason, units=[u.pk for u in units])


def _end(turn: Turn, kind: str, *, passed: bool) -> None:
    """Close the open check of this kind, or write down the one that was just made."""
    known = _OPEN_CHECK(turn.case.pk, kind)
    check = known[0] if known else Check(case=turn.case, kind=kind, opened_at=turn.case.last_at)
    check.done_at, check.passed = turn.now, passed
    check.done_by_id = turn.actor.id if turn.actor.kind == "person" else None
    if check._state.adding:
        together.insert(check, numbered=False)
    else:
        together.update(check)


_OPEN_CHECK = ready.Select(
    lambda case, kind: Check.objects.filter(case=case, kind=kind, done_at__isnull=True),
    ready.ANY,
    "kind",
)


def _keep(turn: Turn, photos: Sequence[UploadedFile]) -> None:
    for photo in photos:
        keep_photo(photo, subject=turn.case.subject, role=Photo.Role.CHECK, actor=turn.actor)
