"""Who may see a photo: whoever may see the record it belongs to (照片跟随所属记录).

Modules above tell how to ask for their records: `policies["case"] = ...` when they start.
"""

from collections.abc import Callable, Iterable

from django.http import HttpRequest

from shiyu.files.models import Photo
from shiyu.people.actors import Actor

Policy = Callable[[Actor, str], bool]
"""Whether this actor may see this subject, e.g. case:17."""

policies: dict[str, Policy] = {}

who_asks: list[Callable[[HttpRequest], Iterable[Actor]]] = []
"""Other ways to be somebody than signing in, e.g. holding a receipt; added by modules above."""


def visible(actor: Actor, photo: Photo) -> bool:
    """Whether the actor may see the photo; a kind of record nobody speaks for is seen by none."""
    kind, _, _rest = photo.subject.partition(":")
    policy = policies.get(kind)
    return policy is not None and policy(actor, photo.subject)
