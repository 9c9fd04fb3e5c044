"""Keys as the system administrator reads them, in three queries (密钥清单)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from shiyu.api import rules
from shiyu.api.models import Client, Grant, Key


@dataclass(frozen=True, slots=True)
class Row:
    """One key, with what its client may do.

    state  valid, expired or revoked.
    """

    visible: str
    client: str
    client_id: int
    purpose: str
    state: str
    scopes: tuple[str, ...]
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_why: str


def listed(*, everything: bool = False, clients: "QuerySet[Client] | None" = None) -> list[Row]:
    """Keys in force, or every key there ever was, by the names of their clients."""
    keys = Key.objects.select_related("client").order_by("client__name", "-id")
    if clients is not None:
        keys = keys.filter(client__in=clients)
    now = timezone.now()
    if not everything:
        keys = keys.filter(revoked_at__isnull=True, expires_at__gt=now)
    found = list(keys)
    scopes = scopes_of({key.client_id for key in found})
    return [_row(key, scopes.get(key.client_id, ()), now) for key in found]


def scopes_of(clients: set[int]) -> dict[int, tuple[str, ...]]:
    """What these clients may do, as it is written."""
    grants = Grant.objects.filter(client__in=clients).select_related("place", "unit")
    found: dict[int, tuple[str, ...]] = {}
    for grant in grants.defer("place__boundary"):
        found[grant.client_id] = (*found.get(grant.client_id, ()), rules.written(grant))
    return found


def state_of(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at <= now else "valid"


def _row(key: Key, scopes: tuple[str, ...], now: datetime) -> Row:
    return Row(
        visible=key.visible,
        client=key.client.name,
        client_id=key.client_id,
        purpose=key.client.purpose,
        state=state_of(key, now),
        scopes=scopes,
        expires_at=timezone.localtime(key.expires_at),
        used_at=timezone.localtime(key.used_at) if key.used_at else None,
        revoked_at=timezone.localtime(key.revoked_at) if key.revoked_at else None,
        revoked_why=key.revoked_why,
    )
