"""Who answers for whose data: by duty and by place, and never one alone (个人信息办理权限)."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils import timezone

from shiyu.cases import rules as cases
from shiyu.cases.models import Case, Look, Report
from shiyu.people.actors import Actor, Scope
from shiyu.people.apart import stand_apart
from shiyu.people.duties import Duty
from shiyu.privacy.lifecycle import ANOTHER, ASSESSMENT_MOVES, MOVES, Assessed
from shiyu.privacy.models import Assessment, Demand, Hold, SelfAudit
from shiyu.privacy.processing import PROCESSINGS

SECURITY = (Duty.SECURITY_ADMIN,)
KEEPERS = (Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN)


def kept_cases(actor: Actor, *duties: str) -> "QuerySet[Case]":
    """The cases whose people's data this actor answers for: those of the places of the duty.

    All others do not exist for them. Beyond the number and the days nothing of a case is theirs.
    """
    return Case.objects.filter(_within(actor, "place_number", duties or KEEPERS))


def visible_to(actor: Actor, *duties: str) -> "QuerySet[Report]":
    """The reports whose makers' data this actor answers for (可办理的上报)."""
    return Report.objects.filter(_within(actor, "case__place_number", duties or SECURITY))


def demands_of(actor: Actor) -> "QuerySet[Demand]":
    """The requests of these places, and those that this actor took down (可见申请)."""
    here = _within(actor, "report__case__place_number", KEEPERS)
    words = _within(actor, "case__place_number", KEEPERS)
    return Demand.objects.filter(here | words)


def holds_of(actor: Actor) -> "QuerySet[Hold]":
    """What the law keeps of these places."""
    return Hold.objects.filter(_within(actor, "report__case__place_number", SECURITY))


def grants_of(actor: Actor) -> "QuerySet[Look]":
    """Access grants that this actor may see: of their places by duty, and their own."""
    own = Q(person=actor.id if actor.kind == "person" else 0)
    return Look.objects.filter(own | _within(actor, "report__case__place_number", KEEPERS))


def may_end(actor: Actor, grant: Look) -> bool:
    """Whether this actor may end a grant: one's own, or the security administrator of the place."""
    own = actor.kind == "person" and actor.id == grant.person_id
    return own or actor.kind == "program" or answers_for(actor, grant.report.case)


def answers_for(actor: Actor, case: Case) -> bool:
    """Whether this actor is the security administrator of the case's place."""
    return actor.kind == "person" and any(
        is_whole(scope) or scope.covers(case.place_number) for scope in actor.scopes(*SECURITY)
    )


def is_whole(scope: Scope) -> bool:
    """Whether this administrator's duty names no place, and so means the whole city."""
    return scope.last < scope.first


def may_ask(actor: Actor, report: Report) -> bool:
    """The reporter themself by their receipt; else who may know them, or who answers for them."""
    if actor.kind == "receipt":
        return actor.id == report.pk
    if actor.kind != "person":
        return False
    return answers_for(actor, report.case) or cases.knows_reporter(actor, report.case)


def may_decide(actor: Actor, demand: Demand) -> bool:
    """Another than who asked: the security administrator of every place it reaches into.

    Nor somebody whose account or post whoever asked has lately had in hand: that would be the
    same person twice.
    """
    if actor.kind != "person" or demand.asked_by == actor.ref:
        return False
    if not answers_for(actor, demand.of_case) or not _all_within(actor, demand.reports):
        return False
    kind, _colon, asker = demand.asked_by.partition(":")
    return kind != "person" or stand_apart(int(asker), actor.id)


def may_move(actor: Actor, name: str, demand: Demand) -> bool:
    """Whether this step is this actor's; the stage is not asked."""
    if MOVES[name].whose == ANOTHER:
        return may_decide(actor, demand)
    if demand.asked_by != actor.ref:
        return False
    # who lost the duty since they asked loses what they asked for
    return demand.report is None or actor.kind == "receipt" or may_ask(actor, demand.report)


def may_assess(actor: Actor) -> bool:
    """Whether this actor puts impact assessments forward: for the city, whatever their places."""
    return actor.kind == "person" and actor.holds(*SECURITY)


def assessments_of(actor: Actor) -> "QuerySet[Assessment]":
    """Every assessment, for those who keep and those who audit (可见评估)."""
    kept = Assessment.objects.all()
    return kept if actor.kind == "person" and actor.holds(*KEEPERS) else kept.none()


def may_move_assessment(actor: Actor, name: str, found: Assessment) -> bool:
    """Whether this step is this actor's: another's who stands apart, or who began it."""
    if not may_assess(actor):
        return False
    if ASSESSMENT_MOVES[name].whose != ANOTHER:
        return actor.id == found.begun_by_id
    return actor.id != found.begun_by_id and stand_apart(found.begun_by_id, actor.id)


def in_force() -> dict[str, Assessment]:
    """The assessment that counts for each processing: the newest approved, until it is due."""
    approved = Assessment.objects.filter(stage=Assessed.APPROVED).order_by("decided_at", "pk")
    newest = {one.processing: one for one in approved.select_related("begun_by", "decided_by")}
    today = timezone.localdate()
    return {name: one for name, one in newest.items() if one.due_on >= today}


def may_audit(actor: Actor) -> bool:
    """Whether this actor makes self-audits and reads them: of the city, whatever their places."""
    return actor.kind == "person" and actor.holds(*KEEPERS)


def audits_of(actor: Actor) -> "QuerySet[SelfAudit]":
    """Every self-audit, for those who keep and those who audit (可见合规审计)."""
    kept = SelfAudit.objects.all()
    return kept if may_audit(actor) else kept.none()


def not_assessed() -> list[str]:
    """The processings in use without an assessment that lets them go on, by name."""
    found = in_force()
    return [
        name
        for name, one in PROCESSINGS.items()
        if (name not in found or found[name].conclusion == Assessment.Conclusion.NOT)
        and one.in_use()
    ]


def unassessed() -> list[str]:
    """The same by title (未评估)."""
    return [str(PROCESSINGS[name].title) for name in not_assessed()]


def may_begin(processing: str) -> bool:
    """Whether this processing may go on or begin: what is done already is told, not stopped."""
    one = in_force().get(processing)
    if one is not None:
        return one.conclusion != Assessment.Conclusion.NOT
    about = PROCESSINGS.get(processing)
    return about is None or about.in_use()


def _all_within(actor: Actor, reports: Sequence[int]) -> bool:
    return visible_to(actor).filter(pk__in=reports).count() == len(set(reports))


def _within(actor: Actor, column: str, duties: Sequence[str]) -> Q:
    """The places of these duties, as a condition on this column; without a place, all."""
    scopes = actor.scopes(*duties) if actor.kind == "person" else ()
    if any(is_whole(scope) for scope in scopes):
        return Q(**{f"{column}__isnull": False})
    ways = [Q(**{f"{column}__range": (s.first, s.last)}) for s in scopes]
    return reduce(or_, ways) if ways else Q(pk__in=[])
