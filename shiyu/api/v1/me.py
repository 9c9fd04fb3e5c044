"""What the key at hand may do (密钥自身)."""

from django.http import HttpRequest

from shiyu.api.audience import ANY_KEY
from shiyu.api.listing import scopes_of
from shiyu.api.models import Client, Key
from shiyu.api.rules import visible_to
from shiyu.api.v1.routes import actor_of, route
from shiyu.api.v1.shapes import Out, UnitOut, When, unit_out
from shiyu.cases.lifecycle import MOVES
from shiyu.people.duties import LOOK


class Me(Out):
    """The client, its key, and what it may do."""

    client: str
    purpose: str
    unit: UnitOut | None
    scopes: list[str]
    moves: list[str]
    per_minute: int
    key: str
    expires_at: When


@route("GET", "/me", audience=ANY_KEY, answer=Me, tag="key", summary="这把密钥能做什么")
def me(request: HttpRequest) -> Me:
    """Whose key this is, how long it is valid, what it may do and where."""
    actor = actor_of(request)
    client: Client = visible_to(actor).select_related("unit").get()
    key = Key.objects.get(pk=request.caller.key_id)  # type: ignore[attr-defined]
    duties = {scope.duty for scope in actor.held} - {LOOK}
    return Me(
        client=client.name,
        purpose=client.purpose,
        unit=unit_out(client.unit) if client.unit else None,
        scopes=list(scopes_of({client.pk}).get(client.pk, ())),
        moves=[name for name, move in MOVES.items() if duties.intersection(move.duties)],
        per_minute=client.per_minute,
        key=key.visible,
        expires_at=key.expires_at,
    )
