"""Who answers for a standard when a unit was merged or split (责任单位随机构变更)."""

from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.catalogue.models import Responsibility, Standard
from shiyu.journal.actions import record
from shiyu.people import following
from shiyu.people.actors import Actor
from shiyu.people.following import Touched
from shiyu.people.models import Heir, Unit, UnitChange


class Responsibilities:
    """The heirs answer for what the old unit answered for; the old rows stay as they were."""

    def touched(self, unit: Unit) -> Sequence[Touched]:
        parts = _current(unit).select_related("standard__kind")[:5]
        names = tuple(part.standard.kind.name for part in parts)
        return [Touched(_("立结案标准中的责任"), _current(unit).count(), names=names)]

    def follow(self, change: UnitChange) -> None:
        for heir in change.heirs.select_related("unit").order_by("ordinal"):
            parts = _current(change.unit).filter(_of_kinds(heir))
            made = Responsibility.objects.bulk_create(
                (
                    Responsibility(
                        standard_id=part.standard_id, tier=part.tier, unit=heir.unit, role=part.role
                    )
                    for part in parts.order_by("pk")
                ),
                ignore_conflicts=True,
            )
            facts = {"change": change.pk, "standards": len(made)}
            actor = Actor.program("unit-changes")
            record(f"unit:{heir.unit_id}", "answer_for", actor=actor, facts=facts)

    def hand_over_some(self, change: UnitChange, most: int) -> int:
        """Nothing here takes long."""
        return 0

    def waiting(self, unit_ids: Collection[int]) -> Collection[int]:
        """Nothing here is open work."""
        return ()


def _current(unit: Unit) -> QuerySet[Responsibility]:
    """Its rows in standards that hold today or later."""
    standards = Standard.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=timezone.localdate())
    )
    return Responsibility.objects.filter(unit=unit, standard__in=standards)


def _of_kinds(heir: Heir) -> Q:
    if not heir.kinds:
        return Q()
    kinds = heir.kinds
    return Q(standard__kind__code__in=kinds) | Q(standard__kind__major_code__in=kinds)


def register() -> None:
    """Let people know who answers for what."""
    following.units.append(Responsibilities())
