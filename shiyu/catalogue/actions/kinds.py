"""Kinds: making, changing and ending them, and the list of items admitted to the grid (小类)."""

import re
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.draft import CATEGORY_DIGITS
from shiyu.catalogue.models import Kind
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import record
from shiyu.people.actors import Actor

LONGEST = {"name": 120, "major_name": 80}
CODE = re.compile(r"[0-9A-Za-z]{1,9}")


@transaction.atomic
def admit(kind: Kind, *, actor: Actor) -> Kind:
    """Put a kind on the list of items admitted to the grid (准入)."""
    rules.must_edit(actor)
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    if kind.in_grid:
        raise OutOfOrder(_("“%(kind)s”已在入格事项清单中") % {"kind": kind.name})
    kind.in_grid, kind.not_in_grid_because = True, ""
    kind.save(update_fields=["in_grid", "not_in_grid_because"])
    record(f"kind:{kind.pk}", "admit", actor=actor, facts={"code": kind.code})
    return kind


@transaction.atomic
def keep_out(kind: Kind, *, because: str, actor: Actor) -> Kind:
    """Take a kind off that list, or keep it off, with the reason (不予准入)."""
    rules.must_edit(actor)
    because = because.strip()
    if not because:
        raise Refused(_("写明不入格的原因，如“涉及执法权，网格员无权处理”"), field="because")
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    kind.in_grid, kind.not_in_grid_because = False, because[:200]
    kind.save(update_fields=["in_grid", "not_in_grid_because"])
    record(f"kind:{kind.pk}", "keep_out", actor=actor, facts={"code": kind.code})
    return kind


@transaction.atomic
def create_kind(
    *,
    category: str,
    major_code: str,
    major_name: str,
    minor_code: str,
    name: str,
    actor: Actor,
    settles: bool = False,
    for_public: bool = True,
) -> Kind:
    """A new kind, kept out of the grid until it is admitted (新增小类)."""
    rules.must_edit(actor)
    for field, text in (("major_code", major_code), ("minor_code", minor_code)):
        if not CODE.fullmatch(text):
            raise Refused(_("代码用字母和数字，最多 9 位"), field=field)
    code = f"{CATEGORY_DIGITS[category]}{major_code}{minor_code}"
    if Kind.objects.filter(code=code).exists():
        raise Refused(_("代码 %(code)s 已有小类在用") % {"code": code}, field="minor_code")
    kind = Kind.objects.create(
        code=code,
        name=_named(name, "name"),
        pinyin=pinyin_key(name)[:240],
        category=category,
        major_code=major_code,
        major_name=_named(major_name, "major_name"),
        in_grid=False,
        not_in_grid_because=_("新增小类，尚未准入"),
        settles=settles,
        for_public=for_public,
    )
    record(f"kind:{kind.pk}", "create", actor=actor, facts={"code": code})
    return kind


@transaction.atomic
def change_kind(
    kind: Kind, *, name: str, major_name: str, settles: bool, for_public: bool, actor: Actor
) -> Kind:
    """Rename a kind, or change who may settle or choose it (更改小类); its code stays."""
    rules.must_edit(actor)
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    wanted = {
        "name": _named(name, "name"),
        "major_name": _named(major_name, "major_name"),
        "settles": settles,
        "for_public": for_public,
    }
    fields = [field for field, value in wanted.items() if getattr(kind, field) != value]
    if not fields:
        raise Refused(_("没有改动"), field="name")
    facts: dict[str, object] = {"code": kind.code, "fields": fields}
    if "name" in fields:
        facts |= {"was": kind.name, "name": wanted["name"]}
    for field, value in wanted.items():
        setattr(kind, field, value)
    kind.pinyin = pinyin_key(kind.name)[:240]
    kind.save()
    record(f"kind:{kind.pk}", "change", actor=actor, facts=facts)
    return kind


@transaction.atomic
def end_kind(kind: Kind, *, on: date, actor: Actor) -> Kind:
    """Let no new case be given this kind after a day; old ones keep it (停用小类)."""
    rules.must_edit(actor)
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    kind.ended_on = on
    kind.save(update_fields=["ended_on"])
    record(f"kind:{kind.pk}", "end", actor=actor, facts={"code": kind.code, "on": on.isoformat()})
    return kind


@transaction.atomic
def take_up_kind(kind: Kind, *, actor: Actor) -> Kind:
    """Let a kind that was ended be given again (恢复小类)."""
    rules.must_edit(actor)
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    if kind.ended_on is None:
        raise OutOfOrder(_("“%(kind)s”没有停用") % {"kind": kind.name})
    kind.ended_on = None
    kind.save(update_fields=["ended_on"])
    record(f"kind:{kind.pk}", "take_up", actor=actor, facts={"code": kind.code})
    return kind


def _named(text: str, field: str) -> str:
    """A name as it is kept: on one line, neither empty nor too long."""
    name = " ".join(text.split())
    if not name:
        raise Refused(_("填写名称"), field=field)
    most = LONGEST[field]
    if len(name) > most:
        raise Refused(_("名称最多 %(most)d 字") % {"most": most}, field=field)
    return name
