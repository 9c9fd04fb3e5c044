"""Every move: what its request asks for, and the action that makes it (办理方式)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from shiyu.api.v1.shapes import In
from shiyu.api.v1.texts import CaseNumber, Code, Lat, Lon, PhotoIds, Short, Text, Words
from shiyu.cases import actions

Codes = Annotated[list[Code], Field(max_length=20)]


class Bare(In):
    """Nothing more is asked."""


class Note(In):
    """Words, if any."""

    reason: Text = ""


class Reason(In):
    """Words are owed."""

    reason: Words


class Dismiss(Reason):
    instead: Short = ""


class Merge(Note):
    into: CaseNumber


class Settle(Note):
    kind: Code
    before: PhotoIds = []
    after: PhotoIds


class File(Note):
    standard: Annotated[int, Field(ge=1, le=2**31)] | None = None
    kind: Code | None = None


class Dispatch(Note):
    lead: Code | None = None
    co: Codes = []


class OfUnit(In):
    unit: Code | None = None


class UnitReason(OfUnit):
    reason: Words


class NamedUnit(Note):
    unit: Code


class NamedUnitReason(Reason):
    unit: Code


class Part(In):
    """One child of an order: for a place, a unit's own place, or a point."""

    text: Words
    place: Code
    address: Short = ""
    kind: Code | None = None


class Split(Note):
    unit: Code | None = None
    parts: Annotated[list[Part], Field(min_length=1, max_length=50)]


class Suspend(Note):
    until: date


class Handle(UnitReason):
    photos: PhotoIds = []


class Rework(Reason):
    units: Codes = []
    photos: PhotoIds = []


class Verify(Note):
    photos: PhotoIds = []


class Close(Note):
    outcome: Literal["fixed", "partly", "not_fixable", "not_ours", "not_found"]


class Correct(Reason):
    address: Short | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    kind: Code | None = None


class Checked(Reason):
    found: bool
    photos: PhotoIds = []


@dataclass(frozen=True, slots=True)
class Way:
    """How one move is made: what it asks for, and the action that makes it."""

    shape: type[In]
    act: Callable[..., Any]
    own_unit: bool = False


WAYS: dict[str, Way] = {
    "accept": Way(Note, actions.accept),
    "dismiss": Way(Dismiss, actions.dismiss),
    "merge": Way(Merge, actions.merge),
    "settle": Way(Settle, actions.settle),
    "file": Way(File, actions.file),
    "escalate": Way(Reason, actions.escalate),
    "dispatch": Way(Dispatch, actions.dispatch),
    "recall": Way(Bare, actions.recall),
    "object": Way(UnitReason, actions.object_, own_unit=True),
    "sign": Way(OfUnit, actions.sign, own_unit=True),
    "split": Way(Split, actions.split, own_unit=True),
    "ask_extension": Way(UnitReason, actions.ask_extension, own_unit=True),
    "extend": Way(NamedUnit, actions.extend),
    "refuse_extension": Way(NamedUnitReason, actions.refuse_extension),
    "ask_suspension": Way(UnitReason, actions.ask_suspension, own_unit=True),
    "endorse_suspension": Way(Note, actions.endorse_suspension),
    "suspend": Way(Suspend, actions.suspend),
    "refuse_suspension": Way(Reason, actions.refuse_suspension),
    "resume": Way(Note, actions.resume),
    "handle": Way(Handle, actions.handle, own_unit=True),
    "rework": Way(Rework, actions.rework),
    "verify": Way(Verify, actions.verify),
    "close": Way(Close, actions.close),
    "reopen": Way(Reason, actions.reopen),
    "withdraw": Way(Reason, actions.withdraw),
    "ask_void": Way(Reason, actions.ask_void),
    "void": Way(Note, actions.void),
    "remark": Way(Reason, actions.remark),
    "urge": Way(Note, actions.urge),
    "correct": Way(Correct, actions.correct),
    "check_open": Way(Note, actions.check_open),
    "check_done": Way(Checked, actions.check_done),
    "appeal": Way(UnitReason, actions.appeal, own_unit=True),
    "exempt": Way(NamedUnit, actions.exempt),
    "refuse_appeal": Way(NamedUnitReason, actions.refuse_appeal),
}
"""Every move of the lifecycle but the importer's own."""

ALONE = frozenset({"merge", "settle", "split"})
"""Moves that read what they have just written: never together with others."""
