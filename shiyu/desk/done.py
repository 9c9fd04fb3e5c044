"""What somebody has just done, kept with their session, and what of it may be undone (我刚做的)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from shiyu.cases import rules
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case, CaseQuerySet
from shiyu.common.ready import ANY, Select
from shiyu.desk.telling import title_of_verb
from shiyu.people.actors import Actor
from shiyu.people.web import actor_of

KEPT = 8
KEY = "just_done"
READ = ("number", "last_at", "stage", "version", "procedure__recall_minutes")


@dataclass(frozen=True, slots=True)
class Done:
    """One of the last moves; `undo` while a dispatch may still be taken back."""

    number: str
    title: str
    at: datetime
    undo: bool
    version: int


def note(request: HttpRequest, case: Case, move: str) -> None:
    """Remember a move that was just made."""
    entry = {"case": case.pk, "move": move, "at": case.last_at.isoformat()}
    request.session[KEY] = [entry, *request.session.get(KEY, [])][:KEPT]


def just_done(request: HttpRequest) -> list[Done]:
    """The last moves of this session, newest first; one query when there are any."""
    entries = request.session.get(KEY, [])
    if not entries:
        return []
    asked = [int(entry["case"]) for entry in entries]
    try:
        rows = _cases(actor_of(request))(*asked, *[0] * (KEPT - len(asked)))
    except EmptyResultSet:  # whoever sees nothing
        return []
    known = {case.pk: case for case in rows}
    seen = {case.pk for case in rows if case.opened}  # type: ignore[attr-defined]
    return [
        _done(entry, known[entry["case"]], opened=entry["case"] in seen)
        for entry in entries
        if entry["case"] in known
    ]


@lru_cache(maxsize=512)
def _cases(actor: Actor) -> Select[Case]:
    """The statement that reads these cases, kept for as long as somebody's duties stay the same."""

    def build(*pks: int) -> CaseQuerySet:
        opened = Assignment.objects.filter(
            case=OuterRef("pk"), state=Assignment.State.SENT, opened_at__isnull=False
        )
        cases = rules.visible_to(actor).filter(pk__in=pks).select_related("procedure")
        return cases.only(*READ).annotate(opened=Exists(opened))

    return Select(build, *(ANY + nth for nth in range(KEPT)))


def _done(entry: dict[str, str], case: Case, *, opened: bool) -> Done:
    at = datetime.fromisoformat(entry["at"])
    in_time = timezone.now() - at <= timedelta(minutes=case.procedure.recall_minutes)
    last = case.last_at == at and case.stage == Stage.DISPATCHED
    undo = entry["move"] == "dispatch" and last and in_time and not opened
    return Done(case.number, title_of_verb(entry["move"]), at, undo, case.version)
