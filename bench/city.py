"""Writes the small city that is measured, and tells who and what the clients act on.

    python -m bench.city PLAN.json [--photo PHOTO.jpg]

The records are those of the made city of the tests: one county centre with its desks, three
handling units, four kinds of case; here with four people on each duty, as on a shift.
"""

import argparse
import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from shiyu.cases.tests.world import World
    from shiyu.people.models import Person

A_SHIFT = 4
DUTIES = {"intake": "intake", "dispatch": "dispatcher", "handle": "handler", "verify": "verifier"}
PHONE_PICTURE = (4000, 3000)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("plan", type=Path)
    asked.add_argument("--photo", type=Path)
    how = asked.parse_args()
    django_ready()
    from django.db import transaction

    with transaction.atomic():
        plan = write_city()
    plan["photo"] = str(how.photo or "")
    if how.photo:
        take_photo(how.photo)
    how.plan.write_text(json.dumps(plan, ensure_ascii=False))
    return 0


def write_city() -> dict[str, Any]:
    """The city and its people; what a client needs to know of them."""
    from django.contrib.auth.hashers import make_password

    from shiyu.cases.tests.world import PLACES, build
    from shiyu.people.models import Person

    password = secrets.token_urlsafe(12)
    world = build()
    west, south, east, north = PLACES["cell_a"][6:]
    people = {duty: _shift(world.people[key]) for duty, key in DUTIES.items()}
    names = [name for shift in people.values() for name in shift]
    Person.objects.filter(username__in=names).update(password=make_password(password))
    return {
        "people": people,
        "password": password,
        "kind": world.kinds["manhole"].name,
        "kind_code": world.kinds["manhole"].code,
        "lead": world.units["roads"].name,
        "address": "书店街 12 号门前",
        "said": "井盖破了一个大洞，晚上看不见，昨天有人骑车摔倒，请尽快来修",
        "lon": west,
        "lat": south,
        "wide": east - west,
        "high": north - south,
        "keys": _keys(world),
        "lead_code": world.units["roads"].code,
    }


def _keys(world: "World") -> dict[str, str]:
    """Keys of other systems, one for each side of the loop, with room enough to be measured."""
    from shiyu.api import actions
    from shiyu.people.actors import Actor

    desk = ("cases:report@410204", "cases:intake@410204", "cases:dispatch@410204")
    sides = {"desk": desk, "unit": ("cases:handle@D1",), "check": ("cases:verify@410204",)}
    found = {}
    for side, scopes in sides.items():
        client = actions.admit(
            side,
            purpose="api",
            scopes=scopes,
            unit=world.units["gulou"] if side == "desk" else None,
            per_minute=actions.PER_MINUTE_MOST,
            actor=Actor.program("bench"),
        )
        found[side] = actions.issue(client, actor=Actor.program("bench"))[1]
    return found


def _shift(person: "Person") -> list[str]:
    """The accounts of a duty: this person's, and colleagues in posts like theirs."""
    from shiyu.people.models import Appointment, Person, Post, PostDuty

    first = Appointment.objects.get(person=person)
    duty = PostDuty.objects.get(post=first.post)
    names = [person.username]
    for number in range(2, A_SHIFT + 1):
        names.append(f"{person.username}{number}")
        colleague = Person.objects.create(username=names[-1], name=person.name, made_up=True)
        post = Post.objects.create(unit=first.post.unit, title=first.post.title)
        Appointment.objects.create(person=colleague, post=post, starts_on=first.starts_on)
        duty.pk, duty.post = None, post
        duty.save()
    return names


def take_photo(path: Path) -> None:
    """A picture as large as a phone's, with as much in it to pack as a street has."""
    from PIL import Image, ImageFilter

    noise = Image.effect_noise((PHONE_PICTURE[0] // 4, PHONE_PICTURE[1] // 4), 60)
    colours = Image.merge(
        "RGB", [noise, noise.rotate(180), noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    )
    picture = colours.resize(PHONE_PICTURE).filter(ImageFilter.GaussianBlur(1))
    picture.save(path, "JPEG", quality=88)


if __name__ == "__main__":
    sys.exit(main())
