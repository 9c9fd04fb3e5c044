"""Secrets and addresses, encrypted with a key that is kept outside the database (密钥保管).

AES-256-GCM with a key of `SHIYU_HOME/secrets`; each text is bound to what it belongs to, so a
sealed text copied into another row does not open.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shiyu.common.home import secret

KEY_FILE = "connectors"
VERSION = "1"
NONCE_BYTES = 12


class Unreadable(Exception):
    """Sealed with another server's key, or changed since."""


def seal(text: str, *, belongs_to: str) -> str:
    """Encrypt a text; `belongs_to` names its row and column."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    closed = AESGCM(_key("seal")).encrypt(nonce, text.encode(), belongs_to.encode())
    return f"{VERSION}.{base64.urlsafe_b64encode(nonce + closed).decode()}"


def unseal(sealed: str, *, belongs_to: str) -> str:
    """Decrypt it again; empty for empty. Raises Unreadable."""
    if not sealed:
        return ""
    version, _, body = sealed.partition(".")
    try:
        raw = base64.urlsafe_b64decode(body)
        if version != VERSION:
            raise ValueError(version)
        opened = AESGCM(_key("seal")).decrypt(
            raw[:NONCE_BYTES], raw[NONCE_BYTES:], belongs_to.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise Unreadable(belongs_to) from error
    return opened.decode()


def mark(text: str, *, purpose: str) -> str:
    """An HMAC of a text: tells the same one again without naming it."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    master = bytes.fromhex(secret(KEY_FILE))
    return hmac.new(master, f"shiyu notices {purpose}".encode(), hashlib.sha256).digest()
