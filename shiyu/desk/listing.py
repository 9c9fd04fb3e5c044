"""One page of a queue: rows in the order of time left, found by keyset (列表分页)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote

from django.db.models import F, Q, Value
from django.urls import reverse

from shiyu.cases import timing
from shiyu.cases.channels import title_of
from shiyu.cases.models import Assignment, Case, CaseQuerySet, Report
from shiyu.common.said import said as _
from shiyu.journal.models import Remark

A_PAGE = 50
ANY_NUMBER = "any-number"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN = (
    "number",
    "stage",
    "version",
    "round",
    "channel",
    "address",
    "reported_at",
    "due_at",
    "yellow_at",
    "paused",
    "kind__name",
    "place__name",
    "centre__short_name",
)
"""What a line shows: fifty lines read no more than that."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two rows: the time and id of the row beside it, by which it is sorted."""

    due: datetime | None
    pk: int

    def __str__(self) -> str:
        due = "-" if self.due is None else str((self.due - EPOCH) // timedelta(microseconds=1))
        return f"{due}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> "Mark | None":
        """A mark out of an address; None for anything else."""
        due, _, pk = text.partition("~")
        if not (pk.isdecimal() and len(pk) < 19 and (due == "-" or due.isdecimal())):
            return None
        if len(due) > 19:
            return None
        try:
            at = None if due == "-" else EPOCH + timedelta(microseconds=int(due))
        except OverflowError:
            return None
        return cls(at, int(pk))


@dataclass(frozen=True, slots=True)
class Row:
    """A case as one line of a list."""

    case: Case
    clock: timing.Lamp
    channel: str
    words: str = ""

    @property
    def where(self) -> str:
        return self.case.address or self.case.place.name

    @property
    def url(self) -> str:
        """The page of the case; found once for all rows, as only the number differs."""
        return _pages().replace(ANY_NUMBER, quote(self.case.number))

    @property
    def pick(self) -> str:
        return _("选择 %(number)s") % {"number": self.case.number}


@cache
def _pages() -> str:
    return reverse("desk:case", args=[ANY_NUMBER])


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the marks before the first and after the last; "" at the ends."""

    rows: list[Row]
    before: str
    after: str


def page(
    cases: CaseQuerySet, *, due: str, now: datetime, after: str = "", before: str = ""
) -> Page:
    """The page after a mark, or the one before it; the first without any.

    due  the field by which it is sorted, soonest first; "" for newest first.
    """
    backwards = Mark.parse(before)
    onwards = None if backwards else Mark.parse(after)
    mark = backwards or onwards
    found = _ordered(cases, due, back=backwards is not None)
    if mark is not None:
        found = found.filter(_beyond(due, mark, back=backwards is not None))
    rows = _whole(found, due, back=backwards is not None)
    more = len(rows) > A_PAGE
    rows = rows[:A_PAGE]
    if backwards is not None:
        rows.reverse()
    has_before = more if backwards else onwards is not None
    has_after = True if backwards else more
    return Page(
        _rows(rows, now),
        str(mark_of(rows[0], due)) if rows and has_before else "",
        str(mark_of(rows[-1], due)) if rows and has_after else "",
    )


def _whole(found: CaseQuerySet, due: str, *, back: bool) -> list[Case]:
    """The rows of a page; sorted as bare ids, so that only those shown are joined to others.

    A list sorted by the own part keeps what was read of that part with each row.
    """
    if due != "part_due":
        ids = found.values("pk")[: A_PAGE + 1]
        found = _ordered(Case.objects.filter(pk__in=ids), due, back=back)
    return list(found.with_row().only(*SHOWN)[: A_PAGE + 1])


def _rows(cases: Sequence[Case], now: datetime) -> list[Row]:
    """Lines for these cases; those without a kind yet show the beginning of what was said."""
    unsorted = [case.pk for case in cases if case.kind_id is None]
    reports = Report.objects.filter(case__in=unsorted, remark_id__isnull=False).order_by("-pk")
    said = dict(reports.values_list("case_id", "remark_id"))
    remarks = Remark.objects.filter(erased_at__isnull=True).in_bulk(list(said.values()))
    texts = {case: remarks[remark].text for case, remark in said.items() if remark in remarks}
    return [row_of(case, now=now, words=texts.get(case.pk, "")) for case in cases]


def first(cases: CaseQuerySet, *, due: str, most: int) -> list[Case]:
    """So many cases from the beginning of a list."""
    return list(_ordered(cases, due, back=False)[:most])


def neighbour(cases: CaseQuerySet, mark: Mark, *, due: str, back: bool = False) -> str:
    """The number of the case next to a mark, or ""."""
    found = _ordered(cases, due, back=back).filter(_beyond(due, mark, back=back))
    return found.values_list("number", flat=True).first() or ""


def neighbours(cases: CaseQuerySet, mark: Mark, *, due: str) -> dict[str, str] | None:
    """The numbers of the cases before and after the one at a mark; None if that is not there."""
    ways = (("previous", True), ("next", False))
    arms = [cases.filter(pk=mark.pk).order_by().annotate(side=Value("own"))]
    for name, back in ways:
        found = _ordered(cases, due, back=back).filter(_beyond(due, mark, back=back))
        arms.append(found.annotate(side=Value(name)))
    own, *others = (arm.values_list("side", "number")[:1] for arm in arms)
    beside = {"previous": "", "next": ""} | dict(own.union(*others, all=True))
    return beside if beside.pop("own", None) else None


def mark_of(case: Case, due: str) -> Mark:
    """Where a case stands in the list."""
    return Mark(getattr(case, due or "reported_at"), case.pk)


def row_of(case: Case, *, now: datetime, words: str = "") -> Row:
    """A case as a line: its light is its own part's where the list is sorted by that."""
    clock: timing.Lamp
    if hasattr(case, "part_due"):
        own = vars(case)  # annotated by queues.with_own_part
        part = Assignment(
            due_at=own["part_due"], yellow_at=own["part_yellow"], paused=own["part_paused"]
        )
        clock = timing.lamp(part, now=now)
        clock["pause_reason"] = str(case.get_stage_display())
    else:
        clock = timing.lamp(case, now=now)
    return Row(case, clock, title_of(case.channel), words)


def before(due: str, mark: Mark) -> Q:
    """Which cases stand before a mark."""
    return _beyond(due, mark, back=True)


def _ordered(cases: CaseQuerySet, due: str, *, back: bool) -> CaseQuerySet:
    if not due:
        newest = ("reported_at", "id") if back else ("-reported_at", "-id")
        return cases.order_by(*newest)
    if back:
        return cases.order_by(F(due).desc(nulls_first=True), "-id")
    return cases.order_by(F(due).asc(nulls_last=True), "id")


def _beyond(due: str, mark: Mark, *, back: bool) -> Q:
    """The cases past a mark; those without a due time stand last."""
    if not due:
        return _older_or_newer(mark, back=back)
    none = Q(**{f"{due}__isnull": True})
    side = "lt" if back else "gt"
    if mark.due is None:
        same = none & Q(**{f"pk__{side}": mark.pk})
        return same | ~none if back else same
    past = Q(**{f"{due}__{side}": mark.due}) | Q(**{due: mark.due, f"pk__{side}": mark.pk})
    return past if back else past | none


def _older_or_newer(mark: Mark, *, back: bool) -> Q:
    """Beyond a mark in a list of the newest; bounded by the time first, as its index is."""
    if mark.due is None:
        return Q()
    side = "gt" if back else "lt"
    past = Q(**{f"reported_at__{side}": mark.due})
    return Q(**{f"reported_at__{side}e": mark.due}) & (
        past | Q(**{"reported_at": mark.due, f"pk__{side}": mark.pk})
    )
