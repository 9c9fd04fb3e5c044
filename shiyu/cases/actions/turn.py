"""One turn at a case: lock, may, stage, write, journal, notice (办理一步).

Every move of a case goes through `begin` and `Turn.finish`; the actions beside this file add
only their own rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import events, rules, story, timing
from shiyu.cases.actions import rehearsal, tell
from shiyu.cases.gathered import Gathered, gather
from shiyu.cases.happened import happened, write
from shiyu.cases.judged import Took, took
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.parts import follow, stand
from shiyu.cases.replay import Standing, Step, apply
from shiyu.common import ready, together
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import announce, record, write_remark
from shiyu.journal.models import Remark
from shiyu.people.actors import Actor

REASON_MOST = 2000
STANDING = (
    *("stage", "round", "outcome", "awaits", "last_at", "closed_at", "version"),
    *("clock", "due_at", "yellow_at", "paused"),
)
"""What every move may change of a case: `parts.stand` and `timing.refresh`."""


@dataclass(slots=True)
class Turn:
    """A case under lock, with all that its next move needs.

    now    the database's clock after the lock, never before the case's last line.
    parts  its assignments by unit, as they are written.
    """

    case: Case
    verb: str
    actor: Actor
    now: datetime
    parts: dict[int, Assignment]
    steps: list[Step]
    standing: Standing
    gathered: Gathered
    took: list[Took] = field(default_factory=list)

    @property
    def concern(self) -> rules.Concern:
        """Whom the case concerned before this move."""
        return self.gathered.concern

    def finish(
        self,
        *,
        reason: str = "",
        facts: dict[str, Any] | None = None,
        changes: dict[str, Any] | None = None,
        unit: int | None = None,
        units: Iterable[int] = (),
        lead: int | None = None,
        outcome: str = "",
    ) -> Case:
        """Make the move: apply it, write the case and its parts, the journal and the notices.

        facts    more that the journal line should hold: ids, codes and times only.
        changes  fields of the case that this move sets besides its standing.
        """
        text = words_of(reason, MOVES[self.verb].reason)
        step = Step(
            self.verb, self.now, self.actor.ref, unit, tuple(units), lead, outcome, bool(text)
        )
        most = self.case.procedure.extensions_most
        apply(self.standing, step, extensions_most=most)
        rehearsal.stop_here()
        with ready.as_of(self.gathered.standing), together.together() as held:
            held.keys.setdefault(Remark, []).append(self.gathered.next_remark)
            self._tell(step, text, facts or {}, changes or {})
        verb, case, actor = self.verb, self.case, self.actor
        transaction.on_commit(
            lambda: events.moved.send_robust(Case, case=case, move=verb, actor=actor)
        )
        return self.case

    def _tell(self, step: Step, text: str, facts: dict[str, Any], changes: dict[str, Any]) -> None:
        """Write the move: case, parts, words, line, facts, change, notices."""
        case, actor, remark = self.case, self.actor, None
        if text:
            remark = write_remark(case.subject, text, author=actor, at=self.now)
        was = case.place_id, case.kind_id
        self._write(step, changes)
        line = story.facts_of(step) | facts | ({"took": self.took} if self.took else {})
        record(case.subject, self.verb, actor=actor, at=self.now, facts=line, remark=remark)
        write(case, happened(step.verb, self.now, line, case, self.standing), was)
        announce("case", case.pk, case.version)
        tell.after(self, step)

    def _write(self, step: Step, changes: dict[str, Any]) -> None:
        case, standing = self.case, self.standing
        for name, value in changes.items():
            setattr(case, name, value)
        stand(case, standing, self.now)
        self.steps.append(step)
        before = {unit: _columns(part) for unit, part in self.parts.items()}
        parts = follow(case, self.parts, standing)
        clocks = timing.refresh(
            case, parts, self.steps, now=self.now, calendars=self.gathered.calendars
        )
        self.took = took(case, self.steps, clocks)[-1]
        self._write_parts([p for p in parts if _columns(p) != before.get(p.unit_id)])
        together.update(case, *STANDING, *changes)

    def _write_parts(self, changed: list[Assignment]) -> None:
        if len(changed) == 1:
            part = changed[0]
            if part._state.adding:
                together.insert(part, numbered=False)
            else:
                together.update(part)
            return
        for part in sorted(changed, key=lambda p: p.lead):  # one lead steps down first
            ready.write(part)


def begin(
    case: Case,
    verb: str,
    *,
    actor: Actor,
    unit: int | None = None,
    version: int | None = None,
) -> Turn:
    """Lock a case for one move and see that this actor may make it now.

    version  the one the person was looking at; another one is refused, telling who moved it.

    Raises   NotAllowed, OutOfOrder.
    """
    move = MOVES[verb]
    found = gather(case)
    case, steps, about = found.case, found.steps, found.concern
    if not rules.may(actor, verb, about, unit=unit):
        raise rules.not_yours(verb)
    actor = actor.speaking(lambda one: rules.may(one, verb, about, unit=unit))
    turn = Turn(case, verb, actor, found.now, found.parts, steps, _standing(steps), found)
    stale = version is not None and version != case.version and move.target is not None
    if case.stage not in move.sources or stale:
        raise OutOfOrder(_what_happened(case, verb))
    return turn


def words_of(text: str, needed: bool) -> str:
    """What somebody wrote, as it may be kept: no control signs, not only spaces, not too long."""
    clean = story.plain(text)
    if needed and not clean:
        raise Refused(_("写明理由或情况，让后面的人看得懂"), field="reason")
    if len(clean) > REASON_MOST:
        over = len(clean) - REASON_MOST
        raise Refused(
            _("说明最多 %(most)d 字，现在多了 %(over)d 字") % {"most": REASON_MOST, "over": over},
            field="reason",
        )
    return clean


def _columns(part: Assignment) -> dict[str, object]:
    return {name: value for name, value in vars(part).items() if name != "_state"}


def _standing(steps: list[Step]) -> Standing:
    standing = Standing()
    for step in steps:
        apply(standing, replace(step, answered=True))
    return standing


def _what_happened(case: Case, verb: str) -> str:
    """Who moved the case meanwhile, to what: said to the one who came second."""
    who, when, did = story.last_move(case)
    return _("%(who)s %(when)s 已“%(did)s”，案件现在%(stage)s，不能“%(move)s”") % {
        "who": who,
        "when": when,
        "did": did,
        "stage": Stage(case.stage).label,
        "move": MOVES[verb].title,
    }
