"""The daily facts, and the figures that can be asked of them (日统计)."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, NamedTuple

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from shiyu.facts.measures import Measure
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOKING, Duty
from shiyu.places.models import Place


class Tally(NamedTuple):
    """Figures of one measure (合计).

    n       how many.
    judged  of these, how many had a limit (of ratings: said how satisfied they are).
    missed  of the judged, how many were late (of ratings: not satisfied).
    total   minutes taken by all that had a clock (of ratings: the sum of their levels).
    """

    n: int = 0
    judged: int = 0
    missed: int = 0
    total: int = 0

    @property
    def kept(self) -> int:
        """How many were in time (按期)."""
        return self.judged - self.missed


class FactQuerySet(models.QuerySet["Fact"]):
    """Facts by the city's days; every condition narrows, every sum is exact at its moment."""

    def between(self, first: date, last: date) -> "FactQuerySet":
        """Of these days, both included (时段)."""
        return self.filter(day__range=(first, last))

    def under(self, place: Place) -> "FactQuerySet":
        """Of a place and all in it (辖区)."""
        if place.parent_id is None:
            return self
        inside = Place.objects.filter(first__range=(place.first, place.last))
        return self.filter(place_id__in=inside.values("pk"))

    def of_kind(self, kind: int | None) -> "FactQuerySet":
        """Of one kind (类别); None: of cases whose kind nobody has said yet."""
        return self.filter(kind_id=kind or 0)

    def of_unit(self, *units: int) -> "FactQuerySet":
        """Of the work of these units (单位)."""
        return self.filter(unit_id__in=units)

    def through(self, channel: str) -> "FactQuerySet":
        """Through one channel (来源)."""
        return self.filter(channel=channel)

    def measuring(self, *measures: Measure) -> "FactQuerySet":
        """Of these measures alone (统计项)."""
        return self.filter(measure__in=measures)

    def visible_to(self, actor: Actor) -> "FactQuerySet":
        """What this actor may know: of the places they look after, of the units they handle for."""
        if actor.kind == "program":
            return self
        ways = Q(unit_id__in=actor.units(Duty.HANDLE)) if actor.holds(Duty.HANDLE) else Q()
        seen = Q()
        for scope in actor.scopes(*LOOKING):
            seen |= Q(first__range=(scope.first, scope.last))
        if seen:
            ways |= Q(place_id__in=Place.objects.filter(seen).values("pk"))
        return self.filter(ways) if ways else self.none()

    def tally(self) -> dict[str, Tally]:
        """The figures of each measure (合计); a measure nothing was done in is left out."""
        return {str(measure): tally for (measure,), tally in self._sums("measure") if any(tally)}

    def tally_by(self, *keys: str) -> dict[tuple[object, ...], dict[str, Tally]]:
        """The same for each day, place_id, unit_id, kind_id, channel or outcome (分组合计)."""
        found: dict[tuple[object, ...], dict[str, Tally]] = {}
        for (*group, measure), tally in self._sums(*keys, "measure"):
            if any(tally):
                found.setdefault(tuple(group), {})[str(measure)] = tally
        return found

    def _sums(self, *keys: str) -> Iterable[tuple[tuple[object, ...], Tally]]:
        sums = {
            f"sum_{name}": Coalesce(Sum(F(name)), 0, output_field=models.BigIntegerField())
            for name in Tally._fields
        }
        rows = self.order_by().values_list(*keys).annotate(**sums)
        for row in rows:
            yield tuple(row[: len(keys)]), Tally(*row[len(keys) :])


class Fact(models.Model):
    """How often one thing was done on one day, under one place, unit, kind and channel (日统计).

    Read from a view over the folded table and the deltas beside it: together always exact. A key
    may come in several rows, so ask through the sums of its queryset.
    """

    pk = models.CompositePrimaryKey(
        "day", "measure", "place_id", "unit_id", "kind_id", "channel", "outcome"
    )
    day = models.DateField()
    measure = models.CharField(max_length=12)
    place_id = models.IntegerField()
    unit_id = models.IntegerField()
    kind_id = models.IntegerField()
    channel = models.CharField(max_length=20)
    outcome = models.CharField(max_length=12)
    n = models.IntegerField()
    judged = models.IntegerField()
    missed = models.IntegerField()
    total = models.BigIntegerField()

    objects: ClassVar = FactQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "facts_fact"
