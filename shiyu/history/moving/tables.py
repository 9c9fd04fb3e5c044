"""Which tables leave with the city, which stay and why, and what each column means (迁出范围)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.apps import apps
from django.db import models

from shiyu.history.moving import opened

Connection = psycopg.Connection[Any]

LEFT_OUT: Mapping[str, str] = {
    r"django_migrations|django_content_type|auth_.*": "how this program keeps house, no record",
    r"django_session|usersessions_.*|account_.*|socialaccount_.*|mfa_.*": (
        "sessions and secrets of signing in: they open doors here and nowhere else"
    ),
    r"procrastinate_.*": "work in hand of this installation",
    r"common_.*|api_bucket|api_key": "answers kept for repeats, counts of attempts, secrets",
    r"portal_draft": "reports not sent yet, sealed for one browser",
    r"journal_change": "the live feed of the last day, made from the journal",
    r"cases_found": "search words, cut from what is exported",
    r"facts_delta": "the last minutes' counts before they are folded; made from the journal",
}
"""Tables that stay, by a pattern of the name, with the reason that stands in the manifest."""

SECRET: Mapping[tuple[str, str], str] = {
    ("people_person", "password"): "hash of a password",
    ("people_proposal", "secret"): "hash of a password",
    ("places_place", "boundary"): "in places.geojson",
}
SECRETS = re.compile(r"notices_\w+\.(sealed|before|before_until|code_hash|code_until)")
"""Columns that hold what only this installation can open, as table.column."""

PERSONAL = re.compile(r"(name|username|phone|email|pinyin|text|address|lon|lat|hint|guardian)")
OF_PEOPLE = re.compile(
    r"people_person|cases_reporter|cases_case|journal_remark|files_photo|notices_(address|follower)"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type, what it is called, whether it may say something of a person."""

    name: str
    type: str
    nullable: bool
    title: str = ""
    refers_to: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table that leaves: what it holds, its columns, and those that stay with the reason."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: str
    kept_back: Mapping[str, str]


COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY c.relname, a.attnum
"""
KEYS = """
SELECT c.relname,
       string_agg(quote_ident(a.attname), ', ' ORDER BY array_position(i.indkey, a.attnum))
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
 WHERE i.indisprimary AND NOT c.relispartition GROUP BY c.relname
"""


def why_left_out(table: str) -> str:
    """Why a table stays; "" for one that leaves."""
    for pattern, why in LEFT_OUT.items():
        if re.fullmatch(pattern, table):
            return why
    return ""


def tables_of(connection: Connection) -> tuple[list[Table], dict[str, str]]:
    """All tables that leave, by name, and those that stay with their reasons.

    The database itself is asked, so that none can be forgotten.
    """
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for table, *column in connection.execute(COLUMNS).fetchall():
        found.setdefault(table, []).append((column[0], column[1], column[2]))
    keys = dict(connection.execute(KEYS).fetchall())
    known = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    leaving, staying = [], {}
    for name, columns in found.items():
        why = why_left_out(name)
        if why:
            staying[name] = why
        else:
            leaving.append(_table(name, columns, keys.get(name, ""), known.get(name)))
    return leaving, staying


def dictionary(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """The meaning of every table and column, as the data dictionary has it (数据字典)."""
    return [
        {
            "table": table.name,
            "about": table.about,
            "kept_back": dict(table.kept_back),
            "columns": [
                {
                    "name": column.name,
                    "type": column.type,
                    "nullable": column.nullable,
                    "title": column.title,
                    "refers_to": column.refers_to,
                    "choices": dict(column.choices),
                    "personal": column.personal,
                }
                for column in table.columns
            ],
        }
        for table in tables
    ]


def _table(
    name: str,
    columns: Sequence[tuple[str, str, bool]],
    key: str,
    model: type[models.Model] | None,
) -> Table:
    fields = {f.column: f for f in model._meta.concrete_fields} if model else {}
    kept_back: dict[str, str] = {}
    kept: list[Column] = []
    for column, kind, nullable in columns:
        why = SECRET.get((name, column), "")
        if not why and SECRETS.fullmatch(f"{name}.{column}"):
            why = "only this installation can open it"
        if name == opened.REPORTERS and column in opened.CLOSED:
            why = opened.CLOSED[column]
        if why:
            kept_back[column] = why
        else:
            kept.append(_column(name, column, kind, nullable, fields.get(column)))
    if name == opened.REPORTERS:
        kept.append(Column(opened.HIDDEN, "text", False, opened.HIDDEN_TITLE, personal=True))
    doc = (model.__doc__ or "").strip().split("\n")[0] if model else ""
    return Table(name, doc, tuple(kept), key or kept[0].name, kept_back)


def _column(
    table: str, name: str, kind: str, nullable: bool, about: "models.Field[Any, Any] | None"
) -> Column:
    title, refers_to, choices = "", "", {}
    if about is not None:
        title = str(about.verbose_name)
        if isinstance(about, models.ForeignKey):
            refers_to = about.related_model._meta.db_table
        choices = {str(value): str(label) for value, label in about.flatchoices}
    of_people = OF_PEOPLE.fullmatch(table)
    personal = bool(of_people and PERSONAL.fullmatch(name))
    return Column(name, kind, nullable, title, refers_to, choices, personal)
