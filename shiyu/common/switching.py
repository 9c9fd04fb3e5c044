"""Asked where a kind of processing is switched on: whether it was assessed first (先评估后启用).

The module that keeps the assessments lies above those that switch things on; it says here how to
judge. The program itself (a demo, an import by the operator) is not asked.
"""

from collections.abc import Callable
from typing import Protocol

from django.utils.translation import gettext as _

from shiyu.common.errors import Refused

Judge = Callable[[str], bool]
_judges: list[Judge] = []


class Acting(Protocol):
    """Whoever switches it on."""

    @property
    def kind(self) -> str: ...


def judged_by(judge: Judge) -> None:
    """Say who judges, once, when the program starts."""
    _judges[:] = [judge]


def before_switching_on(processing: str, *, actor: Acting) -> None:
    """See that this processing may begin. Raises Refused when it is new and not assessed."""
    if actor.kind == "program" or all(judge(processing) for judge in _judges):
        return
    raise Refused(
        _("启用以前要有批准的个人信息保护影响评估，请安全管理员在「个人信息 · 影响评估」办理")
    )
