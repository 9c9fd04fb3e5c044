"""From what a client names to our records, or what it is told instead (按编号代码查找)."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.api.refusals import Invalid
from shiyu.api.rules import upload_of
from shiyu.api.v1.words import sentence
from shiyu.cases import rules
from shiyu.cases.models import Case, CaseQuerySet
from shiyu.catalogue.models import Kind, Standard
from shiyu.common import ready
from shiyu.common.errors import NotFound
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOK, LOOKING, Duty
from shiyu.people.models import Unit
from shiyu.places.models import Place


def case_of(actor: Actor, number: str, *, rows: CaseQuerySet | None = None) -> Case:
    """The case, if this actor may know of it; otherwise as if it did not exist."""
    found = _seen(actor).first(number) if rows is None else rows.filter(number=number).first()
    if found is None:
        raise NotFound(_("没有编号为 %(number)s 的案件") % {"number": number[:24]})
    return found


def case_to_move(actor: Actor, number: str) -> Case:
    """The same with no more of it than a move asks before the case is locked."""
    found = _to_move(actor).first(number)
    if found is None:
        raise NotFound(_("没有编号为 %(number)s 的案件") % {"number": number[:24]})
    return found


@lru_cache(maxsize=1024)
def _seen(actor: Actor) -> ready.Select[Case]:
    """One of the cases that this actor may know of, by its number: built once for what it holds."""
    seen = rules.visible_to(actor)
    return ready.Select(lambda number: seen.filter(number=number).order_by(), "number")


@lru_cache(maxsize=1024)
def _to_move(actor: Actor) -> ready.Select[Case]:
    seen = rules.visible_to(actor).only("number", "version", "kind")
    return ready.Select(lambda number: seen.filter(number=number).order_by(), "number")


def only_reported(actor: Actor, case: Case) -> bool:
    """Whether a client knows of a case only because it reported it (仅为上报方).

    Then it is told its own words and pictures; others may have reported the same, and what
    colleagues write among themselves is not for it.
    """
    if any(scope.covers(case.place_number) for scope in actor.scopes(*LOOKING, LOOK)):
        return False
    units = actor.units(Duty.HANDLE)
    return not (units and case.assignments.filter(unit__in=units).exists())


def kind_called(code: str, field: str = "kind") -> Kind:
    found = _KIND.first(code)
    if found is None:
        raise _wrong(field, _("没有代码为“%(code)s”的类别") % {"code": code})
    return found


def unit_called(code: str, field: str = "unit") -> Unit:
    found = _UNIT.first(code)
    if found is None:
        raise _wrong(field, _("没有代码为“%(code)s”的机构") % {"code": code})
    return found


def units_called(codes: Sequence[str], field: str) -> list[Unit]:
    return [unit_called(code, field) for code in codes]


def own_unit(actor: Actor, code: str | None) -> Unit:
    """The unit a handler speaks for: the one named, else its only one."""
    if code:
        return unit_called(code)
    own = actor.units("handle")
    if len(own) != 1:
        raise _wrong("unit", _("写明代表哪个机构办理"))
    return _OWN(*own)[0]


def place_called(code: str, field: str = "place") -> Place:
    found = _PLACE.first(code)
    if found is None:
        raise _wrong(field, _("没有代码为“%(code)s”的区域") % {"code": code})
    return found


def standard_named(case: Case, standard: int | None, kind: str | None) -> Standard:
    """The condition a case is filed under: named, or the only one of its kind in force."""
    if standard is not None:
        found = Standard.objects.select_related("kind").filter(pk=standard).first()
        if found is None:
            raise _wrong("standard", _("没有这条立案标准"))
        return found
    kind_id = kind_called(kind).pk if kind else case.kind_id
    if kind_id is None:
        raise _wrong("kind", _("案件还没有类别：写明 kind 或 standard"))
    offered = _IN_FORCE(timezone.localdate(), kind_id)
    if len(offered) != 1:
        raise _wrong("standard", _("这个类别有几条立案标准或没有：用 standard 写明一条"))
    return offered[0]


def photos_named(actor: Actor, ids: Sequence[UUID], field: str = "photos") -> list[Photo]:
    """Photos that this client sent ahead, in the order in which it names them."""
    if not ids:
        return []
    names = [one.hex for one in ids]
    waiting = Photo.objects.filter(public_id__in=names, subject=upload_of(actor))
    found = {photo.public_id: photo for photo in waiting}
    if len(found) != len(names):
        raise _wrong(field, _("没有其中的照片，或它已经用过：请先上传"))
    return [found[name] for name in names]


def strange(field: str, text: str) -> Invalid:
    """A field whose value stands for nothing."""
    return _wrong(field, text)


def request_actor(request: HttpRequest) -> Actor:
    actor: Actor = request.caller.actor  # type: ignore[attr-defined]
    return actor


def _in_force(day: date, kind: int) -> QuerySet[Standard]:
    held = Standard.objects.valid_on(day).select_related("kind")
    return held.filter(kind=kind).order_by("ordinal")[:2]


_KIND = ready.Select(lambda code: Kind.objects.filter(code=code), "code", stands=True)
_UNIT = ready.Select(lambda code: Unit.objects.filter(code=code), "code", stands=True)
_OWN = ready.Select(lambda pk: Unit.objects.filter(pk=pk), ready.ANY, stands=True)
_PLACE = ready.Select(
    lambda code: Place.objects.filter(code=code).defer("boundary"), "code", stands=True
)
_IN_FORCE = ready.Select(_in_force, date(2000, 1, 1), ready.ANY, stands=True)


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(sentence("invalid"), fields=[(field, text)])
