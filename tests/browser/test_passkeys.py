"""Passkeys with a real Chromium and its virtual authenticator, in a context of their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from shiyu.people.models import Person
from shiyu.people.tests.made import PASSWORD, make_person
from shiyu.places.models import City

pytestmark = pytest.mark.django_db(transaction=True)

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def li(transactional_db: None, settings: object) -> Person:
    settings.CITY_KEPT_S = 0  # type: ignore[attr-defined]
    City.objects.create(name="测试市", short_name="测试", code="410200", number_prefix="T")
    return make_person("li", "intake", made_up=False, password=PASSWORD)


@pytest.fixture
def device(page: Page) -> Iterator[CDPSession]:
    """A device that knows its owner, attached to this window."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield session
    session.detach()


def sign_in(page: Page) -> None:
    page.goto("/account/login/?next=/account/")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("#go-sign-in").click()


def test_a_passkey_is_added_named_used_and_removed(
    page: Page, device: CDPSession, li: Person
) -> None:
    sign_in(page)
    page.goto("/account/passkeys/add/")
    page.get_by_label("名称").fill("办公室电脑")
    page.locator("#go-passkey").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    page.goto("/account/passkeys/")
    expect(page.get_by_text("办公室电脑")).to_be_visible()
    expect(page.get_by_text("还没有用过")).to_be_visible()
    page.get_by_role("link", name="改名").click()
    page.get_by_label("名称").fill("值班室电脑")
    page.locator("#go-name").click()
    expect(page.get_by_text("值班室电脑")).to_be_visible()
    page.goto("/account/")
    page.locator("#menu-leave").click()

    page.goto("/account/login/?next=/account/passkeys/")
    page.locator("#go-passkey").click()  # no name, no password, no code
    expect(page.get_by_text("值班室电脑")).to_be_visible()
    expect(page.get_by_text("还没有用过")).to_have_count(0)

    page.get_by_role("link", name="去掉").click()
    page.locator("#go-remove").click()
    expect(page.get_by_text("还没有通行密钥")).to_be_visible()


def test_after_the_password_a_passkey_confirms_and_a_foreign_one_does_not(
    page: Page, device: CDPSession, li: Person
) -> None:
    sign_in(page)
    page.goto("/account/passkeys/add/")
    page.locator("#go-passkey").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    page.goto("/account/")
    page.locator("#menu-leave").click()

    sign_in(page)
    expect(page.get_by_role("heading", name="动态口令")).to_be_visible()
    page.locator("#go-passkey").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    page.locator("#menu-leave").click()

    make_person("wang", "intake", made_up=False, password=PASSWORD)
    li.is_active = False
    li.save()
    page.goto("/account/login/")
    page.locator("#go-passkey").click()
    expect(page.locator("#go-sign-in")).to_be_visible()
