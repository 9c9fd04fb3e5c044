"""What lies in the database closed: opened with a key that is kept outside of it (密钥保管).

AES-256-GCM with keys drawn from one secret of `SHIYU_HOME/secrets`; each closed text is bound to
what it belongs to, so that copied into another row it does not open. A subject's own key closes
what is personal and is itself closed here: without its row nothing that it closed opens again.
"""

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shiyu.common.home import home, secret

KEY_FILE = "connectors"
VERSION = "1"
NONCE_BYTES = 12
KEY_BYTES = 32
MARK_BYTES = 16


class Unreadable(Exception):
    """Sealed with another server's key, or changed since."""


def seal(text: str, *, belongs_to: str) -> str:
    """Encrypt a text; `belongs_to` names its row and column."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    closed = _aead("seal").encrypt(nonce, text.encode(), belongs_to.encode())
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
        opened = _aead("seal").decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], belongs_to.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(belongs_to) from error
    return opened.decode()


def mark(text: str, *, purpose: str) -> str:
    """An HMAC of a text: tells the same one again without naming it."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def short_mark(text: str, *, purpose: str) -> bytes:
    """The same in so few bytes that an index of millions stays small."""
    return hmac.digest(_key(purpose), text.encode(), "sha256")[:MARK_BYTES]


def close_for_subject(text: bytes, *, belongs_to: str) -> tuple[bytes, bytes]:
    """Close a text with a new key of its subject; returns that key, closed, and the text, closed.

    Two nonces, one drawing: both go with the row, and are never used with another key.
    """
    drawn = secrets.token_bytes(KEY_BYTES + 2 * NONCE_BYTES)
    key, rest = drawn[:KEY_BYTES], drawn[KEY_BYTES:]
    first, second, name = rest[:NONCE_BYTES], rest[NONCE_BYTES:], belongs_to.encode()
    closed_key = first + _aead("subject").encrypt(first, key, name)
    return closed_key, second + AESGCM(key).encrypt(second, text, name)


def open_of_subject(closed_key: bytes, closed: bytes, *, belongs_to: str) -> bytes:
    """Open what a subject's key closed. Raises Unreadable."""
    name = belongs_to.encode()
    try:
        key = _aead("subject").decrypt(closed_key[:NONCE_BYTES], closed_key[NONCE_BYTES:], name)
        return AESGCM(key).decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], name)
    except (InvalidTag, ValueError) as error:
        raise Unreadable(belongs_to) from error


def _key(purpose: str) -> bytes:
    return _drawn(_master(), purpose)


def _aead(purpose: str) -> AESGCM:
    return _cipher(_key(purpose))


def _master() -> str:
    """The secret; read again whenever its file is another one."""
    path = _where(os.environ.get("SHIYU_HOME", ""))
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return secret(KEY_FILE)
    return _read(path, found.st_mtime_ns, found.st_ino)


@lru_cache(maxsize=8)
def _where(_home: str) -> str:
    return str(home() / "secrets" / KEY_FILE)


@lru_cache(maxsize=8)
def _read(_path: str, _changed: int, _file: int) -> str:
    return secret(KEY_FILE)


@lru_cache(maxsize=64)
def _drawn(master: str, purpose: str) -> bytes:
    """A key for one purpose, drawn from the secret."""
    whole = f"shiyu notices {purpose}".encode()
    return hmac.new(bytes.fromhex(master), whole, hashlib.sha256).digest()


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
