"""Everything stored of a case but for its own ids, so that two cases can be compared."""

from typing import Any

from shiyu.cases.models import Case
from shiyu.cases.story import lines_of
from shiyu.files.models import Photo
from shiyu.journal.models import Remark

OWN = {"id", "number", "taken_in_at", "merged_into_id", "case_id", "receipt", "remark_id"}
OWN |= {"source_ref", "report_id"}


def left(case: Case) -> dict[str, Any]:
    """Everything stored of a case, but for its own ids."""
    case = Case.objects.get(pk=case.pk)
    ids = {case.pk: "this", case.merged_into_id: "other"}
    return {
        "case": stored(case),
        "parts": [stored(part) for part in case.assignments.order_by("unit_id")],
        "checks": [stored(check) for check in case.checks.order_by("id")],
        "ratings": [
            stored(rating)
            for report in case.reports.all()
            for rating in report.ratings.order_by("id")
        ],
        "reports": [
            {"at": report.reported_at, "by": report.by_person_id, "said": said(report.remark_id)}
            for report in case.reports.all()
        ],
        "found": case.found.words,
        "photos": [
            (photo.role, photo.sha256, photo.added_by)
            for photo in Photo.objects.filter(subject=case.subject)
        ],
        "merged": case.merged_into_id is not None,
        "lines": [
            {
                "verb": line.verb,
                "at": line.occurred_at,
                "actor": line.actor.split(":")[0] if "receipt" in line.actor else line.actor,
                "facts": {
                    name: ids.get(value, value) if name in {"into", "case"} else value
                    for name, value in line.facts.items()
                    if name != "report"
                },
                "said": said(line.remark_id),
                "commits": bool(line.commitment),
            }
            for line in lines_of(case)
        ],
    }


def stored(record: Any) -> dict[str, Any]:
    fields = [f.attname for f in record._meta.concrete_fields if f.attname not in OWN]
    return {name: getattr(record, name) for name in fields}


def said(remark: int | None) -> str:
    return Remark.objects.get(pk=remark).text if remark else ""
