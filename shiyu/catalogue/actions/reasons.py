"""The city's lists of usual reasons, offered where a move asks for one (常用理由)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.models import Reason
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import record
from shiyu.people.actors import Actor

MOST = 30


@transaction.atomic
def add_reason(move: str, text: str, *, actor: Actor) -> Reason:
    """Put a reason on the list of a move (新增常用理由)."""
    rules.must_edit(actor)
    text = " ".join(text.split())
    if move not in Reason.Move.values:
        raise Refused(_("没有这个办理动作"), field="move")
    if not text:
        raise Refused(_("写明理由"), field="text")
    if len(text) > Reason.LONGEST:
        raise Refused(_("理由最多 %(most)d 字") % {"most": Reason.LONGEST}, field="text")
    standing = list(Reason.objects.select_for_update().filter(move=move))
    if any(r.text == text and r.ended_at is None for r in standing):
        raise Refused(_("这条理由已在清单中"), field="text")
    if sum(r.ended_at is None for r in standing) >= MOST:
        raise Refused(_("一个动作最多 %(most)d 条理由，先停用几条") % {"most": MOST}, field="text")
    made = Reason.objects.create(move=move, text=text)
    record(f"reason:{made.pk}", "add_reason", actor=actor, facts={"move": move})
    return made


@transaction.atomic
def end_reason(reason: Reason, *, actor: Actor) -> Reason:
    """Offer a reason no longer (停用理由); what was written with it stays."""
    return _set(reason, ended=True, actor=actor)


@transaction.atomic
def take_up_reason(reason: Reason, *, actor: Actor) -> Reason:
    """Offer a reason again (恢复理由)."""
    return _set(reason, ended=False, actor=actor)


def _set(reason: Reason, *, ended: bool, actor: Actor) -> Reason:
    rules.must_edit(actor)
    reason = Reason.objects.select_for_update().get(pk=reason.pk)
    if (reason.ended_at is not None) == ended:
        raise OutOfOrder(_("这条理由刚刚改过"))
    reason.ended_at = timezone.now() if ended else None
    reason.save(update_fields=["ended_at"])
    verb = "end_reason" if ended else "take_up_reason"
    record(f"reason:{reason.pk}", verb, actor=actor, facts={"move": reason.move})
    return reason
