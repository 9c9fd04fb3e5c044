"""What happens in the journal when somebody signs in or out."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from shiyu.journal.actions import record
from shiyu.people import actions
from shiyu.people.actors import Actor
from shiyu.people.models import Person


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: Person, **_: Any) -> None:
    records = get_authentication_records(request, user) if hasattr(request, "session") else []
    with_code = any(r["method"] == "mfa" for r in records)
    actions.note_sign_in(user, with_code=with_code, actor=Actor.for_person(user))


@receiver(user_logged_out)
def signed_out(user: Person | None, **_: Any) -> None:
    if user is not None:
        actions.note_sign_out(user, actor=Actor.for_person(user))


@receiver(post_save, sender=Authenticator)
def second_factor_added(instance: Authenticator, created: bool, **_: Any) -> None:
    """In the transaction that adds it; allauth's own signal comes after the commit."""
    if created:
        _note(instance.user, instance, "add_second_factor")


@receiver(post_save, sender=SocialAccount)
def identity_linked(instance: SocialAccount, created: bool, **_: Any) -> None:
    """In the transaction that links it. The subject is a value about a person: it is left out."""
    if created:
        facts = {"provider": instance.provider}
        actor = Actor.for_person(instance.user)
        record(f"person:{instance.user_id}", "link_identity", actor=actor, facts=facts)


@receiver(authenticator_removed)
def second_factor_removed(user: Person, authenticator: Authenticator, **_: Any) -> None:
    _note(user, authenticator, "drop_second_factor")


def _note(user: Person, authenticator: Authenticator, verb: str) -> None:
    facts = {"type": str(authenticator.type)}
    record(f"person:{user.pk}", verb, actor=Actor.for_person(user), facts=facts)
