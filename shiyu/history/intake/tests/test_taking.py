"""A file of reports becomes new cases: as live ones, once, the rest refused with a reason."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from django.utils import timezone

from shiyu.cases import actions
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.channels import Channel
from shiyu.cases.models import Case, Report, Reporter
from shiyu.cases.search import find
from shiyu.cases.tests.world import HERE, World
from shiyu.common.errors import Refused
from shiyu.history.intake.judging import ENDED_ALREADY, NO_PROCEDURE, NOTHING_SAID
from shiyu.history.intake.presets import ARRIVAL_ROLES, ARRIVALS
from shiyu.history.intake.taking import (
    Asked,
    Taken,
    take,
)
from shiyu.history.reports.columns import layout
from shiyu.history.tests.left import left
from shiyu.journal.models import Change
from shiyu.people.actors import Actor
from shiyu.places.actions.addresses import add_address
from shiyu.places.coordinates import gcj02_from_wgs84

pytestmark = pytest.mark.django_db
IMPORTER = Actor.program("import")
HEAD = "工单编号,来电时间,来电人,来电号码,诉求标题,诉求内容,地址,类别,经度,纬度,办理时限,工单状态"


def hotline(**changes: object) -> Asked:
    how = layout("12345", "", "", "", "", presets=ARRIVALS, roles=ARRIVAL_ROLES)
    return Asked(how, Channel.HOTLINE, **changes)  # type: ignore[arg-type]


def taken_of(path: Path, *rows: str, head: str = HEAD, encoding: str = "gb18030", **how) -> Taken:
    path.write_text("\r\n".join((head, *rows)) + "\r\n", encoding=encoding)
    return take(path, how.pop("asked", hotline()), actor=IMPORTER, **how)


def case_of(ref: str) -> Case:
    return Case.objects.get(reports__source_ref=ref)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "工单.csv"


def test_a_report_of_a_file_leaves_what_a_live_report_leaves(world: World, file: Path) -> None:
    at = timezone.now().replace(microsecond=0) - timedelta(hours=3)
    local = at.astimezone(ZoneInfo("Asia/Shanghai"))
    lon, lat = HERE
    taken = taken_of(
        file,
        f"A1,{local:%Y-%m-%d %H:%M:%S},王女士,138 0000 0001,,路灯不亮好几天了,书店街12号,"
        f"路灯不亮,{lon},{lat},,",
        f"A2,{local:%Y/%m/%d %H:%M:%S},,,井盖破损,书店街有个大洞,书店街街道,,,,,待派单",
    )
    live = [
        actions.Intake(
            source="live",
            source_ref="1",
            channel="hotline",
            text="路灯不亮好几天了",
            address="书店街12号",
            lon=lon,
            lat=lat,
            kind=world.kinds["lamp"],
            name="王女士",
            phone="13800000001",
            occurred_at=at,
            extra={"kind_by": "source"},
        ),
        actions.Intake(
            source="live",
            source_ref="2",
            channel="hotline",
            text="井盖破损\n书店街有个大洞",
            address="书店街街道",
            place=world.places["shudian"],
            occurred_at=at,
        ),
    ]
    reported = [actions.report(one, actor=Actor("receipt", 0))[0] for one in live]

    assert (taken.tally.new, taken.rejects) == (2, [])
    for ref, report in zip(("A1", "A2"), reported, strict=True):
        mine, theirs = left(case_of(ref)), left(report.case)
        assert sorted(mine.pop("found")) == sorted(theirs.pop("found"))
        assert mine == theirs
    contact = Reporter.objects.get(report__source_ref="A1")
    assert (contact.name, contact.phone) == ("王女士", "13800000001")
    assert [fault for fault in replay_all(Audited()) if fault] == []
    assert list(broken_invariants()) == []


def test_the_same_file_twice_brings_nothing_new_and_a_longer_one_only_the_rest(
    world: World, file: Path
) -> None:
    rows = [f"B{n},2026-01-05 08:0{n},,,,没有水,书店街,,,,," for n in range(3)]
    first = taken_of(file, *rows[:2]).tally
    again = taken_of(file, *rows[:2], rows[1]).tally
    longer = taken_of(file, *rows).tally

    assert (first.new, first.already_there) == (2, 0)
    assert (again.read, again.new, again.already_there) == (3, 0, 3)
    assert (longer.new, longer.already_there) == (1, 2)
    assert Report.objects.filter(source="12345").count() == 3


def test_what_no_live_report_could_be_is_refused_with_its_reason(world: World, file: Path) -> None:
    tomorrow = timezone.now() + timedelta(days=2)
    taken = taken_of(
        file,
        "C1,2026-01-05 08:00,,,,没水,书店街,,,,,已办结",
        f"C2,{tomorrow:%Y-%m-%d %H:%M},,,,没水,书店街,,,,,",
        "C3,1900-01-01 00:00,,,,没水,书店街,,,,,",
        "C4,2019-12-31 08:00,,,,没水,书店街,,,,,",
        "C5,昨天,,,,没水,书店街,,,,,",
        "C6,2026-01-05 08:00,,,,没水,书店街,,2.35,48.86,,",
        "C7,2026-01-05 08:00,,,,没水,,,,,,",
        "C8,2026-01-05 08:00,,,,,书店街,,,,,",
        ",2026-01-05 08:00,,,,没水,书店街,,,,,",
        "C9,2026-01-05 08:00,,,没\x00水,书店街\u202e,,,0,0,,",
        "C9,2026-01-05 08:00,,,别的话,书店街,,,,,,",
        "C10,2026-01-05 08:00,只有三栏",
    )
    reasons = dict(taken.rejects)

    assert reasons[2] == ENDED_ALREADY
    assert "晚于现在" in reasons[3]
    assert "早于" in reasons[4]
    assert reasons[5] == NO_PROCEDURE
    assert "看不懂" in reasons[6]
    assert reasons[7] == "坐标不在本市"
    assert "没有地址" in reasons[8]
    assert reasons[9] == NOTHING_SAID
    assert "编号" in reasons[10]
    assert "栏" in reasons[13]
    assert taken.tally.read == taken.tally.new + taken.tally.rejected == 12


def test_an_address_is_put_where_it_names_and_no_further(world: World, file: Path) -> None:
    said = {
        "鼓楼区书店街社区3号楼": "community",
        "书店街 12 号": "shudian",
        "北门街道某处": "beimen",
        "鼓楼区与龙亭区交界": "city",
        "某个没人知道的地方": "city",
        "龙亭区书店街": "longting",
    }
    rows = [f"D{n},2026-01-05 08:00,,,,没水,{a},,,,," for n, a in enumerate(said)]
    tally = taken_of(file, *rows).tally

    assert (tally.by_name, tally.city_only) == (4, 2)
    for n, key in enumerate(said.values()):
        assert case_of(f"D{n}").place == world.places[key], list(said)[n]


def test_an_address_of_the_citys_own_table_has_its_point(world: World, file: Path) -> None:
    lon, lat = HERE
    add_address(name="书店街12号", lon=lon, lat=lat, aliases=["老邮局"], actor=IMPORTER)
    taken = taken_of(
        file,
        "P1,2026-01-05 08:00,,,,没水,书店街 12 号,,,,,",
        "P2,2026-01-05 08:00,,,,没水,老邮局,,,,,",
        "P3,2026-01-05 08:00,,,,没水,书店街 13 号,,,,,",
    )

    assert (taken.tally.by_point, taken.tally.by_name) == (2, 1)
    for ref in ("P1", "P2"):
        assert (case_of(ref).place, case_of(ref).lon) == (world.places["cell_a"], lon)
    assert case_of("P3").place == world.places["shudian"]


def test_words_say_where_only_when_nothing_else_does(world: World, file: Path) -> None:
    taken = taken_of(
        file,
        "E1,2026-01-05 08:00,,,,北门街道的路灯坏了,,,,,,",
        "E2,2026-01-05 08:00,,,,北门街道的路灯坏了,书店街街道,,,,,",
        "E3,2026-01-05 08:00,,,,哪里都没说,,,,,,",
        asked=hotline(otherwise=world.places["longting"]),
    )

    assert taken.tally.new == 3
    places = {ref: case_of(ref).place for ref in ("E1", "E2", "E3")}
    assert places["E1"] == world.places["beimen"]
    assert places["E2"] == world.places["shudian"]
    assert places["E3"] == world.places["longting"]


def test_points_of_a_chinese_map_are_turned_back(world: World, file: Path) -> None:
    lon, lat = gcj02_from_wgs84(*HERE)
    taken_of(file, f"F1,2026-01-05 08:00,,,,没水,,,{lon},{lat},,", asked=hotline(crs="gcj02"))

    case = case_of("F1")
    assert (case.lon, case.lat) == pytest.approx(HERE, abs=1e-7)
    assert case.place == world.places["cell_a"]


def test_a_kind_comes_from_the_sources_own_or_the_citys_table_and_never_from_a_guess(
    world: World, file: Path, tmp_path: Path
) -> None:
    table = tmp_path / "对照.csv"
    table.write_text("来源类别,词,小类\n供电照明,,路灯不亮\n,垃圾成堆,20101\n,太吵,噪声扰民\n")
    rows = {
        "市政-井盖破损": ("manhole", "source"),
        "10101": ("manhole", "source"),
        "供电照明": ("lamp", "table"),
        "没听说过的": (None, None),
    }
    lines = [f"G{n},2026-01-05 08:00,,,,坏了,书店街,{kind},,,," for n, kind in enumerate(rows)]
    lines += [
        "G7,2026-01-05 08:00,,,,门口垃圾成堆,书店街,,,,,",
        "G8,2026-01-05 08:00,,,,垃圾成堆而且太吵,书店街,,,,,",
        "G9,2026-01-05 08:00,,,,路灯不亮,书店街,,,,,",
    ]
    tally = taken_of(file, *lines, asked=hotline(kinds=table)).tally

    found = {ref: case_of(ref).kind for ref in ("G7", "G8", "G9")}
    assert found == {"G7": world.kinds["rubbish"], "G8": None, "G9": None}
    for n, (key, _how) in enumerate(rows.values()):
        assert case_of(f"G{n}").kind == (world.kinds[key] if key else None)
    assert tally.with_kind == 4


def test_a_table_of_kinds_that_names_an_unknown_one_is_refused(
    world: World, file: Path, tmp_path: Path
) -> None:
    table = tmp_path / "对照.csv"
    table.write_text("来源类别,小类\n供电,不存在的\n")
    with pytest.raises(Refused, match="不存在的"):
        taken_of(file, "H1,2026-01-05 08:00,,,,坏了,书店街,,,,,", asked=hotline(kinds=table))


def test_a_due_time_of_the_source_stays_with_the_case(world: World, file: Path) -> None:
    taken_of(file, "I1,2026-01-05 08:00,,,,坏了,书店街,,,,2026-01-09 18:00,")

    due = datetime.fromisoformat("2026-01-09T18:00:00+08:00")
    accept = datetime.fromisoformat("2026-01-05T08:15:00+08:00")
    assert (case_of("I1").fixed_due_at, case_of("I1").due_at) == (due, accept)


def test_a_workbook_with_a_title_and_two_rows_of_header_is_read(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "12345.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 5, "测试市12345热线工单明细表（2026年1月）")
        sheet.merge_range(1, 0, 2, 0, "*工单编号")
        sheet.merge_range(1, 1, 2, 1, "来电时间\n（必填）")
        sheet.merge_range(1, 2, 1, 3, "诉求人信息")
        sheet.write_row(2, 2, ["姓名", "联系电话"])
        sheet.merge_range(1, 4, 2, 4, "诉求内容")
        sheet.merge_range(1, 5, 2, 5, "事发地址")
        sheet.write_row(
            3, 0, ["J1", "2026-01-05 08:00:00", "李先生", 13900000002, "没水", "书店街"]
        )
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(4, 0, ["J2"])
        sheet.write_datetime(4, 1, datetime.fromisoformat("2026-01-05T09:30:00"), stamp)
        sheet.write_row(4, 2, ["", "匿名", "停电", "书店街"])

    tally = take(path, hotline(), actor=IMPORTER).tally

    assert (tally.read, tally.new, tally.with_contact) == (2, 2, 1)
    assert Reporter.objects.get(report__source_ref="J1").phone == "13900000002"
    at = datetime.fromisoformat("2026-01-05T09:30:00+08:00")
    assert case_of("J2").reported_at == at


def test_an_answer_of_another_open311_server_is_taken_in(world: World, tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    request = {
        "service_request_id": 638344,
        "status": "open",
        "service_name": "路灯不亮",
        "service_code": "nobody-knows",
        "description": "a dark street",
        "requested_datetime": "2026-01-05T06:37:38-08:00",
        "expected_datetime": None,
        "address": "8TH AVE and JUDAH ST",
        "lat": HERE[1],
        "long": HERE[0],
    }
    closed = request | {"service_request_id": 2, "status": "closed"}
    path.write_text(json.dumps([request, closed]))
    how = layout("open311", "", "", "", "", presets=ARRIVALS, roles=ARRIVAL_ROLES)
    taken = take(path, Asked(how, Channel.PUBLIC), actor=IMPORTER)

    assert (taken.tally.new, dict(taken.rejects)) == (1, {2: ENDED_ALREADY})
    case = case_of("638344")
    assert (case.kind, case.place) == (world.kinds["lamp"], world.places["cell_a"])
    assert case.reported_at == datetime.fromisoformat("2026-01-05T14:37:38+00:00")


def test_an_answer_in_xml_is_taken_in_and_one_with_entities_refused(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "requests.xml"
    request = (
        "<request><service_request_id>{}</service_request_id><status>{}</status>"
        "<service_name>路灯不亮</service_name><description>书店街 &lt;路口&gt; 很暗</description>"
        "<requested_datetime>2026-01-05T06:37:38-08:00</requested_datetime><address/>"
        f"<lat>{HERE[1]}</lat><long>{HERE[0]}</long></request>"
    )
    head = '<?xml version="1.0" encoding="utf-8"?>'
    rows = request.format("X1", "open") + "<request>?</request>" + request.format("X2", "closed")
    path.write_text(f"{head}<service_requests>{rows}</service_requests>")
    how = layout("open311", "", "", "", "", presets=ARRIVALS, roles=ARRIVAL_ROLES)
    taken = take(path, Asked(how, Channel.PUBLIC), actor=IMPORTER)

    assert (taken.tally.new, [line for line, _why in taken.rejects]) == (1, [2, 3])
    assert case_of("X1").place == world.places["cell_a"]
    path.write_text(f'{head}<!DOCTYPE a [<!ENTITY b "c">]><a>{rows}</a>')
    with pytest.raises(Refused, match="ENTITY"):
        take(path, Asked(how, Channel.PUBLIC), actor=IMPORTER)
    path.write_text(f"{head}<a>{rows}")
    with pytest.raises(Refused, match="XML"):
        take(path, Asked(how, Channel.PUBLIC), actor=IMPORTER)


def test_a_dry_run_tells_and_writes_nothing(world: World, file: Path) -> None:
    tally = taken_of(file, "K1,2026-01-05 08:00,,,,没水,书店街,,,,,", dry_run=True).tally

    assert (tally.new, Case.objects.count()) == (1, 0)


def test_new_cases_are_found_by_their_words_and_told_to_the_feed_once_a_place(
    world: World, file: Path
) -> None:
    rows = [f"L{n},2026-01-05 08:00,,,,污水漫出来了,书店街街道,,,,," for n in range(5)]
    taken_of(file, *rows, "L6,2026-01-05 08:00,,,,污水漫出来了,北门街道,,,,,")

    assert find(Case.objects.all(), "污水漫出").count() == 6
    assert Change.objects.filter(topic="case").count() == 2
