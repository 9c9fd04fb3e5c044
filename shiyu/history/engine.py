"""The history engine: what may have happened, checked by the rules of the living (历史引擎).

Stories come from imports and from the demo city. Each line of a story is asked what a live move
is asked: the lifecycle table, the duty of whoever made it, the standard in force that day, the
limits of time and number, the words that are owed. What passes goes to the bulk writer of cases;
what does not is named with its reason, and nothing of it is written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import guards
from shiyu.cases.actions.turn import words_of
from shiyu.cases.bulk import REPORTER, Past, Told, fold, write
from shiyu.cases.channels import Channel
from shiyu.cases.lifecycle import HANDLE, MOVES
from shiyu.cases.models import Case, Rating
from shiyu.cases.replay import Standing, Step
from shiyu.cases.rules import Concern, may
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

Group = Sequence[Past]


@dataclass(slots=True)
class Engine:
    """Checks histories against the rules and hands on those that could have been (核对历史).

    actors   who made the moves, by their names in the journal; the reporter needs no entry.
    units    the units that parts name, by id.
    now      nothing happened after it.
    """

    actors: Mapping[str, Actor]
    units: Mapping[int, Unit]
    now: datetime
    rejected: list[tuple[Past, str]] = field(default_factory=list)
    calendars: Calendars = field(default_factory=read_calendars)

    def run(
        self, groups: Iterable[Group], *, progress: Callable[[int], None] = lambda _n: None
    ) -> int:
        """Check and write histories; returns how many cases were written."""
        return write(self.passing(groups), progress=progress)

    def passing(self, groups: Iterable[Group]) -> Iterator[Group]:
        """The groups that hold together; the others are kept in `rejected`, each with a reason."""
        for group in groups:
            why = self.refuses(group)
            if why is None:
                yield group
            else:
                self.rejected += [(past, why) for past in group]

    def refuses(self, group: Group) -> str | None:
        """Why a group of cases that name each other cannot have been; None when it can."""
        try:
            for past in group:
                fold(past, before=self._ask, calendars=self.calendars)
            for past in group:
                _between(past)
        except Refused as refusal:
            return refusal.message
        return None

    def _ask(self, past: Past, standing: Standing, steps: list[Step], told: Told) -> None:
        """Ask of one line what a live move is asked, before it is made."""
        step = told.step
        self._in_time(standing, steps, step)
        if step.verb == "report":
            _first(steps)
        elif step.verb == "rate":
            _may_rate(past, told)
        else:
            move = MOVES.get(step.verb)
            if move is None:
                raise OutOfOrder(_("没有“%(verb)s”这一步") % {"verb": step.verb})
            words_of(told.words, move.reason)
            self._may(past, step)
            if rule := GUARDS.get(step.verb):
                rule(self, past, steps, told)

    def _in_time(self, standing: Standing, steps: list[Step], step: Step) -> None:
        if step.at.tzinfo is None:
            raise Refused(_("办理时间须带时区"))
        if step.at > self.now:
            raise Refused(_("办理时间不能晚于现在"))
        if not steps and step.verb != "report":
            raise OutOfOrder(_("案件应从上报开始"))
        if standing.last_at is not None and step.at < standing.last_at:
            raise OutOfOrder(_("后一步早于前一步"))

    def _may(self, past: Past, step: Step) -> None:
        """Whether whoever made this move held the duty for it."""
        actor = Actor.receipt(0) if step.actor == REPORTER else self.actors.get(step.actor)
        about = concern_of(past)
        unit = step.unit if HANDLE in MOVES[step.verb].duties else None
        if actor is None or not may(actor, step.verb, about, unit=unit):
            told = {"who": step.actor, "move": MOVES[step.verb].title}
            raise NotAllowed(_("%(who)s 的岗位不能“%(move)s”") % told)


def concern_of(past: Past) -> Concern:
    """What permission asks of a case of the past."""
    units = frozenset(part.unit_id for part in past.parts)
    case, reporters = past.case, {REPORTER}
    if past.by_person and case.channel == Channel.PATROL:
        reporters.add(f"person:{past.by_person}")
    return Concern(case.place_number, case.centre_id, units, frozenset(reporters))


def _first(steps: list[Step]) -> None:
    if steps:
        raise OutOfOrder(_("一件案件只上报一次"))


def _may_rate(past: Past, told: Told) -> None:
    if told.step.actor not in concern_of(past).reporters:
        raise NotAllowed(_("只有上报人可以评价"))
    if past.case.stage != "closed":
        raise OutOfOrder(_("案件还没有办结，办结后再请您评价"))
    if told.facts["solved"] not in Rating.Solved.values:
        raise Refused(_("选一项：问题解决了吗？"), field="solved")
    if any(rating.round == past.case.round for rating, _told in past.ratings):
        raise OutOfOrder(_("这一轮已经评价过了"))


def _between(past: Past) -> None:
    """What cases owe each other: a merge goes into an open case, a child belongs to an order."""
    into, case = past.merged_into, past.case
    if into is not None:
        if into is past or into.case.reported_at > case.last_at:
            raise Refused(_("要并入的案件那时还没有"))
        if into.case.closed_at is not None and into.case.closed_at < case.last_at:
            raise OutOfOrder(_("要并入的案件那时已经办结"))
    if past.parent is not None and Case.Direction.UP in (
        case.direction,
        past.parent.case.direction,
    ):
        raise Refused(_("只有交办事项可以分解"))
    if past.parent is not None:
        _answered_after(past, past.parent)


def _answered_after(child: Past, parent: Past) -> None:
    """An order is answered when all its children are done."""
    born, done = child.case.reported_at, child.case.closed_at
    answers = (told.step.at for told in parent.told if told.step.verb == "handle")
    if any(at >= born and (done is None or done > at) for at in answers):
        raise OutOfOrder(_("分解出的案件还没有全部办结"))


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _file(_engine: Engine, _past: Past, _steps: list[Step], told: Told) -> None:
    guards.standard_holds(told.facts["standard"], _day(told.step.at))


def _dispatch(engine: Engine, past: Past, _steps: list[Step], told: Told) -> None:
    for unit in told.step.units:
        guards.fits(past.case.kind, engine.units[unit], _day(told.step.at))


def _recall(_engine: Engine, past: Past, steps: list[Step], told: Told) -> None:
    at = told.step.at
    guards.recall_in_time(past.case.procedure, steps, at)
    if any(past.opened.get(p.unit_id, at) < at for p in past.parts if p.state == "sent"):
        raise OutOfOrder(_("承办单位已经查看，不能撤回"))


def _object(_engine: Engine, past: Past, steps: list[Step], told: Told) -> None:
    guards.objection_in_time(past.case, told.step.unit or 0, steps, told.step.at)


def _ask_for_time(_engine: Engine, past: Past, steps: list[Step], told: Told) -> None:
    sentence = _("已超期的案件不能申请延期或挂账")
    guards.not_overdue(past.case, told.step.unit or 0, steps, told.step.at, sentence)


def _suspend(_engine: Engine, past: Past, _steps: list[Step], told: Told) -> None:
    until = date.fromisoformat(told.facts["until"])
    guards.suspension_fits(past.case.procedure, until, told.step.at)


def _close(_engine: Engine, _past: Past, _steps: list[Step], told: Told) -> None:
    guards.says_why(told.step.outcome, told.words)


def _reopen(_engine: Engine, past: Past, _steps: list[Step], told: Told) -> None:
    if told.step.actor in concern_of(past).reporters:
        guards.reopen_in_time(past.case, told.step.at)


def _settle(_engine: Engine, past: Past, _steps: list[Step], told: Told) -> None:
    before = any(line.shows(Photo.Role.SCENE, Photo.Role.BEFORE) for line in past.told)
    guards.settles(told.facts["kind"], before=before, after=told.shows(Photo.Role.AFTER))


def _handle(_engine: Engine, past: Past, _steps: list[Step], told: Told) -> None:
    leads = any(part.lead for part in past.parts if part.unit_id == told.step.unit)
    after = told.shows(Photo.Role.AFTER)
    guards.shows_evidence(past.case.standard, leads=leads, after=after)


def _merge(_engine: Engine, past: Past, _steps: list[Step], _told: Told) -> None:
    if any(part.state in {"sent", "signed", "handled"} for part in past.parts):
        raise OutOfOrder(_("已派遣的案件先撤回，再并案"))


def _split(_engine: Engine, past: Past, _steps: list[Step], _told: Told) -> None:
    if past.case.direction != Case.Direction.DOWN:
        raise Refused(_("只有交办事项可以分解"))


def _escalate(_engine: Engine, past: Past, _steps: list[Step], told: Told) -> None:
    if told.facts["centre"].pk == past.case.centre_id:
        raise Refused(_("须上报到上一级中心"))


def _appeal(_engine: Engine, past: Past, steps: list[Step], told: Told) -> None:
    guards.was_overdue(past.case, told.step.unit or 0, steps, told.step.at)


GUARDS: dict[str, Callable[[Engine, Past, list[Step], Told], None]] = {
    "file": _file,
    "dispatch": _dispatch,
    "recall": _recall,
    "object": _object,
    "ask_extension": _ask_for_time,
    "ask_suspension": _ask_for_time,
    "suspend": _suspend,
    "close": _close,
    "reopen": _reopen,
    "settle": _settle,
    "handle": _handle,
    "merge": _merge,
    "split": _split,
    "escalate": _escalate,
    "appeal": _appeal,
}
"""What a move must meet besides stage and duty: the same limits that the actions ask."""
