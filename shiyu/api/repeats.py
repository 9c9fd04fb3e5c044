"""A request that changes something, carried out once however often it is sent (接口幂等).

The client's header `Idempotency-Key` names it. The answer is kept in the transaction of what it
did: the same request again is given it again, with `Idempotency-Replayed: true`. It is kept
locked by that key, of which we keep only a hash: an answer may hold a receipt's code.
"""

import base64
import hashlib
import json
from collections.abc import Callable

from cryptography.fernet import Fernet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from shiyu.api.refusals import NoIdempotencyKey
from shiyu.common.answered import body_hash
from shiyu.common.errors import Refused
from shiyu.common.once import Answer, once, whole
from shiyu.people.actors import Actor

HEADER = "Idempotency-Key"
KEY_LENGTH = 200
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Link")


def carried_out_once(
    request: HttpRequest,
    *,
    actor: Actor,
    route: str,
    act: Callable[[], HttpResponse],
    as_one: bool = False,
) -> HttpResponse:
    """The answer of `act`, or the one it gave to the same request before.

    as_one  it writes all at its end and reads none of it: see `once.whole`.

    Keys belong to the client, not to the key it showed: another client's are never met.

    Raises  NoIdempotencyKey (400), InProgress (409), KeyReused (422).
    """
    first: list[HttpResponse] = []

    def carry_out() -> Answer:
        first.append(act())
        return Answer(first[-1].status_code, _locked(first[-1], key))

    key = key_of(request)
    carried_out = whole if as_one else once
    answer = carried_out(
        client=actor.ref,
        route=route[:120],
        key=key,
        body=_fingerprint(request),
        act=carry_out,
    )
    if answer.given_at is None:
        return first[-1]
    kept = json.loads(_lock(key).decrypt(answer.content))
    again = HttpResponse(kept["body"], status=answer.status, headers=kept["headers"])
    again["Idempotency-Replayed"] = "true"
    return again


def key_of(request: HttpRequest) -> str:
    """The request's own name, as the client gave it."""
    key = request.headers.get(HEADER, "").strip()
    if not key:
        text = _("请求头缺少 %(header)s：每份会改变数据的请求取一个新的随机值，重发时用同一个")
        raise NoIdempotencyKey(text % {"header": HEADER})
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise Refused(_("幂等键最多 %(limit)s 个可见字符") % {"limit": KEY_LENGTH})
    return key


def _locked(response: HttpResponse, key: str) -> str:
    """An answer as it is kept."""
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    kept = json.dumps({"headers": headers, "body": response.content.decode()})
    return _lock(key).encrypt(kept.encode()).decode()


def _lock(key: str) -> Fernet:
    made = hashlib.sha256(b"kept answer\n" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(made))


def _fingerprint(request: HttpRequest) -> str:
    said = f"{request.method} {body_hash(request)} {request.headers.get('If-Match', '')}"
    return hashlib.sha256(said.encode()).hexdigest()
