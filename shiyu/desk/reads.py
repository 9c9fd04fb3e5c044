"""The fixed reads of a case's page: built once, the small ones in one (案件页取数)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet

from shiyu.cases.models import Assignment, Case, Report
from shiyu.common.ready import ANY, Select, rows
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.places.models import Place

KINDS_LIST, UNITS_LIST = "kinds-list", "units-list"
"""Ids of the lists of suggestions on the page of a case."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
UNITS_NAMED = ("unit", "units", "lead", "centre", "from")
CASES_NAMED = ("into", "case", "child", "children")
"""Where the facts of a line name units and cases."""

ASIDES = """
WITH RECURSIVE way AS (
 SELECT id, code, name, level, first, parent_id FROM places_place WHERE id = %s
 UNION ALL
 SELECT p.id, p.code, p.name, p.level, p.first, p.parent_id
  FROM places_place p JOIN way ON p.id = way.parent_id)
SELECT
 (SELECT coalesce(max(id), 0) FROM calendars_calendar),
 (SELECT json_agg(json_build_array('person:' || id, name)) FROM people_person WHERE id = ANY(%s)),
 (SELECT json_agg(json_build_array(id, short_name)) FROM people_unit WHERE id = ANY(%s)),
 (SELECT json_agg(json_build_array(id, code, name, level) ORDER BY first) FROM way),
 (SELECT json_agg(json_build_array(name, major_name) ORDER BY code)
  FROM catalogue_kind WHERE %s AND (ended_on IS NULL OR ended_on >= %s)),
 (SELECT json_agg(name ORDER BY pinyin, code)
  FROM people_unit WHERE %s AND (ended_on IS NULL OR ended_on >= %s)),
 EXISTS (SELECT FROM cases_look JOIN cases_report ON cases_report.id = report_id
         WHERE case_id = %s)
"""


@dataclass(frozen=True, slots=True)
class Asides:
    """What a case's page asks beside the case, of many tables, in one statement.

    calendars   the version of the calendars.
    people      names by the journal's reference.
    kind_names  with their major class; as unit_names only where a form suggests them.
    looked      whether anybody looked at who reported it.
    """

    calendars: int
    people: dict[str, str]
    units: dict[int, str]
    path: list[Place]
    kind_names: list[tuple[str, str]]
    unit_names: list[str]
    looked: bool


def asides(case: Case, lines: Sequence[Line], lists: Collection[str], *, today: date) -> Asides:
    """Names that the lines name by id, the path of places, lists of suggestions if asked for."""
    facts = [line.facts for line in lines]
    asked = (
        case.place_id,
        _people(lines),
        sorted(ids_in(facts, *UNITS_NAMED)),
        *(KINDS_LIST in lists, today, UNITS_LIST in lists, today),
        case.pk,
    )
    ((version, people, named, path, kind_names, unit_names, looked),) = rows(ASIDES, asked)
    return Asides(
        version,
        dict(people or ()),
        dict(named or ()),
        [Place(pk=pk, code=code, name=name, level=level) for pk, code, name, level in path or ()],
        [(name, major) for name, major in kind_names or ()],
        unit_names or [],
        looked,
    )


def refs_in(lines: Iterable[Line]) -> set[str]:
    """Everybody whom the lines name: who did it, and on whose behalf."""
    named = (ref for line in lines for ref in (line.actor, line.facts.get("for")))
    return {ref for ref in named if ref}


def ids_in(facts: Iterable[Mapping[str, Any]], *names: str) -> set[int]:
    """The ids that facts hold under these names, single or in lists."""
    found: set[int] = set()
    for fact in facts:
        for name in names:
            value = fact.get(name)
            found.update(value if isinstance(value, list) else [value] if value else [])
    return {pk for pk in found if isinstance(pk, int)}


def _people(lines: Iterable[Line]) -> list[int]:
    return sorted(int(ref[7:]) for ref in refs_in(lines) if ref.startswith("person:"))


def _lines(subject: str, since: datetime) -> QuerySet[Line]:
    lines = Line.objects.filter(subject=subject, recorded_at__gte=since)
    return lines.only("verb", "occurred_at", "actor", "facts", "remark_id").order_by("id")


def _reports(case: int) -> QuerySet[Report]:
    reports = Report.objects.filter(case=case)
    return reports.select_related("reporter", "by_person").order_by("id")


LINES = Select(_lines, "case:", LONG_AGO)
PARTS = Select(lambda case: Assignment.objects.filter(case=case).select_related("unit"), ANY)
REPORTS = Select(_reports, ANY)
PHOTOS = Select(lambda subject: Photo.objects.filter(subject=subject), "case:")
