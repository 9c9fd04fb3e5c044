"""What a clock light shows and says aloud (时钟灯)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import get_language, gettext_noop

from shiyu.common.said import said as _

MINUTES_IN_HOUR = 60
MINUTES_DROPPED_FROM_H = 10
DAYS_FROM_H = 72
HOURS_IN_DAY = 24

WORDS: Final[dict[str, str]] = {
    "green": gettext_noop("正常"),
    "yellow": gettext_noop("临期"),
    "red": gettext_noop("超期"),
    "grey": gettext_noop("暂停"),
}


@dataclass(frozen=True, slots=True)
class Light:
    """One light, ready to be drawn: colour, word, time, accessible name, what the script needs."""

    colour: str
    word: str
    time: str
    name: str
    by: str = ""
    left: int | None = None
    until: datetime | None = None
    warn: int | None = None
    runs: bool = False

    @property
    def beside_word(self) -> str:
        """The time after the word, which says already that it is over: 「超期 7分」."""
        return short_span(self.left) if self.left is not None and self.left < 0 else self.time


def light_of(clock: object) -> Light:
    """The light of a case or of anything that has `light`, `due`, `minutes_left`."""
    colour = _get(clock, "light")
    if colour not in WORDS:
        return Light("none", "", _("不计时"), _("不计时"))
    left = _get(clock, "minutes_left")
    reason = str(_get(clock, "pause_reason") or "") if colour == "grey" else ""
    due, today = _by_the_wall(_get(clock, "due"))
    told = _told(get_language(), colour, left, reason, due, today)
    if colour == "grey":
        return Light(colour, *told, left=left)
    return Light(
        colour,
        *told,
        left,
        _get(clock, "runs_until"),
        _get(clock, "warn_left"),
        left is not None and _get(clock, "running") is not False,
    )


def _by_the_wall(due: datetime | None) -> tuple[datetime | None, date | None]:
    """A moment as a clock in the city shows it, without its zone, and what day it is there."""
    if due is None:
        return None, None
    city = timezone.get_current_timezone()
    local = due.astimezone(city).replace(second=0, microsecond=0, tzinfo=None)
    return local, datetime.now(city).date()


@lru_cache(maxsize=8192)
def _told(
    _language: str | None,
    colour: str,
    left: int | None,
    reason: str,
    due: datetime | None,
    today: date | None,
) -> tuple[str, str, str, str]:
    """Word, time, name and by when: put together once for all rows and readers that agree."""
    word = _(WORDS[colour])
    if colour == "grey":
        name = _("{light}，{reason}").format(light=word, reason=reason) if reason else word
        return word, reason, name, ""
    by = _("，应于 {time}前办结").format(time=_spoken(due, today)) if due else ""
    return word, _time(left), _name(word, left) + by, by


def short_span(minutes: int) -> str:
    """「2时10分」, the form of tables."""
    hours, rest = divmod(abs(minutes), MINUTES_IN_HOUR)
    if hours == 0:
        return _("{n}分").format(n=rest)
    if hours >= DAYS_FROM_H:
        return _("{n}天").format(n=hours // HOURS_IN_DAY)
    if hours >= MINUTES_DROPPED_FROM_H or rest == 0:
        return _("{n}时").format(n=hours)
    return _("{h}时{m}分").format(h=hours, m=rest)


def long_span(minutes: int) -> str:
    """「2 小时 10 分钟」, the form for residents and for reading aloud."""
    hours, rest = divmod(abs(minutes), MINUTES_IN_HOUR)
    if hours == 0:
        return _("{n} 分钟").format(n=rest)
    if hours >= DAYS_FROM_H:
        days, left = divmod(hours, HOURS_IN_DAY)
        return _("{d} 天 {h} 小时").format(d=days, h=left)
    if rest == 0:
        return _("{n} 小时").format(n=hours)
    return _("{h} 小时 {m} 分钟").format(h=hours, m=rest)


def _spoken(local: datetime, today: date | None) -> str:
    """「12 时 37 分」 today, with month and day otherwise."""
    clock = _("{h} 时 {m:02d} 分").format(h=local.hour, m=local.minute)
    if local.date() == today:
        return clock
    day = _("{month} 月 {day} 日").format(month=local.month, day=local.day)
    return f"{day} {clock}"


def _time(left: int | None) -> str:
    if left is None:
        return ""
    if left < 0:
        return _("超 {time}").format(time=short_span(left))
    return _("剩 {time}").format(time=short_span(left))


def _name(word: str, left: int | None) -> str:
    if left is None:
        return word
    if left < 0:
        return _("{light}，超出 {time}").format(light=word, time=long_span(left))
    return _("{light}，剩余 {time}").format(light=word, time=long_span(left))


def _get(clock: object, name: str) -> Any:
    if isinstance(clock, Mapping):
        return clock.get(name)
    return getattr(clock, name, None)
