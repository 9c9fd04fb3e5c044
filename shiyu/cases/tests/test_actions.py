"""Every stage × move through the real actions: a move leaves its line, a refusal nothing."""

import pytest
from django.db import connection, transaction

from shiyu.cases import actions as do
from shiyu.cases.actions import succeeding
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.models import Assignment, Case
from shiyu.cases.tests.calls import CALLS
from shiyu.cases.tests.test_lifecycle import ASKED, FOR_PARTS, PROCEDURE, can_appeal, sources
from shiyu.common.errors import NotAllowed, NotFound, OutOfOrder, Refused
from shiyu.journal.models import Line, Remark
from shiyu.notices.models import Notice

ALLOWED = [
    (stage, verb)
    for stage in Stage.values
    for verb in PROCEDURE
    if stage in sources(verb) and verb not in {"appeal", "exempt", "refuse_appeal"}
]


def faults() -> list[str]:
    found = [f.says for f in replay_all(Audited()) if f is not None]
    return found + [f.says for f in broken_invariants()]


def trace(case: Case) -> tuple[object, ...]:
    """All that a refused move must leave as it was."""
    row = Case.objects.filter(pk=case.pk).values().get()
    parts = list(Assignment.objects.filter(case=case).order_by("pk").values())
    counts = Line.objects.count(), Notice.objects.count(), Remark.objects.count()
    return row, parts, counts


def test_there_is_a_call_for_every_move():
    assert set(CALLS) == set(MOVES)


@pytest.mark.parametrize(("stage", "verb"), ALLOWED)
def test_a_move_of_the_table_is_made_and_written_down(stage, verb, world):
    direction = {"split": "order"}.get(verb)
    case = world.make_case(stage)
    if direction:
        Case.objects.filter(pk=case.pk).update(direction=Case.Direction.DOWN)
    for asked in ASKED.get(verb, []):
        CALLS[asked](world, case)
    if verb == "merge" and stage in {"dispatched", "handling", "suspended", "handled", "verified"}:
        with pytest.raises(OutOfOrder, match="先撤回"):
            CALLS[verb](world, case)
        return
    lines = Line.objects.filter(subject=case.subject)
    before = lines.count()

    CALLS[verb](world, case)

    case.refresh_from_db()
    target = PROCEDURE[verb][1]
    assert case.stage == (stage if target == "SAME" else target)
    assert lines.count() == before + 1
    assert lines.order_by("-id").first().verb == verb
    assert faults() == []


@pytest.mark.parametrize("stage", Stage.values)
def test_every_other_move_is_refused_and_leaves_no_trace(stage, world):
    case = world.make_case(stage)
    tried = [v for v in PROCEDURE if stage not in sources(v) and (stage, v) not in FOR_PARTS]
    tried += [v for v in ("appeal", "exempt", "refuse_appeal") if not can_appeal(stage, v)]
    world.report()  # a case to merge into is there before the trace is taken
    before = trace(case)

    for verb in tried:
        if verb == "merge":
            continue
        with pytest.raises((OutOfOrder, NotAllowed, Refused)), transaction.atomic():
            CALLS[verb](world, case)
        assert trace(case) == before, verb


@pytest.mark.parametrize("verb", [v for v in MOVES if v not in {"withdraw", "reopen"}])
def test_a_move_needs_its_duty(verb, world, monkeypatch):
    stage = next(s for s in PROCEDURE_STAGES[verb])
    case = world.make_case(stage)
    before = trace(case)
    outsider = world.actor("intake_longting")
    monkeypatch.setattr(type(world), "actor", lambda self, key: outsider)
    if verb in PROGRAM_ONLY:
        with pytest.raises(NotAllowed):
            PROGRAM_ONLY[verb](world, case, outsider)
        assert trace(case) == before
        return

    with pytest.raises((NotAllowed, NotFound)), transaction.atomic():
        CALLS[verb](world, case)

    if verb != "merge":
        assert trace(case) == before


PROGRAM_ONLY = {
    "import_close": lambda _w, case, actor: do.import_close(case, actor=actor),
    "hand_over": lambda w, case, actor: succeeding.hand_over(
        case, unit=w.units["roads"], to=w.units["waste"], actor=actor
    ),
}
PROCEDURE_STAGES = {
    verb: [s for s in Stage.values if s in sources(verb)] or ["reported"] for verb in PROCEDURE
}


def test_a_late_unit_appeals_and_the_fact_stays(world):
    case = world.make_case(Stage.HANDLING)
    late_by_a_day(case)
    CALLS["appeal"](world, case)

    CALLS["exempt"](world, case)

    part = Assignment.objects.get(case=case)
    assert part.exempted
    assert [ln.verb for ln in Line.objects.filter(subject=case.subject).order_by("id")][-2:] == [
        "appeal",
        "exempt",
    ]


def late_by_a_day(case: Case) -> None:
    """A limit given by the source that ran out yesterday."""
    from datetime import timedelta

    from django.utils import timezone

    Case.objects.filter(pk=case.pk).update(fixed_due_at=timezone.now() - timedelta(days=1))
    case.refresh_from_db()


def test_neither_extension_nor_suspension_is_asked_once_overdue(world):
    case = world.make_case(Stage.HANDLING)
    late_by_a_day(case)

    for verb in ("ask_extension", "ask_suspension"):
        with pytest.raises(OutOfOrder, match="已超期"), transaction.atomic():
            CALLS[verb](world, case)


def test_the_journal_is_only_ever_added_to(world):
    case = world.make_case(Stage.ACCEPTED)

    for sql in (
        "UPDATE journal_line SET verb = 'x'",
        "DELETE FROM journal_line",
        "TRUNCATE journal_line",
        f"DELETE FROM cases_case WHERE id = {case.pk}",
    ):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            connection.cursor().execute(sql)


def test_the_journal_holds_no_text_and_no_name(world):
    report, _ = world.report(text="联系张三丰 13800001234", name="张三丰", phone="13800001234")
    CALLS["accept"](world, report.case)

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, ' ') FROM journal_line l")
        everything = cursor.fetchone()[0]

    assert "张三丰" not in everything
    assert "13800001234" not in everything


def test_the_same_report_is_taken_in_once(world):
    first, code = world.report(source="12345", source_ref="A-1")
    again, none = world.report(source="12345", source_ref="A-1", text="又打来")

    assert (again.pk, none) == (first.pk, "")
    assert len(code) == 14
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lon": 116.4, "lat": 39.9}, "不在本市"),
        ({"lon": 999.0, "lat": 1.0}, "经度和纬度"),
        ({"lon": float("nan"), "lat": 34.8}, "经度和纬度"),
        ({"lon": None, "lat": None, "address": "  "}, "街道和门牌"),
        ({"text": " \u202e\x00 "}, "说明是什么问题"),
        ({"text": "长" * 2001}, "多了 1 字"),
    ],
)
def test_a_report_that_cannot_be_taken_in_is_told_why(changes, sentence, world):
    with pytest.raises(Refused, match=sentence):
        world.report(**changes)

    assert Case.objects.count() == 0
    assert Line.objects.filter(subject__startswith="case:").count() == 0


def test_a_kind_not_admitted_is_not_sent_down_to_the_grid(world):
    case = world.make_case(Stage.ACCEPTED)
    do.file(case, standard=world.standards["noise"], actor=world.actor("intake"))

    with pytest.raises(Refused, match="入格"):
        do.dispatch(case, lead=world.units["shudian"], actor=world.actor("dispatcher"))


def test_an_order_is_split_answered_and_rolled_up(world):
    parent = world.make_case(Stage.HANDLING)
    Case.objects.filter(pk=parent.pk).update(direction=Case.Direction.DOWN)
    CALLS["split"](world, parent)
    child = Case.objects.get(parent=parent)

    with pytest.raises(OutOfOrder, match="还没有全部办结"), transaction.atomic():
        CALLS["handle"](world, parent)
    for step in ("accept", "file"):
        CALLS[step](world, child)
    do.dispatch(child, lead=world.units["roads"], actor=world.actor("dispatcher"))
    for step in ("sign", "handle", "verify", "close"):
        CALLS[step](world, child)
    CALLS["handle"](world, parent)

    parent.refresh_from_db()
    assert parent.stage == "handled"
    verbs = [ln.verb for ln in Line.objects.filter(subject=parent.subject).order_by("id")]
    assert verbs[-2:] == ["child_done", "handle"]
    assert faults() == []


def test_a_stale_page_is_told_who_moved_the_case(world):
    case = world.make_case(Stage.REPORTED)
    do.accept(case, actor=world.actor("clerk"), version=1)

    with pytest.raises(OutOfOrder, match=r"孙悦 .*受理"):
        do.accept(case, actor=world.actor("intake"), version=1)


def test_not_solved_reopens_and_tells_the_handler(world):
    report, _ = world.report()
    case = report.case
    for step in ("accept", "file"):
        CALLS[step](world, case)
    do.dispatch(case, lead=world.units["roads"], actor=world.actor("dispatcher"))
    for step in ("sign", "handle", "verify", "close"):
        CALLS[step](world, case)
    from shiyu.people.actors import Actor

    do.rate(report, solved="no", satisfaction=1, words="还是破的", actor=Actor.receipt(report.pk))

    case.refresh_from_db()
    assert (case.stage, case.round) == ("handling", 2)
    told = Notice.objects.filter(to=world.people["handler"], kind="reopened")
    assert told.count() == 1
    assert faults() == []
