"""Every route that changes does it once: replayed, changed, with another's key (T-S11).

The routes are found in the address table, not listed. Each keeps its address, its guards and its
decorators; only the innermost view is exchanged for one that leaves a row and says its number.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch
from django.utils import timezone
from ninja.operation import Operation

from shiyu.api.tests.calling import let_in
from shiyu.api.v1 import routes
from shiyu.cases.tests.world import LONG_AGO, World, _duty
from shiyu.common.models import Answered, Attempt
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.models import Appointment, Person, Post, PostDuty
from tests.every_page.address import NO_METHOD, STRANGE
from tests.every_page.table import ADDRESSES
from tests.test_architecture import NOT_ANSWERED_ONCE

pytestmark = pytest.mark.django_db

INTERFACES = ("v1:", "open311")
NOT_ONCE: dict[str, str] = {
    "account_login": "allauth's: a second sign-in makes a second session and nothing else",
    "account_logout": "allauth's: signed out twice is signed out",
    "account_change_password": "allauth's: the old password is asked for, and is another now",
    "account_reauthenticate": "allauth's: asks who one is, writes nothing",
    "mfa_authenticate": "allauth's: a code is accepted once in all processes",
    "mfa_reauthenticate": "allauth's: the same",
    "mfa_activate_totp": "allauth's: a second one is refused by its own state",
    "mfa_deactivate_totp": "allauth's: gone twice is gone",
    "mfa_generate_recovery_codes": "allauth's: shown once; the newest hold",
    "mfa_login_webauthn": "allauth's: the challenge is used up",
    "mfa_add_webauthn": "allauth's: the challenge is used up",
    "mfa_edit_webauthn": "allauth's: sets a name",
    "mfa_remove_webauthn": "allauth's: gone twice is gone",
    "mfa_reauthenticate_webauthn": "allauth's: the challenge is used up",
    "mfa_view_recovery_codes": "allauth's: shows, writes nothing",
    "openid_connect_login": "allauth's: leads to the identity service with a new state",
    "set_language": "Django's: keeps a word in a cookie",
}
"""Sends that are not carried out once by our own means, and why that does no harm."""


def effect(_request: Any) -> HttpResponse:
    """Leave a row, and say which one it was."""
    number = Attempt.objects.filter(kind="effect").count() + 1
    Attempt.objects.create(kind="effect", key=str(number), failures=1, since=timezone.now())
    return HttpResponse(f"effect {number}")


def probe(request, *_args, **_kwargs):  # type: ignore[no-untyped-def]
    from tests.bad_input.test_once_everywhere import effect

    return effect(request)


@contextmanager
def exchanged(view: FunctionType, other: FunctionType) -> Iterator[None]:
    """Another body for a view, wherever it has been taken to."""
    kept = view.__code__, view.__defaults__, view.__kwdefaults__
    view.__code__, view.__defaults__, view.__kwdefaults__ = other.__code__, None, None
    try:
        yield
    finally:
        view.__code__, view.__defaults__, view.__kwdefaults__ = kept


def found_routes() -> dict[str, tuple[str, Any]]:
    """Every page by name: an address that leads to it, and what answers there."""
    found: dict[str, tuple[str, Any]] = {}

    def walk(patterns: list[Any], space: str, before: str) -> None:
        for one in patterns:
            way = before + address_of(one)
            if isinstance(one, URLResolver):
                inner = f"{space}{one.namespace}:" if one.namespace else space
                walk(one.url_patterns, inner, way)
            elif isinstance(one, URLPattern) and one.name:
                found.setdefault(space + one.name, (way, one.callback))

    walk(get_resolver().url_patterns, "", "/")
    return found


def address_of(one: URLPattern | URLResolver) -> str:
    route = str(getattr(one.pattern, "_route", ""))
    if not route:
        return str(getattr(one.pattern, "_regex", "")).lstrip("^").removesuffix("$")
    for name, converter in one.pattern.converters.items():
        kind = type(converter).__name__
        value = {"IntConverter": "7", "UUIDConverter": str(UUID(int=7))}.get(kind, "a")
        head, _sep, rest = route.partition("<")
        inside, _end, tail = rest.partition(">")
        assert inside.endswith(name), (route, name)
        route = head + value + tail
    return route


def innermost(view: Any) -> tuple[FunctionType | None, bool]:
    """The view itself, and whether it is carried out once on the way to it."""
    once = False
    while view is not None:
        once = once or getattr(view, "__code__", None) is _ANSWERING
        inner = getattr(view, "__wrapped__", None)
        if inner is None:
            break
        view = inner
    return (view if isinstance(view, FunctionType) else None), once


def _answering_code() -> Any:
    from shiyu.common.answered import answered_once

    return answered_once(lambda request: HttpResponse()).__code__


_ANSWERING = _answering_code()


def sends() -> dict[str, tuple[str, Any]]:
    """The pages that take a form, by what the tables of addresses say of them."""
    known, found = found_routes(), {}
    for name, addresses in ADDRESSES.items():
        sent = [one for one in addresses if one.post != {NO_METHOD}]
        if name in known and sent and not name.startswith(INTERFACES):
            way, view = known[name]
            if "(?P" in way:
                way = somewhere(name, re.findall(r"\(\?P<(\w+)>", way), sent[0].named)
            found[name] = way, view
    return found


def somewhere(name: str, parts: list[str], named: dict[str, Any]) -> str:
    """An address of a route whose parts are narrower than a word or a number."""
    known = {part: value for part, value in named.items() if " " not in str(value)}
    for value in (STRANGE, "7", "a", "KF20260101000001"):
        with suppress(NoReverseMatch):
            return reverse(name, kwargs=dict.fromkeys(parts, value) | known)
    raise AssertionError(f"no address of {name} is known: give it one in somewhere()")


def is_excused(view: Any) -> bool:
    """Said already beside the source: tests/test_architecture.py."""
    inner = innermost(view)[0]
    if inner is None:
        return False
    name = inner.__module__.removeprefix("shiyu.").replace(".", "/") + ".py"
    return inner.__name__ in NOT_ANSWERED_ONCE.get(name, {})


def test_every_page_that_takes_a_form_is_carried_out_once_or_says_why_not() -> None:
    plain = {
        name
        for name, (_way, view) in sends().items()
        if not innermost(view)[1] and not is_excused(view)
    }
    missing = sorted(plain - set(NOT_ONCE))
    assert missing == [], (
        f"{missing}: takes a form and is not decorated with answered_once; decorate it, or say "
        "in NOT_ONCE why a second time does no harm"
    )
    assert sum(innermost(view)[1] for _way, view in sends().values()) > 60


SOME, ALL = 5, 1
"""The ordinary run tries every fifth route; which ones are found is looked at in each run."""


@pytest.mark.parametrize("every", [SOME, pytest.param(ALL, marks=pytest.mark.long)])
def test_each_form_sent_twice_is_one_effect_and_nobody_elses(every: int, world: World) -> None:
    pairs = [pair(world, duty) for duty in sorted(ADMINISTRATION)]
    code = world.report()[1]
    wrong: list[Any] = []
    tried = 0
    for name, (way, view) in sorted(sends().items())[::every]:
        inner, once = innermost(view)
        if inner is None or not once or inner.__code__.co_freevars:
            continue
        tried += 1
        said: list[str] = []
        with exchanged(inner, probe):
            for clients in pairs:  # the first two whom the guards before the view let in
                said = four_times(clients, way.replace(f"/r/{STRANGE}/", f"/r/{code}/"))
                if said[0] == "effect 1":
                    break
        if said != ["effect 1", "effect 1", "422", "effect 2"]:
            wrong.append((name, way, said))
        Attempt.objects.filter(kind="effect").delete()
        Answered.objects.all().delete()
    assert wrong == []
    assert tried > 60 // every


def pair(world: World, administers: str) -> list[Client]:
    """Two people with every duty but two of the three that nobody holds together."""
    duties = [administers, *(duty for duty in Duty.values if duty not in ADMINISTRATION)]
    clients = []
    for number in (1, 2):
        name = f"{administers}_{number}"
        made = Person.objects.create(username=name, name=name, password="!", made_up=True)
        post = Post.objects.create(unit=world.units["city"], title="岗位")
        PostDuty.objects.bulk_create(
            _duty(world, post, duty, "roads" if duty == "handle" else "city") for duty in duties
        )
        Appointment.objects.create(person=made, post=post, starts_on=LONG_AGO)
        clients.append(Client())
        clients[-1].force_login(made)
    return clients


def four_times(clients: list[Client], way: str) -> list[str]:
    """Once, once more, with another body under the same key, and by somebody else."""
    key = {"Idempotency-Key": "the same"}
    answers = [
        clients[0].post(way, {"text": "井盖"}, headers=key),
        clients[0].post(way, {"text": "井盖"}, headers=key),
        clients[0].post(way, {"text": "别的"}, headers=key),
        clients[1].post(way, {"text": "井盖"}, headers=key),
    ]
    return [
        answer.content.decode() if answer.status_code == 200 else str(answer.status_code)
        for answer in answers
    ]


@pytest.mark.parametrize("every", [SOME, pytest.param(ALL, marks=pytest.mark.long)])
def test_each_change_by_key_sent_twice_is_one_effect_and_nobody_elses(
    every: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every route of `/api/v1` that changes something, with its body and its view left out."""
    grants = [f"cases:{duty}" for duty in ("intake", "dispatch", "command", "verify", "report")]
    grants += ["cases:patrol", "cases:handle@D1"]
    systems = [let_in(world, *grants, unit="gulou"), let_in(world, *grants, unit="gulou")]
    monkeypatch.setattr(Operation, "_get_values", lambda *_given: {})
    really = routes.carried_out_once

    def without_view(request: Any, *, act: Any, **more: Any) -> HttpResponse:
        return really(request, act=lambda: effect(request), **more)

    monkeypatch.setattr(routes, "carried_out_once", without_view)
    wrong: list[Any] = []
    assert found_routes()  # the interfaces are declared as their addresses are read
    changing = [route for route in routes.ROUTES.values() if route.changes and not route.upload]
    assert len(changing) > 30
    for route in changing[::every]:
        said = four_calls(systems, route.path)
        if said != ["effect 1", "effect 1", "422", "effect 2"]:
            wrong.append((route.name, said))
        Attempt.objects.filter(kind="effect").delete()
        Answered.objects.all().delete()
    assert wrong == []


def four_calls(systems: list[Any], path: str) -> list[str]:
    way = path.replace("{number}", "KF20260101000001").replace("{token}", "x")
    answers = [
        systems[0].post(way, {"a": 1}, once="the same"),
        systems[0].post(way, {"a": 1}, once="the same"),
        systems[0].post(way, {"a": 2}, once="the same"),
        systems[1].post(way, {"a": 1}, once="the same"),
    ]
    return [
        answer.content.decode() if answer.status_code == 200 else str(answer.status_code)
        for answer in answers
    ]
