"""What a client needs to know of the demo city that stands beside the neighbours.

    SHIYU_HOME=HOME python -m bench.neighbours.city      prints it as JSON

The demo city's own people of one county take part, and three other systems with keys of their
own: the centre's, a unit's, that of those who verify.
"""

import json
import re
import sys
from typing import Any

from shiyu.site.start import django_ready

COUNTY, UNIT, KIND = "410202", "410200D01", "20102"
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
    from django.db.models import Avg

    from shiyu.cases.models import Case
    from shiyu.catalogue.models import Kind
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
    there = Case.objects.filter(place__code__startswith=COUNTY, lon__isnull=False)
    middle = there.aggregate(lon=Avg("lon"), lat=Avg("lat"))
    return {
        "people": people,
        "password": PASSWORD,
        "kind": Kind.objects.get(code=KIND).name,
        "kind_code": KIND,
        "lead": Unit.objects.get(code=UNIT).name,
        "lead_code": UNIT,
        "address": "书店街 12 号门前",
        "said": "井盖破了一个大洞，晚上看不见，昨天有人骑车摔倒，请尽快来修",
        "lon": middle["lon"] - 0.01,
        "lat": middle["lat"] - 0.01,
        "wide": 0.02,
        "high": 0.02,
        "photo": "",
        "keys": _keys(),
        "cases": Case.objects.count(),
    }


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
