"""The same for other systems: every way in which an interface tells of cases."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.who_may.cases import CASES
from tests.who_may.channels import WITHOUT_PHOTO, Channel, Names
from tests.who_may.city import City
from tests.who_may.people import KEYS
from tests.who_may.policy import sees

NONE: Names = frozenset()
BAD = {"key revoked": 401, "key expired": 401, "key of Open311": 403}
"""Keys that open nothing here, and what they are told."""


def _asked(way: str) -> Callable[[City, str, Iterable[str]], Names]:
    def ask(city: City, who: str, cases: Iterable[str]) -> Names:
        shown = set()
        for name in cases:
            answer = city.systems[who].get(way.format(number=city.cases[name].number))
            if answer.status_code == 200:
                shown.add(name)
            else:
                assert answer.status_code == BAD.get(who, 404), (who, name, answer.status_code)
        return frozenset(shown)

    return ask


def _listed(city: City, who: str, _cases: Iterable[str]) -> Names:
    answer = city.systems[who].get("/cases?limit=100")
    return _items(city, who, answer)


def _filtered(city: City, who: str, _cases: Iterable[str]) -> Names:
    """Filters, forged or not, never widen what a key sees."""
    found = NONE
    for asked in ("place=410200", "place=410202", "centre=C3", "open=true", "open=false"):
        found |= _items(city, who, city.systems[who].get(f"/cases?limit=100&{asked}"))
    return found


def _items(city: City, who: str, answer: Any) -> Names:
    if answer.status_code != 200:
        assert answer.status_code == BAD.get(who, 403), (who, answer.status_code)
        return NONE
    return city.named(row["number"] for row in answer.json()["items"])


def _pictures(city: City, who: str, cases: Iterable[str]) -> Names:
    """Of which cases the addresses of pictures are told, and whether they open."""
    shown = set()
    for name in cases:
        answer = city.systems[who].get(f"/cases/{city.cases[name].number}/photos")
        items = answer.json().get("items", []) if answer.status_code == 200 else []
        if items and city.client.get(items[0]["small"]).status_code == 200:
            shown.add(name)
    return frozenset(shown)


def _with_pictures(who: str) -> Names:
    """A system that only reported a case is shown its own pictures, and it sent none."""
    return sees(who) - WITHOUT_PHOTO


def _published(_who: str) -> Names:
    """Open311 tells anybody of what residents reported of public kinds, whoever asks."""
    return frozenset(name for name, told in CASES.items() if told.public)


def _published_or_own(who: str) -> Names:
    own = {name for name, told in CASES.items() if told.by == who and KEYS[who].holds}
    return _published(who) | own


def open311(city: City, _who: str, _cases: Iterable[str]) -> Names:
    """What Open311 tells a stranger."""
    answer = city.client.get("/open311/v2/requests.json?jurisdiction_id=410200&page_size=100")
    return city.named(row["service_request_id"] for row in answer.json())


INTERFACES: dict[str, Channel] = {
    "API list": Channel(_listed, sees, whole=True),
    "API list, filtered": Channel(_filtered, sees, whole=True),
    "API case": Channel(_asked("/cases/{number}"), sees),
    "API history": Channel(_asked("/cases/{number}/history"), sees),
    "API remarks": Channel(_asked("/cases/{number}/remarks"), sees),
    "API clock": Channel(_asked("/cases/{number}/clock"), sees),
    "API moves": Channel(_asked("/cases/{number}/moves"), sees),
    "API photos": Channel(_asked("/cases/{number}/photos"), sees),
    "API picture": Channel(_pictures, _with_pictures),
}
OF_ANYBODY: dict[str, Channel] = {"Open311": Channel(open311, _published, whole=True)}
