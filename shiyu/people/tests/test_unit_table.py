import pytest

from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.sheets import read_sheets
from shiyu.people.actors import Actor
from shiyu.people.models import Unit
from shiyu.people.unit_import import import_units
from shiyu.people.unit_table import read_units

pytestmark = pytest.mark.django_db
PROGRAM = Actor.program("test")


def take_in(tmp_path, *lines, heading="机构代码,机构名称,层级,上级机构代码", **asked):
    path = tmp_path / "units.csv"
    path.write_text("\n".join([heading, *lines]), encoding="gb18030")
    return import_units(read_units(read_sheets(path)), root_place="990000", actor=PROGRAM, **asked)


def reasons(outcome):
    return [(reject.row, reject.reason) for reject in outcome.rejected]


def test_units_are_entered_with_their_superiors_in_any_order(tmp_path):
    outcome = take_in(tmp_path, "A1,东区城管局,县区,A", "A,城管局,市级,")

    assert (outcome.added, outcome.applied, outcome.rejected) == (2, True, [])
    unit = Unit.objects.get(code="A1")
    assert (unit.parent.code, unit.tier, unit.kind) == ("A", "county", "department")
    assert unit.place_code == "990000"


def test_a_circle_of_superiors_is_named_and_nothing_entered(tmp_path):
    outcome = take_in(tmp_path, "A,甲,市,C", "B,乙,市,A", "C,丙,市,B", "D,丁,市,", "E,戊,市,B")

    assert reasons(outcome) == [
        (2, "上级机构成环：A → C → B → A"),
        (3, "上级机构成环：A → C → B → A"),
        (4, "上级机构成环：A → C → B → A"),
        (6, "上级机构 B 未能导入"),
    ]
    assert (outcome.applied, Unit.objects.count()) == (False, 0)


def test_a_circle_through_a_unit_that_is_there_is_found(tmp_path):
    take_in(tmp_path, "A,甲,市,", "B,乙,市,A")

    outcome = take_in(tmp_path, "A,甲,市,B")

    assert reasons(outcome) == [(2, "上级机构成环：A → B → A")]
    assert Unit.objects.get(code="A").parent is None


def test_every_other_fault_is_explained(tmp_path):
    outcome = take_in(
        tmp_path,
        "A,甲,市,Z",
        "A,又甲,市,",
        ",无码,市,",
        "B,,市,",
        "C,丙,星系,",
        "D,丁,市,F",
        "F,己,县区,",
        "G,庚,市,G",
    )

    assert reasons(outcome) == [
        (2, "没有上级机构 Z"),
        (3, "机构代码与第2行重复"),
        (4, "没有机构代码"),
        (5, "没有机构名称"),
        (6, "不认识的层级“星系”"),
        (7, "层级高于上级机构 F"),
        (9, "上级机构成环：G → G"),
    ]


def test_the_same_table_again_changes_nothing_and_new_names_are_taken_over(tmp_path):
    take_in(tmp_path, "A,城管局,市,", "B,环卫中心,市,")

    again = take_in(tmp_path, "A,城管局,市,", "B,环卫中心,市,")
    changed = take_in(tmp_path, "A,城市管理局,市,", "B,环卫中心,市,A")

    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert (changed.added, changed.changed, changed.unchanged) == (0, 2, 0)
    assert Unit.objects.get(code="B").parent.name == "城市管理局"


def test_valid_rows_are_entered_when_asked_for_and_a_dry_run_enters_none(tmp_path):
    lines = ("A,甲,市,", "B,乙,市,Z")

    tried = take_in(tmp_path, *lines, accept_valid=True, dry_run=True)
    before = Unit.objects.count()
    taken = take_in(tmp_path, *lines, accept_valid=True)

    assert (tried.added, tried.applied, before) == (1, False, 0)
    assert (taken.added, taken.applied, len(taken.rejected)) == (1, True, 1)


def test_a_place_that_does_not_exist_is_told(tmp_path):
    outcome = take_in(tmp_path, "A,甲,123", heading="代码,名称,区域代码", places={"990000"})

    assert reasons(outcome) == [(2, "没有代码为 123 的区域")]


def test_a_table_without_headings_and_a_stranger_are_refused(tmp_path):
    with pytest.raises(Refused, match="找不到“机构代码”和“机构名称”"):
        take_in(tmp_path, "1,2", heading="a,b")
    with pytest.raises(NotAllowed):
        import_units([], root_place="990000", actor=Actor("person", 3))
