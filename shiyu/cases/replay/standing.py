"""Where a case stands, and the steps that brought it there (案件状态)."""

from dataclasses import dataclass, field
from datetime import datetime

from shiyu.cases.lifecycle import Stage

ACTIVE = frozenset({"sent", "signed", "handled"})


@dataclass(frozen=True, slots=True)
class Step:
    """One move as the journal holds it.

    unit    whose part it concerns (sign, object, handle, extend …).
    units   those it adds or names (dispatch, rework, reopen); lead is one of them, or None.
    """

    verb: str
    at: datetime
    actor: str
    unit: int | None = None
    units: tuple[int, ...] = ()
    lead: int | None = None
    outcome: str = ""
    answered: bool = False


@dataclass(slots=True)
class Part:
    """Where one unit's part stands (承办情况)."""

    state: str
    lead: bool
    sent_at: datetime
    signed_at: datetime | None = None
    handled_at: datetime | None = None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


@dataclass(slots=True)
class Standing:
    """Where a case stands after its lines so far (案件状态)."""

    stage: Stage = Stage.REPORTED
    round: int = 1
    outcome: str = ""
    last_at: datetime | None = None
    parts: dict[int, Part] = field(default_factory=dict)
    objectors: set[int] = field(default_factory=set)
    handlers: set[str] = field(default_factory=set)
    extensions: dict[int, int] = field(default_factory=dict)
    extension_asked: set[int] = field(default_factory=set)
    suspension: str = ""  # "", asked, endorsed, used
    suspension_unit: int | None = None
    endorsed_by: str = ""
    void_asked_by: str = ""
    check_open: bool = False
    appeals: dict[int, str] = field(default_factory=dict)
    sent: dict[int, Part] | None = None  # the parts before the last dispatch, for a recall

    @property
    def active(self) -> list[int]:
        """The units whose part goes on."""
        return [unit for unit, part in self.parts.items() if part.active]

    @property
    def gap(self) -> bool:
        """Whether a unit has objected and the desk has not answered."""
        return any(part.state == "objected" for part in self.parts.values())

    @property
    def awaits(self) -> list[str]:
        """Whose answer the case waits for beside its stage (待答复), in a fixed order."""
        found = {
            "appeal": "asked" in self.appeals.values(),
            "check": self.check_open,
            "endorsed": self.suspension == "endorsed",
            "extension": bool(self.extension_asked),
            "objection": self.gap and bool(self.active),
            "suspension": self.suspension == "asked",
            "void": bool(self.void_asked_by),
        }
        return [name for name, waits in found.items() if waits]

    @property
    def lead(self) -> int | None:
        return next((u for u, p in self.parts.items() if p.lead and p.active), None)


def stage_of_parts(standing: Standing) -> Stage:
    """Dispatched until the first unit signs, then handling."""
    states = {standing.parts[u].state for u in standing.active}
    return Stage.DISPATCHED if states <= {"sent"} else Stage.HANDLING
