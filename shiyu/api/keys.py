"""What a key looks like (密钥的写法): `shiyu_`, a visible part, a secret of 256 bits.

The secret is random, so one round of SHA-256 keeps it: there is nothing to guess.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
VISIBLE = 12
WRITTEN = re.compile(r"shiyu_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
LEAKED = re.compile(r"shiyu_([a-z0-9]{12})_[A-Za-z0-9_-]{8,}")
NOBODYS = "0" * 64


@dataclass(frozen=True, slots=True)
class Written:
    """A key as somebody shows it: the part to look it up by, the hash to know it by."""

    visible: str
    hash: str


def make() -> tuple[str, Written]:
    """A new key, and what is kept of it."""
    visible = "".join(secrets.choice(SIGNS) for _ in range(VISIBLE))
    text = f"shiyu_{visible}_{secrets.token_urlsafe(32)}"
    return text, Written(visible, _hash(text))


def read(text: str) -> Written | None:
    """What a key says, if it has the shape of one."""
    found = WRITTEN.fullmatch(text.strip())
    return Written(found[1], _hash(found[0])) if found else None


def hidden(text: str) -> str:
    """A text in which no key can be read any more, only its visible part."""
    return LEAKED.sub(r"shiyu_\1_…", text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
