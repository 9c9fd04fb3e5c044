"""Who may make which move, and what a move must meet, asked without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from shiyu.cases import guards, rules
from shiyu.cases.channels import Channel
from shiyu.cases.lifecycle import FINAL, MOVES, OPEN, STAGE_MOVES, Stage
from shiyu.cases.models import Case, Report
from shiyu.cases.replay import Part, Standing, Step
from shiyu.cases.replay.offers import offered
from shiyu.cases.rules import Concern
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Unit

CENTRE, OTHER_CENTRE, WASTE, ROADS, LAMPS = 1, 2, 11, 12, 13
FIRST, LAST = 10, 20
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)

# Whose work each move is, written a second time by hand.
WORK = {
    "accept": "intake", "dismiss": "intake", "merge": "intake dispatch", "settle": "patrol",
    "file": "intake", "escalate": "intake dispatch", "dispatch": "dispatch",
    "recall": "dispatch", "object": "handle", "sign": "handle", "split": "handle",
    "ask_extension": "handle", "extend": "dispatch", "refuse_extension": "dispatch",
    "ask_suspension": "handle", "endorse_suspension": "dispatch", "suspend": "command",
    "refuse_suspension": "dispatch command", "resume": "handle dispatch command",
    "handle": "handle", "rework": "verify", "verify": "verify", "close": "intake",
    "reopen": "verify command", "withdraw": "", "ask_void": "intake dispatch",
    "void": "command", "import_close": "",
    "remark": "intake dispatch command handle verify patrol", "urge": "dispatch command",
    "correct": "intake", "check_open": "intake", "check_done": "verify patrol",
    "hand_over": "", "appeal": "handle", "exempt": "command", "refuse_appeal": "command",
}  # fmt: skip
# From where to where each move goes; "-" where the stage stays or the parts decide it.
WAYS = {
    "accept": "reported > accepted", "dismiss": "reported accepted > dismissed",
    "merge": "OPEN > merged", "settle": "reported accepted > closed", "file": "accepted > filed",
    "escalate": "accepted filed > accepted",
    "dispatch": "filed dispatched handling > dispatched", "recall": "dispatched > filed",
    "object": "dispatched handling > filed", "sign": "dispatched handling > handling",
    "split": "handling > handling", "ask_extension": "handling > -", "extend": "handling > -",
    "refuse_extension": "handling > -", "ask_suspension": "handling > -",
    "endorse_suspension": "handling > -", "suspend": "handling > suspended",
    "refuse_suspension": "handling > -", "resume": "suspended > handling",
    "handle": "handling > handled", "rework": "handled > handling",
    "verify": "handled > verified", "close": "verified > closed", "reopen": "closed > handling",
    "withdraw": "OPEN > withdrawn", "ask_void": "OPEN > -", "void": "OPEN > voided",
    "import_close": "reported filed dispatched > closed", "remark": "ALL > -",
    "urge": "OPEN > -", "correct": "OPEN > -", "check_open": "reported accepted > -",
    "check_done": "reported accepted > -", "hand_over": "OPEN > -", "appeal": "ALL > -",
    "exempt": "ALL > -", "refuse_appeal": "ALL > -",
}  # fmt: skip
WORDS_ARE_OWED = {
    "dismiss", "escalate", "object", "ask_extension", "refuse_extension", "ask_suspension",
    "refuse_suspension", "handle", "rework", "reopen", "withdraw", "ask_void", "remark",
    "correct", "check_done", "appeal", "refuse_appeal",
}  # fmt: skip
DUTIES = ("intake", "dispatch", "command", "verify", "patrol", "handle", "look", "report")
EVERYWHERE = {"verify", "patrol"}  # whichever centre's case it is


def somebody(duty: str, *, unit: int = CENTRE, kind: str = "person") -> Actor:
    first, last = (1, 0) if duty == "handle" else (FIRST, LAST)
    return Actor(kind, 7, "", (Scope(duty, first, last, unit),))


def about(place: int = FIRST, centre: int = CENTRE, reporters: tuple[str, ...] = ()) -> Concern:
    return Concern(place, centre, frozenset({WASTE, ROADS}), frozenset(reporters))


# ---- moves ------------------------------------------------------------------------------------


def test_the_table_names_every_move_with_its_work_and_its_words():
    assert {name: " ".join(move.duties) for name, move in MOVES.items()} == WORK
    assert {name for name, move in MOVES.items() if move.reason} == WORDS_ARE_OWED
    assert all(move.name == name and str(move.title) for name, move in MOVES.items())


def test_every_move_goes_from_where_to_where_the_procedure_says():
    all_of = {"OPEN": {str(s) for s in OPEN}, "ALL": {str(s) for s in Stage}}
    assert list(MOVES) == list(WAYS)
    for name, way in WAYS.items():
        begins, ends = way.split(" > ")
        assert {str(s) for s in MOVES[name].sources} == (
            all_of.get(begins) or set(begins.split())
        ), name
        assert str(MOVES[name].target or "-") == ends, name
    assert {name for name, way in WAYS.items() if not way.endswith("-")} == STAGE_MOVES


def test_an_open_case_is_one_whose_work_goes_on():
    words = "reported accepted filed dispatched handling suspended handled verified"

    assert {str(stage) for stage in OPEN} == set(words.split())
    assert {str(s) for s in FINAL} == {"closed", "dismissed", "merged", "withdrawn", "voided"}


@pytest.mark.parametrize("duty", [d for d in DUTIES if d != "handle"])
def test_a_duty_over_places_makes_its_own_moves_in_them_and_no_other(duty):
    actor = somebody(duty)
    own = {name for name, work in WORK.items() if duty in work.split()}
    for place in (FIRST - 1, FIRST, 15, LAST, LAST + 1):
        for centre in (CENTRE, OTHER_CENTRE):
            within = FIRST <= place <= LAST and (centre == CENTRE or duty in EVERYWHERE)
            case = about(place, centre)
            made = {name for name in MOVES if rules.may(actor, name, case)}
            assert made == (own if within else set()), (place, centre)
            assert made == {name for name in MOVES if rules.may(actor, name, case, unit=WASTE)}


def test_a_handler_makes_the_moves_of_a_unit_of_their_own():
    own = {name for name, work in WORK.items() if "handle" in work.split()}
    for unit, concerned in ((WASTE, True), (LAMPS, False)):
        actor = somebody("handle", unit=unit)
        made = {name for name in MOVES if rules.may(actor, name, about())}
        assert made == (own if concerned else set())
        spoken = {name for name in MOVES if rules.may(actor, name, about(), unit=WASTE)}
        assert spoken == (own if unit == WASTE else set())
        assert not any(rules.may(actor, name, about(), unit=ROADS) for name in MOVES)


@pytest.mark.parametrize("kind", ["person", "receipt", "key"])
def test_who_reported_a_case_may_withdraw_reopen_and_remark(kind):
    actor = Actor(kind, 7)
    other = {"person": "receipt:7", "receipt": "key:7", "key": "person:7"}[kind]

    mine = about(reporters=(f"{kind}:7",))
    assert {n for n in MOVES if rules.may(actor, n, mine)} == {"withdraw", "reopen", "remark"}
    assert not any(rules.may(actor, n, about(reporters=(other,))) for n in MOVES)


def test_a_receipt_never_works_by_a_duty():
    assert not any(rules.may(somebody("intake", kind="receipt"), n, about()) for n in MOVES)


def test_the_program_makes_the_moves_of_time_of_imports_and_of_units_that_change():
    actor = Actor.program("clock")
    made = {name for name in MOVES if rules.may(actor, name, about(reporters=(actor.ref,)))}

    assert made == {"resume", "import_close", "hand_over"}


@pytest.mark.parametrize(
    ("channel", "person", "source", "names"),
    [
        (Channel.PATROL, 5, "", {"receipt:9", "person:5"}),
        (Channel.PATROL, None, "", {"receipt:9"}),
        (Channel.HOTLINE, 5, "", {"receipt:9"}),
        (Channel.HOTLINE, None, "key:3", {"receipt:9", "key:3"}),
        (Channel.HOTLINE, None, "import:3", {"receipt:9"}),
    ],
)
def test_who_enters_what_another_saw_is_not_its_reporter(channel, person, source, names):
    case = Case(place_number=15, centre_id=CENTRE, channel=channel)
    report = Report(pk=9, by_person_id=person, source=source)

    found = rules.concern_of(case, [WASTE, WASTE], [report])

    assert found == Concern(15, CENTRE, frozenset({WASTE}), frozenset(names))


def test_who_takes_a_case_in_learns_who_reported_it():
    for place in (FIRST - 1, FIRST, LAST, LAST + 1):
        for centre in (CENTRE, OTHER_CENTRE):
            case = Case(place_number=place, centre_id=centre)
            knows = rules.knows_reporter(somebody("intake"), case)
            assert knows is (FIRST <= place <= LAST and centre == CENTRE)
            assert not rules.knows_reporter(somebody("dispatch"), case)


def test_a_scope_inside_another_is_not_asked_for_again():
    def widest(*ranges: tuple[int, int], duty: str = "intake") -> list[tuple[int, int]]:
        held = tuple(Scope(duty, first, last, CENTRE) for first, last in ranges)
        return [(s.first, s.last) for s in rules._widest(Actor("person", 7, "", held))]

    assert widest((12, 13), (10, 20), (10, 12), (20, 20)) == [(10, 20)]
    assert widest((10, 12), (13, 20), (19, 21)) == [(10, 12), (13, 20), (19, 21)]
    assert widest((10, 12), (10, 20)) == widest((10, 20), (10, 20)) == [(10, 20)]
    assert widest((10, 20), duty="look") == [(10, 20)]
    assert widest((10, 20), duty="report") == widest((1, 0), duty="handle") == []


# ---- what is offered ---------------------------------------------------------------------------


def standing(stage: Stage, **states: str) -> Standing:
    units = {"waste": WASTE, "roads": ROADS, "lamps": LAMPS}
    parts = {units[key]: Part(state, key == "waste", NOW) for key, state in states.items()}
    return Standing(stage=stage, parts=parts)


def handler(*units: int) -> Actor:
    return Actor("person", 7, "", tuple(Scope("handle", 1, 0, unit) for unit in units))


def test_one_acts_for_the_part_that_goes_on_or_else_for_the_first_of_ones_own():
    case = standing(Stage.HANDLING, lamps="objected", waste="recalled", roads="signed")

    assert rules.own_part(handler(WASTE, ROADS), case) == ROADS
    assert rules.own_part(handler(WASTE, LAMPS), case) == LAMPS
    assert rules.own_part(handler(WASTE), case) == WASTE
    assert rules.own_part(handler(99), case) is None
    assert rules.own_part(somebody("intake", unit=WASTE), case) is None


def test_what_is_offered_is_ones_work_at_the_stage_in_the_order_of_the_table():
    case = Case(place_number=15, centre_id=CENTRE)
    reported, filed = standing(Stage.REPORTED), standing(Stage.FILED)

    assert rules.open_moves(somebody("intake"), case, reported, about=about()) == [
        "accept", "dismiss", "merge", "ask_void", "remark", "correct", "check_open",
    ]  # fmt: skip
    assert rules.open_moves(somebody("dispatch"), case, filed, about=about()) == [
        "merge", "escalate", "dispatch", "ask_void", "remark", "urge",
    ]  # fmt: skip
    assert rules.open_moves(handler(ROADS), case, filed, about=about()) == ["remark"]


def test_a_handler_is_offered_what_their_own_part_asks_for():
    case = Case(place_number=15, centre_id=CENTRE)
    now = standing(Stage.HANDLING, waste="signed", roads="sent")

    assert rules.open_moves(handler(ROADS), case, now, about=about()) == [
        "object", "sign", "remark", "appeal",
    ]  # fmt: skip
    assert rules.open_moves(handler(WASTE), case, now, about=about()) == [
        "split", "ask_extension", "ask_suspension", "handle", "remark", "appeal",
    ]  # fmt: skip
    assert rules.open_moves(handler(LAMPS), case, now, about=about()) == []


def test_each_move_is_offered_exactly_where_it_could_succeed():
    def offer(name: str, unit: int | None = None, actor: str = "person:7", **state) -> bool:
        return offered(Standing(**state), name, actor, unit)

    signed, sent = Part("signed", True, NOW), Part("sent", False, NOW)
    parts = {WASTE: signed, ROADS: sent}
    for name, is_open in (("file", False), ("check_open", False), ("check_done", True)):
        assert offer(name, check_open=True) is is_open
        assert offer(name) is not is_open
    assert offer("dispatch")
    assert not offer("dispatch", parts=parts)
    assert offer("dispatch", parts=parts | {LAMPS: Part("objected", False, NOW)})
    assert offer("recall", sent={})
    assert not offer("recall")
    for name in ("sign", "object"):
        assert [offer(name, u, parts=parts) for u in (WASTE, ROADS, 99)] == [False, True, False]
    for name in ("handle", "split", "ask_extension", "ask_suspension"):
        assert [offer(name, u, parts=parts) for u in (WASTE, ROADS, 99)] == [True, False, False]
    assert not offer("ask_extension", WASTE, parts=parts, extension_asked={WASTE})
    assert offer("ask_extension", WASTE, parts=parts, extension_asked={ROADS})
    for state in ("asked", "endorsed", "used"):
        assert not offer("ask_suspension", WASTE, parts=parts, suspension=state)
        assert offer("endorse_suspension", suspension=state) is (state == "asked")
        assert offer("suspend", suspension=state) is (state == "endorsed")
        assert offer("refuse_suspension", suspension=state) is (state != "used")
    assert not offer("suspend", suspension="endorsed", endorsed_by="person:7")
    assert not offer("endorse_suspension")
    assert not offer("refuse_suspension")
    for name in ("extend", "refuse_extension"):
        assert offer(name, extension_asked={ROADS})
        assert not offer(name)
    for name in ("rework", "verify"):
        assert offer(name, handlers={"person:8"})
        assert not offer(name, handlers={"person:7"})
    assert offer("ask_void")
    assert not offer("ask_void", void_asked_by="person:8")
    assert offer("void", void_asked_by="person:8")
    assert not offer("void", void_asked_by="person:7")
    assert not offer("void")
    for state, again in (("asked", False), ("exempt", False), ("refused", True)):
        assert offer("appeal", WASTE, parts=parts, appeals={WASTE: state}) is again
        assert offer("exempt", appeals={WASTE: state}) is (state == "asked")
        assert offer("refuse_appeal", appeals={WASTE: state}) is (state == "asked")
    assert offer("appeal", WASTE, parts=parts)
    assert not offer("appeal", 99, parts=parts)
    assert offer("remark")
    assert offer("withdraw")


# ---- what a move must meet ---------------------------------------------------------------------

DAY = date(2026, 11, 20)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("begins", "ends", "kind_ended", "refusal"),
    [
        (DAY, None, None, None),
        (DAY, DAY, DAY, None),
        (BEFORE, AFTER, AFTER, None),
        (AFTER, None, None, "standard"),
        (BEFORE, BEFORE, None, "standard"),
        (BEFORE, None, BEFORE, "standard"),
    ],
)
def test_a_standard_is_in_force_from_its_first_day_to_its_last(begins, ends, kind_ended, refusal):
    kind = Kind(name="暴露垃圾", ended_on=kind_ended)
    standard = Standard(kind=kind, valid_from=begins, valid_until=ends)
    if refusal is None:
        guards.standard_holds(standard, DAY)
        return
    with pytest.raises(Refused) as refused:
        guards.standard_holds(standard, DAY)
    assert refused.value.field == refusal


@pytest.mark.parametrize(
    ("tier", "unit_kind", "in_grid", "ended", "fits"),
    [
        ("county", Unit.Kind.CENTRE, False, None, True),
        ("township", Unit.Kind.CENTRE, True, None, True),
        ("township", Unit.Kind.CENTRE, False, None, False),
        ("community", Unit.Kind.CENTRE, False, None, False),
        ("township", Unit.Kind.DEPARTMENT, False, None, True),
        ("county", Unit.Kind.CENTRE, True, DAY, True),
        ("county", Unit.Kind.CENTRE, True, BEFORE, False),
    ],
)
def test_only_what_is_in_the_grid_is_sent_there(tier, unit_kind, in_grid, ended, fits):
    unit = Unit(name="中心", tier=tier, kind=unit_kind, ended_on=ended)
    if fits:
        guards.fits(Kind(name="暴露垃圾", in_grid=in_grid), unit, DAY)
        guards.fits(None, unit, DAY)
        return
    with pytest.raises(Refused) as refused:
        guards.fits(Kind(name="暴露垃圾", in_grid=in_grid), unit, DAY)
    assert refused.value.field == "lead"


def steps(*verbs: str) -> list[Step]:
    return [
        Step(verb, NOW + timedelta(minutes=n), "person:1", units=(WASTE, n) if n else ())
        for n, verb in enumerate(verbs)
    ]


def test_a_dispatch_is_taken_back_within_the_minutes_since_the_last_one():
    procedure = Procedure(recall_minutes=10)
    made = steps("report", "dispatch", "recall", "dispatch", "remark")
    last = NOW + timedelta(minutes=3)

    guards.recall_in_time(procedure, made, last + timedelta(minutes=10))
    with pytest.raises(OutOfOrder, match="10 分钟"):
        guards.recall_in_time(procedure, made, last + timedelta(minutes=10, seconds=1))
    guards.recall_in_time(procedure, [], NOW)
    guards.recall_in_time(procedure, steps("report", "import"), NOW + timedelta(minutes=11))
    with pytest.raises(OutOfOrder):
        guards.recall_in_time(procedure, steps("report", "import"), NOW + timedelta(minutes=12))


def test_the_units_of_the_last_dispatch_are_those_that_were_sent_last():
    assert guards.last_sent(steps("report", "dispatch", "sign", "dispatch", "sign")) == (WASTE, 3)
    assert guards.last_sent(steps("report", "sign")) == ()


def test_a_suspension_ends_tomorrow_at_the_earliest_and_within_the_days_allowed():
    procedure, today = Procedure(suspension_days_most=30), timezone.localtime(NOW).date()
    for days in (1, 2, 30):
        guards.suspension_fits(procedure, today + timedelta(days=days), NOW)
    for days in (-1, 0, 31):
        with pytest.raises(Refused, match="30 天") as refused:
            guards.suspension_fits(procedure, today + timedelta(days=days), NOW)
        assert refused.value.field == "until"


def test_anything_but_fixed_says_why():
    guards.says_why("fixed", "")
    guards.says_why("partly", "树已枯")
    with pytest.raises(Refused) as refused:
        guards.says_why("partly", "")
    assert refused.value.field == "reason"


def test_a_closed_case_is_reopened_to_the_last_second_of_its_days():
    closed = Case(closed_at=NOW, last_at=NOW + timedelta(days=3), procedure=Procedure())
    never = Case(closed_at=None, last_at=NOW, procedure=Procedure(reopen_days=3))

    assert rules.reopens_until(closed) == NOW + timedelta(days=14)
    assert rules.reopens_until(never) == NOW + timedelta(days=3)
    guards.reopen_in_time(closed, NOW + timedelta(days=14))
    with pytest.raises(OutOfOrder, match="14 天"):
        guards.reopen_in_time(closed, NOW + timedelta(days=14, seconds=1))


@pytest.mark.parametrize(
    ("settles", "before", "after", "field"),
    [
        (True, True, True, None),
        (False, True, True, "kind"),
        (True, False, True, "after"),
        (True, True, False, "after"),
        (True, False, False, "after"),
    ],
)
def test_settling_on_the_spot_shows_before_and_after(settles, before, after, field):
    kind = Kind(name="小广告", settles=settles)
    if field is None:
        guards.settles(kind, before=before, after=after)
        return
    with pytest.raises(Refused) as refused:
        guards.settles(kind, before=before, after=after)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("evidence", "leads", "after", "shown"),
    [
        (["after"], True, True, True),
        (["after"], True, False, False),
        (["after"], False, False, True),
        (["before"], True, False, True),
        ([], True, False, True),
        (None, True, False, True),
    ],
)
def test_the_lead_shows_the_evidence_that_the_standard_asks_for(evidence, leads, after, shown):
    standard = None if evidence is None else Standard(evidence=evidence)
    if shown:
        guards.shows_evidence(standard, leads=leads, after=after)
        return
    with pytest.raises(Refused) as refused:
        guards.shows_evidence(standard, leads=leads, after=after)
    assert refused.value.field == "photos"


# ---- why a case is not closed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "missing"),
    [
        ("reported", "还没有立案|核查未完成"),
        ("accepted", "还没有立案|核查未完成"),
        ("filed", "还没有派遣|核查未完成"),
        ("dispatched", "核查未完成"),
        ("handling", "核查未完成"),
        ("suspended", "案件正在挂账|核查未完成"),
        ("handled", "核查未完成"),
        ("verified", ""),
        ("closed", ""),
    ],
)
def test_each_stage_says_what_still_stands_before_closure(stage, missing):
    case = Case(direction=Case.Direction.values[0])
    assert case.direction != Case.Direction.DOWN
    with translation.override("zh-hans"):
        found = rules.why_not_closed(case, standing(Stage(stage)))
    assert found == [words for words in missing.split("|") if words]


def test_a_check_and_the_units_that_have_not_answered_are_said_once():
    case = Case(direction=Case.Direction.values[0])
    now = standing(Stage.HANDLING, waste="signed", roads="sent", lamps="handled")
    now.check_open = True
    with translation.override("zh-hans"):
        assert rules.why_not_closed(case, now) == [
            "立案前核查没有反馈", "有承办单位没有反馈", "核查未完成",
        ]  # fmt: skip
        done = standing(Stage.HANDLING, waste="handled", roads="recalled")
        assert rules.why_not_closed(case, done) == ["核查未完成"]
