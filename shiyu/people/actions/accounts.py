"""Making accounts and ending them, and their passwords (账号)."""

import unicodedata

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import attempts
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import record
from shiyu.people import rules
from shiyu.people.actions.access import appoint, give_duty
from shiyu.people.actions.sessions import end_sessions
from shiyu.people.actions.two import two_people
from shiyu.people.actions.units import create_post
from shiyu.people.actors import Actor
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.limits import of_account
from shiyu.people.models import Appointment, Person, Unit


@transaction.atomic
def create_person(
    username: str,
    name: str,
    *,
    actor: Actor,
    phone: str = "",
    password: str | None = None,
    made_up: bool = False,
) -> Person:
    """Give somebody an account (建账号); without a password nobody can sign in with it yet."""
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    person = Person(
        username=unicodedata.normalize("NFKC", username).strip().lower(),
        name=name.strip(),
        pinyin=pinyin_key(name)[:120],
        phone=phone,
        made_up=made_up,
        must_change_password=password is not None and actor.kind == "person",
    )
    if not person.username or not person.name:
        raise Refused(_("填写账号和姓名"), field="username")
    _set(person, password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as clash:
        raise Refused(
            _("账号 %(name)s 已在用，另取一个") % {"name": person.username}, field="username"
        ) from clash
    record(f"person:{person.pk}", "create", actor=actor, facts={"made_up": made_up})
    return person


@transaction.atomic
def deactivate(person: Person, *, actor: Actor) -> Person:
    """Close an account: its duties and sessions end at once (停用账号)."""
    return _switch(person, on=False, actor=actor)


@transaction.atomic
def reactivate(person: Person, *, actor: Actor) -> Person:
    """Open a closed account again, with the posts it still holds (恢复账号)."""
    return _switch(person, on=True, actor=actor)


@transaction.atomic
def set_password(person: Person, password: str, *, actor: Actor) -> Person:
    """Give somebody a first or new password, to be changed at the next sign-in (设密码)."""
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, person)
    person = Person.objects.get(pk=person.pk)  # the caller's stays as it is: it may not come to it
    _set(person, password)
    two_people("set_password", actor=actor, people=[person], secret=person.password)
    return _given(person, person.password, actor)


@transaction.atomic
def set_hashed(person: Person, hashed: str, *, actor: Actor) -> Person:
    """The same with a password that was checked and hashed when it was proposed (批准后设密码)."""
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, person)
    two_people("set_password", actor=actor, people=[person], secret=hashed)
    return _given(person, hashed, actor)


def _given(person: Person, hashed: str, actor: Actor) -> Person:
    person = Person.objects.select_for_update().get(pk=person.pk)
    person.password = hashed
    person.must_change_password = actor.kind == "person"
    person.save(update_fields=["password", "must_change_password"])
    attempts.reopen(of_account(person.username))
    end_sessions(person, actor=actor)
    record(f"person:{person.pk}", "set_password", actor=actor)
    return person


@transaction.atomic
def change_password(person: Person, password: str, *, actor: Actor) -> Person:
    """Change one's own password (改密码); other sessions end, since their hash no longer fits."""
    if actor.kind != "person" or actor.id != person.pk:
        raise Refused(_("只能改自己的密码"))
    if person.check_password(password):
        raise Refused(_("新密码与现在的相同，另取一个"), field="password1")
    _set(person, password)
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    record(f"person:{person.pk}", "change_password", actor=actor)
    return person


@transaction.atomic
def switch_single_keys(person: Person, *, off: bool, actor: Actor) -> Person:
    """Switch one's own single-key shortcuts off or on (单键快捷键)."""
    if actor.kind != "person" or actor.id != person.pk:
        raise Refused(_("只能改自己的设置"))
    person.keys_off = off
    person.save(update_fields=["keys_off"])
    record(f"person:{person.pk}", "switch_single_keys", actor=actor, facts={"off": off})
    return person


@transaction.atomic
def found_administrator(
    duty: str, *, username: str, name: str, password: str, unit: Unit, actor: Actor
) -> Person:
    """Make the first administrator of a kind, from the command line only (首任管理员).

    Refused once somebody holds the duty: from then on the security administrator appoints.
    """
    if actor.kind != "program" or duty not in ADMINISTRATION:
        raise Refused(_("首任管理员只能用命令行设立"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('found administrator', 0))")
    held = Appointment.objects.not_over().filter(person__is_active=True, post__duties__duty=duty)
    if held.exists():
        raise OutOfOrder(_("已有%(duty)s员，由安全管理员任命") % {"duty": Duty(duty).label})
    person = create_person(username, name, password=password, actor=actor)
    post = create_post(unit, _("%(duty)s员") % {"duty": Duty(duty).label}, actor=actor)
    give_duty(post, duty, actor=actor)
    appoint(person, post, starts_on=timezone.localdate(), actor=actor)
    person.refresh_from_db()
    return person


@transaction.atomic
def give_made_up_people_a_password(password: str, *, actor: Actor) -> int:
    """Let the made-up people of a demo city sign in, all with the same password (演示口令).

    One hash for all: hundreds of slow hashes would take minutes and protect nobody.
    """
    if actor.kind != "program":
        raise Refused(_("演示口令只能由程序设置"))
    changed = Person.objects.filter(made_up=True).update(password=make_password(password))
    record("people:made_up", "set_password", actor=actor, facts={"changed": changed})
    return changed


def _switch(person: Person, *, on: bool, actor: Actor) -> Person:
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, person)
    if person.is_active != on:
        two_people("reactivate" if on else "deactivate", actor=actor, people=[person])
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.is_active == on:
        raise OutOfOrder(_("账号已在用") if on else _("账号已停用"))
    person.is_active = on
    person.access_version += 1
    person.save(update_fields=["is_active", "access_version"])
    if not on:
        end_sessions(person, actor=actor)
    record(f"person:{person.pk}", "reactivate" if on else "deactivate", actor=actor)
    return person


def _set(person: Person, password: str | None) -> None:
    if password is None:
        person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as weak:
        raise Refused("；".join(weak.messages), field="password") from weak
    person.set_password(password)
