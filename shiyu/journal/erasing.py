"""Erasing what somebody wrote; the line that committed to it stays, and verifies (删除批注)."""

from collections.abc import Sequence
from typing import Protocol

from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import moment, record_numbered, write_remark
from shiyu.journal.events import erased
from shiyu.journal.models import Remark

VERB = "erase"
ERASERS = ("security_admin",)
REASON_MOST = 200


class Ground(models.TextChoices):
    """Why words may be erased from the record (删除依据)."""

    PERSONAL = "personal", gettext_lazy("含有不该留存的个人信息")
    REQUESTED = "requested", gettext_lazy("本人依法要求删除")
    SECRET = "secret", gettext_lazy("涉及国家秘密或商业秘密")
    UNLAWFUL = "unlawful", gettext_lazy("含有违法或侮辱他人的内容")
    MISTAKEN = "mistaken", gettext_lazy("写错了地方")
    EXPIRED = "expired", gettext_lazy("保存期限届满")


ERASE_MANY = """
    WITH erased AS (
        UPDATE journal_remark SET text = '', salt = '', erased_at = clock_timestamp()
         WHERE id = ANY(%s) AND erased_at IS NULL RETURNING id, subject, erased_at)
    INSERT INTO journal_line (occurred_at, subject, verb, actor, facts, commitment)
    SELECT erased_at, 'remark:' || id, %s, %s,
           jsonb_build_object('of', subject, 'ground', %s::text), '' FROM erased
"""


class Holder(Protocol):
    """Whoever acts, with the duties they hold."""

    @property
    def ref(self) -> str: ...
    @property
    def kind(self) -> str: ...
    def holds(self, *duties: str) -> bool: ...


def may_erase(actor: Holder) -> bool:
    """Whether this actor may erase what others wrote: the security administrator."""
    return actor.kind == "program" or actor.holds(*ERASERS)


@transaction.atomic
def erase(
    remark: Remark, *, actor: Holder, ground: str, reason: str = "", asked_by: str = ""
) -> int:
    """Erase the words of a remark and the salt of its commitment; returns the new line's id.

    asked_by  who asked for it, of a person's erasing: another than who does it (两人办理).

    Afterwards nobody can tell what stood there, not even by guessing; that something stood
    there, when, by whom, and who erased it on what ground, stays on record.

    Raises  NotAllowed, OutOfOrder if it is erased already, Refused for an unknown ground.
    """
    if not may_erase(actor):
        raise NotAllowed(_("删除批注由安全管理员办理"))
    if actor.kind == "person" and asked_by in {"", actor.ref}:
        raise NotAllowed(_("删除文字须由另一名安全管理员提出申请"))
    if ground not in Ground.values:
        raise Refused(_("选一项删除依据"), field="ground")
    if len(reason) > REASON_MOST:
        raise Refused(_("说明最多 %(most)d 字") % {"most": REASON_MOST}, field="reason")
    remark = Remark.objects.select_for_update(no_key=True).get(pk=remark.pk)
    if remark.erased_at is not None:
        raise OutOfOrder(_("这条已经删除过了"))
    at, subject = moment(remark.written_at), f"remark:{remark.pk}"
    remark.text, remark.salt, remark.erased_at = "", "", at
    remark.save(update_fields=["text", "salt", "erased_at"])
    why = write_remark(subject, reason.strip(), author=actor, at=at) if reason.strip() else None
    facts = {"of": remark.subject, "ground": ground}
    facts |= {"asked_by": asked_by} if asked_by else {}
    line = record_numbered(subject, VERB, actor=actor, at=at, facts=facts, remark=why)
    erased.send(Remark, remark=remark)
    return line


def erase_many(remarks: Sequence[int], *, actor: Holder, ground: str) -> int:
    """Erase many at once, with a line for each, in the caller's transaction; returns how many.

    The caller sees to search words and drafts: nobody is told of each.
    """
    if not may_erase(actor):
        raise NotAllowed(_("删除批注由安全管理员办理"))
    with connection.cursor() as cursor:
        cursor.execute(ERASE_MANY, (list(remarks), VERB, actor.ref, ground))
        return int(cursor.rowcount)
