"""The event types that programs elsewhere may subscribe to (事件类型)."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

EVENTS: dict[str, "StrPromise"] = {
    "case.reported": _("收到上报"),
    "case.moved": _("案件办理了一步"),
    "case.closed": _("案件结案"),
    "case.reopened": _("案件重办"),
    "case.ended": _("案件未结案而终止：不予立案、并案、撤诉、作废"),
}
"""Each with what it says. `case.moved` is sent for every move, the others beside it."""

OF_MOVE = {
    "close": "case.closed",
    "settle": "case.closed",
    "reopen": "case.reopened",
    "dismiss": "case.ended",
    "merge": "case.ended",
    "withdraw": "case.ended",
    "void": "case.ended",
}
"""The moves that are an event of their own."""

NOT_TOLD = frozenset({"remark"})
"""Moves nobody elsewhere hears of: they say nothing but words."""
