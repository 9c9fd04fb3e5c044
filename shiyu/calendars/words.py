"""Days and hours as people write them, and each line that cannot be read (日历的写法)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

A_DATE = r"(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
ONE_DAY = re.compile(A_DATE)
TWO_DAYS = re.compile(rf"{A_DATE}\s*(?:~|至|到|—|–)+\s*{A_DATE}")
AN_HOUR = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|~|至|到|—|–)\s*(\d{1,2})[:：](\d{2})")
LONGEST = 62


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that could not be read, and why (读不懂的行)."""

    line: int
    says: str

    def __str__(self) -> str:
        return _("第 %(line)s 行：%(says)s") % {"line": self.line, "says": self.says}


def read_days(text: str, *, year: int) -> tuple[list[str], list[Unread]]:
    """Days of one year from lines like “2-5 至 2-11” or “2027年2月20日”; words after # are ours."""
    found: set[str] = set()
    wrong: list[Unread] = []
    for number, line in enumerate(_lines(text), 1):
        if not line:
            continue
        try:
            found.update(day.isoformat() for day in _days_of(line, year))
        except ValueError as error:
            wrong.append(Unread(number, str(error)))
    return sorted(found), wrong


def write_days(days: Iterable[str]) -> str:
    """The same days as lines, neighbours joined."""
    lines: list[str] = []
    for first, last in _runs(sorted(days)):
        lines.append(f"{first[5:]}" if first == last else f"{first[5:]} 至 {last[5:]}")
    return "\n".join(lines)


def read_hours(text: str) -> tuple[list[list[str]], list[Unread]]:
    """Office hours from lines or a list like “08:00-12:00、14:00-18:00”."""
    found: list[list[str]] = []
    wrong: list[Unread] = []
    pieces = [piece for piece in re.split(r"[\n,，、;；]+", _plain(text)) if piece.strip()]
    for number, piece in enumerate(pieces, 1):
        match = AN_HOUR.fullmatch(piece.strip())
        if match is None:
            says = _("“%(text)s”应写作 08:00-12:00") % {"text": piece.strip()[:20]}
            wrong.append(Unread(number, says))
            continue
        first, last = f"{int(match[1]):02}:{match[2]}", f"{int(match[3]):02}:{match[4]}"
        if not ("00:00" <= first < last <= "24:00" and match[2] < "60" and match[4] < "60"):
            wrong.append(Unread(number, _("开始应早于结束，最晚 24:00")))
            continue
        found.append([first, last])
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        wrong.append(Unread(1, _("办公时间互相重叠")))
    return found, wrong


def write_hours(hours: Iterable[Iterable[str]]) -> str:
    """Office hours as one line."""
    return "、".join("-".join(pair) for pair in hours)


def _days_of(line: str, year: int) -> list[date]:
    both = TWO_DAYS.fullmatch(line)
    one = ONE_DAY.fullmatch(line)
    if both:
        first, last = _date(both.group(1, 2, 3), year), _date(both.group(4, 5, 6), year)
    elif one:
        first = last = _date(one.group(1, 2, 3), year)
    else:
        raise ValueError(_("“%(text)s”应写作 02-05 或 02-05 至 02-11") % {"text": line[:20]})
    if last < first:
        raise ValueError(_("止日早于起日"))
    if (last - first).days >= LONGEST:
        raise ValueError(_("一段最多 %(days)s 天") % {"days": LONGEST})
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _date(parts: tuple[str | None, ...], year: int) -> date:
    written, month, day = parts
    if written is not None and int(written) != year:
        raise ValueError(
            _("%(written)s 年不在这一页，这一页是 %(year)s 年") % {"written": written, "year": year}
        )
    try:
        return date(year, int(month or 0), int(day or 0))
    except ValueError:
        told = {"month": month, "day": day}
        raise ValueError(_("没有 %(month)s 月 %(day)s 日") % told) from None


def _lines(text: str) -> Iterator[str]:
    for line in _plain(text).splitlines():
        yield line.split("#")[0].strip()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _runs(days: list[str]) -> Iterator[tuple[str, str]]:
    start = before = ""
    for day in days:
        if before and date.fromisoformat(day) - date.fromisoformat(before) == timedelta(days=1):
            before = day
            continue
        if start:
            yield start, before
        start = before = day
    if start:
        yield start, before
