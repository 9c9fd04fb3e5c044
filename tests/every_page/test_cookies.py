"""Each cookie that is ever set: under https for this host alone, for no script, for no other site.

Found by walking through every place that sets one; a new one that is set otherwise fails.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from shiyu.common import cookies
from shiyu.people.tests.made import PASSWORD
from shiyu.site.messages import InCookie
from tests.every_page.town import Town

SHIYU = Path(cookies.__file__).parents[1]
OURS = ("sessionid", "csrftoken", "django_language", "messages", "report", "size")
KNOWN = re.compile("__Secure-known_[0-9a-f]{12}")
HTTPS = {"HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def https(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings as they are with SHIYU_HTTPS=1: what is asked of them below."""
    names = {
        name: cookies.called(kept, https=True)
        for name, kept in (
            ("SESSION_COOKIE_NAME", "sessionid"),
            ("CSRF_COOKIE_NAME", "csrftoken"),
            ("LANGUAGE_COOKIE_NAME", "django_language"),
        )
    }
    secure = {name.replace("NAME", "SECURE"): True for name in names}
    proxy = ("HTTP_X_FORWARDED_PROTO", "https")
    monkeypatch.setattr(InCookie, "cookie_name", cookies.called("messages", https=True))
    with override_settings(**names, **secure, SECURE_HTTPS=True, SECURE_PROXY_SSL_HEADER=proxy):
        yield


def walk(town: Town) -> Iterator[Any]:
    """Every answer that sets a cookie: size, language, a draft, signing in and out, messages."""
    browser = Client(enforce_csrf_checks=False, **HTTPS)
    yield browser.post("/size/", {"size": "elder", "next": "/"})
    yield browser.post("/size/", {"size": "", "next": "/"})
    yield browser.post("/language/", {"language": "en", "next": "/"})
    yield browser.get(reverse("portal:words"))
    yield browser.post(reverse("portal:words"), {"text": "路灯不亮了"})
    yield browser.post(reverse("portal:clear"))
    yield browser.get(reverse("portal:go_on"))
    person = town.world.people["intake"]
    person.set_password(PASSWORD)
    person.save()
    yield browser.get(reverse("account_login"))
    said = {"login": person.username, "password": PASSWORD}
    yield browser.post(reverse("account_login"), said, headers={"accept": "text/html"})
    yield browser.post(reverse("account_logout"))


def test_every_cookie_is_kept_for_us_alone(town: Town, https: None) -> None:
    found: dict[str, list[Morsel[str]]] = {}
    for answer in walk(town):
        for name, morsel in answer.cookies.items():
            found.setdefault(name, []).append(morsel)

    named = {name for name in found if KNOWN.fullmatch(name)}
    assert set(found) - named == {f"__Host-{name}" for name in OURS}
    assert len(named) == 1
    wrong = [(m.key, m.OutputString()) for ms in found.values() for m in ms if not is_safe(m)]
    assert wrong == []


def is_safe(kept: "Morsel[str]") -> bool:
    own = kept["path"] == "/" if kept.key.startswith("__Host-") else kept["path"] != "/"
    for_us = kept["secure"] and kept["samesite"] == "Lax" and not kept["domain"]
    let_go = kept["max-age"] == 0 and not kept.value
    return bool(own and for_us and (kept["httponly"] or let_go))


def test_signing_out_has_the_browser_let_go_of_what_it_kept(town: Town) -> None:
    answer = town.browser("intake").post(reverse("account_logout"))

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in town.browser("intake").get("/desk/")


def test_the_settings_say_so_where_https_is_on() -> None:
    asked = """import json, shiyu.site.settings as s
names = [n for n in dir(s) if "_COOKIE_" in n]
print(json.dumps({n: getattr(s, n) for n in names}))"""
    env = os.environ | {"SHIYU_HTTPS": "1"}
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, check=True)
    said = json.loads(done.stdout)

    for kept in ("SESSION", "CSRF", "LANGUAGE"):
        assert said[f"{kept}_COOKIE_NAME"].startswith("__Host-")
        assert said[f"{kept}_COOKIE_SECURE"] is said[f"{kept}_COOKIE_HTTPONLY"] is True
        assert said[f"{kept}_COOKIE_SAMESITE"] == "Lax"


def set_elsewhere(sources: Iterator[tuple[str, str]]) -> list[str]:
    """Where a cookie is set or read past `common/cookies.py`."""
    where = "use keep, read and forget of shiyu/common/cookies.py"
    found = []
    for name, text in sources:
        for node in ast.walk(ast.parse(text)) if "_cookie" in text else ():
            told = node.attr if isinstance(node, ast.Attribute) else ""
            if told in {"set_cookie", "set_signed_cookie", "delete_cookie", "get_signed_cookie"}:
                found.append(f"{name}:{node.lineno} {told}: {where}")
    return found


def test_cookies_are_set_in_one_place() -> None:
    files = ((f, str(f.relative_to(SHIYU))) for f in SHIYU.rglob("*.py"))
    ours = ((n, f.read_text()) for f, n in files if "tests" not in n and n != "common/cookies.py")
    assert set_elsewhere(ours) == []
    planted = "response.set_cookie('seen', '1')\nresponse.delete_cookie('seen')"
    assert len(set_elsewhere(iter([("planted.py", planted)]))) == 2
