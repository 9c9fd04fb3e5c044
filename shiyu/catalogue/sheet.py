"""Reading a city's own 立结案标准: which column means what, and which cells go on from above.

Nothing here judges a value; `standards.py` does. Columns are found by what their headings
mean, over one heading row or two, in any order.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.sheets import Reject, Row, Sheet

HEADINGS = {
    "category": r"类型|类别|部件事件|案件类型|kind|category",
    "major_code": r"大类(代码|编码|编号|码)|major_?code",
    "major_name": r"(问题|案件)?大类(名称)?|major(_?name)?",
    "minor_code": r"(小类|子类)(代码|编码|编号|码)|minor_?code",
    "minor_name": r"(问题|案件)?(小类|子类)(名称)?|(部件|事件|案件|问题)名称|minor_?name",
    "accept": r"受理(时限|时间|期限)",
    "filing": r"立案(时限|时间|期限)",
    "dispatch": r"派遣(时限|时间|期限)|派单(时限|时间|期限)",
    "sign": r"签收(时限|时间|期限)",
    "verify": r"核[查实](时限|时间|期限)",
    "condition": r"立案(条件|标准|情形|规范)|(问题|案件)描述|管理要求|filing_?condition",
    "handling": r"(处置|处理|办理|整改|完成|结案|办结)?(时限|期限|时间)(要求)?|deadline|limit",
    "closing": r"结案(条件|标准|要求|规范)|(处置|整改)(标准|要求)|closing_?condition",
    "watch": r"(监管|监督|主管)(主体|部门|单位)",
    "lead": r"(责任|处置|主责|牵头|承办|养护)(主体|部门|单位)|主办(单位|部门)|responsible_?unit",
    "co": r"(协办|配合|协同|协助|参与)(主体|部门|单位)",
    "law": r"法律(法规)?(依据|名称)?|法规依据|(管理|执法|处罚)?依据",
    "clause": r"(法律法规)?(具体)?(条款|条文)(内容)?|法律法规具体条款",
    "collecting": r"采集(要求|规范|标准|说明)|备注|说明|注意事项",
    "evidence": r"(处置)?(凭证|证据)(要求)?|evidence",
    "source": r"来源|出处|source",
    "season_first": r"季节(起|开始|起日)|season_?first",
    "season_last": r"季节(止|结束|止日)|season_?last",
}
TIERS = {
    "city": r"市级|市",
    "county": r"(区县|县区|县|区|县市区)级?",
    "township": r"(乡镇街道|街道|乡镇|镇街|街道办?)级?",
    "community": r"(社区|村|社区村)级?",
}
ROLES = {"lead": "主责|牵头|主办|责任", "co": "协办|配合|协同|协助", "watch": "监管|监督|主管"}
MAJOR = ("major_code", "major_name")
KIND = ("minor_code", "minor_name")
IDENTITY = (*MAJOR, *KIND)
NEEDED = {"minor_name", "condition", "handling"}
PER_KIND = ("watch", "lead", "co", "law", "clause", "collecting", "evidence", "source")
LOOK_FOR_HEADINGS_IN = 15
UNIT_IN_HEADING = re.compile(r"\((?:单位[::]?)?(紧急工作时|工作时|工作日|自然日|分钟)\)")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means; `tier` and `unit` where its heading names one: 处置时限（工作日）."""

    at: int
    meaning: str
    tier: str = ""
    unit: str = ""


@dataclass(slots=True)
class Entry:
    """One condition as the sheet has it, with what its kind says above it filled in."""

    row: int
    sheet: str
    title: str
    cells: dict[str, str] = field(default_factory=dict)
    units: list[tuple[str, str, str]] = field(default_factory=list)  # role, tier, text
    shares_limit: bool = False

    def text(self, meaning: str) -> str:
        return self.cells.get(meaning, "")


def read_entries(sheets: Sequence[Sheet]) -> tuple[list[Entry], list[Reject]]:
    """Every condition of every sheet, and notes on text that was joined to the row above.

    Raises  Refused  if no sheet has the headings of a standard.
    """
    entries: list[Entry] = []
    notes: list[Reject] = []
    best: set[str] = set()
    for sheet in sheets:
        found = _headings(sheet.rows)
        if found is None:
            best = max((best, _meanings_somewhere(sheet.rows)), key=len)
            continue
        columns, below, title = found
        entries += _entries(sheet, columns, sheet.rows[below:], title, notes)
    if not entries and not any(_headings(sheet.rows) for sheet in sheets):
        names = {"minor_name": "小类名称", "condition": "立案条件", "handling": "处置时限"}
        missing = "、".join(names[m] for m in names if m not in best)
        raise Refused(_("找不到这些列：%(missing)s") % {"missing": missing})
    return entries, notes


def meaning_of(heading: str) -> str:
    """What a heading means; empty if unknown."""
    plain = _plain(heading)
    return next((m for m, pattern in HEADINGS.items() if re.fullmatch(pattern, plain)), "")


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading)
    text = re.sub(r"\([^()]*\)", "", text) if not text.startswith("(") else text
    return re.sub(r"[\s、/:：*·\-()（）]", "", text).lower()


def _headings(rows: Sequence[Row]) -> tuple[list[Column], int, str] | None:
    """The columns, the first row below the headings, and the title above them."""
    for at, row in enumerate(rows[:LOOK_FOR_HEADINGS_IN]):
        single = _columns([("", cell) for cell in row.cells])
        if not _enough(single):
            continue
        below = rows[at + 1] if at + 1 < len(rows) else Row(0, ())
        pairs = _columns(_paired(row, below))
        two_rows = _goes_on(row, below) and _enough(pairs)
        title = " ".join(dict.fromkeys(c for above in rows[:at] for c in above.cells if c))
        return (pairs, at + 2, title) if two_rows else (single, at + 1, title)
    return None


def _paired(row: Row, below: Row) -> list[tuple[str, str]]:
    """Group heading and sub-heading of every column; a group reaches over blanks to its right."""
    width = max(len(row.cells), len(below.cells))
    pairs: list[tuple[str, str]] = []
    group = ""
    for at in range(width):
        group = row.cell(at) or group
        sub = below.cell(at)
        pairs.append((group, sub) if sub and sub != group else ("", row.cell(at)))
    return pairs


def _goes_on(row: Row, below: Row) -> bool:
    """Whether the second row is one of headings: each of its cells repeats, or divides, a group."""
    pairs = [pair for pair in _paired(row, below) if pair[1]]
    divided = [(group, sub) for group, sub in pairs if group]
    understood = all(any(_meaning(group, sub)) for group, sub in divided)
    return understood and any(below.cells)


def _columns(pairs: Sequence[tuple[str, str]]) -> list[Column]:
    columns: list[Column] = []
    taken: set[str] = set()
    for at, (group, heading) in enumerate(pairs):
        meaning, tier = _meaning(group, heading)
        if meaning and (meaning not in taken or meaning in ROLES):
            taken.add(meaning)
            unit = UNIT_IN_HEADING.search(unicodedata.normalize("NFKC", group + heading))
            columns.append(Column(at, meaning, tier, unit[1] if unit else ""))
    return columns


def _meaning(group: str, heading: str) -> tuple[str, str]:
    """What a column under a group means, e.g. 责任单位 / 县区级 or 处置时限 / 派遣."""
    whole = meaning_of(heading)
    if not group:
        return whole, _tier_of(heading)
    of_group = meaning_of(group)
    if of_group in ROLES:
        return _role_of(heading) or of_group, _tier_of(heading)
    if whole:
        return whole, ""
    if "时限" in group:
        return meaning_of(heading + "时限"), ""
    return meaning_of(group + heading) or meaning_of(heading + group), ""


def _tier_of(heading: str) -> str:
    plain = _plain(heading)
    for words in ROLES.values():
        plain = re.sub(f"({words})(主体|部门|单位)?", "", plain)
    return next((tier for tier, words in TIERS.items() if re.fullmatch(words, plain)), "")


def _role_of(heading: str) -> str:
    plain = _plain(heading)
    return next((role for role, words in ROLES.items() if re.search(words, plain)), "")


def _enough(columns: Sequence[Column]) -> bool:
    return {column.meaning for column in columns} >= NEEDED


def _meanings_somewhere(rows: Sequence[Row]) -> set[str]:
    return {meaning_of(cell) for row in rows[:LOOK_FOR_HEADINGS_IN] for cell in row.cells}


def _entries(
    sheet: Sheet, columns: Sequence[Column], rows: Sequence[Row], title: str, notes: list[Reject]
) -> Iterator[Entry]:
    """Rows as conditions: identity from the row above where blank, loose text joined to it."""
    entries: list[Entry] = []
    for row in rows:
        if row.is_blank or _is_heading_again(row, columns):
            continue
        entry = _entry(row, columns, sheet.name, title)
        above = entries[-1] if entries else None
        if above is not None and _is_rest_of(entry):
            _join(above, entry)
            said = _("没有小类和时限，作为第%(row)d行的续文")
            notes.append(Reject(row.number, said % {"row": above.row}, sheet.name))
            continue
        if above is not None:
            _fill(entry, above)
        entries.append(entry)
    return iter(entries)


def _entry(row: Row, columns: Sequence[Column], sheet: str, title: str) -> Entry:
    """The row's own cells; what a merged cell carries down is taken from above later."""
    entry = Entry(row.number, sheet, title)
    for column in columns:
        carried = column.at in row.carried
        text = "" if carried and column.meaning != "handling" else row.cell(column.at)
        if column.meaning in ROLES:
            entry.units.append((column.meaning, column.tier, text))
        elif text:
            bare = column.unit and re.fullmatch(r"\d+", text)
            entry.cells[column.meaning] = text + column.unit if bare else text
            entry.shares_limit |= carried
    return entry


def _is_heading_again(row: Row, columns: Sequence[Column]) -> bool:
    """Headings repeated at the top of a printed page."""
    return all(meaning_of(row.cell(c.at)) == c.meaning for c in columns if row.cell(c.at))


def _is_rest_of(entry: Entry) -> bool:
    """Text that goes on from the row above: no kind, no limit, no second condition of its own."""
    if any(entry.text(name) for name in IDENTITY):
        return False
    if entry.text("handling"):
        return entry.shares_limit and not entry.text("condition")
    return not (entry.text("condition") and entry.text("closing"))


def _join(above: Entry, rest: Entry) -> None:
    for meaning, text in rest.cells.items():
        if meaning == "handling":
            continue
        before = above.text(meaning)
        above.cells[meaning] = f"{before}{'' if meaning == 'condition' else chr(10)}{text}".strip()
    above.units = [
        (role, tier, "、".join(filter(None, (before, more))))
        for (role, tier, before), (_r, _t, more) in zip(above.units, rest.units, strict=True)
    ]


def _fill(entry: Entry, above: Entry) -> None:
    """Take over what merged cells leave blank: the class, and what is said once for a kind."""
    if not entry.text("category"):
        entry.cells["category"] = above.text("category")
    if not any(entry.text(name) for name in MAJOR):
        entry.cells |= {name: above.text(name) for name in MAJOR}
    if any(entry.text(name) for name in KIND):
        return
    for meaning in (*KIND, *PER_KIND):
        entry.cells.setdefault(meaning, above.text(meaning))
    if not any(text for _role, _tier, text in entry.units):
        entry.units = list(above.units)
