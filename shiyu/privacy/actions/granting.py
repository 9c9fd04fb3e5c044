"""Access grants ended before their time: by who opened them, by who answers for them (查看授权)."""

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases.actions import end_look
from shiyu.cases.models import Look, LookEnd
from shiyu.common.errors import NotAllowed
from shiyu.people.actors import Actor
from shiyu.privacy import rules


@transaction.atomic
def end_grant(grant: Look, *, actor: Actor) -> LookEnd:
    """End a grant at once (收回查看授权).

    Raises  NotAllowed for whoever neither opened it nor answers for the place; OutOfOrder when it
            is over.
    """
    if not rules.may_end(actor, grant):
        raise NotAllowed(_("只能收回自己打开的，或由本地的安全管理员收回"))
    own = actor.kind == "person" and actor.id == grant.person_id
    why = LookEnd.Why.DONE if own else LookEnd.Why.REVOKED
    return end_look(grant, why=why, actor=actor)
