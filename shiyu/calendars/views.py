"""Pages of calendars: a year at a glance, what an edit would do, what it did (工作日历)."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.calendars import actions, rules
from shiyu.calendars.forms import WEEKDAYS, DaysForm, HoursForm, PublishForm, first_of
from shiyu.calendars.glance import days_in, seasons_of, year_of
from shiyu.calendars.models import Calendar, Retimed, Retiming, Revision
from shiyu.calendars.words import write_days, write_hours
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOKING, Duty
from shiyu.people.models import Person
from shiyu.people.web import SignedIn, actor_of, background, needs, signed_in

FIRST_YEAR, LAST_YEAR = 2000, 2100
A_PAGE = 50
LINES_SHOWN = 100
KEEPERS = (Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)


@signed_in
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The city's calendar and those of units that keep their own (工作日历)."""
    standing: dict[str, list[Calendar]] = {}
    for row in Calendar.objects.standing().select_related("unit"):
        standing.setdefault(row.code, []).append(row)
    today = timezone.localdate()
    rows: list[dict[str, Any]] = [
        {
            "calendar": rules.in_force(versions, today),
            "last": versions[-1],
            "hours": write_hours(rules.in_force(versions, today).hours),
        }
        for versions in standing.values()
    ]
    rows.sort(key=lambda row: (row["calendar"].unit_id is not None, row["calendar"].code))
    context = {"rows": rows, "year": today.year, "unpublished": rules.unpublished_from(today)}
    return render(request, "calendars/list.html", context)


@signed_in
@require_safe
def year(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """One year at a glance: working days, holidays, make-up days, hours by season (全年一览)."""
    standing = _standing(code, year)
    context = {
        "calendar": standing[-1],
        "year": year,
        "months": year_of(standing, year),
        "seasons": seasons_of(standing, year),
        "weekday_names": dict(WEEKDAYS),
        "published": standing[-1].published_until,
        "may_edit": rules.may_keep_calendars(actor_of(request)),
        "last": rules.revisions_of(code).first(),
    }
    return render(request, "calendars/year.html", context)


@needs(Duty.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def hours(request: SignedIn, code: str) -> HttpResponse:
    """Other office hours from a day on: drawn up, then looked at (调整办公时间)."""
    standing = _standing(code)
    today = timezone.localdate()
    now = rules.in_force(standing, today)
    typed = {
        "valid_from": today,
        "hours": write_hours(now.hours),
        "weekdays": now.weekdays,
    }
    form = HoursForm(posted(request), initial=typed)
    if form.is_valid():
        try:
            made = actions.draw_up_hours(code, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _looked_at(request, made)
    context = {"form": form, "calendar": now, "year": today.year}
    return render(request, "calendars/hours.html", context, status=422 if form.errors else 200)


@needs(Duty.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def days(request: SignedIn, code: str, year: int) -> HttpResponse:
    """Holidays and make-up days of a year: drawn up, then looked at (编辑节假日表)."""
    standing = _standing(code, year)
    last = standing[-1]
    until = last.published_until or 0
    typed = {
        "valid_from": first_of(year),
        "holidays": write_days(days_in(last.holidays, year)),
        "workdays": write_days(days_in(last.workdays, year)),
        "is_published": until >= year,
    }
    form = DaysForm(posted(request), initial=typed, year=year)
    if form.is_valid():
        try:
            made = _draw_up_days(code, year, last, form, actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _looked_at(request, made)
    context = {"form": form, "calendar": last, "year": year}
    return render(request, "calendars/days.html", context, status=422 if form.errors else 200)


@needs(*KEEPERS)
@require_safe
def history(request: SignedIn, code: str) -> HttpResponse:
    """Who changed a calendar when, from the journal; what was published, to take back (历史)."""
    calendar = _standing(code)[-1]
    lines = list(Line.objects.filter(subject=calendar.subject).order_by("-id")[:LINES_SHOWN])
    ids = {int(ref.split(":")[1]) for line in lines if (ref := line.actor).startswith("person:")}
    names = {f"person:{p.pk}": p.name for p in Person.objects.filter(pk__in=ids)}
    told = [
        {"line": line, "who": names.get(line.actor, _("系统")), "says": _what(line)}
        for line in lines
    ]
    revisions = list(rules.revisions_of(code)[:LINES_SHOWN])
    context = {"calendar": calendar, "told": told, "revisions": revisions}
    return render(request, "calendars/history.html", context)


@needs(*KEEPERS)
@require_safe
def revision(request: SignedIn, pk: int) -> HttpResponse:
    """What a revision changes and does to due times, before it is published and after (修订)."""
    return _revision_page(request, _revision(pk), PublishForm())


@needs(*KEEPERS)
@require_safe
@background
def progress(request: SignedIn, pk: int) -> HttpResponse:
    """How far the reckoning has come: a fragment that the page asks for by itself."""
    found = _revision(pk)
    context = {"revision": found, "run": _run(found), **_may(request, found)}
    return render(request, "calendars/parts/progress.html", context)


@needs(Duty.SYSTEM_ADMIN)
@require_POST
@answered_once
def look(request: SignedIn, pk: int) -> HttpResponse:
    """Reckon once more what a revision would do (重新预览)."""
    return _looked_at(request, _revision(pk))


@needs(Duty.SYSTEM_ADMIN)
@require_POST
@answered_once
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Put a revision in force (发布)."""
    found, form = _revision(pk), PublishForm(request.POST)
    if form.is_valid():
        try:
            actions.publish(found, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已发布。在办案件的截止时间正在重算"))
            return redirect("calendars:revision", pk)
    return _revision_page(request, found, form, status=422)


@needs(Duty.SYSTEM_ADMIN)
@require_POST
@answered_once
def undo(request: SignedIn, pk: int) -> HttpResponse:
    """Draw up going back to what a revision changed (恢复修订前的日历)."""
    return _looked_at(request, actions.draw_up_undoing(_revision(pk), actor=actor_of(request)))


def _draw_up_days(code: str, year: int, last: Calendar, form: DaysForm, actor: Actor) -> Revision:
    typed = form.cleaned_data
    others = {
        name: [day for day in getattr(last, name) if not day.startswith(f"{year}-")]
        for name in ("holidays", "workdays")
    }
    until = last.published_until
    if typed["is_published"]:
        until = max(until or year, year)
    elif until is not None and until >= year:
        until = year - 1
    return actions.draw_up_days(
        code,
        valid_from=typed["valid_from"],
        holidays=sorted({*others["holidays"], *typed["holidays"]}),
        workdays=sorted({*others["workdays"], *typed["workdays"]}),
        published_until=until,
        actor=actor,
    )


def _looked_at(request: SignedIn, found: Revision) -> HttpResponse:
    actions.look_ahead(found, actor=actor_of(request))
    return redirect("calendars:revision", found.pk)


def _standing(code: str, year: int | None = None) -> list[Calendar]:
    standing = list(Calendar.objects.standing().filter(code=code).select_related("unit"))
    if not standing or (year is not None and not FIRST_YEAR <= year <= LAST_YEAR):
        raise Http404
    return standing


def _revision(pk: int) -> Revision:
    return get_object_or_404(Revision.objects.select_related("undoes", "drawn_by"), pk=pk)


def _run(found: Revision) -> Retiming | None:
    """The reckoning that matters now: after publishing the real one, before it the look ahead."""
    kind = Retiming.Kind.APPLY if found.published_at else Retiming.Kind.LOOK
    return found.retimings.filter(kind=kind).order_by("-pk").first()


def _may(request: SignedIn, found: Revision) -> dict[str, Any]:
    may_edit = rules.may_keep_calendars(actor_of(request))
    return {"may_edit": may_edit, "is_stale": found.based_on != rules.read_version()}


def _revision_page(
    request: SignedIn, found: Revision, form: PublishForm, *, status: int = 200
) -> HttpResponse:
    run = _run(found)
    before, after = _before_and_after(found)
    shown = _shown_year(found)
    rows = run.rows.all() if run else Retimed.objects.none()
    turn = request.GET.get("turn", "")
    if turn in Retimed.Turn.values:
        rows = rows.filter(turn=turn)
    page, last = _paged(rows, request.GET.get("after", ""))
    context = {
        "revision": found,
        "calendar": before[-1],
        "run": run,
        "form": form,
        "year": shown,
        "months": [
            month
            for month in year_of(after, shown, before=before)
            if any(day and day.turned for week in month.weeks for day in week)
        ],
        "was": seasons_of(before, shown),
        "becomes": seasons_of(after, shown),
        "weekday_names": dict(WEEKDAYS),
        "rows": _with_links(page, actor_of(request)),
        "turn": turn if turn in Retimed.Turn.values else "",
        "turns": Retimed.Turn.choices,
        "last": last,
        "is_first": not request.GET.get("after"),
        **_may(request, found),
    }
    return render(request, "calendars/revision.html", context, status=status)


def _before_and_after(found: Revision) -> tuple[list[Calendar], list[Calendar]]:
    """The calendar's versions without the revision, and with it, published or not."""
    standing = _standing(found.code)
    as_it_was = Revision(code=found.code, versions=found.former)
    before = rules.revised(standing, as_it_was)
    return before, rules.revised(standing, found)


def _shown_year(found: Revision) -> int:
    """The year of the first day that becomes another; else that of the first day."""
    days: set[str] = set()
    for new, old in zip(found.versions, found.former, strict=True):
        for name in ("holidays", "workdays"):
            days |= set(new[name]) ^ set(old[name])
    first = max(found.first_day, date(FIRST_YEAR, 1, 1))
    coming = sorted(day for day in days if day >= first.isoformat())
    if coming:
        return int(coming[0][:4])
    return max(first, timezone.localdate()).year if first.year < 2001 else first.year


def _paged(rows: QuerySet[Retimed], after: str) -> tuple[list[Retimed], Retimed | None]:
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows.order_by("pk")[: A_PAGE + 1])
    return found[:A_PAGE], found[A_PAGE - 1] if len(found) > A_PAGE else None


def _with_links(rows: list[Retimed], actor: Actor) -> list[tuple[Retimed, bool]]:
    """Each with whether this person may look at the case's place, so that a link leads there."""
    scopes = list(actor.scopes(*(duty.value for duty in LOOKING)))
    return [
        (row, any(scope.first <= row.place_number <= scope.last for scope in scopes))
        for row in rows
    ]


def _what(line: Line) -> str:
    """A journal line of a calendar as a sentence."""
    facts = line.facts
    if line.verb == "retimed":
        says = _("重算在办案件：%(changed)s 件的截止时间变动，%(late)s 件变为超期")
        return says % {"changed": facts.get("changed", 0), "late": facts.get("late", 0)}
    names = {
        "hours": _("办公时间"),
        "weekdays": _("工作的星期"),
        "holidays": _("节假日"),
        "workdays": _("调休"),
        "published_until": _("公布到哪年"),
    }
    fields = "、".join(names.get(name, name) for name in facts.get("fields", ()))
    says = _("修订 %(fields)s，自 %(first)s 起，第 %(edition)s 版")
    told = {"fields": fields, "first": facts.get("valid_from"), "edition": facts.get("edition")}
    return says % told
