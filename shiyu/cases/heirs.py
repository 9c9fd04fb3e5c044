"""Which centre stands where one has ended: the heir of a merged or split centre (承接中心)."""

from shiyu.people.models import Heir, Unit, UnitChange
from shiyu.places.models import Place

STEPS_MOST = 10


def centre_in_place(place_number: int, tier: str) -> Unit | None:
    """The living heir of the ended centre of this tier over a place, if there was one."""
    holding = Place.objects.filter(first__lte=place_number, last__gte=place_number)
    ended = UnitChange.objects.filter(
        unit__kind=Unit.Kind.CENTRE,
        unit__tier=tier,
        unit__place_code__in=holding.values("code"),
        applied_at__isnull=False,
        heirs__isnull=False,
    )
    change = ended.order_by("-applied_at").first()
    for _step in range(STEPS_MOST):
        if change is None:
            return None
        unit = heir_at(change, place_number)
        if unit.ended_on is None:
            return unit
        change = UnitChange.objects.filter(
            unit=unit, applied_at__isnull=False, heirs__isnull=False
        ).first()
    return None


def heir_at(change: UnitChange, place_number: int) -> Unit:
    """The heir whose share holds this place, whatever the kind of case; else the last one."""
    heirs = list(Heir.objects.filter(change=change).select_related("unit").order_by("ordinal"))
    codes = {code for heir in heirs for code in heir.places}
    here = Place.objects.filter(code__in=codes, first__lte=place_number, last__gte=place_number)
    holding = set(here.values_list("code", flat=True)) if codes else set()
    return next((h.unit for h in heirs if holding & set(h.places)), heirs[-1].unit)
