"""The data catalogue as it stands: every column, and what is said of it (数据目录)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from shiyu.privacy.declared import IMPERSONAL, NO_MODEL, PERSONAL, PLACES, Handling
from shiyu.privacy.keeping import RULES

WHERE = "shiyu/privacy/declared.py"
CANNOT_NAME = (
    models.BooleanField,
    models.IntegerField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.UUIDField,
)
"""Types whose values alone name nobody: numbers, times, ids. A date of birth would be declared."""

OF_A_PERSON = frozenset(
    ("birth", "birthday", "born", "age", "gender", "sex", "nation", "religion", "health")
)
"""Words in a column's name that say of a number, a day or a code that it is about a person."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how it is handled, or why it names nobody."""

    table: str
    name: str
    title: str
    handling: Handling | None
    why: str

    @property
    def is_personal(self) -> bool:
        return self.handling is not None


def columns(of: Iterable[type[models.Model]] | None = None) -> Iterator[Column]:
    """Every column of these models, else of all."""
    for model in of if of is not None else apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            name = str(field.column)
            handling = PERSONAL.get(table, {}).get(name)
            why = str(IMPERSONAL.get(table, {}).get(name, "")) or by_type(field)
            yield Column(table, name, str(field.verbose_name), handling, "" if handling else why)


def by_type(field: "models.Field[Any, Any]") -> str:
    """Why a column names nobody, of its type alone; "" when that does not say so."""
    if isinstance(field, models.ForeignKey):
        names_people = field.related_model._meta.db_table == "people_person"
        return "" if names_people else f"→ {field.related_model._meta.db_table}"
    if OF_A_PERSON & set(str(field.column).split("_")):
        return ""
    if field.choices:
        return "代码"
    return "数字、时间或标识" if isinstance(field, CANNOT_NAME) else ""


def faults(of: Iterable[type[models.Model]] | None = None) -> list[str]:
    """What is undeclared, declared twice or not there: a sentence each, with the cure."""
    found = list(columns(of))
    wrong = [
        f"{c.table}.{c.name} is declared nowhere: add it to PERSONAL[{c.table!r}] in {WHERE} with "
        f"its Handling, or to IMPERSONAL with the reason why it names nobody"
        for c in found
        if c.handling is None and not c.why
    ]
    if of is None:
        there = {(c.table, c.name) for c in found}
        for said in (PERSONAL, IMPERSONAL):
            wrong += [
                f"{table}.{name} is declared in {WHERE} and is in no model: take it out"
                for table, names in said.items()
                for name in names
                if (table, name) not in there
            ]
    for table in PERSONAL.keys() & IMPERSONAL.keys():
        for name in PERSONAL[table].keys() & IMPERSONAL[table].keys():
            wrong.append(f"{table}.{name} is declared both personal and impersonal in {WHERE}")
    return wrong + _without_rule(found)


def _without_rule(found: Iterable[Column]) -> list[str]:
    """Handlings that name no rule of keeping."""
    used = {c.handling.retention for c in found if c.handling} | {
        place.handling.retention for place in PLACES
    }
    return [
        f"no rule of keeping is called {name}: add it to keeping.RULES"
        for name in used - RULES.keys()
    ]


def without_model(tables: Iterable[str]) -> list[str]:
    """Tables of the database that neither a model nor a declaration describes."""
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return [
        f"table {name} has no model: say in NO_MODEL of {WHERE} what is in it"
        for name in sorted(set(tables) - known - NO_MODEL.keys())
    ]


def as_rows() -> list[dict[str, Any]]:
    """The catalogue for machines: each personal column, and each place outside the tables."""
    rows = [_row(f"{c.table}.{c.name}", c.title, c.handling) for c in columns() if c.handling]
    return rows + [_row(p.where, str(p.name), p.handling) for p in PLACES]


def _row(where: str, title: str, handling: Handling) -> dict[str, Any]:
    return {
        "where": where,
        "title": title,
        "class": str(handling.kind),
        "purposes": [str(purpose) for purpose in handling.purposes],
        "basis": str(handling.basis),
        "retention": handling.retention,
        "kept": str(RULES[handling.retention].says),
        "seen_by": str(handling.seen_by),
        "masked": str(handling.masked),
    }
