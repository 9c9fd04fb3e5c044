"""Changing units from a day on: name, place in the tree, end (机构更名、隶属、停用、并入、拆分).

A change is written down first and takes effect on its day, at once if that is today. Until then
it can be taken back. An ended unit keeps its name and all that happened; its heirs carry on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import moment, record
from shiyu.people import rules
from shiyu.people.actions.taking_effect import take_effect
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Heir, Tier, Unit, UnitChange

HEIRS_MOST = 8


@dataclass(frozen=True, slots=True)
class Share:
    """What one heir takes over: of these places and kinds, with these posts (承接份额)."""

    unit: Unit
    places: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    posts: tuple[int, ...] = ()


@transaction.atomic
def rename_unit(
    unit: Unit, *, name: str, from_on: date, actor: Actor, short_name: str = ""
) -> UnitChange:
    """Give a unit another name from a day on; the old one is kept and still finds it (更名)."""
    unit = _begin(unit, from_on, actor)
    name = name.strip()
    if not name:
        raise Refused(_("填写新名称"), field="name")
    short_name = short_name.strip() or name[:40]
    if (name, short_name) == (unit.name, unit.short_name):
        raise Refused(_("新名称与现在的相同"), field="name")
    return _order(
        unit,
        UnitChange.Kind.RENAME,
        from_on,
        actor,
        name_before=unit.name,
        name_after=name,
        short_after=short_name,
    )


@transaction.atomic
def move_unit(unit: Unit, *, parent: Unit | None, from_on: date, actor: Actor) -> UnitChange:
    """Put a unit under another one from a day on (调整隶属)."""
    unit = _begin(unit, from_on, actor)
    if parent is not None:
        if parent.ended_on is not None:
            raise Refused(_("%(unit)s 已停用") % {"unit": parent}, field="parent")
        if parent.pk == unit.pk or unit.pk in rules.ancestors(parent):
            raise Refused(_("上级不能是它自己或它的下级"), field="parent")
        if Tier.values.index(unit.tier) < Tier.values.index(parent.tier):
            raise Refused(_("层级高于上级机构 %(code)s") % {"code": parent.code}, field="parent")
    if unit.parent_id == (parent.pk if parent else None):
        raise Refused(_("上级没有变"), field="parent")
    kind = UnitChange.Kind.MOVE
    return _order(unit, kind, from_on, actor, parent_before_id=unit.parent_id, parent_after=parent)


@transaction.atomic
def close_unit(unit: Unit, *, from_on: date, actor: Actor) -> UnitChange:
    """End a unit that has nothing open any more (停用); one with open work is merged or split."""
    unit = _begin(unit, from_on, actor)
    _not_an_heir_to_be(unit)
    return _order(unit, UnitChange.Kind.CLOSE, from_on, actor)


@transaction.atomic
def merge_unit(
    unit: Unit, *, into: Unit, from_on: date, actor: Actor, with_posts: bool = True
) -> UnitChange:
    """Let another unit take the place of this one from a day on (并入)."""
    posts = tuple(unit.posts.values_list("pk", flat=True)) if with_posts else ()
    return _end(unit, UnitChange.Kind.MERGE, [Share(into, posts=posts)], from_on, actor)


@transaction.atomic
def split_unit(unit: Unit, *, shares: Sequence[Share], from_on: date, actor: Actor) -> UnitChange:
    """Let several units take the place of this one, by place or kind of case (拆分).

    The shares are asked in their order; the last takes whatever is left, so it names nothing.
    """
    if not 2 <= len(shares) <= HEIRS_MOST:
        raise Refused(_("拆分须有 2 至 %(most)d 个承接机构") % {"most": HEIRS_MOST}, field="heir1")
    if any(not share.places and not share.kinds for share in shares[:-1]):
        raise Refused(_("除最后一个外，每个承接机构写明承接哪些区域或类别"), field="heir1")
    if shares[-1].places or shares[-1].kinds:
        raise Refused(_("最后一个机构承接其余全部，不写区域和类别"), field=f"heir{len(shares)}")
    return _end(unit, UnitChange.Kind.SPLIT, shares, from_on, actor)


@transaction.atomic
def undo_change(change: UnitChange, *, actor: Actor) -> UnitChange:
    """Take back a change before its day, or open a closed unit again (撤销)."""
    actor = rules.require(actor, Duty.SYSTEM_ADMIN)
    unit = Unit.objects.select_for_update().get(pk=change.unit_id)
    change = UnitChange.objects.select_for_update().get(pk=change.pk)
    if change.cancelled_at is not None:
        raise OutOfOrder(_("这项变更已经撤销"))
    if change.applied_at is not None:
        if change.kind != UnitChange.Kind.CLOSE:
            raise OutOfOrder(_("这项变更已经生效，不能撤销；需要改回，另办一项变更"))
        unit.ended_on = None
        unit.save(update_fields=["ended_on"])
    change.cancelled_at = moment()
    change.save(update_fields=["cancelled_at"])
    record(f"unit:{unit.pk}", "undo_change", actor=actor, facts={"change": change.pk})
    return change


def _begin(unit: Unit, from_on: date, actor: Actor, *others: Unit) -> Unit:
    """The unit under lock (with others, by id), if it lives and is not about to end."""
    rules.require(actor, Duty.SYSTEM_ADMIN)
    ids = [unit.pk, *(other.pk for other in others)]
    locked = Unit.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    found = {one.pk: one for one in locked}
    if from_on < timezone.localdate():
        raise Refused(_("生效日期不能早于今天"), field="from_on")
    for one in found.values():
        _lives(one, field="" if one.pk == unit.pk else "heir1")
    return found[unit.pk]


def _lives(unit: Unit, *, field: str) -> None:
    if unit.ended_on is not None:
        raise OutOfOrder(_("%(unit)s 已停用") % {"unit": unit}, field=field)
    ending = unit.changes.filter(kind__in=rules.ENDINGS, cancelled_at=None).first()
    if ending is not None:
        raise OutOfOrder(
            _("%(unit)s 已定于 %(day)s %(kind)s，先撤销那一项")
            % {"unit": unit, "day": ending.from_on, "kind": ending.get_kind_display()},
            field=field,
        )


def _not_an_heir_to_be(unit: Unit) -> None:
    coming = Heir.objects.filter(
        unit=unit, change__applied_at=None, change__cancelled_at=None
    ).select_related("change__unit")
    if first := coming.first():
        text = _("%(unit)s 将由它承接，先撤销那一项")
        raise OutOfOrder(text % {"unit": first.change.unit})


def _end(unit: Unit, kind: str, shares: Sequence[Share], from_on: date, actor: Actor) -> UnitChange:
    heirs = [share.unit for share in shares]
    unit = _begin(unit, from_on, actor, *heirs)
    if len({heir.pk for heir in heirs}) != len(heirs):
        raise Refused(_("同一个机构只能承接一份"), field="heir1")
    for heir in heirs:
        if heir.pk == unit.pk:
            raise Refused(_("承接的须是另一个机构"), field="heir1")
        if heir.kind != unit.kind:
            text = _("%(heir)s 与 %(unit)s 的机构类别不同，不能承接")
            raise Refused(text % {"heir": heir, "unit": unit}, field="heir1")
    _not_an_heir_to_be(unit)
    return _order(unit, kind, from_on, actor, shares=shares)


def _order(
    unit: Unit,
    kind: str,
    from_on: date,
    actor: Actor,
    *,
    shares: Sequence[Share] = (),
    **columns: Any,
) -> UnitChange:
    actor = rules.require(actor, Duty.SYSTEM_ADMIN)
    change = UnitChange.objects.create(
        unit=unit,
        kind=kind,
        from_on=from_on,
        ordered_by_id=actor.id if actor.kind == "person" else None,
        ordered_at=moment(),
        **columns,
    )
    Heir.objects.bulk_create(
        Heir(
            change=change,
            unit=share.unit,
            ordinal=number,
            places=list(share.places),
            kinds=list(share.kinds),
            posts=list(share.posts),
        )
        for number, share in enumerate(shares)
    )
    facts: dict[str, Any] = {"change": change.pk, "from_on": from_on}
    if shares:
        facts["heirs"] = [share.unit.pk for share in shares]
    record(f"unit:{unit.pk}", f"order_{kind}", actor=actor, facts=facts)
    if from_on <= timezone.localdate():
        take_effect(change, actor=actor)
    return change
