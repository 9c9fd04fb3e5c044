import pytest
import xlsxwriter

from shiyu.catalogue.standards import read_standards
from shiyu.catalogue.tests.sheets import HEADINGS, ROWS, TITLE, csv_of, merged_xlsx
from shiyu.common.errors import Refused
from shiyu.common.sheets import read_sheets
from shiyu.places.tests.small_city import DATA, needs_data


def read(path, **asked):
    drafts, rejected, notes, count = read_standards(read_sheets(path), **asked)
    return drafts, [(r.row, r.reason) for r in rejected], [n.reason for n in notes], count


def test_blank_cells_continue_the_row_above(tmp_path):
    drafts, rejected, _notes, count = read(csv_of(tmp_path / "a.csv", ROWS))

    assert (rejected, count) == ([], 3)
    assert [(d.kind_code, d.minor_name, d.filing_condition, d.handling) for d in drafts] == [
        ("10101", "上水井盖", "缺失", "2紧急工作时"),
        ("10101", "上水井盖", "破损", "5工作日"),
        ("10102", "雨水井盖", "缺失", "4工作时"),
    ]
    assert [owed.name for owed in drafts[1].owed] == ["供水公司", "城管局"]
    assert drafts[1].legal_basis == "某法"
    assert drafts[2].legal_basis == ""


def test_merged_cells_two_heading_rows_tiers_and_stage_limits_are_understood(tmp_path):
    drafts, rejected, _notes, _count = read(merged_xlsx(tmp_path / "a.xlsx"))

    assert rejected == []
    assert [(d.kind_code, d.filing_condition, d.handling, d.row) for d in drafts] == [
        ("20102", "成堆垃圾", "4工作时", 4),
        ("20102", "满溢", "4工作时", 5),
        ("20102", "散落", "1工作日", 6),
        ("20105", "无照经营", "2工作日", 7),
    ]
    assert drafts[0].limits == {"dispatch": "15分钟"}
    assert [(o.name, o.role, o.tier) for o in drafts[1].owed] == [
        ("环卫中心", "lead", "city"),
        ("城管局", "lead", "city"),
        ("区环卫所", "lead", "county"),
    ]
    assert [o.name for o in drafts[3].owed] == ["城管局"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_of_a_csv_is_found_out(tmp_path, encoding):
    drafts, rejected, _notes, _count = read(csv_of(tmp_path / "a.csv", ROWS, encoding=encoding))

    assert (len(drafts), rejected) == (3, [])


def test_columns_are_found_by_meaning_in_any_order(tmp_path):
    order = [5, 8, 3, 2, 4, 0, 7, 1, 6]
    headings = [HEADINGS[at] for at in order]
    rows = [[row[at] for at in order] for row in ROWS]

    shuffled = read(csv_of(tmp_path / "a.csv", rows, headings=headings))

    assert shuffled[0] == read(csv_of(tmp_path / "b.csv", ROWS))[0]


def test_text_that_goes_on_in_the_next_row_is_joined_and_told(tmp_path):
    rows = [*ROWS, ["", "", "", "", "，积水较深的", "", "", "", "另一条"]]

    drafts, rejected, notes, _count = read(csv_of(tmp_path / "a.csv", rows))

    assert rejected == []
    assert drafts[2].filing_condition == "缺失，积水较深的"
    assert drafts[2].legal_basis == "另一条"
    assert notes == ["没有小类和时限，作为第5行的续文"]


def test_headings_repeated_on_every_page_are_passed_over(tmp_path):
    drafts, rejected, _notes, _count = read(
        csv_of(tmp_path / "a.csv", [*ROWS[:2], HEADINGS, *ROWS[2:]])
    )

    assert (len(drafts), rejected) == (3, [])


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({5: ""}, "没有处置时限"),
        ({5: "尽快"}, "时限“尽快”看不懂：应写作"),
        ({5: "24小时"}, "时限“24小时”看不懂：应写作"),
        ({5: "0工作日"}, "时限至少为 1工作日，不能是 0"),
        ({5: "停工4工作时；拆除20工作日"}, "里有 2 个时限，请每个条件写一行"),
        ({5: "冬季3工作日"}, "“冬季”是哪些日子？请用 --season 冬季=月-日:月-日 指明"),
        ({4: ""}, "没有立案条件"),
        ({2: ""}, "没有小类代码"),
        ({2: "一号"}, "代码“一号”不是字母或数字"),
        ({3: ""}, "没有小类名称"),
        ({2: "01", 3: "另一种"}, "小类代码 01 在第3行已用于“上水井盖”"),
        ({2: "01", 3: "上水井盖", 4: "破 损"}, "与第4行的立案条件重复"),
    ],
)
def test_a_row_that_cannot_be_used_is_explained(tmp_path, changed, why):
    wrong = ["01", "公用设施", "03", "污水井盖", "缺失", "1工作日", "恢复", "城管局", ""]
    for at, text in changed.items():
        wrong[at] = text

    drafts, rejected, _notes, count = read(csv_of(tmp_path / "a.csv", [*ROWS, wrong]))

    assert (len(drafts), count) == (3, 4)
    assert [row for row, _why in rejected] == [6]
    assert why in rejected[0][1]


def test_a_season_has_the_days_the_city_gives_or_the_usual_ones_and_says_so(tmp_path):
    rows = [["04", "园林", "02", "行道树", "缺失", "种植季节15工作日", "补种", "", ""]]
    path = csv_of(tmp_path / "a.csv", rows)

    usual, _rejected, notes, _count = read(path)
    given = read(path, seasons={"种植季节": ("02-15", "04-15")})
    wrong = read(path, seasons={"种植季节": ("02-30", "04-15")})

    assert (usual[0].season_first, usual[0].season_last) == ("03-01", "11-30")
    assert notes == ["“种植季节”按 03-01 至 11-30 计，可用 --season 改"]
    assert (given[0][0].season_first, given[2]) == ("02-15", [])
    assert "季节的日期" in wrong[1][0][1]


def test_the_category_is_asked_for_where_nothing_tells_it(tmp_path):
    path = csv_of(tmp_path / "a.csv", ROWS, title="标准")

    _drafts, rejected, _notes, _count = read(path)
    told = read(path, category="事件")

    assert "请用 --category 指明" in rejected[0][1]
    assert {draft.category for draft in told[0]} == {"event"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "找不到这些列"),
        (b"a,b\n1,2", "找不到这些列：小类名称、立案条件、处置时限"),
        ("大类代码,小类名称,立案条件".encode(), "找不到这些列：处置时限"),
        (b"PK\x03\x04broken", "打不开这个工作簿"),
        (b"\xd0\xcf\x11\xe0broken", "打不开这个工作簿"),
        (b"\xff\xff\xff\xff\x81", "文字编码不是 UTF-8 也不是 GB18030"),
    ],
)
def test_a_file_that_is_no_standard_is_refused(tmp_path, content, why):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)

    with pytest.raises(Refused, match=why):
        read(path)


def test_control_characters_never_reach_a_standard(tmp_path):
    rows = [["01", "公用\u202e设施", "0\x001", "井\x00盖", "缺\u2066失", "1工作日", "恢复", "", ""]]

    drafts, _rejected, _notes, _count = read(csv_of(tmp_path / "a.csv", rows))

    assert (drafts[0].minor_name, drafts[0].filing_condition) == ("井盖", "缺失")
    assert drafts[0].kind_code == "10101"


def test_numbers_typed_as_numbers_are_codes_without_a_point(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("部件")
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, [1, "公用设施", 12, "电话亭", "破损", "1工作日", "修复"])

    drafts, rejected, _notes, _count = read(path)

    assert (drafts[0].kind_code, rejected) == ("1112", [])


def test_a_bare_number_takes_its_unit_from_the_heading(tmp_path):
    headings = [h.replace("处置时限", "处置时限（工作日）") for h in HEADINGS]
    rows = [
        ["01", "公用设施", "01", "上水井盖", "缺失", "2紧急工作时", "恢复", "", ""],
        ["", "", "", "", "破损", "5", "更换", "", ""],
    ]

    drafts, rejected, _notes, _count = read(csv_of(tmp_path / "a.csv", rows, headings=headings))

    assert ([d.handling for d in drafts], rejected) == (["2紧急工作时", "5工作日"], [])


@needs_data
def test_a_real_citys_standard_is_read_whole():
    path = DATA / "standards_cn/yuncheng_filing_handling_closing_standard.csv"

    drafts, rejected, notes, count = read(path)

    limits = [draft.handling for draft in drafts]
    assert (count, rejected) == (279, [])
    assert len({draft.kind_code for draft in drafts}) == 66
    assert (limits.count("5工作日"), limits.count("2紧急工作时")) == (43, 15)
    assert limits.count("种植季节15工作日") == 1
    assert drafts[0].owed[0].role == "watch"
    assert TITLE not in notes


@needs_data
def test_another_citys_excerpt_is_read_with_its_faults_told():
    path = DATA / "standards_cn/jiyuan_event_deadlines_excerpt.csv"

    drafts, rejected, _notes, count = read(path, category="事件")

    assert (len(drafts), len(rejected), count) == (7, 5, 12)
