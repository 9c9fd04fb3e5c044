"""A browser in which somebody signed in before is counted by itself (常用浏览器).

Whoever guesses at an account, or from an office's own address, closes it for strangers; the one
whose account it is goes on signing in from the browser they always use. What a browser keeps says
neither who nor when, opens nothing, and has a limit of its own.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shiyu.common import cookies
from shiyu.common.attempts import Counter, Limit

BROWSER = Limit("browser", 8, timedelta(minutes=15), timedelta(minutes=15))
KEPT = timedelta(days=180)
WHERE = "/account/"


def counter_of(request: HttpRequest, username: str) -> Counter | None:
    """The counter of this browser for this account; None where it never signed in with it."""
    nonce, _sep, proof = cookies.read(request, _name(username), path=WHERE).partition(".")
    if not nonce or not hmac.compare_digest(proof, _proof(nonce, username)):
        return None
    return Counter(BROWSER, f"{_plain(username)} {nonce}")


def remember(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Let this browser be known for this account from now on."""
    if counter_of(request, username) is not None:
        return
    nonce = secrets.token_urlsafe(16)
    said, kept_s = f"{nonce}.{_proof(nonce, username)}", int(KEPT.total_seconds())
    cookies.keep(response, _name(username), said, seconds=kept_s, path=WHERE)


def _name(username: str) -> str:
    """The cookie's name: a colleague who reads it learns no account."""
    return f"known_{_proof('name', username)[:12]}"


def _proof(nonce: str, username: str) -> str:
    secret = f"known:{settings.SECRET_KEY}".encode()
    return hmac.new(secret, f"{nonce} {_plain(username)}".encode(), hashlib.sha256).hexdigest()


def _plain(username: str) -> str:
    return username.strip().casefold()
