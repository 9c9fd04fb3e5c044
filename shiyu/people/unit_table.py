"""A city's own table of units, read by what its headings mean and checked as a tree (机构表)."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.sheets import Reject, Sheet
from shiyu.people.models import Tier, Unit

HEADINGS = {
    "code": r"(机构|单位|部门)?(代码|编码|编号)|统一社会信用代码|code|id",
    "name": r"(机构|单位|部门)?(名称|全称)|机构|单位|部门|name",
    "short_name": r"(机构|单位|部门)?简称|short_?name",
    "tier": r"(机构|单位)?(层级|级别)|tier|level",
    "parent": r"(上级|主管|父级|所属)(机构|单位|部门)?(代码|编码|编号)?|parent(_?code)?",
    "kind": r"(机构|单位)?(类别|类型|性质)|kind|type",
    "place": r"(所在|所属|管辖)?区域(代码)?|行政区划(代码)?|place(_?code)?",
}
TIER_WORDS = {
    Tier.CITY: "市|市级|市本级|city",
    Tier.COUNTY: "(县区|区县|县市区|县|区)级?|county",
    Tier.TOWNSHIP: "(乡镇街道|镇街|街道|乡镇|乡|镇)级?|township",
    Tier.COMMUNITY: "(社区村|社区|村)级?|community",
}
KIND_WORDS = {
    Unit.Kind.CENTRE: "指挥中心|中心|治理中心|centre",
    Unit.Kind.DEPARTMENT: "职能部门|部门|政府部门|事业单位|企业|department",
    Unit.Kind.ORGANISATION: "社会组织|organisation",
}


@dataclass(slots=True)
class UnitRow:
    """One unit of the table, as it is to be entered."""

    row: int
    code: str
    name: str
    short_name: str = ""
    tier: str = ""
    kind: str = ""
    parent_code: str = ""
    place_code: str = ""


def read_units(sheets: Iterable[Sheet]) -> list[UnitRow]:
    """The rows of a table of units, as they are written there.

    Raises  Refused  if no sheet has a heading for code and name.
    """
    rows: list[UnitRow] = []
    understood = False
    for sheet in sheets:
        for at, heading in enumerate(sheet.rows[:10]):
            columns = _columns(heading.cells)
            if {"code", "name"} <= columns.keys():
                understood = True
                rest = [row for row in sheet.rows[at + 1 :] if not row.is_blank]
                rows += [_row(row.number, row.cells, columns) for row in rest]
                break
    if not understood:
        raise Refused(_("找不到“机构代码”和“机构名称”两列"))
    return rows


def check_units(
    rows: Sequence[UnitRow],
    known: Mapping[str, UnitRow],
    *,
    root_place: str,
    places: Collection[str] | None = None,
) -> tuple[list[UnitRow], list[Reject]]:
    """The usable rows, superiors first, and why the others are not.

    known   the units that are there already, by code; their `row` is 0.
    places  codes of all places; None where they are not to be checked.
    """
    reasons: dict[int, str] = {}
    by_code: dict[str, UnitRow] = {}
    for unit in rows:
        reason = _wrong_by_itself(unit, by_code, places, root_place)
        if reason:
            reasons[unit.row] = reason
        else:
            by_code[unit.code] = unit
    done: dict[str, UnitRow] = {}
    for unit in by_code.values():
        _climb(unit, by_code, known, done, reasons)
    rejected = [Reject(u.row, reasons[u.row], text=u.name) for u in rows if u.row in reasons]
    return list(done.values()), rejected


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        heading = re.sub(r"[\s*]", "", unicodedata.normalize("NFKC", cell)).lower()
        for meaning, pattern in HEADINGS.items():
            if meaning not in found and re.fullmatch(pattern, heading):
                found[meaning] = at
                break
    return found


def _row(number: int, cells: Sequence[str], columns: Mapping[str, int]) -> UnitRow:
    def cell(meaning: str) -> str:
        at = columns.get(meaning)
        return cells[at] if at is not None and at < len(cells) else ""

    return UnitRow(
        number,
        cell("code"),
        cell("name"),
        cell("short_name"),
        cell("tier"),
        cell("kind"),
        cell("parent"),
        cell("place"),
    )


def _wrong_by_itself(
    unit: UnitRow,
    before: Mapping[str, UnitRow],
    places: Collection[str] | None,
    root_place: str,
) -> str:
    """Why a row cannot be used, whatever the others say; puts its words into the house's."""
    if not unit.code or not unit.name:
        return _("没有机构代码") if not unit.code else _("没有机构名称")
    if len(unit.code) > 40 or len(unit.name) > 80:
        return _("代码超过 40 字或名称超过 80 字")
    if unit.code in before:
        return _("机构代码与第%(row)d行重复") % {"row": before[unit.code].row}
    tier = _word(unit.tier or "市", TIER_WORDS)
    if tier is None:
        return _("不认识的层级“%(word)s”") % {"word": unit.tier[:20]}
    kind = _word(unit.kind, KIND_WORDS) if unit.kind else Unit.Kind.DEPARTMENT.value
    if kind is None:
        return _("不认识的类别“%(word)s”") % {"word": unit.kind[:20]}
    unit.tier, unit.kind = tier, kind
    unit.place_code = unit.place_code or root_place
    if places is not None and unit.place_code not in places:
        return _("没有代码为 %(code)s 的区域") % {"code": unit.place_code[:24]}
    return ""


def _word(word: str, words: Mapping[Any, str]) -> str | None:
    plain = re.sub(r"[\s、/（）()]", "", word).lower()
    return next((str(v) for v, p in words.items() if plain == v or re.fullmatch(p, plain)), None)


def _climb(
    unit: UnitRow,
    by_code: Mapping[str, UnitRow],
    known: Mapping[str, UnitRow],
    done: dict[str, UnitRow],
    reasons: dict[int, str],
) -> None:
    """Go up from a unit to one that is settled; settle all on the way down again.

    A unit that is there already counts with the superior the file gives it, else with its own.
    """
    chain: dict[str, UnitRow] = {}
    step: UnitRow | None = unit
    while step is not None and step.code not in done and step.row not in reasons:
        if step.code in chain:
            codes = list(chain)
            circle = [*codes[codes.index(step.code) :], step.code]
            said = _("上级机构成环：") + " → ".join(circle[:20])
            reasons.update({by_code[code].row: said for code in circle if code in by_code})
            break
        chain[step.code] = step
        above = step.parent_code
        step = (by_code.get(above) or known.get(above)) if above else None
    for link in reversed(chain.values()):
        if link.row in reasons or not link.row:
            continue
        reason = _wrong_in_tree(link, by_code, known, reasons)
        if reason:
            reasons[link.row] = reason
        else:
            done[link.code] = link


def _wrong_in_tree(
    unit: UnitRow,
    by_code: Mapping[str, UnitRow],
    known: Mapping[str, UnitRow],
    reasons: Mapping[int, str],
) -> str:
    if not unit.parent_code:
        return ""
    above = by_code.get(unit.parent_code) or known.get(unit.parent_code)
    told = {"code": unit.parent_code[:40]}
    if above is None:
        return _("没有上级机构 %(code)s") % told
    if above.row in reasons:
        return _("上级机构 %(code)s 未能导入") % told
    order = Tier.values
    if order.index(unit.tier) < order.index(above.tier):
        return _("层级高于上级机构 %(code)s") % told
    return ""
