"""A city's own table of places, read by what its headings mean and checked as a tree (区划表)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.sheets import Reject, Sheet
from shiyu.places.actions import fits_pattern, is_below
from shiyu.places.models import Place
from shiyu.places.plan import Planned

HEADINGS = {
    "code": r"(区划|区域|网格|地区|行政区划)?(代码|编码|编号)|code|id|adcode",
    "name": r"(区划|区域|网格|地区|社区|单位)?名称|名|name",
    "level": r"级别|层级|类型|level|type",
    "parent": r"(上级|父级|所属)(区域|区划|节点)?(代码|编码|编号)?|parent(_?code)?|pcode",
    "street": r"street_?code|街道代码|乡镇代码",
    "area": r"area_?code|county_?code|县区代码|区县代码",
    "city": r"city_?code|市代码|城市代码",
}
PARENT_HEADINGS = ("parent", "street", "area", "city")
LEVEL_WORDS = {
    Place.Level.CITY: "市|地级市|city",
    Place.Level.COUNTY: "县区?|区县?|县级|县市区|county|district",
    Place.Level.TOWNSHIP: "乡镇街道|街道|镇|乡|镇街|乡镇|township|street",
    Place.Level.COMMUNITY: "社区村?|村|村居|居委会|村委会|community|village",
    Place.Level.CELL: "单元网格|网格|基础网格|专属网格|cell|grid",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A place that is already there."""

    id: int
    name: str
    level: str
    parent_code: str


def read_places(sheets: Iterable[Sheet]) -> list[Planned]:
    """The rows of a table of places, in file order, as they are written there.

    Raises  Refused  if no sheet has a heading for code and name.
    """
    planned: list[Planned] = []
    understood = False
    for sheet in sheets:
        for at, row in enumerate(sheet.rows[:10]):
            columns = _columns(row.cells)
            if {"code", "name"} <= columns.keys():
                understood = True
                rest = [row for row in sheet.rows[at + 1 :] if not row.is_blank]
                planned += [_planned(row.number, row.cells, columns) for row in rest]
                break
    if not understood:
        raise Refused(_("找不到“代码”和“名称”两列"))
    return planned


def check_places(
    planned: Sequence[Planned],
    known: Mapping[str, Known],
    patterns: Mapping[str, str],
    root: str,
) -> tuple[list[Planned], list[Reject]]:
    """Fill in levels and parents; part the usable, parents first, from the rejected."""
    rejected: list[Reject] = []
    usable: dict[str, Planned] = {}
    for place in planned:
        reason = _wrong_by_itself(place, usable, patterns, root)
        if reason:
            rejected.append(Reject(place.row, reason, text=place.code))
        else:
            usable[place.code] = place
    for place in usable.values():
        place.parent_code = _parent_of(place, usable, known, root)
    sorted_out, in_tree = _by_tree(usable, known, root)
    rejected += in_tree
    return sorted_out, sorted(rejected, key=lambda reject: reject.row)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        heading = re.sub(r"\s", "", unicodedata.normalize("NFKC", cell)).lower()
        for meaning, pattern in HEADINGS.items():
            if meaning not in found and re.fullmatch(pattern, heading):
                found[meaning] = at
                break
    return found


def _planned(number: int, cells: Sequence[str], columns: Mapping[str, int]) -> Planned:
    def cell(meaning: str) -> str:
        at = columns.get(meaning)
        return cells[at] if at is not None and at < len(cells) else ""

    parent = next((cell(heading) for heading in PARENT_HEADINGS if cell(heading)), "")
    return Planned(cell("code"), cell("name"), cell("level"), parent, row=number)


def _wrong_by_itself(
    place: Planned, before: Mapping[str, Planned], patterns: Mapping[str, str], root: str
) -> str:
    """Why a row cannot be used, whatever the others say; sets its level."""
    if not place.code or not place.name:
        return _("没有代码") if not place.code else _("没有名称")
    if len(place.name) > 80:
        return _("名称超过 80 字")
    if place.code in before:
        return _("代码与第%(row)d行重复") % {"row": before[place.code].row}
    if place.level and place.level not in Place.Level.values:
        level = _level_named(place.level)
        if level is None:
            return _("不认识的级别“%(level)s”") % {"level": place.level[:20]}
        place.level = level
    if not place.level:
        place.level = _level_by_code(place.code, patterns, root)
    if not place.level:
        return _("从代码看不出级别，请加“级别”一列")
    if not fits_pattern(patterns, place.code, place.level):
        return _("“%(code)s”不是%(level)s代码的格式") % {
            "code": place.code[:24],
            "level": Place.Level(place.level).label,
        }
    return ""


def _level_named(word: str) -> str | None:
    word = re.sub(r"[\s、/（）()]", "", word).lower()
    for level, words in LEVEL_WORDS.items():
        if re.fullmatch(words, word):
            return level
    return None


def _level_by_code(code: str, patterns: Mapping[str, str], root: str) -> str:
    """The one level below the city whose codes are written like this; the city for its own."""
    if code == root:
        return Place.Level.CITY
    fits = [
        level
        for level in Place.Level.values
        if level != Place.Level.CITY and level in patterns and fits_pattern(patterns, code, level)
    ]
    return fits[0] if len(fits) == 1 else ""


def _parent_of(
    place: Planned, planned: Mapping[str, Planned], known: Mapping[str, Known], root: str
) -> str:
    """The parent's code as given, or the longest known beginning of the place's own code."""
    if place.code == root:
        return ""
    if place.parent_code:
        short_for_root = place.parent_code.ljust(len(root), "0") == root
        missing = place.parent_code not in planned and place.parent_code not in known
        return root if short_for_root and missing else place.parent_code
    for length in range(len(place.code) - 1, 0, -1):
        begins = place.code[:length]
        if begins in planned or begins in known:
            return begins
    return root


def _by_tree(
    planned: Mapping[str, Planned], known: Mapping[str, Known], root: str
) -> tuple[list[Planned], list[Reject]]:
    """Rows in an order in which parents come first; circles, orphans and moves refused."""
    reasons: dict[str, str] = {}
    done: dict[str, Planned] = {}
    for place in planned.values():
        chain: dict[str, Planned] = {}
        step: Planned | None = place
        while step is not None and step.code not in done and step.code not in reasons:
            if step.code in chain:
                codes = list(chain)
                circle = [*codes[codes.index(step.code) :], step.code]
                reasons |= dict.fromkeys(circle, _("上级成环：") + " → ".join(circle[:20]))
                break
            chain[step.code] = step
            step = planned.get(step.parent_code)
        for link in reversed(chain.values()):
            if link.code not in reasons:
                reason = _wrong_in_tree(link, planned, known, reasons, root)
                if reason:
                    reasons[link.code] = reason
                else:
                    done[link.code] = link
    rejected = [Reject(planned[code].row, why, text=code) for code, why in reasons.items()]
    return list(done.values()), rejected


def _wrong_in_tree(
    place: Planned,
    planned: Mapping[str, Planned],
    known: Mapping[str, Known],
    reasons: Mapping[str, str],
    root: str,
) -> str:
    there = known.get(place.code)
    if there is not None and (there.level, there.parent_code) != (place.level, place.parent_code):
        return _("该区域已在册，级别或上级不同，不能由导入改动")
    if place.code == root:
        return ""
    above = planned.get(place.parent_code) or known.get(place.parent_code)
    if above is None:
        return _("没有上级区域 %(code)s") % {"code": place.parent_code[:24]}
    if place.parent_code in reasons:
        return _("上级区域 %(code)s 未能导入") % {"code": place.parent_code[:24]}
    if not is_below(place.level, above.level):
        return _("级别不低于上级区域 %(code)s") % {"code": place.parent_code[:24]}
    return ""
