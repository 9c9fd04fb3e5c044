"""Admitting clients, giving out keys and taking them back (接口密钥管理)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.api import keys, rules
from shiyu.api.models import Client, Grant, Key, Purpose
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.switching import before_switching_on
from shiyu.files import actions as files
from shiyu.journal.actions import moment, record
from shiyu.notices import actions as notices
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Unit
from shiyu.people.rules import require

PER_MINUTE = 600
PER_MINUTE_MOST = 1_000_000
LIFE = timedelta(days=365)
LIFE_MOST = timedelta(days=3 * 366)
OVERLAP = timedelta(days=7)
OVERLAP_MOST = timedelta(days=90)
WHY_MOST = 200
NAME_MOST = 60


@transaction.atomic
def admit(
    name: str,
    *,
    purpose: str,
    scopes: Sequence[str] = (),
    unit: Unit | None = None,
    per_minute: int = PER_MINUTE,
    actor: Actor,
) -> Client:
    """Let another system in (登记接入系统), with what it may do.

    scopes  as written, e.g. cases:read@410204; left out, the usual ones over the whole city.

    Raises  Refused: name taken, no such grant, place or unit.
    """
    require(actor, Duty.SYSTEM_ADMIN)
    name = name.strip()
    if not 0 < len(name) <= NAME_MOST or any(ord(c) < 32 for c in name):
        raise Refused(_("写明系统名称，最多 %(most)d 字") % {"most": NAME_MOST}, field="name")
    if purpose not in Purpose.values:
        raise Refused(_("选择密钥用途"), field="purpose")
    _quota(per_minute)
    asked = [rules.wanted(text, unit=unit) for text in scopes or rules.usual(purpose)]
    at = moment()
    client = Client(name=name, purpose=purpose, unit=unit, per_minute=per_minute)
    client.created_at, client.created_by = at, actor.ref
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        text = _("已经有名为“%(name)s”的接入系统") % {"name": name}
        raise Refused(text, field="name") from error
    _grant(client, asked)
    facts = {"purpose": purpose, "per_minute": per_minute, "scopes": _written(client)}
    facts |= {"unit": unit.pk} if unit else {}
    record(client.subject, "admit_client", actor=actor, at=at, facts=facts)
    return client


@transaction.atomic
def regrant(
    client: Client, *, scopes: Sequence[str], per_minute: int | None = None, actor: Actor
) -> Client:
    """Give a client other grants, or another quota (变更授权); counts from the next request."""
    require(actor, Duty.SYSTEM_ADMIN)
    client = _locked(client)
    before = _written(client)
    asked = [rules.wanted(text, unit=client.unit) for text in scopes]
    if not asked:
        raise Refused(_("至少写一项权限"), field="scopes")
    if per_minute is not None:
        _quota(per_minute)
        client.per_minute = per_minute
    Grant.objects.filter(client=client).delete()
    _grant(client, asked)
    client.version += 1
    client.save(update_fields=["version", "per_minute"])
    facts = {"before": before, "after": _written(client), "per_minute": client.per_minute}
    record(client.subject, "regrant_client", actor=actor, facts=facts)
    keep_told_within(client, actor=actor)
    return client


@transaction.atomic
def issue(client: Client, *, expires_at: datetime | None = None, actor: Actor) -> tuple[Key, str]:
    """Give a client a key (签发密钥); the text is shown once, only its hash is kept."""
    require(actor, Duty.SYSTEM_ADMIN)
    client = _locked(client)
    return _issue(client, expires_at, actor)


@transaction.atomic
def rotate(
    client: Client,
    *,
    overlap: timedelta = OVERLAP,
    expires_at: datetime | None = None,
    actor: Actor,
) -> tuple[Key, str]:
    """Give a client a new key; the old ones go on for a while, so that nothing stops (轮换)."""
    require(actor, Duty.SYSTEM_ADMIN)
    if not timedelta(0) <= overlap <= OVERLAP_MOST:
        days = OVERLAP_MOST.days
        raise Refused(_("新旧密钥最多并用 %(days)d 天") % {"days": days}, field="overlap")
    client = _locked(client)
    until = moment() + overlap
    old = Key.objects.filter(client=client, revoked_at__isnull=True, expires_at__gt=until)
    shortened = sorted(old.values_list("visible", flat=True))
    old.update(expires_at=until)
    key, text = _issue(client, expires_at, actor)
    if shortened:
        facts = {"keys": shortened, "until": until, "new": key.visible}
        record(client.subject, "rotate_key", actor=actor, facts=facts)
    return key, text


@transaction.atomic
def revoke(key: Key, *, why: str, actor: Actor) -> Key:
    """Take a key back (吊销密钥); it opens nothing from the next request on."""
    require(actor, Duty.SYSTEM_ADMIN)
    why = " ".join(why.split())
    if not 0 < len(why) <= WHY_MOST:
        raise Refused(_("写明吊销原因，最多 %(most)d 字") % {"most": WHY_MOST}, field="why")
    key = Key.objects.select_for_update(of=("self",)).select_related("client").get(pk=key.pk)
    if key.revoked_at is not None:
        raise OutOfOrder(_("这把密钥已经吊销"))
    key.revoked_at, key.revoked_by, key.revoked_why = moment(), actor.ref, why
    key.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
    record(key.client.subject, "revoke_key", actor=actor, facts={"key": key.visible})
    if not _has_key(key.client):
        notices.hold(key.client.subject, actor=actor)
    return key


def hold_without_keys() -> int:
    """Send nothing more to clients whose last key has expired (无有效密钥则暂停推送)."""
    keyless = [client for client in Client.objects.order_by("pk") if not _has_key(client)]
    program = Actor.program("keys")
    return sum(notices.hold(client.subject, actor=program) for client in keyless)


def note_use(key_id: int) -> None:
    """Remember to some minutes when a key was last used (最近使用)."""
    now = timezone.now()
    stale = Q(used_at__isnull=True) | Q(used_at__lt=now - timedelta(minutes=4))
    Key.objects.filter(stale, pk=key_id).update(used_at=now)


def forget_scopes() -> None:
    """Have every process read the grants anew, and what each is told follow the new numbers."""
    Client.objects.update(version=F("version") + 1)
    for client in Client.objects.order_by("pk"):
        keep_told_within(client, actor=Actor.program("places"))


def keep_told_within(client: Client, *, actor: Actor) -> None:
    """What a client subscribed to reaches no further than its grants (订阅随授权)."""
    notices.keep_within(client.subject, rules.told_within(rules.held_by(client)), actor=actor)


def drop_old_uploads(*, before: datetime) -> int:
    """Drop photos that no case ever asked for (清理未用照片)."""
    return files.discard_waiting("upload:", before=before)


def _issue(client: Client, expires_at: datetime | None, actor: Actor) -> tuple[Key, str]:
    before_switching_on("interfaces", actor=actor)
    at = moment()
    expires_at = expires_at or at + LIFE
    if not at < expires_at <= at + LIFE_MOST:
        raise Refused(_("有效期应在今后三年之内"), field="expires_at")
    text, kept = keys.make()
    key = Key(client=client, visible=kept.visible, hash=kept.hash, expires_at=expires_at)
    key.created_at, key.created_by = at, actor.ref
    key.save()
    facts = {"key": key.visible, "expires_at": expires_at}
    record(client.subject, "issue_key", actor=actor, at=at, facts=facts)
    notices.let_go(client.subject, actor=actor)
    return key, text


def _has_key(client: Client) -> bool:
    good = Key.objects.filter(client=client, revoked_at=None, expires_at__gt=timezone.now())
    return good.exists()


def _locked(client: Client) -> Client:
    return Client.objects.select_for_update(of=("self",)).select_related("unit").get(pk=client.pk)


def _grant(client: Client, asked: Sequence[rules.Wanted]) -> None:
    unique = {(w.verb, w.place and w.place.pk, w.unit and w.unit.pk): w for w in asked}
    Grant.objects.bulk_create(
        Grant(client=client, verb=w.verb, place=w.place, unit=w.unit) for w in unique.values()
    )


def _written(client: Client) -> list[str]:
    rows = Grant.objects.filter(client=client).select_related("place", "unit")
    return [rules.written(grant) for grant in rows.defer("place__boundary")]


def _quota(per_minute: int) -> None:
    if not 1 <= per_minute <= PER_MINUTE_MOST:
        most = PER_MINUTE_MOST
        raise Refused(_("每分钟额度应在 1 至 %(most)d") % {"most": most}, field="per_minute")
