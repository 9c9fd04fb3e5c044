"""A case under lock with all that a move asks of it, in four prepared statements (取案)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import QuerySet

from shiyu.cases import rules, story
from shiyu.cases.models import Assignment, Case, Report
from shiyu.cases.replay import Step
from shiyu.common.ready import ANY, Select
from shiyu.journal.models import Line

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
AT_HAND = ("procedure", "standard", "kind", "place")
"""What most moves ask of a case besides its own columns."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A locked case, its parts by unit as they are written, its steps, and whom it concerns."""

    case: Case
    parts: dict[int, Assignment]
    steps: list[Step]
    concern: rules.Concern


def gather(case: Case) -> Gathered:
    """Lock a case and read what its next move needs, in the caller's transaction.

    Raises  Case.DoesNotExist.
    """
    found = _CASE(case.pk)
    if not found:
        raise Case.DoesNotExist(f"no case {case.pk}")
    locked = found[0]
    parts = {part.unit_id: part for part in _PARTS(locked.pk)}
    lines = _LINES(locked.subject, locked.taken_in_at)
    steps = [story.step_of(line) for line in lines if line.verb in story.STEPS]
    about = rules.concern_of(locked, parts, _REPORTS(locked.pk))
    return Gathered(locked, parts, steps, about)


def has_open_children(case: Case) -> bool:
    """Whether a case split off this one is still open (分解件未办结)."""
    return bool(_CHILDREN(case.pk))


def _case(pk: int) -> QuerySet[Case]:
    locked = Case.objects.select_for_update(no_key=True, of=("self",)).select_related(*AT_HAND)
    return locked.defer("place__boundary").filter(pk=pk)


def _lines(subject: str, since: datetime) -> QuerySet[Line]:
    lines = Line.objects.filter(subject=subject, recorded_at__gte=since)
    return lines.only("verb", "occurred_at", "actor", "facts", "remark_id").order_by("id")


_CHILDREN = Select(lambda case: Case.objects.open().filter(parent=case).only("pk")[:1], ANY)
_CASE = Select(_case, ANY)
_PARTS = Select(lambda case: Assignment.objects.filter(case=case), ANY)
_REPORTS = Select(lambda case: Report.objects.filter(case=case).only(*rules.WHO), ANY)
_LINES = Select(_lines, "case:", LONG_AGO)
