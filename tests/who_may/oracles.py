"""What decides besides the table: each is asked for every person, and all have to agree.

An oracle is a function from the city and who asks to the names of the cases it lets through. The
first wall is the program's own rule; the second is the database's (row-level security), asked for
every case there is, without the first.
"""

from collections.abc import Callable

from shiyu.cases.models import Case
from shiyu.cases.rules import visible_to
from shiyu.common.wall import within
from shiyu.people.seeing import sight_of
from tests.who_may.city import City

Oracle = Callable[[City, str], frozenset[str]]


def first_wall(city: City, who: str) -> frozenset[str]:
    """`cases.rules.visible_to`."""
    return city.named(visible_to(city.actor(who)).values_list("pk", flat=True))


def second_wall(city: City, who: str) -> frozenset[str]:
    """All cases, as the database shows them to whoever asks."""
    with within(sight_of(city.actor(who))):
        return city.named(Case.objects.values_list("pk", flat=True))


ORACLES: dict[str, Oracle] = {
    "the program's rule": first_wall,
    "the database's rule": second_wall,
}
