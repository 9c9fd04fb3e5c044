"""What stands around every page of the desk: the duty menu, what was just done (工作台框架)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from shiyu.desk import done, kept
from shiyu.desk.queues import Queue, counted_each, held_by, shown_count
from shiyu.notices.rules import unread_count
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
    actor = actor_of(request)
    return {
        "menu": menu(actor, here),
        "just_done": done.just_done(request),
        "unread": unread_count(actor),
        "may_report": actor.holds(*MAY_REPORT),
        "may_order": actor.holds("intake", "dispatch"),
        "quick": _quick(actor),
        "saved_filters": [(saved, kept.address_of(saved)) for saved in kept.saved_for(actor)],
    }


MAY_REPORT = ("report", "intake", "patrol", "dispatch", "command", "verify")
"""Duties whose holders may enter a report (上报)."""


def menu(actor: Actor, here: str = "") -> list[Entry]:
    """The queues with what waits in them, all counted in one query; lists that are no work not."""
    queues = held_by(actor)
    work = [queue for queue in queues if not queue.newest]
    counts = counted_each([queue.cases(actor) for queue in work])
    waiting = {queue.name: shown_count(count) for queue, count in zip(work, counts, strict=True)}
    return [
        Entry(
            queue,
            reverse("desk:queue", args=[queue.name]),
            waiting.get(queue.name, ""),
            queue.name == here,
        )
        for queue in queues
    ]


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
