"""What is asked about somebody's data, and every step of it: one asks, another decides (两人办理).

ask        taken down: by the person themself, or by an officer on their behalf
erase      carried out by another
grant      a copy is opened to who asked, by another, for a while
hand_out   the copy is fetched by who asked; every time is on record
refuse     by another, with a reason
withdraw   by who asked
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What is asked for (申请事项)."""

    ERASE = "erase", _("删除个人信息")
    COPY = "copy", _("查阅复制")
    WORDS = "words", _("删除一段文字")


class Stage(models.TextChoices):
    """Where a request stands (状态)."""

    ASKED = "asked", _("待办理")
    GRANTED = "granted", _("已同意，待取走")
    REFUSED = "refused", _("未同意")
    WITHDRAWN = "withdrawn", _("已撤回")
    DONE = "done", _("已办完")


ASKER, ANOTHER = "who asked", "another"


@dataclass(frozen=True, slots=True)
class Move:
    """One step: for which kinds, from where to where, and whose it is."""

    kinds: frozenset[str]
    sources: frozenset[str]
    target: str
    whose: str


EVERY = frozenset(Kind.values)

MOVES: dict[str, Move] = {
    "erase": Move(
        frozenset({Kind.ERASE, Kind.WORDS}), frozenset({Stage.ASKED}), Stage.DONE, ANOTHER
    ),
    "grant": Move(frozenset({Kind.COPY}), frozenset({Stage.ASKED}), Stage.GRANTED, ANOTHER),
    "hand_out": Move(
        frozenset({Kind.COPY}), frozenset({Stage.GRANTED, Stage.DONE}), Stage.DONE, ASKER
    ),
    "refuse": Move(EVERY, frozenset({Stage.ASKED}), Stage.REFUSED, ANOTHER),
    "withdraw": Move(EVERY, frozenset({Stage.ASKED, Stage.GRANTED}), Stage.WITHDRAWN, ASKER),
}
"""Every step after asking. `hand_out` may be repeated until the copy's time is over."""


class Assessed(models.TextChoices):
    """Where an impact assessment stands (评估状态)."""

    ASKED = "asked", _("待批准")
    APPROVED = "approved", _("已批准")
    RETURNED = "returned", _("已退回")
    WITHDRAWN = "withdrawn", _("已撤回")


OF_ASSESSMENTS, WAITING = frozenset({"assessment"}), frozenset({Assessed.ASKED})

ASSESSMENT_MOVES: dict[str, Move] = {
    "approve": Move(OF_ASSESSMENTS, WAITING, Assessed.APPROVED, ANOTHER),
    "return": Move(OF_ASSESSMENTS, WAITING, Assessed.RETURNED, ANOTHER),
    "withdraw": Move(OF_ASSESSMENTS, WAITING, Assessed.WITHDRAWN, ASKER),
}
"""Every step after it was begun."""
