"""The demo city's tree of places with schematic boundaries (演示城市区划).

Names and codes are those of the public tables beside this file (see README.md); every border is
made up and labelled 示意.
"""

import csv
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely

from shiyu.common.pinyin import pinyin_key
from shiyu.places.models import Place
from shiyu.places.plan import Planned
from shiyu.places.schematic import SOURCE, Seed, tile, wobbly_outline

HERE = Path(__file__).parent
ROOT = "410200"
NAME = "开封市"
ZONE = ("410271", "开封城乡一体化示范区")
ZONE_TOWNSHIPS = frozenset(
    {"410202007", "410202009", "410202010", "410202100", "410202204", "410202400"}
)
"""Townships under the zone's centre in the demo, by general knowledge; the table has no zone."""

CENTRES = {
    "410202": (114.34, 34.875),
    "410203": (114.43, 34.83),
    "410204": (114.31, 34.76),
    "410205": (114.40, 34.755),
    "410212": (114.56, 34.71),
    "410221": (114.78, 34.52),
    "410222": (114.47, 34.46),
    "410223": (114.16, 34.42),
    "410225": (114.92, 34.84),
    "410271": (114.20, 34.82),
}
CORNERS = (
    (114.06, 34.93),
    (114.50, 34.99),
    (114.90, 35.02),
    (115.14, 34.90),
    (115.10, 34.60),
    (114.96, 34.36),
    (114.60, 34.24),
    (114.20, 34.20),
    (113.94, 34.34),
    (113.92, 34.70),
)
TOWN_SPREAD = {"4102020": 0.05, "4102030": 0.035, "4102040": 0.035, "4102050": 0.035}
USUAL_SPREAD = 0.03
FEW = 4
DIGITS = "零一二三四五六七八九"


@lru_cache(maxsize=2)
def build_kaifeng(seed: int = 4102) -> tuple[Planned, ...]:
    """All places below the city, parents first: counties, townships, communities, cells.

    The root itself is made by `found_city(code=ROOT, name=NAME, …)`. The same seed gives the
    same borders.
    """
    chance = np.random.default_rng(seed)
    places = _table()
    keys = {place.code: key for key, place in enumerate(places, 1)}
    siblings = Counter(place.parent_code for place in places)
    seeds = {
        place.code: _seed_of(place, keys[place.code], siblings[place.parent_code], chance)
        for place in places
    }
    root = Seed(0)
    for place in places:
        (seeds[place.parent_code] if place.parent_code != ROOT else root).children.append(
            seeds[place.code]
        )
    for code, place_seed in seeds.items():
        place_seed.near = sum(_is_street(code_of(places, c.key)) for c in place_seed.children)
        place_seed.spread = TOWN_SPREAD.get(code + "0", USUAL_SPREAD)
    tiling = tile(root, wobbly_outline(CORNERS, seed=seed, bulge=0.02), seed=seed)
    for place in places:
        place.boundary, place.boundary_source = tiling.shapes[keys[place.code]], SOURCE
    return (*places, *_cells(places, tiling.owners, tiling.cells))


def code_of(places: list[Planned], key: int) -> str:
    """The code behind a key of the tiling."""
    return places[key - 1].code


def outline_of(planned: tuple[Planned, ...]) -> shapely.Geometry:
    """The made-up border of the whole city: what its counties cover."""
    counties = [place.boundary for place in planned if place.level == Place.Level.COUNTY]
    return shapely.coverage_union_all(counties)


def _table() -> list[Planned]:
    """Counties, the zone, townships and communities of the public tables, in that order."""
    level = Place.Level
    counties = [Planned(*row, level.COUNTY, ROOT) for row in (*_rows("areas"), ZONE)]
    townships = [
        Planned(code, name, level.TOWNSHIP, ZONE[0] if code in ZONE_TOWNSHIPS else code[:6])
        for code, name in _rows("streets")
    ]
    communities = [
        Planned(code, name, level.COMMUNITY, code[:9]) for code, name in _rows("villages")
    ]
    return counties + townships + communities


def _rows(table: str) -> list[tuple[str, str]]:
    with (HERE / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["code"], row["name"]) for row in csv.DictReader(lines)]


def _seed_of(place: Planned, key: int, siblings: int, chance: np.random.Generator) -> Seed:
    """4 to 6 cells a town community, 2 to 4 a village, 7 to 9 where a farm has but a few."""
    if place.level == Place.Level.COUNTY:
        return Seed(key, at=CENTRES[place.code])
    fewest = 4 if _is_street(place.code[:9]) else 2
    if siblings <= FEW:
        fewest = 7
    return Seed(key, cells=int(chance.integers(fewest, fewest + 3)))


def _is_street(code: str) -> bool:
    """Whether a township's code is that of a street office (街道, 001–099)."""
    return len(code) == 9 and code[6] == "0"


def _cells(places: list[Planned], owners: np.ndarray, shapes: np.ndarray) -> list[Planned]:
    """The grid cells, numbered within their community."""
    cells: list[Planned] = []
    so_far: dict[int, int] = {}
    sounds = {key: pinyin_key(places[key - 1].name).split(" ") for key in set(owners.tolist())}
    for key, shape in zip(owners.tolist(), shapes, strict=True):
        so_far[key] = number = so_far.get(key, 0) + 1
        above = places[key - 1]
        full, initials = sounds[key]
        cells.append(
            Planned(
                f"{above.code}{number:03d}",
                f"{above.name}第{DIGITS[number]}网格",
                Place.Level.CELL,
                above.code,
                f"{full}di{number}wangge {initials}d{number}wg",
                shape,
                SOURCE,
            )
        )
    return cells
