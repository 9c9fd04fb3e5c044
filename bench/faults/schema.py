"""What a database is made of, in words that are the same for the same schema (库结构摘要)."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from shiyu.common.embedded import Cluster

PARTS = (
    """SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
              a.attidentity, pg_get_expr(d.adbin, d.adrelid)
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND NOT a.attisdropped""",
    """SELECT 'table', relname, relkind, relrowsecurity, relforcerowsecurity, relacl::text,
              pg_get_userbyid(relowner), relispartition, reloptions::text
         FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'""",
    """SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace""",
    """SELECT 'rule', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    """SELECT 'function', p.oid::regprocedure, pg_get_functiondef(p.oid), proacl::text
         FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    """SELECT 'trigger', tgrelid::regclass, pg_get_triggerdef(oid), tgenabled FROM pg_trigger
        WHERE NOT tgisinternal""",
    """SELECT 'policy', polrelid::regclass, polname, polcmd, polroles::regrole[]::text,
              pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
         FROM pg_policy""",
    "SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = 'public'",
    """SELECT 'value', t.typname, e.enumlabel, e.enumsortorder::text FROM pg_enum e
         JOIN pg_type t ON t.oid = e.enumtypid""",
    "SELECT 'extension', extname FROM pg_extension",
    "SELECT 'done', app, name, count(*) FROM django_migrations GROUP BY app, name",
)


@dataclass(frozen=True)
class Databases:
    """Databases of one cluster, made, copied and dropped by its superuser."""

    cluster: Cluster
    written: dict[str, Any]

    def connect(self, name: str = "postgres", role: str = "postgres") -> Any:
        return psycopg.connect(
            host=self.written["host"],
            port=self.written["port"],
            dbname=name,
            user=role,
            password=self.written["passwords"][role],
            autocommit=True,
        )

    def make(self, name: str, *, like: str = "template1") -> None:
        self.drop(name)
        if like != "template1":
            self._leave(like)
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER owner STRATEGY file_copy")
        with self.connect() as server:
            server.execute(words.format(sql.Identifier(name), sql.Identifier(like)))

    def _leave(self, name: str) -> None:
        """Nobody is in it any more: what is being copied must be at rest."""
        words = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
        with self.connect() as server:
            server.execute(words, [name]).fetchall()

    def drop(self, name: str) -> None:
        words = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self.connect() as server:
            server.execute(words.format(sql.Identifier(name)))

    def parts(self, name: str) -> set[str]:
        """Every part of its schema in a line of words."""
        found: set[str] = set()
        with self.connect(name) as there:
            for query in PARTS:
                with contextlib.suppress(psycopg.errors.UndefinedTable):  # nothing recorded yet
                    found |= {repr(row) for row in there.execute(query)}
        return found


def differences(one: set[str], other: set[str]) -> Iterator[str]:
    """What only one of the two has; a few words of each."""
    for line in sorted(one - other)[:3]:
        yield f"missing: {line[:160]}"
    for line in sorted(other - one)[:3]:
        yield f"too much: {line[:160]}"
