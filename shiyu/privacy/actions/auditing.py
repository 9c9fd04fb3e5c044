"""A self-audit: the city's records asked point by point, and kept as they answered (合规审计)."""

import hashlib
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.wall import beyond
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor
from shiyu.privacy import rules, self_audit
from shiyu.privacy.models import SelfAudit

LONGEST = timedelta(days=3 * 366)


@beyond("record keepers")
@transaction.atomic
def audit_itself(since: date, until: date, *, actor: Actor) -> SelfAudit:
    """Count every point of this time and keep the answer, on record (办理合规审计).

    Raises  NotAllowed; Refused for a time that runs backwards, lies ahead or is too long.
    """
    if not rules.may_audit(actor):
        raise NotAllowed(_("合规审计由安全管理员或审计管理员办理"))
    if until < since:
        raise Refused(_("最后一天不能早于第一天"), field="until")
    if until > timezone.localdate():
        raise Refused(_("还没有过的日子不能审计"), field="until")
    if until - since > LONGEST:
        raise Refused(_("一次最长三年"), field="since")
    made = SelfAudit(
        since=since,
        until=until,
        points=self_audit.counted(self_audit.period_of(since, until)),
        made_by_id=actor.id,
        made_at=moment(),
    )
    made.sha256 = hashlib.sha256(made.content).hexdigest()
    made.save(force_insert=True)
    facts = {"since": since, "until": until, "sha256": made.sha256}
    facts |= dict(self_audit.counts_of(made))
    record(made.subject, "self_audit", actor=actor, at=made.made_at, facts=facts)
    return made
