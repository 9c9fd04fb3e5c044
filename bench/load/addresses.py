"""What is opened to be measured: that of `bench.past`, searches, interfaces, every plain route.

A route that takes no argument and answers one of these people with a page is in the list by
itself: nobody has to remember it here.
"""

from typing import Any
from urllib.parse import quote

Address = dict[str, str]
PEOPLE = {
    "intake": "shi-zx1",
    "commander": "shi-zb1",
    "security": "anquan",
    "system": "xitong",
    "audit": "shenji",
    "": "",
}
API = ("cases", "cases?stage=closed", "cases?stage=reported", "places", "kinds", "units")
OPEN311 = ("open311/v2/requests.json", "open311/v2/services.json")
NOT_MEASURED = frozenset({"healthz", "readyz", "readyz/pages"})
"""Asked by machines; not by anybody who waits."""


def addresses() -> list[Address]:
    """Who opens what, under what name; each person's pages are opened signed in."""
    from bench import past

    found: list[Address] = [dict(page) for page in past.pages()]
    found += _searches()
    found += [_of_key(f"api: {path}", f"/api/v1/{path}") for path in API]
    found += [_of_key(f"open311: {path[11:]}", f"/{path}") for path in OPEN311]
    known = {page["path"].partition("?")[0] for page in found}
    return found + _plain_routes(known)


def _searches() -> list[Address]:
    from shiyu.cases.models import Case, Report

    number = Case.objects.order_by("-id").values_list("number", flat=True)[0]
    some = Report.objects.order_by("-id").values_list("case__address", flat=True)
    words = {
        "search a part of a number": number[:-3],
        "search a character": "井",
        "search three words": "井盖 破损 书店街",
        "search nothing there": "鼋鼍蛟龙",
        "search an address": next((a for a in some[:50] if a), "书店街")[:12],
    }
    found = [_of("shi-zx1", name, f"/desk/search/?q={quote(q)}") for name, q in words.items()]
    return [*found, _of("shi-zx1", "search a telephone", "/desk/search/") | {"q": "13800000000"}]


def _plain_routes(known: set[str]) -> list[Address]:
    """Every route without arguments, by the first of these people whom it answers with a page."""
    from django.test import Client
    from django.urls import get_resolver

    clients = {who: _signed_in(Client(), who) for who in PEOPLE.values()}
    found = []
    for path in sorted(_paths(get_resolver().url_patterns)):
        if f"/{path}" in known or path in NOT_MEASURED or path.startswith(("api/v1", "open311")):
            continue
        for who, client in clients.items():
            answer: Any = client.get(f"/{path}")
            if answer.status_code == 200:
                found.append(_of(who, f"/{path}", f"/{path}"))
                break
    return found


def _paths(patterns: Any, before: str = "") -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            found += _paths(pattern.url_patterns, path)
        elif not set("<(^\\") & set(path):
            found.append(path)
    return found


def _signed_in(client: Any, who: str) -> Any:
    from shiyu.people.models import Person

    person = Person.objects.filter(username=who).first() if who else None
    if person is not None:
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def _of(who: str, name: str, path: str) -> Address:
    return {"who": who, "name": name, "path": path}


def _of_key(name: str, path: str) -> Address:
    return _of("", name, path) | {"key": "desk"}
