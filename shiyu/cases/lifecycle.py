"""The life of a case, from report to closure (案件流程).

This table is the whole procedure: a move that is not here does not exist.
Pages, permissions, the replay, tests and the printed diagram all read it.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """Where a case stands (阶段)."""

    REPORTED = "reported", _("待受理")
    ACCEPTED = "accepted", _("待立案")
    FILED = "filed", _("待派遣")
    DISPATCHED = "dispatched", _("待签收")
    HANDLING = "handling", _("处置中")
    SUSPENDED = "suspended", _("挂账中")
    HANDLED = "handled", _("待核查")
    VERIFIED = "verified", _("待结案")
    CLOSED = "closed", _("已结案")
    DISMISSED = "dismissed", _("不予立案")
    MERGED = "merged", _("已并案")
    WITHDRAWN = "withdrawn", _("已撤诉")
    VOIDED = "voided", _("已作废")


class Outcome(models.TextChoices):
    """What became of a closed case (结案结果)."""

    FIXED = "fixed", _("已解决")
    PARTLY = "partly", _("部分解决")
    NOT_FIXABLE = "not_fixable", _("无法解决")
    NOT_OURS = "not_ours", _("非本市职责")
    NOT_FOUND = "not_found", _("未发现问题")
    AS_RECORDED = "as_recorded", _("以来源记录为准")


OPEN = frozenset(
    {
        Stage.REPORTED,
        Stage.ACCEPTED,
        Stage.FILED,
        Stage.DISPATCHED,
        Stage.HANDLING,
        Stage.SUSPENDED,
        Stage.HANDLED,
        Stage.VERIFIED,
    }
)
FINAL = frozenset(Stage) - OPEN


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the procedure: from these stages to that one, by these duties.

    target   None where the stage stays, or where replay.py decides it.
    duties   any of them allows the move; empty: not by a duty, see rules.py.
    reason   whether words are owed.
    """

    name: str
    title: str | Promise
    sources: frozenset[Stage]
    target: Stage | None
    duties: tuple[str, ...]
    reason: bool = False


def _move(
    name: str,
    title: str | Promise,
    *sources: Stage,
    to: Stage | None,
    by: tuple[str, ...] = (),
    reason: bool = False,
) -> Move:
    return Move(name, title, frozenset(sources), to, by, reason)


S = Stage
INTAKE, DISPATCH, COMMAND, HANDLE = "intake", "dispatch", "command", "handle"
VERIFY, PATROL = "verify", "patrol"

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("accept", _("受理"), S.REPORTED, to=S.ACCEPTED, by=(INTAKE,)),
        _move(
            "dismiss",
            _("不予立案"),
            S.REPORTED,
            S.ACCEPTED,
            to=S.DISMISSED,
            by=(INTAKE,),
            reason=True,
        ),
        _move("merge", _("并案"), *OPEN, to=S.MERGED, by=(INTAKE, DISPATCH)),
        _move("settle", _("自办自结"), S.REPORTED, S.ACCEPTED, to=S.CLOSED, by=(PATROL,)),
        _move("file", _("立案"), S.ACCEPTED, to=S.FILED, by=(INTAKE,)),
        _move(
            "escalate",
            _("上报上级"),
            S.ACCEPTED,
            S.FILED,
            to=S.ACCEPTED,
            by=(INTAKE, DISPATCH),
            reason=True,
        ),
        _move(
            "dispatch",
            _("派遣"),
            S.FILED,
            S.DISPATCHED,
            S.HANDLING,
            to=S.DISPATCHED,
            by=(DISPATCH,),
        ),
        _move("recall", _("撤回"), S.DISPATCHED, to=S.FILED, by=(DISPATCH,)),
        _move(
            "object",
            _("派单异议"),
            S.DISPATCHED,
            S.HANDLING,
            to=S.FILED,
            by=(HANDLE,),
            reason=True,
        ),
        _move("sign", _("签收"), S.DISPATCHED, S.HANDLING, to=S.HANDLING, by=(HANDLE,)),
        _move("split", _("分解"), S.HANDLING, to=S.HANDLING, by=(HANDLE,)),
        _move("ask_extension", _("申请延期"), S.HANDLING, to=None, by=(HANDLE,), reason=True),
        _move("extend", _("同意延期"), S.HANDLING, to=None, by=(DISPATCH,)),
        _move(
            "refuse_extension", _("不同意延期"), S.HANDLING, to=None, by=(DISPATCH,), reason=True
        ),
        _move("ask_suspension", _("申请挂账"), S.HANDLING, to=None, by=(HANDLE,), reason=True),
        _move("endorse_suspension", _("初审挂账"), S.HANDLING, to=None, by=(DISPATCH,)),
        _move("suspend", _("批准挂账"), S.HANDLING, to=S.SUSPENDED, by=(COMMAND,)),
        _move(
            "refuse_suspension",
            _("不同意挂账"),
            S.HANDLING,
            to=None,
            by=(DISPATCH, COMMAND),
            reason=True,
        ),
        _move("resume", _("恢复办理"), S.SUSPENDED, to=S.HANDLING, by=(HANDLE, DISPATCH, COMMAND)),
        _move("handle", _("处置反馈"), S.HANDLING, to=S.HANDLED, by=(HANDLE,), reason=True),
        _move("rework", _("返工"), S.HANDLED, to=S.HANDLING, by=(VERIFY,), reason=True),
        _move("verify", _("核查通过"), S.HANDLED, to=S.VERIFIED, by=(VERIFY,)),
        _move("close", _("结案"), S.VERIFIED, to=S.CLOSED, by=(INTAKE,)),
        _move("reopen", _("重办"), S.CLOSED, to=S.HANDLING, by=(VERIFY, COMMAND), reason=True),
        _move("withdraw", _("撤诉"), *OPEN, to=S.WITHDRAWN, reason=True),
        _move("ask_void", _("提请作废"), *OPEN, to=None, by=(INTAKE, DISPATCH), reason=True),
        _move("void", _("批准作废"), *OPEN, to=S.VOIDED, by=(COMMAND,)),
        _move("import_close", _("历史导入结案"), S.REPORTED, S.FILED, S.DISPATCHED, to=S.CLOSED),
        _move(
            "remark",
            _("批注"),
            *Stage,
            to=None,
            by=(INTAKE, DISPATCH, COMMAND, HANDLE, VERIFY, PATROL),
            reason=True,
        ),
        _move("urge", _("催办"), *OPEN, to=None, by=(DISPATCH, COMMAND)),
        _move("correct", _("更正"), *OPEN, to=None, by=(INTAKE,), reason=True),
        _move(
            "check_open",
            _("派发立案前核查"),
            S.REPORTED,
            S.ACCEPTED,
            to=None,
            by=(INTAKE,),
        ),
        _move(
            "check_done",
            _("立案前核查反馈"),
            S.REPORTED,
            S.ACCEPTED,
            to=None,
            by=(VERIFY, PATROL),
            reason=True,
        ),
        _move("hand_over", _("机构变更移交"), *OPEN, to=None),
        _move("appeal", _("申诉超期"), *Stage, to=None, by=(HANDLE,), reason=True),
        _move("exempt", _("同意剔除超期"), *Stage, to=None, by=(COMMAND,)),
        _move("refuse_appeal", _("驳回申诉"), *Stage, to=None, by=(COMMAND,), reason=True),
    )
}
"""Every move by name, in the order in which a desk offers them."""

STAGE_MOVES = frozenset(name for name, move in MOVES.items() if move.target is not None)
