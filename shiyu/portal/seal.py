"""Things about a person that only their own browser can open (封存).

A draft keeps the phone number somebody typed, and for a day the receipt code, sealed with the
token in the browser's cookie. The database holds the token's hash: it cannot open them.
"""

import base64
import hashlib
import json
import re
import secrets

from cryptography.fernet import Fernet, InvalidToken

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A token for a browser's cookie, 32 random bytes."""
    return secrets.token_urlsafe(32)


def token_after(token: str, ref: str) -> str:
    """The token of a browser's next report, always the same for the same form."""
    made = hashlib.sha256(f"next\n{token}\n{ref}".encode()).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def is_token(text: str) -> bool:
    """Whether a cookie's text has the shape of a token of ours."""
    return TOKEN.fullmatch(text) is not None


def key_of(token: str) -> str:
    """What the database knows of a token."""
    return hashlib.sha256(f"draft\n{token}".encode()).hexdigest()


def seal(token: str, facts: dict[str, str]) -> str:
    """Close some facts with a token."""
    return _lock(token).encrypt(json.dumps(facts, ensure_ascii=False).encode()).decode()


def unseal(token: str, sealed: str) -> dict[str, str]:
    """Open them again; nothing at all with another token."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_lock(token).decrypt(sealed.encode()))
    except InvalidToken:
        return {}
    return opened


def _lock(token: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"seal\n{token}".encode()).digest()))
