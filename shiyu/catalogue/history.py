"""What the journal says of the catalogue, as sentences for a reader (变更记录)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.journal.models import Line
from shiyu.people.history import people_named

SHOWN = 50
VERBS = {
    "create": gettext_lazy("新增小类"),
    "change": gettext_lazy("更改小类"),
    "admit": gettext_lazy("准入"),
    "keep_out": gettext_lazy("不予准入"),
    "end": gettext_lazy("停用小类"),
    "take_up": gettext_lazy("恢复小类"),
    "add_condition": gettext_lazy("新增立案条件"),
    "revise_condition": gettext_lazy("修订立案条件"),
    "end_condition": gettext_lazy("停用立案条件"),
    "withdraw_condition": gettext_lazy("撤回未生效的版本"),
    "set": gettext_lazy("调整流程参数"),
    "publish": gettext_lazy("发布整份标准"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: when, who, what, about what (变更一行)."""

    at: datetime
    who: str
    what: str
    about: str


def history(subject: str) -> list[Entry]:
    """The newest lines of a record, the newest first, in two queries (变更记录)."""
    lines = list(Line.objects.filter(subject=subject).order_by("-id")[:SHOWN])
    names = people_named(line.actor for line in lines)
    return [
        Entry(
            line.occurred_at,
            names.get(line.actor) or _("系统"),
            str(VERBS.get(line.verb, line.verb)),
            _about(line.facts),
        )
        for line in lines
    ]


def _about(facts: dict[str, Any]) -> str:
    told = []
    if "was" in facts:
        told.append(f"{facts['was']} → {facts['name']}")
    if "ordinal" in facts:
        told.append(_("条件 %(n)d 第 %(version)d 版") % {"n": facts["ordinal"], **facts})
    elif "version" in facts:
        told.append(_("第 %(version)d 版") % facts)
    if "from" in facts:
        told.append(_("%(day)s 起") % {"day": facts["from"]})
    if "on" in facts:
        told.append(_("到 %(day)s 为止") % {"day": facts["on"]})
    return "，".join(told)
