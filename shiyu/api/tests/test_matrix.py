"""Every route of `/api/v1` × every kind of key: what each is answered, and that nothing changes.

The table says it in words of its own: nothing here asks `audience.py` or `rules.py`. A route
that stands in no row fails the first test.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from ninja import NinjaAPI

from shiyu.api.tests.calling import System, expire, let_in, revoke, told
from shiyu.api.urls import api  # declares every route
from shiyu.api.v1.routes import ROUTES
from shiyu.cases import actions as do
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.cases.tests.world import THERE, World, a_photo
from shiyu.journal.models import Line

pytestmark = pytest.mark.django_db

ANYBODY, EVERY_KEY, SEES, REPORTS, SENDS, WORKS = (
    *("anybody", "every key", "sees cases", "reports", "sends photos", "works on cases"),
)
OF_A_CASE = frozenset({"get_case", "history", "remarks", "clock", "list_photos", "list_moves"})
THE_PROGRAMS_OWN = frozenset({"import_close", "hand_over"})
OF_WHO_REPORTED = frozenset({"withdraw", "reopen", "remark"})

ROWS: dict[str, tuple[str, str]] = {
    "openapi": (ANYBODY, "/openapi.json"),
    "show_photo": (ANYBODY, "/photos/x:y:z/small.jpg"),
    "me": (EVERY_KEY, "/me"),
    "list_kinds": (EVERY_KEY, "/kinds"),
    "get_kind": (EVERY_KEY, "/kinds/10101"),
    "list_places": (EVERY_KEY, "/places"),
    "get_place": (EVERY_KEY, "/places/410204"),
    "locate": (EVERY_KEY, "/places/locate?lon=114.31&lat=34.80"),
    "boundaries": (EVERY_KEY, "/places/410204/boundaries"),
    "list_units": (EVERY_KEY, "/units"),
    "list_calendars": (EVERY_KEY, "/calendars"),
    "list_cases": (SEES, "/cases"),
    "get_case": (SEES, "/cases/{number}"),
    "history": (SEES, "/cases/{number}/history"),
    "remarks": (SEES, "/cases/{number}/remarks"),
    "clock": (SEES, "/cases/{number}/clock"),
    "list_photos": (SEES, "/cases/{number}/photos"),
    "list_moves": (SEES, "/cases/{number}/moves"),
    "report": (REPORTS, "/cases"),
    "upload_photo": (SENDS, "/photos"),
    "report_many": (REPORTS, "/batches/cases"),
    "move_many": (WORKS, "/batches/moves"),
} | {
    f"move_{name}": (SENDS if name in OF_WHO_REPORTED else WORKS, f"/cases/{{number}}/moves/{name}")
    for name in MOVES
    if name not in THE_PROGRAMS_OWN
}

BODIES: dict[str, Any] = {
    "report": {"text": "井盖破损", "lon": 114.31, "lat": 34.80},
    "report_many": {"items": [{"ref": "b1", "text": "井盖破损", "lon": 114.31, "lat": 34.80}]},
    "move_many": {"items": [{"number": "KF20260101000001", "move": "accept"}]},
    "move_dismiss": {"reason": "不属城市管理"},
    "move_merge": {"into": "KF20260101000001"},
    "move_settle": {"kind": "20101", "after": []},
    "move_close": {"outcome": "fixed"},
    "move_suspend": {"until": "2099-01-01"},
    "move_extend": {"unit": "D1"},
    "move_refuse_extension": {"unit": "D1", "reason": "x"},
    "move_exempt": {"unit": "D1"},
    "move_refuse_appeal": {"unit": "D1", "reason": "x"},
    "move_split": {"unit": "D1", "parts": [{"text": "x", "place": "410204"}]},
    "move_check_done": {"found": True, "reason": "属实"},
    "move_correct": {"reason": "门牌写错", "address": "书店街 99 号"},
}
MAKES = frozenset({"report", "upload_photo"})
OWE_A_REASON = frozenset(
    [
        "escalate",
        "object",
        "ask_extension",
        "ask_suspension",
        "refuse_suspension",
        "handle",
        "rework",
        "reopen",
        "withdraw",
        "ask_void",
        "remark",
        "appeal",
    ]
)

FULL = tuple(
    f"cases:{verb}@410204" for verb in ("intake", "dispatch", "command", "verify", "patrol")
)


@pytest.fixture
def case(world: World) -> Case:
    return world.make_case("dispatched")


def call(system: System, name: str, case: Case) -> Any:
    """The route as it is meant to be called, for this case."""
    path = ROWS[name][1].format(number=case.number)
    if ROUTES[name].method == "GET":
        return system.get(path)
    if name == "upload_photo":
        return system.upload(a_photo())
    reason = {"reason": "见说明"} if name.removeprefix("move_") in OWE_A_REASON else {}
    return system.post(path, BODIES.get(name, reason))


def guarded() -> Iterator[str]:
    yield from (name for name, (whose, _path) in ROWS.items() if whose != ANYBODY)


def traces() -> tuple[object, ...]:
    return (
        Line.objects.exclude(subject__startswith="key:").count(),
        list(Case.objects.values_list("pk", "version", "stage")),
    )


def operations(of: NinjaAPI) -> set[str | None]:
    routers = [bound.template for bound in of._get_bound_routers()]
    views = [view for router in routers for view in router.path_operations.values()]
    return {operation.operation_id for view in views for operation in view.operations}


def test_every_route_is_declared_and_stands_in_the_table() -> None:
    assert operations(api) == set(ROUTES) == set(ROWS)


def test_a_route_declared_past_the_registry_is_noticed() -> None:
    other = NinjaAPI(urls_namespace="planted")
    other.get("/x", operation_id="planted")(lambda request: None)

    assert operations(other) - set(ROUTES) == {"planted"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", (401, "no_key")),
        ("wrong", (401, "no_key")),
        ("expired", (401, "key_expired")),
        ("revoked", (401, "key_revoked")),
        ("other purpose", (403, "wrong_purpose")),
    ],
)
def test_a_key_that_does_not_open_is_refused_everywhere(
    kind: str, expected: tuple[int, str], world: World, case: Case, monkeypatch: Any
) -> None:
    from shiyu.api import entry

    monkeypatch.setattr(entry, "count", lambda *_: None)  # the sixtieth wrong one is 429
    whole = (*FULL, "cases:report", "cases:handle@D1")
    made = let_in(world, *whole, unit="gulou", purpose="open311" if kind[0] == "o" else "api")
    system = {
        "none": lambda: System(),
        "wrong": lambda: System(made.key[:-4] + "AAAA"),
        "expired": lambda: expire(made),
        "revoked": lambda: revoke(made),
        "other purpose": lambda: made,
    }[kind]()
    before = traces()

    answers = {name: told(call(system, name, case)) for name in guarded()}

    assert answers == dict.fromkeys(guarded(), expected)
    assert traces() == before


def test_without_its_scope_a_route_is_refused(world: World, case: Case) -> None:
    may_look = let_in(world, "cases:read@410204")
    may_report = let_in(world, "cases:report@410204")
    before = traces()

    for name in guarded():
        whose = ROWS[name][0]
        seen = call(may_look, name, case).status_code
        if whose in {REPORTS, WORKS, SENDS}:
            assert (name, seen) == (name, 403)
        else:
            assert (name, seen) == (name, 200)
        if whose == WORKS:
            assert (name, told(call(may_report, name, case))) == (name, (403, "not_allowed"))
    assert traces() == before


def test_what_lies_elsewhere_does_not_exist(world: World, case: Case) -> None:
    """Not the other county's case, whatever a key may do at home; and nothing is changed."""
    where = {"lon": THERE[0], "lat": THERE[1], "address": "北门大街"}
    elsewhere = world.report(**where)[0].case
    system = let_in(world, *FULL, "cases:report@410204", "cases:handle@D1", unit="gulou")
    before = traces()

    for name in OF_A_CASE | {n for n in ROWS if n.startswith("move_") and n != "move_many"}:
        assert (name, told(call(system, name, elsewhere))) == (name, (404, "not_found"))
    assert [c["number"] for c in system.get("/cases").json()["items"]] == [case.number]
    there = system.post("/cases", {"text": "x", "lon": THERE[0], "lat": THERE[1]})
    assert told(there) == (403, "not_allowed")
    assert traces() == before


def test_the_right_key_is_answered(world: World, case: Case) -> None:
    """By every route: done, or told by the case's own rules why not at this stage."""
    system = let_in(world, *FULL, "cases:report", "cases:handle@D1", unit="gulou")

    for name in guarded():
        answer = call(system, name, case)
        if ROUTES[name].method == "GET":
            assert (name, answer.status_code) == (name, 200)
        else:
            code = answer.json().get("code", "made" if name in MAKES else "done")
            assert (name, answer.status_code) == (name, ANSWERED.get(code))


ANSWERED = {"made": 201, "done": 200, "out_of_order": 409, "not_allowed": 403, "invalid": 422}
ANSWERED |= {"refused": 422, "unreadable": 400}


def test_other_clients_are_invisible(world: World) -> None:
    one, other = let_in(world, "cases:report@410204"), let_in(world, "cases:report@410204")
    mine = one.post("/cases", {"text": "路灯不亮", "lon": 114.31, "lat": 34.80}).json()["number"]

    assert one.get(f"/cases/{mine}").status_code == 200
    assert told(other.get(f"/cases/{mine}")) == (404, "not_found")
    assert other.get("/cases").json()["items"] == []


def test_lists_ask_the_database_as_often_for_three_rows_as_for_one(
    world: World,
) -> None:
    system = let_in(world, "cases:read", "cases:report")
    case = world.make_case("handled")
    paths = ["/cases", "/kinds", "/places", "/units", "/calendars"]
    paths += [f"/cases/{case.number}{more}" for more in ("/history", "/remarks", "/photos")]
    for path in paths:
        system.get(path)

    def asked() -> dict[str, int]:
        found = {}
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert system.get(path).status_code == 200
            found[path] = len(queries)
        return found

    one = asked()
    for _ in range(2):
        world.make_case("handled")
    for reason in ("a", "b"):
        do.remark(case, actor=world.actor("intake"), reason=reason)

    assert asked() == one
    assert max(one.values()) <= 12
