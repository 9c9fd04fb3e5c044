"""Words cut in whole columns are the words cut one by one."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.cases.bulk.words import cut_many
from shiyu.cases.search import WORDS_MOST, cut

SIGNS = "书店街龍亭區乾坤後里著髮ＡＢａ１２３abcNULL\"'\\{},，。 \n\r\t\u2028\u0130ﬁ㍿①Ⅳé"


def listed(words: list[str]) -> list[str]:
    return sorted(f'"{word}"' for word in words)


def split(array: str) -> list[str]:
    return sorted(array.strip("{}").split(",")) if array != "{}" else []


@given(
    st.lists(
        st.text(st.sampled_from(SIGNS) | st.characters(codec="utf-8"), max_size=40), max_size=8
    )
)
@settings(max_examples=150, deadline=None)
def test_a_column_is_cut_like_its_texts(texts: list[str]) -> None:
    found = cut_many(pl.Series(texts, dtype=pl.String))

    assert [split(array) for array in found] == [listed(cut(text)) for text in texts]


def test_a_long_text_keeps_its_first_words() -> None:
    long = "".join(chr(0x4E00 + n) for n in range(2 * WORDS_MOST)) + " end"

    assert split(cut_many(pl.Series([long, ""]))[0]) == listed(cut(long))
