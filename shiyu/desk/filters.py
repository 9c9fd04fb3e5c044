"""What a list may be narrowed to: place, kind, light, channel, unit, days, words (筛选)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases import search
from shiyu.cases.channels import Channel
from shiyu.cases.lifecycle import FINAL, OPEN
from shiyu.cases.models import Assignment, CaseQuerySet
from shiyu.catalogue.models import Kind
from shiyu.people.actors import Actor
from shiyu.people.models import Unit
from shiyu.places.models import Place
from shiyu.places.rules import visible_places

NAMES = ("q", "place", "kind", "light", "channel", "days", "unit", "state", "sort")
LONGEST = 80
CHOSEN_LEVELS = (Place.Level.COUNTY, Place.Level.TOWNSHIP)

Choice = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for; a value nobody offers is as if it were not there."""

    asked: Mapping[str, str]
    places: tuple[tuple[str, str, str, int, int], ...] = ()
    majors: tuple[Choice, ...] = ()
    due: str = "due_at"
    units: tuple[int, ...] = ()
    meant: list[tuple[Q, Q] | None] = field(default_factory=list, compare=False, repr=False)

    def __bool__(self) -> bool:
        return any(name != "sort" for name in self.asked)

    @property
    def order(self) -> str:
        """The due time by which the list is sorted; "" for newest first."""
        return "" if self.get("sort") == "newest" else self.due

    def get(self, name: str) -> str:
        return self.asked.get(name, "")

    @property
    def query(self) -> str:
        """The same filters as part of an address."""
        return urlencode(self.asked)

    def apply(self, cases: CaseQuerySet, now: datetime, *, counted: bool = False) -> CaseQuerySet:
        """Only those of the cases that were asked for; said otherwise where they are counted."""
        if words := self.get("q"):
            if not self.meant:  # looked up once for a page, however much of it is counted
                self.meant.append(search.typed(words, within=self._within))
            if not (found := self.meant[0]):
                return cases.none()
            cases = cases.filter(found[1 if counted else 0])
        return cases.filter(self._where(now))

    @property
    def _within(self) -> tuple[int, int] | None:
        """The numbers of the place that was asked for."""
        for code, _name, _level, first, last in self.places:
            if code == self.get("place"):
                return first, last
        return None

    def _where(self, now: datetime) -> Q:
        where = Q(place_number__range=self._within) if self._within else Q()
        if major := self.get("kind"):
            where &= Q(kind__major_code=major)
        if channel := self.get("channel"):
            where &= Q(channel=channel)
        if days := self.get("days"):
            where &= Q(reported_at__gte=midnight(now) - timedelta(days=int(days) - 1))
        if (state := self.get("state")) and not (state == "open" and self.get("light")):
            where &= Q(stage__in=OPEN if state == "open" else FINAL)  # every light is of open ones
        if self.get("unit"):
            where &= Q(Exists(_part_of(self.units)))
        return where & self._light(now)

    def _light(self, now: datetime) -> Q:
        """The light as the row shows it: red before grey, by the due time the list is sorted by."""
        due = self.due or "due_at"
        by_part = due == "part_due"
        yellow = "part_yellow" if by_part else "yellow_at"
        paused = "part_paused" if by_part else "paused"
        running = Q(**{paused: False, f"{due}__gte": now}, stage__in=OPEN)
        match self.get("light"):
            case "red":
                return Q(**{f"{due}__lt": now}, stage__in=OPEN)
            case "yellow":
                return running & Q(**{f"{yellow}__lte": now})
            case "green":
                return running & (Q(**{f"{yellow}__gt": now}) | Q(**{f"{yellow}__isnull": True}))
            case "grey":
                ahead = Q(**{f"{due}__gte": now}) | Q(**{f"{due}__isnull": True})
                return Q(**{paused: True}, stage__in=OPEN) & ahead
            case "today":
                return Q(**{f"{due}__lt": midnight(now) + timedelta(days=1)}, stage__in=OPEN)
        return Q()

    def words(self) -> list[str]:
        """What is being filtered, in words."""
        names = {code: name for code, name, *_ in self.places}
        shown = {
            "q": f"「{self.get('q')}」",
            "place": names.get(self.get("place"), ""),
            "kind": dict(self.majors).get(self.get("kind"), ""),
            "light": dict(lights()).get(self.get("light"), ""),
            "channel": dict(Channel.choices).get(self.get("channel"), ""),
            "days": dict(spans()).get(self.get("days"), ""),
            "unit": self.get("unit"),
            "state": dict(states()).get(self.get("state"), ""),
        }
        return [str(shown[name]) for name in NAMES if self.get(name) and shown.get(name)]


def lights() -> list[Choice]:
    return [
        ("red", _("超期")),
        ("yellow", _("临期")),
        ("green", _("正常")),
        ("grey", _("暂停")),
        ("today", _("今日到期")),
    ]


def spans() -> list[Choice]:
    return [("1", _("今天")), ("3", _("近 3 天")), ("7", _("近 7 天")), ("30", _("近 30 天"))]


def states() -> list[Choice]:
    return [("open", _("在办")), ("ended", _("已办结"))]


def read(asked: Mapping[str, str], actor: Actor, *, due: str, offering: bool = True) -> Filters:
    """The filters of an address, each value checked against what is offered; two queries.

    offering  whether places and kinds will be offered; else only those asked for are looked up.
    """
    places = _places(actor) if offering or asked.get("place") else ()
    majors = _majors() if offering or asked.get("kind") else ()
    offered = {
        "place": {row[0] for row in places},
        "kind": {code for code, _name in majors},
        "light": {code for code, _name in lights()},
        "channel": set(Channel.values),
        "days": {code for code, _name in spans()},
        "state": {code for code, _name in states()},
        "sort": {"newest"} if due else set(),
    }
    kept = {}
    for name in NAMES:
        value = asked.get(name, "").replace("\x00", "").strip()[:LONGEST]
        if value and value in offered.get(name, {value}):
            kept[name] = value
    return Filters(kept, places, majors, due, _units(kept["unit"]) if "unit" in kept else ())


def midnight(now: datetime) -> datetime:
    """The beginning of the city's day."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _majors() -> tuple[Choice, ...]:
    kinds = Kind.objects.order_by("major_code").values_list("major_code", "major_name")
    return tuple(kinds.distinct())


def _places(actor: Actor) -> tuple[tuple[str, str, str, int, int], ...]:
    """Counties and townships in which the actor looks; for a handling unit, all of them."""
    seen = visible_places(actor).filter(level__in=CHOSEN_LEVELS)
    if not any(scope.first <= scope.last for scope in actor.held):
        seen = Place.objects.filter(level__in=CHOSEN_LEVELS)
    return tuple(seen.order_by("first").values_list("code", "name", "level", "first", "last"))


def _units(words: str) -> tuple[int, ...]:
    """The units that somebody means by these words: named first, so that the database knows how
    many parts they have before it looks for their cases.
    """
    named = Q(name__icontains=words) | Q(short_name__icontains=words)
    units = Unit.objects.filter(named | Q(pinyin__contains=words.lower()))
    return tuple(units.values_list("pk", flat=True))


def _part_of(units: Sequence[int]) -> QuerySet[Assignment]:
    return Assignment.objects.filter(case=OuterRef("pk"), unit__in=units)
