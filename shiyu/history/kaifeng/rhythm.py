"""When, where and what is reported in the demo city: hours, weekdays, seasons, rain (上报节律).

All of it is made up, after the habits of such cities: little at night, two peaks a day, fewer
reports at weekends, a burst when it rains.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from shiyu.catalogue.models import Kind

HOURS = np.array(
    [2, 1, 1, 1, 1, 3, 8, 16, 26, 32, 30, 22, 16, 18, 24, 28, 27, 24, 20, 19, 16, 11, 7, 4], float
)
WEEK = (1.0, 1.0, 0.98, 1.0, 1.02, 0.78, 0.7)
RAIN_DAYS = 4
RAIN_FACTOR = 2.6
TONIGHT_FACTOR = 1.6

CATEGORIES = {"event": 0.6, "component": 0.26, "appeal": 0.14}
OFTEN = """
    9 暴露垃圾 机动车乱停放
    7 店外经营
    6 无照经营游商 道路不洁 非机动车乱停放 路灯 物业服务差
    5 非法小广告 乱堆物堆料 生活噪声扰民
    4 道路破损 积存垃圾渣土 雨水箅子 污水井盖 垃圾箱（果皮箱、桶） 飞线充电 楼道堆物
    3 施工扰民 工地扬尘 餐饮油烟污染 商业噪音 绿地脏乱 上水井盖 雨水井盖 交通护栏 行道树
    3 公共厕所 停车乱收费 公交服务 预付卡退费
    2 便道桩 户外健身设施 水压不足 拖欠工资 电梯停运
"""
"""How much more often than others some kinds are reported: a number, then the kinds."""
POPULAR = {
    name: float(line.split()[0]) for line in OFTEN.strip().splitlines() for name in line.split()[1:]
}
IN_RAIN = frozenset(
    (
        *("道路积水", "雨水箅子", "雨水井盖", "下水道堵塞", "检查井溢水", "内涝险情", "行道树"),
        *("房屋漏雨", "地下通道", "架空线缆坠落", "路灯", "停电问题", "交通涵洞"),
    )
)
SEASONS = {
    "供暖问题": (11, 12, 1, 2, 3),
    "焚烧垃圾树叶": (10, 11, 12),
    "积雪结冰": (12, 1, 2),
    "露天烧烤": (5, 6, 7, 8, 9),
    "高温防汛求助": (6, 7, 8),
    "园林病虫害": (5, 6, 7, 8, 9),
    "热力井盖": (11, 12, 1, 2),
}
IN_SEASON, OUT_OF_SEASON = 5.0, 0.05
RARE_MOST = 1.0


@dataclass(frozen=True, slots=True)
class Weather:
    """The hours in which it rained (made up)."""

    showers: tuple[tuple[datetime, datetime], ...]

    def rains(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self.showers)


def weather(chance: np.random.Generator, start: datetime, now: datetime) -> Weather:
    """A few days of rain, and a shower that is just passing."""
    days = (now - start).days
    showers = []
    for day in sorted(chance.choice(max(days - 1, 1), min(RAIN_DAYS, days - 1), replace=False)):
        begins = start + timedelta(days=int(day), hours=float(chance.uniform(6, 18)))
        showers.append((begins, begins + timedelta(hours=float(chance.uniform(3, 9)))))
    showers.append((now - timedelta(hours=3), now))
    return Weather(tuple(showers))


def arrivals(
    chance: np.random.Generator,
    count: int,
    *,
    start: datetime,
    now: datetime,
    zone: ZoneInfo,
    sky: Weather,
) -> list[datetime]:
    """So many moments of report between start and now, in order."""
    hours = int((now - start).total_seconds() // 3600) + 1
    begins = [start + timedelta(hours=hour) for hour in range(hours)]
    weights = np.array([_weight(at, zone, sky, now) for at in begins])
    drawn = chance.choice(hours, count, p=weights / weights.sum())
    seconds = drawn * 3600 + chance.uniform(0, 3600, count)
    latest = (now - start).total_seconds() - 1
    seconds = np.where(seconds > latest, latest - chance.uniform(0, 1800, count), seconds)
    return [start + timedelta(seconds=int(second)) for second in np.sort(seconds)]


def _weight(at: datetime, zone: ZoneInfo, sky: Weather, now: datetime) -> float:
    local = at.astimezone(zone)
    weight = float(HOURS[local.hour]) * WEEK[local.weekday()]
    if sky.rains(at):
        weight *= TONIGHT_FACTOR if now - at < timedelta(hours=4) else RAIN_FACTOR
    return weight


class Kinds:
    """Draws the kind of a report by category, popularity, season and rain."""

    def __init__(self, kinds: Sequence[Kind], chance: np.random.Generator) -> None:
        self._chance = chance
        self._by_category = {
            category: [kind for kind in kinds if kind.category == category]
            for category in CATEGORIES
        }
        self._usual = {kind.pk: self._popularity(kind) for kind in kinds}
        self._known: dict[tuple[int, bool, str], npt.NDArray[np.float64]] = {}

    def draw(self, *, month: int, raining: bool, patrol: bool) -> Kind:
        names = [c for c in CATEGORIES if not (patrol and c == "appeal")]
        shares = np.array([CATEGORIES[name] for name in names])
        category = names[int(self._chance.choice(len(names), p=shares / shares.sum()))]
        weights = self._weights(month, raining, category)
        kinds = self._by_category[category]
        return kinds[int(self._chance.choice(len(kinds), p=weights))]

    def _popularity(self, kind: Kind) -> float:
        named = POPULAR.get(kind.name)
        return named or 0.15 + min(float(self._chance.pareto(2.0)) * 0.4, RARE_MOST)

    def _weights(self, month: int, raining: bool, category: str) -> npt.NDArray[np.float64]:
        key = (month, raining, category)
        known = self._known.get(key)
        if known is None:
            weights = np.array(
                [self._now(kind, month, raining) for kind in self._by_category[category]]
            )
            known = self._known[key] = weights / weights.sum()
        return known

    def _now(self, kind: Kind, month: int, raining: bool) -> float:
        weight = self._usual[kind.pk]
        if kind.name in SEASONS:
            weight *= IN_SEASON if month in SEASONS[kind.name] else OUT_OF_SEASON
        if raining and kind.name in IN_RAIN:
            weight = 2.0 + weight * 4
        return weight
