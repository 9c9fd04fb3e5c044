"""What is kept of one who works here, found in the models themselves: told to that one (本人信息).

Wherever a column names a person it is counted, so that a new table is in it from its first day.
Their name in the record of cases is said and not counted: that may be ten years of lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection
from django.db import models as django

from shiyu.common.wall import beyond
from shiyu.people.models import Person
from shiyu.privacy.declared import PERSONAL, TRAIL, Handling
from shiyu.privacy.keeping import RULES

MOST = 1000
"""Beyond so many it is said that there are more: nobody waits for a count of years."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for one purpose: how, until when, who sees it, and how much of whom it is."""

    handling: Handling
    kept: str
    where: tuple[tuple[str, int], ...]

    @property
    def rows(self) -> int:
        return sum(count for _where, count in self.where)

    @property
    def is_more(self) -> bool:
        """Whether some were too many to count."""
        return any(count > MOST for _where, count in self.where)


def columns() -> Iterator[tuple[str, str]]:
    """Table and column of everything that names a person."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, django.ForeignKey) and field.related_model is Person:
                yield model._meta.db_table, str(field.column)


@beyond("of one person")
def counts(person: Person) -> dict[tuple[str, str], int]:
    """How many rows name this person in each column: one statement, each up to `MOST` and one."""
    found = list(columns())
    each = [
        f"(SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {column} = %s LIMIT {MOST + 1}) r)"  # noqa: S608 - names of our own models
        for table, column in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(each)}", [person.pk] * len(found))
        return dict(zip(found, cursor.fetchone(), strict=True))


def kept_of(person: Person) -> list[Kept]:
    """All of it by what it is for, without the record's own lines."""
    groups: dict[Handling, list[tuple[str, int]]] = {}
    for (table, column), count in counts(person).items():
        handling = PERSONAL.get(table, {}).get(column, TRAIL)
        if count and handling is not TRAIL:
            groups.setdefault(handling, []).append((f"{table}.{column}", count))
    return [
        Kept(how, str(RULES[how.retention].says), tuple(sorted(w))) for how, w in groups.items()
    ]
