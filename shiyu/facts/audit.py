"""Do the stored facts follow from the journal? Counts them anew (核验统计)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _

from shiyu.facts.actions import COLUMNS, NOTHING
from shiyu.facts.measures import Measure
from shiyu.facts.recount import Figures, Key, Recounted, recount

STORED = f"""
    SELECT {", ".join(COLUMNS[:7])}, sum(n), sum(judged), sum(missed), sum(total)
      FROM facts_fact
     WHERE day BETWEEN coalesce(%s, '-infinity'::date) AND coalesce(%s, 'infinity'::date)
     GROUP BY {", ".join(COLUMNS[:7])}
"""  # noqa: S608
NAMES = ("n", "judged", "missed", "total")


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that is stored otherwise than the journal says."""

    key: Key
    stored: Figures
    counted: Figures

    @property
    def says(self) -> str:
        """Where it is, and the first figure that differs."""
        at = next(i for i in range(4) if self.stored[i] != self.counted[i])
        return _(
            "%(day)s %(measure)s（区域 %(place)d，单位 %(unit)d，类别 %(kind)d，"
            "%(channel)s%(outcome)s）：%(name)s 记为 %(stored)d，按日志应为 %(counted)d"
        ) % {
            "day": self.key.day.isoformat(),
            "measure": _measure(self.key.measure),
            "place": self.key.place,
            "unit": self.key.unit,
            "kind": self.key.kind,
            "channel": self.key.channel,
            "outcome": f" {self.key.outcome}" if self.key.outcome else "",
            "name": NAMES[at],
            "stored": self.stored[at],
            "counted": self.counted[at],
        }


def differences(
    done: Recounted, first: date | None = None, last: date | None = None
) -> Iterator[Difference | None]:
    """Recount these days, or all, and yield each difference, the first day first.

    Yields None after some cases, so that a caller can show progress. Stored facts and journal
    are read at one moment: the city goes on meanwhile.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # a transaction of its own
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(STORED, (first, last))
        owed: dict[Key, Figures] = {Key(*row[:7]): _ints(row[7:]) for row in cursor}
        stored = dict(owed)
        for some in recount(done, first, last):
            for key, figures in some.items():
                left = owed.get(key, NOTHING)
                owed[key] = _ints(a - b for a, b in zip(left, figures, strict=True))
            yield None
    done.facts = len(owed)
    for key in sorted(key for key, left in owed.items() if left != NOTHING):
        has = stored.get(key, NOTHING)
        done.faults += 1
        yield Difference(key, has, _ints(a - b for a, b in zip(has, owed[key], strict=True)))


def _ints(figures: object) -> Figures:
    n, judged, missed, total = (int(figure) for figure in figures)  # type: ignore[attr-defined]
    return n, judged, missed, total


def _measure(name: str) -> str:
    return str(Measure(name).label) if name in Measure.values else name
