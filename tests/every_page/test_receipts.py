"""What the holder of a receipt opens with its code, and that access ends with the next request."""

import pytest

from shiyu.people import actions as people
from shiyu.people.models import Appointment
from tests.every_page.address import NONE, OK, STRANGE
from tests.every_page.people import EVERYBODY, SIGNED_OUT
from tests.every_page.town import Town, led_to_sign_in


def test_a_code_opens_its_own_report_for_whoever_has_it(town: Town) -> None:
    for who in (*EVERYBODY, SIGNED_OUT):
        assert town.browser(who).get(f"/r/{town.code}/").status_code == OK, who


@pytest.mark.parametrize("what", ["", "add/", "withdraw/", "rate/", f"{STRANGE}/full.jpg"])
def test_a_wrong_code_opens_nothing_even_for_those_who_see_every_case(
    what: str, town: Town
) -> None:
    method = "GET" if what in {"", f"{STRANGE}/full.jpg"} else "POST"

    for who in ("commander_city", "intake", "administrator", SIGNED_OUT):
        answer = town.browser(who).generic(method, f"/r/2222-2222-2222/{what}")
        assert answer.status_code == NONE, who


def test_a_receipt_opens_no_page_of_a_case(town: Town) -> None:
    browser = town.browser(SIGNED_OUT)
    browser.get(f"/r/{town.code}/")

    for name, found in town.cases.items():
        assert led_to_sign_in(browser.get(f"/cases/{found.number}/")), name
        assert browser.get(f"/files/{town.photos[name]}/full.jpg").status_code == NONE, name


def test_an_account_closed_or_out_of_post_sees_nothing_from_the_next_request(town: Town) -> None:
    browser = town.browser("handler")
    case = town.cases["gulou handling"]
    held = Appointment.objects.get(person=town.world.people["handler"])
    assert browser.get(f"/cases/{case.number}/").status_code == OK

    people.end_appointment(held, actor=town.world.actor("security"))

    assert browser.get(f"/cases/{case.number}/").status_code == NONE
    assert browser.get(f"/files/{town.photos['gulou handling']}/small.jpg").status_code == NONE
    assert browser.post(f"/cases/{case.number}/remark/", {"reason": "x"}).status_code == NONE
