"""How a list looks to this person: saved filters in the menu, columns, density (列表样式)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.desk.models import Layout, Saved
from shiyu.desk.queues import QUEUES, Queue
from shiyu.people.actors import Actor

LIST_COLUMNS: dict[str, StrPromise] = {
    "kind": _("类别"),
    "place": _("位置"),
    "stage": _("阶段"),
    "channel": _("来源"),
    "due": _("截止时间"),
    "reported": _("上报时间"),
    "centre": _("承办中心"),
    "round": _("轮次"),
}
"""What a row may show beside its light and its number."""

WIDE = 3
"""With more columns than so many a list scrolls sideways in its own box."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The columns of one list, and how closely its rows stand."""

    columns: tuple[str, ...]
    dense: bool = False

    @property
    def titles(self) -> list[tuple[str, StrPromise]]:
        return [(name, LIST_COLUMNS[name]) for name in self.columns]

    @property
    def is_wide(self) -> bool:
        return len(self.columns) > WIDE

    @property
    def count(self) -> int:
        """All columns of a row, with mark, light and number."""
        return len(self.columns) + 3

    @property
    def query(self) -> str:
        """The same as part of an address."""
        return urlencode({"cols": ",".join(self.columns)} | ({"dense": "1"} if self.dense else {}))


def shown(asked: Mapping[str, str], here: Queue | None, actor: Actor) -> Shown:
    """What an address asks for, else what the person likes, else what this list usually shows."""
    named = known(asked.get("cols", "").split(","))
    if named:
        return Shown(named, asked.get("dense") == "1")
    liked = Layout.objects.filter(person=actor.id).first() if actor.kind == "person" else None
    if liked is not None and known(liked.columns):
        return Shown(known(liked.columns), liked.dense)
    last = "stage" if here is not None and here.newest else "channel"
    return Shown(("kind", "place", last), liked.dense if liked else False)


def known(names: list[str]) -> tuple[str, ...]:
    """Of these the columns that there are, in their own order."""
    return tuple(name for name in LIST_COLUMNS if name in names)


def saved_for(actor: Actor) -> list[Saved]:
    """One's own saved filters, then those shared with one's units, of lists one may see."""
    found = kept_for(actor).select_related("person")
    rows = [s for s in found if s.queue in QUEUES and actor.holds(*QUEUES[s.queue].duties)]
    return sorted(rows, key=lambda s: s.person_id != actor.id)


def kept_for(actor: Actor) -> "QuerySet[Saved]":
    """Every saved filter that is the actor's own or shared with one of their units."""
    if actor.kind != "person":
        return Saved.objects.none()
    units = {scope.unit_id for scope in actor.held}
    mine = Q(person=actor.id) | Q(unit__in=units)
    return Saved.objects.filter(mine, deleted_at__isnull=True)


def address_of(saved: Saved) -> str:
    """The list as it was kept; whoever is sent the address sees the same of their own cases."""
    asked = dict(saved.filters)
    if columns := known(saved.columns):
        asked["cols"] = ",".join(columns)
    if saved.dense:
        asked["dense"] = "1"
    query = urlencode(asked)
    return f"{reverse('desk:queue', args=[saved.queue])}{'?' if query else ''}{query}"
