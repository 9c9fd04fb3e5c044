"""What a page says many times over, looked up once for each language (常说的话).

A list of fifty rows says some five hundred sentences: Django's `gettext` goes through catalogues
for each of them. The words stand in the code as for `gettext`: `from … import said as _`.
"""

from functools import lru_cache

from django.utils.translation import get_language, gettext


def said(words: str) -> str:
    """These words in the reader's language."""
    return _said(get_language(), words)


@lru_cache(maxsize=4096)
def _said(_language: str | None, words: str) -> str:
    """Named with the language that is being spoken, so that each has its own."""
    return gettext(words)
