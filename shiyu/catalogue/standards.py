"""What a city's own 立结案标准 means: its rows as drafts, and why a row cannot be one."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from shiyu.catalogue.draft import Draft, Owed
from shiyu.catalogue.models import Kind
from shiyu.catalogue.sheet import Entry, read_entries
from shiyu.common.errors import Refused
from shiyu.common.sheets import Reject, Sheet
from shiyu.common.worktime import Allowance, Season

CATEGORIES = {
    Kind.Category.COMPONENT: r"部件|设施|component",
    Kind.Category.EVENT: r"事件|event",
    Kind.Category.APPEAL: r"诉求|百姓生活|咨询|投诉|appeal",
    Kind.Category.MATTER: r"事项|交办|matter",
}
USUAL_SEASONS = {"种植季节": ("03-01", "11-30")}
"""Used, and said to be used, when the city does not give its own; the standard keeps the days."""

STAGE_LIMITS = ("accept", "filing", "dispatch", "sign", "verify")
UNIT_SEPARATORS = re.compile(r"[、，,；;\n]+")
LEADING_WORD = re.compile(r"^(以?及|和|或|由)")
EVIDENCE = {"before": r"前|现场", "after": r"后|处置|整改|完工", "receipt": r"单据|回执|文书"}
Seasons = Mapping[str, tuple[str, str]]


def read_standards(
    sheets: Sequence[Sheet],
    *,
    category: str = "",
    seasons: Seasons | None = None,
    source: str = "",
) -> tuple[list[Draft], list[Reject], list[Reject], int]:
    """Drafts, rejected rows, notes and the number of conditions of a city's own spreadsheet.

    category  of rows that do not name one themselves; else read from the title (部件、事件…).
    seasons   days of the seasons that limits name, as MM-DD.

    Raises  Refused  if the file has no such headings.
    """
    entries, notes = read_entries(sheets)
    days = USUAL_SEASONS | dict(seasons or {})
    drafts: list[Draft] = []
    rejected: list[Reject] = []
    for entry in entries:
        try:
            draft = _draft(entry, category, days, source)
        except Refused as refusal:
            named = " ".join(filter(None, (entry.text("minor_name"), entry.text("condition")[:30])))
            rejected.append(Reject(entry.row, refusal.message, entry.sheet, named))
            continue
        drafts.append(draft)
        if draft.season and draft.season not in (seasons or {}):
            notes.append(Reject(entry.row, _season_taken(draft), entry.sheet))
    kept, clashes = _consistent(drafts, notes)
    order = {entry_row: at for at, entry_row in enumerate((e.sheet, e.row) for e in entries)}
    rejected = sorted(rejected + clashes, key=lambda r: order.get((r.sheet, r.row), 0))
    return kept, rejected, notes, len(entries)


def _draft(entry: Entry, category: str, seasons: Seasons, source: str) -> Draft:
    name = _one_line(entry.text("minor_name"))
    code = entry.text("minor_code")
    if not name:
        raise Refused(_("没有小类名称"))
    if not code:
        raise Refused(_("没有小类代码"))
    if not re.fullmatch(r"[0-9A-Za-z\-]{1,12}", code + entry.text("major_code")):
        raise Refused(_("代码“%(code)s”不是字母或数字") % {"code": code[:20]})
    condition = entry.text("condition")
    if not condition:
        raise Refused(_("没有立案条件"))
    limit = _limit(entry.text("handling"), seasons)
    season = seasons.get(limit.season_name, ("", ""))
    return Draft(
        category=_category(entry, category),
        major_code=entry.text("major_code"),
        major_name=_one_line(entry.text("major_name"))[:80],
        minor_code=code,
        minor_name=name[:120],
        filing_condition=condition,
        handling=str(limit),
        season=limit.season_name,
        season_first=season[0],
        season_last=season[1],
        closing_condition=entry.text("closing"),
        limits=_stage_limits(entry),
        evidence=_evidence(entry.text("evidence")),
        legal_basis="\n".join(filter(None, (entry.text("law"), entry.text("clause")))),
        collecting=entry.text("collecting"),
        owed=tuple(_owed(entry)),
        source=(entry.text("source") or source)[:200],
        row=entry.row,
        sheet=entry.sheet,
    )


def _category(entry: Entry, given: str) -> str:
    """部件, 事件, 诉求 or 事项: from the row, else as told, else from the title or the sheet."""
    told = entry.text("category")
    for words in (told, given, entry.sheet, entry.title):
        fits = [c for c, pattern in CATEGORIES.items() if words and re.search(pattern, words)]
        if len(fits) == 1:
            return fits[0].value
        if told and words == told:
            raise Refused(_("不认识的类型“%(word)s”") % {"word": told[:20]})
    raise Refused(_("看不出是部件、事件、诉求还是事项，请用 --category 指明"))


LIMITS = (
    r"(?<!\d)\d{1,6}\s{0,3}个?\s{0,3}"
    r"(?:紧急工作时|工作时|工作日|自然日|分钟|小时|天|日)"
)


def _limit(text: str, seasons: Seasons) -> Allowance:
    """The handling limit; a season it names must have days."""
    if not text:
        raise Refused(_("没有处置时限"))
    several = re.findall(
        r"(?<!\d)\d{1,6}\s{0,3}个?\s{0,3}(?:紧急工作时|工作时|工作日|自然日|分钟|小时|天|日)", text
    )
    if len(several) > 1:
        told = {"text": _one_line(text)[:40], "count": len(several)}
        raise Refused(_("时限“%(text)s”里有 %(count)d 个时限，请每个条件写一行") % told)
    try:
        limit = Allowance.parse(text)
    except ValueError as wrong:
        raise Refused(str(wrong)) from None
    if len(str(limit)) > 20:
        raise Refused(_("时限“%(text)s”过长") % {"text": text[:40]})
    if not limit.season_name:
        return limit
    if limit.season_name not in seasons:
        told = {"season": limit.season_name}
        raise Refused(_("“%(season)s”是哪些日子？请用 --season %(season)s=月-日:月-日 指明") % told)
    try:
        return limit.within(Season.parse(*seasons[limit.season_name]))
    except ValueError as wrong:
        raise Refused(str(wrong)) from None


def _stage_limits(entry: Entry) -> dict[str, str]:
    limits = {}
    for stage in STAGE_LIMITS:
        if entry.text(stage):
            try:
                limits[stage] = str(Allowance.parse(entry.text(stage)))
            except ValueError as wrong:
                raise Refused(str(wrong)) from None
    return limits


def _owed(entry: Entry) -> list[Owed]:
    """The units named, in order: the first responsible one leads at its tier, others help."""
    owed = [
        Owed(name, role, tier)
        for role, tier, text in entry.units
        for part in UNIT_SEPARATORS.split(text)
        if (name := LEADING_WORD.sub("", _one_line(part)).strip("。. "))
    ]
    return list({(o.name, o.role, o.tier): o for o in owed}.values())


def _evidence(text: str) -> tuple[str, ...]:
    found = tuple(name for name, words in EVIDENCE.items() if re.search(words, text))
    return found or ("after",)


def _season_taken(draft: Draft) -> str:
    return _("“%(season)s”按 %(first)s 至 %(last)s 计，可用 --season 改") % {
        "season": draft.season,
        "first": draft.season_first,
        "last": draft.season_last,
    }


def _consistent(drafts: Sequence[Draft], notes: list[Reject]) -> tuple[list[Draft], list[Reject]]:
    """Refuse a code used for two kinds, and the same condition twice; note names that vary."""
    kinds: dict[str, Draft] = {}
    majors: dict[tuple[str, str], str] = {}
    seen: dict[tuple[str, str], int] = {}
    kept, rejected = [], []
    for draft in drafts:
        first = kinds.setdefault(draft.kind_code, draft)
        condition = (draft.kind_code, _squeezed(draft.filing_condition))
        if first.minor_name != draft.minor_name:
            told = {"code": draft.minor_code, "name": first.minor_name, "row": first.row}
            why = _("小类代码 %(code)s 在第%(row)d行已用于“%(name)s”") % told
            rejected.append(Reject(draft.row, why, draft.sheet, draft.minor_name))
        elif condition in seen:
            why = _("与第%(row)d行的立案条件重复") % {"row": seen[condition]}
            rejected.append(Reject(draft.row, why, draft.sheet, draft.minor_name))
        else:
            seen[condition] = draft.row
            kept.append(draft)
        name = majors.setdefault((draft.category, draft.major_code), draft.major_name)
        if not draft.major_name:
            draft.major_name = name
        elif name != draft.major_name:
            told = {"code": draft.major_code, "was": name, "now": draft.major_name}
            said = _("大类 %(code)s 前面叫“%(was)s”，这里叫“%(now)s”，按前者记") % told
            if said not in {note.reason for note in notes}:
                notes.append(Reject(draft.row, said, draft.sheet))
            draft.major_name = name
    return kept, rejected


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", "", text)
