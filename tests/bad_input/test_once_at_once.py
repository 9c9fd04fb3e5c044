"""The same request twice at the same moment, through two connections: one effect (T-S11).

Every page that takes a form, every change of `/api/v1`, every POST of Open311. The first is held
in the middle of its transaction while the second comes: that one is told 409 and to try again, and
gets the first one's answer when it does. Then both are sent off behind one barrier.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.http import HttpResponse
from django.test import Client
from ninja.operation import Operation

from shiyu.api.open311.tests.calls import citizen
from shiyu.api.tests.calling import System, let_in
from shiyu.api.v1 import routes
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World, a_photo, build
from shiyu.common.models import Answered, Attempt
from shiyu.journal.models import Remark
from shiyu.notices.models import Subscription
from shiyu.people.duties import ADMINISTRATION
from tests.bad_input.test_once_everywhere import (
    INTERFACES,
    STRANGE,
    effect,
    exchanged,
    found_routes,
    innermost,
    pair,
    sends,
)

pytestmark = pytest.mark.django_db(transaction=True)

assert INTERFACES
HELD_S = 20
ONE, TOLD = "effect 1", "409"
KEY = {"Idempotency-Key": "the same"}
Ask = Callable[[], str]


@dataclass
class Held:
    """A view that stops in the middle while this is set, so that another request meets it."""

    is_on: bool = False
    inside: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        if self.is_on:
            self.inside.set()
            self.go_on.wait(HELD_S)


held = Held()


def stopping(request: Any) -> HttpResponse:
    """Leave a row, and wait before the transaction ends."""
    answer = effect(request)
    held.stop()
    return answer


def probe(request, *_args, **_kwargs):  # type: ignore[no-untyped-def]
    from tests.bad_input.test_once_at_once import stopping

    return stopping(request)


@contextmanager
def another_thread() -> Iterator[ThreadPoolExecutor]:
    """One more thread with a connection of its own."""
    with ThreadPoolExecutor(1) as threads:
        yield threads
        threads.submit(lambda: connection.close()).result()


def met(threads: ThreadPoolExecutor, first: Ask, second: Ask) -> list[str]:
    """What the first is told, and the second: while the first is under way, and afterwards."""
    held.inside, held.go_on, held.is_on = threading.Event(), threading.Event(), True
    asked: Future[str] = threads.submit(first)
    asked.add_done_callback(lambda _done: held.inside.set())
    held.inside.wait(HELD_S)
    held.is_on = False
    meanwhile = "" if asked.done() else second()
    held.go_on.set()
    return [asked.result(), meanwhile, second() if meanwhile else ""]


def at_once(threads: ThreadPoolExecutor, first: Ask, second: Ask) -> list[str]:
    """What both are told who start behind one barrier."""
    barrier = threading.Barrier(2)

    def behind(ask: Ask) -> str:
        barrier.wait(HELD_S)
        return ask()

    asked = threads.submit(behind, first)
    return sorted([behind(second), asked.result()])


def tried(threads: ThreadPoolExecutor, first: Ask, second: Ask) -> list[Any]:
    """Both ways of coming at the same moment, with how often it was done."""
    found: list[Any] = [*met(threads, first, second), done()]
    if found[0] == ONE:
        found += [at_once(threads, first, second), done()]
    return found


RIGHT: list[Any] = [ONE, TOLD, ONE, 1]
EITHER = ([ONE, ONE], [TOLD, ONE])


def is_right(found: list[Any]) -> bool:
    return found[:4] == RIGHT and found[4] in EITHER and found[5] == 1


def done() -> int:
    """How often it was done; forgotten afterwards, with what was kept of it."""
    times = Attempt.objects.filter(kind="effect").count()
    Attempt.objects.filter(kind="effect").delete()
    Answered.objects.all().delete()
    return times


def said(answer: Any) -> str:
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def twin(browser: Client) -> Client:
    """The same browser once more, for another thread."""
    other = Client()
    other.cookies = browser.cookies
    return other


def page_wrong(threads: ThreadPoolExecutor, browsers: list[Client], way: str) -> list[Any]:
    """What was told by the first browser whom the guards let in, if it is not right."""
    found: list[Any] = []
    for browser in browsers:
        other = twin(browser)
        found = tried(
            threads,
            lambda b=other: said(b.post(way, {"text": "井盖"}, headers=KEY)),
            lambda b=browser: said(b.post(way, {"text": "井盖"}, headers=KEY)),
        )
        if found[0] == ONE:
            return [] if is_right(found) else found
    return found


def a_page_many(world: World, every: int) -> Iterator[tuple[str, list[Any]]]:
    browsers = [pair(world, duty)[0] for duty in sorted(ADMINISTRATION)]
    code = world.report()[1]
    with another_thread() as threads:
        for name, (way, view) in sorted(sends().items())[::every]:
            inner, once = innermost(view)
            if inner is None or not once or inner.__code__.co_freevars:
                continue
            with exchanged(inner, probe):
                way = way.replace(f"/r/{STRANGE}/", f"/r/{code}/")
                yield name, page_wrong(threads, browsers, way)


def a_call_many(world: World, every: int, monkeypatch: Any) -> Iterator[tuple[str, list[Any]]]:
    monkeypatch.setattr(Operation, "_get_values", lambda *_given: {})
    really = routes.carried_out_once

    def without_view(request: Any, *, act: Any, **more: Any) -> HttpResponse:
        return really(request, act=lambda: stopping(request), **more)

    monkeypatch.setattr(routes, "carried_out_once", without_view)
    assert found_routes()  # the interfaces are declared as their addresses are read
    grants = [f"cases:{duty}" for duty in ("intake", "dispatch", "command", "verify", "report")]
    system = let_in(world, *grants, "cases:patrol", "cases:handle@D1", unit="gulou")
    other = replace(system, browser=Client(raise_request_exception=False))
    changing = [route for route in routes.ROUTES.values() if route.changes]
    with another_thread() as threads:
        for route in changing[::every]:
            first, second = (lambda s=s, r=route: called(s, r) for s in (other, system))
            found = tried(threads, first, second)
            yield route.name, [] if is_right(found) else found


def called(system: System, route: Any) -> str:
    path = route.path.replace("{number}", "KF20260101000001").replace("{token}", "x")
    if not route.upload:
        return said(system.post(path, {"a": 1}, once=KEY["Idempotency-Key"]))
    headers = {"Authorization": f"Bearer {system.key}"} | KEY
    return said(system.browser.post(f"/api/v1{path}", {"photo": a_photo()}, headers=headers))


SOME, ALL = 24, 1


@pytest.mark.parametrize("every", [SOME, pytest.param(ALL, marks=pytest.mark.long)])
def test_every_change_that_comes_twice_at_once_is_made_once(
    every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build()
    pages = dict(a_page_many(world, every))
    calls = dict(a_call_many(world, every, monkeypatch))
    monkeypatch.undo()
    tries = pages | calls

    assert {name: found for name, found in tries.items() if found} == {}
    assert len(pages) >= 80 // every
    assert len(calls) >= 30 // every
    print(f"at once: {len(pages)} pages, {len(calls)} routes of /api/v1")
    open311_twice(world, times=1 if every > 1 else 20)


# ---- Open311: real ones, since nothing can be put in their place -----------------------------

REPORT = {"service_code": "10101", "lat": "34.80", "long": "114.31", "description": "井盖破了"}


def open311_twice(world: World, *, times: int) -> None:
    """A report, a comment, a subscription; named by the header, and by the body alone."""
    system = citizen()
    with another_thread() as threads:
        for nth in range(times):
            for headers in ({"Idempotency-Key": f"k{nth}"}, {}):
                said = REPORT | {"description": f"井盖破了 {nth} {len(headers)}"}
                one_effect(threads, system, "v2/requests", said, headers, Case)
            number = Case.objects.latest("pk").number
            for headers in ({"Idempotency-Key": f"c{nth}"}, {}):
                words = {"description": f"还没有修 {nth} {len(headers)}"}
                way = f"profile/v1/requests/{number}/comments"
                one_effect(threads, system, way, words, headers, Remark)
        subscribed_twice(threads, min(times, 3))


def subscribed_twice(threads: ThreadPoolExecutor, times: int) -> None:
    """The secret goes to one of the two alone; there is one subscription whoever came first."""
    system = citizen("订阅的系统", "cases:report", "cases:read@410204")
    for nth in range(times):
        before = Subscription.objects.count()
        said = {"url": f"https://example.org/hook{nth}", "types": "case.closed"}
        asked = said | {"api_key": system.key, "jurisdiction_id": "410200"}

        def ask(asked: dict[str, str] = asked) -> tuple[int, str]:
            answer = Client().post("/open311/profile/v1/webhooks.json", asked)
            return answer.status_code, answer.content.decode()

        answers = [*at_once(threads, ask, ask), ask()]

        assert Subscription.objects.count() == before + 1, answers
        assert {status for status, _told in answers} <= {201, 409}, answers
        assert sum('"secret"' in told for _status, told in answers) == 1, answers


def one_effect(
    threads: ThreadPoolExecutor, system: Any, way: str, said: Any, headers: Any, made: Any
) -> None:
    before = made.objects.count()
    asked = said | {"api_key": system.key, "jurisdiction_id": "410200"}

    def ask() -> str:
        answer = Client().post(f"/open311/{way}.json", asked, headers=headers)
        told = answer.content.decode() if answer.status_code == 201 else ""
        return f"{answer.status_code} {told}"

    answers = at_once(threads, ask, ask)
    again = ask()

    assert made.objects.count() == before + 1, (way, answers)
    assert answers in ([again, again], [again, "409 "]), (way, answers, again)


def test_a_change_that_is_not_kept_to_once_is_caught() -> None:
    """Planted: what stands outside `answered_once` is done as often as it is asked."""

    def twice() -> str:
        try:
            return said(stopping(None))
        except IntegrityError:  # both took the same number
            return "both at once"

    with another_thread() as threads:
        found = tried(threads, twice, twice)

    assert found[0] == ONE
    assert not is_right(found)
