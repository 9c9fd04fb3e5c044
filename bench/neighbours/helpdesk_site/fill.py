"""Queues, people, a token, and as many tickets as asked for, by Django's own bulk writing.

    python -m helpdesk_site.fill COUNT

Prints as JSON what a client needs to know. Of the tickets two in a hundred are open; each has
the follow-ups that its stage would have left, and the changes that go with them.
"""

import json
import os
import random
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk_site.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402
from helpdesk.models import FollowUp, Queue, Ticket, TicketChange  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

PASSWORD = "bench-only-2026"
QUEUES = ("roads", "water", "parks", "lamps", "waste", "order", "drains", "other")
PEOPLE = 24
OPEN_SHARE = 0.02
BATCH = 2_000
STEPS = (("Ticket Opened Via Web", 0), ("Assigned", 20), ("Comment", 300), ("Resolved", 900))
SAID = "井盖破了一个大洞，晚上看不见，昨天有人骑车摔倒，请尽快来修"
STREETS = ("书店街", "鼓楼街", "中山路", "解放路", "西门大街", "大梁路", "黄河大街", "宋城路")
WHAT = ("井盖破损", "路灯不亮", "垃圾未清", "道路破损", "占道经营", "污水外溢", "树木倒伏")


def main() -> None:
    queues, people = _desk()
    have = Ticket.objects.count()
    for start in range(have, int(sys.argv[1]), BATCH):
        _write(min(BATCH, int(sys.argv[1]) - start), queues, people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    token, _made = Token.objects.get_or_create(user=people[0])
    about = {"token": token.key, "password": PASSWORD, "people": [p.username for p in people]}
    about |= {"ids": [p.pk for p in people], "queue": queues[0].pk}
    print(json.dumps(about | {"tickets": Ticket.objects.count()}))


def _desk() -> tuple[list[Queue], list[User]]:
    queues = [
        Queue.objects.get_or_create(
            slug=slug, defaults={"title": slug.title(), "allow_public_submission": True}
        )[0]
        for slug in QUEUES
    ]
    people = []
    for number in range(PEOPLE):
        person, made = User.objects.get_or_create(
            username=f"staff{number}",
            defaults={"email": f"staff{number}@city.example", "is_staff": True},
        )
        if made:
            person.is_superuser = True
            person.set_password(PASSWORD)
            person.save()
        people.append(person)
    return queues, people


def _write(count: int, queues: list[Queue], people: list[User]) -> None:
    """One batch: tickets spread over three years, with what has been done about each."""
    now, chance = timezone.now(), random.Random(Ticket.objects.count())
    tickets = []
    for _ in range(count):
        born = now - timedelta(seconds=chance.randrange(60, 3 * 365 * 86_400))
        is_open = chance.random() < OPEN_SHARE
        street, what = chance.choice(STREETS), chance.choice(WHAT)
        tickets.append(
            Ticket(
                title=f"{what} {street} {chance.randrange(1, 400)} 号",
                queue=chance.choice(queues),
                created=born,
                modified=born,
                submitter_email=f"resident{chance.randrange(5_000)}@city.example",
                assigned_to=None if is_open and chance.random() < 0.5 else chance.choice(people),
                status=Ticket.OPEN_STATUS if is_open else Ticket.CLOSED_STATUS,
                description=f"{street}：{SAID}",
                priority=3,
                due_date=born + timedelta(days=5),
                secret_key=f"{chance.getrandbits(128):032x}",
            )
        )
    made = Ticket.objects.bulk_create(tickets)
    told = []
    for ticket in made:
        steps = STEPS if ticket.status == Ticket.CLOSED_STATUS else STEPS[: 1 + chance.randrange(2)]
        for title, minutes in steps:
            told.append(
                FollowUp(
                    ticket=ticket,
                    date=ticket.created + timedelta(minutes=minutes),
                    title=title,
                    comment=SAID,
                    public=True,
                    user=ticket.assigned_to,
                    new_status=Ticket.RESOLVED_STATUS if title == "Resolved" else None,
                )
            )
    made_told = FollowUp.objects.bulk_create(told)
    changes = [
        TicketChange(followup=one, field="Status", old_value="Open", new_value="Resolved")
        for one in made_told
        if one.new_status
    ]
    TicketChange.objects.bulk_create(changes)


if __name__ == "__main__":
    main()
