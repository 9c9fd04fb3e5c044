"""The story of a case: journal lines as steps, and as sentences for a reader (办理过程)."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.journal.models import Line
from shiyu.people.models import Person

OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")
name_givers: list[Callable[[Iterable[str]], dict[str, str]]] = []
"""Who knows the names of other actors than people: added by modules above when they start."""
STEPS = MOVES.keys() | {"report"}
"""Verbs that are steps; others (joined, rate, child_done) only tell."""


def lines_of(case: Case) -> list[Line]:
    """A case's journal lines, oldest first."""
    lines = Line.objects.filter(subject=case.subject, recorded_at__gte=case.taken_in_at)
    return list(lines.order_by("id"))


def steps_of(case: Case) -> list[Step]:
    """A case's lines as steps of the procedure."""
    return [step_of(line) for line in lines_of(case) if line.verb in STEPS]


class Told(Protocol):
    """What a step is read from: a line, or its columns alone."""

    @property
    def verb(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...
    @property
    def remark_id(self) -> int | None: ...


def step_of(line: Told) -> Step:
    """One journal line as a step."""
    facts = line.facts
    return Step(
        line.verb,
        line.occurred_at,
        line.actor,
        facts.get("unit"),
        tuple(facts.get("units", ())),
        facts.get("lead"),
        facts.get("outcome", ""),
        line.remark_id is not None or bool(facts.get("answered")),
    )


def facts_of(step: Step) -> dict[str, Any]:
    """What the journal line of a step holds, so that `step_of` gives it back."""
    facts: dict[str, Any] = {}
    if step.unit is not None:
        facts["unit"] = step.unit
    if step.units:
        facts["units"] = list(step.units)
    if step.lead is not None:
        facts["lead"] = step.lead
    if step.outcome:
        facts["outcome"] = step.outcome
    return facts


def first_facts(case: Case) -> dict[str, Any]:
    """What the line of a report holds of the case as it was taken in."""
    facts = {"channel": case.channel, "place": case.place_id, "centre": case.centre_id}
    return facts | ({"kind": case.kind_id} if case.kind_id else {})


def last_move(case: Case) -> tuple[str, str, str]:
    """Who made the last move, at what local time, and its name."""
    line = lines_of(case)[-1]
    when = timezone.localtime(line.occurred_at).strftime("%H:%M")
    move = MOVES.get(line.verb)
    title = str(move.title) if move else _("上报")
    return names_of([line.actor]).get(line.actor, ""), when, title


def names_of(refs: Iterable[str]) -> dict[str, str]:
    """The names behind the journal's actors, in one query."""
    refs = set(refs)
    ids = [int(ref.split(":")[1]) for ref in refs if ref.startswith("person:")]
    names = {f"person:{pk}": name for pk, name in _people(ids)}
    if refs - names.keys():
        for named in name_givers:
            names |= named(refs - names.keys())
    for ref in refs - names.keys():
        names[ref] = _("上报人") if ref.startswith("receipt:") else _("系统")
    return names


def _people(ids: list[int]) -> Iterable[tuple[int, str]]:
    return Person.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()


def plain(text: str) -> str:
    """Text as it may be kept and shown: NFC, without control signs and direction overrides."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (
        c
        for c in unicodedata.normalize("NFC", text)
        if c not in OVERRIDES and (c == "\n" or not unicodedata.category(c).startswith("C"))
    )
    return "".join(kept).strip()
