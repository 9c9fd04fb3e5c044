"""Which database, as which role: from the environment, else the embedded cluster's own file.

Three ways in: `default` as the role of this process (`web`, unless `SHIYU_ROLE` says
otherwise), `owner` for migrations, `worker` for jobs. Nothing here opens a connection, so
settings can be read while no database exists yet; a missing one is met at the first query.
"""

import json
import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from shiyu.common import wall
from shiyu.common.home import home
from shiyu.common.postgresql.telling import Connection

ROLES = ("web", "owner", "worker")
URLS = {
    "web": "SHIYU_DATABASE_URL",
    "owner": "SHIYU_OWNER_URL",
    "worker": "SHIYU_WORKER_URL",
    "backup": "SHIYU_BACKUP_URL",
}
EMBEDDED_FILE = "connection.json"

CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5
NETWORK_SILENCE_MS = 8_000
STATEMENT_TIMEOUT_MS = {"web": 15_000, "worker": 30 * 60_000, "owner": 0, "backup": 0}
LOCK_TIMEOUT_MS = {"web": 5_000, "worker": 30_000, "owner": 2_000, "backup": 30_000}
IDLE_TRANSACTION_TIMEOUT_MS = {"web": 60_000, "worker": 10 * 60_000, "owner": 0, "backup": 0}
SEE_ALL = ("worker", "owner")
"""Roles whose sessions see every record unless they say less (common/wall.py); pages never."""


def is_embedded() -> bool:
    """Whether this server keeps its own PostgreSQL, rather than being given one by URL."""
    return not os.environ.get(URLS["web"])


def embedded_file() -> Path:
    """Where the embedded cluster's port and passwords are written (mode 600)."""
    return home() / EMBEDDED_FILE


def databases() -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` in the role of this process, `owner` and `worker`."""
    known = {role: found for role in ROLES if (found := _where(role))}
    process_role = os.environ.get("SHIYU_ROLE", "web")
    known["default"] = known.get(process_role) or known.get("web") or _nowhere()
    known.setdefault("worker", known["default"])
    aliases = {"default": process_role, "owner": "owner", "worker": "worker"}
    return {
        alias: _alias(known[alias], role=role, pooled=alias == "default")
        for alias, role in aliases.items()
        if alias in known
    }


def conninfo(role: str, *, seeing: str = "") -> dict[str, Any]:
    """What psycopg needs to connect as a role outside Django; empty when it is not known.

    seeing  the reason of `wall.WIDENINGS` for which a connection as `web` sees all.
    """
    if not (found := _where(role)):
        return {}
    words = found | _manners(role)
    if seeing:
        words["options"] += f" {wall.seeing(seeing)}"
    return words


def _where(role: str) -> dict[str, Any]:
    """Host, port, database, user and password of a role; empty when nothing names them."""
    url = os.environ.get(URLS[role])
    if url:
        return dict(conninfo_to_dict(url))
    if not is_embedded():
        return {}
    try:
        written = json.loads(embedded_file().read_text())
    except FileNotFoundError:
        return {}
    return {
        "host": written["host"],
        "port": written["port"],
        "dbname": written["database"],
        "user": role,
        "password": written["passwords"][role],
    }


def _nowhere() -> dict[str, Any]:
    """An address where nothing listens: refused at once, until a database has been started."""
    return {"host": "127.0.0.1", "port": 1, "dbname": "shiyu", "user": "web"}


def _manners(role: str) -> dict[str, Any]:
    """After how long a connection, a lock, a statement is given up; what the role sees."""
    settings: dict[str, Any] = {
        "statement_timeout": STATEMENT_TIMEOUT_MS[role],
        "lock_timeout": LOCK_TIMEOUT_MS[role],
        "idle_in_transaction_session_timeout": IDLE_TRANSACTION_TIMEOUT_MS[role],
    }
    if role in SEE_ALL:
        settings[wall.SETTING] = wall.EVERYTHING.said.decode().strip("'")
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": NETWORK_SILENCE_MS,
        # A question that arrived and whose answer is lost is noticed by these alone: the kernel
        # looks at the limit above only when it probes, which by default is each 75 s.
        "keepalives_idle": 3,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "application_name": f"shiyu {role}",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def _alias(where: dict[str, Any], *, role: str, pooled: bool) -> dict[str, Any]:
    """One entry of Django's DATABASES; only pages and jobs hold a pool."""
    where = dict(where)
    options = _manners(role) | {"prepare_threshold": 0}  # see common/ready.py
    if pooled and role != "owner" and os.environ.get("SHIYU_POOL") != "0":
        options["pool"] = {
            "connection_class": Connection,
            "min_size": 1,
            "max_size": int(os.environ.get("SHIYU_POOL_SIZE", "8")),
            "timeout": POOL_TIMEOUT_S,
            "reconnect_timeout": POOL_TIMEOUT_S,
            "max_idle": 120,
        }
    return {
        "ENGINE": "shiyu.common.postgresql",
        "NAME": where.pop("dbname", None) or "shiyu",
        "USER": where.pop("user", None) or role,
        "PASSWORD": where.pop("password", None) or "",
        "HOST": where.pop("host", None) or "",
        "PORT": str(where.pop("port", None) or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": where | options,
    }
