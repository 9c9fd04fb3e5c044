"""Every address, as page, form, fragment and fault: safe headers, and nothing inline."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from shiyu.live import asgi
from shiyu.site import outage
from shiyu.site.wsgi import application
from tests.bad_input.safe_answers import Page, holds, lacks
from tests.every_page.address import ANYBODY, WITH_CODE, Address
from tests.every_page.people import SIGNED_OUT
from tests.every_page.table import ADDRESSES, INTERFACES, SOME_CASES, cells
from tests.every_page.town import Town, undone

FAULTS = (
    *("refused", "not-allowed", "not-found", "out-of-order", "gone", "forbidden"),
    *("too-big", "own-fault", "database", "lasting"),
)
METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD")


def whole(answer: Any) -> Any:
    """An answer in one piece, so that its words can be read."""
    if answer.streaming:
        plain = HttpResponse(b"".join(answer.streaming_content), status=answer.status_code)
        plain.headers = answer.headers
        return plain
    return answer


def wrong(answer: Any) -> list[str]:
    answer = whole(answer)
    return [*lacks(answer), *holds(answer)]


def test_every_page_and_form_is_answered_safely(town: Town) -> None:
    """Asked by somebody who is let in, as page, fragment and empty form, and by a stranger."""
    found, opened = [], set()

    for name, address, case, path in _once_each(town):
        who = _let_in(address)
        asked = [(who, "GET", {}), (who, "POST", {}), (SIGNED_OUT, "GET", {})]
        asked += [(who, "GET", {"HX-Request": "true"})] if case else []
        for person, method, headers in asked:
            ask = getattr(town.browser(person), method.lower())
            answer = undone(lambda ask=ask, path=path, headers=headers: ask(path, headers=headers))
            found += [(person, method, path, fault) for fault in wrong(answer)]
            opened |= {name} if answer.status_code == 200 else set()

    assert found == []
    assert len(opened) > len(ADDRESSES) / 2


def _once_each(town: Town) -> Iterator[tuple[str, Address, str, str]]:
    for name, address, case, path in cells(town, "commander_city", fewer=ADDRESSES):
        if case in {"", SOME_CASES[0]}:
            yield name, address, case, path


def _let_in(address: Address) -> str:
    """Somebody who is let into this page."""
    if address.whose in {ANYBODY, WITH_CODE}:
        return SIGNED_OUT
    return min(address.holders) if address.holders else "commander_city"


def _of_interfaces(resolver: Any = None, prefix: str = "", names: str = "") -> Iterator[str]:
    """An address for every route of the interfaces, with a number where a part stands."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{names}{entry.namespace}:" if entry.namespace else names
            yield from _of_interfaces(entry, prefix + _written(entry.pattern), inner)
        elif isinstance(entry, URLPattern) and f"{names}{entry.name}".startswith(INTERFACES):
            yield "/" + prefix + _written(entry.pattern)


def _written(pattern: Any) -> str:
    """One address that fits the pattern, by Django's own way back from it."""
    from django.utils.regex_helper import normalize

    text, names = normalize(pattern.regex.pattern)[0]
    return text % dict.fromkeys(names, "1")


def test_every_route_of_the_interfaces_is_answered_safely(town: Town) -> None:
    asked = Client(raise_request_exception=False)
    paths = sorted(set(_of_interfaces()))

    found = [
        (method, path, fault)
        for path in paths
        for method in METHODS
        for fault in wrong(undone(lambda m=method, p=path: asked.generic(m, p)))
    ]

    assert found == []
    assert len(paths) > 40


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        "/static/built/nothing.js",
        "/static/built/desk.js",
        "/%00",
        "/a?b=%00",
        "/files/",
    ],
)
def test_what_lies_beside_the_pages_is_answered_safely(path: str, town: Town) -> None:
    for method in ("GET", "POST"):
        assert wrong(town.browser("clerk").generic(method, path)) == []


@pytest.mark.urls("shiyu.site.tests.faults")
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_said_safely(name: str, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "_gone", name == "lasting")
    monkeypatch.setattr(outage, "_answers", lambda: name != "lasting")
    asked = Client(raise_request_exception=False)

    assert wrong(asked.get(f"/fault/{name}/")) == []
    assert wrong(asked.get(f"/fault/{name}/", headers={"Accept": "application/json"})) == []


def test_a_forged_form_and_a_strange_host_are_refused_safely(town: Town) -> None:
    forged = Client(enforce_csrf_checks=True).post("/size/", {"next": "/"})
    strange = Client(headers={"host": "evil.example"}).get("/")

    assert [*wrong(forged), *wrong(strange)] == []


def test_the_feed_answers_safely() -> None:
    for status in (200, 204, 401, 403, 404):
        given = dict(asgi._start(status, {}, b"text/plain; charset=utf-8")["headers"])
        assert given[b"x-content-type-options"] == b"nosniff"
        assert given[b"content-security-policy"].startswith(b"default-src 'none'")
        assert given[b"cache-control"] == b"no-store"
        assert b"access-control-allow-origin" not in given


def test_the_servers_answer_says_nothing_about_itself() -> None:
    told: dict[str, str] = {}
    request = RequestFactory().get("/nowhere/")
    request_started.disconnect(close_old_connections)  # it would close the city's transaction
    try:
        application(request.environ, lambda _status, headers: told.update(dict(headers)))
    finally:
        request_started.connect(close_old_connections)

    assert {"Server", "X-Powered-By"} & set(told) == set()


# ---- planted: each kind of hole is seen -------------------------------------------------------


@pytest.mark.parametrize(
    "hole",
    [
        "<script>alert(1)</script>",
        "<script type=module>1</script>",
        "<p style='color:red'>",
        "<style>p{}</style>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>",
        "<a href=' JaVaScRiPt:1'>",
        "<a href='//evil.example/'>",
        "<a href='data:text/html,x'>",
        "<script src='https://evil.example/x.js'></script>",
        "<form action='https://evil.example/'>",
        "<iframe src='/'>",
        "<base href='/'>",
        "<a hx-get='https://evil.example/'>",
    ],
)
def test_what_could_run_in_a_page_is_seen(hole: str) -> None:
    assert Page(f"<html><body>{hole}").wrong != []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Security-Policy", None),
        ("Content-Security-Policy", "default-src 'self'"),
        ("X-Content-Type-Options", None),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Referrer-Policy", "unsafe-url"),
        ("Permissions-Policy", None),
        ("Cross-Origin-Opener-Policy", None),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Cache-Control", "public, max-age=60"),
        ("Server", "granian"),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Type", "text/html"),
    ],
)
def test_a_header_taken_away_or_opened_is_seen(name: str, value: str | None, town: Town) -> None:
    answer = town.browser(SIGNED_OUT).get("/")
    assert list(lacks(answer)) == []

    if value is None:
        del answer[name]
    else:
        answer[name] = value

    assert list(lacks(answer)) != []


def test_a_policy_that_lets_inline_script_through_is_seen(town: Town) -> None:
    answer = town.browser(SIGNED_OUT).get("/")
    policy = answer["Content-Security-Policy"]

    for opened in ("script-src 'self' 'unsafe-inline'", "script-src 'self' *", "script-src *"):
        answer["Content-Security-Policy"] = policy.replace("script-src 'self'", opened)
        assert list(lacks(answer)) != []
