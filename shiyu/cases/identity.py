"""Who reported, closed with a key of their own, found by their telephone (上报人身份加密).

    closed = close("王芳", "13800001234", report=12)
    name, phone = open_(closed.key, closed.sealed, report=12)

The text is filled up to a fixed length, so that its length tells nothing of a name. Numbers that
were hidden in the words of the report (`common.masking`) are closed with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shiyu.common import vault

FILLED_TO = 48
BETWEEN, AND = "\x1f", "\x1e"
PURPOSE = "reporter phone"


@dataclass(frozen=True, slots=True)
class Closed:
    """What of a reporter lies in the database.

    key       the key of this one person's report, closed with the one outside the database.
    sealed    name, telephone, and what was hidden in the words, closed with that key.
    found_by  an HMAC of the telephone; None without one.
    """

    key: bytes
    sealed: bytes
    found_by: bytes | None


def close(name: str, phone: str, *, report: int, hidden: Sequence[str] = ()) -> Closed:
    """Close a name and a telephone number, and what was hidden in the words."""
    said = (name, phone, AND.join(hidden)) if hidden else (name, phone)
    text = BETWEEN.join(said).encode()
    filled = text.ljust(-(-len(text) // FILLED_TO) * FILLED_TO, b"\0")
    key, sealed = vault.close_for_subject(filled, belongs_to=f"reporter:{report}")
    return Closed(key, sealed, found_by(phone) if phone else None)


def open_(key: bytes, sealed: bytes, *, report: int) -> tuple[str, str]:
    """Name and telephone again. Raises vault.Unreadable."""
    name, phone, _hidden = open_all(key, sealed, report=report)
    return name, phone


def open_all(key: bytes, sealed: bytes, *, report: int) -> tuple[str, str, tuple[str, ...]]:
    """Name, telephone, and the numbers hidden in the words. Raises vault.Unreadable."""
    text = vault.open_of_subject(bytes(key), bytes(sealed), belongs_to=f"reporter:{report}")
    name, _, rest = text.rstrip(b"\0").decode().partition(BETWEEN)
    phone, _, hidden = rest.partition(BETWEEN)
    return name, phone, tuple(hidden.split(AND)) if hidden else ()


def found_by(phone: str) -> bytes:
    """What a telephone number is found by, with or without the country's number before it."""
    return vault.short_mark(plain(phone), purpose=PURPOSE)


def plain(phone: str) -> str:
    """A number without signs between and without +86 before it."""
    digits = phone if phone.isdecimal() else "".join(c for c in phone if c.isdecimal())
    return digits[2:] if digits.startswith("86") and len(digits) > 11 else digits
