"""Signing in with a browser: by password, as a made-up person, with a second factor."""

import os
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from shiyu.people import actions, demo
from shiyu.people.models import Person
from shiyu.people.tests.made import PASSWORD, PROGRAM, make_person
from shiyu.places.models import City

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def demo_city(transactional_db: None, settings: object) -> None:
    settings.CITY_KEPT_S = 0  # type: ignore[attr-defined]
    City.objects.create(
        name="测试市", short_name="测试", code="410200", number_prefix="T", is_demo=True
    )
    for duty in ("intake", "dispatch", "handle", "verify", "security_admin"):
        make_person(f"demo-{duty}", duty)
    actions.give_made_up_people_a_password(demo.DEMO_PASSWORD, actor=PROGRAM)


@pytest.fixture(params=["desk", "phone"])
def window(request: pytest.FixtureRequest, windows: object) -> Page:
    return getattr(windows, request.param)()


def keep(page: Page, name: str) -> None:
    """Nothing serious for axe; and a picture to look at, where one is asked for."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then(r => r.violations)")
    serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    assert serious == [], name
    folder = os.environ.get("SHIYU_PICTURES")
    if folder:
        width = page.viewport_size["width"]
        page.screenshot(path=Path(folder) / f"account-{name}-{width}.png", full_page=True)


def test_a_mistyped_password_says_so_and_the_right_one_signs_in(window: Page) -> None:
    make_person("li", "intake", made_up=False, password=PASSWORD)
    window.goto("/account/?x=1")

    window.get_by_label("账号").fill("li")
    window.get_by_label("密码").fill("mistyped one")
    window.locator("#go-sign-in").click()
    expect(window.get_by_role("alert")).to_contain_text("账号或密码不对")
    expect(window.get_by_label("账号")).to_have_value("li")
    keep(window, "wrong")
    window.get_by_label("密码").fill(PASSWORD)
    window.get_by_label("密码").press("Enter")

    window.wait_for_url("**/account/?x=1")
    expect(window.get_by_role("heading", name="我的账号")).to_be_visible()
    keep(window, "home")


def test_a_made_up_person_signs_in_with_one_click(window: Page) -> None:
    window.goto("/account/login/?next=/account/people/")
    keep(window, "sign-in")

    window.locator("#as-security_admin").click()

    expect(window.get_by_role("heading", name="人员")).to_be_visible()
    keep(window, "people")
    window.locator("#q").fill("lq")
    window.locator("#q").press("Enter")
    window.locator("tbody a").first.click()
    expect(window.get_by_role("heading", name="重设密码")).to_be_visible()
    keep(window, "person")


def test_an_administrator_enrols_before_anything_else(window: Page) -> None:
    make_person("admin", "audit_admin", made_up=False, password=PASSWORD)
    window.goto("/account/sessions/")
    window.get_by_label("账号").fill("admin")
    window.get_by_label("密码").fill(PASSWORD)
    window.locator("#go-sign-in").click()

    expect(window.get_by_role("heading", name="启用动态口令")).to_be_visible()
    keep(window, "enrol")
    secret = window.locator("#totp-secret").inner_text()
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    window.get_by_label("动态口令").fill(code)
    window.locator("#go-enrol").click()

    expect(window.get_by_role("heading", name="备用码")).to_be_visible()
    keep(window, "codes")
    window.locator("#codes-kept").click()
    expect(window.get_by_text("已启用")).to_be_visible()
    window.goto("/account/sessions/")
    expect(window.get_by_text("这里", exact=True)).to_be_visible()
    keep(window, "sessions")
    assert Person.objects.get(username="admin").last_login is not None
