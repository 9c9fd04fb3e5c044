"""Owing people a notice, and their reading it (通知)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import NotFound
from shiyu.notices import rules
from shiyu.notices.kinds import SENTENCES
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor

AT_ONCE = 500


@transaction.atomic
def owe(
    people_ids: Iterable[int],
    subject: str,
    kind: str,
    *,
    facts: Mapping[str, object],
    at: datetime,
    urgent: bool = False,
) -> int:
    """Owe each of these people a notice, in the transaction of what it tells of (通知).

    facts  what the sentence of this kind names: number, kind, place; nothing about a person.
    """
    if kind not in SENTENCES:
        raise ValueError(f"no sentence for notices of kind {kind!r}")
    owed = [
        Notice(to_id=to, subject=subject, kind=kind, facts=facts, urgent=urgent, created_at=at)
        for to in dict.fromkeys(people_ids)
    ]
    Notice.objects.bulk_create(owed, batch_size=AT_ONCE)
    return len(owed)


@transaction.atomic
def mark_read(notice_id: int, *, actor: Actor) -> Notice:
    """Mark one of one's own notices read (已读); the first reading counts."""
    notice = rules.visible_to(actor).filter(pk=notice_id).first()
    if notice is None:
        raise NotFound(_("没有这条提醒"))
    if notice.read_at is None:
        notice.read_at = timezone.now()
        rules.visible_to(actor).filter(pk=notice_id, read_at=None).update(read_at=notice.read_at)
    return notice


@transaction.atomic
def mark_all_read(*, up_to: int, actor: Actor) -> int:
    """Mark one's notices read up to the newest one that was shown (全部已读)."""
    unread = rules.visible_to(actor).filter(read_at=None, pk__lte=up_to)
    return unread.update(read_at=timezone.now())
