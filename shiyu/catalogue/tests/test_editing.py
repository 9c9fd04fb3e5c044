"""Editing one condition, one kind, the lists: versions, conflicts, withdrawal, a whole file."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shiyu.catalogue import actions, rules, uploads
from shiyu.catalogue.models import Kind, Reason, SheetUpload, Standard
from shiyu.catalogue.tests.sheets import ROWS, csv_of
from shiyu.catalogue.wanted import Wanted, allowance, differences, led_once, season
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.models import Line


def _wanted(**said):
    return Wanted(**{"filing_condition": "井盖丢失", "handling": "2紧急工作时"} | said)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def editor(world):
    return world.actor("administrator")


def _versions(kind, ordinal=1):
    rows = Standard.objects.filter(kind=kind, ordinal=ordinal).order_by("version")
    return [(s.version, s.valid_from, s.valid_until, s.handling) for s in rows]


def test_a_revision_ends_the_old_version_the_day_before(world, editor, today):
    kind, old = world.kinds["manhole"], world.standards["manhole"]
    day = today + timedelta(days=3)

    made = actions.revise_condition(kind, 1, _wanted(), valid_from=day, seen=1, actor=editor)

    eve = day - timedelta(days=1)
    assert _versions(kind) == [
        (1, old.valid_from, eve, "2紧急工作时"),
        (2, day, None, "2紧急工作时"),
    ]
    assert rules.standard_for(kind, today) == old
    assert rules.standard_for(kind, day) == made
    line = Line.objects.filter(subject=f"kind:{kind.pk}", verb="revise_condition").get()
    assert line.facts == {
        "standard": made.pk,
        "ordinal": 1,
        "version": 2,
        "from": day.isoformat(),
    }


def test_the_second_of_two_editors_is_told_and_nothing_is_written_over(world, editor, today):
    kind = world.kinds["manhole"]
    actions.revise_condition(kind, 1, _wanted(), valid_from=today, seen=1, actor=editor)
    before = _versions(kind)

    with pytest.raises(OutOfOrder, match="第 2 版"):
        actions.revise_condition(
            kind, 1, _wanted(handling="4工作时"), valid_from=today, seen=1, actor=editor
        )

    assert _versions(kind) == before


def test_a_revision_that_changes_nothing_is_refused(world, editor, today):
    kind, old = world.kinds["manhole"], world.standards["manhole"]

    with pytest.raises(Refused, match="没有改动"):
        actions.revise_condition(kind, 1, Wanted.of(old), valid_from=today, seen=1, actor=editor)


@pytest.mark.parametrize("days", [-1, -400])
def test_no_version_begins_before_today(world, editor, today, days):
    kind, before = world.kinds["manhole"], _versions(world.kinds["manhole"])

    with pytest.raises(Refused, match="不能早于今天"):
        actions.revise_condition(
            kind, 1, _wanted(), valid_from=today + timedelta(days=days), seen=1, actor=editor
        )

    assert _versions(kind) == before


def test_a_version_cannot_begin_before_the_one_to_come(world, editor, today):
    kind = world.kinds["manhole"]
    later = today + timedelta(days=10)
    actions.revise_condition(kind, 1, _wanted(), valid_from=later, seen=1, actor=editor)

    with pytest.raises(Refused, match="不能早于它"):
        actions.revise_condition(
            kind, 1, _wanted(handling="4工作时"), valid_from=today, seen=2, actor=editor
        )


def test_withdrawing_a_version_to_come_goes_on_with_the_one_that_held(world, editor, today):
    kind, old = world.kinds["manhole"], world.standards["manhole"]
    day = today + timedelta(days=3)
    actions.revise_condition(kind, 1, _wanted(), valid_from=day, seen=1, actor=editor)

    made = actions.withdraw_condition(kind, 1, seen=2, actor=editor)

    assert Wanted.of(made) == Wanted.of(old)
    assert (made.version, made.valid_from, made.valid_until) == (3, day, None)
    assert rules.standard_for(kind, day) == made
    assert rules.standard_for(kind, today) == old
    never = Standard.objects.get(kind=kind, version=2)
    assert never.valid_until < never.valid_from


def test_a_new_condition_withdrawn_before_its_day_never_holds(world, editor, today):
    kind = world.kinds["lamp"]
    day = today + timedelta(days=3)
    actions.add_condition(kind, _wanted(), valid_from=day, actor=editor)

    actions.withdraw_condition(kind, 2, seen=1, actor=editor)

    assert [s.ordinal for s in rules.standards_for(kind, day + timedelta(days=30))] == [1]


def test_what_holds_already_is_not_withdrawn(world, editor):
    with pytest.raises(OutOfOrder, match="已经生效"):
        actions.withdraw_condition(world.kinds["manhole"], 1, seen=1, actor=editor)


def test_a_condition_ends_on_its_last_day_and_a_revision_takes_it_up(world, editor, today):
    kind = world.kinds["manhole"]

    actions.end_condition(kind, 1, last_day=today, seen=1, actor=editor)
    tomorrow = today + timedelta(days=1)
    assert rules.standards_for(kind, today) != []
    assert rules.standards_for(kind, tomorrow) == []
    old = Wanted.of(world.standards["manhole"])
    actions.revise_condition(kind, 1, old, valid_from=tomorrow, seen=1, actor=editor)

    assert [s.version for s in rules.standards_for(kind, tomorrow)] == [2]


def test_a_case_keeps_the_version_it_was_filed_under(world, editor, today):
    case = world.make_case("handling")

    actions.revise_condition(
        world.kinds["manhole"],
        1,
        _wanted(handling="9工作日"),
        valid_from=today,
        seen=1,
        actor=editor,
    )

    case.refresh_from_db()
    assert case.standard.version == 1


def test_units_of_a_version_are_its_own(world, editor, today):
    kind, roads, waste = world.kinds["manhole"], world.units["roads"], world.units["waste"]
    units = ((roads.pk, "county", "co"), (waste.pk, "county", "lead"))

    made = actions.revise_condition(
        kind, 1, _wanted(units=units), valid_from=today, seen=1, actor=editor
    )

    found = rules.responsible(made, "county")
    assert (found.lead, found.co) == (waste, (roads,))
    assert rules.responsible(world.standards["manhole"], "county").lead == roads


@pytest.mark.parametrize(
    ("units", "why"),
    [
        (((1, "county", "lead"), (2, "county", "lead")), "只能有一个主责"),
        (((1, "county", "lead"), (1, "county", "co")), "只写一次"),
    ],
)
def test_a_tier_has_one_lead_and_no_unit_twice(units, why):
    with pytest.raises(Refused, match=why):
        led_once(units)


def test_limits_that_no_clock_can_read_are_refused_at_their_field():
    with pytest.raises(Refused) as refused:
        allowance("尽快", "handling")
    assert refused.value.field == "handling"
    assert allowance("3个工作日", "handling") == "3工作日"


@pytest.mark.parametrize("days", [("03-01", ""), ("13-01", "11-30"), ("春天", "秋天")])
def test_half_a_season_or_no_day_is_refused(days):
    with pytest.raises(Refused, match="起止两天"):
        season(*days)


def test_differences_tell_what_went_and_what_came():
    old = _wanted(filing_condition="井盖丢失或损坏", legal_basis="《条例》")
    new = _wanted(filing_condition="井盖丢失、移位或损坏", legal_basis="《条例》")

    (only,) = differences(old, new, {})

    assert only.label == "立案条件"
    assert [(p.text, p.change) for p in only.pieces] == [
        ("井盖丢失", ""),
        ("、移位", "new"),
        ("或损坏", ""),
    ]


def test_a_new_kind_is_kept_out_of_the_grid_until_it_is_admitted(editor, world):
    made = actions.create_kind(
        category="event",
        major_code="05",
        major_name="扬尘",
        minor_code="01",
        name="工地扬尘",
        actor=editor,
    )

    assert (made.code, made.in_grid) == ("20501", False)
    assert "未入格" in rules.may_go_to_grid(made)
    actions.admit(made, actor=editor)
    made.refresh_from_db()
    assert rules.may_go_to_grid(made) is None


def test_a_code_in_use_is_refused(editor, world):
    with pytest.raises(Refused, match="已有小类在用"):
        actions.create_kind(
            category="component",
            major_code="01",
            major_name="公用设施",
            minor_code="01",
            name="x",
            actor=editor,
        )


def test_a_kind_is_renamed_and_its_code_stays(editor, world):
    kind = world.kinds["lamp"]

    actions.change_kind(
        kind, name="路灯故障", major_name="道路照明", settles=True, for_public=False, actor=editor
    )

    kind.refresh_from_db()
    assert (kind.code, kind.name, kind.settles, kind.for_public) == (
        *("10201", "路灯故障"),
        *(True, False),
    )
    assert [k.pk for k in rules.find_kinds("ldgz")] == [kind.pk]
    with pytest.raises(Refused, match="没有改动"):
        actions.change_kind(
            kind,
            name="路灯故障",
            major_name="道路照明",
            settles=True,
            for_public=False,
            actor=editor,
        )


def test_an_ended_kind_can_be_taken_up_again(editor, world, today):
    kind = world.kinds["lamp"]
    actions.end_kind(kind, on=today - timedelta(days=1), actor=editor)
    assert kind not in rules.kinds_in_use()

    with pytest.raises(OutOfOrder, match="先恢复"):
        actions.add_condition(kind, _wanted(), valid_from=today, actor=editor)
    actions.take_up_kind(kind, actor=editor)

    assert kind in rules.kinds_in_use()


def test_reasons_are_offered_until_they_are_ended(editor, world):
    first = actions.add_reason("object", "不属本单位职责", actor=editor)
    actions.add_reason("object", "产权另有所属", actor=editor)

    actions.end_reason(first, actor=editor)
    assert rules.usual_reasons()["object"] == ["产权另有所属"]
    actions.take_up_reason(first, actor=editor)

    assert rules.usual_reasons()["object"] == ["不属本单位职责", "产权另有所属"]
    assert rules.usual_reasons().get("rework") is None


@pytest.mark.parametrize(
    ("move", "text", "why"),
    [
        ("object", "  ", "写明理由"),
        ("object", "字" * 61, "最多 60 字"),
        ("dance", "x", "没有这个办理动作"),
        ("object", "已有", "已在清单中"),
    ],
)
def test_a_reason_that_cannot_be_listed_is_refused(editor, world, move, text, why):
    actions.add_reason("object", "已有", actor=editor)

    with pytest.raises(Refused, match=why):
        actions.add_reason(move, text, actor=editor)

    assert Reason.objects.count() == 1


def test_nobody_else_edits_the_catalogue(world, today):
    kind, someone = world.kinds["lamp"], world.actor("intake")
    reason = actions.add_reason("object", "x", actor=world.actor("administrator"))
    attempts = [
        lambda: actions.add_condition(kind, _wanted(), valid_from=today, actor=someone),
        lambda: actions.revise_condition(
            kind, 1, _wanted(), valid_from=today, seen=1, actor=someone
        ),
        lambda: actions.end_condition(kind, 1, last_day=today, seen=1, actor=someone),
        lambda: actions.withdraw_condition(kind, 1, seen=1, actor=someone),
        lambda: actions.take_up_kind(kind, actor=someone),
        lambda: actions.change_kind(
            kind, name="x", major_name="x", settles=True, for_public=True, actor=someone
        ),
        lambda: actions.add_reason("object", "y", actor=someone),
        lambda: actions.end_reason(reason, actor=someone),
        lambda: uploads.keep_upload("x.csv", b"", category="", valid_from=today, actor=someone),
    ]

    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()


def test_a_file_is_looked_at_before_anything_is_published(world, editor, today, tmp_path):
    kinds, table = Kind.objects.count(), csv_of(tmp_path / "standards.csv", ROWS).read_bytes()

    kept, outcome = uploads.keep_upload(
        "标准.csv", table, category="component", valid_from=today, actor=editor
    )
    assert (outcome.applied, outcome.added > 0) == (False, True)
    assert Kind.objects.count() == kinds
    published = uploads.publish_upload(kept, accept_valid=False, actor=editor)

    assert published.added == outcome.added
    assert Kind.objects.count() > kinds
    assert not SheetUpload.objects.exists()


def test_a_file_that_is_no_table_is_refused_and_not_kept(world, editor, today):
    with pytest.raises(Refused):
        uploads.keep_upload(
            "x.xlsx", b"PK\x03\x04broken", category="", valid_from=today, actor=editor
        )

    assert not SheetUpload.objects.exists()
