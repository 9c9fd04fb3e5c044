"""Guessing and flooding: limited by who is tried and by who tries, at any number at once.

`GUARDED` names every secret that somebody could guess and what limits it; `LIMITS` every limit,
by whom it counts, and how it cannot be turned against its victim.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from shiyu.api import entry
from shiyu.cases import actions as do
from shiyu.cases.actions import looking
from shiyu.cases.tests.world import World
from shiyu.common.attempts import Limit
from shiyu.common.models import Attempt
from shiyu.notices.actions import wishing
from shiyu.people import actions, known, limits
from shiyu.people.models import Person
from shiyu.people.tests.made import PASSWORD, make_person
from shiyu.portal import rules as portal

SHIYU = Path(__file__).resolve().parents[1] / "shiyu"
FEW = 3
AT_ONCE, THREADS = 50, 10
CLOSED = "试的次数太多了"

VICTIM, SENDER = "by who is tried", "by who tries"
LIMITS: dict[str, tuple[str, str]] = {
    "account": (VICTIM, "its owner's own browsers count apart; a new password opens it"),
    "address": (SENDER, "a browser that is known counts apart"),
    "browser": (SENDER, "only a browser in which the account was used has one"),
    "code": (VICTIM, "only who gave the right password gets so far"),
    "wrong_key": (SENDER, "keys have 256 bits; a neighbour's own good key is never counted"),
    "receipt": (SENDER, "codes have 58 bits; whoever has a right one is given the count back"),
    "open311_token": (SENDER, "as receipts"),
    "verify_asked": (f"{VICTIM} and {SENDER}", "asking again is possible after a quarter"),
    "verify_tried": (VICTIM, "only of one's own address, by oneself"),
    "sms_number": (VICTIM, "messages to one number in a day"),
    "phone_searching": (SENDER, "colleagues search on"),
    "phone_searched": (VICTIM, "the case is found by everything else"),
    "own_data": (VICTIM, "the number behind a receipt, for who holds its code"),
    "draft": (SENDER, "a flood"),
    "upload": (SENDER, "a flood"),
    "sending": (SENDER, "a flood"),
    "proof": (SENDER, "a flood"),
    "cells": (SENDER, "a flood"),
}

GUARDED: dict[str, str] = {
    "people/sign_in.py": "account, address, browser",
    "people/forms.py": "code, address",
    "people/known.py": "a proof of 256 bits",
    "people/linking.py": "answers of the identity service, bound to the session",
    "live/who.py": "a session of 128 bits and more",
    "api/entry.py": "wrong_key",
    "api/keys.py": "wrong_key",
    "api/open311/querying.py": "open311_token",
    "portal/forms.py": "own_data",
    "portal/receipts.py": "receipt",
    "live/presence.py": "the key of an open page, within one's own session",
    "notices/actions/wishing.py": "verify_tried",
    "notices/views/receipts.py": "a secret made by the program, of a message service",
    "site/health.py": "a secret made by the program, of the operator's watch",
    "site/watch/serving.py": "a secret made by the program, of the operator's watch",
}
SECRETS = re.compile(r"compare_digest|constant_time_compare|check_password\(|receipt_hash\(")
MADE = re.compile(r'\bLimit\(\s*"(\w+)"')


def sources() -> dict[str, str]:
    files = [f for f in SHIYU.rglob("*.py") if "tests" not in f.parts]
    return {str(file.relative_to(SHIYU)): file.read_text() for file in files}


def unguarded(files: dict[str, str]) -> list[str]:
    where = "say what limits the guessing in GUARDED of tests/test_guessing.py, and try it"
    return [
        f"{name} compares a secret: {where}"
        for name, text in files.items()
        if SECRETS.search(text) and name not in GUARDED and name not in NO_SECRET_OF_OTHERS
    ]


NO_SECRET_OF_OTHERS = frozenset(
    {
        "cases/actions/taking.py",  # makes the hash of a new receipt code
        "history/kaifeng/stories.py",  # the same for a made-up city
        "history/large/records.py",  # and for a large one
        "people/actions/accounts.py",  # a new password must differ from one's own old one
    }
)


def unknown_limits(files: dict[str, str]) -> set[str]:
    return {name for text in files.values() for name in MADE.findall(text)} ^ set(LIMITS)


def test_every_secret_that_is_compared_has_its_limit_and_every_limit_its_row() -> None:
    assert unguarded(sources()) == []
    assert unknown_limits(sources()) == set()


def test_a_secret_nobody_declared_is_caught() -> None:
    planted = {"portal/planted.py": "if hmac.compare_digest(pin, said): pass"}
    assert "GUARDED" in unguarded(planted)[0]
    assert "pins" in unknown_limits({"x.py": 'PINS = Limit("pins", 5, A, B)'})


def sign_in(client: Client, name: str, password: str, address: str = "10.0.0.1") -> Any:
    said = {"login": name, "password": password}
    return client.post(reverse("account_login"), said, REMOTE_ADDR=address)


@pytest.fixture
def li(db: None, monkeypatch: pytest.MonkeyPatch) -> Person:
    """An account in a city that closes it, and browsers, after three: fewer passwords to hash."""
    monkeypatch.setattr(limits, "ACCOUNT", _few(limits.ACCOUNT, FEW))
    monkeypatch.setattr(limits, "ADDRESS", _few(limits.ADDRESS, 2 * FEW))
    monkeypatch.setattr(known, "BROWSER", _few(known.BROWSER, FEW))
    return make_person("li", "intake", password=PASSWORD)


def test_an_account_is_closed_to_strangers_from_however_many_addresses(li: Person) -> None:
    for n in range(limits.ACCOUNT.attempts):
        answer = sign_in(Client(), "li", "wrong", f"10.0.1.{n}")
        assert CLOSED not in answer.content.decode()

    assert CLOSED in sign_in(Client(), "li", PASSWORD, "10.0.9.9").content.decode()


def test_its_owner_still_comes_in_whatever_strangers_and_neighbours_try(li: Person) -> None:
    """The account and the office's address are kept closed; the usual browser goes on."""
    usual = Client()
    assert sign_in(usual, "li", PASSWORD).status_code == 302
    usual.post(reverse("account_logout"))
    for n in range(limits.ADDRESS.attempts + limits.ACCOUNT.attempts + 2):
        sign_in(Client(), "li" if n % 2 else f"nobody{n}", "wrong")
    for n in range(limits.ACCOUNT.attempts + 1):
        sign_in(Client(), "li", "wrong", f"10.0.2.{n}")
    assert CLOSED in sign_in(Client(), "li", PASSWORD).content.decode()

    assert sign_in(usual, "li", PASSWORD).status_code == 302


def test_a_known_browser_has_a_limit_of_its_own_and_helps_no_other_account(li: Person) -> None:
    make_person("zhang", "intake", password=PASSWORD)
    usual = Client()
    sign_in(usual, "li", PASSWORD)
    usual.post(reverse("account_logout"))
    for n in range(limits.ACCOUNT.attempts + 1):
        sign_in(Client(), "zhang", "wrong", f"10.0.3.{n}")

    assert CLOSED in sign_in(usual, "zhang", PASSWORD).content.decode()
    tried = [sign_in(usual, "li", "wrong").content.decode() for _ in range(FEW + 1)]
    assert [CLOSED in text for text in tried] == [False] * FEW + [True]
    assert CLOSED in sign_in(usual, "li", PASSWORD).content.decode()


def test_what_a_browser_keeps_tells_nothing_and_cannot_be_made(li: Person) -> None:
    usual, forger = Client(), Client()
    sign_in(usual, "li", PASSWORD)
    (name,) = [n for n in usual.cookies if n.startswith("known_")]
    cookie = usual.cookies[name]

    assert "li" not in name.removeprefix("known_").split("_")
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/account/", True, "Lax")
    nonce, _dot, _proof = cookie.value.partition(".")
    for value in (f"{nonce}.{'0' * 64}", f".{'0' * 64}", nonce, "", "a.b"):
        forger.cookies[name] = value
        request = forger.get(reverse("account_login")).wsgi_request
        assert known.counter_of(request, "li") is None, value


def test_one_time_and_recovery_codes_are_counted_together_by_their_owner() -> None:
    by = {kind for kind, (whom, _why) in LIMITS.items() if VICTIM in whom}

    assert limits.of_codes(7).limit.kind in by
    assert limits.CODE.attempts <= 5
    assert limits.CODE.window.total_seconds() >= 600


def test_changing_a_password_is_guessed_as_rarely_as_signing_in(li: Person) -> None:
    """Whoever sits down at an open session learns no password by trying."""
    seat = Client()
    sign_in(seat, "li", PASSWORD)
    new = "a quite different secret"

    def change(old: str) -> str:
        said = {"oldpassword": old, "password1": new, "password2": new}
        return seat.post(reverse("account_change_password"), said).content.decode()

    tried = [CLOSED in change(f"wrong {n}") for n in range(FEW + 1)]

    assert tried == [False] * FEW + [True]
    assert CLOSED in change(PASSWORD)


def test_a_number_is_searched_for_so_often_by_one_and_by_all(
    world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(looking, "SEARCHING", _few(looking.SEARCHING, 3))
    monkeypatch.setattr(looking, "SEARCHED", _few(looking.SEARCHED, 4))
    for _ in range(3):
        do.search_by_phone("13800001234", actor=world.actor("intake"))

    with pytest.raises(looking.TooManySearches):
        do.search_by_phone("13800001235", actor=world.actor("intake"))
    do.search_by_phone("13800001234", actor=world.actor("clerk"))
    with pytest.raises(looking.TooManySearches):
        do.search_by_phone("13800001234", actor=world.actor("intake_city"))
    do.search_by_phone("13800001236", actor=world.actor("intake_city"))


def test_a_search_too_many_is_told_on_the_page(
    client: Client, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(looking, "SEARCHING", _few(looking.SEARCHING, 1))
    client.force_login(world.people["intake"])

    assert client.post("/desk/search/", {"q": "13800001234"}).status_code == 200
    assert client.post("/desk/search/", {"q": "13800001234"}).status_code == 429


def _few(limit: Limit, most: int) -> Limit:
    return Limit(limit.kind, most, limit.window, limit.closed)


def test_the_limits_are_those_that_were_decided() -> None:
    assert limits.ACCOUNT.attempts == known.BROWSER.attempts == 8
    assert limits.ADDRESS.attempts == 60
    assert looking.SEARCHING.attempts == 120
    assert looking.SEARCHED.attempts == 40


def test_codes_sent_to_a_number_are_bounded_for_the_number_and_for_who_asks() -> None:
    assert wishing.ASKED.attempts <= 5
    assert wishing.TRIED.attempts <= 5
    source = (SHIYU / "notices/actions/wishing.py").read_text()
    assert 'Counter(ASKED, actor.ref), Counter(ASKED, f"{channel}:{plain}")' in source


@pytest.mark.django_db
def test_receipt_codes_are_guessed_so_often_from_one_address() -> None:
    answers = [
        Client().post("/r/", {"code": "2222-2222-2222"}, REMOTE_ADDR="10.1.0.1").status_code
        for _ in range(portal.LOOKING_UP.attempts + 1)
    ]

    assert answers[:-1] == [404] * portal.LOOKING_UP.attempts
    assert answers[-1] == 429


@pytest.mark.django_db
def test_keys_are_guessed_so_often_from_one_address_and_no_other_suffers() -> None:
    wrong = {"Authorization": f"Bearer shiyu_{'a' * 12}_{'A' * 43}"}

    def ask(address: str) -> int:
        answer = Client().get("/api/v1/me", headers=wrong, REMOTE_ADDR=address)
        return int(answer.status_code)

    assert [ask("10.2.0.1") for _ in range(entry.WRONG_KEYS.attempts)] == [401] * 60
    assert ask("10.2.0.1") == 429
    assert ask("10.2.0.2") == 401


@pytest.mark.django_db(transaction=True)
def test_fifty_guesses_at_once_count_fifty_and_eight_are_looked_at(monkeypatch: Any) -> None:
    """Through the whole of the sign-in, ten at the same moment, from fifty addresses."""
    actions.create_person("li", "李强", made_up=True, actor=_program(), password=PASSWORD)
    looked_at: list[str] = []
    plain = Person.check_password
    monkeypatch.setattr(
        Person, "check_password", lambda self, raw: looked_at.append(raw) or plain(self, raw)
    )
    barrier = threading.Barrier(THREADS)

    def guess(n: int) -> bool:
        if n < THREADS:
            barrier.wait()
        try:
            answer = sign_in(Client(), "li", f"wrong {n}", f"10.3.{n}.1")
            return CLOSED in answer.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        closed = list(threads.map(guess, range(AT_ONCE)))

    assert len(looked_at) == closed.count(False) == limits.ACCOUNT.attempts
    assert Attempt.objects.get(kind="account").failures == AT_ONCE


def _program() -> Any:
    from shiyu.people.tests.made import PROGRAM

    return PROGRAM
