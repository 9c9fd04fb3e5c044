"""Changes to administrators: one proposes, another approves (三员分立、两人办理)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class What(models.TextChoices):
    """What is to be done to an administrator's account, post or duty (变更事项)."""

    DEACTIVATE = "deactivate", _("停用账号")
    REACTIVATE = "reactivate", _("恢复账号")
    SET_PASSWORD = "set_password", _("重设密码")
    REMOVE_SECOND_FACTOR = "remove_second_factor", _("解除登录凭证")
    APPOINT = "appoint", _("任职或代理")
    END_APPOINTMENT = "end_appointment", _("离任")
    GIVE_DUTY = "give_duty", _("授予职责")
    WITHDRAW_DUTY = "withdraw_duty", _("收回职责")


class Stage(models.TextChoices):
    """Where a proposal stands (状态)."""

    ASKED = "asked", _("待批准")
    DONE = "done", _("已批准并办理")
    REFUSED = "refused", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")


PROPOSER, ANOTHER = "who proposed", "another"


@dataclass(frozen=True, slots=True)
class Move:
    """One step: from where to where, and whose it is."""

    sources: frozenset[str]
    target: str
    whose: str


WAITING = frozenset({Stage.ASKED})
PROPOSAL_MOVES: dict[str, Move] = {
    "approve": Move(WAITING, Stage.DONE, ANOTHER),
    "refuse": Move(WAITING, Stage.REFUSED, ANOTHER),
    "withdraw": Move(WAITING, Stage.WITHDRAWN, PROPOSER),
}
