"""What the intake desk does with a report: accept, refuse, file, hand up (受理与立案)."""

from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases import guards, search
from shiyu.cases.actions.turn import begin
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.siting import centre_above, locate
from shiyu.catalogue.models import Kind, Standard
from shiyu.common import ready
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.masking import masked
from shiyu.files.actions import keep_photo
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.places.models import Place


@transaction.atomic
def accept(case: Case, *, actor: Actor, reason: str = "", version: int | None = None) -> Case:
    """Take a report up (受理): the accept clock stops, the filing clock starts."""
    return begin(case, "accept", actor=actor, version=version).finish(reason=reason)


@transaction.atomic
def dismiss(
    case: Case, *, actor: Actor, reason: str, instead: str = "", version: int | None = None
) -> Case:
    """Refuse a report (不予立案), saying why and where to go instead."""
    words = reason if not instead.strip() else f"{reason.strip()}\n{instead.strip()}"
    return begin(case, "dismiss", actor=actor, version=version).finish(reason=words)


@transaction.atomic
def file(
    case: Case,
    *,
    standard: Standard,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
) -> Case:
    """Take a report on as a case the city will handle (立案), under a standard in force today.

    Raises  Refused when the standard does not hold today or its kind has ended.
    """
    turn = begin(case, "file", actor=actor, version=version)
    standard = _STANDARD(standard.pk)[0]
    guards.standard_holds(standard, timezone.localtime(turn.now).date())
    known_kind = turn.case.kind_id
    filed = turn.finish(
        reason=reason,
        facts={"kind": standard.kind_id, "standard": standard.pk},
        changes={"kind": standard.kind, "standard": standard},
    )
    return _findable(filed, known_kind)


_STANDARD = ready.Select(
    lambda pk: Standard.objects.select_related("kind").filter(pk=pk), ready.ANY, stands=True
)


@transaction.atomic
def escalate(case: Case, *, actor: Actor, reason: str, version: int | None = None) -> Case:
    """Hand a case to the centre of the next tier (上报上级), whose clocks start."""
    turn = begin(case, "escalate", actor=actor, version=version)
    above = centre_above(turn.case.centre)
    facts = {"centre": above.pk, "from": turn.case.centre_id}
    return turn.finish(reason=reason, facts=facts, changes={"centre": above})


@transaction.atomic
def settle(
    case: Case,
    *,
    kind: Kind,
    before: Sequence[UploadedFile],
    after: Sequence[UploadedFile],
    actor: Actor,
    reason: str = "",
    version: int | None = None,
) -> Case:
    """Put it right on the spot and close it (自办自结), with pictures of before and after."""
    turn = begin(case, "settle", actor=actor, version=version)
    shown = Photo.objects.filter(subject=case.subject, role=Photo.Role.SCENE).exists()
    guards.settles(kind, before=bool(before) or shown, after=bool(after))
    _keep(turn.case, before, Photo.Role.BEFORE, actor)
    _keep(turn.case, after, Photo.Role.AFTER, actor)
    here = [s for s in actor.scopes("patrol") if s.covers(turn.case.place_number)]
    facts = {"kind": kind.pk, "handled_by_unit": here[0].unit_id}
    known_kind = turn.case.kind_id
    settled = turn.finish(reason=reason, facts=facts, changes={"kind": kind})
    return _findable(settled, known_kind)


@transaction.atomic
def remark(case: Case, *, actor: Actor, reason: str) -> Case:
    """Add a note to the story (批注); the stage stays."""
    return begin(case, "remark", actor=actor).finish(reason=reason)


@transaction.atomic
def correct(
    case: Case,
    *,
    actor: Actor,
    reason: str,
    address: str | None = None,
    lon: float | None = None,
    lat: float | None = None,
    kind: Kind | None = None,
    version: int | None = None,
) -> Case:
    """Correct where or what a case is (更正), by a new line that names the old.

    A filed case keeps its kind: its clock runs under it.
    """
    turn = begin(case, "correct", actor=actor, version=version)
    facts: dict[str, object] = {}
    changes: dict[str, object] = {}
    if address is not None and (where := masked(address.strip())) != turn.case.address:
        changes["address"] = where
        facts["fields"] = ["address"]
    if lon is not None and lat is not None:
        place = locate(lon, lat).place
        _stays_with_its_desk(turn.case, place, actor)
        facts |= {"place": place.pk, "old_place": turn.case.place_id}
        changes |= {"lon": lon, "lat": lat, "place": place, "place_number": place.first}
    if kind is not None and kind.pk != turn.case.kind_id:
        if turn.case.stage not in {Stage.REPORTED, Stage.ACCEPTED}:
            raise OutOfOrder(_("已立案的案件不能改类别，可以作废后重新立案"))
        facts |= {"kind": kind.pk, "old_kind": turn.case.kind_id}
        changes["kind"] = kind
    if not changes:
        raise Refused(_("没有改动"), field="address")
    corrected = turn.finish(reason=reason, facts=facts, changes=changes)
    search.index(corrected, search.words_said(corrected))
    return corrected


@transaction.atomic
def add_photos(case: Case, photos: Sequence[UploadedFile], *, role: str, actor: Actor) -> None:
    """Add pictures to a case one may remark on (补充照片)."""
    turn = begin(case, "remark", actor=actor)
    if actor.kind == "receipt" and not turn.case.is_open:
        raise NotAllowed(_("案件已办结，不能再补充照片"))
    _keep(turn.case, photos, role, actor)
    turn.finish(reason=_("补充照片 %(n)d 张") % {"n": len(photos)})


def _stays_with_its_desk(case: Case, place: Place, actor: Actor) -> None:
    """A case corrected to where its centre has no say could be moved by nobody any more."""
    here = [s for s in actor.scopes("intake") if s.covers(place.first)]
    if not any(s.unit_id == case.centre_id for s in here):
        raise Refused(
            _("%(place)s不归%(centre)s管，请上报上级中心更正")
            % {"place": place, "centre": case.centre},
            field="address",
        )


def _findable(case: Case, known_kind: int | None) -> Case:
    """Let a case be found by its kind once that has become another."""
    if case.kind_id != known_kind:
        search.index(case, search.words_said(case))
    return case


def _keep(case: Case, photos: Sequence[UploadedFile], role: str, actor: Actor) -> None:
    for photo in photos:
        keep_photo(photo, subject=case.subject, role=role, actor=actor)
