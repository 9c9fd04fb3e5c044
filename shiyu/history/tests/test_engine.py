"""The engine lets pass what could have been, and names what could not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.cases.bulk import REPORTER, Past, Told
from shiyu.cases.models import Case, Report
from shiyu.cases.replay import Step
from shiyu.cases.tests.world import World
from shiyu.history.engine import Engine
from shiyu.journal.models import Line
from shiyu.people.models import Unit

START = datetime.fromisoformat("2026-11-09T09:00:00+08:00")
NOW = datetime.fromisoformat("2026-11-20T12:00:00+08:00")


class Teller:
    """Tells one history of the made city, a step every ten minutes unless told otherwise."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at = START
        self.told: list[Told] = []

    def __call__(
        self,
        verb: str,
        who: str = "",
        *,
        after: int = 10,
        words: str = "",
        unit: str = "",
        units: tuple[str, ...] = (),
        facts: dict[str, Any] | None = None,
        outcome: str = "",
    ) -> "Teller":
        self.at += timedelta(minutes=after if self.told else 0)
        actor = self.world.actor(who).ref if who else REPORTER
        ids = tuple(self.world.units[u].pk for u in units)
        own = self.world.units[unit].pk if unit else None
        lead = ids[0] if ids and verb == "dispatch" else None
        step = Step(verb, self.at, actor, own, ids, lead, outcome)
        self.told.append(Told(step, words, facts or {}))
        return self

    def filed(self, kind: str = "manhole") -> "Teller":
        facts = {"standard": self.world.standards[kind], "kind": self.world.kinds[kind]}
        return self("report", words="井盖破了")("accept", "intake")("file", "intake", facts=facts)

    def handled(self) -> "Teller":
        self.filed()("dispatch", "dispatcher", units=("roads",))("sign", "handler", unit="roads")
        return self("handle", "handler", unit="roads", words="已更换")

    def past(self) -> Past:
        world = self.world
        case = Case(
            channel="public",
            procedure=world.procedure,
            place=world.places["cell_a"],
            place_number=world.places["cell_a"].first,
            centre=world.units["gulou"],
            address="书店街 12 号",
        )
        return Past(case, "test", f"{len(self.told)}", self.told)


@pytest.fixture
def tell(world: World) -> Teller:
    return Teller(world)


def engine(world: World) -> Engine:
    actors = {world.actor(key).ref: world.actor(key) for key in world.people}
    return Engine(actors, {unit.pk: unit for unit in Unit.objects.all()}, NOW)


def why_not(teller: Teller) -> str:
    why = engine(teller.world).refuses([teller.past()])
    assert why is not None, "the engine let it pass"
    return why


def test_a_whole_life_passes_and_is_written(tell: Teller) -> None:
    tell.handled()("verify", "verifier", words="已恢复")("close", "intake", outcome="fixed")
    tell("rate", facts={"solved": "no", "satisfaction": 2}, words="又坏了")
    tell("reopen", units=("roads",), words="又坏了")

    checker = engine(tell.world)
    written = checker.run([[tell.past()]])

    case = Report.objects.get(source="test").case
    assert (written, checker.rejected) == (1, [])
    assert (case.stage, case.round, case.version) == ("handling", 2, 9)
    verbs = Line.objects.filter(subject=case.subject).values_list("verb", flat=True)
    assert list(verbs) == [told.step.verb for told in tell.told]


def test_a_move_out_of_order_is_refused(tell: Teller) -> None:
    tell.filed()("verify", "verifier")

    assert why_not(tell) == "案件待派遣，不能“核查通过”"


def test_who_does_not_hold_the_duty_is_refused(tell: Teller) -> None:
    tell("report", words="井盖破了")("accept", "intake_longting")

    assert "岗位不能“受理”" in why_not(tell)


def test_a_unit_answers_only_for_itself(tell: Teller) -> None:
    tell.filed()("dispatch", "dispatcher", units=("roads",))
    tell("sign", "handler_waste", unit="roads")

    assert "岗位不能“签收”" in why_not(tell)


def test_the_lead_shows_what_the_standard_asks_for(tell: Teller) -> None:
    world = tell.world
    tell.filed("rubbish")("dispatch", "dispatcher", units=("roads",))
    tell("sign", "handler", unit="roads")

    assert world.standards["rubbish"].evidence == ["after"]
    assert why_not(tell("handle", "handler", unit="roads", words="清了")) == (
        "还不能反馈：缺处置后照片"
    )


def test_time_runs_forwards_and_not_past_now(tell: Teller) -> None:
    tell("report", words="井盖破了")("accept", "intake", after=-5)
    assert why_not(tell) == "后一步早于前一步"

    later = Teller(tell.world)("report", words="井盖破了")("accept", "intake", after=60 * 24 * 30)
    assert why_not(later) == "办理时间不能晚于现在"


def test_words_that_are_owed_must_be_there(tell: Teller) -> None:
    assert why_not(tell("report", words="井盖破了")("dismiss", "intake")) == (
        "写明理由或情况，让后面的人看得懂"
    )


def test_a_standard_must_be_in_force_that_day(tell: Teller) -> None:
    tell.world.standards["manhole"].valid_from = START.date() + timedelta(days=3)

    assert why_not(tell.filed()) == "这条立案标准今天不在有效期内，请另选"


def test_a_dispatch_is_recalled_in_time_only(tell: Teller) -> None:
    tell.filed()("dispatch", "dispatcher", units=("roads",))

    assert "不能撤回" in why_not(tell("recall", "dispatcher", after=30))


def test_more_time_is_asked_for_in_time_only(tell: Teller) -> None:
    tell.filed()("dispatch", "dispatcher", units=("roads",))("sign", "handler", unit="roads")
    tell("ask_extension", "handler", unit="roads", after=60 * 5, words="配件未到")

    assert "已超期" in why_not(tell)


def test_what_is_sent_to_the_grid_is_on_its_list(tell: Teller) -> None:
    tell.filed("noise")("dispatch", "dispatcher", units=("shudian",))

    assert "未入格" in why_not(tell)


def test_a_merge_needs_an_open_case_to_go_into(tell: Teller) -> None:
    into = Teller(tell.world)("report", words="井盖破了")("dismiss", "intake", words="不属实")
    first = into.past()
    tell("report", words="井盖破了")("merge", "intake", after=60, facts={"into": first})

    why = engine(tell.world).refuses([first, tell.past()])

    assert why == "要并入的案件那时已经办结"


def test_an_impossible_history_leaves_nothing_of_its_group(tell: Teller, world: World) -> None:
    good, bad = Teller(world)("report", words="路灯不亮").past(), tell("accept", "intake").past()

    checker = engine(world)
    written = checker.run([[good, bad]])

    assert written == 0
    assert [why for _past, why in checker.rejected] == ["案件应从上报开始"] * 2
    assert not Case.objects.exists()


def test_the_reporter_rates_and_nobody_else(tell: Teller) -> None:
    tell.handled()("verify", "verifier", words="好了")("close", "intake", outcome="fixed")
    tell("rate", "handler", facts={"solved": "yes", "satisfaction": 5})

    assert why_not(tell) == "只有上报人可以评价"


def test_nobody_acts_under_a_name_that_is_not_known(tell: Teller) -> None:
    tell("report", words="井盖破了")
    tell.told.append(Told(Step("accept", tell.at, "person:999999")))

    assert "person:999999" in why_not(tell)


def test_a_case_of_the_past_is_dated_by_its_lines(tell: Teller) -> None:
    engine(tell.world).run([[tell.handled().past()]])

    case = Case.objects.get()
    assert case.reported_at == START
    assert case.last_at == tell.at
    assert case.taken_in_at > timezone.now() - timedelta(minutes=5)
