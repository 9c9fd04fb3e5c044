"""One page of notices: unread first, then read, newest first in both (通知分页)."""

from dataclasses import dataclass

from django.db.models import QuerySet

from shiyu.notices import rules
from shiyu.notices.kinds import page_of, sentence
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor

A_PAGE = 50
UNREAD, READ = "u", "r"


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice as it stands on the page."""

    notice: Notice
    text: str
    has_page: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some notices, and the mark after which the next page starts; empty at the end."""

    lines: list[Shown]
    after: str


def page(actor: Actor, *, after: str = "") -> Page:
    """The page after a mark such as u120: unread ones older than 120, then all read ones."""
    part, last = _mark(after)
    mine = rules.visible_to(actor)
    found: list[Notice] = []
    if part == UNREAD:
        found = list(_older(mine.filter(read_at=None), last)[: A_PAGE + 1])
    if len(found) <= A_PAGE:
        read = _older(mine.filter(read_at__isnull=False), last if part == READ else None)
        found += read[: A_PAGE + 1 - len(found)]
    lines = [
        Shown(notice, sentence(notice.kind, notice.facts), bool(page_of(notice.subject)))
        for notice in found[:A_PAGE]
    ]
    return Page(lines, _mark_of(found[A_PAGE - 1]) if len(found) > A_PAGE else "")


def _older(notices: "QuerySet[Notice]", last: int | None) -> "QuerySet[Notice]":
    newest_first = notices.order_by("-pk")
    return newest_first if last is None else newest_first.filter(pk__lt=last)


def _mark(after: str) -> tuple[str, int | None]:
    """The part and id of a mark; anything else starts at the beginning."""
    part, number = after[:1], after[1:]
    if part in (UNREAD, READ) and number.isdecimal() and len(number) < 19:
        return part, int(number)
    return UNREAD, None


def _mark_of(notice: Notice) -> str:
    return f"{UNREAD if notice.read_at is None else READ}{notice.pk}"
