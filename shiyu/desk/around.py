"""What many rows tell beside their cases: places, units, words, reporters (列表的旁证)."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from shiyu.cases import rules
from shiyu.cases.models import Assignment, Case, Report
from shiyu.desk.columns import Around
from shiyu.desk.reporters import masked_name, masked_phone
from shiyu.journal.models import Remark
from shiyu.people.actors import Actor
from shiyu.places.rules import paths_of


def around(
    cases: Sequence[Case], wanted: set[str], *, actor: Actor, now: datetime, unmasked: bool
) -> tuple[Around, list[int]]:
    """What these columns need of these cases, and the reports whose reporter is told unmasked."""
    paths = paths_of({c.place_number for c in cases}) if wanted & {"county", "township"} else {}
    leads = _leads(cases) if "lead" in wanted else {}
    said = _said(cases) if "said" in wanted else {}
    told: dict[int, tuple[str, str]] = {}
    opened: list[int] = []
    if wanted & {"name", "phone"}:
        told, opened = _reporters(cases, actor, unmasked=unmasked)
    return Around(paths, leads, said, told, now), opened


def _leads(cases: Sequence[Case]) -> dict[int, str]:
    parts = Assignment.objects.filter(case__in=cases, lead=True).exclude(state="left")
    return dict(parts.order_by("id").values_list("case_id", "unit__name"))


def _said(cases: Sequence[Case]) -> dict[int, str]:
    """The first words of each case that are kept."""
    reports = Report.objects.filter(case__in=cases, remark_id__isnull=False).order_by("-pk")
    first = dict(reports.values_list("case_id", "remark_id"))
    kept = Remark.objects.filter(erased_at__isnull=True).in_bulk(list(first.values()))
    return {case: kept[pk].text for case, pk in first.items() if pk in kept}


def _reporters(
    cases: Sequence[Case], actor: Actor, *, unmasked: bool
) -> tuple[dict[int, tuple[str, str]], list[int]]:
    """The first reporter of each case that this actor may know of, masked unless granted."""
    known = rules.known_reporters(actor).filter(pk__in=[c.pk for c in cases])
    reports = Report.objects.filter(case__in=known, reporter__isnull=False)
    told: dict[int, tuple[str, str]] = {}
    opened = []
    for report in reports.select_related("reporter").order_by("-pk"):
        name, phone = report.reporter.name, report.reporter.phone
        if report.reporter.is_minor:
            told[report.case_id] = (_("不满十四周岁"), "")
        elif unmasked:
            told[report.case_id] = (name, phone)
            opened.append(report.pk)
        else:
            told[report.case_id] = (masked_name(name), masked_phone(phone))
    return told, opened
