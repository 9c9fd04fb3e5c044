"""Finding a place by its name, its sound or the words of an address (地名查找).

Names down to communities are kept by each process for as long as the map does not change.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import opencc

from shiyu.places.locator import map_stamp
from shiyu.places.models import Place

LONGEST_QUESTION = 80
USUAL_ENDINGS = re.compile(
    r"(?<=..)(村民委员会|居民委员会|社区居委会|村委会|居委会|街道办事处|街道办|街道|社区|乡|镇|村|区|县|市)$"
)
EXACT, BEGINS, HOLDS, NAMED, SOUNDS, INITIALS = 100, 80, 60, 50, 40, 30


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as it can be found: its names, and where it lies."""

    code: str
    name: str
    level: str
    path: str
    lon: float | None
    lat: float | None
    core: str
    sound: str
    initials: str


_kept: tuple[tuple[object, ...], tuple[Entry, ...]] | None = None
_building = threading.Lock()


def find(question: str, *, most: int = 12) -> list[Entry]:
    """Places that the words name, the likeliest first, larger before smaller."""
    words = _words(question[:LONGEST_QUESTION])
    if not words:
        return []
    ranked = []
    for position, entry in enumerate(entries()):
        score = _score(entry, words)
        if score:
            ranked.append((-score, position, entry))
    return [entry for _score_, _position, entry in sorted(ranked)[:most]]


def plain(text: str) -> str:
    """Half-width, simplified and lower case, so that 龍亭區 finds 龙亭区."""
    return str(_simplifier().convert(unicodedata.normalize("NFKC", text))).lower()


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _words(question: str) -> list[str]:
    """The words of a question: house numbers and punctuation part them and are dropped."""
    parts = re.split(r"[\s,，。、;；:：()（）\-]+|\d+", plain(question))
    return [part for part in parts if part][:6]


def _score(entry: Entry, words: Iterable[str]) -> int:
    """How well a place fits: its own name must fit a word, others may fit where it lies."""
    best, around = 0, 0
    for word in words:
        own = _fit(entry, word)
        best = max(best, own)
        around += not own and (word in entry.path)
    return best + 5 * around if best else 0


def _fit(entry: Entry, word: str) -> int:
    name = entry.name.lower()
    if word in (name, entry.core):
        return EXACT
    if name.startswith(word):
        return BEGINS
    if len(word) > 1 and word in name:
        return HOLDS
    if len(entry.core) > 1 and entry.core in word:
        return NAMED + min(len(entry.core), 9)
    if word.isascii() and word.isalpha():
        if entry.sound.startswith(word):
            return SOUNDS
        if len(word) > 1 and entry.initials.startswith(word):
            return INITIALS
    return 0


def entries() -> tuple[Entry, ...]:
    """Every place above the cells, in the order of the tree."""
    global _kept
    now = map_stamp()
    kept = _kept
    if kept is not None and kept[0] == now:
        return kept[1]
    with _building:
        if _kept is None or _kept[0] != now:
            _kept = (now, tuple(_read()))
        return _kept[1]


def _read() -> Iterable[Entry]:
    """Places above the cells, in the order of the tree, so that a path is known when needed."""
    paths: dict[int, str] = {}
    rows = Place.objects.filter(closed_on=None).exclude(level=Place.Level.CELL).order_by("first")
    columns = ("id", "code", "name", "level", "parent_id", "lon", "lat", "pinyin")
    for pk, code, name, level, parent, lon, lat, pinyin in rows.values_list(*columns):
        above = paths.get(parent or 0, "")
        is_city = parent is None
        paths[pk] = "" if is_city else f"{above}{name}"
        sound, _blank, initials = pinyin.partition(" ")
        core = USUAL_ENDINGS.sub("", name).lower()
        yield Entry(code, name, level, above, lon, lat, core, sound, initials)
