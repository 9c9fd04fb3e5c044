"""Taking a report in, once, however often it is sent (上报)."""

from collections.abc import Sequence
from contextlib import nullcontext

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from shiyu.cases import search
from shiyu.cases.actions import taking
from shiyu.cases.actions.taking import Intake, check_shape, site_of, take_in
from shiyu.cases.actions.turn import words_of
from shiyu.cases.models import Case, Report
from shiyu.common import ready, together
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.wall import beyond
from shiyu.journal.actions import moment
from shiyu.people.actors import Actor

Outcome = tuple[Report, str] | Refused
"""What became of a report: it and its receipt code, or why it was refused."""


def report(intake: Intake, *, actor: Actor, unheard: bool = False) -> tuple[Report, str]:
    """Take in a problem someone saw (上报); returns the report and its receipt code.

    The code is shown once: only its hash is kept. For a report already there the code is "".

    unheard  its name was made for this one time, so it is not looked for first.

    Raises  Refused: outside the city, in the future, nothing said and nothing shown.
    """
    if not unheard and (found := _known(intake)):
        return found, ""
    check_shape(intake)
    try:
        with transaction.atomic():
            return take_in(intake, actor=actor, direction=Case.Direction.UP)
    except IntegrityError as error:
        if "reported_once" not in str(error):
            raise
        return _KNOWN(intake.source, intake.source_ref)[0], ""


def join(case: Case, intake: Intake, *, actor: Actor) -> tuple[Report, str]:
    """Take in a further report of something already reported (一事多报): it joins that case.

    Its words, its place and its photos go with it, and it has a receipt of its own. What it
    says of a place is kept in its words: the case stays where it is.

    Raises  OutOfOrder once the case has ended; Refused as for `report`.
    """
    if found := _known(intake):
        return found, ""
    check_shape(intake)
    try:
        with transaction.atomic():
            return _join(case, intake, actor=actor)
    except IntegrityError as error:
        if "reported_once" not in str(error):
            raise
        return _KNOWN(intake.source, intake.source_ref)[0], ""


@transaction.atomic
def order(intake: Intake, *, actor: Actor, parent: Case | None = None) -> Report:
    """Enter an order from above (交办), which a centre may split into children."""
    if parent is None and not actor.holds("intake", "dispatch"):
        raise NotAllowed(_("您的岗位不能登记交办事项"))
    if found := _known(intake):
        return found
    check_shape(intake)
    if parent is None:
        _within_scope(intake, actor)
    try:
        with transaction.atomic():
            down = Case.Direction.DOWN
            return take_in(intake, actor=actor, direction=down, parent=parent)[0]
    except IntegrityError as error:
        if "reported_once" not in str(error):
            raise
        return _KNOWN(intake.source, intake.source_ref)[0]


def _within_scope(intake: Intake, actor: Actor) -> None:
    place = site_of(intake).place
    if not any(s.covers(place.first) for s in actor.scopes("intake", "dispatch")):
        text = _("%(place)s不在您的职责范围内，不能向那里交办") % {"place": place}
        raise NotAllowed(text, field="place")


@beyond("same report")
def _known(intake: Intake) -> Report | None:
    """The report that was taken in already under this name."""
    return next(iter(_KNOWN(intake.source, intake.source_ref)), None)


_KNOWN = ready.Select(
    lambda source, ref: Report.objects.filter(source=source, source_ref=ref).select_related("case"),
    "source",
    "source_ref",
)


def report_many(intakes: Sequence[Intake], *, actor: Actor) -> list[Outcome]:
    """Take in many reports in one transaction, each for itself (批量上报); in their order.

    What stands for all is asked for once and everything is written in one statement. A report
    that is refused keeps no other from coming in.

    Returns  for each what `report` returns, or the refusal it would raise.
    """
    try:
        return _report_many(intakes, actor)
    except IntegrityError as error:  # another request was just bringing one of them
        if "reported_once" not in str(error):
            raise
        return _report_many(intakes, actor)


@transaction.atomic
def _report_many(intakes: Sequence[Intake], actor: Actor) -> list[Outcome]:
    known = _known_of(intakes)
    numbers = iter(taking.fresh_numbers(len(intakes)))
    found: list[Outcome] = []
    with ready.asked_once(), together.together():
        for intake in intakes:
            named = intake.source, intake.source_ref
            try:
                if named not in known:
                    check_shape(intake)
                    done = _one_of_many(intake, actor, next(numbers))
                    known[named] = done[0]
                    found.append(done)
                else:
                    found.append((known[named], ""))
            except Refused as refusal:
                found.append(refusal)
    return found


def _one_of_many(intake: Intake, actor: Actor, fresh: taking.Fresh) -> tuple[Report, str]:
    """One report of a batch: refused, it leaves neither what it held back nor what it wrote."""
    undone = transaction.atomic() if intake.photos else nullcontext()
    with undone, together.together():
        return take_in(intake, actor=actor, direction=Case.Direction.UP, fresh=fresh)


@beyond("same report")
def _known_of(intakes: Sequence[Intake]) -> dict[tuple[str, str], Report]:
    """Those that were taken in already, by their names."""
    by_source: dict[str, list[str]] = {}
    for intake in intakes:
        by_source.setdefault(intake.source, []).append(intake.source_ref)
    rows = Report.objects.select_related("case__place", "case__centre")
    return {
        (report.source, report.source_ref): report
        for source, refs in by_source.items()
        for report in rows.filter(source=source, source_ref__in=refs)
    }


@beyond("join")
def _join(case: Case, intake: Intake, *, actor: Actor) -> tuple[Report, str]:
    case = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    if not case.is_open:
        raise OutOfOrder(_("这件刚刚办结，不能再关注。可以继续上报"))
    at, intake = moment(case.last_at), taking.masked(intake, actor)
    words = words_of("\n".join(filter(None, (intake.text, intake.address.strip()))), needed=False)
    said_before = search.words_said(case)
    with together.together():
        taken, code, remark = taking.enter(case, intake, words, at=at, actor=actor)
        facts = {"report": taken.pk, "channel": intake.channel} | intake.extra
        taking.tell_of(case, "joined", taken, facts, remark, actor)
        search.index(case, f"{said_before} {words}")
        together.update(case, "version")  # whoever is just reading it reads again
    taking.keep_photos(case, intake, taking.author_of(taken, actor))
    return taken, code
