"""Changes of the tree that is there: another name, another parent, the end of a place (区划调整).

Cases keep the place they happened in. What a place was called and where it belonged is kept in
`Former`; the journal has who and when. Cells are never left without a parent.
"""

from datetime import date

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import record
from shiyu.people.actions.access import follow_places
from shiyu.people.actors import Actor
from shiyu.places import events, rules
from shiyu.places.actions.places import MIRROR, RENUMBER, is_below, lock_map, map_changed, renumber
from shiyu.places.models import Former, Place
from shiyu.places.tree import Interval, NoRoom, number_tree

ORPHANS_NAMED = 20


class Orphaned(OutOfOrder):
    """Closing a place would leave what lies in it without a parent (下级无归属)."""

    def __init__(self, place: Place, children: list[Place]) -> None:
        named = "、".join(child.name for child in children[:ORPHANS_NAMED])
        told = {"name": place.name, "count": len(children), "names": named}
        says = _("%(name)s下面还有 %(count)d 个区域：%(names)s。先选它们归到哪里，再撤销")
        super().__init__(says % told, field="to")
        self.children = children


@transaction.atomic
def rename_place(place: Place, *, name: str, actor: Actor) -> Place:
    """Give a place another name from today on (更名)."""
    rules.must_edit_map(actor)
    place = _held(place)
    name = name.strip()
    if not name:
        raise Refused(_("填写新名称"), field="name")
    if name == place.name:
        raise Refused(_("和现在的名称一样"), field="name")
    if Place.objects.filter(parent=place.parent_id, name=name, closed_on=None).exists():
        raise Refused(_("上级下面已经有叫“%(name)s”的区域") % {"name": name}, field="name")
    _keep(place, "rename")
    place.name, place.pinyin = name[:80], pinyin_key(name)[:200]
    place.save(update_fields=["name", "pinyin"])
    map_changed()
    record(f"place:{place.pk}", "rename", actor=actor, facts={"code": place.code})
    return place


@transaction.atomic
def move_place(place: Place, *, to: Place, actor: Actor) -> Place:
    """Put a place, and all that is in it, below another one from today on (划转).

    Only the numbers of what moves change; cases and scopes follow in the same transaction.
    """
    rules.must_edit_map(actor)
    place, to = _held(place), Place.objects.defer("boundary").get(pk=to.pk)
    _may_lie_in(place, to)
    was = place.parent
    assert was is not None
    _keep(place, "move")
    try:
        _rehang(place, to)
    except NoRoom:
        renumber(Place.objects.get(parent=None), actor=actor)
        place.refresh_from_db(fields=["first", "last"])
        _rehang(place, Place.objects.defer("boundary").get(pk=to.pk))
    map_changed()
    facts = {"code": place.code, "from": was.code, "to": to.code}
    record(f"place:{place.pk}", "move_place", actor=actor, facts=facts)
    return Place.objects.defer("boundary").get(pk=place.pk)


@transaction.atomic
def close_place(place: Place, *, actor: Actor, to: Place | None = None) -> Place:
    """End a place from today on; what lies in it goes to another first (撤销).

    to  the new parent of its children.

    Raises  Orphaned  if there are children and no new parent for them.
    """
    rules.must_edit_map(actor)
    place = _held(place)
    if place.parent_id is None:
        raise Refused(_("不能撤销整个市"))
    children = list(place.children.filter(closed_on=None).order_by("code").defer("boundary"))
    if children and to is None:
        raise Orphaned(place, children)
    if to is not None and to.pk == place.pk:
        raise Refused(_("选另一个区域"), field="to")
    for child in children:
        assert to is not None
        move_place(child, to=to, actor=actor)
    _keep(place, "close")
    place = Place.objects.defer("boundary").get(pk=place.pk)
    place.closed_on = timezone.localdate()
    place.save(update_fields=["closed_on"])
    map_changed()
    facts: dict[str, object] = {"code": place.code, "moved": len(children)}
    if to is not None:
        facts["to"] = to.code
    record(f"place:{place.pk}", "close_place", actor=actor, facts=facts)
    return place


@transaction.atomic
def reopen_place(place: Place, *, actor: Actor) -> Place:
    """Take a closing back (恢复)."""
    rules.must_edit_map(actor)
    lock_map()
    place = Place.objects.select_for_update(of=("self",)).defer("boundary").get(pk=place.pk)
    if place.closed_on is None:
        raise OutOfOrder(_("这个区域没有撤销"))
    if place.parent is not None and place.parent.closed_on is not None:
        raise OutOfOrder(_("上级%(name)s已撤销，先恢复上级") % {"name": place.parent.name})
    _keep(place, "reopen")
    place.closed_on = None
    place.save(update_fields=["closed_on"])
    map_changed()
    record(f"place:{place.pk}", "reopen_place", actor=actor, facts={"code": place.code})
    return place


@transaction.atomic
def take_back(place: Place, *, actor: Actor) -> Place:
    """Undo the last change of a place: its name, its parent or its end (撤回上次变更).

    What was in a closed place stays where it was put.
    """
    rules.must_edit_map(actor)
    place = Place.objects.defer("boundary").get(pk=place.pk)
    last = last_change(place)
    if last is None:
        raise OutOfOrder(_("这个区域没有可以撤回的变更"))
    if last.line == "close":
        made = reopen_place(place, actor=actor)
    elif last.line == "rename":
        made = rename_place(place, name=last.name, actor=actor)
    else:
        assert last.parent is not None
        made = move_place(place, to=last.parent, actor=actor)
    return made


def last_change(place: Place) -> Former | None:
    """The change that would be taken back: of a closed place its end, else what is no end."""
    lines = ["close"] if place.closed_on is not None else ["rename", "move"]
    changes = Former.objects.filter(place=place, line__in=lines)
    return changes.select_related("parent").defer("parent__boundary").first()


def _held(place: Place) -> Place:
    """The place as it stands, with the whole map held; refused if it has ended."""
    lock_map()
    place = Place.objects.select_related("parent").defer("boundary").get(pk=place.pk)
    if place.closed_on is not None:
        raise OutOfOrder(_("%(name)s已撤销") % {"name": place.name})
    return place


def _may_lie_in(place: Place, to: Place) -> None:
    if place.parent_id is None:
        raise Refused(_("市没有上级"), field="to")
    if place.first <= to.first <= place.last:
        raise Refused(_("不能归到自己下面"), field="to")
    if to.closed_on is not None:
        raise Refused(_("%(name)s已撤销") % {"name": to.name}, field="to")
    if to.pk == place.parent_id:
        raise Refused(_("已经属于%(name)s") % {"name": to.name}, field="to")
    if not is_below(place.level, to.level):
        raise Refused(_("%(name)s下面不能设这一级区域") % {"name": to.name}, field="to")


def _keep(place: Place, line: str) -> None:
    today: date = timezone.localdate()
    Former.objects.create(
        place=place, name=place.name, parent_id=place.parent_id, until=today, line=line
    )


def _rehang(place: Place, to: Place) -> None:
    """New numbers for a subtree in what is free at the end of its new parent."""
    moved = list(rules.below(place).order_by("first"))
    at = {row.pk: position for position, row in enumerate(moved, 1)}
    parents = [-1, *(at.get(row.parent_id or 0, 0) for row in moved)]
    parents[1] = 0
    last = to.children.order_by("-last").values_list("last", flat=True).first()
    given = number_tree(parents, Interval(last or to.first, to.last))[1:]
    ids = [row.pk for row in moved]
    with connection.cursor() as cursor:
        cursor.execute(MIRROR, [ids])
        cursor.execute(RENUMBER, [ids, [i.first for i in given], [i.last for i in given]])
    Place.objects.filter(pk=place.pk).update(parent=to)
    numbers = {p.code: (i.first, i.last) for p, i in zip(moved, given, strict=True)}
    follow_places(numbers, actor=Actor.program("places"))
    events.renumbered.send(Place, place_ids=ids)
