"""A revision: drawn up, looked at, published, and the due times of open cases follow (日历修订)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.calendars import events
from shiyu.calendars.actions.versions import (
    days_from,
    lock,
    must_work,
    numbered,
    revised,
    save,
    standing,
)
from shiyu.calendars.models import Retiming, Revision
from shiyu.calendars.rules import (
    CONTENTS,
    contents,
    in_force,
    read_version,
    revisions_of,
    successor,
    version_of,
)
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import moment
from shiyu.people.actors import Actor


@transaction.atomic
def draw_up_hours(
    code: str,
    *,
    actor: Actor,
    valid_from: date,
    hours: Sequence[Sequence[str]],
    weekdays: Iterable[int],
) -> Revision:
    """Prepare other office hours from a day on, to be looked at before publishing (拟定)."""
    changes = {"hours": [list(pair) for pair in hours], "weekdays": sorted(weekdays)}
    return _draw_up(code, Revision.What.HOURS, valid_from, changes, actor=actor)


@transaction.atomic
def draw_up_days(
    code: str,
    *,
    actor: Actor,
    valid_from: date,
    holidays: Iterable[str],
    workdays: Iterable[str],
    published_until: int | None,
) -> Revision:
    """Prepare other holidays and make-up days from a day on, to be looked at first (拟定)."""
    lock(actor)
    changes = days_from(code, valid_from, holidays, workdays, published_until)
    return _draw_up(code, Revision.What.DAYS, valid_from, changes, actor=actor)


@transaction.atomic
def draw_up_undoing(published: Revision, *, actor: Actor) -> Revision:
    """Prepare going back to what a revision changed, to be looked at first (恢复).

    Only the last one of a calendar: after another it would take that one back as well.
    """
    lock(actor)
    last = revisions_of(published.code).first()
    if published.published_at is None or last is None or last.pk != published.pk:
        raise OutOfOrder(_("这次修订之后日历又改过，不能直接恢复。请按现在的日历修订"))
    if read_version() != _version_after(published):
        raise OutOfOrder(_("这次修订之后日历又改过，不能直接恢复。请按现在的日历修订"))
    return Revision.objects.create(
        code=published.code,
        what=Revision.What.BACK,
        first_day=published.first_day,
        versions=published.former,
        former=published.versions,
        based_on=read_version(),
        undoes=published,
        drawn_by_id=_person_of(actor),
    )


@transaction.atomic
def look_ahead(revision: Revision, *, actor: Actor) -> Retiming:
    """Ask for what a revision would do to the due times of open cases (预览影响)."""
    lock(actor)
    if revision.published_at is not None:
        raise OutOfOrder(_("这次修订已经发布"))
    revision.retimings.filter(kind=Retiming.Kind.LOOK).delete()
    run = Retiming.objects.create(
        revision=revision, kind=Retiming.Kind.LOOK, first_day=revision.first_day
    )
    transaction.on_commit(lambda: events.retiming_asked.send(Retiming, pk=run.pk))
    return run


@transaction.atomic
def publish(revision: Revision, *, actor: Actor, turned_late: int | None) -> Revision:
    """Put a revision in force; the due times of open cases follow (发布日历).

    turned_late  how many cases the person was told will turn late: what they confirm.

    Raises  OutOfOrder  while nobody has looked at what it does, or if a calendar changed since.
    """
    lock(actor)
    revision = Revision.objects.select_for_update(of=("self",)).get(pk=revision.pk)
    if revision.published_at is not None:
        raise OutOfOrder(_("这次修订已经发布"))
    if revision.based_on != read_version():
        raise OutOfOrder(_("拟定之后日历又改过。请重新拟定这次修订，再看它的影响"))
    looked = revision.retimings.filter(kind=Retiming.Kind.LOOK).first()
    if looked is None or looked.state != Retiming.State.DONE:
        raise OutOfOrder(_("影响还没有算完，算完再发布"))
    if looked.turned_late and turned_late != looked.turned_late:
        says = _("发布后有 %(count)s 件案件变为超期。确认要发布，填写这个数字")
        raise Refused(says % {"count": looked.turned_late}, field="turned_late")
    there = standing(revision.code)
    for version in revision.versions:
        first = date.fromisoformat(version["valid_from"])
        made = numbered(successor(in_force(there, first), first, contents(version)))
        save(made, actor=actor, fields=_changed(revision))
    revision.published_at = moment()
    revision.save(update_fields=["published_at"])
    _begin_retiming(revision)
    return revision


def _begin_retiming(revision: Revision) -> None:
    run = Retiming.objects.create(
        revision=revision,
        kind=Retiming.Kind.APPLY,
        first_day=revision.first_day,
        version=read_version(),
    )
    transaction.on_commit(lambda: events.retiming_asked.send(Retiming, pk=run.pk))


def _draw_up(
    code: str, what: str, first_day: date, changes: dict[str, Any], *, actor: Actor
) -> Revision:
    lock(actor)
    there = standing(code)
    made = revised(there, first_day, changes)
    for row in made:
        must_work(row)
    first = made[0].valid_from
    before = [successor(in_force(there, r.valid_from), r.valid_from, {}) for r in made]
    if [version_of(row) for row in made] == [version_of(row) for row in before]:
        raise Refused(_("和现在的日历一样，没有要发布的"))
    return Revision.objects.create(
        code=code,
        what=what,
        first_day=first,
        versions=[version_of(row) for row in made],
        former=[version_of(row) for row in before],
        based_on=read_version(),
        drawn_by_id=_person_of(actor),
    )


def _changed(revision: Revision) -> list[str]:
    """The fields in which a revision's versions differ from what stood there."""
    pairs = list(zip(revision.versions, revision.former, strict=True))
    return [name for name in CONTENTS if any(new[name] != old[name] for new, old in pairs)]


def _version_after(revision: Revision) -> int:
    run = revision.retimings.filter(kind=Retiming.Kind.APPLY).first()
    return run.version if run else -1


def _person_of(actor: Actor) -> int | None:
    return actor.id if actor.kind == "person" else None
