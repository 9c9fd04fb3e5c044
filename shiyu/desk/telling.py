"""The story of a case as its page tells it: who did what, when, why, by which rule (办理过程)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shiyu.cases import story
from shiyu.cases.channels import title_of
from shiyu.cases.lifecycle import MOVES, Outcome
from shiyu.cases.models import Rating
from shiyu.catalogue.models import Kind, Standard
from shiyu.desk import reads
from shiyu.journal.models import Line, Remark
from shiyu.places.models import Place

if TYPE_CHECKING:
    from shiyu.desk.situation import Situation

R = TypeVar("R", bound=Model)
NOTES = frozenset({"remark", "urge", "joined", "child_done", "rate", "check_open", "check_done"})
"""What 「只看决定」 hides: it tells, but moves nothing."""

OTHER_TITLES = {
    "report": lambda: _("上报"),
    "joined": lambda: _("并入"),
    "rate": lambda: _("评价"),
    "child_done": lambda: _("分解件办结"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the story."""

    at: datetime
    verb: str
    title: str
    who: str
    to: str
    words: str
    erased: bool
    rule: str

    @property
    def is_note(self) -> bool:
        return self.verb in NOTES


@dataclass(slots=True)
class Named:
    """The records that a story's lines name by id, each kind fetched at once."""

    people: dict[str, str]
    units: dict[int, str]
    remarks: dict[int, Remark]
    standards: dict[int, Standard] = field(default_factory=dict)
    kinds: dict[int, Kind] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    cases: dict[int, str] = field(default_factory=dict)

    def unit(self, pk: Any) -> str:
        return self.units.get(pk, "") if pk else ""

    def list_units(self, pks: Iterable[int]) -> str:
        return "、".join(filter(None, (self.unit(pk) for pk in pks)))


def tell(about: "Situation") -> list[Told]:
    """A case's journal lines for a reader, oldest first."""
    named = _names(about)
    return [_told(line, named) for line in about.lines]


def _told(line: Line, named: Named) -> Told:
    remark = named.remarks.get(line.remark_id) if line.remark_id else None
    erased = bool(line.remark_id) and (remark is None or remark.erased_at is not None)
    who = named.people.get(line.actor, "")
    if whose := line.facts.get("for"):
        who = _("%(name)s 代 %(whose)s") % {"name": who, "whose": named.people.get(whose, "")}
    if unit := named.unit(line.facts.get("unit")) if _acts_for_unit(line.verb) else "":
        who = f"{unit} {who}"
    to = TO[line.verb](line.facts, named) if line.verb in TO else ""
    if line.verb == "report":  # its words stand above, with the report
        remark, who, to = None, to if line.actor.startswith("receipt:") else f"{who}（{to}）", ""
    return Told(
        line.occurred_at,
        line.verb,
        title_of_verb(line.verb),
        who,
        to,
        remark.text if remark and not erased else "",
        erased,
        RULE[line.verb](line.facts, named) if line.verb in RULE else "",
    )


def title_of_verb(verb: str) -> str:
    """The name of a line's verb for a reader."""
    move = MOVES.get(verb)
    if move is not None:
        return str(move.title)
    return OTHER_TITLES[verb]() if verb in OTHER_TITLES else verb


def _acts_for_unit(verb: str) -> bool:
    return verb in MOVES and MOVES[verb].duties == ("handle",)


def _dispatched(facts: dict[str, Any], named: Named) -> str:
    lead = facts.get("lead")
    co = [unit for unit in facts.get("units", ()) if unit != lead]
    parts = []
    if lead:
        parts.append(_("%(unit)s（主责）") % {"unit": named.unit(lead)})
    if co:
        parts.append(_("%(units)s（协办）") % {"units": named.list_units(co)})
    return "、".join(parts)


def _corrected(facts: dict[str, Any], named: Named) -> str:
    changes = []
    if "address" in facts.get("fields", ()):
        changes.append(_("地址"))
    if "place" in facts:
        places = [named.places.get(facts.get(key, 0)) for key in ("old_place", "place")]
        changes.append(" → ".join(str(place) for place in places if place))
    if "kind" in facts:
        kinds = [named.kinds.get(facts.get(key, 0)) for key in ("old_kind", "kind")]
        changes.append(" → ".join(str(kind) for kind in kinds if kind))
    return "、".join(changes)


def _rated(facts: dict[str, Any], _named: Named) -> str:
    solved = facts.get("solved", "")
    words = [str(Rating.Solved(solved).label)] if solved in Rating.Solved.values else []
    if facts.get("satisfaction") in Rating.Satisfaction.values:
        words.append(str(Rating.Satisfaction(facts["satisfaction"]).label))
    return "，".join(words)


def _suspended(facts: dict[str, Any], _named: Named) -> str:
    until = date.fromisoformat(facts["until"])
    return _("至 %(day)s") % {"day": date_format(until, "Y-m-d")} if until else ""


def _closed(facts: dict[str, Any], _named: Named) -> str:
    outcome = facts.get("outcome", "")
    return str(Outcome(outcome).label) if outcome in Outcome.values else ""


def _case(key: str) -> Callable[[dict[str, Any], Named], str]:
    return lambda facts, named: named.cases.get(facts.get(key, 0), "")


def _unit(facts: dict[str, Any], named: Named) -> str:
    return named.unit(facts.get("unit"))


TO: dict[str, Callable[[dict[str, Any], Named], str]] = {
    "report": lambda facts, _named: title_of(str(facts.get("channel", ""))),
    "dispatch": _dispatched,
    "rework": lambda facts, named: named.list_units(facts.get("units", ())),
    "reopen": lambda facts, named: named.list_units(facts.get("units", ())),
    "escalate": lambda facts, named: named.unit(facts.get("centre")),
    "hand_over": lambda facts, named: (
        f"{named.unit(facts.get('unit'))} → {named.list_units(facts.get('units', ()))}"
    ),
    "extend": _unit,
    "refuse_extension": _unit,
    "exempt": _unit,
    "refuse_appeal": _unit,
    "suspend": _suspended,
    "correct": _corrected,
    "close": _closed,
    "import_close": _closed,
    "merge": _case("into"),
    "joined": _case("case"),
    "child_done": _case("child"),
    "split": lambda facts, named: "、".join(
        filter(None, (named.cases.get(pk, "") for pk in facts.get("children", ())))
    ),
    "check_done": lambda facts, _named: _("属实") if facts.get("found") else _("不属实"),
    "rate": _rated,
}


def _filed(facts: dict[str, Any], named: Named) -> str:
    standard = named.standards.get(facts.get("standard", 0))
    if standard is None:
        return ""
    return _("立结案标准「%(kind)s」第 %(ordinal)d 条 V%(version)d，处置限 %(limit)s") % {
        "kind": standard.kind,
        "ordinal": standard.ordinal,
        "version": standard.version,
        "limit": standard.handling,
    }


RULE: dict[str, Callable[[dict[str, Any], Named], str]] = {"file": _filed}


def _names(about: "Situation") -> Named:
    """What the lines name; what the case itself has at hand is not asked for again."""
    case, asides = about.case, about.asides
    facts = [line.facts for line in about.lines]
    others = reads.refs_in(about.lines) - asides.people.keys()
    cases = reads.ids_in(facts, *reads.CASES_NAMED)
    standards = Standard.objects.select_related("kind")
    return Named(
        asides.people | story.names_of(others),
        asides.units,
        about.remarks,
        _some(standards, reads.ids_in(facts, "standard"), case.standard),
        _some(Kind.objects.all(), reads.ids_in(facts, "kind", "old_kind"), case.kind),
        _some(
            Place.objects.defer("boundary"), reads.ids_in(facts, "place", "old_place"), case.place
        ),
        {pk: about.others.get(pk) or _("另一案件") for pk in cases},
    )


def _some(records: QuerySet[R], ids: set[int], at_hand: R | None) -> dict[int, R]:
    """These records by id, the one at hand without a query."""
    known = {at_hand.pk: at_hand} if at_hand is not None and at_hand.pk in ids else {}
    missing = ids - known.keys()
    return known | (records.in_bulk(missing) if missing else {})
