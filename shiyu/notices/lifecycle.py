"""The life of one delivery, from owed to known or honestly unknown (送达流程).

This table is the whole of it: a move that is not here does not exist. The sender, the sweeper
outside the queue, the pages and the tests all read it.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """A way out of the program (渠道)."""

    MAIL = "mail", _("邮件")
    SMS = "sms", _("短信")
    WEBHOOK = "webhook", _("网络回调")


class State(models.TextChoices):
    """How a delivery stands (送达状态)."""

    OWED = "owed", _("待发送")
    WITHHELD = "withheld", _("免打扰中")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发出")
    ARRIVED = "arrived", _("已送达")
    UNKNOWN = "unknown", _("结果不明")
    FAILED = "failed", _("未送达")
    GATHERED = "gathered", _("并入汇总")
    DROPPED = "dropped", _("不再发送")


WAITING = frozenset({State.OWED, State.WITHHELD, State.SENDING})
NEEDS_A_PERSON = frozenset({State.UNKNOWN, State.FAILED})
FOR_GOOD = frozenset({State.ARRIVED, State.GATHERED, State.DROPPED})
"""States that nothing leaves again."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a delivery. `by` says who makes it: program, peer or person."""

    name: str
    title: str | Promise
    sources: frozenset[State]
    target: State
    by: str


def _move(name: str, title: str | Promise, *sources: State, to: State, by: str) -> Move:
    return Move(name, title, frozenset(sources), to, by)


S = State
PROGRAM, PEER, PERSON = "program", "peer", "person"

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("withhold", _("免打扰"), S.OWED, to=S.WITHHELD, by=PROGRAM),
        _move("release", _("免打扰结束"), S.WITHHELD, to=S.OWED, by=PROGRAM),
        _move("gather", _("并入汇总"), S.WITHHELD, to=S.GATHERED, by=PROGRAM),
        _move("begin", _("开始发送"), S.OWED, to=S.SENDING, by=PROGRAM),
        _move("put_off", _("稍后再试"), S.SENDING, to=S.OWED, by=PROGRAM),
        _move("confirm", _("对方收下"), S.SENDING, S.UNKNOWN, to=S.SENT, by=PEER),
        _move("refuse", _("对方拒收"), S.SENDING, S.UNKNOWN, S.SENT, to=S.FAILED, by=PEER),
        _move("arrive", _("回执送达"), S.SENDING, S.UNKNOWN, S.SENT, to=S.ARRIVED, by=PEER),
        _move("lose", _("结果不明"), S.SENDING, to=S.UNKNOWN, by=PROGRAM),
        _move("doubt", _("恢复后不明"), S.OWED, S.WITHHELD, S.SENDING, to=S.UNKNOWN, by=PROGRAM),
        _move("expire", _("过期"), S.OWED, to=S.FAILED, by=PROGRAM),
        _move("drop", _("不再发送"), S.OWED, S.WITHHELD, to=S.DROPPED, by=PROGRAM),
        _move("resend", _("重新发送"), S.UNKNOWN, S.FAILED, to=S.OWED, by=PERSON),
        _move("mark_arrived", _("确认已到"), S.UNKNOWN, to=S.ARRIVED, by=PERSON),
        _move("give_up", _("不再追究"), S.UNKNOWN, S.FAILED, to=S.DROPPED, by=PERSON),
    )
}
"""Every move by name."""


NO_KEY = "no_key"
"""Why a subscription is held: every key of its owner was revoked or has expired."""

WHY: dict[str, Promise] = {
    "unreachable": _("连不上对方"),
    "refused": _("对方拒绝连接"),
    "connect_timeout": _("连接超时"),
    "no_such_host": _("找不到主机"),
    "bad_certificate": _("证书不对"),
    "no_tls": _("加密连接没有建立"),
    "not_secure": _("对方不支持加密连接"),
    "forbidden_address": _("地址在内网，不许访问"),
    "sign_in_refused": _("账号或密码不对"),
    "not_now": _("对方要求稍后再试"),
    "busy": _("对方说太多了，稍后再试"),
    "rejected": _("对方拒收"),
    "no_such_address": _("对方没有这个地址"),
    "gone": _("对方已停用这个地址"),
    "redirected": _("对方要求转到别处，不跟随"),
    "peer_error": _("对方出错，不知收到没有"),
    "garbled": _("对方的答复读不懂"),
    "timeout": _("发出后没有等到答复"),
    "broken_off": _("发送中途断开"),
    "worker_killed": _("发送途中程序被终止"),
    "no_connector": _("这个渠道还没有接口"),
    "expired": _("过了时限没有发出"),
    "too_often": _("这个号码今天已经发得太多"),
    "too_many_waiting": _("积压太多，已停止"),
    NO_KEY: _("接入系统已没有有效密钥"),
    "not_wanted": _("收件人不要了"),
    "bounced": _("回执说没有送达"),
    "restored": _("数据恢复到较早时刻，其后是否发出不知道"),
}
"""Why a delivery did not go, by the code that is kept."""
