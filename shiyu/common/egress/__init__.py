"""The one door to the outside: every connection the program opens goes through here (出口).

An address is read strictly, its name is resolved once, every answer is looked at, and the
connection goes to exactly the address that was looked at. Addresses inside the house are
reached only where whoever runs the server has said so (`SHIYU_EGRESS`), never by a web page.
"""

from shiyu.common.egress.asking import Answered, ask, forbid_inside
from shiyu.common.egress.brokered import ask_broker, check_with_broker
from shiyu.common.egress.leaving import Barred, bar, is_barred
from shiyu.common.egress.reaching import (
    Door,
    Forbidden,
    NothingLeft,
    PerhapsLeft,
    door,
    within,
)
from shiyu.common.egress.urls import Target, target_of

__all__ = [
    "Answered",
    "Barred",
    "Door",
    "Forbidden",
    "NothingLeft",
    "PerhapsLeft",
    "Target",
    "ask",
    "ask_broker",
    "bar",
    "check_with_broker",
    "door",
    "forbid_inside",
    "is_barred",
    "target_of",
    "within",
]
