"""Filters kept under a name, and how one's lists look (常用筛选、列表样式)."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases import story
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk.models import Layout, Saved
from shiyu.desk.queues import Queue
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

NAME_MOST = 30
KEPT_MOST = 30


@transaction.atomic
def keep(
    here: Queue,
    *,
    name: str,
    filters: Mapping[str, str],
    columns: Sequence[str],
    dense: bool,
    shared: bool,
    opens_first: bool,
    actor: Actor,
) -> Saved:
    """Keep a list as it is now under a name (存为常用)."""
    mine = Saved.objects.select_for_update().filter(person=actor.id, deleted_at__isnull=True)
    count = len(mine)
    if count >= KEPT_MOST:
        raise Refused(_("最多存 %(most)d 个，先删掉不用的") % {"most": KEPT_MOST})
    kept = Saved(
        person_id=actor.id,
        name=_name(name),
        queue=here.name,
        filters=dict(filters),
        columns=list(columns),
        dense=dense,
        place=count,
        unit=_unit_of(actor) if shared else None,
    )
    if opens_first:
        mine.update(opens_first=False)
        kept.opens_first = True
    kept.save()
    record(f"saved:{kept.pk}", "keep", actor=actor, facts={"shared": shared})
    return kept


@transaction.atomic
def rename(kept: Saved, name: str, *, actor: Actor) -> None:
    """Call it otherwise (改名)."""
    kept = _mine(kept, actor)
    kept.name = _name(name)
    kept.save(update_fields=["name"])


@transaction.atomic
def move(kept: Saved, *, by: int, actor: Actor) -> None:
    """Put it before the one above, or after the one below (调整次序)."""
    mine = list(Saved.objects.select_for_update().filter(person=actor.id, deleted_at__isnull=True))
    at = next((n for n, one in enumerate(mine) if one.pk == kept.pk), None)
    if at is None:
        raise NotAllowed(_("只能改自己存的"))
    to = min(max(at + by, 0), len(mine) - 1)
    mine.insert(to, mine.pop(at))
    for place, one in enumerate(mine):
        one.place = place
    Saved.objects.bulk_update(mine, ["place"])


@transaction.atomic
def open_first(kept: Saved, *, actor: Actor) -> None:
    """Let the desk open with it, or no more (打开工作台时先看)."""
    kept = _mine(kept, actor)
    was = kept.opens_first
    Saved.objects.filter(person=actor.id, opens_first=True).update(opens_first=False)
    kept.opens_first = not was
    kept.save(update_fields=["opens_first"])


@transaction.atomic
def share(kept: Saved, *, actor: Actor) -> None:
    """Show it to the people of one's unit, or to oneself alone again (本单位共用)."""
    kept = _mine(kept, actor)
    kept.unit = None if kept.unit_id else _unit_of(actor)
    kept.save(update_fields=["unit"])
    record(f"saved:{kept.pk}", "share", actor=actor, facts={"unit": kept.unit_id})


@transaction.atomic
def delete(kept: Saved, *, actor: Actor) -> None:
    """Take it out of the menu; it can be brought back (删除)."""
    kept = _mine(kept, actor)
    kept.deleted_at, kept.opens_first = timezone.now(), False
    kept.save(update_fields=["deleted_at", "opens_first"])
    record(f"saved:{kept.pk}", "delete", actor=actor)


@transaction.atomic
def restore(kept: Saved, *, actor: Actor) -> None:
    """Bring it back (恢复)."""
    kept = _mine(kept, actor)
    kept.deleted_at = None
    kept.save(update_fields=["deleted_at"])
    record(f"saved:{kept.pk}", "restore", actor=actor)


@transaction.atomic
def lay_out(columns: Sequence[str], *, dense: bool, actor: Actor) -> None:
    """Remember which columns this person's lists show, and how closely (列和密度)."""
    said = {"columns": list(columns), "dense": dense}
    Layout.objects.update_or_create(person_id=actor.id, defaults=said)


def _mine(kept: Saved, actor: Actor) -> Saved:
    kept = Saved.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    if actor.kind != "person" or kept.person_id != actor.id:
        raise NotAllowed(_("只能改自己存的"))
    return kept


def _name(text: str) -> str:
    clean = " ".join(story.plain(text).split())
    if not clean:
        raise Refused(_("起个名字，比如「本街道超期」"), field="name")
    if len(clean) > NAME_MOST:
        raise Refused(_("名字最多 %(most)d 字") % {"most": NAME_MOST}, field="name")
    return clean


def _unit_of(actor: Actor) -> Unit:
    units = {scope.unit_id for scope in actor.held}
    found = Unit.objects.filter(pk__in=units).order_by("pk").first()
    if found is None:
        raise Refused(_("您还没有单位，不能共用"), field="shared")
    return found
