"""Random legal walks of a case by real actions, for comparing with what the bulk writer makes.

A walk is a list of numbers: each picks one of the moves that somebody may make then.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.replay import replay
from shiyu.cases.rules import open_moves
from shiyu.cases.story import steps_of
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.errors import Refused
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

WALKERS = (
    *("clerk", "commander", "commander_two", "handler", "handler_waste", "verifier", "patrol"),
    *("intake_city", "dispatcher_city", "commander_city"),
)
UNITS = ("roads", "waste")
SEEN = "现场看过了"

Act = Callable[[World, Case, Actor, Unit | None], object]


def _dispatch(w: World, c: Case, a: Actor, _u: Unit | None) -> object:
    free = [w.units[u] for u in UNITS if not _active(c, w.units[u])]
    return do.dispatch(c, lead=free[0], co=free[1:], actor=a, reason="请按职责处置")


def _merge(w: World, c: Case, a: Actor, _u: Unit | None) -> object:
    into = w.report(text="同一个井盖")[0].case
    return do.merge(c, into=into, actor=a, reason="同一处")


ACTS: dict[str, Act] = {
    "accept": lambda w, c, a, u: do.accept(c, actor=a),
    "dismiss": lambda w, c, a, u: do.dismiss(c, reason="不属城市管理", actor=a),
    "merge": _merge,
    "settle": lambda w, c, a, u: do.settle(
        c, kind=w.kinds["rubbish"], before=[a_photo()], after=[a_photo()], actor=a
    ),
    "file": lambda w, c, a, u: do.file(c, standard=w.standards["manhole"], actor=a),
    "escalate": lambda w, c, a, u: do.escalate(c, reason="须市级协调", actor=a),
    "dispatch": _dispatch,
    "recall": lambda w, c, a, u: do.recall(c, actor=a),
    "object": lambda w, c, a, u: do.object_(c, unit=u, reason="不是本单位管护", actor=a),
    "sign": lambda w, c, a, u: do.sign(c, unit=u, actor=a),
    "ask_extension": lambda w, c, a, u: do.ask_extension(c, unit=u, reason="配件未到", actor=a),
    "extend": lambda w, c, a, u: do.extend(c, unit=_asking(w, c), actor=a),
    "refuse_extension": lambda w, c, a, u: do.refuse_extension(
        c, unit=_asking(w, c), reason="时间够用", actor=a
    ),
    "ask_suspension": lambda w, c, a, u: do.ask_suspension(c, unit=u, reason="等许可", actor=a),
    "endorse_suspension": lambda w, c, a, u: do.endorse_suspension(c, actor=a),
    "suspend": lambda w, c, a, u: do.suspend(
        c, until=timezone.localdate() + timedelta(days=7), actor=a
    ),
    "refuse_suspension": lambda w, c, a, u: do.refuse_suspension(c, reason="不必挂账", actor=a),
    "resume": lambda w, c, a, u: do.resume(c, actor=a),
    "handle": lambda w, c, a, u: do.handle(c, unit=u, reason="已更换井盖", actor=a),
    "rework": lambda w, c, a, u: do.rework(c, reason="还在晃动", actor=a),
    "verify": lambda w, c, a, u: do.verify(c, reason=SEEN, actor=a),
    "close": lambda w, c, a, u: do.close(c, outcome="partly", reason="先行围挡", actor=a),
    "reopen": lambda w, c, a, u: do.reopen(c, reason="抽查发现没有修好", actor=a),
    "withdraw": lambda w, c, a, u: do.withdraw(c, reason="已经自己解决", actor=a),
    "ask_void": lambda w, c, a, u: do.ask_void(c, reason="误报", actor=a),
    "void": lambda w, c, a, u: do.void(c, actor=a),
    "remark": lambda w, c, a, u: do.remark(c, reason="请注意安全", actor=a),
    "urge": lambda w, c, a, u: do.urge(c, actor=a),
    "check_open": lambda w, c, a, u: do.check_open(c, actor=a),
    "check_done": lambda w, c, a, u: do.check_done(c, found=True, reason=SEEN, actor=a),
}


def walk(world: World, choices: list[int], **report: Any) -> Case:
    """Report a case and let it go where the numbers lead, as far as somebody may move it."""
    case = world.report(**report)[0].case
    actors = [world.actor(key) for key in WALKERS] + [Actor.receipt(case.reports.get().pk)]
    for number in choices:
        if case.stage == Stage.CLOSED and number % 3 == 0:
            _rate(case, number)
        else:
            _step(world, case, actors, number)
        case.refresh_from_db()
    return case


def _step(world: World, case: Case, actors: list[Actor], number: int) -> None:
    standing = replay(steps_of(case))
    found = [
        (name, actor)
        for actor in actors
        for name in open_moves(actor, case, standing)
        if name in ACTS and (name not in ENDING or number % 7 == 0)
    ]
    if not found:
        return
    name, actor = found[number % len(found)]
    units = [u for u in world.units.values() if u.pk in actor.units("handle")]
    try:
        ACTS[name](world, case, actor, units[0] if units else None)
    except Refused:
        return  # the move's own rule forbids it here; nothing was written


def _rate(case: Case, number: int) -> None:
    report = case.reports.get()
    solved = ("yes", "no", "partly")[number % 5 % 3]
    try:
        do.rate(report, solved=solved, satisfaction=3, actor=Actor.receipt(report.pk))
    except Refused:
        return


ENDING = frozenset({"dismiss", "merge", "settle", "withdraw", "ask_void", "void"})
"""Moves that end a case early: seldom taken, so that walks go on."""


def _active(case: Case, unit: Unit) -> bool:
    return case.assignments.filter(unit=unit, state__in=["sent", "signed", "handled"]).exists()


def _asking(world: World, case: Case) -> Unit:
    asked = replay(steps_of(case)).extension_asked
    return next(unit for unit in world.units.values() if unit.pk in asked)
