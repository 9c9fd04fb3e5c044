"""Bringing the catalogue to what a file says (发布立结案标准)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.draft import Draft
from shiyu.catalogue.models import Kind, Responsibility, Standard
from shiyu.common.errors import Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.common.sheets import Outcome, Reject
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

CARRIED = (
    "filing_condition",
    "closing_condition",
    "handling",
    "season_first",
    "season_last",
    "limits",
    "evidence",
    "legal_basis",
    "collecting",
    "source",
)
Named = tuple[int, str, str]  # unit, tier, role


@transaction.atomic
def publish_standards(
    drafts: Sequence[Draft],
    *,
    valid_from: date,
    actor: Actor,
    units: Mapping[str, Unit] | None = None,
) -> Outcome:
    """Bring the catalogue to what a file says, from a day on (发布立结案标准).

    A condition that changed gets a new version and the old one ends the day before; what did not
    change is left alone; conditions of a kind that the file no longer has come to an end. Kinds
    that the file does not speak of stay.

    units   whom a name in the file means; the unknown are left out and noted.

    Raises  Refused  if a newer version than `valid_from` is already published.
    """
    rules.must_edit(actor)
    outcome = Outcome(read=len(drafts), applied=True)
    known = units or {}
    by_kind: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_kind.setdefault(draft.kind_code, []).append(draft)
    kinds = _kinds(by_kind, actor=actor)
    current = _current(kinds)
    fresh: list[tuple[Standard, list[Named]]] = []
    for code, wanted in by_kind.items():
        have = current.get(code, [])
        fresh += _versions(kinds[code], wanted, have, valid_from, known, outcome)
    _write(fresh)
    outcome.notes += _unknown_units(drafts, known)
    if outcome.added or outcome.changed or outcome.ended:
        facts = {
            "from": valid_from.isoformat(),
            "added": outcome.added,
            "changed": outcome.changed,
            "ended": outcome.ended,
        }
        record("catalogue:standards", "publish", actor=actor, facts=facts)
    return outcome


def _kinds(by_kind: Mapping[str, Sequence[Draft]], *, actor: Actor) -> dict[str, Kind]:
    """Kinds by code, made or renamed as the file has them."""
    kinds = {k.code: k for k in Kind.objects.select_for_update().filter(code__in=by_kind)}
    for code, drafts in by_kind.items():
        first = drafts[0]
        kind = kinds.get(code) or Kind(code=code, category=first.category)
        was = (kind.name, kind.major_name) if kind.pk else None
        kind.name, kind.major_name = first.minor_name, first.major_name
        kind.major_code, kind.pinyin = first.major_code, pinyin_key(first.minor_name)[:240]
        flags = _flags(kind, first)
        if was != (kind.name, kind.major_name) or flags:
            kind.save()
            verb = "create" if was is None else "change"
            record(f"kind:{kind.pk}", verb, actor=actor, facts={"code": code})
        kinds[code] = kind
    return kinds


def _flags(kind: Kind, draft: Draft) -> bool:
    """Take over what the file says of the kind as a whole; whether anything changed."""
    before = (kind.for_public, kind.settles, kind.in_grid, kind.not_in_grid_because)
    if draft.for_public is not None:
        kind.for_public = draft.for_public
    if draft.settles is not None:
        kind.settles = draft.settles
    if draft.in_grid is not None:
        kind.in_grid = draft.in_grid
        kind.not_in_grid_because = "" if draft.in_grid else draft.not_in_grid_because
    return before != (kind.for_public, kind.settles, kind.in_grid, kind.not_in_grid_because)


def _current(kinds: Mapping[str, Kind]) -> dict[str, list[Standard]]:
    """The newest version of each condition of these kinds, with its responsibilities."""
    rows = Standard.objects.filter(kind__in=kinds.values()).select_related("kind")
    newest: dict[tuple[str, int], Standard] = {}
    for standard in rows.order_by("version").prefetch_related("responsibilities"):
        newest[standard.kind.code, standard.ordinal] = standard
    current: dict[str, list[Standard]] = {}
    for (code, _ordinal), standard in sorted(newest.items()):
        current.setdefault(code, []).append(standard)
    return current


def _versions(
    kind: Kind,
    drafts: Sequence[Draft],
    current: Sequence[Standard],
    valid_from: date,
    units: Mapping[str, Unit],
    outcome: Outcome,
) -> list[tuple[Standard, list[Named]]]:
    """New versions of a kind's conditions, unsaved, with their units; ends what they replace."""
    live = [standard for standard in current if standard.valid_until is None]
    pairs = _paired(drafts, live)
    highest = max((standard.ordinal for standard in current), default=0)
    fresh: list[tuple[Standard, list[Named]]] = []
    for draft, old in pairs:
        named = _named(draft, units)
        if old is not None and _same(draft, old) and named == _named_before(old):
            outcome.unchanged += 1
            continue
        if old is None:
            highest += 1
            outcome.added += 1
        else:
            _end(old, valid_from)
            outcome.changed += 1
        ordinal, version = (old.ordinal, old.version + 1) if old else (highest, 1)
        fresh.append((_standard(kind, draft, ordinal, version, valid_from), named))
    replaced = {old.pk for _draft, old in pairs if old is not None}
    for gone in (standard for standard in live if standard.pk not in replaced):
        _end(gone, valid_from)
        outcome.ended += 1
    return fresh


def _paired(
    drafts: Sequence[Draft], live: Sequence[Standard]
) -> list[tuple[Draft, Standard | None]]:
    """Each draft with the condition it continues: of the same words, else the next left over."""
    by_words = {standard.filing_condition: standard for standard in live}
    same = {id(d): by_words[d.filing_condition] for d in drafts if d.filing_condition in by_words}
    taken = {standard.pk for standard in same.values()}
    left = [standard for standard in live if standard.pk not in taken]
    pairs: list[tuple[Draft, Standard | None]] = []
    for draft in drafts:
        old = same.get(id(draft)) or (left.pop(0) if left else None)
        pairs.append((draft, old))
    return pairs


def _same(draft: Draft, standard: Standard) -> bool:
    return all(_plain(getattr(draft, name)) == getattr(standard, name) for name in CARRIED)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _end(standard: Standard, valid_from: date) -> None:
    """Let a version end the day before the next begins."""
    if valid_from < standard.valid_from:
        told = {"kind": standard.kind.name, "day": standard.valid_from.isoformat()}
        raise Refused(_("“%(kind)s”已有自 %(day)s 起的版本，新版本不能早于它") % told)
    standard.valid_until = valid_from - timedelta(days=1)
    standard.save(update_fields=["valid_until"])


def _standard(kind: Kind, draft: Draft, ordinal: int, version: int, valid_from: date) -> Standard:
    said = {name: _plain(getattr(draft, name)) for name in CARRIED}
    return Standard(kind=kind, ordinal=ordinal, version=version, valid_from=valid_from, **said)


def _write(fresh: Sequence[tuple[Standard, list[Named]]]) -> None:
    Standard.objects.bulk_create(standard for standard, _units in fresh)
    Responsibility.objects.bulk_create(
        Responsibility(standard=standard, unit_id=unit, tier=tier, role=role)
        for standard, named in fresh
        for unit, tier, role in named
    )


def _named(draft: Draft, units: Mapping[str, Unit]) -> list[Named]:
    """Known units of a draft: the first responsible one of each tier leads, others help."""
    named: dict[tuple[int, str], Named] = {}
    leads: set[str] = set()
    role = Responsibility.Role
    for owed in sorted(draft.owed, key=lambda o: ["lead", "co", "watch"].index(o.role)):
        unit = units.get(owed.name)
        if unit is None:
            continue
        tier = owed.tier or unit.tier
        part = role(owed.role)
        if part == role.LEAD and tier in leads:
            part = role.CO
        if (unit.pk, tier) not in named:
            leads |= {tier} if part == role.LEAD else set()
            named[unit.pk, tier] = (unit.pk, tier, part.value)
    return list(named.values())


def _named_before(standard: Standard) -> list[Named]:
    parts = sorted(standard.responsibilities.all(), key=lambda part: part.pk)
    return [(part.unit_id, part.tier, part.role) for part in parts]


def _unknown_units(drafts: Sequence[Draft], units: Mapping[str, Unit]) -> list[Reject]:
    """One note for each name that is no unit of this city, with the rows that use it."""
    rows: dict[str, list[int]] = {}
    for draft in drafts:
        for owed in draft.owed:
            if owed.name not in units:
                rows.setdefault(owed.name, []).append(draft.row)
    said = _("责任单位“%(name)s”不在机构表中（共 %(count)d 行），该项责任未记")
    return [
        Reject(used[0], said % {"name": name, "count": len(used)}) for name, used in rows.items()
    ]
