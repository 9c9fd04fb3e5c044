"""Who may what, in words of its own: the whole policy, written by hand, asking nothing.

For every duty and every relation of its holder to a case: what they may. A duty, grant, stage or
move that is missing fails `test_whole.py`, which says what to write where.
"""

from tests.every_page.people import COMMAND, DISPATCH, HANDLE, INTAKE, PATROL, VERIFY, WORK_OF
from tests.who_may.cases import CASES, TOOK_OVER, Told
from tests.who_may.people import KEYS, PEOPLE, SIGNED_OUT, Somebody, lies_in

SEES, WORKS, KNOWS = "sees it", "does its work on it", "knows who reported it, masked"

OURS = "in our place, with our centre"
ANOTHERS = "in our place, with another centre"
ELSEWHERE = "outside our place"
PART = "our unit has a part"
BEFORE = "a unit we took over from has a part"
TAKEN_BACK = "our unit had a part"
NO_PART = "our unit has no part"

NOTHING: frozenset[str] = frozenset()
LOOKS = frozenset({SEES})
WORKS_HERE = frozenset({SEES, WORKS})

TABLE: dict[str, dict[str, frozenset[str]]] = {
    "intake": {OURS: frozenset({SEES, WORKS, KNOWS}), ANOTHERS: LOOKS, ELSEWHERE: NOTHING},
    "dispatch": {OURS: WORKS_HERE, ANOTHERS: LOOKS, ELSEWHERE: NOTHING},
    "command": {OURS: WORKS_HERE, ANOTHERS: LOOKS, ELSEWHERE: NOTHING},
    "verify": {OURS: WORKS_HERE, ANOTHERS: WORKS_HERE, ELSEWHERE: NOTHING},
    "patrol": {OURS: WORKS_HERE, ANOTHERS: WORKS_HERE, ELSEWHERE: NOTHING},
    "handle": {PART: WORKS_HERE, BEFORE: WORKS_HERE, TAKEN_BACK: WORKS_HERE, NO_PART: NOTHING},
    "look": {OURS: LOOKS, ANOTHERS: LOOKS, ELSEWHERE: NOTHING},
    "report": {OURS: NOTHING, ANOTHERS: NOTHING, ELSEWHERE: NOTHING},
    "system_admin": {OURS: NOTHING, ANOTHERS: NOTHING, ELSEWHERE: NOTHING},
    "security_admin": {OURS: NOTHING, ANOTHERS: NOTHING, ELSEWHERE: NOTHING},
    "audit_admin": {OURS: NOTHING, ANOTHERS: NOTHING, ELSEWHERE: NOTHING},
}
"""The stage changes nothing of this: a case is seen as well when it is closed, merged, withdrawn
or voided; what can still be done then is the lifecycle's business. Whose part was taken back goes
on seeing what was sent there, and may speak of it."""

MOVES_OF = {
    "intake": INTAKE,
    "dispatch": DISPATCH,
    "command": COMMAND,
    "handle": HANDLE,
    "verify": VERIFY,
    "patrol": PATROL,
}
OF_WHO_REPORTED = frozenset({"withdraw", "reopen", "remark"})
"""What a reporter may, who holds anything at all: whoever holds nothing sees nothing."""
THE_PROGRAMS = frozenset({"import_close", "hand_over"})
SAME_FOR_ALL_STAGES = frozenset(told.stage for told in CASES.values())


def may(who: str, case: str) -> frozenset[str]:
    """All that this person or key may with this case."""
    found: frozenset[str] = NOTHING
    told, somebody = CASES[case], _somebody(who)
    for duty, at in somebody.holds:
        found |= TABLE[duty][_relation(duty, at, somebody, told)]
    if somebody.holds and told.by == who:
        found |= LOOKS
    return found


def sees(who: str) -> frozenset[str]:
    """The names of all cases that this person or key may know of."""
    return frozenset(case for case in CASES if SEES in may(who, case))


def moves(who: str, case: str) -> frozenset[str]:
    """The moves that are this one's to make with this case, whatever its stage."""
    told, somebody = CASES[case], _somebody(who)
    found: set[str] = set()
    for duty, at in somebody.holds:
        if WORKS in TABLE[duty][_relation(duty, at, somebody, told)]:
            found |= {move for move, work in WORK_OF.items() if MOVES_OF[duty] in work}
    if somebody.holds and told.by == who:
        found |= OF_WHO_REPORTED
    return frozenset(found)


def _somebody(who: str) -> Somebody:
    return Somebody() if who == SIGNED_OUT else (PEOPLE | KEYS)[who]


def _relation(duty: str, at: str, somebody: Somebody, told: Told) -> str:
    if duty == "handle":
        if at in told.parts:
            return PART
        if TOOK_OVER.get(at) in (*told.parts, *told.gone) and not somebody.is_system:
            return BEFORE  # a key's grant names one unit, and means that one alone
        return TAKEN_BACK if at in told.gone else NO_PART
    if not lies_in(told.place, at):
        return ELSEWHERE
    return OURS if told.centre == somebody.unit else ANOTHERS
