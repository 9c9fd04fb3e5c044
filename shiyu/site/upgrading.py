"""Whether a migration may run while the city works: read from the SQL it would send (在线升级检查).

While it runs, pages of the version before still read and write. So nothing they use may go, no
column they do not know may be demanded of them, and no table may be locked for longer than the
blink of a catalogue change. What a migration makes itself is empty and unknown to them: free.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration

NAME = r'"?(?:public"?\.)?"?(\w+)"?'
LATER = "one release later, when no running page uses it any more"
RULES: tuple[tuple[str, str, str], ...] = (
    (rf"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY).*?\sON\s+(?:ONLY\s+)?{NAME}",
     "an index that is not made CONCURRENTLY", "AddIndexConcurrently in a migration of its own"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bADD\s+COLUMN\b(?![^;]*\bDEFAULT\b)[^;]*\bNOT\s+NULL",
     "a column that older pages do not fill", "null=True or db_default"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bALTER\s+COLUMN\s+\S+\s+DROP\s+DEFAULT",
     "a default that goes before the older pages do", "db_default, which stays"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bDEFAULT\s+(?:gen_random_uuid|clock_timestamp|random|nextval)\b",
     "a default that rewrites every row", "add it empty, fill it in batches by a job"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bDROP\s+COLUMN", "a column that goes", LATER),
    (rf"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?{NAME}", "a table that goes", LATER),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bRENAME\b(?!\s+CONSTRAINT)",
     "a name that changes", LATER),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bALTER\s+COLUMN\s+\S+\s+(?:SET\s+DATA\s+)?TYPE\b",
     "a type that changes", "a new column beside it"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bSET\s+NOT\s+NULL",
     "a whole table is read under lock", "a CHECK … NOT VALID, validated apart, first"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bADD\s+CONSTRAINT\s+\S+\s+(?:CHECK|FOREIGN)(?![^;]*\bNOT\s+VALID)",
     "a rule checked under lock", "NOT VALID, then VALIDATE CONSTRAINT in a migration of its own"),
    (rf"\bALTER\s+TABLE\s+(?:ONLY\s+)?{NAME}\s[^;]*\bADD\s+CONSTRAINT\s+\S+\s+(?:UNIQUE|PRIMARY)(?![^;]*\bUSING\s+INDEX)",
     "an index made under lock", "the index CONCURRENTLY first, then USING INDEX"),
    (rf"(?:^|;|\bBEGIN\b|\bTHEN\b|\bLOOP\b)\s*(?:UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?{NAME}",
     "rows changed inside a migration", "a job that does so in batches"),
    (rf"\b(?:LOCK\s+TABLE|CLUSTER|VACUUM\s+FULL|REINDEX\s+TABLE)\s+(?!CONCURRENTLY){NAME}",
     "a table locked whole", "do without"),
)  # fmt: skip
FUNCTION = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b.*?\bAS\s+(\$\w*\$).*?\1", re.I | re.S
)
MADE = re.compile(
    r"\bCREATE\s+(?:UNLOGGED\s+|TEMP\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r'"?(?:public"?\.)?"?(\w+)"?', re.I
)  # fmt: skip
NO_LIMIT = re.compile(r"\bSET\s+(?:LOCAL\s+|SESSION\s+)?lock_timeout\s*(?:=|TO)\s*'?0", re.I)


@dataclass(frozen=True, slots=True)
class Danger:
    """What is unsafe in a migration, on which table, and what to do instead."""

    table: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what} — {self.instead}"


def dangers_of(migration: Migration, loader: MigrationLoader) -> list[Danger]:
    """Everything unsafe in a migration; none means that it may run while the city works."""
    found = [
        Danger("?", "Python that changes rows", "a job that does so in batches")
        for operation in migration.operations
        if isinstance(operation, RunPython) and not getattr(operation.code, "is_schema_only", False)
    ]
    sql = sql_of(migration, loader)
    if migration.atomic and re.search(r"\bCONCURRENTLY\b", sql, re.I):
        found.append(Danger("?", "CONCURRENTLY inside a transaction", "atomic = False"))
    return found + list(dangers_in(sql))


def dangers_in(sql: str) -> Iterator[Danger]:
    """What is unsafe in SQL; functions are made, not called, so their bodies do not count."""
    plain = FUNCTION.sub("", re.sub(r"--[^\n]*", "", sql))
    made = {name.lower() for name in MADE.findall(plain)}
    seen = set()
    for pattern, what, instead in RULES:
        for match in re.finditer(pattern, plain, re.IGNORECASE | re.DOTALL | re.MULTILINE):
            danger = Danger(match[1].lower(), what, instead)
            if danger.table not in made and danger not in seen:
                seen.add(danger)
                yield danger
    if NO_LIMIT.search(plain):
        yield Danger("?", "waits for a lock without end", "leave lock_timeout as it is")


def sql_of(migration: Migration, loader: MigrationLoader) -> str:
    """The SQL a migration would send; what is known only when it runs is left out."""
    state: Any = loader.project_state((migration.app_label, migration.name), at_end=False)
    apart = connections["default"].copy()  # never inside a caller's transaction
    with apart.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state, editor, collect_sql=True)
    # What is put off to the end (foreign keys, indexes) is known only now.
    return ";\n".join(str(line).rstrip(";") for line in editor.collected_sql)
