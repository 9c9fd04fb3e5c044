"""One condition of a kind at a time: its next version, from a day on (修订立案条件)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.actions.publishing import CARRIED, Named
from shiyu.catalogue.models import Kind, Responsibility, Standard
from shiyu.catalogue.wanted import Wanted
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import record
from shiyu.people.actors import Actor


@transaction.atomic
def add_condition(kind: Kind, wanted: Wanted, *, valid_from: date, actor: Actor) -> Standard:
    """A further condition under which cases of this kind are filed (新增立案条件)."""
    kind = _editing(kind, valid_from, actor=actor)
    standards = Standard.objects.filter(kind=kind)
    ordinal = max((s.ordinal for s in standards), default=0) + 1
    made = _write(kind, wanted, ordinal=ordinal, version=1, valid_from=valid_from)
    _record(made, "add_condition", actor=actor)
    return made


@transaction.atomic
def revise_condition(
    kind: Kind,
    ordinal: int,
    wanted: Wanted,
    *,
    valid_from: date,
    seen: int,
    actor: Actor,
) -> Standard:
    """Publish the next version of a condition; the old one ends the day before (修订立案条件).

    seen  the version the editor was looking at: a newer one is never written over.

    Cases that were filed keep the version they were filed under.

    Raises  OutOfOrder  when somebody has published another version meanwhile.
            Refused     when nothing differs, or the day lies before the newest version's own.
    """
    kind = _editing(kind, valid_from, actor=actor)
    newest = _newest(kind, ordinal)
    if newest.version != seen:
        raise OutOfOrder(
            _("这个条件刚刚有了第 %(version)d 版（%(day)s 起），请看过再改")
            % {"version": newest.version, "day": newest.valid_from.isoformat()}
        )
    if newest.valid_until is None and wanted == Wanted.of(newest):
        raise Refused(_("没有改动"), field="filing_condition")
    _end(newest, valid_from)
    version = newest.version + 1
    made = _write(kind, wanted, ordinal=ordinal, version=version, valid_from=valid_from)
    _record(made, "revise_condition", actor=actor)
    return made


@transaction.atomic
def end_condition(kind: Kind, ordinal: int, *, last_day: date, seen: int, actor: Actor) -> Standard:
    """File no case under a condition after a day (停用立案条件)."""
    kind = _editing(kind, last_day, actor=actor)
    newest = _newest(kind, ordinal)
    if newest.version != seen or newest.valid_until is not None:
        raise OutOfOrder(_("这个条件刚刚改过或已停用，请看过再办"))
    _end(newest, last_day + timedelta(days=1))
    _record(newest, "end_condition", actor=actor, on=last_day)
    return newest


@transaction.atomic
def withdraw_condition(kind: Kind, ordinal: int, *, seen: int, actor: Actor) -> Standard:
    """Take back a version before its day (撤回未生效的版本).

    Nothing is rewritten: a further version says from that day on what held before; of a
    condition that never held, the version ends before it begins.
    """
    rules.must_edit(actor)
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    coming = _newest(kind, ordinal)
    day = coming.valid_from
    if coming.version != seen:
        raise OutOfOrder(_("这个条件刚刚改过或已停用，请看过再办"))
    if day <= timezone.localdate() or coming.valid_until is not None:
        raise OutOfOrder(_("已经生效的版本不能撤回，可以再修订"))
    before = rules.held_before(coming)
    _end(coming, day)
    if before is None:
        _record(coming, "withdraw_condition", actor=actor)
        return coming
    was = Wanted.of(before)
    made = _write(kind, was, ordinal=ordinal, version=coming.version + 1, valid_from=day)
    _record(made, "withdraw_condition", actor=actor)
    return made


def _editing(kind: Kind, day: date, *, actor: Actor) -> Kind:
    """The kind under lock, if this actor may change its conditions from that day on."""
    rules.must_edit(actor)
    if day < timezone.localdate():
        raise Refused(_("日期不能早于今天"), field="valid_from")
    kind = Kind.objects.select_for_update().get(pk=kind.pk)
    if kind.ended_on is not None and kind.ended_on < day:
        raise OutOfOrder(_("“%(kind)s”已停用，先恢复") % {"kind": kind.name})
    return kind


def _newest(kind: Kind, ordinal: int) -> Standard:
    rows = Standard.objects.filter(kind=kind, ordinal=ordinal).order_by("-version")
    found = rows.prefetch_related("responsibilities").first()
    if found is None:
        raise Refused(_("没有这个条件"))
    return found


def _end(standard: Standard, next_from: date) -> None:
    """Let a version end the day before the next begins, never before it began itself."""
    if next_from < standard.valid_from:
        raise Refused(
            _("已有自 %(day)s 起的版本，新版本不能早于它")
            % {"day": standard.valid_from.isoformat()},
            field="valid_from",
        )
    if standard.valid_until is None or standard.valid_until >= next_from:
        standard.valid_until = next_from - timedelta(days=1)
        standard.save(update_fields=["valid_until"])


def _write(kind: Kind, wanted: Wanted, *, ordinal: int, version: int, valid_from: date) -> Standard:
    said: dict[str, Any] = {name: getattr(wanted, name) for name in CARRIED}
    said |= {"limits": dict(wanted.limits), "evidence": list(wanted.evidence)}
    made = Standard.objects.create(
        kind=kind, ordinal=ordinal, version=version, valid_from=valid_from, **said
    )
    _answer(made, wanted.units)
    return made


def _answer(standard: Standard, units: Sequence[Named]) -> None:
    Responsibility.objects.bulk_create(
        Responsibility(standard=standard, unit_id=unit, tier=tier, role=role)
        for unit, tier, role in units
    )


def _record(standard: Standard, verb: str, *, actor: Actor, on: date | None = None) -> None:
    facts = {
        "standard": standard.pk,
        "ordinal": standard.ordinal,
        "version": standard.version,
        "from": standard.valid_from.isoformat(),
    }
    if on is not None:
        facts["on"] = on.isoformat()
    record(f"kind:{standard.kind_id}", verb, actor=actor, facts=facts)
