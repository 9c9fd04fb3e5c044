"""What each move does to the parts, asks and checks of a case (各步办理的效果)."""

from collections.abc import Callable
from copy import deepcopy

from django.utils.translation import gettext as _

from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.cases.replay.standing import Part, Standing, Step, stage_of_parts
from shiyu.common.errors import OutOfOrder, Refused

Effect = Callable[[Standing, Step], None]
EFFECTS: dict[str, Effect] = {}


def effect(*verbs: str) -> Callable[[Effect], Effect]:
    def register(function: Effect) -> Effect:
        for verb in verbs:
            EFFECTS[verb] = function
        return function

    return register


def part_of(standing: Standing, step: Step, *states: str) -> Part:
    part = standing.parts.get(step.unit) if step.unit is not None else None
    if part is None or not (part.active or part.state == "objected"):
        raise Refused(_("这个单位不在本案的承办单位中"))
    if part.state not in states:
        raise OutOfOrder(
            {
                "sent": _("请先签收，再办理"),
                "signed": _("本单位已签收，正在处置"),
                "handled": _("本单位已反馈，等待核查"),
                "objected": _("本单位已提出派单异议，等待答复"),
            }[part.state]
        )
    return part


@effect("file")
def _file(standing: Standing, _step: Step) -> None:
    if standing.check_open:
        raise OutOfOrder(_("立案前核查还没有反馈，暂不能立案"))


@effect("dispatch")
def _dispatch(standing: Standing, step: Step) -> None:
    if not step.units:
        raise Refused(_("请选择主责单位"), field="lead")
    if standing.active and not standing.gap:
        raise OutOfOrder(_("各承办单位都在办理，没有待派的部分"))
    before = deepcopy(standing.parts)
    for unit in step.units:
        part = standing.parts.get(unit)
        if part is not None and part.active:
            raise Refused(_("这个单位已经在办理本案"), field="lead")
        if unit in standing.objectors and not step.answered:
            raise Refused(_("这个单位提出过异议：再派给它须写明答复"), field="reason")
        standing.parts[unit] = Part("sent", unit == step.lead, step.at)
    for unit, part in standing.parts.items():
        if part.state == "objected":
            part.state, part.lead = "left", False
        elif part.active and step.lead is not None and unit != step.lead:
            part.lead = False
    if standing.lead is None:
        raise Refused(_("须有一个主责单位"), field="lead")
    standing.sent = before
    standing.stage = stage_of_parts(standing)


@effect("recall")
def _recall(standing: Standing, _step: Step) -> None:
    if standing.sent is None:
        raise OutOfOrder(_("没有可撤回的派遣"))
    standing.parts, standing.sent = standing.sent, None
    if standing.active:
        standing.stage = stage_of_parts(standing)


@effect("object")
def _object(standing: Standing, step: Step) -> None:
    part = part_of(standing, step, "sent")
    part.state, part.lead = "objected", False
    standing.objectors.add(step.unit or 0)
    standing.sent = None
    standing.stage = stage_of_parts(standing) if standing.active else Stage.FILED


@effect("sign")
def _sign(standing: Standing, step: Step) -> None:
    part = part_of(standing, step, "sent")
    part.state, part.signed_at = "signed", step.at
    standing.sent = None
    standing.stage = Stage.HANDLING


@effect("split")
def _split(standing: Standing, step: Step) -> None:
    part_of(standing, step, "signed")


@effect("handle")
def _handle(standing: Standing, step: Step) -> None:
    part = part_of(standing, step, "signed")
    part.state, part.handled_at = "handled", step.at
    standing.handlers.add(step.actor)
    standing.extension_asked.discard(step.unit or 0)
    all_have = all(standing.parts[u].state == "handled" for u in standing.active)
    answered = all_have and not standing.gap
    standing.stage = Stage.HANDLED if answered else Stage.HANDLING
    if answered and standing.suspension != "used":
        standing.suspension = ""


@effect("rework")
def _rework(standing: Standing, step: Step) -> None:
    _not_the_handler(standing, step)
    named = step.units or tuple(standing.active)
    for unit in named:
        part = standing.parts.get(unit)
        if part is None or not part.active:
            raise Refused(_("返工的单位不在本案的承办单位中"))
        part.state, part.handled_at = "signed", None


@effect("verify")
def _verify(standing: Standing, step: Step) -> None:
    _not_the_handler(standing, step)


def _not_the_handler(standing: Standing, step: Step) -> None:
    if step.actor in standing.handlers:
        raise Refused(_("处置人不能核查自己处置的案件"))


@effect("settle")
def _settle(standing: Standing, step: Step) -> None:
    standing.handlers.add(step.actor)
    standing.outcome = Outcome.FIXED


@effect("close")
def _close(standing: Standing, step: Step) -> None:
    if step.outcome not in set(Outcome) - {Outcome.AS_RECORDED}:
        raise Refused(_("请选择结案结果"), field="outcome")
    standing.outcome = step.outcome


@effect("import_close")
def _import_close(standing: Standing, _step: Step) -> None:
    standing.outcome = Outcome.AS_RECORDED


@effect("reopen")
def _reopen(standing: Standing, step: Step) -> None:
    standing.round += 1
    standing.outcome = ""
    standing.sent = None
    again = [unit for unit in step.units if unit in standing.parts]
    for unit, part in standing.parts.items():
        if unit in again:
            part.state, part.handled_at = "signed", None
            part.sent_at = part.signed_at = step.at
        else:
            part.state, part.lead = "left", False
    if again and standing.lead is None:
        standing.parts[again[0]].lead = True
    standing.stage = Stage.HANDLING if again else Stage.FILED


@effect("extend", "refuse_extension")
def _decide_extension(standing: Standing, step: Step) -> None:
    if step.unit not in standing.extension_asked:
        raise OutOfOrder(_("没有待答复的延期申请"))
    standing.extension_asked.discard(step.unit)
    if step.verb == "extend":
        standing.extensions[step.unit] = standing.extensions.get(step.unit, 0) + 1


@effect("ask_suspension")
def _ask_suspension(standing: Standing, step: Step) -> None:
    part_of(standing, step, "signed")
    if standing.suspension == "used":
        raise Refused(_("本案已挂账过一次，不能再申请"))
    if standing.suspension:
        raise OutOfOrder(_("已有一份挂账申请在等批准"))
    standing.suspension, standing.suspension_unit = "asked", step.unit


@effect("endorse_suspension")
def _endorse(standing: Standing, step: Step) -> None:
    if standing.suspension != "asked":
        raise OutOfOrder(_("没有待初审的挂账申请"))
    standing.suspension, standing.endorsed_by = "endorsed", step.actor


@effect("suspend")
def _suspend(standing: Standing, step: Step) -> None:
    if standing.suspension != "endorsed":
        raise OutOfOrder(_("挂账须先经初审"))
    if standing.endorsed_by == step.actor:
        raise Refused(_("初审和批准须是两个人"))
    standing.suspension = "used"


@effect("refuse_suspension")
def _refuse_suspension(standing: Standing, _step: Step) -> None:
    if standing.suspension not in {"asked", "endorsed"}:
        raise OutOfOrder(_("没有待批准的挂账申请"))
    standing.suspension = ""


@effect("check_open")
def _open_check(standing: Standing, _step: Step) -> None:
    if standing.check_open:
        raise OutOfOrder(_("立案前核查已经派发，还没有反馈"))
    standing.check_open = True


@effect("check_done")
def _done_check(standing: Standing, _step: Step) -> None:
    if not standing.check_open:
        raise OutOfOrder(_("没有待反馈的立案前核查"))
    standing.check_open = False


@effect("ask_void")
def _ask_void(standing: Standing, step: Step) -> None:
    if standing.void_asked_by:
        raise OutOfOrder(_("已有人提请作废，等待批准"))
    standing.void_asked_by = step.actor


@effect("void")
def _void(standing: Standing, step: Step) -> None:
    if not standing.void_asked_by:
        raise OutOfOrder(_("作废须先由另一人提请"))
    if standing.void_asked_by == step.actor:
        raise Refused(_("提请和批准作废须是两个人"))


@effect("appeal")
def _appeal(standing: Standing, step: Step) -> None:
    if step.unit not in standing.parts:
        raise Refused(_("这个单位不在本案的承办单位中"))
    if standing.appeals.get(step.unit) in {"asked", "exempt"}:
        raise OutOfOrder(_("这个单位已经申诉过"))
    standing.appeals[step.unit] = "asked"


@effect("exempt", "refuse_appeal")
def _decide_appeal(standing: Standing, step: Step) -> None:
    if step.unit is None or standing.appeals.get(step.unit) != "asked":
        raise OutOfOrder(_("没有待答复的申诉"))
    standing.appeals[step.unit] = "exempt" if step.verb == "exempt" else "refused"


def ask_extension(standing: Standing, step: Step, most: int) -> None:
    part_of(standing, step, "signed")
    if step.unit in standing.extension_asked:
        raise OutOfOrder(_("已有一份延期申请在等答复"))
    if standing.extensions.get(step.unit or 0, 0) >= most:
        raise Refused(_("延期已满 %(most)d 次，不能再申请") % {"most": most})
    standing.extension_asked.add(step.unit or 0)
