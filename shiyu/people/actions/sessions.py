"""Ending sessions and second factors (会话、动态口令)."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from shiyu.common import clock
from shiyu.common.errors import NotAllowed, OutOfOrder
from shiyu.journal.actions import record
from shiyu.people import rules
from shiyu.people.actions.two import two_people
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Person


@transaction.atomic
def end_session(session: UserSession, *, actor: Actor) -> None:
    """Sign one session out, wherever it is (结束会话); one's own, or anyone's for security."""
    _require_own_or_security(actor, session.user_id)
    number = session.pk
    session.end()
    facts = {"session": number}
    record(f"person:{session.user_id}", "end_session", actor=actor, facts=facts)


@transaction.atomic
def end_sessions(person: Person, *, actor: Actor, keep: str = "") -> int:
    """Sign all of a person's sessions out (结束全部会话); `keep` is the key of one to leave."""
    _require_own_or_security(actor, person.pk)
    ended = 0
    for session in UserSession.objects.filter(user_id=person.pk).exclude(session_key=keep):
        session.end()
        ended += 1
    if ended:
        record(f"person:{person.pk}", "end_sessions", actor=actor, facts={"ended": ended})
    return ended


@transaction.atomic
def remove_second_factor(person: Person, *, actor: Actor) -> None:
    """Take off a lost second factor, so that its owner can enrol anew (解除动态口令)."""
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, person)
    two_people("remove_second_factor", actor=actor, people=[person])
    gone, _rows = Authenticator.objects.filter(user_id=person.pk).delete()
    if not gone:
        raise OutOfOrder(_("这个账号没有启用动态口令"))
    end_sessions(person, actor=actor)
    record(f"person:{person.pk}", "remove_second_factor", actor=actor)


@transaction.atomic
def unlink_identity(linked: SocialAccount, *, actor: Actor) -> None:
    """Take a linked identity off an account: one's own, or anyone's for security (解除统一身份)."""
    _require_own_or_security(actor, linked.user_id)
    person = Person.objects.select_for_update().get(pk=linked.user_id)
    passkeys = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    if actor.id == person.pk and not person.has_usable_password() and not passkeys.exists():
        raise OutOfOrder(_("这是您唯一的登录办法，不能解除"))
    facts = {"provider": linked.provider}
    linked.delete()
    record(f"person:{person.pk}", "unlink_identity", actor=actor, facts=facts)


@transaction.atomic
def forget_ended_sessions() -> int:
    """Remove sessions past their time, and what the lists still show of ended ones."""
    Session.objects.filter(expire_date__lt=clock.now()).delete()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    gone, _rows = UserSession.objects.filter(~Exists(alive)).delete()
    return gone


@transaction.atomic
def note_sign_in(person: Person, *, with_code: bool, actor: Actor) -> None:
    """Leave a line that somebody signed in, and whether with a second factor (登录记录)."""
    record(f"person:{person.pk}", "sign_in", actor=actor, facts={"with_code": with_code})


@transaction.atomic
def note_sign_out(person: Person, *, actor: Actor) -> None:
    """Leave a line that somebody signed out (退出记录)."""
    record(f"person:{person.pk}", "sign_out", actor=actor)


@transaction.atomic
def note_lock_out(username: str) -> None:
    """Leave a line that an account was tried too often, if there is such an account (锁定)."""
    person = Person.objects.filter(username=username).first()
    if person is not None:
        record(f"person:{person.pk}", "lock_out", actor=Actor.program("sign-in"))


def _require_own_or_security(actor: Actor, person_id: int) -> None:
    own = actor.kind == "person" and actor.id == person_id
    if not own and not rules.may(actor, Duty.SECURITY_ADMIN):
        raise NotAllowed(_("只能结束自己的会话"))
