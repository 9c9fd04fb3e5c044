"""What belongs to whoever made these reports, table by table (属于同一人的内容)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Min, Q

from shiyu.cases.models import Case, Report, Reporter
from shiyu.common.wall import beyond
from shiyu.files.models import Photo
from shiyu.journal.models import Remark
from shiyu.notices.models import Follower


@dataclass(frozen=True, slots=True)
class Belongings:
    """All of it, as rows: what is handed out, previewed and erased is found here alone.

    remarks    what they wrote, and what others wrote of a look at who they are.
    addressed  cases that they opened: where it is was said in their words.
    """

    reports: list[Report]
    reporters: list[Reporter] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    addressed: list[Case] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, for a preview and the record."""
        return {
            "reporters": len(self.reporters),
            "remarks": sum(1 for remark in self.remarks if remark.erased_at is None),
            "photos": len(self.photos),
            "followers": len(self.followers),
            "addresses": sum(1 for case in self.addressed if case.address),
        }


@beyond("of one person")
def same_person(report: Report) -> list[int]:
    """The reports made with the same telephone, this one among them; without one, it alone."""
    mark = Reporter.objects.filter(report=report).values_list("found_by", flat=True).first()
    if mark is None:
        return [report.pk]
    same = Reporter.objects.filter(found_by=mark).values_list("report_id", flat=True)
    return sorted({report.pk, *same})


@beyond("of one person")
def of(report_ids: Sequence[int]) -> Belongings:
    """What belongs to whoever made these reports, in some ten queries however many there are."""
    reports = list(Report.objects.filter(pk__in=report_ids).select_related("case").order_by("pk"))
    ids = [report.pk for report in reports]
    refs, subjects = [f"receipt:{pk}" for pk in ids], [f"report:{pk}" for pk in ids]
    cases = {report.case_id: report.case for report in reports}
    merged = list(Case.objects.filter(merged_into__in=cases).values_list("pk", flat=True))
    around = [f"case:{pk}" for pk in (*cases, *merged)]
    theirs = Q(subject__in=around, author__in=refs) | Q(subject__in=subjects)
    said = [report.remark_id for report in reports if report.remark_id]
    return Belongings(
        reports=reports,
        reporters=list(Reporter.objects.filter(report__in=ids).order_by("pk")),
        remarks=list(Remark.objects.filter(theirs | Q(pk__in=said)).order_by("pk")),
        photos=list(Photo.objects.filter(subject__in=around, added_by__in=refs).order_by("pk")),
        followers=list(Follower.objects.filter(subject__in=subjects).order_by("pk")),
        cases=list(cases.values()),
        addressed=[cases[pk] for pk in _opened_by(ids, list(cases))],
    )


def _opened_by(reports: Sequence[int], cases: Sequence[int]) -> list[int]:
    """The cases whose first report is one of these."""
    first = (
        Report.objects.filter(case__in=cases).order_by().values("case").annotate(first=Min("pk"))
    )
    return [row["case"] for row in first if row["first"] in set(reports)]
