"""What the catalogue's pages show, read in as few queries however many rows (页面内容)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.models import Kind, Objection, Procedure, Responsibility, Standard
from shiyu.catalogue.wanted import CLOCKS, Difference, Piece, Wanted, differences
from shiyu.people.models import Unit


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind as a row: what holds of it that day, and whether more is coming."""

    kind: Kind
    conditions: int
    limits: tuple[str, ...]
    leads: tuple[str, ...]
    coming: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition with its versions: the one in force, those to come, those that were."""

    ordinal: int
    now: Standard | None
    coming: Standard | None
    past: tuple[Standard, ...]
    newest: Standard
    objections: tuple[Objection, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.now is None and self.coming is None


def listed(kinds: Sequence[Kind], day: date) -> list[Listed]:
    """Rows of the list of kinds, in two queries."""
    rows = Standard.objects.filter(kind__in=kinds).order_by("ordinal", "version")
    by_kind: dict[int, list[Standard]] = {}
    for standard in rows.prefetch_related("responsibilities__unit"):
        by_kind.setdefault(standard.kind_id, []).append(standard)
    return [_row(kind, by_kind.get(kind.pk, []), day) for kind in kinds]


def condition_rows(kind: Kind, day: date) -> list[Condition]:
    """The conditions of a kind as its page shows them."""
    against = objections_by_condition(kind)
    return [_condition(versions, day, against) for versions in rules.conditions_of(kind)]


def objections_by_condition(kind: Kind) -> dict[int, list[Objection]]:
    """What units hold against each condition of a kind, open ones first, in one query."""
    found: dict[int, list[Objection]] = {}
    rows = rules.objections().filter(standard__kind=kind).exclude(stage="withdrawn")
    for objection in rows.order_by("ended_at", "-id"):
        found.setdefault(objection.standard.ordinal, []).append(objection)
    for each in found.values():
        each.sort(key=lambda o: o.stage != "raised")
    return found


def unit_names(every: Iterable[Wanted | None]) -> dict[int, str]:
    """The names of all units that these conditions name."""
    ids = {unit for wanted in every if wanted for unit, _tier, _role in wanted.units}
    return dict(Unit.objects.filter(pk__in=ids).values_list("pk", "name"))


def compared(old: Standard, new: Standard) -> list[Difference]:
    """What two versions say differently (修订对照)."""
    before, after = Wanted.of(old), Wanted.of(new)
    return differences(before, after, unit_names([before, after]))


def numbers_of(procedure: Procedure) -> list[tuple[str, str]]:
    """The procedure's numbers with their names, in the order of the work."""
    limits = [
        (_("%(clock)s时限") % {"clock": label}, procedure.limits.get(name) or _("不限"))
        for name, label in CLOCKS.items()
    ]
    return [
        *limits,
        (_("派单异议期限"), procedure.objection_limit),
        (_("派遣后可撤回"), _("%(n)d 分钟") % {"n": procedure.recall_minutes}),
        (_("延期最多"), _("%(n)d 次") % {"n": procedure.extensions_most}),
        (_("挂账最长"), _("%(n)d 天") % {"n": procedure.suspension_days_most}),
        (_("“没解决”重办期限"), _("%(n)d 天") % {"n": procedure.reopen_days}),
        (_("依据"), procedure.source or "—"),
    ]


def numbers_changed(
    versions: Sequence[Procedure],
) -> list[tuple[Procedure, list[Difference]]]:
    """Each version with what it changed of the one before; the newest first."""
    found = []
    for procedure, before in zip(versions, [*versions[1:], None], strict=True):
        was = dict(numbers_of(before)) if before else {}
        changed = [
            Difference(label, (Piece(was[label], "gone"), Piece(text, "new")))
            for label, text in numbers_of(procedure)
            if label in was and was[label] != text
        ]
        found.append((procedure, changed))
    return found


def _row(kind: Kind, standards: Sequence[Standard], day: date) -> Listed:
    held = [s for s in standards if s.valid_from <= day <= (s.valid_until or date.max)]
    leads = [
        part.unit.short_name or part.unit.name
        for standard in held
        for part in standard.responsibilities.all()
        if part.role == Responsibility.Role.LEAD
    ]
    return Listed(
        kind,
        len(held),
        tuple(dict.fromkeys(s.handling for s in held)),
        tuple(dict.fromkeys(leads)),
        any(s.valid_from > day and s.valid_until is None for s in standards),
    )


def _condition(
    versions: Sequence[Standard], day: date, against: Mapping[int, Sequence[Objection]]
) -> Condition:
    now = [s for s in versions if s.valid_from <= day <= (s.valid_until or date.max)]
    coming = [s for s in versions if s.valid_from > day and s.valid_until is None]
    shown = {s.pk for s in (*now[:1], *coming[:1])}
    past = tuple(s for s in versions if s.pk not in shown)
    return Condition(
        versions[0].ordinal,
        now[0] if now else None,
        coming[0] if coming else None,
        past,
        versions[0],
        tuple(against.get(versions[0].ordinal, ())),
    )
