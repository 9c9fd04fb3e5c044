"""What stands around every page of the desk: the duty menu, what was just done (工作台框架)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from shiyu.desk import done, kept
from shiyu.desk.models import Saved
from shiyu.desk.queues import (
    Counting,
    Queue,
    counted_each,
    counting,
    counting_work,
    held_by,
    shown_count,
)
from shiyu.notices.rules import MANY, unread_for
from shiyu.people.actors import Actor
from shiyu.people.web import actor_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One queue in the menu."""

    queue: Queue
    url: str
    count: str
    here: bool


def frame(request: HttpRequest, here: str = "") -> dict[str, Any]:
    """The menu's queues with their counts, the last moves, the unread notices."""
    return frame_and_counts(request, here=here)[0]


def frame_and_counts(
    request: HttpRequest, lists: Sequence[Counting] = (), *, here: str = ""
) -> tuple[dict[str, Any], list[int]]:
    """The same, and how many are in these lists: all is counted in one query."""
    actor = actor_of(request)
    work, asked = counting_work(actor)
    unread, saved, *counts = counted_each([*_own(actor), *lists, *asked])
    waiting = dict(zip(work, counts[len(lists) :], strict=True))
    context = {
        "menu": [_entry(queue, waiting.get(queue.name), here) for queue in held_by(actor)],
        "just_done": done.just_done(request),
        "unread": min(unread, MANY + 1),
        "may_report": actor.holds(*MAY_REPORT),
        "may_order": actor.holds("intake", "dispatch"),
        "quick": _quick(actor),
        "saved_filters": _saved(actor) if saved else [],
    }
    return context, counts[: len(lists)]


@lru_cache(maxsize=1024)
def _own(actor: Actor) -> tuple[Counting, ...]:
    """How the actor's unread notices and saved filters are counted."""
    return counting(unread_for(actor)), counting(kept.kept_for(actor))


MAY_REPORT = ("report", "intake", "patrol", "dispatch", "command", "verify")
"""Duties whose holders may enter a report (上报)."""


def _entry(queue: Queue, count: int | None, here: str) -> Entry:
    address = reverse("desk:queue", args=[queue.name])
    return Entry(queue, address, "" if count is None else shown_count(count), queue.name == here)


def _saved(actor: Actor) -> list[tuple[Saved, str]]:
    return [(saved, kept.address_of(saved)) for saved in kept.saved_for(actor)]


def _quick(actor: Actor) -> list[tuple[str, str, str]]:
    """Filters that everybody needs daily (常用筛选)."""
    queues = held_by(actor)
    if not any(queue.name == "all" for queue in queues):
        return []
    address = reverse("desk:queue", args=["all"])
    return [
        ("red", f"{address}?light=red&state=open", _("超期未结")),
        ("today", f"{address}?light=today&state=open", _("今日到期")),
    ]
