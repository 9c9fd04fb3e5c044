"""For each move, the action as the person whose work it is would call it."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.actions import succeeding
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World, a_photo
from shiyu.people.actors import Actor

Call = Callable[[World, Case], object]


def _reporter(case: Case) -> Actor:
    return Actor.receipt(case.reports.order_by("pk").values_list("pk", flat=True).first() or 0)


def _day() -> object:
    return timezone.localdate() + timedelta(days=7)


CALLS: dict[str, Call] = {
    "accept": lambda w, c: do.accept(c, actor=w.actor("intake")),
    "dismiss": lambda w, c: do.dismiss(c, actor=w.actor("intake"), reason="不属本市"),
    "merge": lambda w, c: do.merge(c, into=w.report()[0].case, actor=w.actor("intake")),
    "settle": lambda w, c: do.settle(
        c, kind=w.kinds["rubbish"], before=[a_photo()], after=[a_photo()], actor=w.actor("patrol")
    ),
    "file": lambda w, c: do.file(c, standard=w.standards["manhole"], actor=w.actor("intake")),
    "escalate": lambda w, c: do.escalate(c, actor=w.actor("intake"), reason="跨区"),
    "dispatch": lambda w, c: do.dispatch(c, lead=w.units["lamps"], actor=w.actor("dispatcher")),
    "recall": lambda w, c: do.recall(c, actor=w.actor("dispatcher")),
    "object": lambda w, c: do.object_(
        c, unit=w.units["roads"], actor=w.actor("handler"), reason="产权不在我单位"
    ),
    "sign": lambda w, c: do.sign(c, unit=w.units["roads"], actor=w.actor("handler")),
    "split": lambda w, c: do.split(
        c,
        unit=w.units["roads"],
        parts=[do.Intake("test", f"part-{c.pk}", "superior", text="排查", place=w.places["xisi"])],
        actor=w.actor("handler"),
    ),
    "ask_extension": lambda w, c: do.ask_extension(
        c, unit=w.units["roads"], actor=w.actor("handler"), reason="下雨"
    ),
    "extend": lambda w, c: do.extend(c, unit=w.units["roads"], actor=w.actor("dispatcher")),
    "refuse_extension": lambda w, c: do.refuse_extension(
        c, unit=w.units["roads"], actor=w.actor("dispatcher"), reason="时间够"
    ),
    "ask_suspension": lambda w, c: do.ask_suspension(
        c, unit=w.units["roads"], actor=w.actor("handler"), reason="等许可"
    ),
    "endorse_suspension": lambda w, c: do.endorse_suspension(c, actor=w.actor("dispatcher")),
    "suspend": lambda w, c: do.suspend(c, until=_day(), actor=w.actor("commander")),
    "refuse_suspension": lambda w, c: do.refuse_suspension(
        c, actor=w.actor("commander"), reason="不必"
    ),
    "resume": lambda w, c: do.resume(c, actor=w.actor("handler")),
    "handle": lambda w, c: do.handle(
        c, unit=w.units["roads"], actor=w.actor("handler"), reason="已更换"
    ),
    "rework": lambda w, c: do.rework(c, actor=w.actor("verifier"), reason="还在响"),
    "verify": lambda w, c: do.verify(c, actor=w.actor("verifier")),
    "close": lambda w, c: do.close(c, outcome="fixed", actor=w.actor("intake")),
    "reopen": lambda w, c: do.reopen(c, actor=_reporter(c), reason="没修好"),
    "withdraw": lambda w, c: do.withdraw(c, actor=_reporter(c), reason="不用了"),
    "ask_void": lambda w, c: do.ask_void(c, actor=w.actor("dispatcher"), reason="误报"),
    "void": lambda w, c: do.void(c, actor=w.actor("commander")),
    "import_close": lambda w, c: do.import_close(c, actor=Actor.program("importer")),
    "remark": lambda w, c: do.remark(c, actor=w.actor("intake"), reason="已电话核实"),
    "urge": lambda w, c: do.urge(c, actor=w.actor("commander"), reason="请抓紧"),
    "correct": lambda w, c: do.correct(
        c, actor=w.actor("intake"), reason="门牌写错", address="书店街 99 号"
    ),
    "check_open": lambda w, c: do.check_open(c, actor=w.actor("intake")),
    "check_done": lambda w, c: do.check_done(
        c, found=True, actor=w.actor("verifier"), reason="属实"
    ),
    "hand_over": lambda w, c: succeeding.hand_over(
        c, unit=w.units["roads"], to=w.units["waste"], actor=Actor.program("unit-changes")
    ),
    "appeal": lambda w, c: do.appeal(
        c, unit=w.units["roads"], actor=w.actor("handler"), reason="暴雨停工"
    ),
    "exempt": lambda w, c: do.exempt(c, unit=w.units["roads"], actor=w.actor("commander")),
    "refuse_appeal": lambda w, c: do.refuse_appeal(
        c, unit=w.units["roads"], actor=w.actor("commander"), reason="晴天"
    ),
}
