"""Which standard holds, what time it gives, who answers for it, and what may go to the grid."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.catalogue.models import Kind, Objection, Procedure, Reason, Responsibility, Standard
from shiyu.common import ready
from shiyu.common.errors import NotAllowed, OutOfOrder
from shiyu.people.actors import Actor
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.models import Tier, Unit
from shiyu.people.rules import holders_of


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who answers for a standard at one tier (责任单位)."""

    lead: Unit | None
    co: tuple[Unit, ...] = ()
    watch: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit a case might go to, and why; a person decides (派遣建议)."""

    unit: Unit
    role: str
    because: str


def standards_for(kind: Kind, day: date) -> list[Standard]:
    """The conditions of a kind in force on a day, in their order (现行立案条件)."""
    return _STANDARDS(day, kind.pk)


def standard_for(kind: Kind, at: date | datetime, ordinal: int | None = None) -> Standard | None:
    """The version in force then of one condition; of the first, if none is named."""
    day = timezone.localdate(at) if isinstance(at, datetime) else at
    in_force = Standard.objects.valid_on(day).filter(kind=kind)
    if ordinal is not None:
        in_force = in_force.filter(ordinal=ordinal)
    return in_force.order_by("ordinal").first()


def procedure_at(at: date | datetime) -> Procedure:
    """The newest version of the procedure in force then (现行流程参数)."""
    day = timezone.localdate(at) if isinstance(at, datetime) else at
    procedure = _PROCEDURE.first(day)
    if procedure is None:
        raise OutOfOrder(_("%(day)s 还没有生效的流程参数") % {"day": day.isoformat()})
    return procedure


_STANDARDS = ready.Select(
    lambda day, kind: Standard.objects.valid_on(day).filter(kind=kind).order_by("ordinal"),
    date(2000, 1, 1),
    ready.ANY,
    stands=True,
)
_PROCEDURE = ready.Select(
    lambda day: Procedure.objects.filter(valid_from__lte=day).order_by("-version")[:1],
    date(2000, 1, 1),
    stands=True,
)


def held_before(standard: Standard) -> Standard | None:
    """The version of the same condition in force the day before this one begins."""
    earlier = Standard.objects.filter(
        kind=standard.kind_id, ordinal=standard.ordinal, version__lt=standard.version
    )
    eve = standard.valid_from - timedelta(days=1)
    held = earlier.filter(valid_until=eve, valid_from__lte=eve).order_by("-version")
    return held.prefetch_related("responsibilities").first()


def conditions_of(kind: Kind) -> list[list[Standard]]:
    """All versions of each condition, the newest first, in two queries (立案条件各版本)."""
    rows = Standard.objects.filter(kind=kind).order_by("ordinal", "-version")
    found: dict[int, list[Standard]] = {}
    for standard in rows.prefetch_related("responsibilities__unit"):
        found.setdefault(standard.ordinal, []).append(standard)
    return list(found.values())


def usual_reasons() -> dict[str, list[str]]:
    """The usual reasons offered, by move, in the order in which they were listed (常用理由).

    A page has many forms: all lists are read at once and kept for some seconds.
    """
    if time.monotonic() >= _usual.stale_at:
        standing = Reason.objects.filter(ended_at__isnull=True).order_by("id")
        _usual.lists = {}
        for asked, text in standing.values_list("move", "text"):
            _usual.lists.setdefault(asked, []).append(text)
        _usual.stale_at = time.monotonic() + settings.CITY_KEPT_S
    return _usual.lists


@dataclass
class _Usual:
    lists: dict[str, list[str]] = field(default_factory=dict)
    stale_at: float = 0.0


_usual = _Usual()


def limits_of(procedure: Procedure, standard: Standard | None) -> dict[str, str]:
    """The allowance of every clock in words: the standard's own before the procedure's."""
    limits = dict(procedure.limits)
    if standard is not None:
        limits |= standard.limits
        limits["handling"] = standard.handling
    return {clock: words for clock, words in limits.items() if words}


def season_of(standard: Standard) -> tuple[str, str] | None:
    """First and last day (MM-DD) on which the handling limit counts; None: all year."""
    return (standard.season_first, standard.season_last) if standard.season_first else None


def responsible(standard: Standard, tier: str) -> Responsible:
    """Lead, co-operating and watching units of a standard at a tier (分级责任单位)."""
    named = Responsibility.objects.filter(standard=standard, tier=tier, unit__ended_on=None)
    by_role: dict[str, list[Unit]] = {}
    for part in named.select_related("unit").order_by("id"):
        by_role.setdefault(part.role, []).append(part.unit)
    role = Responsibility.Role
    lead = by_role.get(role.LEAD, [])
    co = (*lead[1:], *by_role.get(role.CO, ()))
    return Responsible(lead[0] if lead else None, co, tuple(by_role.get(role.WATCH, ())))


def suggested_units(standard: Standard, *, tier: str = "") -> list[Suggestion]:
    """Units that the standard names, leads first, those of the case's own tier before others."""
    role, order = Responsibility.Role, [tier, *(t for t in Tier.values if t != tier)]
    parts = Responsibility.objects.filter(standard=standard, unit__ended_on=None)
    parts = parts.exclude(role=role.WATCH).select_related("unit")
    ranked = parts.annotate(
        tier_rank=_rank("tier", order), role_rank=_rank("role", [role.LEAD, role.CO])
    )
    return [
        Suggestion(part.unit, part.role, _because(part))
        for part in ranked.order_by("tier_rank", "role_rank", "id")
    ]


def _rank(field: str, values: Iterable[str]) -> Case:
    found = [When(**{field: value}, then=Value(rank)) for rank, value in enumerate(values)]
    return Case(*found, default=Value(99), output_field=IntegerField())


def _because(part: Responsibility) -> str:
    told = {"tier": part.get_tier_display(), "role": part.get_role_display()}
    return _("立结案标准列为%(tier)s级%(role)s单位") % told


def may_go_to_grid(kind: Kind) -> str | None:
    """Why a kind may not be sent down to the grid; None if it may (入格事项准入)."""
    if kind.ended_on is not None and kind.ended_on < timezone.localdate():
        return _("“%(kind)s”已停用，不能交到网格") % {"kind": kind.name}
    if kind.in_grid:
        return None
    told = {"kind": kind.name, "why": kind.not_in_grid_because or _("未列入入格事项清单")}
    return _("“%(kind)s”未入格，不能交到网格：%(why)s") % told


def kinds_in_use(day: date | None = None) -> QuerySet[Kind]:
    """Kinds that a case may still be given."""
    day = day or timezone.localdate()
    return Kind.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day))


def kinds_for_public() -> QuerySet[Kind]:
    """Kinds offered to residents (公众可选小类)."""
    return kinds_in_use().filter(for_public=True)


def grid_list(*, admitted: bool = True) -> QuerySet[Kind]:
    """The list of items admitted to the grid, or of those kept out (入格事项清单)."""
    return kinds_in_use().filter(in_grid=admitted)


def find_kinds(words: str, *, most: int = 20) -> list[Kind]:
    """Kinds whose name, class, code or sound holds every word, for a picker."""
    found = kinds_in_use()
    for word in words.lower().split()[:5]:
        found = found.filter(
            Q(name__icontains=word)
            | Q(major_name__icontains=word)
            | Q(pinyin__contains=word)
            | Q(code__startswith=word)
        )
    return list(found[:most])


def may_edit(actor: Actor) -> bool:
    """Whether the actor may publish standards and admit kinds (标准维护)."""
    return actor.kind == "program" or actor.holds(Duty.SYSTEM_ADMIN)


def must_edit(actor: Actor) -> None:
    """Refuse whoever may not change the catalogue."""
    if not may_edit(actor):
        raise NotAllowed(_("您没有维护立结案标准的权限"))


def editors() -> set[int]:
    """The people who edit the catalogue today (标准维护人)."""
    return holders_of(Duty.SYSTEM_ADMIN)


def objects_for(actor: Actor) -> frozenset[int]:
    """The units for which this person may object to a standard: those they work for (所属单位)."""
    if actor.kind != "person":
        return frozenset()
    return frozenset(s.unit_id for s in actor.held if s.duty not in ADMINISTRATION)


def objections(*, open_only: bool = False) -> QuerySet[Objection]:
    """What units hold against standards, for whoever has signed in, newest first (标准异议)."""
    found = Objection.objects.select_related("standard__kind", "unit", "raised_by", "ended_by")
    return found.filter(stage="raised") if open_only else found
