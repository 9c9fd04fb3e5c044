"""Search words of many texts at once: what `search.cut` gives, in whole columns (批量切词).

A test holds both to the same words, text by text.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
import opencc
import polars as pl

from shiyu.cases.search import WORDS_MOST, cut

FIRST, LAST = 0x3400, 0x9FFF
SPAN = LAST - FIRST + 1
BREAK = "\n"
LINE_ENDS = r"[\r\n\x0b\x0c\x1c-\x1e\x{85}\x{2028}\x{2029}]"
Codes = npt.NDArray[np.int64]


def cut_many(texts: pl.Series) -> list[str]:
    """For each text its words, each once, as PostgreSQL writes an array: {"书店","店街"}."""
    if texts.is_empty():
        return []
    plain = _plain(texts)
    latin = plain.str.extract_all("[a-z0-9]+").list.unique().list.join('","').to_list()
    chinese = _chinese(plain)
    found: list[str] = []
    for row, (pairs, words) in enumerate(zip(chinese, latin, strict=True)):
        listed = f'{{{pairs}"{words}"}}' if words else f"{{{pairs[:-1]}}}"
        if listed.count(",") >= WORDS_MOST:
            listed = '{"' + '","'.join(cut(texts[row])) + '"}'
        found.append(listed)
    return found


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _turns() -> npt.NDArray[np.bool_]:
    """Which Chinese characters are written otherwise when simplified."""
    every = [chr(code) for code in range(FIRST, LAST + 1)]
    simple = _simplifier().convert(BREAK.join(every)).split(BREAK)
    return np.array([a != b for a, b in zip(every, simple, strict=True)])


def _plain(texts: pl.Series) -> pl.Series:
    """All texts as `search.cut` reads them; only those with a traditional sign are converted."""
    folded = texts.fill_null("").str.replace_all(LINE_ENDS, " ").str.normalize("NFKC")
    codes, rows = _codes(folded)
    inside = (codes >= FIRST) & (codes <= LAST)
    turns = _once(rows[inside][_turns()[codes[inside] - FIRST]])
    if len(turns):
        lines = _simplifier().convert(folded.gather(turns).str.join(BREAK)[0]).split(BREAK)
        folded = folded.scatter(turns, lines)
    return folded.str.to_lowercase()


def _codes(lines: pl.Series) -> tuple[Codes, Codes]:
    """The code points of all lines, one after the other, a line end after each; and their rows."""
    text = lines.str.join(BREAK)[0] + BREAK
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    ends = codes == ord(BREAK)
    return codes, np.cumsum(ends) - ends


def _chinese(plain: pl.Series) -> list[str]:
    """For each line its Chinese words, quoted, a comma after each: runs two by two, or alone."""
    codes, rows = _codes(plain)
    here = (codes >= FIRST) & (codes <= LAST)
    before, after = np.append(False, here[:-1]), np.append(here[1:], False)
    pairs, alone = np.flatnonzero(here & after), np.flatnonzero(here & ~before & ~after)
    firsts = rows[pairs] * SPAN + codes[pairs] - FIRST
    twos = _once(firsts * SPAN + codes[pairs + 1] - FIRST)
    ones = _once(rows[alone] * SPAN + codes[alone] - FIRST)
    two = np.stack((twos // SPAN % SPAN, twos % SPAN)) + FIRST
    count = len(plain)
    both = zip(
        _listed(two, twos // SPAN // SPAN, count),
        _listed(ones[np.newaxis] % SPAN + FIRST, ones // SPAN, count),
        strict=True,
    )
    return [a + b for a, b in both]


def _once(numbers: Codes) -> Codes:
    """Each number once, ascending; numpy's own `unique` hashes, which takes ten times as long."""
    numbers = np.sort(numbers)
    kept: Codes = numbers[np.append(True, numbers[1:] != numbers[:-1])] if len(numbers) else numbers
    return kept


def _listed(words: Codes, rows: Codes, count: int) -> list[str]:
    """Words of one length, quoted and each with a comma, gathered by their row."""
    width = len(words) + 3
    signs = np.empty((words.shape[1], width), dtype=np.uint32)
    signs[:, 0] = signs[:, -2] = ord('"')
    signs[:, 1:-2] = words.T
    signs[:, -1] = ord(",")
    text = signs.tobytes().decode("utf-32-le")
    ends = (np.searchsorted(rows, np.arange(count), side="right") * width).tolist()
    starts = [0, *ends[:-1]]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]
