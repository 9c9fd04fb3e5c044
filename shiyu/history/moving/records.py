"""That data left is on record: what for before, what it came to afterwards (迁出留痕)."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from shiyu.history.moving.leaving import Left
from shiyu.journal.actions import moment, record, record_numbered, write_remark
from shiyu.people.actors import Actor
from shiyu.places.rules import the_city

SUBJECT = "city:1"
ACTOR = Actor.program("export")


@transaction.atomic
def begin(purpose: str, *, actor: Actor = ACTOR) -> dict[str, Any]:
    """Note that an export begins, and what for; returns what its manifest says of it."""
    city, at = the_city(), moment()
    remark = write_remark(SUBJECT, purpose, author=actor, at=at)
    line = record_numbered(SUBJECT, "export_begin", actor=actor, at=at, remark=remark)
    return {
        "city": {"name": city.name, "code": city.code, "timezone": city.timezone},
        "made_at": timezone.localtime(at).isoformat(),
        "purpose": purpose,
        "journal_line": line,
        "coordinates": "WGS-84 (EPSG:4326)",
        "personal_data": True,
    }


@transaction.atomic
def end(left: Left, *, actor: Actor = ACTOR) -> None:
    """Note what left: how many tables, rows and files, and the manifest's hash."""
    facts = {
        "tables": left.tables,
        "rows": left.rows,
        "files": left.files,
        "missing": len(left.missing),
        "manifest": left.sha256,
    }
    record(SUBJECT, "export_end", actor=actor, facts=facts)
