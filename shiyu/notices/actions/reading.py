"""Reading one's notices (已读)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import NotFound
from shiyu.notices import rules
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor


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
