"""From which list a case was opened, as an address carries it (来处)."""

from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from shiyu.desk import filters
from shiyu.desk.queues import QUEUES, Queue
from shiyu.people.actors import Actor


def back_of(asked: QueryDict) -> str:
    """Of an address, what says from which list one came; nothing else is carried on."""
    kept = {name: asked[name] for name in ("in", *filters.NAMES) if asked.get(name)}
    return urlencode(kept)


def place_in_list(actor: Actor, back: str) -> tuple[Queue | None, filters.Filters]:
    """The queue and filters from which a case was opened, as its address tells."""
    asked = QueryDict(back)
    here = QUEUES.get(asked.get("in", ""))
    if here is None or not actor.holds(*here.duties):
        return None, filters.Filters({})
    return here, filters.read(asked, actor, due=here.due, offering=False)


def list_url(here: Queue, asked: filters.Filters) -> str:
    address = reverse("desk:queue", args=[here.name])
    return f"{address}?{asked.query}" if asked.query else address
