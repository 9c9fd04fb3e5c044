"""Whether two people are two: nobody has lately had both accounts in hand (两人相互独立).

What needs a second person must not be done by one who made, opened or took over the second
account a moment ago. Read from the journal, where every such act stands; through others, too.
"""

from datetime import timedelta

from django.db.models.functions import Now

from shiyu.journal.models import Line

LATELY = timedelta(days=30)
"""Whoever's password was set by another finds it out at the next sign-in; of a new account of an
administrator the audit administrator reads."""

IN_HAND = (
    *("create", "set_password", "remove_second_factor", "unlink_identity", "reactivate"),
    *("appoint", "act_for", "approve_proposal"),
)
"""What gives somebody another's account, or another account its duties."""

STEPS_MOST = 6
"""So many hands are followed, one behind the other; a longer row counts as not apart."""


def stand_apart(one: int, other: int) -> bool:
    """Whether no single person could have acted as both of these two."""
    first, second = hands_on(one), hands_on(other)
    return first is not None and second is not None and not first & second


def hands_on(person: int) -> set[int] | None:
    """This person, and everybody who lately had their account in hand, however indirectly."""
    found, asking = {person}, {person}
    for _step in range(STEPS_MOST):
        lines = Line.objects.filter(
            subject__in=[f"person:{pk}" for pk in asking],
            verb__in=IN_HAND,
            actor__startswith="person:",
            occurred_at__gte=Now() - LATELY,
        )
        actors = set(lines.values_list("actor", flat=True))
        asking = {int(actor.partition(":")[2]) for actor in actors} - found
        found |= asking
        if not asking:
            return found
    return None
