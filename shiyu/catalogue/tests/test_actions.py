from datetime import date, timedelta

import pytest

from shiyu.catalogue import actions, rules
from shiyu.catalogue.bulk import import_standards
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.catalogue.tests.sheets import PROGRAM, ROWS, city_with_units, csv_of, merged_xlsx
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.sheets import read_sheets
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

pytestmark = pytest.mark.django_db
JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 1)


def take_in(tmp_path, rows=ROWS, *, on=JANUARY, **asked):
    path = csv_of(tmp_path / "a.csv", rows)
    return import_standards(read_sheets(path), valid_from=on, actor=PROGRAM, **asked)


def counts(outcome):
    return outcome.added, outcome.changed, outcome.unchanged, outcome.ended


def test_a_spreadsheet_becomes_kinds_standards_and_responsibilities(tmp_path):
    units = city_with_units()

    outcome = take_in(tmp_path)

    kind = Kind.objects.get(code="10101")
    standards = rules.standards_for(kind, JANUARY)
    assert (counts(outcome), outcome.applied) == ((3, 0, 0, 0), True)
    assert [s.handling for s in standards] == ["2紧急工作时", "5工作日"]
    assert rules.responsible(standards[0], "city").lead == units["供水公司"]
    assert rules.responsible(standards[0], "city").co == (units["城管局"],)
    assert kind.pinyin == "shangshuijinggai ssjg"
    assert Line.objects.filter(subject="catalogue:standards", verb="publish").count() == 1


def test_the_same_file_again_changes_nothing(tmp_path):
    city_with_units()
    take_in(tmp_path)
    lines = Line.objects.count()

    again = take_in(tmp_path, on=JUNE)

    assert counts(again) == (0, 0, 3, 0)
    assert Standard.objects.count() == 3
    assert Line.objects.count() == lines


def test_a_changed_row_makes_a_new_version_and_ends_the_old_one(tmp_path):
    city_with_units()
    take_in(tmp_path)
    rows = [list(row) for row in ROWS]
    rows[1][5] = "3工作日"

    outcome = take_in(tmp_path, rows, on=JUNE)

    kind = Kind.objects.get(code="10101")
    may, june = (rules.standard_for(kind, day, 2) for day in (JUNE - timedelta(days=1), JUNE))
    assert counts(outcome) == (0, 1, 2, 0)
    assert (may.handling, may.version, may.valid_until) == ("5工作日", 1, date(2026, 5, 31))
    assert (june.handling, june.version, june.ordinal) == ("3工作日", 2, 2)


def test_a_condition_that_is_gone_ends_and_a_new_one_gets_a_number_of_its_own(tmp_path):
    city_with_units()
    take_in(tmp_path)
    rows = [ROWS[0], ["", "", "", "", "异响", "2工作日", "更换", "", ""], ROWS[2]]

    outcome = take_in(tmp_path, [*rows[:1], *rows[2:]], on=JUNE)
    later = take_in(tmp_path, rows, on=date(2026, 7, 1))

    kind = Kind.objects.get(code="10101")
    assert (counts(outcome), counts(later)) == ((0, 0, 2, 1), (1, 0, 2, 0))
    assert [s.ordinal for s in rules.standards_for(kind, date(2026, 7, 1))] == [1, 3]


def test_a_version_cannot_begin_before_the_one_it_replaces(tmp_path):
    city_with_units()
    take_in(tmp_path, on=JUNE)
    rows = [list(row) for row in ROWS]
    rows[0][5] = "4工作时"

    with pytest.raises(Refused, match="不能早于它"):
        take_in(tmp_path, rows, on=JANUARY)

    assert Standard.objects.count() == 3


def test_nothing_is_half_imported_unless_the_valid_rows_are_asked_for(tmp_path):
    city_with_units()
    rows = [*ROWS, ["", "", "03", "污水井盖", "缺失", "尽快", "恢复", "", ""]]

    refused = take_in(tmp_path, rows)
    before = Standard.objects.count(), Kind.objects.count()
    taken = take_in(tmp_path, rows, accept_valid=True)

    assert (refused.applied, before, [r.row for r in refused.rejected]) == (False, (0, 0), [6])
    assert (taken.applied, counts(taken), len(taken.rejected)) == (True, (3, 0, 0, 0), 1)


def test_a_dry_run_says_what_would_happen_and_leaves_no_trace(tmp_path):
    city_with_units()
    lines = Line.objects.count()

    outcome = take_in(tmp_path, dry_run=True, create_units=True)

    assert (counts(outcome), outcome.applied) == ((3, 0, 0, 0), False)
    assert (Kind.objects.count(), Line.objects.count()) == (0, lines)


def test_a_unit_the_city_does_not_have_is_told_and_its_part_left_out(tmp_path):
    city_with_units()

    outcome = take_in(tmp_path)

    standard = rules.standard_for(Kind.objects.get(code="10102"), JANUARY)
    assert [(n.row, n.reason) for n in outcome.notes] == [
        (5, "责任单位“排水中心”不在机构表中（共 1 行），该项责任未记")
    ]
    assert rules.responsible(standard, "city").lead is None


def test_units_are_founded_when_asked_for_but_not_sorts_of_unit(tmp_path):
    city_with_units()
    rows = [["01", "公用", "02", "雨水井盖", "缺失", "4工作时", "恢复", "排水中心、各产权单位", ""]]

    outcome = take_in(tmp_path, rows, create_units=True)

    standard = rules.standard_for(Kind.objects.get(code="10102"), JANUARY)
    assert rules.responsible(standard, "city").lead == Unit.objects.get(name="排水中心")
    assert len(outcome.notes) == 1
    assert not Unit.objects.filter(name="各产权单位").exists()


def test_units_by_tier_lead_at_their_own_tier(tmp_path):
    units = city_with_units()

    import_standards(
        read_sheets(merged_xlsx(tmp_path / "a.xlsx")), valid_from=JANUARY, actor=PROGRAM
    )

    standard = rules.standard_for(Kind.objects.get(code="20102"), JANUARY)
    assert rules.responsible(standard, "city").lead == units["环卫中心"]
    assert rules.responsible(standard, "county").lead == units["区环卫所"]
    suggested = rules.suggested_units(standard, tier="county")
    assert [s.unit for s in suggested] == [
        units["区环卫所"],
        units["环卫中心"],
        units["城管局"],
    ]
    assert suggested[0].because == "立结案标准列为县区级主责单位"


def test_suggestions_cost_the_same_for_one_unit_and_for_three(tmp_path, django_assert_num_queries):
    city_with_units()
    take_in(tmp_path)
    import_standards(
        read_sheets(merged_xlsx(tmp_path / "a.xlsx")), valid_from=JANUARY, actor=PROGRAM
    )

    for code in ("20105", "20102"):
        standard = rules.standard_for(Kind.objects.get(code=code), JANUARY)
        with django_assert_num_queries(1):
            rules.suggested_units(standard)


def test_a_kind_kept_off_the_grid_says_why(tmp_path):
    city_with_units()
    take_in(tmp_path)
    kind = Kind.objects.get(code="10101")

    before = rules.may_go_to_grid(kind)
    kept_out = actions.keep_out(kind, because="带压管道，由供水企业处置", actor=PROGRAM)
    with pytest.raises(Refused, match="写明不入格的原因"):
        actions.keep_out(kind, because="  ", actor=PROGRAM)
    why = rules.may_go_to_grid(kept_out)
    admitted = actions.admit(kept_out, actor=PROGRAM)
    with pytest.raises(OutOfOrder):
        actions.admit(admitted, actor=PROGRAM)

    assert before is None
    assert why == "“上水井盖”未入格，不能交到网格：带压管道，由供水企业处置"
    assert rules.may_go_to_grid(admitted) is None
    verbs = Line.objects.filter(subject=f"kind:{kind.pk}").values_list("verb", flat=True)
    assert list(verbs) == ["create", "keep_out", "admit"]


def test_a_kind_that_ended_is_offered_no_more(tmp_path):
    city_with_units()
    take_in(tmp_path)
    kind = Kind.objects.get(code="10101")

    ended = actions.end_kind(kind, on=date(2020, 1, 1), actor=PROGRAM)

    assert [k.code for k in rules.kinds_for_public()] == ["10102"]
    assert "已停用" in rules.may_go_to_grid(ended)
    assert [k.code for k in rules.find_kinds("井盖")] == ["10102"]
    assert [k.code for k in rules.find_kinds("ysjg")] == ["10102"]


def test_the_procedure_has_versions_by_date():
    limits = {"accept": "15分钟", "dispatch": "15分钟"}

    first = actions.set_procedure(valid_from=JANUARY, actor=PROGRAM, limits=limits)
    second = actions.set_procedure(valid_from=JUNE, actor=PROGRAM, reopen_days=30)

    assert rules.procedure_at(JUNE - timedelta(days=1)) == first
    assert rules.procedure_at(JUNE) == second
    assert (second.version, second.limits, second.reopen_days) == (2, limits, 30)
    with pytest.raises(OutOfOrder, match="还没有生效的流程参数"):
        rules.procedure_at(JANUARY - timedelta(days=1))


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ({"limits": {"accept": "马上"}}, "看不懂"),
        ({"limits": {"nap": "15分钟"}}, "没有这些计时：nap"),
        ({"objection_limit": "3块"}, "看不懂"),
        ({"colour": "red"}, "没有这些流程参数：colour"),
    ],
)
def test_a_procedure_that_no_clock_can_read_is_refused(numbers, why):
    with pytest.raises(Refused, match=why):
        actions.set_procedure(valid_from=JANUARY, actor=PROGRAM, **numbers)

    assert not Procedure.objects.exists()


def test_a_stranger_changes_nothing(tmp_path):
    city_with_units()
    take_in(tmp_path)
    kind, stranger = Kind.objects.get(code="10101"), Actor("person", 4)

    for attempt in (
        lambda: actions.publish_standards([], valid_from=JUNE, actor=stranger),
        lambda: actions.keep_out(kind, because="某", actor=stranger),
        lambda: actions.admit(kind, actor=stranger),
        lambda: actions.end_kind(kind, on=JUNE, actor=stranger),
        lambda: actions.set_procedure(valid_from=JUNE, actor=stranger),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_standards_own_limits_come_before_the_procedures(tmp_path):
    city_with_units()
    actions.set_procedure(
        valid_from=JANUARY, actor=PROGRAM, limits={"accept": "15分钟", "dispatch": "1工作时"}
    )
    import_standards(
        read_sheets(merged_xlsx(tmp_path / "a.xlsx")), valid_from=JANUARY, actor=PROGRAM
    )
    standard = rules.standard_for(Kind.objects.get(code="20102"), JANUARY)

    limits = rules.limits_of(rules.procedure_at(JANUARY), standard)

    assert limits == {"accept": "15分钟", "dispatch": "15分钟", "handling": "4工作时"}
    assert rules.season_of(standard) is None
