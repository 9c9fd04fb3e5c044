"""Who is at the door: a key becomes an actor, and what it asks is counted (接口准入).

One statement finds the key, compares its hash and takes from its quota. The quota is a bucket
that fills evenly; its table is unlogged, so counting waits for no disk, and shared, so that any
number of processes agree. What a stranger asks with a wrong secret never empties the bucket of
the key it names.
"""

import hashlib
import hmac
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from shiyu.api import actions, keys
from shiyu.api.models import Client, Purpose
from shiyu.api.refusals import KeyExpired, KeyInAddress, KeyRevoked, NoKey, TooMany, WrongPurpose
from shiyu.api.rules import held_by
from shiyu.common import ready, trail, wall
from shiyu.common.attempts import Counter, Limit, count
from shiyu.people.actors import Actor
from shiyu.people.seeing import sight_of
from shiyu.people.sign_in import AccountAdapter

WRONG_KEYS = Limit("wrong_key", 60, timedelta(minutes=10), timedelta(minutes=10))
STRANGERS_PER_MINUTE = 300
KEPT_ACTORS = 1024

ENTER = f"""
WITH k AS (
  SELECT k.id AS key_id, k.hash, k.revoked_at IS NOT NULL AS revoked,
         k.expires_at <= clock_timestamp() AS expired,
         coalesce(k.used_at < clock_timestamp() - interval '5 minutes', true) AS stale,
         c.id AS client_id, c.version, c.name, c.purpose, c.per_minute, c.created_at
  FROM api_key k JOIN api_client c ON c.id = k.client_id WHERE k.visible = %(visible)s
), b AS (
  INSERT INTO api_bucket AS b (name, room, ok, at)
  SELECT 'key:' || client_id, per_minute - %(cost)s, true, clock_timestamp() FROM k
  WHERE hash = %(hash)s AND NOT revoked AND NOT expired
  ON CONFLICT (name) DO UPDATE SET
    ok = least(excluded.room + %(cost)s, b.room + (excluded.room + %(cost)s) / 60.0
         * extract(epoch FROM greatest(excluded.at - b.at, interval '0'))) >= %(cost)s,
    room = least(excluded.room + %(cost)s, b.room + (excluded.room + %(cost)s) / 60.0
         * extract(epoch FROM greatest(excluded.at - b.at, interval '0')))
       - CASE WHEN least(excluded.room + %(cost)s, b.room + (excluded.room + %(cost)s) / 60.0
         * extract(epoch FROM greatest(excluded.at - b.at, interval '0'))) >= %(cost)s
         THEN %(cost)s ELSE 0 END,
    at = greatest(excluded.at, b.at)
  RETURNING room, ok)
SELECT k.*, b.room, b.ok, {ready.STAMP} FROM k LEFT JOIN b ON true
"""  # noqa: S608 - our own words
FOUND = (
    *("key_id", "hash", "revoked", "expired", "stale"),
    *("client_id", "version", "name", "purpose", "per_minute", "created_at"),
    *("room", "ok", "standing"),
)
"""The columns of what `ENTER` finds, in their order."""

TAKE = """
INSERT INTO api_bucket AS b (name, room, ok, at)
VALUES (%(name)s, %(most)s - %(cost)s, true, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET
  ok = least(%(most)s, b.room + %(most)s / 60.0
       * extract(epoch FROM greatest(excluded.at - b.at, interval '0'))) >= %(cost)s,
  room = least(%(most)s, b.room + %(most)s / 60.0
       * extract(epoch FROM greatest(excluded.at - b.at, interval '0')))
     - CASE WHEN least(%(most)s, b.room + %(most)s / 60.0
       * extract(epoch FROM greatest(excluded.at - b.at, interval '0'))) >= %(cost)s
       THEN %(cost)s ELSE 0 END,
  at = greatest(excluded.at, b.at)
RETURNING room, ok
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """What may be asked in a minute, and how much of it is left."""

    most: int
    left: float

    @property
    def full_in_s(self) -> int:
        """Seconds until all of it is there again."""
        return max(0, math.ceil((self.most - self.left) * 60 / self.most))

    def room_in_s(self, cost: int) -> int:
        """Seconds until so much may be asked."""
        return max(1, math.ceil((cost - self.left) * 60 / self.most))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks through an interface: the actor it is, its quota, and which key it showed.

    standing  the stamp of what stood for all when it came in: see `ready.as_of`.
    """

    actor: Actor
    purpose: str
    quota: Quota
    key_id: int = 0
    visible: str = ""
    standing: str | None = None


_kept: OrderedDict[tuple[object, ...], Actor] = OrderedDict()


def enter(request: HttpRequest, text: str, *, purpose: str, cost: int = 1) -> Caller:
    """The client whose key this is, with what it holds at this moment.

    text     the key as it was shown, wherever this interface looks for it.
    purpose  the interface that is asked, api or open311.

    Raises   NoKey, KeyExpired, KeyRevoked (401), WrongPurpose (403), TooMany (429).
    """
    shown = keys.read(text)
    if shown is None:
        raise _stranger(request, said=bool(text.strip()))
    found = _look_up(shown, cost)
    if not hmac.compare_digest(found.get("hash", keys.NOBODYS), shown.hash):
        raise _stranger(request, said=True)
    if found["revoked"]:
        raise KeyRevoked(_("这把密钥已吊销，请向系统管理员申请新的密钥"))
    if found["expired"]:
        raise KeyExpired(_("这把密钥已过有效期，请向系统管理员申请新的密钥"))
    quota = Quota(found["per_minute"], found["room"])
    request.quota = quota  # type: ignore[attr-defined]
    if not found["ok"]:
        raise _too_many(quota, cost)
    if found["purpose"] != purpose:
        text = _("这把密钥用于%(other)s，不能用在这里")
        raise WrongPurpose(text % {"other": Purpose(found["purpose"]).label})
    if found["stale"]:
        actions.note_use(found["key_id"])
    actor = _actor(found)
    if (walked := trail.here()) is not None:
        walked.actor = actor.ref
        walked.link = trail.link_in(request.headers.get("traceparent", ""))
    wall.look_as(sight_of(actor))
    return Caller(actor, purpose, quota, found["key_id"], shown.visible, found["standing"])


def throttle(request: HttpRequest, *, cost: int = 1, most: int = STRANGERS_PER_MINUTE) -> Quota:
    """Count a request that needs no key, by the address it comes from.

    Raises  TooMany (429).
    """
    address = address_of(request)
    secret = f"bucket:{settings.SECRET_KEY}".encode()
    name = "from:" + hmac.new(secret, address.encode(), hashlib.sha256).hexdigest()[:32]
    ((left, ok),) = ready.rows(TAKE, {"name": name, "most": most, "cost": cost})
    quota = Quota(most, left)
    request.quota = quota  # type: ignore[attr-defined]
    if not ok:
        raise _too_many(quota, cost)
    return quota


def refuse_keys_in_address(request: HttpRequest) -> None:
    """A key in an address would be kept by logs and histories: refused, whether it is valid.

    Raises  KeyInAddress (400).
    """
    said = request.META.get("QUERY_STRING", "") + request.path_info
    if "shiyu_" in said and keys.LEAKED.search(said):
        raise KeyInAddress(
            _("密钥不能写在网址里：网址会留在各处的日志中。请放在请求头里，并尽快更换这把密钥")
        )


def address_of(request: HttpRequest) -> str:
    """From where a request comes, as far as our own proxies say."""
    return AccountAdapter(request).get_client_ip(request)


def request_id_of(request: HttpRequest) -> str:
    """The number of this request, the same in its answer and in our log (请求编号)."""
    known: str | None = getattr(request, "request_id", None)
    if known is None:
        known = trail.fresh()
        request.request_id = known  # type: ignore[attr-defined]
    return known


def _look_up(shown: keys.Written, cost: int) -> dict[str, Any]:
    asked: dict[str, Any] = {"visible": shown.visible, "hash": shown.hash, "cost": cost}
    found = ready.rows(ENTER, asked)
    return dict(zip(FOUND, found[0], strict=True)) if found else {}


def _actor(found: dict[str, Any]) -> Actor:
    named = (found["client_id"], found["version"], found["created_at"])
    known = _kept.get(named)
    if known is None:
        client = Client.objects.get(pk=found["client_id"])
        known = Actor("key", client.pk, client.name, held_by(client))
        _kept[named] = known
        while len(_kept) > KEPT_ACTORS:
            _kept.popitem(last=False)
    return known


def _stranger(request: HttpRequest, *, said: bool) -> NoKey | TooMany:
    """What somebody is told who shows no key that we know; wrong ones are counted."""
    if not said:
        return NoKey(_("需要接口密钥：请求头 Authorization: Bearer 密钥"))
    closed = count(Counter(WRONG_KEYS, address_of(request)))
    if closed is not None:
        return TooMany(
            _("错误的密钥太多，请稍后再试"), retry_after_s=int(WRONG_KEYS.closed.total_seconds())
        )
    return NoKey(_("密钥不正确"))


def _too_many(quota: Quota, cost: int) -> TooMany:
    wait = quota.room_in_s(cost)
    text = _("请求太多：每分钟 %(most)d，请 %(wait)d 秒后再试")
    return TooMany(text % {"most": quota.most, "wait": wait}, retry_after_s=wait)
