"""What one row of the tables says: whose an address is, and how it answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ANYBODY, SIGNED_IN, OF_A_CASE, WITH_CODE = "anybody", "signed in", "of a case", "with a code"
OK, FOUND, NOT_MODIFIED = 200, 302, 304
ENTER, DENIED, NONE, NOT_SO, NO_METHOD = 401, 403, 404, 422, 405
MADE_OR_ASKED = frozenset({OK, FOUND, 409, NOT_SO})


@dataclass(frozen=True)
class Address:
    """Whose an address is, and what a look (GET) and an empty form (POST) are answered.

    holders  who may, where that is narrower than everybody signed in; others are told 403.
    """

    whose: str
    get: frozenset[int] = frozenset({OK})
    post: frozenset[int] = frozenset({NO_METHOD})
    holders: frozenset[str] | None = None
    named: dict[str, Any] = field(default_factory=dict)


def of(
    whose: str,
    get: int | set[int] = OK,
    post: int | set[int] = NO_METHOD,
    /,
    *,
    holders: Iterable[str] | None = None,
    **named: Any,
) -> Address:
    looked, sent = (frozenset([v] if isinstance(v, int) else v) for v in (get, post))
    return Address(whose, looked, sent, None if holders is None else frozenset(holders), named)


OTHERS = 987654321
STRANGE = "0" * 32
WELL_FORMED = ({OK, FOUND}, {OK, FOUND, NOT_SO})
