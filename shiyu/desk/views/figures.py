"""What was done each day, where, through which door, to what, by whom (日统计)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shiyu.cases.channels import Channel
from shiyu.catalogue.models import Kind
from shiyu.desk import filters
from shiyu.desk.queues import QUEUES
from shiyu.desk.views.frame import frame
from shiyu.facts.figures import Cut, Figures, cut
from shiyu.facts.measures import Measure
from shiyu.facts.models import Fact, FactQuerySet, Tally
from shiyu.people.models import Unit
from shiyu.people.rules import require
from shiyu.people.web import SignedIn, actor_of, signed_in
from shiyu.places.models import Place

USUAL_DAYS = 7
BAR = 100.0
UNITS_MOST = 40
NONE = Tally()
ASKED = ("place", "kind", "channel", "days")
SHOWN = (
    *(Measure.REPORTED, Measure.FILED, Measure.CLOSED, Measure.HANDLED, Measure.EXEMPTED),
    *(Measure.SENT, Measure.REWORKED, Measure.REOPENED, Measure.OBJECTED, Measure.RATED),
)
"""All that the page tells of; half of what is counted is not read for it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what it is, its figures, how long its bar, where its cases are."""

    title: str
    figures: Mapping[str, Tally]
    bar: float
    url: str = ""
    narrower: str = ""

    @property
    def reported(self) -> int:
        return self.figures.get(Measure.REPORTED, NONE).n

    @property
    def closed(self) -> int:
        return self.figures.get(Measure.CLOSED, NONE).n

    @property
    def filed(self) -> int:
        return self.figures.get(Measure.FILED, NONE).n

    @property
    def handled(self) -> Tally:
        return self.figures.get(Measure.HANDLED, NONE)

    @property
    def sent(self) -> int:
        return self.figures.get(Measure.SENT, NONE).n

    @property
    def reworked(self) -> int:
        return self.figures.get(Measure.REWORKED, NONE).n

    @property
    def reopened(self) -> int:
        return self.figures.get(Measure.REOPENED, NONE).n

    @property
    def objected(self) -> int:
        return self.figures.get(Measure.OBJECTED, NONE).n

    @property
    def in_time(self) -> str:
        """Share of the handling with a limit that kept it (按期处置率); exempted ones left out."""
        exempted = self.figures.get(Measure.EXEMPTED, NONE).n
        return share(self.handled.kept, self.handled.judged - exempted)


def share(part: int, whole: int) -> str:
    """「92.3%」, or a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f}%" if whole > 0 else "–"


@signed_in
@require_safe
def figures(request: SignedIn) -> HttpResponse:
    """The figures of some days, narrowed and opened by the same keys as the lists."""
    actor = require(actor_of(request), *QUEUES["all"].duties)
    asked = filters.read(request.GET, actor, due="")
    days = int(asked.get("days") or USUAL_DAYS)
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    facts = _narrowed(Fact.objects.visible_to(actor), asked).between(first, today)
    parts = _parts(asked)
    found = cut(facts.filter(measure__in=SHOWN), [part[3] for part in parts])
    whole = Row(_("合计"), found.whole, 0)
    context = frame(request) | {
        "here_figures": True,
        "asked": asked,
        "days": days,
        "first": first,
        "last": today,
        "choices": _choices(asked),
        "whole": whole,
        "facts": _heads(whole, _list_url(asked, days)),
        "tables": _tables(found, parts, asked, first, today, days),
        "print_url": f"?{urlencode({**asked.asked, 'print': 1})}",
    }
    return render(request, "desk/figures.html", context)


def _narrowed(facts: FactQuerySet, asked: filters.Filters) -> FactQuerySet:
    for code, _name, _level, start, end in asked.places:
        if code == asked.get("place"):
            inside = Place.objects.filter(first__range=(start, end))
            facts = facts.filter(place_id__in=inside.values("pk"))
    if major := asked.get("kind"):
        facts = facts.filter(kind_id__in=Kind.objects.filter(major_code=major).values("pk"))
    if channel := asked.get("channel"):
        facts = facts.through(channel)
    return facts


def _parts(asked: filters.Filters) -> list[tuple[str, str, str, int, int]]:
    """The townships of the county asked for; without one the counties that there are."""
    at = next((row for row in asked.places if row[0] == asked.get("place")), None)
    if at is None:
        counties = [row for row in asked.places if row[2] == Place.Level.COUNTY]
        return counties or list(asked.places)
    return [row for row in asked.places if at[3] < row[3] <= at[4]]


def _choices(asked: filters.Filters) -> dict[str, Any]:
    return {
        "places": [(code, name, level == "township") for code, name, level, *_ in asked.places],
        "kinds": asked.majors,
        "channels": Channel.choices,
        "days": filters.spans(),
    }


def _heads(whole: Row, cases: str) -> list[tuple[str, str, str]]:
    """The few figures that stand first, with where their cases are."""
    rated = whole.figures.get(Measure.RATED, NONE)
    return [
        (_("上报"), f"{whole.reported:,}", cases),
        (_("立案"), f"{whole.filed:,}", ""),
        (_("结案"), f"{whole.closed:,}", ""),
        (_("按期处置率"), whole.in_time, ""),
        (_("返工"), f"{whole.reworked:,}", ""),
        (_("重办"), f"{whole.reopened:,}", ""),
        (_("满意率"), share(rated.kept, rated.judged), ""),
    ]


def _tables(
    found: Cut,
    parts: list[tuple[str, str, str, int, int]],
    asked: filters.Filters,
    first: date,
    last: date,
    days: int,
) -> list[tuple[str, str, str, list[Row]]]:
    """Key, title, what a line is, lines."""
    channels = dict(Channel.choices)

    def narrowed(**keys: str) -> str:
        return "?" + urlencode({**asked.asked, **keys})

    def listed(**keys: str) -> str:
        return _list_url(asked, days, **keys)

    every_day = [first + timedelta(days=n) for n in range((last - first).days, -1, -1)]
    by_day = [(day, found.days.get(day, {})) for day in every_day]
    by_part = [(row, found.parts.get(nth, {})) for nth, row in enumerate(parts, start=1)]
    tables = [
        ("day", _("按日"), _("日期"), _rows(by_day, lambda day: (f"{day:%m-%d}", "", ""))),
        (
            "place",
            _("按区域"),
            _("区域"),
            _rows(
                by_part,
                lambda row: (row[1], listed(place=row[0]), narrowed(place=row[0])),
            ),
        ),
        (
            "kind",
            _("按大类"),
            _("大类"),
            _rows(
                _by_major(found, asked),
                lambda major: (
                    major[1],
                    listed(kind=major[0]) if major[0] else "",
                    narrowed(kind=major[0]) if major[0] else "",
                ),
            ),
        ),
        (
            "channel",
            _("按来源"),
            _("来源"),
            _rows(
                sorted(found.channels.items(), key=_most_reported),
                lambda code: (
                    str(channels.get(code, code)),
                    listed(channel=code),
                    narrowed(channel=code),
                ),
            ),
        ),
    ]
    return [table for table in tables if table[3]] + _units(found)


def _rows(
    groups: Iterable[tuple[Any, Figures]], named: Callable[[Any], tuple[str, str, str]]
) -> list[Row]:
    groups = list(groups)
    most = max((f.get(Measure.REPORTED, NONE).n for _key, f in groups), default=0)
    return [
        Row(title, own, BAR * own.get(Measure.REPORTED, NONE).n / max(most, 1), url, narrower)
        for (title, url, narrower), own in ((named(key), own) for key, own in groups)
    ]


def _most_reported(group: tuple[str, Figures]) -> tuple[int, str]:
    """The order of kinds and channels: the most reported first, then by code."""
    code, own = group
    return -own.get(Measure.REPORTED, NONE).n, code


def _by_major(found: Cut, asked: filters.Filters) -> list[tuple[tuple[str, str], Figures]]:
    """Kinds brought together by their major class, the largest first."""
    major_of = dict(Kind.objects.filter(pk__in=found.kinds).values_list("pk", "major_code"))
    names, sums = dict(asked.majors), dict[str, Figures]()
    for kind, own in found.kinds.items():
        into = sums.setdefault(major_of.get(kind, ""), {})
        for measure, tally in own.items():
            before = into.get(measure, NONE)
            into[measure] = Tally(*(a + b for a, b in zip(before, tally, strict=True)))
    largest = sorted(sums.items(), key=_most_reported)
    return [((code, names.get(code, _("未定类别"))), own) for code, own in largest]


def _units(found: Cut) -> list[tuple[str, str, str, list[Row]]]:
    """The handling units to which something was sent, the busiest first."""
    busy = {unit: own for unit, own in found.units.items() if unit and own.get(Measure.SENT)}
    largest = sorted(busy.items(), key=lambda pair: (-pair[1][Measure.SENT].n, pair[0]))[
        :UNITS_MOST
    ]
    names = dict(Unit.objects.filter(Q(pk__in=[u for u, _o in largest])).values_list("pk", "name"))
    most = max((own[Measure.SENT].n for _unit, own in largest), default=0)
    rows = [
        Row(names.get(unit, str(unit)), own, BAR * own[Measure.SENT].n / max(most, 1))
        for unit, own in largest
    ]
    return [("unit", _("按承办单位"), _("承办单位"), rows)] if rows else []


def _list_url(asked: filters.Filters, days: int, **keys: str) -> str:
    """The list of the cases that were reported in this period, by the same keys."""
    kept = {name: asked.get(name) for name in ASKED if asked.get(name)}
    query = urlencode({**kept, "days": str(days), **keys})
    return f"{reverse('desk:queue', args=['all'])}?{query}"
