"""The numbers of the city's procedure, by versions (流程参数)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.models import Procedure
from shiyu.common.errors import Refused
from shiyu.common.worktime import Allowance
from shiyu.journal.actions import record
from shiyu.people.actors import Actor

CLOCKS = frozenset({"accept", "filing", "dispatch", "sign", "verify"})


@transaction.atomic
def set_procedure(*, valid_from: date, actor: Actor, **numbers: Any) -> Procedure:
    """Publish a new version of the procedure's numbers; what is not named stays (调整流程参数).

    Running cases keep the version they were taken in under.
    """
    rules.must_edit(actor)
    last = Procedure.objects.select_for_update().order_by("-version").first()
    if last is not None and valid_from < last.valid_from:
        told = {"day": last.valid_from.isoformat()}
        raise Refused(_("已有自 %(day)s 起的版本，新版本不能早于它") % told, field="valid_from")
    fields = {f.name for f in Procedure._meta.fields} - {"id", "version", "valid_from"}
    if unknown := numbers.keys() - fields:
        raise Refused(_("没有这些流程参数：%(names)s") % {"names": "、".join(sorted(unknown))})
    _check_limits(numbers.get("limits", {}), str(numbers.get("objection_limit", "")))
    kept = {name: getattr(last, name) for name in fields} if last else {}
    procedure = Procedure(version=last.version + 1 if last else 1, valid_from=valid_from)
    for name, value in (kept | numbers).items():
        setattr(procedure, name, value)
    procedure.save(force_insert=True)
    facts = {"version": procedure.version, "from": valid_from.isoformat()}
    record("catalogue:procedure", "set", actor=actor, facts=facts | {"fields": sorted(numbers)})
    return procedure


def _check_limits(limits: Mapping[str, str], *others: str) -> None:
    """Refuse limits that no clock can read."""
    if unknown := limits.keys() - CLOCKS:
        raise Refused(_("没有这些计时：%(names)s") % {"names": "、".join(sorted(unknown))})
    for words in (*limits.values(), *others):
        try:
            if words:
                Allowance.parse(words)
        except ValueError as wrong:
            raise Refused(str(wrong), field="limits") from None
