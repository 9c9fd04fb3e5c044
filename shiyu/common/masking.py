"""Numbers that name people, hidden in what somebody writes before it is kept (入库前遮盖).

Whoever reports a broken cover writes the foreman's telephone beside it. The words are searched,
sent on and kept for years; so the middle of such a number never reaches them. What stands for it
still tells that there was one: 138****1234.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["phone", "card", "plate"]

PHONE = re.compile(
    r"(?<![0-9])(?<![0-9]\.)((?:\+|00)?86[ -]?)?([1１][3-9３-９]\d)[ -]?\d{4}[ -]?(\d{4})(?![0-9])"
)
CARD = re.compile(
    r"(?<![0-9A-Za-z])(\d{2})\d{4}[ -]?(?:18|19|20|１９|２０)\d\d"
    r"(?:[0０][1-9１-９]|[1１][0-2０-２])"
    r"(?:[0-3０-３]\d)[ -]?\d{2}(\d[\dXxＸｘ])(?![0-9A-Za-z])"
)
PLATE = re.compile(
    r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z])"
    r"[ ·.-]?(?=[A-Za-z]{0,2}\d)[A-HJ-NP-Za-hj-np-z\d]{2,4}"
    r"([A-HJ-NP-Za-hj-np-z\d][A-HJ-NP-Za-hj-np-z\d挂学警港澳])(?![A-Za-z\d])"
)
FEWEST_DIGITS = re.compile(r"\d{3}")

IN_CLEAR = (
    r"(^|[^0-9.])1[3-9][0-9]{9}($|[^0-9])"
    r"|(^|[^0-9A-Za-z])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]{4}[0-9Xx]"
    r"($|[^0-9A-Za-z])"
)
"""What the database refuses in columns of words: part of what is masked here, said for it, so that
a way in that forgets to mask is refused and does not leak."""


@dataclass(frozen=True, slots=True)
class Masked:
    """Words as they may be kept, and what was hidden in them.

    needed  telephones and plates as they were written: whoever deals with the matter may need
            them, so they are kept closed with the reporter. Card numbers nobody needs.
    """

    text: str
    needed: tuple[str, ...]
    kinds: tuple[Kind, ...]


def mask(text: str, *, plates: bool = True) -> Masked:
    """Hide telephone and identity card numbers, and plates where they are not the official's own.

    Masked words stay as they are when they are masked again.
    """
    if not FEWEST_DIGITS.search(text):
        return Masked(text, (), ())
    needed: list[str] = []
    kinds: list[Kind] = []

    def card(found: "re.Match[str]") -> str:
        kinds.append("card")
        return f"{found[1]}**************{found[2]}"

    def phone(found: "re.Match[str]") -> str:
        kinds.append("phone")
        needed.append(found[0])
        return f"{found[1] or ''}{found[2]}****{found[3]}"

    def plate(found: "re.Match[str]") -> str:
        kinds.append("plate")
        needed.append(found[0])
        return f"{found[1]}***{found[2]}"

    text = PHONE.sub(phone, CARD.sub(card, text))
    if plates:
        text = PLATE.sub(plate, text)
    return Masked(text, tuple(dict.fromkeys(needed)), tuple(kinds))


def masked(text: str, *, plates: bool = True) -> str:
    """The words alone."""
    return mask(text, plates=plates).text


def still_said(needed: Iterable[str], text: str) -> list[str]:
    """Those of what was hidden whose masked form these words still have."""
    return [one for one in dict.fromkeys(needed) if masked(one) in text]
