"""A request for erasure: asked by one, decided by another (删除请求)."""

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import rules
from shiyu.cases.models import Report
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import moment, record, write_remark
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.privacy import belongings
from shiyu.privacy.actions.erasing import erase_people
from shiyu.privacy.actions.holding import held
from shiyu.privacy.models import Demand

WORDS_MOST = 200


def may_ask(actor: Actor, report: Report) -> bool:
    """The reporter themself by their receipt; else who may know them, or the security admin."""
    if actor.kind == "receipt":
        return actor.id == report.pk
    if actor.kind != "person":
        return False
    return actor.holds(Duty.SECURITY_ADMIN) or rules.knows_reporter(actor, report.case)


def may_decide(actor: Actor, demand: Demand) -> bool:
    """The security administrator, and never who asked."""
    is_admin = actor.kind == "person" and actor.holds(Duty.SECURITY_ADMIN)
    return is_admin and demand.asked_by != actor.ref


@transaction.atomic
def ask(report: Report, *, ground: str, whole_person: bool, actor: Actor) -> Demand:
    """Ask that what this report's maker gave be erased (申请删除).

    whole_person  all reports made with the same telephone: an officer's, who has seen who asks.

    Raises  NotAllowed; Refused without a ground; OutOfOrder when it is asked already.
    """
    if not may_ask(actor, report):
        raise NotAllowed(_("只有上报人本人，或受理岗位、安全管理员代为申请"))
    if ground not in Demand.Ground.values:
        raise Refused(_("选一项依据"), field="ground")
    if whole_person and actor.kind != "person":
        raise NotAllowed(_("只凭回执可以删除这一件；同一手机号的其他上报请到窗口核对身份后办理"))
    Report.objects.select_for_update(no_key=True).get(pk=report.pk)
    if Demand.objects.filter(report=report, stage=Demand.Stage.ASKED).exists():
        raise OutOfOrder(_("已经申请过了，正在办理"))
    covers = belongings.same_person(report) if whole_person else [report.pk]
    now = moment()
    demand = Demand.objects.create(
        report=report, reports=covers, ground=ground, asked_by=actor.ref, asked_at=now
    )
    facts = {"demand": demand.pk, "ground": ground, "reports": covers}
    record(report.subject, "ask_erasure", actor=actor, at=now, facts=facts)
    return demand


@transaction.atomic
def carry_out(demand: Demand, *, actor: Actor) -> Demand:
    """Erase what was asked for (同意删除).

    Raises  NotAllowed for who asked or is no security administrator; OutOfOrder when decided;
            Refused while the law orders some of it to be kept.
    """
    demand = _open(demand, actor)
    if kept := held(demand.reports):
        text = _("其中有依法留存到%(until)s的内容（%(ground)s），期满或解除以后才能删除")
        first = kept[0]
        raise Refused(text % {"until": first.until, "ground": first.get_ground_display()})
    demand.counts = erase_people(demand.reports, why=f"demand:{demand.pk}", actor=actor)
    return _decided(demand, Demand.Stage.DONE, actor)


@transaction.atomic
def refuse(demand: Demand, *, reason: str, actor: Actor) -> Demand:
    """Refuse a request, with the reason that the reporter reads (不同意删除).

    Raises  NotAllowed; OutOfOrder when decided; Refused without a reason.
    """
    demand = _open(demand, actor)
    words = reason.strip()
    if not words or len(words) > WORDS_MOST:
        text = _("写明不同意的理由，最多 %(most)d 字；本人会看到，也可以据此投诉或起诉")
        raise Refused(text % {"most": WORDS_MOST}, field="reason")
    remark = write_remark(f"demand:{demand.pk}", words, author=actor, at=moment(demand.asked_at))
    demand.remark_id = remark.pk
    record(
        demand.report.subject,
        "refuse_erasure",
        actor=actor,
        facts={"demand": demand.pk},
        remark=remark,
    )
    return _decided(demand, Demand.Stage.REFUSED, actor)


def _open(demand: Demand, actor: Actor) -> Demand:
    locked = Demand.objects.select_for_update(of=("self",)).select_related("report")
    demand = locked.get(pk=demand.pk)
    if not may_decide(actor, demand):
        raise NotAllowed(_("删除请求由安全管理员办理，申请人自己不能办理"))
    if demand.stage != Demand.Stage.ASKED:
        raise OutOfOrder(_("这项申请已经办完"))
    return demand


def _decided(demand: Demand, stage: str, actor: Actor) -> Demand:
    demand.stage, demand.decided_by_id = stage, actor.id
    demand.decided_at = moment(demand.asked_at)
    demand.save(update_fields=["stage", "decided_by", "decided_at", "counts", "remark_id"])
    return demand
