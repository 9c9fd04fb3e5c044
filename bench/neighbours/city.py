"""What a client needs to know of the demo city that stands beside the neighbours.

    SHIYU_HOME=HOME python -m bench.neighbours.city      prints it as JSON

The demo city's own people of one county take part, and three other systems with keys of their
own: the centre's, a unit's, that of those who verify.
"""

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from shiyu.catalogue.models import Kind

COUNTY, UNIT = "410202", "410200D01"
PASSWORD = "shiyu-demo-2026"
DUTIES = {"intake": "410202-sl", "dispatch": "410202-pq", "verify": "410202-hc"}
HANDLER = "410200d01-cz"


def main() -> int:
    django_ready()
    from django.db import transaction

    with transaction.atomic():
        print(json.dumps(plan(), ensure_ascii=False))
    return 0


def plan() -> dict[str, Any]:
    from shiyu.cases.models import Case
    from shiyu.people.models import Person, Unit

    people = {
        duty: sorted(
            name
            for name in Person.objects.values_list("username", flat=True)
            if re.fullmatch(rf"{named}\d", name)
        )
        for duty, named in DUTIES.items()
    }
    people["handle"] = [HANDLER]
    west, south, east, north = _within_county()
    kind = _plain_kind()
    return {
        "people": people,
        "password": PASSWORD,
        "kind": kind.name,
        "kind_code": kind.code,
        "lead": Unit.objects.get(code=UNIT).name,
        "lead_code": UNIT,
        "address": "书店街 12 号门前",
        "street_code": _street(),
        "said": "井盖破了一个大洞，晚上看不见，昨天有人骑车摔倒，请尽快来修",
        "lon": west,
        "lat": south,
        "wide": east - west,
        "high": north - south,
        "photo": "",
        "keys": _keys(),
        "cases": Case.objects.count(),
    }


def _street() -> str:
    """A street of the county, as a resident chooses it from the list."""
    from shiyu.places.models import Place
    from shiyu.places.rules import below

    county = Place.objects.get(code=COUNTY)
    streets = below(county).filter(level=Place.Level.TOWNSHIP, closed_on=None)
    return str(streets.values_list("code", flat=True)[0])


def _plain_kind() -> "Kind":
    """A kind with one standard which asks for no photo: no neighbour asks for one."""
    from shiyu.catalogue.models import Kind

    for kind in Kind.objects.filter(for_public=True, ended_on=None):
        standards = list(kind.standards.filter(valid_until=None))
        if len(standards) == 1 and "after" not in standards[0].evidence:
            return kind
    raise SystemExit("every kind of this city asks for a photo")


def _within_county() -> tuple[float, float, float, float]:
    """A box that lies wholly in the largest grid cell of the county."""
    import shapely

    from shiyu.places.models import Place
    from shiyu.places.rules import below

    county = Place.objects.get(code=COUNTY)
    cells = below(county).filter(level=Place.Level.CELL, closed_on=None)
    shapes = [shapely.from_wkb(bytes(b)) for b in cells.values_list("boundary", flat=True) if b]
    largest = max(shapes, key=lambda shape: shape.area)
    middle, half = largest.representative_point(), 0.02
    while not largest.contains(shapely.box(*middle.buffer(half).bounds)):
        half *= 0.9
    west, south, east, north = middle.buffer(half).bounds
    return west, south, east, north


def _keys() -> dict[str, str]:
    """New keys of three systems, with room enough to be measured."""
    from shiyu.api import actions
    from shiyu.api.models import Client
    from shiyu.people.actors import Actor
    from shiyu.people.models import Unit

    desk = tuple(f"cases:{what}@{COUNTY}" for what in ("report", "intake", "dispatch"))
    sides = {"desk": desk, "unit": (f"cases:handle@{UNIT}",), "check": (f"cases:verify@{COUNTY}",)}
    actor, found = Actor.program("bench"), {}
    for side, scopes in sides.items():
        client = Client.objects.filter(name=f"beside {side}").first() or actions.admit(
            f"beside {side}",
            purpose="api",
            scopes=scopes,
            unit=Unit.objects.get(code=f"{COUNTY}-ZX") if side == "desk" else None,
            per_minute=actions.PER_MINUTE_MOST,
            actor=actor,
        )
        found[side] = actions.issue(client, actor=actor)[1]
    return found


if __name__ == "__main__":
    sys.exit(main())
