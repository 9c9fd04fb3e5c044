"""Every kind of person and of key, by what they hold and where (nothing here asks the program).

A new duty or grant needs its people here; `test_whole.py` says so.
"""

from dataclasses import dataclass, replace

SIGNED_OUT = "signed out"

PLACES = {
    "city": "",
    "gulou": "city",
    "longting": "city",
    "shudian": "gulou",
    "xisi": "gulou",
    "community": "shudian",
    "cell_a": "community",
    "beimen": "longting",
}
"""Each place and the one it lies in."""

CENTRE_AT = {
    "city": "city",
    "gulou": "gulou",
    "longting": "longting",
    "shudian": "shudian",
    "xisi": "shudian",
}
"""For which centre somebody works whose duty is over that place."""

PLACE_DUTIES = ("report", "intake", "dispatch", "command", "verify", "patrol")
ADMINISTERS = ("system_admin", "security_admin", "audit_admin")
LOOKING = frozenset({"intake", "dispatch", "command", "verify", "patrol", "look"})
WORKING = frozenset({"intake", "dispatch", "command", "verify", "patrol", "handle"})

IN_FORCE, OVER, TO_COME, LEFT, CLOSED = "in force", "over", "to come", "left", "account closed"


@dataclass(frozen=True)
class Somebody:
    """A person or a system.

    held     (duty, place or unit) of each.
    unit     whose desk it is.
    stands   whether what they hold counts today.
    instead  whose duties they act for.
    is_system  another program with a key.
    """

    held: tuple[tuple[str, str], ...] = ()
    unit: str = "gulou"
    stands: str = IN_FORCE
    instead: str = ""
    is_system: bool = False

    @property
    def holds(self) -> tuple[tuple[str, str], ...]:
        """What counts today."""
        return self.held if self.stands == IN_FORCE else ()


PEOPLE: dict[str, Somebody] = {
    f"{duty} at {at}": Somebody(((duty, at),), unit)
    for duty in PLACE_DUTIES
    for at, unit in CENTRE_AT.items()
}
PEOPLE |= {f"{duty}": Somebody(((duty, "city"),), "city") for duty in ADMINISTERS}
PEOPLE |= {
    "security_admin without a place": Somebody((("security_admin", ""),), "city"),
    "security_admin at gulou": Somebody((("security_admin", "gulou"),), "gulou"),
    "audit_admin at gulou": Somebody((("audit_admin", "gulou"),), "gulou"),
}
PEOPLE |= {
    f"handle for {unit}": Somebody((("handle", unit),), unit)
    for unit in ("roads", "waste", "lamps", "bureau", "heir", "shudian")
}
PEOPLE |= {
    "two duties": Somebody((("intake", "gulou"), ("dispatch", "gulou"))),
    "deputy": Somebody((("intake", "gulou"),), instead="intake at gulou"),
    "deputy no more": Somebody((("intake", "gulou"),), stands=OVER, instead="intake at gulou"),
    "deputy to come": Somebody((("intake", "gulou"),), stands=TO_COME, instead="intake at gulou"),
    "left today": Somebody((("intake", "gulou"),), stands=LEFT),
    "account closed": Somebody((("intake", "gulou"),), stands=CLOSED),
    "reporter": Somebody((("report", "gulou"),)),
    "reporter who left": Somebody((("report", "gulou"),), stands=LEFT),
    "patrol who reported elsewhere": Somebody((("patrol", "xisi"),), "shudian"),
    "nobody": Somebody(),
}

GRANTS = {
    "cases:read": "look",
    "cases:report": "report",
    "cases:intake": "intake",
    "cases:dispatch": "dispatch",
    "cases:command": "command",
    "cases:verify": "verify",
    "cases:patrol": "patrol",
    "cases:handle": "handle",
}
"""What a grant amounts to."""

KEYS: dict[str, Somebody] = {
    f"key {verb} at {at}": Somebody(((duty, at),), at)
    for verb, duty in GRANTS.items()
    if duty != "handle"
    for at in ("city", "gulou", "longting")
}
KEYS |= {
    f"key cases:handle for {unit}": Somebody((("handle", unit),), unit)
    for unit in ("roads", "lamps", "heir")
}
KEYS |= {
    "key that reported": Somebody((("report", "gulou"),)),
    "key revoked": Somebody((("look", "city"),), "city", stands=CLOSED),
    "key expired": Somebody((("look", "city"),), "city", stands=OVER),
    "key of Open311": Somebody((("report", "gulou"),), stands=LEFT),
}
"""What an Open311 key holds counts there, not here."""
KEYS = {name: replace(one, is_system=True) for name, one in KEYS.items()}


def lies_in(place: str, whole: str) -> bool:
    """Whether a place is this one or lies in it."""
    while place and place != whole:
        place = PLACES[place]
    return bool(place)
