"""How a Chinese name is sorted and found: by its sound (拼音)."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=8192)
def pinyin_key(name: str) -> str:
    """Sort and search key of a name: its sound, then its initials, e.g. "zhangwei zw"."""
    from pypinyin import Style, lazy_pinyin  # half a second and 50 MB: only who names needs it

    syllables = lazy_pinyin(unicodedata.normalize("NFKC", name).lower(), style=Style.NORMAL)
    words = [word for word in (s.strip() for s in syllables) if word]
    return f"{''.join(words)} {''.join(word[0] for word in words)}".strip()
