"""What the city relies on and no other test says: hashes, methods, debugging, long passwords."""

from email.errors import HeaderParseError

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.test import Client

from shiyu.cases.tests.world import World
from shiyu.notices.channels import mail

SIXTY_FOUR = "Zhōng 文 😀 " * 8


def test_passwords_are_kept_by_scrypt_exactly_as_typed() -> None:
    kept = make_password(SIXTY_FOUR)

    assert kept.startswith("scrypt$")
    assert len(SIXTY_FOUR) >= 64
    assert check_password(SIXTY_FOUR, kept)
    assert not check_password(SIXTY_FOUR.lower(), kept)
    assert not check_password(SIXTY_FOUR.rstrip(), kept)


@pytest.mark.django_db
def test_any_signs_and_sixty_four_of_them_make_a_password() -> None:
    validate_password(SIXTY_FOUR)
    validate_password("lowercasewordsonly")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/account/login/", "/report/", "/api/v1/openapi.json"])
def test_nobody_has_a_request_traced(path: str) -> None:
    assert Client().generic("TRACE", path).status_code == 405


def test_nothing_is_served_for_debugging() -> None:
    assert settings.DEBUG is False


@pytest.mark.parametrize("bad", ["a@b.cn\r\nBcc: c@d.cn", "a@b.cn\nSubject: x", "a@b.cn, c@d.cn"])
def test_no_header_of_a_mail_is_slipped_in(bad: str) -> None:
    """What `notices/channels/mail.py` makes its mails of refuses it."""
    message = mail.EmailMessage(policy=mail.WIRE)
    with pytest.raises((ValueError, HeaderParseError)):
        message["To"] = mail.Mailbox(addr_spec=bad)
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        message["Subject"] = f"井盖\r\nBcc: {bad}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/desk/", "/account/", "/notices/", "/privacy/grants/", "/desk/all/", "/desk/exports/"]
)
def test_signing_out_is_at_hand(path: str, world: World) -> None:
    browser = Client()
    browser.force_login(world.people["intake"])
    page = browser.get(path, follow=True).content.decode()
    assert 'action="/account/logout/"' in page
