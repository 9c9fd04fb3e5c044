"""A condition as an editor wants it, and what differs between two (拟修订条件)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.catalogue.models import Responsibility, Standard
from shiyu.common.errors import Refused
from shiyu.common.worktime import Allowance, Season
from shiyu.people.models import Tier

Named = tuple[int, str, str]  # unit, tier, role

CLOCKS = {
    "accept": gettext_lazy("受理"),
    "filing": gettext_lazy("立案"),
    "dispatch": gettext_lazy("派遣"),
    "sign": gettext_lazy("签收"),
    "verify": gettext_lazy("核查"),
}
EVIDENCE = {
    "before": gettext_lazy("处置前照片"),
    "after": gettext_lazy("处置后照片"),
    "receipt": gettext_lazy("单据或文书"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything the city says of one condition; compared whole.

    handling, limits  allowances in words, as `Allowance.parse` gives them back.
    units             (unit, tier, role), leads first within a tier.
    """

    filing_condition: str
    handling: str
    closing_condition: str = ""
    season_first: str = ""
    season_last: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)
    evidence: Sequence[str] = ("after",)
    legal_basis: str = ""
    collecting: str = ""
    source: str = ""
    units: Sequence[Named] = ()

    @classmethod
    def of(cls, standard: Standard) -> "Wanted":
        """What a version says; reads its responsibilities, prefetched or not."""
        parts = sorted(standard.responsibilities.all(), key=lambda part: part.pk)
        return cls(
            filing_condition=standard.filing_condition,
            handling=standard.handling,
            closing_condition=standard.closing_condition,
            season_first=standard.season_first,
            season_last=standard.season_last,
            limits=dict(standard.limits),
            evidence=tuple(standard.evidence),
            legal_basis=standard.legal_basis,
            collecting=standard.collecting,
            source=standard.source,
            units=tuple((part.unit_id, part.tier, part.role) for part in parts),
        )


def allowance(text: str, field_name: str) -> str:
    """An allowance in the words that every clock reads, e.g. 2紧急工作时.

    Raises  Refused  with what cannot be read, at that field.
    """
    try:
        return str(Allowance.parse(text))
    except ValueError as wrong:
        raise Refused(str(wrong), field=field_name) from None


def season(first: str, last: str) -> tuple[str, str]:
    """Both days of a season as MM-DD, or neither.

    Raises  Refused  when one is missing or is no day of the year.
    """
    if not first and not last:
        return "", ""
    try:
        Season.parse(first, last)
    except ValueError:
        raise Refused(_("季节写起止两天，如 03-01 和 11-30"), field="season_first") from None
    return first, last


def led_once(units: Sequence[Named]) -> None:
    """At each tier one unit leads, and none stands there twice.

    Raises  Refused.
    """
    named = [(unit, tier) for unit, tier, _role in units]
    if len(set(named)) != len(named):
        raise Refused(_("同一层级的同一个单位只写一次"), field="unit_1")
    leads = [tier for _unit, tier, role in units if role == Responsibility.Role.LEAD]
    if len(set(leads)) != len(leads):
        raise Refused(_("同一层级只能有一个主责单位"), field="unit_1")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed, went or came; `change` is "", "gone" or "new"."""

    text: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two versions say differently about one thing (修订对照)."""

    label: str
    pieces: tuple[Piece, ...]


def differences(old: Wanted | None, new: Wanted, names: Mapping[int, str]) -> list[Difference]:
    """What differs, thing by thing, in the order of the form; everything, if there was no old.

    names  of the units that either names.
    """
    before = _said(old, names) if old is not None else {}
    after = _said(new, names)
    return [
        Difference(str(label), _pieces(before.get(label, ""), text))
        for label, text in after.items()
        if before.get(label, "") != text
    ]


def _said(wanted: Wanted, names: Mapping[int, str]) -> dict[str, str]:
    """Every thing it says, as text for a reader."""
    limits = [f"{CLOCKS[name]} {text}" for name, text in wanted.limits.items() if name in CLOCKS]
    units = [
        f"{Tier(tier).label} {Responsibility.Role(role).label} {names.get(unit, '')}"
        for unit, tier, role in wanted.units
    ]
    days = f"{wanted.season_first} – {wanted.season_last}" if wanted.season_first else ""
    return {
        _("立案条件"): wanted.filing_condition,
        _("结案条件"): wanted.closing_condition,
        _("处置时限"): wanted.handling,
        _("季节"): days,
        _("环节时限"): "；".join(limits),
        _("处置凭证"): "、".join(str(EVIDENCE.get(name, name)) for name in wanted.evidence),
        _("责任单位"): "\n".join(units),
        _("法律依据"): wanted.legal_basis,
        _("采集要求"): wanted.collecting,
        _("来源"): wanted.source,
    }


def _pieces(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts woven together; texts with little in common stand one after the other."""
    found = SequenceMatcher(None, old, new, autojunk=False)
    if found.ratio() < 0.4:
        woven = [Piece(old, "gone"), Piece(new, "new")]
    else:
        woven = []
        for change, a, b, c, d in found.get_opcodes():
            if change == "equal":
                woven.append(Piece(old[a:b]))
            else:
                woven += [Piece(old[a:b], "gone"), Piece(new[c:d], "new")]
    return tuple(piece for piece in woven if piece.text)
