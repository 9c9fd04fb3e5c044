"""Who bears the load in a demo city: signed-in people, keys of other systems, what they look for.

    python -m bench.load.people USERS      as JSON, in the city of SHIYU_HOME

Sessions are written as signing in would write them: scrypt for two hundred people would be most
of a short run. Who signs in and how fast is measured elsewhere (`bench loop`).
"""

import argparse
import json
import random
import secrets
import sys
from itertools import cycle, islice
from typing import Any

from shiyu.site.start import django_ready

SHARES = {"intake": 5, "dispatch": 2, "handle": 8, "verify": 2, "patrol": 3}
"""Of twenty people at work at once, so many on each duty."""
PASSWORD = "shiyu-demo-2026"
SEEDS = 400


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("users", type=int)
    how = asked.parse_args()
    django_ready()
    print(json.dumps(plan(how.users), ensure_ascii=False))
    return 0


def plan(users: int) -> dict[str, Any]:
    case, lead = _work()
    return {
        "people": sessions(users),
        "keys": _keys(case, lead),
        "lead_code": lead,
        "kind_code": case.kind.code,
        "standard": case.standard.ordinal,
        "lon": float(case.lon),
        "lat": float(case.lat),
        "wide": 0.0005,
        "high": 0.0005,
        **_looked_for(),
        "address": "书店街 12 号门前",
        "said": "井盖破了一个大洞，晚上看不见，请尽快来修",
        "batch": 1,
    }


def sessions(users: int) -> list[dict[str, Any]]:
    """So many open sessions, of as many different people as the city has on these duties."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from shiyu.people.models import Appointment, Person, PostDuty

    chance = random.Random(311)
    found: list[dict[str, Any]] = []
    for duty, share in SHARES.items():
        posts = PostDuty.objects.filter(duty=duty).values("post_id")
        held = Appointment.objects.in_force(timezone.localdate()).filter(post_id__in=posts)
        people = list(Person.objects.filter(is_active=True, pk__in=held.values("person_id")))
        chance.shuffle(people)
        wanted = max(1, users * share // sum(SHARES.values()))
        for person in islice(cycle(people), wanted if people else 0):
            session = SessionStore()
            session[SESSION_KEY] = str(person.pk)
            session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.create()
            found.append({"duty": duty, "id": person.pk, "cookie": session.session_key})
    chance.shuffle(found)
    return found


def _work() -> tuple[Any, str]:
    """A case like those that will be reported, and the unit it went to.

    Of the centre that a new report of its place and kind goes to: the keys are of that centre.
    """
    from shiyu.cases.models import Assignment
    from shiyu.cases.siting import centre_for
    from shiyu.people.models import Tier

    done = Assignment.objects.exclude(case__standard=None).exclude(case__lon=None)
    near = done.select_related(
        "case__kind", "case__standard", "case__centre", "case__place", "unit"
    )
    for some in near.order_by("-id")[:SEEDS]:
        if centre_for(some.case.place, Tier.COUNTY) == some.case.centre:
            return some.case, str(some.unit.code)
    raise LookupError("no case of the last stands with the centre of its place")


def _keys(case: Any, lead: str) -> dict[str, str]:
    """Keys of the centre that the case belongs to, of the unit, of those who verify."""
    from shiyu.api import actions
    from shiyu.people.actors import Actor
    from shiyu.places.models import Place

    level = "city" if case.centre.tier == "city" else "county"
    here = Place.objects.filter(first__lte=case.place_number, last__gte=case.place_number)
    city = here.get(level=level).code
    desk = tuple(f"cases:{duty}@{city}" for duty in ("report", "intake", "dispatch"))
    sides = {"desk": desk, "unit": (f"cases:handle@{lead}",), "check": (f"cases:verify@{city}",)}
    found, mark = {}, secrets.token_hex(4)  # a kept city knows those of earlier runs
    for side, scopes in sides.items():
        client = actions.admit(
            f"load {side} {mark}",
            purpose="api",
            scopes=scopes,
            unit=case.centre if side == "desk" else None,
            per_minute=actions.PER_MINUTE_MOST,
            actor=Actor.program("bench"),
        )
        found[side] = actions.issue(client, actor=Actor.program("bench"))[1]
    return found


def _looked_for() -> dict[str, Any]:
    from shiyu.cases.models import Case

    newest = Case.objects.order_by("-id").values_list("number", flat=True)
    return {
        "numbers": list(newest[:SEEDS]),
        "words": ["井盖", "路灯", "书店街 路灯", "占道经营", "垃圾", "污水 外溢", "噪声", "施工"],
    }


if __name__ == "__main__":
    sys.exit(main())
