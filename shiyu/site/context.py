"""What every page knows: its city, its language, its size, the time (页面共用)."""

import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shiyu.common import cookies
from shiyu.places.rules import city_if_founded
from shiyu.site.words import for_scripts

SIZE_COOKIE = "size"
ELDER = "elder"
# What <html lang> says: without the country, browsers may pick Japanese glyphs.
LANG_TAGS = {"zh-hans": "zh-Hans-CN", "zh-hant": "zh-Hant-CN"}


@dataclass(frozen=True, slots=True)
class Page:
    """What the base templates show around every page."""

    city: str
    city_short: str
    demo: bool
    elder: bool
    language: str
    lang_tag: str
    languages: tuple[tuple[str, str], ...]
    live_url: str
    version: str
    now: datetime
    keys: bool
    words: str


def page(request: HttpRequest) -> dict[str, Page]:
    """The context processor; works without a database too."""
    name, short_name, demo = _city()
    language = get_language() or settings.LANGUAGE_CODE
    person = getattr(request, "user", None)
    return {
        "page": Page(
            city=name or _("本市"),
            city_short=short_name or name or _("本市"),
            demo=demo,
            elder=cookies.read(request, SIZE_COOKIE) == ELDER,
            language=language,
            lang_tag=LANG_TAGS.get(language, language),
            languages=tuple(settings.LANGUAGES),
            live_url=settings.LIVE_URL,
            version=_version(),
            now=timezone.now(),
            keys=not getattr(person, "keys_off", False),
            words=for_scripts(language),
        )
    }


class _Kept:
    """The city as last read, for some seconds."""

    facts: tuple[str, str, bool] = ("", "", False)
    stale_at = 0.0


def _city() -> tuple[str, str, bool]:
    """Name, short name and whether it is the demo city; empty before there is one."""
    if time.monotonic() < _Kept.stale_at:
        return _Kept.facts
    try:
        city = city_if_founded()
    except DatabaseError:
        return _Kept.facts
    _Kept.facts = (city.name, city.short_name, city.is_demo) if city else ("", "", False)
    _Kept.stale_at = time.monotonic() + settings.CITY_KEPT_S
    return _Kept.facts


@lru_cache
def _version() -> str:
    try:
        return version("shiyu")
    except PackageNotFoundError:
        return ""
