"""Passwords made of what everybody here knows are refused (常用词口令).

The words: the program's name, the city's and its counties', those of the trade, and one's own
name and account, in characters, by sound and by initials. What is left of a password without
them, without digits and signs, has to be `LEFT` letters at least.
"""

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from shiyu.common.pinyin import pinyin_key
from shiyu.people.models import Person
from shiyu.places.models import Place

LEFT = 4
SHORTEST = 2
ENDINGS = re.compile("(省|市|县|区|自治州|新区|街道|镇|乡)$")
OF_US = ("市域", "城管", "城市管理", "网格", "城运", "指挥中心", "热线", "密码", "管理员")
IN_LATIN = (
    *("shiyu", "chengguan", "wangge", "rexian", "mima", "guanliyuan", "zhihui", "demo", "test"),
    *("admin", "root", "user", "password", "passwd", "pass", "pwd", "login", "welcome", "hello"),
    *("qwerty", "qwer", "asdf", "zxcv", "qaz", "wsx", "edc", "abcd", "abc", "iloveyou", "woaini"),
)


class CityWords:
    """Refuses a password of which too little is one's own."""

    def validate(self, password: str, user: Person | None = None) -> None:
        """Raise ValidationError where only known words, digits and signs make it up."""
        left = password.casefold()
        for word in sorted(words_known(user), key=len, reverse=True):
            left = left.replace(word, " ")
        if sum(sign.isalpha() for sign in left) < LEFT:
            raise ValidationError(self.get_help_text(), code="password_of_known_words")

    def get_help_text(self) -> str:
        """What to do otherwise."""
        return _("不要只用城市、区县、系统、单位或本人的名字加数字，再加几个别人想不到的字或字母")


def words_known(user: Person | None) -> set[str]:
    """All that does not count, small letters."""
    names = [*OF_US, *_places()]
    if user is not None:
        names += [user.name, user.username]
    found = {form for name in names for form in _forms(name)}
    return found | set(IN_LATIN)


def _places() -> list[str]:
    levels = (Place.Level.CITY, Place.Level.COUNTY)
    return list(Place.objects.filter(level__in=levels).values_list("name", flat=True))


def _forms(name: str) -> Iterator[str]:
    """A name, whole and without its ending; by its characters, sound and initials."""
    for one in {name, ENDINGS.sub("", name)}:
        for form in (one.casefold(), *pinyin_key(one).split()):
            if len(form) >= SHORTEST:
                yield form
