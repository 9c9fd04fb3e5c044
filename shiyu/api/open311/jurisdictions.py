"""For which part of the city a client speaks: the whole, or a county with its own centre (辖区)."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.common.errors import NotFound, Refused
from shiyu.common.ready import Select
from shiyu.people.models import Tier, Unit
from shiyu.places.models import Place


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """A place that has a centre of its own; its cases lie in first..last."""

    code: str
    name: str
    first: int
    last: int

    def holds(self, place_number: int) -> bool:
        """Whether a place lies in it."""
        return self.first <= place_number <= self.last


def jurisdictions() -> list[Jurisdiction]:
    """The city, then its counties that have a centre, in the order of the tree.

    Asked in every request, so never stale in any process: one statement, built once and planned
    once by the database, of tables that are open to everybody.
    """
    return [Jurisdiction(one.code, one.name, one.first, one.last) for one in _with_a_centre()]


def _speaking() -> "QuerySet[Place]":
    county_centres = Unit.objects.filter(
        kind=Unit.Kind.CENTRE, tier=Tier.COUNTY, ended_on__isnull=True
    ).values("place_code")
    rows = Place.objects.filter(parent=None) | Place.objects.filter(
        level=Place.Level.COUNTY, code__in=county_centres
    )
    return rows.only("code", "name", "first", "last").order_by("first")


_with_a_centre = Select(_speaking, stands=True)


def jurisdiction_of(asked: str, everywhere: bool = False) -> Jurisdiction:
    """The one that a client names; it may be left out where there is only one.

    Raises  Refused (400) when it is left out, NotFound (404) when there is none of this name.
    """
    known = jurisdictions()
    if not known:
        raise NotFound(_("本系统还没有建立城市"), field="jurisdiction_id")
    if everywhere or (not asked and len(known) == 1):
        return known[0]
    codes = "、".join(one.code for one in known)
    if not asked:
        text = _("没有给出 jurisdiction_id。可用：%(codes)s") % {"codes": codes}
        raise Refused(text, field="jurisdiction_id")
    for one in known:
        if one.code == asked:
            return one
    raise NotFound(_("没有这个辖区。可用：%(codes)s") % {"codes": codes}, field="jurisdiction_id")
