"""What cases do when units end and people are given or leave duties (随机构人员变更)."""

from collections.abc import Collection, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from shiyu.cases.actions import succeeding
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.rules import visible_to
from shiyu.catalogue.rules import find_kinds
from shiyu.common.wall import beyond, within
from shiyu.people import following
from shiyu.people.actors import Actor
from shiyu.people.following import Named, Touched
from shiyu.people.models import Unit, UnitChange
from shiyu.people.seeing import sight_of
from shiyu.places.models import Place

COUNTED_TO = 10_000
FOUND_MOST = 8


class OpenWork:
    """Open cases follow the heirs of their unit; ended ones keep naming the old one."""

    @beyond("work of a unit")
    def touched(self, unit: Unit) -> Sequence[Touched]:
        parts = Assignment.objects.filter(unit=unit, state__in=succeeding.LIVE)
        count = parts.filter(case__in=Case.objects.open()).count()
        desk = Case.objects.open().filter(centre=unit).count()
        past = Assignment.objects.filter(unit=unit).count() - count
        return [
            Touched(_("承办的在办案件"), count, open=True),
            Touched(_("作为承办中心的在办案件"), desk, open=True),
            Touched(_("已办结或已退出的案件（仍记原机构）"), past),
        ]

    def follow(self, change: UnitChange) -> None:
        """Nothing small: open cases go over one by one."""

    @beyond("work of a unit")
    def hand_over_some(self, change: UnitChange, most: int) -> int:
        return succeeding.hand_over_some(change, most)

    @beyond("work of a unit")
    def waiting(self, unit_ids: Collection[int]) -> Collection[int]:
        ids = list(unit_ids)
        cases = succeeding.open_work(ids).exclude(
            stage=Stage.SUSPENDED, awaits__contains=["objection"]
        )
        live = Assignment.objects.filter(unit__in=ids, state__in=succeeding.LIVE, case__in=cases)
        found = set(live.values_list("unit", flat=True).distinct())
        return found | set(cases.filter(centre__in=ids).values_list("centre", flat=True).distinct())


def sight(actor: Actor) -> Sequence[tuple[str, int]]:
    """How many cases somebody sees, counted up to a limit (可见案件数)."""
    seen = visible_to(actor)
    counts = [
        (_("可见的在办案件"), seen.open()),
        (_("可见的全部案件"), seen),
    ]
    with within(sight_of(actor)):
        return [(title, cases.order_by()[: COUNTED_TO + 1].count()) for title, cases in counts]


def places_named(words: str) -> Sequence[Named]:
    """Places by code or name, the largest first."""
    found = Place.objects.filter(Q(code=words) | Q(name=words))
    if not found.exists():
        found = Place.objects.filter(Q(name__contains=words) | Q(pinyin__contains=words.lower()))
    rows = found.order_by("first", "-last").values_list("code", "name", "first", "last")
    return [Named(*row) for row in rows[:FOUND_MOST]]


def place_names(codes: Collection[str]) -> dict[str, str]:
    """Names of places by code."""
    return dict(Place.objects.filter(code__in=list(codes)).values_list("code", "name"))


def kinds_named(words: str) -> Sequence[Named]:
    """Kinds by code or name; a whole class by its code or name."""
    exact = [k for k in find_kinds(words) if words in {k.code, k.name}]
    majors = find_kinds(words)[:1]
    major = next((k for k in majors if words in {k.major_code, k.major_name}), None)
    if major is not None:
        return [Named(major.major_code, major.major_name)]
    return [Named(k.code, k.name) for k in exact or find_kinds(words, most=FOUND_MOST)]


def register() -> None:
    """Let people know what cases, places and kinds there are."""
    following.units.append(OpenWork())
    following.deal.append(succeeding.dealt)
    following.sight.append(sight)
    following.places.append(places_named)
    following.place_names.append(place_names)
    following.kinds.append(kinds_named)
