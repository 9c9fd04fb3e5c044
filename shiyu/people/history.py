"""What the journal says of units, posts and people, as sentences for a reader (变更记录)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.journal.models import Line
from shiyu.people.duties import Duty
from shiyu.people.models import Person, Post, Unit, UnitChange

SHOWN = 50

VERBS = {
    "create": gettext_lazy("建立"),
    "change": gettext_lazy("更改"),
    "rename": gettext_lazy("更名生效"),
    "move": gettext_lazy("调整隶属生效"),
    "close": gettext_lazy("停用生效"),
    "merge": gettext_lazy("并入生效"),
    "split": gettext_lazy("拆分生效"),
    "order_rename": gettext_lazy("决定更名"),
    "order_move": gettext_lazy("决定调整隶属"),
    "order_close": gettext_lazy("决定停用"),
    "order_merge": gettext_lazy("决定并入"),
    "order_split": gettext_lazy("决定拆分"),
    "undo_change": gettext_lazy("撤销变更"),
    "handed_over": gettext_lazy("在办移交完毕"),
    "answer_for": gettext_lazy("承接立结案标准中的责任"),
    "appoint": gettext_lazy("任职"),
    "act_for": gettext_lazy("代理"),
    "end_appointment": gettext_lazy("离任"),
    "give_duty": gettext_lazy("授予职责"),
    "withdraw_duty": gettext_lazy("收回职责"),
    "rename_post": gettext_lazy("岗位改名"),
    "hand_over": gettext_lazy("移交个人事项"),
    "deactivate": gettext_lazy("停用账号"),
    "reactivate": gettext_lazy("恢复账号"),
    "set_password": gettext_lazy("重设密码"),
    "change_password": gettext_lazy("改密码"),
    "sign_in": gettext_lazy("登录"),
    "sign_out": gettext_lazy("退出"),
    "lock_out": gettext_lazy("试错太多，暂停登录"),
    "end_session": gettext_lazy("结束一处登录"),
    "end_sessions": gettext_lazy("结束登录"),
    "add_second_factor": gettext_lazy("启用登录凭证"),
    "drop_second_factor": gettext_lazy("去掉登录凭证"),
    "remove_second_factor": gettext_lazy("解除登录凭证"),
    "rename_passkey": gettext_lazy("通行密钥改名"),
    "link_identity": gettext_lazy("关联统一身份"),
    "unlink_identity": gettext_lazy("解除统一身份"),
    "switch_single_keys": gettext_lazy("单键快捷键"),
    "propose": gettext_lazy("提出变更，等另一名管理员"),
    "approve_proposal": gettext_lazy("批准变更"),
    "refuse_proposal": gettext_lazy("不批准变更"),
    "withdraw_proposal": gettext_lazy("撤回变更"),
}
NOT_A_CHANGE = ("sign_in", "sign_out", "end_session", "switch_single_keys", "change_password")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: when, who (and for whom), what, about what (变更一行)."""

    at: datetime
    who: str
    what: str
    about: str


@dataclass(slots=True)
class Names:
    """What the lines name, read in a few queries however many lines there are."""

    people: dict[str, str] = field(default_factory=dict)
    posts: dict[int, str] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)
    changes: dict[int, UnitChange] = field(default_factory=dict)


def history(*subjects: str, leave_out: Sequence[str] = ()) -> list[Entry]:
    """The newest lines of these records, the newest first (变更记录)."""
    lines = Line.objects.filter(subject__in=subjects).exclude(verb__in=leave_out)
    found = list(lines.order_by("-id")[:SHOWN])
    names = _names(found)
    return [
        Entry(
            line.occurred_at,
            who(line.actor, line.facts, names.people),
            str(VERBS.get(line.verb, line.verb)),
            _about(line, names),
        )
        for line in found
    ]


def who(actor: str, facts: dict[str, Any], names: dict[str, str]) -> str:
    """The name behind an actor; a deputy's with the one they stood in for: 「张伟 代 李强」."""
    name = names.get(actor) or _("系统")
    whose = facts.get("for")
    return (
        _("%(name)s 代 %(whose)s") % {"name": name, "whose": names.get(whose, "")}
        if whose
        else name
    )


def people_named(refs: Iterable[str]) -> dict[str, str]:
    """Names of the people among these references, in one query."""
    ids = {int(ref.partition(":")[2]) for ref in refs if ref.startswith("person:")}
    rows = Person.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()
    return {f"person:{pk}": name for pk, name in rows}


def posts_named(ids: Iterable[int | None]) -> dict[int, str]:
    """These posts with their units, in one query."""
    wanted = {pk for pk in ids if pk}
    posts = Post.objects.filter(pk__in=wanted).select_related("unit") if wanted else ()
    return {post.pk: f"{post.unit.name} {post.title}" for post in posts}


def _names(lines: Sequence[Line]) -> Names:
    facts = [line.facts for line in lines]
    refs = {line.actor for line in lines} | {line.subject for line in lines}
    refs |= {str(f["for"]) for f in facts if f.get("for")}
    refs |= {f"person:{f[key]}" for f in facts for key in ("acting_for", "to") if f.get(key)}
    units = {f[key] for f in facts for key in ("unit", "parent") if isinstance(f.get(key), int)}
    units |= {pk for f in facts for pk in f.get("heirs", ())}
    posts = Post.objects.filter(pk__in={f["post"] for f in facts if f.get("post")})
    changes = UnitChange.objects.select_related("parent_after")
    return Names(
        people_named(refs),
        {p.pk: f"{p.unit.name} {p.title}" for p in posts.select_related("unit")},
        dict(Unit.objects.filter(pk__in=units).values_list("pk", "name")),
        changes.in_bulk({f["change"] for f in facts if f.get("change")}),
    )


def _about(line: Line, names: Names) -> str:
    tell = ABOUT.get(line.verb)
    return tell(line.facts, names) if tell else ""


def _change(facts: dict[str, Any], names: Names) -> str:
    change = names.changes.get(facts.get("change", 0))
    if change is None:
        return ""
    told = [_("%(day)s 起") % {"day": facts["from_on"]}] if facts.get("from_on") else []
    if change.kind == UnitChange.Kind.RENAME:
        told.append(f"{change.name_before} → {change.name_after}")
    if change.kind == UnitChange.Kind.MOVE:
        told.append(_("上级：%(unit)s") % {"unit": change.parent_after or _("无")})
    if facts.get("heirs"):
        heirs = "、".join(names.units.get(pk, "") for pk in facts["heirs"])
        told.append(_("由 %(heirs)s 承接") % {"heirs": heirs})
    return "，".join(told)


def _post(facts: dict[str, Any], names: Names) -> str:
    told = [names.posts.get(facts.get("post", 0), "")]
    if facts.get("acting_for"):
        whose = names.people.get(f"person:{facts['acting_for']}", "")
        told.append(_("代 %(whose)s") % {"whose": whose})
    if facts.get("starts_on"):
        told.append(_("%(day)s 起") % {"day": facts["starts_on"]})
    if facts.get("ends_on"):
        told.append(_("到 %(day)s 为止") % {"day": facts["ends_on"]})
    return "，".join(filter(None, told))


def _duty(facts: dict[str, Any], names: Names) -> str:
    duty = facts.get("duty", "")
    label = str(Duty(duty).label) if duty in Duty.values else str(duty)
    where = names.units.get(facts.get("unit", 0)) or facts.get("place", "")
    return f"{label} {where}".strip()


def _handed(facts: dict[str, Any], names: Names) -> str:
    to = names.people.get(f"person:{facts.get('to')}", "")
    return _("给 %(to)s，%(count)d 项") % {"to": to, "count": facts.get("count", 0)}


ABOUT: dict[str, Callable[[dict[str, Any], Names], str]] = {
    **dict.fromkeys((f"order_{kind}" for kind in UnitChange.Kind.values), _change),
    **dict.fromkeys(UnitChange.Kind.values, _change),
    "undo_change": _change,
    "handed_over": lambda facts, _n: _("%(count)d 件") % {"count": facts.get("cases", 0)},
    "answer_for": lambda facts, _n: _("%(count)d 条") % {"count": facts.get("standards", 0)},
    "appoint": _post,
    "act_for": _post,
    "end_appointment": _post,
    "give_duty": _duty,
    "withdraw_duty": _duty,
    "hand_over": _handed,
}
