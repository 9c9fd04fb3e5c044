"""Every move × everybody × every case: who may not is told so or finds nothing, without a trace."""

from collections.abc import Iterator
from typing import Any

import pytest

from shiyu.api.tests.test_matrix import BODIES, OWE_A_REASON
from shiyu.api.v1.batches import ALONE
from shiyu.api.v1.ways import WAYS
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.rules import concern, may
from tests.every_page.people import WORK_OF
from tests.every_page.town import led_to_sign_in
from tests.who_may.cases import CASES
from tests.who_may.city import City, traces, undone
from tests.who_may.interfaces import BAD
from tests.who_may.people import KEYS, PEOPLE, SIGNED_OUT, WORKING
from tests.who_may.policy import OF_WHO_REPORTED, moves, sees

NAMES = tuple(CASES)
MADE_BY_PAGE = tuple(WORK_OF)
EACH = 5
"""In the ordinary run so many moves of each are sent, in turn; all of them in the long one."""
FORBIDDEN, NONE, FOUND = 403, 404, 302
MAY_BE_TOLD = {200, 302, 409, 422}


def turns(who: str, every: tuple[str, ...], *, whole: bool) -> Iterator[tuple[str, str]]:
    """Pairs of a move and a case: all, or some, so that all come up somewhere."""
    at = [*PEOPLE, SIGNED_OUT, *KEYS].index(who)
    for nth, move in enumerate(every):
        if whole:
            yield from ((move, case) for case in NAMES)
        elif (nth + at) % (len(every) // EACH) == 0:
            yield move, NAMES[(3 * at + nth) % len(NAMES)]
            mine = sorted(sees(who))
            if mine:
                yield move, mine[(at + nth) % len(mine)]


def test_the_rule_decides_every_cell_as_the_table_does(kept: City) -> None:
    """All moves × all people and keys × all cases, asked of the rule itself."""
    about = {name: concern(case) for name, case in kept.cases.items()}
    wrong: list[Any] = []
    cells = 0
    for who in [w for w in (*PEOPLE, *KEYS) if w not in BAD]:
        actor = kept.actor(who)
        for name, said in about.items():
            found = {m for m in MOVES if may(actor, m, said)} if name in sees(who) else set()
            cells += len(MOVES)
            if found != moves(who, name):
                wrong.append((who, name, sorted(found ^ moves(who, name))))

    assert wrong == []
    assert cells > 40_000
    print(f"who may: {cells} cells of moves")


def sent(city: City, who: str, *, whole: bool) -> list[Any]:
    """What was answered otherwise than the table says, or left a trace."""
    wrong: list[Any] = []
    before = traces()
    for move, case in turns(who, MADE_BY_PAGE, whole=whole):
        path = f"/cases/{city.cases[case].number}/{move}/"
        answer, after = undone(lambda p=path: (city.browser(who).post(p), traces()))
        right = _right(who, move, case)
        if answer.status_code not in right:
            wrong.append((move, case, answer.status_code, sorted(right)))
        if right & {FORBIDDEN, NONE} and after != before:
            wrong.append((move, case, "left a trace"))
        if who in {SIGNED_OUT, "account closed"} and not led_to_sign_in(answer):
            wrong.append((move, case, "not led to sign in"))
    return wrong


def _right(who: str, move: str, case: str) -> set[int]:
    if who in {SIGNED_OUT, "account closed"}:
        return {FOUND}
    if case not in sees(who):
        return {NONE}
    return MAY_BE_TOLD if move in moves(who, case) else {FORBIDDEN}


@pytest.mark.parametrize("who", [*PEOPLE, SIGNED_OUT])
def test_a_move_of_a_page_is_refused_to_who_may_not(who: str, kept: City) -> None:
    assert sent(kept, who, whole=False) == []


@pytest.mark.long
@pytest.mark.parametrize("who", [*PEOPLE, SIGNED_OUT])
def test_every_move_of_every_page(who: str, kept: City) -> None:
    assert sent(kept, who, whole=True) == []


def told(city: City, who: str, move: str, cases: list[str]) -> dict[str, str]:
    """The code each case is answered with, all of them in one request where that is possible."""
    said = _body(city, who, move)
    system = city.systems[who]
    if move not in ALONE:
        items = [{"number": city.cases[c].number, "move": move, "data": said} for c in cases]
        answer = system.post("/batches/moves", {"items": items})
        if answer.status_code != 200:
            return dict.fromkeys(cases, answer.json()["code"])
        rows = zip(cases, answer.json()["items"], strict=True)
        return {case: (row["problem"] or {"code": "done"})["code"] for case, row in rows}
    return {
        case: system.move(city.cases[case].number, move, _body(city, who, move, case))
        .json()
        .get("code", "done")
        for case in cases
    }


def _body(city: City, who: str, move: str, case: str = "") -> dict[str, Any]:
    """All that the move asks for, so that nothing but the right to it can be wrong."""
    said = dict(BODIES.get(f"move_{move}", {"reason": "见说明"} if move in OWE_A_REASON else {}))
    if "unit" in WAYS[move].shape.model_fields:
        duty, at = KEYS[who].held[0]
        said["unit"] = city.world.units[at].code if duty == "handle" else "D1"
    if move == "file":
        said["standard"] = city.world.standards["manhole"].pk
    if move == "merge":
        usual = {"new", "escalated", "in another county"}
        mine = sorted(sees(who) & usual - {case}) or sorted(sees(who) - {case})
        said["into"] = city.cases[mine[0]].number if mine else said["into"]
    return said


def answered(city: City, who: str, *, whole: bool) -> list[Any]:
    wrong: list[Any] = []
    by_move: dict[str, list[str]] = {}
    for move, case in turns(who, tuple(WORK_OF), whole=whole):
        by_move.setdefault(move, [])
        if case not in by_move[move]:
            by_move[move].append(case)
    before = traces()
    for move, some in by_move.items():
        cases = list(NAMES) if move not in ALONE else some
        codes, after = undone(lambda m=move, c=cases: (told(city, who, m, c), traces()))
        right = {case: _code(who, move, case) for case in cases}
        for case, code in codes.items():
            if (code in {"not_found", "not_allowed", "no_key"} or right[case]) and (
                code != right[case]
            ):
                wrong.append((move, case, code, right[case]))
        if all(right.values()) and after != before:
            wrong.append((move, "left a trace"))
    return wrong


def _code(who: str, move: str, case: str) -> str:
    """What the refusal is called; "" where the case's own rules speak."""
    works = any(duty in WORKING for duty, _at in KEYS[who].holds)
    reports = any(duty == "report" for duty, _at in KEYS[who].holds)
    if not works and not (reports and move in ALONE and move in OF_WHO_REPORTED):
        return "not_allowed"
    if case not in sees(who):
        return "not_found"
    return "" if move in moves(who, case) else "not_allowed"


GOOD = [who for who in KEYS if who not in BAD]


@pytest.mark.parametrize("who", GOOD)
def test_a_move_of_the_interface_is_refused_to_who_may_not(who: str, kept: City) -> None:
    assert answered(kept, who, whole=False) == []


@pytest.mark.long
@pytest.mark.parametrize("who", GOOD)
def test_every_move_of_the_interface(who: str, kept: City) -> None:
    assert answered(kept, who, whole=True) == []


def test_who_reported_by_key_may_take_it_back_and_no_other_may(kept: City) -> None:
    number = kept.cases["reported by a key"].number
    other = kept.systems["key cases:report at city"]
    mine = kept.systems["key that reported"]
    said = {"reason": "不用了"}

    assert other.move(number, "withdraw", said).json()["code"] == "not_found"
    assert mine.move(number, "accept").json()["code"] == "not_allowed"
    assert mine.move(number, "withdraw", said).status_code == 200
