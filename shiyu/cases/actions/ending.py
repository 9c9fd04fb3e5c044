"""How a case ends, and how it begins again (结案、并案、撤诉、作废、重办、评价)."""

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import guards, rules, search
from shiyu.cases.actions import tell
from shiyu.cases.actions.turn import begin, words_of
from shiyu.cases.gathered import has_open_children
from shiyu.cases.happened import Happened, write
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Rating, Report
from shiyu.cases.replay.standing import ACTIVE
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.wall import beyond
from shiyu.journal.actions import announce, moment, record, write_remark
from shiyu.notices.actions import owe
from shiyu.people.actors import Actor


@transaction.atomic
def close(
    case: Case, *, outcome: str, actor: Actor, reason: str = "", version: int | None = None
) -> Case:
    """Close a verified case with an outcome (结案); the reporters are asked to rate it.

    Anything but "fixed" says why.
    """
    turn = begin(case, "close", actor=actor, version=version)
    guards.says_why(outcome, words_of(reason, needed=False))
    if has_open_children(turn.case):  # one was reopened since
        raise OutOfOrder(_("分解出的案件还没有全部办结"))
    closed = turn.finish(outcome=outcome, reason=reason)
    _tell_parent(closed, actor)
    return closed


@transaction.atomic
def import_close(case: Case, *, actor: Actor) -> Case:
    """Close what a source records as closed (历史导入结案); the importer only."""
    return begin(case, "import_close", actor=actor).finish()


@transaction.atomic
def merge(
    case: Case, *, into: Case, actor: Actor, reason: str = "", version: int | None = None
) -> Case:
    """Join a case to another about the same thing (并案); its reporters go on being told.

    Both are locked in the order of their ids, so that two merges cannot wait for each other.
    """
    list(Case.objects.select_for_update().filter(pk__in=[case.pk, into.pk]).order_by("pk"))
    turn = begin(case, "merge", actor=actor, version=version)
    if into.pk == case.pk:
        raise Refused(_("不能并入自己"), field="into")
    into = rules.visible_to(actor).filter(pk=into.pk).first() or into
    if not rules.visible_to(actor).filter(pk=into.pk).exists():
        raise NotAllowed(_("您看不到要并入的案件"))
    if not into.is_open:
        raise OutOfOrder(_("要并入的案件%(stage)s") % {"stage": Stage(into.stage).label})
    if turn.standing.active:
        raise OutOfOrder(_("已派遣的案件先撤回，再并案"))
    if case.pk == into.parent_id or into.pk == turn.case.parent_id:
        raise Refused(_("分解出的案件不能和原交办事项并案"), field="into")
    merged = turn.finish(reason=reason, facts={"into": into.pk}, changes={"merged_into": into})
    Report.objects.filter(case=merged).update(case=into)
    at = max(turn.now, into.last_at)
    record(into.subject, "joined", actor=actor, at=at, facts={"case": merged.pk})
    search.index(into, search.words_said(into))
    announce("case", into.pk, into.version)
    return merged


@transaction.atomic
def withdraw(case: Case, *, actor: Actor, reason: str, version: int | None = None) -> Case:
    """Take one's own report back (撤诉); with other reporters the case goes on."""
    turn = begin(case, "withdraw", actor=actor, version=version)
    if Report.objects.filter(case=turn.case).count() > 1:
        raise Refused(_("还有其他人反映这件事，案件继续办理"))
    return turn.finish(reason=reason)


@transaction.atomic
def ask_void(case: Case, *, actor: Actor, reason: str, version: int | None = None) -> Case:
    """Propose to void a case entered in error (提请作废), first of two people."""
    return begin(case, "ask_void", actor=actor, version=version).finish(reason=reason)


@transaction.atomic
def void(case: Case, *, actor: Actor, reason: str = "", version: int | None = None) -> Case:
    """Void a case (批准作废), second of two people; its record stays."""
    return begin(case, "void", actor=actor, version=version).finish(reason=reason)


@transaction.atomic
def reopen(case: Case, *, actor: Actor, reason: str, version: int | None = None) -> Case:
    """Begin a new round (重办): the reporter's "not fixed" inside the limit, or an inspection.

    It goes back to the units that handled it; where none did, to the desk.
    """
    turn = begin(case, "reopen", actor=actor, version=version)
    if actor.ref in turn.concern.reporters:
        guards.reopen_in_time(turn.case, turn.now)
    return turn.finish(reason=reason, units=turn.standing.active)


@transaction.atomic
def rate(
    report: Report,
    *,
    solved: str,
    satisfaction: int | None = None,
    words: str = "",
    actor: Actor,
) -> Rating:
    """Say of a closed case whether it is solved and how it was handled (评价), once a round.

    "Not solved" inside the limit reopens the case and tells the handlers; after it, the rating
    alone is kept.
    """
    case = Case.objects.select_for_update(no_key=True).get(pk=report.case_id)
    own = {f"receipt:{report.pk}", f"person:{report.by_person_id}"}
    if actor.ref not in own & rules.concern(case).reporters:
        raise NotAllowed(_("只有上报人可以评价"))
    if case.stage != Stage.CLOSED:
        raise OutOfOrder(_("案件还没有办结，办结后再请您评价"))
    if solved not in Rating.Solved.values:
        raise Refused(_("选一项：问题解决了吗？"), field="solved")
    if satisfaction is not None and satisfaction not in Rating.Satisfaction.values:
        raise Refused(_("选一项：您对办理满意吗？"), field="satisfaction")
    if Rating.objects.filter(report=report, round=case.round).exists():
        raise OutOfOrder(_("这一轮已经评价过了"))
    now = moment(case.last_at)
    text = words_of(words, needed=False)
    remark = write_remark(case.subject, text, author=actor, at=now) if text else None
    rating = Rating.objects.create(
        report=report,
        round=case.round,
        solved=solved,
        satisfaction=satisfaction,
        remark_id=remark.pk if remark else None,
        rated_at=now,
    )
    facts = {"report": report.pk, "solved": solved, "satisfaction": satisfaction}
    record(case.subject, "rate", actor=actor, at=now, facts=facts, remark=remark)
    write(case, Happened("rate", now, facts, case.centre_id))
    if solved == Rating.Solved.NO and now <= rules.reopens_until(case):
        reopen(case, actor=actor, reason=text or _("上报人反映没有解决"))
    return rating


@beyond("parent")
def _tell_parent(case: Case, actor: Actor) -> None:
    """Write a line in the order this case was split from, when it is done, and tell its units."""
    if case.parent_id is None or case.parent is None:
        return
    facts = {"child": case.pk, "outcome": case.outcome}
    record(f"case:{case.parent_id}", "child_done", actor=actor, at=case.last_at, facts=facts)
    units = case.parent.assignments.filter(state__in=ACTIVE).values_list("unit_id", flat=True)
    people = tell.handlers_of(units) - {actor.id}
    owe(
        sorted(people),
        case.parent.subject,
        "child_done",
        facts=tell.facts_for(case.parent),
        at=case.last_at,
    )
