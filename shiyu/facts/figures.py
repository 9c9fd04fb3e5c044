"""Figures of one period, cut in several ways by one look at its facts (统计表)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import EmptyResultSet
from django.db import connection

from shiyu.facts.models import FactQuerySet, Tally

Figures = dict[str, Tally]
COLUMNS = ("day", "measure", "place_id", "unit_id", "kind_id", "channel", *Tally._fields)
WAYS = ("day", "part", "kind_id", "channel", "unit_id")
CUT = """
    SELECT grouping(f.day), grouping(f.part), grouping(f.kind_id), grouping(f.channel),
           grouping(f.unit_id), f.measure, f.day, f.part, f.kind_id, f.channel, f.unit_id,
           sum(f.n::int), sum(f.judged::int), sum(f.missed::int), sum(f.total::float8)::bigint
      FROM (SELECT i.*, width_bucket(p.first, %s::bigint[]) AS part
              FROM ({inner}) AS i JOIN places_place p ON p.id = i.place_id) AS f
     GROUP BY GROUPING SETS ((f.measure), (f.measure, f.day), (f.measure, f.part),
           (f.measure, f.kind_id), (f.measure, f.channel), (f.measure, f.unit_id))
"""
"""Small enough for whole numbers and doubles: the sums of larger types take far longer."""
ROOM = "SET LOCAL work_mem TO '32MB';"
"""So that all ways are counted at once in memory, and not sorted on disk for each of them. Sent
with the question in one message, which is a transaction of its own: it holds for that alone.
"""


@dataclass(slots=True)
class Cut:
    """The same figures as a whole, by day, by part of the area, by kind, channel and unit.

    parts  by the position in the list of first numbers that was asked for, from 1; 0 before it.
    """

    whole: Figures = field(default_factory=dict)
    days: dict[date, Figures] = field(default_factory=dict)
    parts: dict[int, Figures] = field(default_factory=dict)
    kinds: dict[int, Figures] = field(default_factory=dict)
    channels: dict[str, Figures] = field(default_factory=dict)
    units: dict[int, Figures] = field(default_factory=dict)


def cut(facts: FactQuerySet, firsts: Sequence[int]) -> Cut:
    """Cut these facts, reading them once.

    firsts  where each part of the area begins, in preorder numbers, ascending.
    """
    found = Cut()
    ways = (found.days, found.parts, found.kinds, found.channels, found.units)
    try:
        inner, params = facts.order_by().values_list(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return found
    with connection.cursor() as cursor:
        cursor.execute(ROOM + CUT.format(inner=inner), (list(firsts) or [0], *params))
        cursor.nextset()
        for row in cursor:
            tally = Tally(*(int(figure) for figure in row[11:]))
            if not any(tally):
                continue
            into: Figures = found.whole
            for nth, way in enumerate(ways):
                if not row[nth]:
                    into = way.setdefault(row[6 + nth], {})  # type: ignore[attr-defined]
            into[row[5]] = tally
    return found
