"""Made-up spreadsheets of standards, as cities draw them."""

from pathlib import Path

import xlsxwriter

from shiyu.people.actions.units import create_unit
from shiyu.people.actors import Actor
from shiyu.people.models import Unit
from shiyu.places.tests.small_city import found

PROGRAM = Actor.program("test")
TITLE = "测试市立案、处置和结案标准（部件）"
HEADINGS = [
    "大类代码",
    "大类名称",
    "小类代码",
    "小类名称",
    "立案条件",
    "处置时限",
    "结案条件",
    "责任单位",
    "法律依据",
]
ROWS = [
    ["01", "公用设施", "01", "上水井盖", "缺失", "2紧急工作时", "恢复", "供水公司、城管局", "某法"],
    ["", "", "", "", "破损", " 5工作日", "更换", "", ""],
    ["", "", "02", "雨水井盖", "缺失", "4工作时", "恢复", "排水中心", ""],
]


def csv_of(path: Path, rows, *, encoding="utf-8-sig", title=TITLE, headings=HEADINGS) -> Path:
    """A csv with a title row above the headings."""
    lines = [[title] + [""] * (len(headings) - 1), headings, *rows]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in lines)
    path.write_bytes(text.encode(encoding))
    return path


def merged_xlsx(path: Path) -> Path:
    """Title and two heading rows, units by tier, a stage limit, cells merged over three rows."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("事件标准")
        sheet.merge_range("A1:J1", "测试市事件立结案标准")
        single = ("序号", "大类代码", "大类名称", "小类代码", "小类名称", "立案条件")
        for column, heading in enumerate(single):
            sheet.merge_range(1, column, 2, column, heading)
        sheet.merge_range("G2:H2", "时限")
        sheet.write_row("G3", ["派遣", "处置"])
        sheet.merge_range("I2:J2", "责任单位")
        sheet.write_row("I3", ["市级", "县区级"])
        sheet.merge_range("B4:B7", "01")
        sheet.merge_range("C4:C7", "市容环境")
        sheet.merge_range("D4:D6", "02")
        sheet.merge_range("E4:E6", "暴露垃圾")
        sheet.write_column("F4", ["成堆垃圾", "满溢", "散落", "无照经营"])
        sheet.write_column("G4", ["15分钟", "15分钟", "15分钟", "15分钟"])
        sheet.merge_range("H4:H5", "4工作时")
        sheet.write_column("H6", ["1工作日", "2工作日"])
        sheet.merge_range("I4:I6", "环卫中心\n城管局")
        sheet.merge_range("J4:J6", "区环卫所")
        sheet.write("D7", "05")
        sheet.write("E7", "游商")
        sheet.write("I7", "城管局")
    return path


def city_with_units() -> dict[str, Unit]:
    """A city and the units that the made-up sheets name, but one."""
    found()
    return {
        name: create_unit(
            f"U{number}",
            f"测试市{name}",
            short_name=name,
            kind="department",
            tier="county" if name.startswith("区") else "city",
            place_code="990000",
            actor=PROGRAM,
        )
        for number, name in enumerate(["供水公司", "城管局", "环卫中心", "区环卫所"])
    }
