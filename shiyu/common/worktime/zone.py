"""Local days in whole minutes since 1970 (UTC), with every change to and from summer time."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 1440  # minutes
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MINUTE = timedelta(minutes=1)
_REACH = 16 * 60  # no zone is further from UTC than this, minutes

Piece = tuple[int, int, int]  # from, to (minutes since 1970 UTC), minutes ahead of UTC


def minute_of(at: datetime) -> int:
    """Whole minutes since 1970 UTC, seconds dropped; raises ValueError without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"时间 {at.isoformat()} 没有时区")
    return (at - _EPOCH) // _MINUTE


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> date:
    return date.fromordinal(day + _EPOCH_ORDINAL)


class Zone:
    """A time zone seen as local days (时区)."""

    def __init__(self, info: ZoneInfo) -> None:
        self.info = info
        self._pieces: dict[int, tuple[Piece, ...]] = {}

    def datetime_of(self, minute: int) -> datetime:
        return datetime.fromtimestamp(minute * 60, self.info)

    def ahead(self, minute: int) -> int:
        """Minutes by which local time is ahead of UTC at this instant."""
        offset = self.datetime_of(minute).utcoffset()
        return 0 if offset is None else offset // _MINUTE

    def day_at(self, minute: int) -> int:
        """The local day of an instant, as days since 1970."""
        return (minute + self.ahead(minute)) // DAY

    def pieces(self, day: int) -> tuple[Piece, ...]:
        """The stretches of one offset that make up a local day: one, unless clocks are changed."""
        known = self._pieces.get(day)
        if known is None:
            known = self._pieces[day] = tuple(self._cut(day))
        return known

    def _cut(self, day: int) -> list[Piece]:
        midnight = day * DAY
        first, last = midnight - _REACH, midnight + DAY + _REACH
        pieces = []
        for start, end, ahead in self._offsets(first, last):
            start, end = max(start, midnight - ahead), min(end, midnight + DAY - ahead)
            if start < end:
                pieces.append((start, end, ahead))
        return pieces

    def _offsets(self, first: int, last: int) -> list[Piece]:
        """Stretches of one offset between two instants a few days apart."""
        before, after = self.ahead(first), self.ahead(last)
        if before == after:
            return [(first, last, before)]
        low, high = first, last  # offset differs: the change lies in (low, high]
        while high - low > 1:
            middle = (low + high) // 2
            if self.ahead(middle) == before:
                low = middle
            else:
                high = middle
        return [(first, high, before), *self._offsets(high, last)]


@lru_cache(maxsize=64)
def zone(name: str) -> Zone:
    """The zone of an IANA name such as Asia/Shanghai; raises ValueError for any other."""
    try:
        return Zone(ZoneInfo(name))
    except (LookupError, ValueError, OSError, TypeError) as error:
        raise ValueError(f"没有名为“{name}”的时区") from error
