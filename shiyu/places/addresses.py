"""Written addresses: found, and made points with how sure that is (地名地址库)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from shiyu.places import gazetteer
from shiyu.places.models import Address

DOOR = re.compile(r"^(?P<road>.*?[^\d])(?P<door>\d{1,5})号?(?:院|楼|附近|旁|对面|门前)?$")
NOISE = re.compile(r"[\s,，。、;；:：()（）\-—\"'“”]+")
LONGEST = 120
LOOKED_AT = 400
EXACT, ALIAS, BETWEEN, BEGINS, ROAD, PLACE = 1.0, 0.95, 0.75, 0.7, 0.5, 0.2
FARTHEST_DOOR = 60


@dataclass(frozen=True, slots=True)
class Guess:
    """Where an address may be, and how sure: 1 is the very one (匹配结果)."""

    name: str
    lon: float
    lat: float
    confidence: float
    how: str

    @property
    def percent(self) -> int:
        return round(self.confidence * 100)


def point_of(text: str) -> Guess | None:
    """The likeliest point of a written address; None when nothing is like it."""
    found = guesses(text, most=1)
    return found[0] if found else None


def guesses(text: str, *, most: int = 6) -> list[Guess]:
    """Points that an address may mean, the surest first."""
    asked = plain(text)
    if len(asked) < 2:
        return []
    rows = list(_like(asked).order_by("plain")[:LOOKED_AT])
    found = [guess for row in rows if (guess := _fit(row, asked))]
    if between := _between(asked):
        found.append(between)
    if not found:
        found = _by_place(text)
    found.sort(key=lambda guess: (-guess.confidence, len(guess.name), guess.name))
    return found[:most]


def visible(words: str = "", *, closed: bool = False) -> QuerySet[Address]:
    """Addresses by their names; those that hold all the words asked for."""
    rows = Address.objects.select_related("place")
    rows = rows.filter(closed_on__isnull=not closed)
    asked = plain(words)
    return rows.filter(words__contains=list(pieces(asked))) if asked else rows


def plain(text: str) -> str:
    """An address for comparing: half-width, simplified, without blanks and signs."""
    return NOISE.sub("", gazetteer.plain(text.replace("\0", "")))[:LONGEST]


def pieces(text: str) -> Iterable[str]:
    """Two-character pieces of Chinese, whole numbers and Latin words."""
    for part in re.findall(r"\d+|[a-z]+|[^\da-z]+", text):
        if part.isascii():
            yield part[:12]
        elif len(part) == 1:
            yield part
        else:
            yield from (part[at : at + 2] for at in range(len(part) - 1))


def _like(asked: str) -> QuerySet[Address]:
    """Those that hold all of the question, or all of its road; else some rare piece of it."""
    rows = Address.objects.filter(closed_on=None)
    found = [piece for piece in pieces(asked) if not piece.isdigit()]
    return rows.filter(Q(words__contains=found) | Q(plain=asked)) if found else rows.none()


def _fit(row: Address, asked: str) -> Guess | None:
    aliases = {plain(alias) for alias in row.aliases}
    if asked == row.plain:
        return Guess(row.name, row.lon, row.lat, EXACT, _("地址完全相同"))
    if asked in aliases:
        return Guess(row.name, row.lon, row.lat, ALIAS, _("与别名相同"))
    if row.plain.startswith(asked) or asked.startswith(row.plain):
        share = min(len(asked), len(row.plain)) / max(len(asked), len(row.plain))
        return Guess(row.name, row.lon, row.lat, BEGINS * share**0.5, _("开头相同"))
    match = DOOR.match(asked)
    if match and match["road"] in (row.road, row.plain) and row.door is None:
        return Guess(row.name, row.lon, row.lat, ROAD, _("同一条路"))
    if match and row.road.endswith(match["road"]) and row.door is not None:
        apart = abs(row.door - int(match["door"]))
        if apart <= FARTHEST_DOOR:
            sure = EXACT - 0.05 if apart == 0 else ROAD * (1 - apart / (2 * FARTHEST_DOOR))
            return Guess(row.name, row.lon, row.lat, sure, _("同一条路上的门牌"))
    if asked in row.plain:
        return Guess(row.name, row.lon, row.lat, ROAD * len(asked) / len(row.plain), _("包含"))
    return None


def _between(asked: str) -> Guess | None:
    """A number between two known ones of the road, on their side of it if they are there."""
    match = DOOR.match(asked)
    if not match:
        return None
    road, door = match["road"], int(match["door"])
    rows = Address.objects.filter(road=road, closed_on=None, door__isnull=False)
    below = list(rows.filter(door__lt=door).order_by("-door")[:6])
    above = list(rows.filter(door__gt=door).order_by("door")[:6])
    side = door % 2
    low = next((row for row in below if (row.door or 0) % 2 == side), None)
    high = next((row for row in above if (row.door or 0) % 2 == side), None)
    low, high = low or next(iter(below), None), high or next(iter(above), None)
    if low is None or high is None or low.door is None or high.door is None:
        return None
    if high.door - low.door > 2 * FARTHEST_DOOR:
        return None
    at = (door - low.door) / (high.door - low.door)
    lon, lat = low.lon + (high.lon - low.lon) * at, low.lat + (high.lat - low.lat) * at
    told = {"low": low.door, "high": high.door}
    return Guess(asked, lon, lat, BETWEEN, _("在 %(low)d 号和 %(high)d 号之间") % told)


def _by_place(text: str) -> list[Guess]:
    """No address is like it: the places it names, by a point that stands for them."""
    found = gazetteer.find(text, most=3)
    return [
        Guess(f"{entry.path}{entry.name}", entry.lon, entry.lat, PLACE, _("只认出区域"))
        for entry in found
        if entry.lon is not None and entry.lat is not None
    ]
