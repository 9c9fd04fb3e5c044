"""A request about somebody's data: asked by one, decided by another (个人信息申请)."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases.models import Case, Report
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal import erasing as journal
from shiyu.journal.actions import moment, record, write_remark
from shiyu.journal.models import Remark
from shiyu.people.actors import Actor
from shiyu.privacy import access, belongings, rules
from shiyu.privacy.actions.erasing import erase_people
from shiyu.privacy.actions.holding import held
from shiyu.privacy.lifecycle import ASKER, MOVES, Kind, Stage
from shiyu.privacy.models import Demand

WORDS_MOST = 200
TO_FETCH = timedelta(hours=72)
"""How long a copy that was granted may be fetched by who asked for it."""


@transaction.atomic
def ask(
    report: Report,
    *,
    ground: str,
    whole_person: bool,
    actor: Actor,
    kind: str = Kind.ERASE,
) -> Demand:
    """Ask that what this report's maker gave be erased, or copied for them (申请).

    whole_person  all reports made with the same telephone: an officer's, who has seen who asks;
                  of those, the ones that this officer may ask about.

    Raises  NotAllowed; Refused without a ground; OutOfOrder when it is asked already.
    """
    if not rules.may_ask(actor, report):
        raise NotAllowed(_("只有上报人本人，或受理岗位、安全管理员代为申请"))
    if kind == Kind.COPY and actor.kind != "person":
        raise NotAllowed(_("本人凭回执码和手机号直接下载，不用申请"))
    _check_ground(ground, kind)
    if whole_person and actor.kind != "person":
        raise NotAllowed(_("只凭回执可以删除这一件；同一手机号的其他上报请到窗口核对身份后办理"))
    Report.objects.select_for_update(no_key=True).get(pk=report.pk)
    if Demand.objects.filter(report=report, kind=kind, stage=Stage.ASKED).exists():
        raise OutOfOrder(_("已经申请过了，正在办理"))
    covers = _same_person(report, actor) if whole_person else [report.pk]
    now = moment()
    demand = Demand.objects.create(
        kind=kind,
        report=report,
        reports=covers,
        ground=ground,
        asked_by=actor.ref,
        asked_at=now,
    )
    facts = {"demand": demand.pk, "ground": ground, "reports": covers}
    verb = {Kind.ERASE: "ask_erasure", Kind.COPY: "ask_copy"}[Kind(kind)]
    record(report.subject, verb, actor=actor, at=now, facts=facts)
    return demand


@transaction.atomic
def ask_for_words(
    remark: Remark, case: Case, *, ground: str, actor: Actor, reason: str = ""
) -> Demand:
    """Ask that the words of one remark of this case be erased (申请删除文字).

    Raises  NotAllowed for whoever does not answer for the place; Refused without a ground or
            with too many words; OutOfOrder when it is asked or erased already.
    """
    if not rules.answers_for(actor, case):
        raise NotAllowed(_("删除文字由本地的安全管理员提出，另一名安全管理员办理"))
    _check_ground(ground, Kind.WORDS)
    said = _words(reason, needed=False)
    remark = Remark.objects.select_for_update(no_key=True).get(pk=remark.pk)
    if remark.erased_at is not None:
        raise OutOfOrder(_("这条已经删除过了"))
    if Demand.objects.filter(words=remark.pk, stage=Stage.ASKED).exists():
        raise OutOfOrder(_("已经申请过了，正在办理"))
    now, subject = moment(remark.written_at), f"remark:{remark.pk}"
    why = write_remark(subject, said, author=actor, at=now) if said else None
    demand = Demand.objects.create(
        kind=Kind.WORDS,
        case=case,
        words=remark.pk,
        ground=ground,
        asked_by=actor.ref,
        asked_at=now,
        said_id=why.pk if why else None,
    )
    facts = {"demand": demand.pk, "ground": ground, "of": case.subject}
    record(subject, "ask_erasing_words", actor=actor, at=now, facts=facts, remark=why)
    return demand


@transaction.atomic
def carry_out(demand: Demand, *, actor: Actor) -> Demand:
    """Erase what was asked for (同意删除).

    Raises  NotAllowed for who asked, or does not answer for every place it reaches into;
            OutOfOrder when decided; Refused while the law orders some of it to be kept.
    """
    demand = _begin(demand, "erase", actor)
    if demand.words is not None:
        remark = Remark.objects.get(pk=demand.words)
        ground = {"offending": "unlawful"}.get(demand.ground, demand.ground)
        journal.erase(remark, actor=actor, ground=ground, asked_by=demand.asked_by)
        demand.counts = {"remarks": 1}
        return _moved(demand, "erase", actor)
    if kept := held(demand.reports):
        text = _("其中有依法留存到%(until)s的内容（%(ground)s），期满或解除以后才能删除")
        first = kept[0]
        raise Refused(text % {"until": first.until, "ground": first.get_ground_display()})
    demand.counts = erase_people(demand.reports, why=f"demand:{demand.pk}", actor=actor)
    return _moved(demand, "erase", actor)


@transaction.atomic
def grant(demand: Demand, *, actor: Actor) -> Demand:
    """Let who asked for a copy fetch it for a while (同意查阅). Raises NotAllowed, OutOfOrder."""
    demand = _begin(demand, "grant", actor)
    demand.until = moment(demand.asked_at) + TO_FETCH
    facts = {"demand": demand.pk, "until": demand.until}
    record(demand.subject, "grant_copy", actor=actor, facts=facts)
    return _moved(demand, "grant", actor)


@transaction.atomic
def hand_out(demand: Demand, *, actor: Actor) -> dict[str, Any]:
    """What is known of somebody, for them, through the one who asked (取走副本).

    Raises  NotAllowed for anybody else; OutOfOrder when it is not granted; Refused when its time
            is over.
    """
    demand = _begin(demand, "hand_out", actor)
    if demand.until is None or demand.until <= moment(demand.asked_at):
        raise Refused(_("取走的期限已过，请重新申请"))
    told = access.of(demand.reports, actor=actor)
    demand.counts = {"reports": len(told["reports"])}
    _moved(demand, "hand_out", actor)
    return told


@transaction.atomic
def refuse(demand: Demand, *, reason: str, actor: Actor) -> Demand:
    """Refuse a request, with the reason that the reporter reads (不同意).

    Raises  NotAllowed; OutOfOrder when decided; Refused without a reason.
    """
    demand = _begin(demand, "refuse", actor)
    words = _words(reason, needed=True)
    remark = write_remark(f"demand:{demand.pk}", words, author=actor, at=moment(demand.asked_at))
    demand.remark_id = remark.pk
    verb = "refuse_erasure" if demand.kind == Kind.ERASE else "refuse_demand"
    record(demand.subject, verb, actor=actor, facts={"demand": demand.pk}, remark=remark)
    return _moved(demand, "refuse", actor)


@transaction.atomic
def withdraw(demand: Demand, *, actor: Actor) -> Demand:
    """Take one's own request back (撤回申请). Raises NotAllowed, OutOfOrder."""
    demand = _begin(demand, "withdraw", actor)
    record(demand.subject, "withdraw_demand", actor=actor, facts={"demand": demand.pk})
    return _moved(demand, "withdraw", actor)


def _begin(demand: Demand, name: str, actor: Actor) -> Demand:
    """The request locked, at a stage from which this step goes, with somebody who may."""
    locked = Demand.objects.select_for_update(of=("self",))
    demand = locked.select_related("report__case", "case").get(pk=demand.pk)
    move = MOVES[name]
    if demand.kind not in move.kinds:
        raise OutOfOrder(_("这项申请不这样办理"))
    if not rules.may_move(actor, name, demand):
        if move.whose == ASKER:
            raise NotAllowed(_("只有提出这项申请的人可以这样办理"))
        raise NotAllowed(
            _(
                "由另一名安全管理员办理：不能是申请人，不能是近期由申请人经手账号的人，管辖要包括全部内容"
            )
        )
    if demand.stage not in move.sources:
        raise OutOfOrder(_("这项申请已经办完"))
    return demand


def _moved(demand: Demand, name: str, actor: Actor) -> Demand:
    demand.stage = MOVES[name].target
    if name != "hand_out":  # who granted it stays who decided
        demand.decided_by_id = actor.id if actor.kind == "person" else None
        demand.decided_at = moment(demand.asked_at)
    kept = ("stage", "decided_by", "decided_at", "counts", "remark_id", "until")
    demand.save(update_fields=kept)
    return demand


def _same_person(report: Report, actor: Actor) -> list[int]:
    """The reports of the same telephone of which this actor may ask."""
    pks = belongings.same_person(report)
    found = Report.objects.filter(pk__in=pks).select_related("case")
    return [one.pk for one in found.order_by("pk") if rules.may_ask(actor, one)]


def _check_ground(ground: str, kind: str) -> None:
    if ground not in Demand.GROUNDS[kind]:
        raise Refused(_("选一项依据"), field="ground")


def _words(reason: str, *, needed: bool) -> str:
    words = reason.strip()
    if (needed and not words) or len(words) > WORDS_MOST:
        text = _("写明理由，最多 %(most)d 字；本人会看到，也可以据此投诉或起诉")
        raise Refused(text % {"most": WORDS_MOST}, field="reason")
    return words
